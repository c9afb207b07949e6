package password

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"golang.org/x/crypto/argon2"
)

// Cost is how much work one hash is. It is written into each hash, so that it can grow later.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32 // over the memory
	Lanes  uint8  // always 1 for ours: the gate spreads people over the cores, not one person's hash
}

// Minimum is the least that is hashed with (OWASP: m=19 MiB, t=2, p=1).
var Minimum = Cost{Memory: 19456, Passes: 2, Lanes: 1}

// Limit is the most that is verified: a stored hash that asks for more of anything is refused and not executed.
var Limit = Cost{Memory: 64 << 10, Passes: 16, Lanes: 4}

// The window in which one hash should fall on the machine at hand: slow for a thief, quick for a person.
const (
	Quickest = 80 * time.Millisecond
	Slowest  = 150 * time.Millisecond
)

const (
	saltBytes = 16
	keyBytes  = 32
)

// Validate refuses a cost below [Minimum] or above [Limit].
func (c Cost) Validate() error {
	if c.Memory < Minimum.Memory || c.Passes < Minimum.Passes || c.Lanes < 1 || !c.within(Limit) {
		return fmt.Errorf("password cost %v is outside %v to %v", c, Minimum, Limit)
	}
	return nil
}

func (c Cost) within(limit Cost) bool {
	return c.Memory <= limit.Memory && c.Passes <= limit.Passes && c.Lanes <= limit.Lanes
}

// below tells whether any part is less than in other.
func (c Cost) below(other Cost) bool {
	return c.Memory < other.Memory || c.Passes < other.Passes
}

func (c Cost) String() string { return fmt.Sprintf("m=%d,t=%d,p=%d", c.Memory, c.Passes, c.Lanes) }

func (c Cost) key(secret string, salt []byte, length uint32) []byte {
	return argon2.IDKey([]byte(secret), salt, c.Passes, c.Memory, c.Lanes, length)
}

// Calibrate finds the cost that takes [Quickest] to [Slowest] here, with at most [Limit] of memory. Memory grows before
// passes, because memory is what an attacker's hardware lacks. A machine that needs longer for [Minimum] gets Minimum.
// It takes about a second; call it once, at the first start, and keep the answer with the settings.
func Calibrate(ctx context.Context) (Cost, time.Duration, error) {
	return calibrate(ctx, measure)
}

func calibrate(ctx context.Context, measure func(context.Context, Cost) (time.Duration, error)) (Cost, time.Duration, error) {
	const aim = (Quickest + Slowest) / 2
	cost := Minimum
	took, err := measure(ctx, cost)
	if err != nil || took >= Quickest {
		return cost, took, err
	}
	// Time grows with memory × passes, so one measurement predicts the rest.
	work := func(c Cost) float64 { return float64(c.Memory) * float64(c.Passes) }
	wanted := work(cost) * float64(aim) / float64(max(took, time.Microsecond))
	cost.Memory = min(Limit.Memory, max(Minimum.Memory, uint32(wanted/float64(cost.Passes))>>10<<10))
	cost.Passes = min(Limit.Passes, max(Minimum.Passes, uint32(wanted/float64(cost.Memory)+0.5)))
	for {
		if took, err = measure(ctx, cost); err != nil || took <= Slowest {
			return cost, took, err
		}
		// Larger memory can be slower than predicted (caches). Step down, passes first, never below the minimum.
		switch {
		case cost.Passes > Minimum.Passes:
			cost.Passes--
		case cost.Memory > Minimum.Memory:
			cost.Memory = max(Minimum.Memory, cost.Memory*3/4>>10<<10)
		default:
			return cost, took, nil
		}
	}
}

// measure gives the best of three: what disturbs a measurement only ever makes it longer.
func measure(ctx context.Context, cost Cost) (time.Duration, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	best := time.Duration(1<<63 - 1)
	for range 3 {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("measuring the cost of a password: %w", err)
		}
		start := time.Now()
		cost.key("correct horse battery staple", salt, keyBytes)
		best = min(best, time.Since(start))
	}
	return best, nil
}
