package customer

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Detail is a customer's profile as far as the caller may see it. What they may not see is nil.
type Detail struct {
	Customer  *Customer
	Brand     *brand.Brand
	Home      *brand.Location // nil: none
	Externals []External
	Purchases *Purchases
	Money     *Money
}

// Purchases is what a customer bought, without sums: for customers.purchases.
type Purchases struct {
	Orders         int64
	Refunds        int64
	FirstOrderAt   int64
	LastOrderAt    int64
	Favourite      string
	FavouriteShare int64 // hundredths of a percent
	Tier           Level
	TierUntil      int64 // first instant after its last day; 0: no expiry
}

// Money is what a customer spent: for customers.financials.
type Money struct {
	Lifetime, Native, Gross, Refunded, Imported, Average, Profit money.Amount

	ImportedFrom string
	Next         Level        // the tier above the earned one
	Missing      money.Amount // to it
	Top          bool         // there is none above
}

// Show reads a customer's profile.
var Show = &op.Query[user.ID, Detail]{
	Name:    "customer.show",
	Summary: "Show a customer's profile",
	Allow:   access.CustomersView,
	Do: func(v *op.View, id user.ID) (d Detail, err error) {
		c, err := Find(v, id)
		if err != nil {
			return d, err
		}
		if err := v.Require(access.CustomersView, c); err != nil {
			return d, err
		}
		d.Customer = c
		if d.Brand, err = brand.Find(v, c.Brand); err != nil {
			return d, err
		}
		if d.Externals, err = ExternalsOf(v, c.Num); err != nil {
			return d, err
		}
		if c.Location != "" {
			if d.Home, err = brand.FindLocation(v, c.Location); err != nil {
				return d, err
			}
		}
		purchases, financials := v.Can(access.CustomersPurchases, c.Subject()), v.Can(access.CustomersFinancials, c.Subject())
		if !purchases && !financials {
			c.Profile.Imported, c.Profile.ImportedFrom, c.Profile.ImportedAt = 0, "", 0
			return d, nil
		}
		s, err := FindStats(v, c.Num)
		if err != nil {
			return d, err
		}
		if purchases {
			d.Purchases = &Purchases{s.Orders, s.Refunds, s.FirstOrderAt, s.LastOrderAt, s.Favourite, s.FavouriteShare, s.Tier, s.TierUntil}
		}
		if financials {
			d.Money = s.money(d.Brand, c.Profile)
		} else {
			c.Profile.Imported, c.Profile.ImportedFrom, c.Profile.ImportedAt = 0, "", 0
		}
		return d, nil
	},
}

func (s Stats) money(b *brand.Brand, p *Profile) *Money {
	of := func(minor int64) money.Amount { return money.Of(minor, b.Currency) }
	next, missing, ok := NextTier(s.Lifetime, DefaultThresholds(b.Currency))
	return &Money{
		Lifetime: of(s.Lifetime), Native: of(s.Net()), Gross: of(s.Gross), Refunded: of(s.Refunded), Imported: of(s.Imported),
		Average: of(s.Average()), Profit: of(s.Profit), ImportedFrom: p.ImportedFrom, Next: next, Missing: of(missing), Top: !ok,
	}
}
