package account

import (
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// ErrCannotSignIn refuses a new password for an account that nobody can sign in to.
var ErrCannotSignIn = errs.New(errs.Conflict, "cannot_sign_in", "Nobody can sign in to this account, so a new password would be no use.")

// ResetPassword mails a person the link with which they choose a new password (checklist 212). Sending it ends nothing, and the old
// password stays good: when the new one is set, sessions and other links die with it. The link is in the letter and nowhere else.
var ResetPassword = &op.Action[one, *user.User, op.None]{
	Name: "user.reset_password", Summary: "Send a person the link to choose a new password", Allow: access.UsersResetPassword,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		if err := resettable(u); err != nil {
			return op.None{}, err
		}
		if err := auth.MayMail(tx, u.ID, auth.SetPassword); err != nil {
			return op.None{}, err
		}
		rules, err := security.Load(tx)
		if err != nil {
			return op.None{}, err
		}
		life := time.Duration(rules.ResetMinutes) * time.Minute
		token, err := auth.NewLink(tx, u.ID, auth.SetPassword, life)
		if err != nil {
			return op.None{}, err
		}
		tx.Note("link", "set a new password")
		return op.None{}, mailing.Post(tx, u, "password_reset", mailing.Letter{
			Subject: "Choose a new password",
			Lines:   []string{"Somebody who looks after your account has sent you this link. With it you choose a new password."},
			Button:  "Choose a new password",
			Path:    "/set-password?token=" + token,
			After: []string{
				"The link is good for " + security.Span(life) + ", once. When you use it, you are signed out everywhere else.",
				"Until then your old password stays good. If you did not ask for this, you need not do anything.",
			},
			Expires: tx.Now().Add(life).UnixMilli(),
		})
	},
}

// resettable refuses accounts for which a new password would be no use.
func resettable(u *user.User) error {
	switch {
	case u.Status == user.Invited:
		return ErrCannotSignIn.Say("Nobody has accepted this account yet, so there is no password to reset. Send the invitation again instead.")
	case !u.Status.MaySignIn():
		return ErrCannotSignIn.Say("This account is %s: nobody can sign in to it, so a new password would be no use. Change that first.", strings.ToLower(statusWord(u.Status)))
	case u.Kinds == 0:
		return ErrCannotSignIn.Say("This account has no role here and is no customer: nobody can sign in to it, so a new password would be no use.")
	case u.Email == "":
		return ErrNoAddress
	}
	return nil
}

func statusWord(s user.Status) string {
	if s == user.Deactivated {
		return "deactivated"
	}
	return s.Label()
}
