// Package brand holds the places of the tree: brands, which are the tenants, and their locations.
//
// Everything below a brand is invisible outside it. The platform is the node above all brands. A brand has one currency, fixed
// after its first order, and one time zone, in which its days begin and end.
package brand

import (
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
)

// ID is a brand's public id: brd_…
type ID string

// Platform is the home of those who belong to no brand: the people who run the installation.
const Platform ID = "platform"

// Scope is the node of the brand, or of the platform.
func (b ID) Scope() access.Scope {
	if b == Platform {
		return access.Platform
	}
	return access.Brand(string(b))
}

// Brand is a shop: the tenant.
type Brand struct {
	ID        ID             `db:"id,key"`
	Num       int64          `db:"num"         audit:"derived"`
	Slug      string         `db:"slug"        audit:"plain"`
	Name      string         `db:"name"        audit:"plain"`
	Currency  money.Currency `db:"currency"    audit:"plain"`
	Zone      string         `db:"zone"        audit:"plain"`
	Version   int64          `db:"version,version"`
	CreatedAt int64          `db:"created_at"  audit:"derived"`
}

// Table is where brands are.
var Table = op.Audited[Brand]("brands")

// Subject names the brand. Who has any grant that touches it may know of it.
func (b *Brand) Subject() op.Subject {
	return op.Subject{Kind: "brand", ID: string(b.ID), Scope: b.ID.Scope()}
}

// Subjects makes a brand a target.
func (b *Brand) Subjects() []op.Subject { return []op.Subject{b.Subject()} }

// Location is the brand's time zone. Zones are checked when they are set.
func (b *Brand) Location() *time.Location {
	if z, err := time.LoadLocation(b.Zone); err == nil {
		return z
	}
	return time.UTC
}

// numberBits is how many bits the number within a brand has: a brand is the range of numbers that begin with its own.
const numberBits = 40

// Numbers is the range [from, to) of the numbers of the brand's users and orders.
func (b *Brand) Numbers() (from, to int64) { return b.Num << numberBits, (b.Num + 1) << numberBits }

// Find reads a brand.
func Find(r store.Reader, id ID) (*Brand, error) { return Table.Find(r, id) }

// FindBySlug reads a brand by its slug or id.
func FindBySlug(r store.Reader, slug string) (*Brand, error) {
	return Table.One(r, "where slug = $1 or id = $1", slug)
}

// All lists the brands by name. There are few: a desk has tens of brands, not thousands.
func All(r store.Reader) ([]Brand, error) { return Table.All(r, "order by name, id") }

// NextNumbers hands out n numbers of the brand's, for a kind of thing: users, orders, refunds.
func NextNumbers(tx *op.Tx, b *Brand, kind string, n int64) (first int64, err error) {
	seq, err := tx.Next(kind+"/"+string(b.ID), n)
	return b.Num<<numberBits | seq, err
}

// PlatformNumber hands out a number for a user of the platform itself, whose number as a brand is 0.
func PlatformNumber(tx *op.Tx) (int64, error) { return tx.Next("users/platform", 1) }
