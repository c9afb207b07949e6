package privacy

import (
	"errors"

	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Return asks for somebody archived to be restored.
type Return struct {
	User   user.ID `json:"user"`
	Reason string  `json:"reason"`
}

// Why is the reason, for the log.
func (r Return) Why() string { return r.Reason }

// ErrAddressUsed refuses to restore somebody whose address another account has by now.
var ErrAddressUsed = errs.New(errs.Conflict, "email_taken", "Another account has this person's e-mail address by now, so nothing was restored. Give that account another address or archive it, then restore this one.")

// Restore brings somebody archived back (checklist 222): every field as it was, and the status before. It does not bring back what
// let them in (password, second factors, sessions, links, API keys) nor their roles: those are given anew. Only Super Admins hold the
// permission.
var Restore = &op.Action[Return, *user.User, op.None]{
	Name: "user.restore", Summary: "Restore an archived person, within the grace period",
	Allow: access.UsersRestore, NotSelf: true, StepUp: true,
	Confirm: func(u *user.User, in Return) op.Confirmation {
		return op.Confirmation{Title: "Restore " + called(u), Facts: []op.Fact{{Label: "Reason", Value: in.Reason}}, Button: "Restore"}
	},
	Target: func(tx *op.Tx, in Return) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in Return) (op.None, error) {
		if u.Status == user.Erased {
			return op.None{}, ErrTooLate
		}
		if err := in.check(); err != nil {
			return op.None{}, err
		}
		v, err := vaults.Find(tx, string(u.ID))
		if errors.Is(err, errs.ErrNotFound) {
			return op.None{}, u.Moved(user.Restore) // which refuses, since nobody archived has no vault
		}
		if err != nil {
			return op.None{}, err
		}
		if v.over(tx.Now()) {
			return op.None{}, ErrTooLate
		}
		if err := tx.Unhide(string(u.ID)); err != nil {
			return op.None{}, err
		}
		before, err := v.open(tx)
		if err != nil {
			return op.None{}, err
		}
		if err := u.Moved(user.Restore); err != nil {
			return op.None{}, err
		}
		before.giveBack(u)
		if err := customer.GiveExternals(tx, u.Brand, u.Num, before.Externals); err != nil {
			return op.None{}, err
		}
		if err := user.Save(tx, u); err != nil {
			if errors.Is(err, user.ErrEmailTaken) {
				err = ErrAddressUsed.Because(err)
			}
			return op.None{}, err
		}
		if err := vaults.Delete(tx, v); err != nil {
			return op.None{}, err
		}
		return op.None{}, mailing.Post(tx, u, "restored", mailing.Letter{
			Subject: "Your account was restored",
			Lines: []string{
				"Your account was archived, and was restored now with everything that it had: your details and your orders.",
				"Your password, your other sign-in methods and your consents were not kept. To sign in, ask for a new password on the sign-in page.",
			},
			After: []string{"If you did not expect this, answer this mail."},
		})
	},
}

func (r *Return) check() error {
	reason, err := text.CleanLines(r.Reason, maxNote)
	if err == nil && reason == "" {
		return errs.Field("reason", "Say why the person is restored: the reason is kept in the audit log.")
	}
	if err != nil {
		return errs.Field("reason", "%s", err)
	}
	return nil
}
