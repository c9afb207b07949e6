package account

import (
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Changes are the details of a person that may be edited. A nil field stays as it is. Role, status, verified flags, balances and
// the like are no details: each has an operation of its own.
type Changes struct {
	User      user.ID `json:"user"`
	Version   int64   `json:"version,omitempty"` // what the editor saw; 0 is whatever there is
	FirstName *string `json:"first_name,omitempty"`
	LastName  *string `json:"last_name,omitempty"`
	Email     *string `json:"email,omitempty"`
	Phone     *string `json:"phone,omitempty"`
	Born      *string `json:"born,omitempty"` // YYYY-MM-DD
	Address   *string `json:"address,omitempty"`
	Country   *string `json:"country,omitempty"` // ISO 3166-1 alpha-2
}

// ErrOwnEmail refuses to change one's own address on the staff form, or that of staff at an own account: it must be proved that the
// new one is one's own, in a session at the desk.
var ErrOwnEmail = errs.New(errs.Forbidden, "own_email", "You cannot change your own address here, because nobody would check that the new one is yours. At the desk, open Security in the menu under your name: there a link to the new address confirms it.")

// Edit changes a person's details (checklist 193-196). Another e-mail address is another way in: it needs a step-up, ends the
// person's sessions and links, and both addresses are told; the old one can take it back (rule E of security.md, revert.go). The
// verified flag stays as it is; the address counts as attested by staff, which is not confirmed.
var Edit = &op.Action[Changes, editing, op.None]{
	Name: "user.edit", Summary: "Edit a person's name, e-mail, phone, birthday or address",
	Allow: access.UsersEdit, Own: true, While: op.Writing,
	AllowFor: func(t editing, _ Changes) access.Permission { return t.permission },
	StepUpIf: func(t editing, in Changes) bool { return !t.self && t.movesEmail(in) },
	Confirm: func(t editing, in Changes) op.Confirmation {
		return op.Confirmation{
			Title:  "Change the e-mail address of " + called(t.User),
			Facts:  []op.Fact{{Label: "From", Value: orNone(t.Email)}, {Label: "To", Value: orNone(*in.Email)}},
			Button: "Change address",
		}
	},
	Target: func(tx *op.Tx, in Changes) (editing, error) { return edited(tx, in.User) },
	Do: func(tx *op.Tx, t editing, in Changes) (op.None, error) {
		u := t.User
		if err := op.Match(in.Version, u.Version); err != nil {
			return op.None{}, err
		}
		moves, before := t.movesEmail(in), *u
		if moves && t.self {
			return op.None{}, ErrOwnEmail
		}
		set(&u.FirstName, in.FirstName)
		set(&u.LastName, in.LastName)
		set(&u.Email, in.Email)
		set(&u.Phone, in.Phone)
		set(&u.Born, in.Born)
		set(&u.Address, in.Address)
		set(&u.Country, in.Country)
		if err := checkDetails(u, tx.Now()); err != nil {
			return op.None{}, err
		}
		if moves {
			u.EmailAttested = 0
			if strings.TrimSpace(u.Email) != "" {
				u.EmailAttested = tx.Now().UnixMilli()
			}
		}
		if err := user.Save(tx, u); err != nil {
			return op.None{}, err
		}
		if moves && u.Status == user.Banned { // the ban keeps the new address out too
			if err := user.Bar(tx, u); err != nil {
				return op.None{}, err
			}
		}
		if !moves {
			return op.None{}, nil
		}
		if err := holdStaffEmail(tx, u); err != nil {
			return op.None{}, err
		}
		if err := lockOut(tx, u, "email_changed"); err != nil {
			return op.None{}, err
		}
		if err := invite.Follow(tx, u, nil); err != nil {
			return op.None{}, err
		}
		if u.Status == user.Invited {
			return op.None{}, invite.Moved(tx, u, before.Email)
		}
		return op.None{}, tellMoved(tx, u, &before, "Staff changed the e-mail address of your account. You sign in with the new address from now on, and you were signed out everywhere.")
	},
}

type editing struct {
	*user.User
	permission access.Permission
	self       bool
}

// edited loads a person with the permission with which they are edited.
func edited(tx *op.Tx, id user.ID) (t editing, err error) {
	if t.User, err = find(tx, id); err != nil {
		return t, err
	}
	t.self = tx.Caller().Person == string(t.ID)
	t.permission = editPermission(tx.Caller(), tx.Now().UnixMilli(), t.User)
	return t, nil
}

// movesEmail says whether the edit gives another address, in another spelling than a mere change of case.
func (t editing) movesEmail(in Changes) bool {
	if in.Email == nil {
		return false
	}
	norm, err := text.NormEmail(*in.Email)
	return err != nil && strings.TrimSpace(*in.Email) != t.Email || norm != t.EmailNorm
}

func checkDetails(u *user.User, now time.Time) error {
	var wrong errs.Wrong
	u.CleanDetails(now, &wrong)
	if u.Kinds&(user.IsStaff|user.IsCompany) != 0 && u.Email == "" {
		wrong.Add("email", "Staff and company users need an e-mail address: they sign in with it.")
	}
	return wrong.Err()
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
