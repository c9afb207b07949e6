package account

import (
	"context"
	"errors"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// ErrNoSecondFactor refuses to reset what is not there.
var ErrNoSecondFactor = errs.New(errs.Conflict, "no_second_factor_to_reset", "This person has no second factor, so there is nothing to reset. They make one at their next sign-in where it is asked for.")

// ResetSecondFactor takes every second factor and recovery code from a person who has lost them. Where a second factor is asked for,
// they make a new one at their next sign-in, so whoever does this must be sure to whom they speak.
var ResetSecondFactor = &op.Action[one, *user.User, op.None]{
	Name: "user.reset_second_factor", Summary: "Remove the second factors of a person who has lost them", Allow: access.UsersResetPassword, NotSelf: true, StepUp: true,
	Confirm: func(u *user.User, _ one) op.Confirmation {
		return op.Confirmation{Title: "Reset the second factor of " + called(u), Button: "Reset second factor", Facts: []op.Fact{
			{Label: "Removed", Value: "authenticator apps, passkeys and recovery codes"}, {Label: "Sessions", Value: "all ended"},
		}}
	},
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		some, err := auth.RemoveFactors(tx, u)
		if err != nil {
			return op.None{}, err
		}
		if !some {
			return op.None{}, ErrNoSecondFactor
		}
		tx.Note("second_factor", "removed")
		if err := lockOut(tx, u, "second_factor_reset"); err != nil {
			return op.None{}, err
		}
		return op.None{}, mailing.Post(tx, u, "second_factor_reset", mailing.Letter{
			Subject: "Your second factor was reset",
			Lines: []string{
				"An administrator removed your authenticator apps, passkeys and recovery codes. You were signed out everywhere.",
				"At your next sign-in you set up a new second factor, where one is asked for.",
			},
			After: []string{"If you did not ask for this, tell the people who run the desk at once."},
		})
	},
}

// FindStaff finds the member of staff who signs in with an address.
func FindStaff(ctx context.Context, db *store.DB, email string) (user.ID, error) {
	norm, err := text.NormEmail(email)
	if err != nil {
		return "", errs.ErrNotFound
	}
	var id user.ID
	err = db.Read(ctx).QueryRow("select user_id from staff_emails where email_norm = $1", norm).Scan(&id)
	if errors.Is(err, store.ErrNoRows) {
		return "", errs.ErrNotFound
	}
	return id, err
}
