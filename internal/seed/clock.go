package seed

import (
	"sync/atomic"
	"time"
)

// Clock is that of an installation in which a world is made: it stands where the world's story is, and is everybody's clock before
// and after. So staff were hired long ago, and what they did lately is spread over days.
type Clock struct{ at atomic.Int64 }

// Now is for the door.
func (c *Clock) Now() time.Time {
	if at := c.at.Load(); at != 0 {
		return time.UnixMilli(at)
	}
	return time.Now()
}

func (c *Clock) set(t time.Time) { c.at.Store(t.UnixMilli()) }

// release gives it back to the time of day.
func (c *Clock) release() { c.at.Store(0) }
