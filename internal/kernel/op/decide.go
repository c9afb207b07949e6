package op

import (
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Refusals of the door itself.
var (
	ErrSignIn    = errs.New(errs.Unauthorized, "sign_in", "Sign in first. Nothing was changed.")
	ErrForbidden = errs.New(errs.Forbidden, "forbidden", "You do not have the permission for this. A Super Admin can give it.")
	ErrHoldsMore = errs.New(errs.Forbidden, "holds_more", "This person holds permissions that you do not hold there, so you cannot change their account. Ask somebody who holds at least as much.")
	ErrOneself   = errs.New(errs.Forbidden, "oneself", "Nobody does this to their own account. Ask a colleague who may.")
	// ErrUndeclared is our own fault: something tried to get round the door.
	ErrUndeclared = errs.New(errs.Fault, "undeclared", "That did not work, and nothing was changed.")
)

// need is what one attempt requires at each subject.
type need struct {
	permission access.Permission
	open       bool // nobody needs to be signed in
	own        bool // a person may do it to themself
	notSelf    bool // nobody does it to themself
	reading    bool // reading somebody who holds more is allowed
}

// decide answers whether the caller may do what is needed to all of the subjects. What they may not know of does not exist.
func decide(c *Caller, now time.Time, n need, subjects []Subject) error {
	if n.open {
		return nil
	}
	if c.Kind == Anonymous {
		return ErrSignIn
	}
	if len(subjects) == 0 {
		return fmt.Errorf("%w: a target that names no subject", ErrUndeclared)
	}
	ms := now.UnixMilli()
	for _, s := range subjects {
		if !c.knows(ms, s) {
			return errs.ErrNotFound
		}
	}
	for _, s := range subjects {
		self := s.Person != "" && s.Person == c.Person
		if self && n.notSelf {
			return ErrOneself
		}
		if n.own && c.Is(s.Person) {
			continue
		}
		if !c.may(ms, n.permission, s) {
			return missing(c, ms, n.permission, s)
		}
		if s.Person != "" && !self && !n.reading && c.Kind != System && c.Kind != Operator && c.Grants.HoldsMore(ms, s.Holds) {
			return ErrHoldsMore
		}
	}
	return nil
}

// missing is the refusal for want of a permission. It names the permission, never a place that the caller may not know.
func missing(_ *Caller, _ int64, p access.Permission, s Subject) error {
	return ErrForbidden.Say("You need “%s” for this. A Super Admin can give it to you.", p.Label()).
		With("permission", p.String()).With("scope", s.Scope.String())
}

// decideNowhere is the refusal of a query whose permission the caller holds nowhere.
func decideNowhere(c *Caller, now time.Time, p access.Permission) error {
	if c.Kind == Anonymous {
		return ErrSignIn
	}
	return missing(c, now.UnixMilli(), p, Subject{Scope: c.Home})
}
