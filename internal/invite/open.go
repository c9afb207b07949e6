package invite

import (
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Opened is what the page of an invitation shows. Opening a link uses nothing up: mail scanners open links too.
type Opened struct {
	Invitation
	Account  user.User
	New      bool // the account was made for it, and has no password yet
	Home     string
	Where    string
	By       string
	Message  string
	RoleName string
	Zone     *time.Location // of the home
}

// ByToken finds the pending invitation of a link, and its account. Everything else is one answer.
func ByToken(r store.Reader, token string, m macer, now interface{ UnixMilli() int64 }) (*Invitation, *user.User, error) {
	if token == "" {
		return nil, nil, ErrLink
	}
	i, err := Table.One(r, "where token_hash = $1", secret.HashToken(token))
	if err != nil {
		return nil, nil, unlessMissing(err, ErrLink)
	}
	if !i.Open() || now.UnixMilli() >= i.ExpiresAt {
		return nil, nil, ErrLink
	}
	u, err := user.Find(r, i.User)
	if err != nil {
		return nil, nil, unlessMissing(err, ErrLink)
	}
	if !MayBeInvited(u) || !i.Meant(m, u) {
		return nil, nil, ErrLink
	}
	return i, u, nil
}

// LookUp reads what a link offers, for who has it.
var LookUp = &op.Query[string, Opened]{
	Name: "invitation.look_up", Summary: "Read an invitation by its link, without using it up", Open: true,
	Do: func(v *op.View, token string) (o Opened, err error) {
		i, u, err := ByToken(v, token, v, v.Now())
		if err != nil {
			return o, err
		}
		o.Invitation, o.Account, o.New, o.RoleName = *i, *u, u.Status == user.Invited, i.RoleName()
		if o.Where, err = i.places(v); err != nil {
			return o, err
		}
		if o.Home, o.Zone, err = homeOf(v, i.Brand); err != nil {
			return o, err
		}
		if o.By, err = i.by(v); err != nil {
			return o, err
		}
		o.Message, err = i.message(v)
		return o, err
	},
}

// Refused notes, once for each invitation, that its link was used in vain because nobody entitled vouches for it any more.
var Refused = &op.Action[Try, *Invitation, op.None]{
	Name: "invitation.refuse", Summary: "Note that an invitation could not be accepted", Open: true,
	Target: func(tx *op.Tx, in Try) (*Invitation, error) {
		i, _, err := ByToken(tx, in.Token, tx, tx.Now())
		return i, err
	},
	Do: func(tx *op.Tx, i *Invitation, _ Try) (op.None, error) {
		if i.RefusedAt != 0 || !errors.Is(i.Vouched(tx, tx.Now()), ErrInviter) {
			return op.None{}, nil
		}
		i.RefusedAt = tx.Now().UnixMilli()
		tx.Note("code", errs.Of(ErrInviter).Code)
		return op.None{}, Table.Update(tx, i)
	},
}

// Try is a link that somebody tries.
type Try struct {
	Token string `json:"-"`
}
