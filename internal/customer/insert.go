package customer

import (
	"fmt"

	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Those who come with facts are facts themselves: rows that the batch's event counts. Ingestion seals nothing, so their names and
// addresses are not in the log, and no key is made for them until somebody edits them.
var arrivedUsers = op.Facts[user.User]("users")

// kinds is the column of the narrow row that says what a person is.
type kinds struct {
	Num   int64      `db:"num,key"`
	Brand int64      `db:"brand_num"`
	Kinds user.Kinds `db:"kinds"`
}

var peopleKinds = op.Derived[kinds]("people")

// insert writes the newcomers, with one prepared statement for each table.
func (d *desk) insert(number func(int64) int64) error {
	now := d.tx.Now().UnixMilli()
	users := make([]user.User, len(d.order))
	profiles := make([]Profile, len(d.order))
	facets := make([]user.Facets, len(d.order))
	var externals []external
	known := map[int64][]string{}
	for i, n := range d.order {
		u := &users[i]
		*u = user.User{
			Num: number(n.num), ID: user.ID(id.New(id.User, d.tx.Now())), Brand: d.brand.ID, Version: 1, Status: user.Active,
			FirstName: n.FirstName, LastName: n.LastName, Email: n.key.email.Address, EmailNorm: n.key.email.Key, Phone: n.key.phone,
			Country: n.Country, CreatedAt: now, UpdatedAt: now, Kinds: user.IsCustomer,
		}
		u.NameSort = text.Fold(u.Name())
		if n.EmailVerified && u.Email != "" {
			u.EmailVerified = now
		}
		byOrder := n.RegisteredAt == 0
		switch {
		case !byOrder:
			u.RegisteredAt = n.RegisteredAt
		case n.PlacedAt != 0:
			u.RegisteredAt = n.PlacedAt
		default:
			u.RegisteredAt = now
		}
		profiles[i] = Profile{Num: u.Num, User: u.ID, Brand: u.Brand, Version: 1, Location: n.Location, ByOrder: byOrder, CreatedAt: now}
		n.Imported.put(&profiles[i], now)
		facets[i] = user.Facets{
			Num: u.Num, Brand: d.brand.Num, Kinds: u.Kinds, Status: u.Status.Num(), EmailVerified: u.EmailVerified != 0, RegisteredAt: u.RegisteredAt,
		}
		if n.key.external != "" {
			externals, known[u.Num] = append(externals, external{d.brand.ID, d.source, n.key.external, u.Num}), []string{n.key.external}
		}
	}
	for _, put := range []func() error{
		func() error { return arrivedUsers.Put(d.tx, users...) },
		func() error { return arrivedProfiles.Put(d.tx, profiles...) },
		func() error { return user.People.Put(d.tx, facets...) },
		func() error { return Externals.Put(d.tx, externals...) },
	} {
		if err := put(); err != nil {
			return fmt.Errorf("create the customers of a batch: %w", err)
		}
	}
	return user.IndexAll(d.tx, users, known)
}

// enrol makes customers of accounts that were none, such as a colleague who buys something.
func (d *desk) enrol() error {
	for _, num := range d.profiles {
		u, err := user.FindByNum(d.tx, num)
		if err != nil {
			return err
		}
		if err := arrivedProfiles.Put(d.tx, newProfile(d.tx, u)); err != nil {
			return err
		}
		if err := peopleKinds.Put(d.tx, kinds{u.Num, u.Num >> 40, u.Kinds | user.IsCustomer}); err != nil {
			return err
		}
	}
	return nil
}

// index rewrites the search words of those who were given another external id.
func (d *desk) index() error {
	for _, l := range d.links {
		u, err := user.FindByNum(d.tx, l.Num)
		if err != nil {
			return err
		}
		if err := user.Index(d.tx, u); err != nil {
			return err
		}
	}
	return nil
}

func newProfile(tx *op.Tx, u *user.User) Profile {
	return Profile{Num: u.Num, User: u.ID, Brand: u.Brand, Version: 1, CreatedAt: tx.Now().UnixMilli()}
}
