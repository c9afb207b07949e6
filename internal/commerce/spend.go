package commerce

import (
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Months asks for the spend of a customer in each of the last months.
type Months struct {
	Customer user.ID
	Months   int // 12, at most 36
}

// Month is what a customer spent in one month: paid orders less refunds.
type Month struct {
	Start time.Time // in the brand's zone
	Spend money.Amount
}

// MonthlySpend gives the spend in each of the last months up to this one, oldest first.
var MonthlySpend = &op.Query[Months, []Month]{
	Name:    "order.monthly_spend",
	Summary: "Show a customer's spend by month",
	Allow:   access.CustomersFinancials,
	Do: func(v *op.View, in Months) ([]Month, error) {
		u, err := user.Find(v, in.Customer)
		if err != nil {
			return nil, err
		}
		if err := v.Require(access.CustomersFinancials, u); err != nil {
			return nil, err
		}
		b, err := brand.Find(v, u.Brand)
		if err != nil {
			return nil, err
		}
		if in.Months <= 0 {
			in.Months = 12
		}
		return monthly(v, b, u.Num, min(in.Months, 36), v.Now().In(b.Location()))
	},
}

// monthly sums each month along the index of the customer's orders, which holds status and total: no order is read.
func monthly(r store.Reader, b *brand.Brand, num int64, n int, today time.Time) ([]Month, error) {
	months := make([]Month, n)
	args, ranges := []any{num}, make([]string, n)
	for i := range months {
		start := time.Date(today.Year(), today.Month()-time.Month(n-1-i), 1, 0, 0, 0, 0, today.Location())
		months[i] = Month{start, amount(b, 0)}
		args = append(args, start.UnixMilli(), start.AddDate(0, 1, 0).UnixMilli())
		ranges[i] = fmt.Sprintf("(%d, cast($%d as bigint), cast($%d as bigint))", i, 2*i+2, 2*i+3)
	}
	rows, err := store.All(r, func(row store.Row) (s [2]int64, err error) { return s, row.Scan(&s[0], &s[1]) },
		"with months (m, a, z) as (values "+strings.Join(ranges, ", ")+`) select m,
			cast((select coalesce(sum(total), 0) from orders where user_num = $1 and placed_at >= a and placed_at < z and status = 'paid')
			- (select coalesce(sum(amount), 0) from refunds where user_num = $1 and refunded_at >= a and refunded_at < z) as bigint) from months`, args...)
	if err != nil {
		return nil, fmt.Errorf("spend by month: %w", err)
	}
	for _, s := range rows {
		months[s[0]].Spend.Minor = s[1]
	}
	return months, nil
}
