package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Import is a long job.
type Import struct {
	Rows int64 `json:"rows"`
}

func (Import) Kind() string { return "test.import" }

func TestQueuedJobIsCancelledAndNeverRuns(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		command := open(t, db, nil, jobs.Options{})
		id := newID()
		enqueue(t, db, command, Greet{"Ada"}, jobs.Tracked(id))
		if err := command.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if run := status(t, db, id); run.State != jobs.Cancelled || run.Ended.IsZero() {
			t.Errorf("%+v", run)
		}
		if err := command.Cancel(t.Context(), id); !errors.Is(err, jobs.ErrEnded) {
			t.Errorf("cancelled twice: %v", err)
		}
		if err := command.Cancel(t.Context(), newID()); !errors.Is(err, jobs.ErrNoRun) {
			t.Errorf("cancelled what is not there: %v", err)
		}
		w, came := greeter()
		open(t, db, w, jobs.Options{})
		never(t, "a cancelled job", came)
	})
}

func TestRunningJobHearsWithinASecondThatItIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		began := make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, job *jobs.Job[Import]) error {
			job.Progress(3, 10, "rows")
			began <- true
			<-ctx.Done()
			if !job.Cancelled() {
				t.Error("the context ended for another reason")
			}
			return ctx.Err()
		}, jobs.Long())
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Import{10}, jobs.Tracked(id))
		receive(t, "the job", began)
		time.Sleep(500 * time.Millisecond) // PostgreSQL's listener may still be on its way
		at := time.Now()
		// Another node, or a command, may be who cancels.
		if err := open(t, db, nil, jobs.Options{}).Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if run := status(t, db, id); run.State == jobs.Running && !run.Cancelling {
			t.Errorf("%+v", run)
		}
		run := reaches(t, db, id, jobs.Cancelled)
		took := time.Since(at)
		t.Logf("cancelled after %s", took)
		if took > time.Second || run.Done != 3 || run.Cancelling || run.Code != "" {
			t.Errorf("after %s: %+v", took, run)
		}
		soon(t, "River knows", 5*time.Second, func() bool { return riverState(t, db) == "cancelled" })
	})
}

func TestCancelThatIsRolledBackDoesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		goOn := make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, _ *jobs.Job[Import]) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-goOn:
				return nil
			}
		}, jobs.Long())
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Import{10}, jobs.Tracked(id))
		reaches(t, db, id, jobs.Running)
		undo := errors.New("undo")
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error { return errors.Join(q.CancelIn(tx, id), undo) }); !errors.Is(err, undo) || errors.Is(err, jobs.ErrNoRun) {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		close(goOn)
		reaches(t, db, id, jobs.Done)
	})
}

func TestCancelledJobWhoseAttemptFailsFirstHasNoOther(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		began, goOn := make(chan bool, 9), make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(context.Context, *jobs.Job[Import]) error {
			began <- true
			<-goOn
			return errors.New("no disk")
		}, jobs.Backoff(func(int) time.Duration { return 0 }))
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Import{1}, jobs.Tracked(id))
		receive(t, "the job", began)
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error { // a cancel that nobody hears
			_, err := tx.Exec("update job_runs set cancel_at = 1 where id = $1", id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		close(goOn)
		reaches(t, db, id, jobs.Cancelled)
		never(t, "another attempt", began)
	})
}

func TestLostNotificationDoesNotKeepACancelledJobRunning(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, _ *jobs.Job[Import]) error { <-ctx.Done(); return ctx.Err() }, jobs.Long())
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Import{1}, jobs.Tracked(id))
		reaches(t, db, id, jobs.Running)
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			_, err := tx.Exec("update job_runs set cancel_at = 1 where id = $1", id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		reaches(t, db, id, jobs.Cancelled)
	})
}

func TestProgressIsSeenWhileTheJobRuns(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		goOn := make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, job *jobs.Job[Import]) error {
			if job.RequestedBy != "usr_ada" || job.Scope != access.Brand("brd_1") {
				t.Errorf("it runs for %q at %s", job.RequestedBy, job.Scope)
			}
			// Inside a transaction: on SQLite it holds the only writer, and must not wait for it.
			if err := txn.Write(ctx, db, func(*store.Tx) error {
				for i := range job.Args.Rows / 2 {
					job.Progress(i+1, job.Args.Rows, "reading")
				}
				return nil
			}); err != nil {
				return err
			}
			<-goOn
			job.Progress(job.Args.Rows, job.Args.Rows, "through")
			return nil
		}, jobs.Long())
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Import{100_000}, jobs.Tracked(id), jobs.By("usr_ada", access.Brand("brd_1")), jobs.Bulk())
		soon(t, "half of it is seen", 20*time.Second, func() bool { return status(t, db, id).Done == 50_000 })
		run := status(t, db, id)
		if run.State != jobs.Running || run.Total != 100_000 || run.Note != "reading" || run.Started.IsZero() || run.Kind != "test.import" {
			t.Errorf("%+v", run)
		}
		close(goOn)
		if run := reaches(t, db, id, jobs.Done); run.Done != 100_000 || run.Note != "through" || run.RequestedBy != "usr_ada" {
			t.Errorf("%+v", run)
		}
	})
}

func TestListKnowsPlacesAndPages(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		q := open(t, db, nil, jobs.Options{})
		var ids []string
		for _, place := range []access.Scope{
			access.Brand("b1"), access.Brand("b1").Location("l1"), access.Brand("b10"), access.Brand("b1").Company("c1"), access.Platform,
		} {
			ids = append(ids, newID())
			enqueue(t, db, q, Greet{"Ada"}, jobs.Tracked(ids[len(ids)-1]), jobs.By("usr_ada", place))
		}
		list := func(f jobs.Filter) (found []string) {
			t.Helper()
			runs, err := jobs.List(db.Read(t.Context()), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range runs {
				found = append(found, run.ID)
			}
			return found
		}
		for name, c := range map[string]struct {
			filter jobs.Filter
			want   []int
		}{
			"all":           {jobs.Filter{Within: access.Platform}, []int{4, 3, 2, 1, 0}},
			"a brand":       {jobs.Filter{Within: access.Brand("b1")}, []int{3, 1, 0}},
			"its namesake":  {jobs.Filter{Within: access.Brand("b10")}, []int{2}},
			"a first page":  {jobs.Filter{RequestedBy: "usr_ada", Limit: 2}, []int{4, 3}},
			"a second page": {jobs.Filter{RequestedBy: "usr_ada", Limit: 2, Before: ids[3]}, []int{2, 1}},
			"somebody else": {jobs.Filter{RequestedBy: "usr_kim"}, nil},
			"a state":       {jobs.Filter{State: jobs.Queued, Kind: "test.greet", Limit: 1}, []int{4}},
		} {
			found := list(c.filter)
			if len(found) != len(c.want) {
				t.Errorf("%s: %d runs, want %d", name, len(found), len(c.want))
				continue
			}
			for i, want := range c.want {
				if found[i] != ids[want] {
					t.Errorf("%s: run %d is not the one that was made as number %d", name, i, want)
				}
			}
		}
	})
}
