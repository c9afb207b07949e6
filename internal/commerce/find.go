package commerce

import (
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Number is an order number as its sender writes it, in a brand.
type Number struct {
	Brand  brand.ID
	Number string
}

// FindNumber finds orders by their exact number. Two sources may both have one.
var FindNumber = &op.Query[Number, []Summary]{
	Name:    "order.find_number",
	Summary: "Find orders by their number",
	Allow:   access.OrdersView,
	Do: func(v *op.View, n Number) ([]Summary, error) {
		b, err := brand.Find(v, n.Brand)
		if err != nil {
			return nil, err
		}
		r, err := reachOf(v, b, access.OrdersView)
		if err != nil {
			return nil, err
		}
		if r.nothing() {
			return nil, v.Require(access.OrdersView, b)
		}
		args := []any{string(b.ID), strings.TrimSpace(n.Number)}
		sql := summarySQL + "o.brand_id = $1 and o.external_id = $2" + r.condition(&args) + " order by o.placed_at desc, o.num desc limit 50"
		return store.All(v, func(row store.Row) (Summary, error) { return scanSummary(row, b, r) }, sql, args...)
	},
}
