package account

import (
	"context"
	"errors"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Acceptance is the form of an invitation. A new account has its password, hashed already; one that was there has nobody but its
// owner, signed in.
type Acceptance struct {
	Token     string `json:"-"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Hash      string `json:"-"`
}

// ErrSignInToAccept asks the owner of an account that was there before to sign in to it.
var ErrSignInToAccept = errs.New(errs.Unauthorized, "sign_in_to_accept", "This invitation is for an account that is there already. Sign in to it first, with the address that was invited. Nothing was changed.")

// Accept makes an invited person staff: exactly with the role that stands in the invitation, and only while who sent it may still
// give it. A link that came by mail proves the address; one that was handed over proves none.
var Accept = &op.Action[Acceptance, accepting, user.ID]{
	Name: "invitation.accept", Summary: "Accept an invitation by its link", Open: true,
	Target: func(tx *op.Tx, in Acceptance) (t accepting, err error) {
		t.Invitation, t.user, err = invite.ByToken(tx, in.Token, tx, tx.Now())
		return t, err
	},
	Do: func(tx *op.Tx, t accepting, in Acceptance) (user.ID, error) {
		u, newcomer, now := t.user, t.user.Status == user.Invited, tx.Now().UnixMilli()
		if !newcomer && !tx.Caller().Is(string(u.ID)) {
			return "", ErrSignInToAccept
		}
		if err := t.Vouched(tx, tx.Now()); err != nil {
			return "", err
		}
		if t.Until != 0 && t.Until <= now {
			return "", invite.ErrOver
		}
		if err := t.Take(tx); err != nil {
			return "", err
		}
		if t.Mailed && u.EmailVerified == 0 {
			u.EmailVerified, u.EmailAttested = now, 0
		}
		var err error
		if newcomer {
			err = arrive(tx, u, in)
		} else {
			err = promote(tx, u, t.Invitation)
		}
		if err != nil {
			return "", err
		}
		if tx.Caller().Kind == op.Operator { // at the machine, for a world that is made: nobody is there to be told
			return u.ID, nil
		}
		return u.ID, t.Welcome(tx, u)
	},
}

type accepting struct {
	*invite.Invitation
	user *user.User
}

// Subjects names the invitation and its account.
func (t accepting) Subjects() []op.Subject {
	return []op.Subject{t.Invitation.Subject(), t.user.Subject()}
}

// arrive makes an invited account active, with its first password. Its grants were written when it was invited.
func arrive(tx *op.Tx, u *user.User, in Acceptance) error {
	if in.Hash == "" {
		return errs.Field("password", "Choose a password.")
	}
	if in.FirstName+in.LastName != "" {
		u.FirstName, u.LastName = in.FirstName, in.LastName
	}
	if u.Name() == "" {
		return errs.Field("first_name", "Write your name, so that colleagues can tell who you are.")
	}
	if err := move(tx, u, user.Accept); err != nil {
		return err
	}
	if err := auth.KillPending(tx, u.ID); err != nil {
		return err
	}
	return auth.SetHash(tx, u, in.Hash)
}

// promote gives an account that was there the role, and signs it out: a session never carries over into another role.
func promote(tx *op.Tx, u *user.User, i *invite.Invitation) error {
	if held, err := role.Of(tx, string(u.ID)); err != nil || len(held) > 0 {
		return orElse(err, ErrStaffElsewhere)
	}
	for _, g := range i.Grants() {
		if g.GivenBy == "" {
			g.GivenBy = i.ID
		}
		if err := role.Give(tx, &g); err != nil {
			return err
		}
	}
	if err := user.Save(tx, u); err != nil {
		return err
	}
	if err := settle(tx, u); err != nil {
		return err
	}
	_, err := session.RevokeAll(tx, u, "role_changed")
	return err
}

// AcceptWith accepts an invitation with a password: it is checked and hashed first. c is nobody in particular for a new account,
// and its owner for one that was there.
func AcceptWith(ctx context.Context, d *auth.Desk, c *op.Caller, in Acceptance, candidate string) (user.ID, error) {
	opened, err := op.Ask(ctx, d.Door, c, invite.LookUp, in.Token)
	if err != nil {
		return "", err
	}
	in.Hash = ""
	if opened.New {
		about := password.Context{Staff: true, Name: in.FirstName + " " + in.LastName, Email: opened.Account.Email}
		if in.FirstName+in.LastName == "" {
			about.Name = opened.Account.Name()
		}
		if in.Hash, err = d.Hash(ctx, candidate, about); err != nil {
			return "", err
		}
	}
	return AcceptHashed(ctx, d.Door, c, in)
}

// AcceptHashed is AcceptWith for a password that was hashed before. An invitation that nobody entitled vouches for any more leaves
// its line in the log, although nothing changed.
func AcceptHashed(ctx context.Context, door *op.Door, c *op.Caller, in Acceptance) (user.ID, error) {
	u, err := op.Do(ctx, door, c, Accept, in)
	if errors.Is(err, invite.ErrInviter) {
		if _, noted := op.Do(ctx, door, c, invite.Refused, invite.Try{Token: in.Token}); noted != nil {
			return "", noted
		}
	}
	return u, err
}
