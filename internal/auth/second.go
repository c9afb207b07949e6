package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

// Wrong second factors count for the account, however many sign-ins and days they are spread over. Whoever gets this far knows the
// password, so this is no way to lock strangers out (security.md A0, “Consecutive failed codes per account”).
const (
	secondPausesAt   = 10
	secondPause      = 15 * time.Minute
	secondEndsAt     = 20
	secondUnlockLife = 24 * time.Hour
)

// UnlockSecond is the purpose of the link that lets second factors be tried again.
const UnlockSecond Purpose = "unlock_second"

// Refusals of an account whose codes were wrong too often.
var (
	ErrSecondWait = errs.New(errs.TooMany, "second_factor_waits", "There were ten wrong codes in a row for this account, so no code is looked at for fifteen minutes. If that was not you, change your password once you are in.")
	ErrSecondOff  = errs.New(errs.Forbidden, "second_factor_off", "There were twenty wrong codes in a row for this account, so no code is looked at any more. We have mailed a link that switches this on again; an administrator can do it too.")
)

// wrongSecond says that a code was wrong, and how often another can be tried.
func wrongSecond(left int) error {
	tries := fmt.Sprintf("%d tries left.", left)
	switch left {
	case 0:
		return ErrTicket.Say("That was wrong five times. Sign in again.")
	case 1:
		tries = "1 try left."
	}
	return ErrSecond.Say("%s %s", ErrSecond.Detail, tries).With("tries_left", left)
}

// secondOpens says how long the account's second factors are not looked at, or that they are off.
func (c *Credential) secondOpens(now time.Time) (wait time.Duration, off bool) {
	switch {
	case c.SecondFailures >= secondEndsAt:
		return 0, true
	case c.SecondFailures == secondPausesAt:
		return max(time.UnixMilli(c.SecondFailedAt).Add(secondPause).Sub(now), 0), false
	}
	return 0, false
}

// tellWrong tells the person that somebody with their password guesses codes, when it begins to matter.
func (c *Credential) tellWrong(tx *op.Tx) error {
	switch c.SecondFailures {
	case secondPausesAt:
		u, err := user.Find(tx, c.User)
		if err != nil {
			return err
		}
		return mailing.Post(tx, u, "second_factor_paused", mailing.Letter{
			Subject: "Ten wrong codes for your account",
			Lines: []string{
				"Somebody who knows your password entered ten wrong codes in a row. No code is looked at for fifteen minutes.",
				"If that was not you, set a new password now.",
			},
		})
	case secondEndsAt:
		return offerUnlock(tx, c.User)
	}
	return nil
}

// offerUnlock mails the link that lets codes be tried again, unless one that is still good was mailed before.
func offerUnlock(tx *op.Tx, whose user.ID) error {
	live, err := store.Value[int64](tx.QueryRow("select count(*) from links where user_id = $1 and purpose = $2 and used_at = 0 and expires_at > $3",
		string(whose), string(UnlockSecond), tx.Now().UnixMilli()))
	if err != nil || live > 0 {
		return err
	}
	u, err := user.Find(tx, whose)
	if err != nil {
		return err
	}
	token, err := NewLink(tx, whose, UnlockSecond, secondUnlockLife)
	if err != nil {
		return err
	}
	return mailing.Post(tx, u, "second_factor_off", mailing.Letter{
		Subject: "Twenty wrong codes for your account",
		Lines: []string{
			"Somebody who knows your password entered twenty wrong codes in a row. No code is looked at any more, so nobody can sign in with one.",
			"If that was you, let codes be tried again with this link. It is good for a day, and it signs nobody in.",
		},
		Button: "Try codes again", Path: "/admin/sign-in/unlock?token=" + token,
		After:   []string{"If that was not you, set a new password, and leave the link alone until you have."},
		Expires: tx.Now().Add(secondUnlockLife).UnixMilli(),
	})
}

// unlockSecond lets second factors be tried again, by the link that was mailed.
var unlockSecond = &op.Action[unlockSecondIn, linkTarget, op.None]{
	Name: "auth.unlock_second", Summary: "Let second factors be tried again, by a link that is good once", Open: true,
	Target: func(tx *op.Tx, in unlockSecondIn) (t linkTarget, err error) {
		l, err := Links.Find(tx, secret.HashToken(in.Token))
		if errors.Is(err, errs.ErrNotFound) || err == nil && !l.live(UnlockSecond, tx.Now()) {
			return t, ErrLink
		}
		if err != nil {
			return t, err
		}
		t.User, err = user.Find(tx, l.User)
		return t, err
	},
	Do: func(tx *op.Tx, t linkTarget, in unlockSecondIn) (op.None, error) {
		if _, err := UseLink(tx, in.Token, UnlockSecond); err != nil {
			return op.None{}, err
		}
		tx.Note("second_factor", "can be tried again")
		return op.None{}, resetSecondFailures(tx, t.ID)
	},
}

type unlockSecondIn struct {
	Token string `json:"-"`
}

func resetSecondFailures(tx *op.Tx, u user.ID) error {
	c, err := credentials.Find(tx, string(u))
	if errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.SecondFailures, c.SecondFailedAt = 0, 0
	return credentials.Update(tx, c)
}

// UnlockSecond lets second factors be tried again.
func (d *Desk) UnlockSecond(ctx context.Context, c *op.Caller, token string) error {
	_, err := op.Do(ctx, d.Door, c, unlockSecond, unlockSecondIn{token})
	return err
}
