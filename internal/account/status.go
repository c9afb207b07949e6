package account

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

// Deactivate keeps a person from signing in and ordering, until somebody activates the account again. It keeps all their data
// (checklist 200-205).
var Deactivate = &op.Action[one, *user.User, op.None]{
	Name: "user.deactivate", Summary: "Deactivate an account", Allow: access.UsersDeactivate, NotSelf: true,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		if u.Status == user.Deactivated {
			return op.None{}, nil
		}
		if err := move(tx, u, user.Deactivate); err != nil {
			return op.None{}, err
		}
		if err := keepHeld(tx, u); err != nil {
			return op.None{}, err
		}
		if err := lockOut(tx, u, "deactivated"); err != nil {
			return op.None{}, err
		}
		return op.None{}, mailing.Post(tx, u, "deactivated", mailing.Letter{
			Subject: "Your account was deactivated",
			Lines: []string{
				"Your account was deactivated. You were signed out everywhere, and you cannot sign in or place orders for now.",
				"Nothing was deleted: when the account is activated again, everything is there.",
			},
			After: []string{"If you think that this is a mistake, answer this mail."},
		})
	},
}

// Activate lets a deactivated person in again. It restores no session.
var Activate = &op.Action[one, *user.User, op.None]{
	Name: "user.activate", Summary: "Activate a deactivated account", Allow: access.UsersDeactivate, NotSelf: true,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		if u.Status == user.Active {
			return op.None{}, nil
		}
		if err := move(tx, u, user.Reactivate); err != nil {
			return op.None{}, err
		}
		return op.None{}, mailing.Post(tx, u, "activated", mailing.Letter{
			Subject: "Your account is active again",
			Lines:   []string{"Your account was activated again. You can sign in and place orders as before."},
		})
	},
}

func move(tx *op.Tx, u *user.User, m user.Move) error {
	if err := u.Moved(m); err != nil {
		return err
	}
	return moved(tx, u)
}

// moved saves a person whose status has changed, with when and by whom.
func moved(tx *op.Tx, u *user.User) error {
	u.StatusSince, u.StatusBy = tx.Now().UnixMilli(), tx.Caller().ID
	return user.Save(tx, u)
}
