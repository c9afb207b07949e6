package apikey

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Which names a key as the input of a verb.
type Which struct {
	Key string `json:"key"`
}

// Revoke ends a key at once and for good: one's own, or with api_keys.manage anybody's there, whatever its owner holds. A leaked
// key must be stopped by whoever sees it first.
var Revoke = &op.Action[Which, *Key, op.None]{
	Name: "apikey.revoke", Summary: "Revoke an API key", Allow: access.APIKeysManage, Own: true,
	Target: func(tx *op.Tx, in Which) (*Key, error) { return Table.Find(tx, in.Key) },
	Do: func(tx *op.Tx, k *Key, _ Which) (op.None, error) {
		if k.RevokedAt != 0 {
			return op.None{}, nil
		}
		k.RevokedAt = tx.Now().UnixMilli()
		return op.None{}, Table.Update(tx, k)
	},
}

// RevokeAll ends every key of an owner, in the transaction of whatever made it necessary.
func RevokeAll(tx *op.Tx, owner user.ID) error {
	live, err := Table.All(tx, "where owner_id = $1 and revoked_at = 0 and expires_at > $2", string(owner), tx.Now().UnixMilli())
	for i := range live {
		if err == nil {
			live[i].RevokedAt = tx.Now().UnixMilli()
			err = Table.Update(tx, &live[i])
		}
	}
	return err
}

// RevokeSince ends every key of an owner that was made since an instant.
func RevokeSince(tx *op.Tx, owner user.ID, since int64) error {
	live, err := Table.All(tx, "where owner_id = $1 and revoked_at = 0 and created_at >= $2", string(owner), since)
	for i := range live {
		if err == nil {
			live[i].RevokedAt = tx.Now().UnixMilli()
			err = Table.Update(tx, &live[i])
		}
	}
	return err
}
