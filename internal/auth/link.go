package auth

import (
	"context"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Link is a secret address that is good once. Only its hash is kept.
type Link struct {
	Token   string  `db:"token_hash,key"`
	Purpose Purpose `db:"purpose"`
	User    user.ID `db:"user_id"`
	MadeAt  int64   `db:"made_at"`
	Expires int64   `db:"expires_at"`
	UsedAt  int64   `db:"used_at"`
	About   string  `db:"about"` // of the address that it confirms: a keyed hash
}

// Purpose is what a link is good for.
type Purpose string

// The purposes.
const (
	SetPassword Purpose = "set_password" // choose a password, and with it accept the account
	SetUp       Purpose = "set_up"       // make the first Super Admin

	ConfirmEmail Purpose = "confirm_email" // prove that the account's address is one's own
	ChangeEmail  Purpose = "change_email"  // prove that the address one wants to have is one's own
)

// Links is where links are.
var Links = op.Bookkeeping[Link]("links")

// ErrLink is the one answer for a link that is unknown, used, expired or replaced.
var ErrLink = errs.New(errs.Gone, "link_gone", "This link is not valid any more: it was used, it is too old, or a newer one was made. Ask for a new one.")

// NewLink makes a link and gives its token, which is told once. Older links of the person for the same purpose die.
func NewLink(tx *op.Tx, u user.ID, p Purpose, life time.Duration) (token string, err error) {
	return newLink(tx, Link{User: u, Purpose: p}, life)
}

func newLink(tx *op.Tx, l Link, life time.Duration) (token string, err error) {
	now, u, p := tx.Now().UnixMilli(), l.User, l.Purpose
	older, err := Links.All(tx, "where user_id = $1 and purpose = $2 and used_at = 0 and expires_at > $3", string(u), string(p), now)
	if err != nil {
		return "", err
	}
	for i := range older {
		older[i].Expires = now
		if err := Links.Update(tx, &older[i]); err != nil {
			return "", err
		}
	}
	token, l.Token = secret.Token()
	l.MadeAt, l.Expires = now, tx.Now().Add(life).UnixMilli()
	return token, Links.Insert(tx, &l)
}

// KillPending ends every open link, every code and every half-done sign-in of a person and forgets their devices, in the transaction
// of whatever made it necessary.
func KillPending(tx *op.Tx, u user.ID) error { return killPending(tx, u, nil) }

func killPending(tx *op.Tx, u user.ID, keep *ticket) error {
	if err := errors.Join(killTickets(tx, u, keep), killCodes(tx, u), forgetDevices(tx, u)); err != nil {
		return err
	}
	open, err := Links.All(tx, "where user_id = $1 and used_at = 0 and expires_at > $2", string(u), tx.Now().UnixMilli())
	for i := range open {
		if err == nil {
			open[i].Expires = tx.Now().UnixMilli()
			err = Links.Update(tx, &open[i])
		}
	}
	return err
}

// UseLink reads a live link for its purpose and uses it up.
func UseLink(tx *op.Tx, token string, p Purpose) (*Link, error) {
	l, err := Links.Find(tx, secret.HashToken(token))
	if errors.Is(err, errs.ErrNotFound) || err == nil && !l.live(p, tx.Now()) {
		return nil, ErrLink
	}
	if err != nil {
		return nil, err
	}
	l.UsedAt = tx.Now().UnixMilli()
	return l, Links.Update(tx, l)
}

// Live says whether the link is still good for a purpose.
func (l *Link) Live(p Purpose, now time.Time) bool { return l.live(p, now) }

func (l *Link) live(p Purpose, now time.Time) bool {
	return l.Purpose == p && l.UsedAt == 0 && l.Expires > now.UnixMilli()
}

// Invited is what a page shows before a password is set: opening a link uses nothing up.
type Invited struct {
	User  user.User
	Known bool // the account had a password before
}

type linkIn struct {
	Token   string
	Purpose Purpose
}

var lookUpLink = &op.Query[linkIn, Invited]{
	Name: "auth.look_up_link", Summary: "Read whom a link is for, without using it up", Open: true,
	Do: func(v *op.View, in linkIn) (i Invited, err error) {
		l, err := Links.Find(v, secret.HashToken(in.Token))
		if errors.Is(err, errs.ErrNotFound) || err == nil && !l.live(in.Purpose, v.Now()) {
			return i, ErrLink
		}
		if err != nil || l.User == "" {
			return i, err
		}
		u, err := user.Find(v, l.User)
		if err != nil {
			return i, err
		}
		if l.About != "" && l.About != about(v, u) {
			return i, ErrLink
		}
		i.User = *u
		cred, err := credentials.Find(v, string(u.ID))
		i.Known = err == nil && cred.Hash != ""
		if errors.Is(err, errs.ErrNotFound) {
			err = nil
		}
		return i, err
	},
}

// OpenLink reads whom a link is for. It consumes nothing: mail scanners open links too.
func (d *Desk) OpenLink(ctx context.Context, c *op.Caller, token string, p Purpose) (Invited, error) {
	return op.Ask(ctx, d.Door, c, lookUpLink, linkIn{token, p})
}

type newPassword struct {
	Token string `json:"-"`
	Hash  string `json:"-"`
}

// setByLink sets the password of whom the link is for. Sessions and other links die with it.
var setByLink = &op.Action[newPassword, linkTarget, user.ID]{
	Name: "auth.set_password", Summary: "Set a password by a link that is good once", Open: true,
	Target: func(tx *op.Tx, in newPassword) (t linkTarget, err error) {
		l, err := Links.Find(tx, secret.HashToken(in.Token))
		if errors.Is(err, errs.ErrNotFound) || err == nil && !l.live(SetPassword, tx.Now()) {
			return t, ErrLink
		}
		if err != nil {
			return t, err
		}
		t.User, err = user.Find(tx, l.User)
		return t, err
	},
	Do: func(tx *op.Tx, t linkTarget, in newPassword) (user.ID, error) {
		if _, err := UseLink(tx, in.Token, SetPassword); err != nil {
			return "", err
		}
		if t.Status == user.Invited { // a new password accepts no invitation (security.md A-INV)
			return "", ErrLink
		}
		if _, err := session.RevokeAll(tx, t.User, "password_set"); err != nil {
			return "", err
		}
		if err := KillPending(tx, t.ID); err != nil {
			return "", err
		}
		return t.ID, SetHash(tx, t.User, in.Hash)
	},
}

type linkTarget struct{ *user.User }

// SetPasswordByLink checks a new password against the policy, hashes it, and sets it.
func (d *Desk) SetPasswordByLink(ctx context.Context, c *op.Caller, token, candidate string) (user.ID, error) {
	invited, err := d.OpenLink(ctx, c, token, SetPassword)
	if err != nil {
		return "", err
	}
	hash, err := d.newHash(ctx, &invited.User, candidate)
	if err != nil {
		return "", err
	}
	return op.Do(ctx, d.Door, c, setByLink, newPassword{Token: token, Hash: hash})
}

// SetHashByLink sets a password whose hash was made before, for worlds that are made: hashing a hundred passwords takes seconds.
func (d *Desk) SetHashByLink(ctx context.Context, c *op.Caller, token, hash string) (user.ID, error) {
	return op.Do(ctx, d.Door, c, setByLink, newPassword{Token: token, Hash: hash})
}
