package auth

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// EndSince takes away the ways in that were added to an account since an instant, and its password whenever it was chosen: somebody
// says that the account was not theirs meanwhile. Second factors from before stay. Sessions, links and codes end elsewhere.
func EndSince(tx *op.Tx, u *user.User, since int64) error {
	tail := "where user_id = $1 and made_at >= $2"
	keys, err := passkeys.All(tx, tail, string(u.ID), since)
	for i := range keys {
		if err == nil {
			keys[i].scope = u.Scope()
			err = passkeys.Delete(tx, &keys[i])
		}
	}
	if err != nil {
		return err
	}
	added, err := apps.All(tx, tail, string(u.ID), since)
	for i := range added {
		if err == nil {
			added[i].scope = u.Scope()
			err = apps.Delete(tx, &added[i])
		}
	}
	if err != nil {
		return err
	}
	if _, err := recoveryCodes.Clear(tx, tail, string(u.ID), since); err != nil {
		return err
	}
	c, err := credentials.Find(tx, string(u.ID))
	if errors.Is(err, errs.ErrNotFound) || err == nil && c.Hash == "" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := keepOld(tx, c); err != nil {
		return err
	}
	c.scope, c.Hash, c.SetAt, c.MustChange = u.Scope(), "", 0, false
	return c.save(tx)
}
