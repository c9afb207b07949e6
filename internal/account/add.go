package account

import (
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// linkLife is how long the link to set a first password is good (checklist 231).
const linkLife = 7 * 24 * time.Hour

// NewStaff is the Add user form (checklist 8-14).
type NewStaff struct {
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	// Home is where the account belongs: the brand of its role, or platform for somebody who works in several, or will. Empty: the
	// brand if there is one alone, else the platform.
	Home brand.ID `json:"home,omitempty"`
	Assignment
}

func (n NewStaff) home() brand.ID {
	switch {
	case n.Home != "":
		return n.Home
	case len(n.Places) == 1:
		return n.Places[0].Brand
	}
	return brand.Platform
}

// Added is somebody new with the link that lets them in. It is shown once, to who added them, and stands nowhere else.
type Added struct {
	User  user.ID `json:"user"`
	Token string  `json:"-"` // never kept with an answer
}

// ErrByMail refuses to hand the way into a Super Admin's account to anybody but the mailbox that it is for.
var ErrByMail = errs.New(errs.Conflict, "super_admin_by_mail", "A Super Admin is never let in by a link that somebody else has seen. Add the person with another role; a Super Admin can then change it.")

// Add makes an account of staff with a role, a place and levels for each area. The person chooses a password by a link that is
// good once and for seven days.
var Add = &op.Action[NewStaff, adding, Added]{
	Name: "user.add", Summary: "Add a member of staff", Allow: access.UsersInvite,
	Target: func(tx *op.Tx, in NewStaff) (t adding, err error) {
		if home := in.home(); home != brand.Platform {
			if t.brand, err = brand.Find(tx, home); err != nil {
				return t, err
			}
		}
		if in.Role == NoStaffRole {
			in.Role = "" // refused in Do, where it is known who may add anybody here
		}
		t.nodes, _, err = nodes(tx, in.Assignment)
		return t, err
	},
	Do: func(tx *op.Tx, t adding, in NewStaff) (a Added, err error) {
		if in.Role == access.SuperAdmin.Key {
			return a, ErrByMail
		}
		u, err := newStaff(tx, t, in, user.Invited)
		if err != nil {
			return a, err
		}
		a.User = u.ID
		a.Token, err = auth.NewLink(tx, u.ID, auth.SetPassword, linkLife)
		return a, err
	},
}

// adding is where somebody is added: their home, and every node of their role.
type adding struct {
	brand *brand.Brand // nil: the platform
	nodes []access.Scope
	// trusted: the role is given by the one-time link or by the operator at the machine, not by somebody who must hold it.
	trusted bool
}

// Subjects names the home and the nodes: an account of the platform is made by who may invite people there.
func (t adding) Subjects() (all []op.Subject) {
	if t.brand == nil {
		all = op.Installation.Subjects()
	}
	for _, n := range t.nodes {
		all = append(all, op.Subject{Kind: "place", ID: n.String(), Scope: n})
	}
	return all
}

func newStaff(tx *op.Tx, t adding, in NewStaff, status user.Status) (*user.User, error) {
	u := &user.User{Status: status, FirstName: in.FirstName, LastName: in.LastName, Email: in.Email, Kinds: user.IsStaff}
	if err := u.Number(tx, t.brand); err != nil {
		return nil, err
	}
	var wrong errs.Wrong
	if strings.TrimSpace(in.Email) == "" {
		wrong.Add("email", "Write the e-mail address that the person signs in with.")
	}
	if strings.TrimSpace(in.FirstName+in.LastName) == "" {
		wrong.Add("first_name", "Write a name, so that colleagues and the audit log can tell who this is.")
	}
	if in.Role == NoStaffRole || in.Role == "" {
		wrong.Add("role", "Choose a role.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if err := user.Insert(tx, u); err != nil {
		return nil, err
	}
	if err := give(tx, u, in.Assignment, t.nodes, t.trusted); err != nil {
		return nil, err
	}
	return u, settle(tx, u)
}
