package account

import (
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Leave takes from a person everything that they hold and that lets them in: grants of every kind end for good, and so do sessions,
// links and half-done sign-ins. It gives the grants that ended, for role.KeepHeld once the person is saved.
func Leave(tx *op.Tx, u *user.User, why string) ([]role.Grant, error) {
	grants, err := role.Of(tx, string(u.ID))
	if err != nil {
		return nil, err
	}
	ended := append([]role.Grant(nil), grants...)
	for i := range grants {
		if err := role.End(tx, &grants[i]); err != nil {
			return nil, err
		}
	}
	if err := settle(tx, u); err != nil {
		return nil, err
	}
	return ended, lockOut(tx, u, why)
}
