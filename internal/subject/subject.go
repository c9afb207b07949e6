// Package subject makes the subject package: everything that is kept about one person, in one zip, for them and for whoever answers
// their request (the right of access).
//
// What is in it comes from one list, Sections: a table that holds something about people adds one line there, or a line in Elsewhere
// that says why not; a test compares both with the database. Each section is a CSV file for people and a JSON file for programs.
// Somebody else gets the sections that they may see; the README says which were left out.
package subject

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with subject packages.
var Operations = []op.Operation{Export, read}

// Asked asks for everything about one person.
type Asked struct {
	User    user.ID `json:"user"`
	Purpose string  `json:"purpose,omitempty"` // of somebody else's; empty: subject_access
}

// Purposes are what somebody else's package is made for.
var Purposes = []string{"subject_access", "portability", "compliance"}

// Fresh is how long after signing in one's own package needs no further proof: it is everything, and a session may have been left
// open on somebody else's machine.
const Fresh = 15 * time.Minute

// asked is a package that is asked for: the person, and what it would have for this caller.
type asked struct {
	*user.User
	own, fresh bool
	sections   []string
	needs      []access.Permission
	rows       int64
}

// Subjects names the person. Reading about somebody changes nothing of theirs, so it does not matter what they hold.
func (a asked) Subjects() []op.Subject {
	s := a.Subject()
	s.Holds = nil
	return []op.Subject{s}
}

// Export queues the package. Everybody has their own, confirmed when they signed in a while ago. Somebody else's is confirmed when it
// has money beside the address, or what the audit log tells, or more than 500 rows.
var Export = &op.Action[Asked, asked, export.ID]{
	Name: "subject.package", Summary: "Export everything about a person", Allow: access.CustomersExport, Own: true,
	AllowFor: func(a asked, _ Asked) access.Permission { return directory.ExportPermission(a.User) },
	StepUpIf: func(a asked, _ Asked) bool {
		if a.own {
			return !a.fresh
		}
		return a.has(access.CustomersFinancials) || a.has(access.AuditExport) || a.rows > export.UnprovenTo
	},
	Confirm: func(a asked, in Asked) op.Confirmation {
		return op.Confirmation{
			Title: "Export everything about " + directory.Title(a.Name(), a.Email, "", a.Num), Button: "Export",
			Facts: []op.Fact{{Label: "Contents", Value: strings.Join(a.sections, ", ")}, {Label: "Purpose", Value: in.purpose()}},
		}
	},
	Target: target,
	Do: func(tx *op.Tx, a asked, in Asked) (export.ID, error) {
		if a.Status == user.Archived || a.Status == user.Erased {
			return "", export.ErrArchived
		}
		if !a.own && !slices.Contains(Purposes, in.purpose()) {
			return "", errs.Field("purpose", "Say what it is for: %s.", strings.Join(Purposes, ", "))
		}
		if !a.own && directory.ExportPermission(a.User) == access.CustomersExport &&
			tx.Caller().Grants.ExportRows(tx.Now().UnixMilli(), a.Scope(), in.purpose()) < 1 {
			return "", op.ErrForbidden.Say("Your role exports people for marketing lists only. Ask a Super Admin for “%s” without that limit.", access.CustomersExport.Label()).
				With("permission", access.CustomersExport.String())
		}
		order := export.Order{
			Kind: Package.Name, Brand: a.Brand, Places: []access.Scope{a.Scope()}, Subject: a.User, Needs: a.needs, Columns: a.sections,
			Ask: question{User: a.ID, Own: a.own, Money: a.own || a.has(access.CustomersFinancials), Where: a.own || a.has(access.UsersSessions)},
		}
		if !a.own {
			order.Purpose = in.purpose()
		}
		e, err := export.Start(tx, order)
		if err != nil {
			return "", err
		}
		return e.ID, nil
	},
}

func (in Asked) purpose() string {
	if in.Purpose == "" {
		return Purposes[0]
	}
	return in.Purpose
}

func (a asked) has(p access.Permission) bool { return slices.Contains(a.needs, p) }

func target(tx *op.Tx, in Asked) (a asked, err error) {
	if a.User, err = user.Find(tx, in.User); err != nil {
		return a, err
	}
	c, s, now := tx.Caller(), a.Subject(), tx.Now()
	a.own = c.Is(string(a.ID))
	need := func(all ...access.Permission) {
		for _, p := range all {
			if !a.own && !a.has(p) {
				a.needs = append(a.needs, p)
			}
		}
	}
	may := func(p access.Permission) bool { return a.own || c.Grants.Can(now.UnixMilli(), p, s.Scope, s.People) }
	need(directory.ExportPermission(a.User))
	for i := range Sections {
		section := &Sections[i]
		if !slices.ContainsFunc(section.Needs, func(p access.Permission) bool { return !may(p) }) {
			need(section.Needs...)
			a.sections = append(a.sections, section.Name)
		}
	}
	if may(access.CustomersFinancials) {
		need(access.CustomersFinancials)
	}
	for _, sql := range []string{"select count(*) from orders where user_num = $1", "select count(*) from refunds where user_num = $1"} {
		n, err := store.Value[int64](tx.QueryRow(sql, a.Num))
		if err != nil {
			return a, err
		}
		a.rows += n
	}
	if a.own && c.Session != "" {
		s, err := session.Table.Find(tx, c.Session)
		if errors.Is(err, errs.ErrNotFound) {
			return a, nil
		}
		if err != nil {
			return a, err
		}
		a.fresh = now.Sub(time.UnixMilli(s.CreatedAt)) < Fresh
	}
	return a, nil
}

// question is what the job is told.
type question struct {
	User  user.ID `json:"user"`
	Own   bool    `json:"own"`
	Money bool    `json:"money"`
	Where bool    `json:"where"`
}
