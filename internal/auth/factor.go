package auth

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Factors is what a person can show besides a password.
type Factors struct {
	App      bool  // an authenticator app
	Passkeys int64 // how many
	Recovery int64 // recovery codes that are left; they are a way back, and no factor of their own
}

// Any says whether there is a second factor.
func (f Factors) Any() bool { return f.App || f.Passkeys > 0 }

// factorsOf reads what a person can show.
func factorsOf(r store.Reader, u user.ID) (f Factors, err error) {
	var apps int64
	err = r.QueryRow(`select (select count(*) from totps where user_id = $1), (select count(*) from passkeys where user_id = $1),
		(select count(*) from recovery_codes where user_id = $1 and used_at = 0)`, string(u)).Scan(&apps, &f.Passkeys, &f.Recovery)
	f.App = apps > 0
	return f, err
}

// seconds are the ways to show a second factor after a password.
var seconds = map[string]tryable{"totp": secondApp, "recovery": secondRecovery, "passkey": secondPasskey}

// ErrLastFactor refuses to leave somebody without the second factor that they need.
var ErrLastFactor = errs.New(errs.Conflict, "last_factor", "This is your last second factor, and the installation asks for one. Add another, then remove this one.")

// keepFactor refuses a change after which a member of staff has no second factor, where one is required.
func keepFactor(tx *op.Tx, u *user.User) error {
	rules, err := security.Load(tx)
	if err != nil || !rules.SecondFactor || u.Kinds&user.IsStaff == 0 {
		return err
	}
	has, err := factorsOf(tx, u.ID)
	if err == nil && !has.Any() {
		err = ErrLastFactor
	}
	return err
}

// factorChanged does what follows from another way in: every other session, link and half-done sign-in ends, and the person is
// told. keep is the half-done sign-in during which it happened, or nil.
func factorChanged(tx *op.Tx, u *user.User, keep *ticket, what string) error {
	if _, err := session.RevokeOthers(tx, u, "second_factor_changed"); err != nil {
		return err
	}
	if err := killPending(tx, u.ID, keep); err != nil {
		return err
	}
	return mailing.Post(tx, u, "second_factor_changed", mailing.Letter{
		Subject: "How you sign in was changed",
		Lines:   []string{what, "You were signed out everywhere else."},
		After:   []string{"If this was not you, tell the people who run the desk at once, and set a new password."},
	})
}

// RemoveFactors takes every second factor and recovery code from a person, with what was about to become one, and lets codes be tried
// again. It says whether there was anything. Where the installation asks for a second factor, they make one at their next sign-in.
func RemoveFactors(tx *op.Tx, u *user.User) (some bool, err error) {
	has, err := appsOf(tx, u.ID)
	if err != nil {
		return false, err
	}
	for i := range has {
		has[i].scope = u.Scope()
		if err := apps.Delete(tx, &has[i]); err != nil {
			return false, err
		}
	}
	keys, err := passkeys.All(tx, "where user_id = $1", string(u.ID))
	if err != nil {
		return false, err
	}
	for i := range keys {
		keys[i].scope = u.Scope()
		if err := passkeys.Delete(tx, &keys[i]); err != nil {
			return false, err
		}
	}
	codes, err := recoveryCodes.Clear(tx, "where user_id = $1", string(u.ID))
	if err != nil {
		return false, err
	}
	if _, err := offers.Clear(tx, "where user_id = $1", string(u.ID)); err != nil {
		return false, err
	}
	return len(has) > 0 || len(keys) > 0 || codes > 0, resetSecondFailures(tx, u.ID)
}

// Protection is how an account is protected, as its person's own page shows it.
type Protection struct {
	Factors
	Required   bool // the installation asks for a second factor
	Password   bool
	PasswordAt int64 // epoch ms
	Apps       []App
	Codes      []RecoveryCode // used ones first
}

// ShowProtection reads how one's own account is protected.
var ShowProtection = &op.Query[op.None, Protection]{
	Name: "factor.list", Summary: "List one's own second factors", Own: true,
	Do: func(v *op.View, _ op.None) (p Protection, err error) {
		if err := v.Own(); err != nil {
			return p, err
		}
		u, err := user.Find(v, user.ID(v.Caller().Person))
		if err != nil {
			return p, err
		}
		rules, err := security.Load(v)
		if err != nil {
			return p, err
		}
		p.Required = rules.SecondFactor && u.Kinds&user.IsStaff != 0
		c, err := credentials.Find(v, string(u.ID))
		if err != nil && !errors.Is(err, errs.ErrNotFound) {
			return p, err
		}
		if err == nil && c.Hash != "" {
			p.Password, p.PasswordAt = true, c.SetAt
		}
		if p.Factors, err = factorsOf(v, u.ID); err != nil {
			return p, err
		}
		if p.Apps, err = appsOf(v, u.ID); err != nil {
			return p, err
		}
		for i := range p.Apps {
			p.Apps[i].Secret = ""
		}
		p.Codes, err = recoveryCodesOf(v, u.ID)
		return p, err
	},
}
