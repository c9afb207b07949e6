package commerce

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Slice asks for the statistics of the next customers of a brand, counted once more from their orders and refunds.
type Slice struct {
	Brand brand.ID `json:"brand"`
	After int64    `json:"after"` // number of the last customer done; 0 at the start
}

// Rebuilt is what became of a slice.
type Rebuilt struct {
	Next      int64 `json:"next"` // for After; 0 when all are done
	Customers int64 `json:"customers"`
	Corrected int64 `json:"corrected"` // rows that were not as counted
}

// The turns of a rebuild. Nothing holds SQLite's writer for longer than 20 ms (architecture.md), so a turn stops looking for more
// work well before; one customer with very many orders is a turn of their own and may take longer.
const (
	turnTime      = 8 * time.Millisecond
	turnOrders    = 400
	turnCustomers = 64
)

// Rebuild counts the statistics of the next customers of a brand from their orders. Where nothing was wrong, nothing is written.
var Rebuild = &op.Action[Slice, *brand.Brand, Rebuilt]{
	Name:    "statistics.rebuild",
	Summary: "Count the statistics of customers once more",
	Allow:   access.SystemConfigure,
	Target:  func(tx *op.Tx, in Slice) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in Slice) (out Rebuilt, err error) {
		began := time.Now()
		for out.Next = in.After; time.Since(began) < turnTime; {
			nums, err := nextCustomers(tx, b, out.Next)
			if err != nil {
				return out, err
			}
			if len(nums) == 0 {
				out.Next = 0
				break
			}
			corrected, err := recount(tx, b, nums)
			if err != nil {
				return out, err
			}
			out.Next = nums[len(nums)-1]
			out.Customers += int64(len(nums))
			out.Corrected += int64(corrected)
		}
		if out.Corrected > 0 {
			tx.Note("corrected", strconv.FormatInt(out.Corrected, 10))
		}
		return out, nil
	},
}

// nextCustomers gives the next customers, as many as have some hundred orders together.
func nextCustomers(tx *op.Tx, b *brand.Brand, after int64) (nums []int64, err error) {
	from, to := b.Numbers()
	orders := int64(0)
	all, err := store.All(tx, func(row store.Row) (n [2]int64, err error) { return n, row.Scan(&n[0], &n[1]) },
		`select c.user_num, p.orders from customers c join people p on p.num = c.user_num
			where c.user_num > $1 and c.user_num < $2 order by c.user_num limit $3`, max(after, from), to, int64(turnCustomers))
	for _, n := range all {
		if orders += max(n[1], 0); orders > turnOrders && len(nums) > 0 {
			break
		}
		nums = append(nums, n[0])
	}
	return nums, err
}

func recount(tx *op.Tx, b *brand.Brand, nums []int64) (corrected int, err error) {
	book, err := customer.Open(tx, b, nums)
	if err != nil {
		return 0, err
	}
	book.Recount()
	err = customer.Each(tx, `select o.user_num, o.placed_at, o.total, o.profit, o.categories, coalesce(l.num, 0)
		from orders o left join locations l on l.id = o.location_id where o.status = 'paid' and o.user_num`, nums, "order by o.user_num, o.placed_at, o.num",
		func(row store.Row) error {
			var num int64
			var categories string
			var c customer.Counted
			if err := row.Scan(&num, &c.PlacedAt, &c.Total, &c.Profit, &categories, &c.Location); err != nil {
				return err
			}
			var err error
			c.Categories, err = readCategories(categories)
			book.Of(num).AddOrder(c)
			return err
		})
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	err = customer.Each(tx, "select user_num, count(*), cast(sum(amount) as bigint) from refunds where user_num", nums, "group by user_num", func(row store.Row) error {
		var num, count, sum int64
		err := row.Scan(&num, &count, &sum)
		if a := book.Of(num); err == nil {
			a.Refunds, a.Refunded = count, sum
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count refunds: %w", err)
	}
	err = book.Save(tx)
	return book.Corrected(), err
}

// RebuildAll runs Rebuild to the end of a brand. Others work in between.
func RebuildAll(ctx context.Context, d *op.Door, c *op.Caller, b brand.ID, progress func(Rebuilt)) (sum Rebuilt, err error) {
	for {
		out, err := op.Do(ctx, d, c, Rebuild, Slice{Brand: b, After: sum.Next})
		if err != nil {
			return sum, err
		}
		sum = Rebuilt{out.Next, sum.Customers + out.Customers, sum.Corrected + out.Corrected}
		if progress != nil {
			progress(sum)
		}
		if out.Next == 0 {
			return sum, nil
		}
	}
}
