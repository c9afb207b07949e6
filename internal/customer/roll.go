package customer

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Rolled says how many tiers were rolled, and whether there may be more.
type Rolled struct {
	Changed int  `json:"changed"`
	More    bool `json:"more"`
}

// rollAtOnce keeps one turn below 20 ms on SQLite.
const rollAtOnce = 250

// RollTiers gives the tier of today to customers whose tier has run out. Run it after each midnight, and until More is false;
// its input is ignored. Whatever else changes a customer rolls their tier as well.
var RollTiers = &op.Upkeep[op.None, Rolled]{
	Name:    "customer.roll_tiers",
	Summary: "Let tiers that have run out fall",
	Do: func(tx *op.Tx, _ op.None) (r Rolled, err error) {
		nums, err := store.All(tx, store.Value[int64],
			"select num from people where tier_until > 0 and tier_until <= $1 order by tier_until limit $2", tx.Now().UnixMilli(), rollAtOnce)
		if err != nil || len(nums) == 0 {
			return r, err
		}
		r.More = len(nums) == rollAtOnce
		brands, err := brand.All(tx)
		if err != nil {
			return r, err
		}
		for i := range brands {
			from, to := brands[i].Numbers()
			var own []int64
			for _, n := range nums {
				if from <= n && n < to {
					own = append(own, n)
				}
			}
			if len(own) == 0 {
				continue
			}
			book, err := Open(tx, &brands[i], own)
			if err != nil {
				return r, err
			}
			if err := book.Save(tx); err != nil {
				return r, err
			}
			r.Changed += len(own)
		}
		return r, nil
	},
}
