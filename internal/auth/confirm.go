package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// confirmLife is how long the link that confirms an address is good (security.md A0).
const confirmLife = 24 * time.Hour

// NewConfirmation makes a link that confirms the address which the account has now, and gives its token.
func NewConfirmation(tx *op.Tx, u *user.User) (token string, expires time.Time, err error) {
	token, err = newLink(tx, Link{User: u.ID, Purpose: ConfirmEmail, About: about(tx, u)}, confirmLife)
	return token, tx.Now().Add(confirmLife), err
}

// about binds a link to an address. It is a keyed hash: who reads the table learns no address from it.
func about(r interface {
	MAC(purpose string, parts ...[]byte) []byte
}, u *user.User) string {
	return hex.EncodeToString(r.MAC("address of a link", []byte(u.ID), []byte(u.EmailNorm)))
}

// How often a link may be mailed to one person for one purpose (security.md A0, code issuing).
var linkRates = []struct {
	within time.Duration
	most   int64
}{{30 * time.Second, 1}, {15 * time.Minute, 5}, {24 * time.Hour, 20}}

// ErrLinkRate refuses to fill somebody's mailbox.
var ErrLinkRate = errs.New(errs.TooMany, "link_rate", "This person has just been sent such a link. Wait a little, then send another one.")

// MayMail refuses another link for a purpose where the person has just been sent enough of them.
func MayMail(tx *op.Tx, u user.ID, p Purpose) error {
	for _, rate := range linkRates {
		since := tx.Now().Add(-rate.within).UnixMilli()
		made, err := store.All(tx, store.Value[int64], "select made_at from links where user_id = $1 and purpose = $2 and made_at > $3 order by made_at desc limit $4",
			string(u), string(p), since, rate.most)
		if err != nil {
			return err
		}
		if int64(len(made)) == rate.most {
			return ErrLinkRate.After(time.UnixMilli(made[len(made)-1]).Add(rate.within).Sub(tx.Now()))
		}
	}
	return nil
}

// confirmEmail marks the address of whom the link is for as theirs. The link dies with any change of the address, and counts for no
// other one.
var confirmEmail = &op.Action[linkToken, linkTarget, op.None]{
	Name: "auth.confirm_email", Summary: "Confirm an e-mail address by a link that is good once", Open: true,
	Target: func(tx *op.Tx, in linkToken) (t linkTarget, err error) {
		l, err := Links.Find(tx, secret.HashToken(in.Token))
		if errors.Is(err, errs.ErrNotFound) || err == nil && !l.live(ConfirmEmail, tx.Now()) {
			return t, ErrLink
		}
		if err != nil {
			return t, err
		}
		if t.User, err = user.Find(tx, l.User); err == nil && l.About != about(tx, t.User) {
			err = ErrLink
		}
		return t, err
	},
	Do: func(tx *op.Tx, t linkTarget, in linkToken) (op.None, error) {
		if _, err := UseLink(tx, in.Token, ConfirmEmail); err != nil {
			return op.None{}, err
		}
		if t.EmailVerified == 0 || t.EmailAttested != 0 {
			t.EmailVerified, t.EmailAttested = tx.Now().UnixMilli(), 0
		}
		return op.None{}, user.Save(tx, t.User)
	},
}

type linkToken struct {
	Token string `json:"-"`
}

// ConfirmEmail confirms the address that the link is about.
func (d *Desk) ConfirmEmail(ctx context.Context, c *op.Caller, token string) error {
	_, err := op.Do(ctx, d.Door, c, confirmEmail, linkToken{token})
	return err
}
