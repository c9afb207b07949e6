package privacy

import (
	"errors"
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// A wrong clock must not erase people before their time (security.md A-GDP 5). So the eraser keeps, beside the wall clock, a steady one
// that nobody sets: the time since its process began. Whenever it looks, both must have moved alike; what they agree on is added to a
// progress that outlives the process. When they differ by more than an hour, erasing pauses and says so, until they have agreed for a
// day. While no process runs there is nothing to compare with: after a stop of more than an hour it waits for an hour of agreement, in
// which a machine that woke with a wrong clock has time to be set right.
const (
	maxJump       = time.Hour
	pauseAfter    = 24 * time.Hour
	pauseAfterGap = time.Hour
)

// clock is what the eraser knew of time when it last looked.
type clock struct {
	Name        string `db:"name,key"`
	Process     string `db:"process"`
	WallAt      int64  `db:"wall_at"`
	Steady      int64  `db:"steady"`
	Progress    int64  `db:"progress"`
	PausedAt    int64  `db:"paused_at"`
	PausedUntil int64  `db:"paused_until"` // of progress
	Jumped      int64  `db:"jumped"`
}

var clocks = op.Bookkeeping[clock]("erasure_clock")

const eraserClock = "eraser"

// now is what both clocks say: the wall clock is the door's.
type now struct {
	Process string `json:"process"`
	Steady  int64  `json:"steady"` // ms
}

// tell moves the clock on.
func (c *clock) tell(wall time.Time, n now) (jumped bool) {
	moved := wall.UnixMilli() - c.WallAt
	agreed, jump, pause := moved, int64(0), pauseAfterGap
	if n.Process == c.Process {
		steady := n.Steady - c.Steady
		agreed, jump, pause = min(moved, steady), moved-steady, pauseAfter
	} else if moved > maxJump.Milliseconds() || moved < -maxJump.Milliseconds() {
		agreed, jump = 0, moved
	}
	c.Progress += max(agreed, 0)
	c.Process, c.WallAt, c.Steady = n.Process, wall.UnixMilli(), n.Steady
	if jump > maxJump.Milliseconds() || jump < -maxJump.Milliseconds() {
		c.PausedAt, c.PausedUntil, c.Jumped = c.WallAt, max(c.PausedUntil, c.Progress+pause.Milliseconds()), jump
		return true
	}
	return false
}

func (c *clock) paused() bool { return c.Progress < c.PausedUntil }

// look moves the clock on and says whether erasing may go on. A jump while somebody waits to be erased is in the audit log.
var look = &op.Action[now, op.Place, bool]{
	Name: "privacy.look_at_clock", Summary: "See whether the clocks agree, so that nobody is erased before their time", Allow: access.SystemPurge,
	Target: func(*op.Tx, now) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in now) (goOn bool, err error) {
		c, err := clocks.Find(tx, eraserClock)
		if errors.Is(err, errs.ErrNotFound) {
			first := clock{Name: eraserClock, Process: in.Process, WallAt: tx.Now().UnixMilli(), Steady: in.Steady}
			return true, clocks.Put(tx, first)
		}
		if err != nil {
			return false, err
		}
		if c.tell(tx.Now(), in) {
			waiting, err := store.Value[int64](tx.QueryRow("select count(*) from vaults"))
			if err != nil {
				return false, err
			}
			if waiting > 0 {
				tx.Note("jumped_minutes", strconv.FormatInt(c.Jumped/60_000, 10))
				tx.Note("waiting", strconv.FormatInt(waiting, 10))
			}
		}
		return !c.paused(), clocks.Put(tx, *c)
	},
}

// Erasures is how erasing stands, for a banner.
type Erasures struct {
	Waiting  int64         // archived people
	Paused   bool          // nobody is erased just now, because the clocks did not agree
	PausedAt time.Time     //
	Jumped   time.Duration // how far the wall clock moved more than the steady one; negative: it went back
	Rest     time.Duration // of agreement that is still wanted
}

// State says how erasing stands.
var State = &op.Query[op.None, Erasures]{
	Name: "privacy.state", Summary: "See whether erasures are paused", Allow: access.UsersRestore,
	Do: func(v *op.View, _ op.None) (e Erasures, err error) {
		if err := v.Require(access.UsersRestore, op.Installation); err != nil {
			return e, err
		}
		if e.Waiting, err = store.Value[int64](v.QueryRow("select count(*) from vaults")); err != nil {
			return e, err
		}
		c, err := clocks.Find(v, eraserClock)
		if errors.Is(err, errs.ErrNotFound) {
			return e, nil
		}
		if err != nil || !c.paused() {
			return e, err
		}
		e.Paused, e.PausedAt, e.Jumped = true, time.UnixMilli(c.PausedAt), time.Duration(c.Jumped)*time.Millisecond
		e.Rest = time.Duration(c.PausedUntil-c.Progress) * time.Millisecond
		return e, nil
	},
}
