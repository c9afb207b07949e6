package auth

import (
	"errors"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Impersonation is staff looking through a customer's or company user's eyes: for half an hour, read-only unless a second
// permission allows more, and never into credentials, money, keys, exports or consents (op.While). It is a session of its own that
// hangs on the staff session and ends with it. Every event in it carries both names, and the person finds it in their history.
type Impersonation struct {
	User     user.ID          `json:"user"`
	Audience session.Audience `json:"audience"` // account or company
	Reason   string           `json:"reason"`
	Writes   bool             `json:"writes,omitempty"` // may also change what the person could
}

// Why is the reason, for the log.
func (i Impersonation) Why() string { return i.Reason }

// Refusals of an impersonation.
var (
	ErrImpersonateStaff   = errs.New(errs.Forbidden, "impersonate_staff", "Nobody looks through the eyes of staff. Ask them to show you.")
	ErrImpersonateSession = errs.New(errs.Forbidden, "impersonate_session", "An impersonation hangs on the session of somebody who is signed in to the desk. Start it there.")
)

// Impersonate begins one (source C).
var Impersonate = &op.Action[Impersonation, *user.User, Signed]{
	Name: "user.impersonate", Summary: "Look through a customer's or company user's eyes", Allow: access.UsersImpersonate, NotSelf: true,
	StepUp: true,
	Confirm: func(u *user.User, in Impersonation) op.Confirmation {
		may := "Look only"
		if in.Writes {
			may = "Look and change"
		}
		return op.Confirmation{
			Title:  "View as " + nameOf(u),
			Facts:  []op.Fact{{Label: "Where", Value: placeOf(in.Audience)}, {Label: "May", Value: may}, {Label: "Reason", Value: in.Reason}},
			Button: "View as " + nameOf(u),
		}
	},
	Target: func(tx *op.Tx, in Impersonation) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in Impersonation) (s Signed, err error) {
		c := tx.Caller()
		if c.Kind != op.Person || c.Session == "" {
			return s, ErrImpersonateSession
		}
		if err := in.check(); err != nil {
			return s, err
		}
		if u.Kinds&user.IsStaff != 0 {
			return s, ErrImpersonateStaff
		}
		if in.Writes && !c.Grants.Can(tx.Now().UnixMilli(), access.UsersImpersonateWrite, u.Scope(), u.Kinds.Person()) {
			return s, op.ErrForbidden.With("permission", access.UsersImpersonateWrite.String())
		}
		if err := u.MayEnter(); err != nil {
			return s, err
		}
		if _, err := mayOpen(tx, u, in.Audience); err != nil {
			return s, err
		}
		s.User = u.ID
		return s, s.beginAs(tx, u, in)
	},
}

func (i Impersonation) check() error {
	var wrong errs.Wrong
	if strings.TrimSpace(i.Reason) == "" {
		wrong.Add("reason", "Say why: the person may read it one day, and so may an auditor.")
	}
	if len(i.Reason) > 500 {
		wrong.Add("reason", "Say it in at most 500 characters.")
	}
	if i.Audience != session.Account && i.Audience != session.Company {
		wrong.Add("audience", "Choose account or company.")
	}
	return wrong.Err()
}

// beginAs makes the session of an impersonation. The person's own sign-ins, devices and times stay as they are.
func (s *Signed) beginAs(tx *op.Tx, u *user.User, in Impersonation) error {
	row := signIn{ID: id.New("sgn_", tx.Now()), User: u.ID, At: tx.Now().UnixMilli(), Outcome: "impersonated", Method: "impersonation"}
	if err := signIns.Insert(tx, &row); err != nil {
		return err
	}
	started, token, _, err := session.Start(tx, u, session.Session{
		Audience: in.Audience, Brand: u.Brand, Actor: user.ID(tx.Caller().Person), ActorSession: tx.Caller().Session, Writes: in.Writes,
	}, false)
	if err != nil {
		return err
	}
	tx.Note("audience", string(in.Audience))
	s.Token, s.Session, s.For, s.Ends = token, started.ID, in.Audience, time.UnixMilli(started.EndsAt)
	return nil
}

// StopImpersonating ends the impersonation that asks.
var StopImpersonating = &op.Action[op.None, *user.User, op.None]{
	Name: "user.stop_impersonating", Summary: "End the impersonation that one is in", Own: true, While: op.Always,
	Target: func(tx *op.Tx, _ op.None) (*user.User, error) { return user.Find(tx, user.ID(tx.Caller().Person)) },
	Do: func(tx *op.Tx, u *user.User, _ op.None) (op.None, error) {
		if tx.Caller().As == nil {
			return op.None{}, nil
		}
		return op.None{}, session.Stop(tx, u, tx.Caller().Session, "signed_out")
	},
}

// EndImpersonations ends whatever impersonations of a person run.
var EndImpersonations = &op.Action[user.ID, *user.User, int]{
	Name: "user.end_impersonations", Summary: "End the impersonations of a person", Allow: access.UsersImpersonate,
	Target: func(tx *op.Tx, u user.ID) (*user.User, error) { return user.Find(tx, u) },
	Do: func(tx *op.Tx, u *user.User, _ user.ID) (int, error) {
		return session.EndImpersonations(tx, u, "revoked")
	},
}

// Viewing is an impersonation that runs.
type Viewing struct {
	Session  string
	Audience session.Audience
	Actor    user.ID
	Name     string // of the actor
	Since    int64  // epoch ms
	Ends     int64
	Writes   bool
}

// Impersonations lists who looks through a person's eyes now, for who may do the same.
var Impersonations = &op.Query[user.ID, []Viewing]{
	Name: "user.impersonations", Summary: "List the impersonations of a person that run", Allow: access.UsersImpersonate,
	Do: func(v *op.View, id user.ID) (all []Viewing, err error) {
		u, err := user.Find(v, id)
		if err != nil {
			return nil, err
		}
		if err := v.Require(access.UsersImpersonate, u); err != nil {
			return nil, err
		}
		live, err := session.Live(v, u.ID, v.Now())
		if err != nil {
			return nil, err
		}
		for i := range live {
			s := &live[i]
			actor, err := impersonator(v, s, u)
			if errors.Is(err, errs.ErrNotFound) { // over, though nobody has noticed yet
				continue
			}
			if err != nil {
				return nil, err
			}
			if actor != nil {
				all = append(all, Viewing{s.ID, s.Audience, actor.ID, nameOf(actor), s.CreatedAt, s.EndsAt, s.Writes})
			}
		}
		return all, nil
	},
}

// impersonator reads who looks through the eyes of a session's person, and whether they still may: their own session lives, and they
// hold the permission there. Nil without one; errs.ErrNotFound when the impersonation is over.
func impersonator(v *op.View, s *session.Session, u *user.User) (*user.User, error) {
	if s.Actor == "" {
		return nil, nil
	}
	now := v.Now().UnixMilli()
	own, err := session.Table.Find(v, s.ActorSession)
	if err != nil || own.EndedAt != 0 || own.EndsAt <= now || own.IdleUntil <= now {
		return nil, over(err)
	}
	actor, err := user.Find(v, s.Actor)
	if err != nil || actor.MayEnter() != nil {
		return nil, over(err)
	}
	p := access.UsersImpersonate
	if s.Writes {
		p = access.UsersImpersonateWrite
	}
	grants, err := role.Held(v, string(actor.ID))
	if err != nil || !grants.Can(now, p, u.Scope(), u.Kinds.Person()) || u.Kinds&user.IsStaff != 0 {
		return nil, over(err)
	}
	return actor, nil
}

// over keeps a fault, and makes everything else an end.
func over(err error) error {
	if err != nil && errs.Of(err).Kind != errs.NotFound {
		return err
	}
	return errs.ErrNotFound
}

func placeOf(a session.Audience) string {
	if a == session.Company {
		return "Company panel"
	}
	return "Own account"
}

func nameOf(u *user.User) string {
	if name := u.Name(); name != "" {
		return name
	}
	return string(u.ID)
}
