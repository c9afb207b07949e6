package commerce

import (
	"fmt"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Total counts the orders of a list exactly, over all its pages. Limit and Cursor of the filter say nothing here.
var Total = &op.Query[Filter, int64]{
	Name:    "order.total",
	Summary: "Count the orders of a list",
	Own:     true, // as order.list
	Do: func(v *op.View, f Filter) (total int64, err error) {
		n, err := narrow(v, f)
		if err != nil {
			return 0, err
		}
		total, err = store.Value[int64](v.QueryRow(n.count(), n.args...))
		if err != nil {
			return 0, fmt.Errorf("count orders: %w", err)
		}
		return total, nil
	},
}

// count looks at orders alone where the reach is whole: then an index answers it by itself, unless a status is asked for.
func (n narrowed) count() string {
	if n.reach.whole {
		return "select count(*) from orders o where " + n.where
	}
	return "select count(*) from orders o cross join people p where p.num = o.user_num and " + n.where
}
