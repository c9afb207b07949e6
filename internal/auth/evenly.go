package auth

import (
	"context"
	"time"
)

// Step is the step of answers that must not tell by their time whether an address has an account. It is more than the work behind any
// of them takes on a machine that is not at its limit; what takes longer is answered at the next whole step.
const Step = 250 * time.Millisecond

// Even holds an answer back until a whole step is over since its request came. It holds nothing else while it waits.
func (d *Desk) Even(ctx context.Context, came time.Time) {
	if d.Step <= 0 {
		return
	}
	wait := time.NewTimer(d.Step - time.Since(came)%d.Step)
	defer wait.Stop()
	select {
	case <-ctx.Done():
	case <-wait.C:
	}
}
