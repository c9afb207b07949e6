package password

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// ErrBusy says that too many passwords are being checked at this moment. Nothing was decided about this one.
var ErrBusy = errs.New(errs.TooMany, "passwords_busy",
	"Too many people are signing in at this moment. Wait a few seconds and try again.")

const (
	queuePerSlot = 8           // about a second of hashes at the calibrated cost
	longestWait  = time.Second // and never longer, whatever the machine is busy with
)

// gate lets a few through at once, a few more wait, and turns the rest away without any work.
type gate struct {
	slots   chan struct{}
	queue   int64
	waiting atomic.Int64
}

func newGate(slots int) *gate {
	slots = max(1, slots)
	return &gate{slots: make(chan struct{}, slots), queue: int64(slots * queuePerSlot)}
}

// enter takes a slot; leave gives it back. It returns ErrBusy, or the context's error.
func (g *gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		return ErrBusy.After(2 * time.Second)
	}
	defer g.waiting.Add(-1)
	patience := time.NewTimer(longestWait)
	defer patience.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-patience.C:
		return ErrBusy.After(2 * time.Second)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.slots }
