package password

import (
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Attempts says what consecutive failures of one account cost. Who counts is the sign-in (before it verifies); who carries
// the cookie of a known device is not made to wait, so that outsiders cannot lock the owner out.
type Attempts struct {
	WaitFrom    int           `json:"wait_from"`    // the failure from which the next try must wait
	FirstWait   time.Duration `json:"first_wait"`   // after that failure; doubles with each further one
	LongestWait time.Duration `json:"longest_wait"` // where the doubling ends
	DisableAt   int           `json:"disable_at"`   // the failure that disables the password until it is reset
	LockAt      int           `json:"lock_at"`      // 0, or the failure from which the wait is at least LockFor
	LockFor     time.Duration `json:"lock_for"`
}

// Wait is how long the next try must wait after so many consecutive failures.
func (a Attempts) Wait(failures int) time.Duration {
	var wait time.Duration
	if failures >= a.WaitFrom {
		wait = a.FirstWait
		for n := a.WaitFrom; n < failures && wait < a.LongestWait; n++ {
			wait *= 2
		}
		wait = min(wait, a.LongestWait)
	}
	if a.LockAt > 0 && failures >= a.LockAt {
		wait = max(wait, a.LockFor)
	}
	return wait
}

// Disables tells whether so many consecutive failures disable the password.
func (a Attempts) Disables(failures int) bool { return failures >= a.DisableAt }

func (a Attempts) validate(w *errs.Wrong) {
	if a.WaitFrom < 3 || a.WaitFrom > 10 {
		w.Add("attempts.wait_from", "Waiting must begin with failure 3 to 10.")
	}
	if a.FirstWait < time.Second || a.FirstWait > time.Hour {
		w.Add("attempts.first_wait", "The first wait must be from 1 second to 1 hour.")
	}
	if a.LongestWait < a.FirstWait || a.LongestWait > 24*time.Hour {
		w.Add("attempts.longest_wait", "The longest wait must be from the first wait to 24 hours.")
	}
	if a.DisableAt < 10 || a.DisableAt > 100 {
		w.Add("attempts.disable_at", "The password must be disabled after 10 to 100 failures.")
	}
	if a.LockAt != 0 && (a.LockAt < 3 || a.LockAt > 100) {
		w.Add("attempts.lock_at", "The lock must begin with failure 3 to 100, or 0 for no lock.")
	}
	if a.LockAt != 0 && (a.LockFor < time.Minute || a.LockFor > 24*time.Hour) {
		w.Add("attempts.lock_for", "The lock must last from 1 minute to 24 hours.")
	}
}

func (a Attempts) weaknesses(def Attempts) []Weakness {
	var out []Weakness
	if a.WaitFrom > def.WaitFrom {
		out = append(out, Weakness{"attempts.wait_from", "Weaker than the default: more guesses without any waiting."})
	}
	if a.FirstWait < def.FirstWait {
		out = append(out, Weakness{"attempts.first_wait", "Weaker than the default of 30 seconds: guessing goes on sooner."})
	}
	if a.LongestWait < def.LongestWait {
		out = append(out, Weakness{"attempts.longest_wait", "Weaker than the default of an hour: guessing goes on sooner."})
	}
	if a.DisableAt < 50 {
		out = append(out, Weakness{"attempts.disable_at", "Below 50 it is easy for outsiders to disable somebody's password by failing on purpose."})
	}
	return out
}
