package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Schedule is a rhythm of the clock, in UTC: it does not start over when the process does.
type Schedule struct{ every, offset time.Duration }

// Each is due at every multiple of d: Each(15*time.Minute) at :00, :15, :30 and :45.
func Each(d time.Duration) Schedule { return Schedule{every: max(d, time.Second)} }

// Daily is due every day at a time of day, UTC.
func Daily(hour, minute int) Schedule {
	return Schedule{24 * time.Hour, time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute}
}

// slot is the last moment at or before t at which it was due.
func (s Schedule) slot(t time.Time) time.Time {
	return t.Add(-s.offset).Truncate(s.every).Add(s.offset)
}

func (s Schedule) next(t time.Time) time.Time { return s.slot(t).Add(s.every) }

type periodic struct {
	name     string
	schedule Schedule
	job      Args
	opts     []Option
}

// Every queues a job whenever the schedule is due, once, whichever nodes are up. name is its memory in the database and never
// changes. What was due while no process ran is made up for once at the next start, and a job that still waits is not queued a
// second time.
//
// River's own periodic jobs are not used: their schedules live in the memory of a leader and begin anew with each one, so that a
// nightly job is lost by a restart at night.
func Every(w *Workers, name string, s Schedule, job Args, opts ...Option) {
	w.periodic = append(w.periodic, periodic{name, s, job, append(opts, Unique())})
}

// keepTime queues what is due, until ctx ends.
func (q *Queue) keepTime(ctx context.Context) {
	taken := make([]time.Time, len(q.periodic)) // the slots that are dealt with, so that the database is asked once for each
	for {
		now := time.Now()
		wake := now.Add(time.Hour)
		for i, p := range q.periodic {
			if slot := p.schedule.slot(now); slot.After(taken[i]) {
				if err := q.take(ctx, p, slot); err == nil {
					taken[i] = slot
				} else if ctx.Err() == nil {
					q.log.Error("a periodic job could not be queued", "name", p.name, "error", err)
					wake = earlier(wake, now.Add(10*time.Second))
				}
			}
			wake = earlier(wake, p.schedule.next(now))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(wake)):
		}
	}
}

// take queues a periodic job for a slot unless somebody else has. Its row decides who: on PostgreSQL the second node waits for the
// first, and then finds the slot taken.
func (q *Queue) take(ctx context.Context, p periodic, slot time.Time) error {
	return txn.Write(ctx, q.db, func(tx *store.Tx) error {
		n, err := tx.Exec("update job_slots set slot = $2 where name = $1 and slot < $2", p.name, slot.UnixMilli())
		if err != nil {
			return err
		}
		if n == 1 {
			return q.Enqueue(tx, p.job, p.opts...)
		}
		// A new one waits for its next slot: who adds a nightly job does not want it to run at noon.
		_, err = tx.Exec("insert into job_slots (name, slot) values ($1, $2) on conflict (name) do nothing", p.name, slot.UnixMilli())
		return err
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// checkPeriodic refuses schedules that could not be told apart, or whose job nobody works.
func (w *Workers) checkPeriodic() error {
	names := map[string]bool{}
	for _, p := range w.periodic {
		switch {
		case p.name == "" || names[p.name]:
			return fmt.Errorf("jobs: there are two periodic jobs named %q, or it is empty", p.name)
		case p.schedule.every <= 0:
			return fmt.Errorf("jobs: the periodic job %s has no schedule", p.name)
		case !w.kinds[p.job.Kind()]:
			return fmt.Errorf("jobs: nobody handles %s, which the periodic job %s queues", p.job.Kind(), p.name)
		}
		names[p.name] = true
	}
	return nil
}
