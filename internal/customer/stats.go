package customer

import (
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
)

// Stats are the statistics of one customer: columns of the narrow people row. Amounts are minor units of the brand's currency,
// times epoch milliseconds. Only paid orders count; a refund counts whatever became of its order.
type Stats struct {
	Num            int64  `db:"num,key"`
	Brand          int64  `db:"brand_num"`
	Location       int64  `db:"location_num"` // home location: set on the profile, else that of the first order
	Tier           Level  `db:"tier"`
	TierUntil      int64  `db:"tier_until"` // first instant after the tier's last day; 0: no expiry
	Orders         int64  `db:"orders"`
	Gross          int64  `db:"gross"` // native orders
	Refunds        int64  `db:"refunds"`
	Refunded       int64  `db:"refunded"`
	Imported       int64  `db:"imported"`
	Lifetime       int64  `db:"lifetime"` // gross - refunded + imported
	Profit         int64  `db:"profit"`   // of the lines with a cost
	FirstOrderAt   int64  `db:"first_order_at"`
	LastOrderAt    int64  `db:"last_order_at"`
	FavouriteShare int64  `db:"favourite_share"` // of the lines with a category, in hundredths of a percent
	Favourite      string `db:"favourite"`
}

// Statistics is the narrow table, as far as this package keeps it.
var Statistics = op.Derived[Stats]("people")

// FindStats reads the statistics of one customer.
func FindStats(r store.Reader, num int64) (Stats, error) {
	s, err := Statistics.Find(r, num)
	if err != nil {
		return Stats{}, err
	}
	return *s, nil
}

// Net is native spend: paid orders less refunds.
func (s Stats) Net() int64 { return s.Gross - s.Refunded }

// Average is the average native order, half away from zero; 0 without orders.
func (s Stats) Average() int64 {
	if s.Orders == 0 {
		return 0
	}
	return money.Of(s.Gross, "").Div(s.Orders).Minor
}

// sum works out what follows from the counted columns.
func (s *Stats) sum() { s.Lifetime = s.Gross - s.Refunded + s.Imported }
