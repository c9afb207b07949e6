// Package customer is what makes a user a customer: the profile, the statistics row and its tier.
//
// A customer is a user with a row in customers. The statistics are the columns of the narrow people row that orders and refunds
// decide ([Stats]); the other columns of that row are user.Facets. They move by the difference in the transaction in which an
// order arrives ([Book]), and a rebuild from the orders gives the same rows (commerce.Rebuild).
//
// Start with this file, then stats.go (what is counted), tier.go (the rule of tiers), book.go (how a batch changes the rows of
// its customers) and arrive.go (who an order belongs to).
package customer

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with customers.
var Operations = []op.Operation{Create, Ingest, SetHomeLocation, SetImportedSpend, ShowSettings, ChangeSettings, RetierNext, RollTiers, Register, ConfirmSignUp, ShowRegistration, ChangeRegistration}

// Profile is a storefront account: the row that makes a user a customer.
type Profile struct {
	Num          int64            `db:"user_num,key"`
	User         user.ID          `db:"user_id"       audit:"derived"`
	Brand        brand.ID         `db:"brand_id"      audit:"derived"`
	Version      int64            `db:"version,version"`
	Location     brand.LocationID `db:"location_id"   audit:"plain"` // set by staff or at sign-up; empty: the first order decides
	ByOrder      bool             `db:"by_order"      audit:"derived"`
	Imported     int64            `db:"imported"      audit:"plain"` // minor units spent on a previous platform
	ImportedFrom string           `db:"imported_from" audit:"plain"`
	ImportedAt   int64            `db:"imported_at"   audit:"plain"`
	CreatedAt    int64            `db:"created_at"    audit:"derived"`
}

// Profiles is where profiles are, for edits by people: each is in the log with before and after.
var Profiles = op.Audited[Profile]("customers")

// arrivedProfiles are the same rows for those who come with their orders: the event of the batch counts them.
var arrivedProfiles = op.Facts[Profile]("customers")

// Subject names the customer, so that the log tells of the profile where it tells of the person.
func (p *Profile) Subject() op.Subject {
	scope := p.Brand.Scope()
	if p.Location != "" {
		scope = scope.Location(string(p.Location))
	}
	return op.Subject{
		Kind: "user", ID: string(p.User), Scope: scope, Person: string(p.User),
		Seen: []access.Permission{access.CustomersView, access.UsersView},
	}
}

// Customer is a user with their profile: what the operations on customers act on.
type Customer struct {
	*user.User
	Profile *Profile
}

// Find reads a customer. A user without a profile is none, and not found.
func Find(r store.Reader, id user.ID) (*Customer, error) {
	u, err := user.Find(r, id)
	if err != nil {
		return nil, err
	}
	p, err := Profiles.Find(r, u.Num)
	if err != nil {
		return nil, err
	}
	return &Customer{u, p}, nil
}
