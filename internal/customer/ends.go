package customer

import (
	"errors"
	"fmt"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// settleEnds finds out which the first and the last paid orders are, for those who lost one of them: two walks along the index
// of a customer's orders, each to its first paid one, however many orders there are.
func (b *Book) settleEnds(tx *op.Tx) error {
	for _, num := range b.nums() {
		a := b.accounts[num]
		if !a.ends {
			continue
		}
		first, location, err := firstOrder(tx, num)
		if err != nil {
			return err
		}
		last := int64(0)
		err = tx.QueryRow(`select placed_at from orders where user_num = $1 and status = 'paid'
			order by placed_at desc, num desc limit 1`, num).Scan(&last)
		if err != nil && !errors.Is(err, store.ErrNoRows) {
			return fmt.Errorf("find the last order: %w", err)
		}
		a.FirstOrderAt, a.LastOrderAt, a.ends = first, last, false
		a.settle(location)
	}
	return nil
}

// firstOrder is when the first paid order was placed, and the number of its location; zeros when there is none.
func firstOrder(r store.Reader, num int64) (placedAt, location int64, err error) {
	err = r.QueryRow(`select o.placed_at, coalesce(l.num, 0) from orders o left join locations l on l.id = o.location_id
		where o.user_num = $1 and o.status = 'paid' order by o.placed_at, o.num limit 1`, num).Scan(&placedAt, &location)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return 0, 0, fmt.Errorf("find the first order: %w", err)
	}
	return placedAt, location, nil
}
