package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

func TestPeriodicJobIsQueuedOnceForAllNodes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		came := make(chan time.Time, 100)
		var began time.Time
		for range 3 {
			w := &jobs.Workers{}
			jobs.Handle(w, func(context.Context, *jobs.Job[Greet]) error { came <- time.Now(); return nil })
			jobs.Every(w, "test.each_second", jobs.Each(time.Second), Greet{"all"})
			open(t, db, w, jobs.Options{})
			began = time.Now()
		}
		for range 4 {
			receive(t, "the next one", came)
		}
		// The first may come at once, and the nodes may start on two sides of a second.
		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("four of them in %s", took)
		}
	})
}

func TestWhatWasDueWhileNobodyRanIsMadeUpForOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, came := greeter()
		jobs.Every(w, "test.nightly", jobs.Daily(3, 30), Greet{"night"})
		first := open(t, db, w, jobs.Options{})
		never(t, "a nightly job that was just added", came)
		stop(t, first)
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			n, err := tx.Exec("update job_slots set slot = slot - $1 where name = 'test.nightly'", (3 * 24 * time.Hour).Milliseconds())
			if err == nil && n != 1 {
				err = errors.New("no slot was remembered")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w, came = greeter()
		jobs.Every(w, "test.nightly", jobs.Daily(3, 30), Greet{"night"})
		open(t, db, w, jobs.Options{})
		receive(t, "what was missed", came)
		never(t, "a second one", came)
	})
}

func TestScheduleIsTheClocks(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 3, 29, 59, 0, time.UTC)
	for _, c := range []struct {
		schedule jobs.Schedule
		want     time.Time
	}{
		{jobs.Each(15 * time.Minute), time.Date(2026, 11, 20, 3, 15, 0, 0, time.UTC)},
		{jobs.Daily(3, 30), time.Date(2026, 11, 19, 3, 30, 0, 0, time.UTC)},
		{jobs.Daily(3, 29), time.Date(2026, 11, 20, 3, 29, 0, 0, time.UTC)},
		{jobs.Daily(0, 0), time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)},
	} {
		if got := c.schedule.Slot(at); !got.Equal(c.want) {
			t.Errorf("%+v was last due at %s, want %s", c.schedule, got, c.want)
		}
	}
}

func TestPatienceGrowsToAnHour(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 4 * time.Second, 6: 1024 * time.Second, 7: time.Hour, 60: time.Hour} {
		if got := jobs.Patience(attempt); got < want*9/10 || got > want*11/10 {
			t.Errorf("after attempt %d: %s, want about %s", attempt, got, want)
		}
	}
}

func TestSchedulesThatCannotWorkAreRefused(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		for name, fill := range map[string]func(w *jobs.Workers){
			"nobody works it": func(w *jobs.Workers) { jobs.Every(w, "a", jobs.Each(time.Hour), Import{}) },
			"no schedule":     func(w *jobs.Workers) { jobs.Every(w, "a", jobs.Schedule{}, Greet{}) },
			"no name":         func(w *jobs.Workers) { jobs.Every(w, "", jobs.Each(time.Hour), Greet{}) },
			"twice": func(w *jobs.Workers) {
				jobs.Every(w, "a", jobs.Each(time.Hour), Greet{})
				jobs.Every(w, "a", jobs.Each(time.Hour), Greet{"again"})
			},
			"two handlers": func(w *jobs.Workers) {
				jobs.Handle(w, func(context.Context, *jobs.Job[Greet]) error { return nil })
			},
		} {
			w, _ := greeter()
			fill(w)
			if _, err := jobs.Open(t.Context(), db, w, jobs.Options{}); err == nil {
				t.Errorf("%s: it was opened", name)
			}
		}
	})
}
