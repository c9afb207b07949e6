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

// register moves the registrations that follow the first order.
func (b *Book) register(tx *op.Tx) error {
	var listed []listedRegistration
	for _, num := range b.nums() {
		a := b.accounts[num]
		at := a.FirstOrderAt
		if at == 0 {
			at = a.profile.CreatedAt
		}
		if !a.profile.ByOrder || at == a.listed {
			continue
		}
		if err := registrations.Update(tx, &registration{a.profile.User, at}); err != nil {
			return err
		}
		listed = append(listed, listedRegistration{a.Num, a.Num >> 40, at})
	}
	return listedRegistrations.Put(tx, listed...)
}
