package account

import (
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// RefreshRoles is the job that keeps lists true when grants begin or run out by themselves. Decisions do not wait for it: they
// read the dates of the grants each time.
type RefreshRoles struct{}

// Kind names the job.
func (RefreshRoles) Kind() string { return "account.refresh_roles" }

// refreshBatch bounds how many people one run settles; the next run, a minute later, goes on.
const refreshBatch = 200

// Refresh settles the people whose grants began or ended since they were last settled: their narrow row names another role than
// the one in force.
var Refresh = &op.Upkeep[op.None, int]{
	Name: "user.refresh_roles", Summary: "Bring lists up to date with grants that began or ran out",
	Do: func(tx *op.Tx, _ op.None) (int, error) {
		now := tx.Now().UnixMilli()
		changed, err := store.All(tx, func(row store.Row) (u user.ID, err error) { return u, row.Scan(&u) },
			`select distinct g.user_id from grants g where g.ended_at = 0 and
				((g.from_at > $1 and g.from_at <= $2) or (g.until_at > $1 and g.until_at <= $2)) limit $3`,
			now-refreshWindow, now, refreshBatch)
		if err != nil {
			return 0, err
		}
		for _, id := range changed {
			u, err := user.Find(tx, id)
			if err != nil {
				return 0, err
			}
			if err := settle(tx, u); err != nil {
				return 0, err
			}
		}
		return len(changed), nil
	},
}

// refreshWindow is how far back a run looks: far enough for a process that was down over a weekend.
const refreshWindow = 7 * 24 * 60 * 60 * 1000
