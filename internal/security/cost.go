package security

import (
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/setting"
)

// Cost is what a password hash costs here: measured once, at the first start, so that it takes a thief as long as people can wait.
type Cost struct {
	Memory uint32 `json:"memory"` // KiB
	Passes uint32 `json:"passes"`
	Lanes  uint8  `json:"lanes"`
	Took   int64  `json:"took"` // ms for one hash when it was measured
}

const costName = "password_cost"

// LoadCost reads the cost that was measured; false when none was yet.
func LoadCost(r store.Reader) (c password.Cost, measured bool, err error) {
	var kept Cost
	version, err := setting.Load(r, access.Platform, costName, &kept)
	if err != nil || version == 0 {
		return password.Minimum, false, err
	}
	c = password.Cost{Memory: kept.Memory, Passes: kept.Passes, Lanes: kept.Lanes}
	return c, true, c.Validate()
}

// KeepCost keeps what was measured. Hashes of before are made anew when their person signs in.
var KeepCost = &op.Action[Cost, op.Place, op.None]{
	Name: "security.keep_cost", Summary: "Keep what a password hash costs on this machine", Allow: access.SystemConfigure,
	Target: func(*op.Tx, Cost) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in Cost) (op.None, error) {
		if err := (password.Cost{Memory: in.Memory, Passes: in.Passes, Lanes: in.Lanes}).Validate(); err != nil {
			return op.None{}, err
		}
		return op.None{}, setting.Save(tx, access.Platform, costName, in, 0)
	},
}
