package customer

import (
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Registered of a customer who came with their orders is the first paid order, for want of a better date; without one it is the
// day of the import. It moves when an earlier order turns up, on both rows.
type registration struct {
	User         user.ID `db:"id,key"`
	RegisteredAt int64   `db:"registered_at"`
}

type listedRegistration struct {
	Num          int64 `db:"num,key"`
	Brand        int64 `db:"brand_num"`
	RegisteredAt int64 `db:"registered_at"`
}

var (
	registrations       = op.Facts[registration]("users")
	listedRegistrations = op.Derived[listedRegistration]("people")
)

func register(tx *op.Tx, u user.ID, num, at int64) error {
	if err := registrations.Update(tx, &registration{u, at}); err != nil {
		return err
	}
	return listedRegistrations.Put(tx, listedRegistration{num, num >> 40, at})
}
