package jobs

import "time"

// Hurried is Options whose signs of life and rescues come twenty times as fast.
func Hurried(o Options) Options {
	o.pace = pace{beat: usualPace.beat / 20, silent: usualPace.silent / 20, rescue: usualPace.rescue / 20}
	return o
}

// Slot is the moment at which a schedule was last due.
func (s Schedule) Slot(t time.Time) time.Time { return s.slot(t) }

// Patience is the wait after an attempt, unless a kind has its own.
var Patience = patience
