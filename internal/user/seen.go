package user

import "github.com/stewardhq/steward/internal/kernel/op"

type lastSeen struct {
	Num        int64 `db:"num,key"`
	LastSeenAt int64 `db:"last_seen_at"`
}

var peopleSeen = op.Derived[lastSeen]("people")

// Seen notes that a person was here, on their row and on the narrow one.
func Seen(tx *op.Tx, u ID) error {
	row, err := Table.Find(tx, u)
	if err != nil {
		return err
	}
	row.LastSeenAt = tx.Now().UnixMilli()
	if err := Table.Update(tx, row); err != nil {
		return err
	}
	return peopleSeen.Update(tx, &lastSeen{row.Num, row.LastSeenAt})
}
