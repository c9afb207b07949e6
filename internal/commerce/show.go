package commerce

import (
	"fmt"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
)

// Detail is one order with its lines and what went back.
type Detail struct {
	Summary
	Brand    brand.ID
	Currency money.Currency
	Lines    []Line
	Refunds  []RefundSummary
}

// RefundSummary is a refund as it is shown.
type RefundSummary struct {
	ID         ID
	ExternalID string
	Amount     money.Amount
	RefundedAt int64
	Reason     string
}

// Show shows one order with its lines. It is seen through its buyer (orders.view or customers.purchases at the buyer's home) or
// through its location (orders.view there).
var Show = &op.Query[ID, Detail]{
	Name:    "order.show",
	Summary: "Show an order with its lines",
	Own:     true, // with orders.view or customers.purchases, or one's own
	Do:      show,
}

func show(v *op.View, id ID) (d Detail, err error) {
	if err := v.Signed(); err != nil {
		return d, err
	}
	o, err := Orders.One(v, "where id = $1", string(id))
	if err != nil {
		return d, err
	}
	linked, err := mayShow(v, o)
	if err != nil {
		return d, err
	}
	b, err := brand.Find(v, o.Brand)
	if err != nil {
		return d, err
	}
	d.Brand, d.Currency = b.ID, b.Currency
	if d.Summary, err = scanSummary(v.QueryRow(summarySQL+"o.num = $1", o.Num), b, reach{whole: linked}); err != nil {
		return d, err
	}
	if d.Lines, err = o.ReadLines(); err != nil {
		return d, err
	}
	d.Refunds, err = refundsOf(v, b, o)
	return d, err
}

// mayShow says whether the caller sees the order, and whether they may follow it to its buyer.
func mayShow(v *op.View, o *Order) (linked bool, err error) {
	home, _, err := homeOf(v, o)
	if err != nil {
		return false, err
	}
	buyer, place := o.subjects(home)
	switch {
	case v.Can(access.CustomersPurchases, buyer):
		return true, v.Require(access.CustomersPurchases, single{buyer})
	case v.Can(access.OrdersView, buyer):
		return true, v.Require(access.OrdersView, single{buyer})
	}
	if v.Caller().Person != "" {
		var owner string
		if err := v.QueryRow("select id from users where num = $1", o.User).Scan(&owner); err != nil {
			return false, err
		}
		if buyer.Person = owner; owner == v.Caller().Person {
			return true, v.Require(access.OwnOrders, single{buyer})
		}
	}
	return false, v.Require(access.OrdersView, single{place})
}

// single is a target of one subject.
type single struct{ op.Subject }

// Subjects names it.
func (s single) Subjects() []op.Subject { return []op.Subject{s.Subject} }

func refundsOf(r store.Reader, b *brand.Brand, o *Order) ([]RefundSummary, error) {
	all, err := store.All(r, func(row store.Row) (s RefundSummary, err error) {
		var minor int64
		err = row.Scan(&s.ID, &s.ExternalID, &minor, &s.RefundedAt, &s.Reason)
		s.Amount = amount(b, minor)
		return s, err
	}, `select id, external_id, amount, refunded_at, reason from refunds
		where brand_id = $1 and order_external_id = $2 and order_external_id <> '' and source = $3 order by refunded_at, num limit 200`,
		string(b.ID), o.ExternalID, o.Source)
	if err != nil {
		return nil, fmt.Errorf("refunds of order %s: %w", o.ID, err)
	}
	return all, nil
}
