package account

import (
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// RefreshRoles is the job that keeps lists true when grants begin or run out by themselves. Decisions do not wait for it: they
// read the dates of the grants each time.
type RefreshRoles struct{}

// Kind names the job.
func (RefreshRoles) Kind() string { return "account.refresh_roles" }

// refreshBatch bounds how many people one run settles; the next run, a minute later, goes on.
const refreshBatch = 200

// Refresh settles the people whose grants began or ended of late and whose narrow row says otherwise. Those who are settled
// already are passed over, so that however many there are, each run comes further.
var Refresh = &op.Upkeep[op.None, int]{
	Name: "user.refresh_roles", Summary: "Bring lists up to date with grants that began or ran out",
	Do: func(tx *op.Tx, _ op.None) (settled int, err error) {
		now := tx.Now().UnixMilli()
		stood, err := store.All(tx, func(row store.Row) (s standing, err error) { return s, row.Scan(&s.user, &s.Num, &s.Kinds, &s.Role) },
			`select u.id, p.num, p.kinds, p.role from users u join people p on p.num = u.num where u.id in (select g.user_id from grants g
				where g.ended_at = 0 and ((g.from_at > $1 and g.from_at <= $2) or (g.until_at > $1 and g.until_at <= $2))) order by u.id`,
			now-refreshWindow, now)
		if err != nil {
			return 0, err
		}
		for _, s := range stood {
			if settled == refreshBatch {
				break
			}
			grants, err := role.Of(tx, string(s.user))
			if err != nil {
				return 0, err
			}
			today := s.facet
			if today.follow(grants, now); today == s.facet {
				continue
			}
			u, err := user.Find(tx, s.user)
			if err != nil {
				return 0, err
			}
			if err := settle(tx, u); err != nil {
				return 0, err
			}
			settled++
		}
		return settled, nil
	},
}

// standing is where somebody's narrow row stands.
type standing struct {
	user user.ID
	facet
}

// refreshWindow is how far back a run looks: far enough for a process that was down over a weekend.
const refreshWindow = 7 * 24 * 60 * 60 * 1000
