package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
)

// Greet is the job of most tests.
type Greet struct {
	Name string `json:"name"`
}

func (Greet) Kind() string { return "test.greet" }

// tables is our own part of the schema.
var tables = func() fs.FS {
	const name = "0003_kernel_jobs.sql"
	text, err := fs.ReadFile(schema.FS, name)
	if err != nil {
		panic(err)
	}
	return fstest.MapFS{name: {Data: text}}
}()

// each runs a claim on both databases, with River's tables.
func each(t *testing.T, claim func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		if err := jobs.Migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		claim(t, db)
	})
}

// open opens a queue, and starts it when it has workers.
func open(t testing.TB, db *store.DB, w *jobs.Workers, o jobs.Options) *jobs.Queue {
	t.Helper()
	q, err := jobs.Open(context.Background(), db, w, jobs.Hurried(o))
	if err != nil {
		t.Fatal(err)
	}
	if w == nil {
		return q
	}
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	return q
}

func stop(t testing.TB, q *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// enqueue queues a job in a transaction of its own.
func enqueue(t testing.TB, db *store.DB, q *jobs.Queue, job jobs.Args, opts ...jobs.Option) {
	t.Helper()
	if err := txn.Write(context.Background(), db, func(tx *store.Tx) error { return q.Enqueue(tx, job, opts...) }); err != nil {
		t.Fatal(err)
	}
}

// soon waits until something is true.
func soon(t testing.TB, what string, within time.Duration, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("%s: not within %s", what, within)
}

func receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: nothing came", what)
		panic("unreachable")
	}
}

// never is a while in which something must not come.
func never[T any](t testing.TB, what string, c <-chan T) {
	t.Helper()
	select {
	case v := <-c:
		t.Fatalf("%s: %v", what, v)
	case <-time.After(1200 * time.Millisecond): // River looks every second even when nobody tells it
	}
}

func newID() string { return id.New(id.Job, time.Now()) }

func status(t testing.TB, db *store.DB, id string) jobs.Run {
	t.Helper()
	run, err := jobs.Status(db.Read(context.Background()), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func reaches(t testing.TB, db *store.DB, id string, state jobs.State) jobs.Run {
	t.Helper()
	var run jobs.Run
	soon(t, "the run is "+string(state), 20*time.Second, func() bool { run = status(t, db, id); return run.State == state })
	return run
}

// notes is a log that can be read while others write it.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}
func (n *notes) String() string       { n.mu.Lock(); defer n.mu.Unlock(); return n.text.String() }
func (n *notes) logger() *slog.Logger { return slog.New(slog.NewTextHandler(n, nil)) }

// greeter hands what it is given to a channel.
func greeter(opts ...jobs.KindOption) (*jobs.Workers, <-chan jobs.Job[Greet]) {
	w, came := &jobs.Workers{}, make(chan jobs.Job[Greet], 1000)
	jobs.Handle(w, func(_ context.Context, job *jobs.Job[Greet]) error { came <- *job; return nil }, opts...)
	return w, came
}

func TestCommittedJobRunsOnceAndRolledBackOneNever(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, came := greeter()
		q := open(t, db, w, jobs.Options{})
		undo := errors.New("undo")
		lost := newID()
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			if err := q.Enqueue(tx, Greet{"nobody"}, jobs.Tracked(lost)); err != nil {
				return err
			}
			return undo
		}); !errors.Is(err, undo) {
			t.Fatal(err)
		}
		enqueue(t, db, q, Greet{"Ada"})
		if job := receive(t, "the job", came); job.Args.Name != "Ada" || job.Attempt != 1 {
			t.Errorf("came %+v", job)
		}
		never(t, "a second run, or one that was rolled back", came)
		if _, err := jobs.Status(db.Read(t.Context()), lost); !errors.Is(err, jobs.ErrNoRun) {
			t.Errorf("the run of a transaction that was rolled back: %v", err)
		}
	})
}

func TestAQueueWithoutWorkersLeavesTheWorkToOthers(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		command := open(t, db, nil, jobs.Options{})
		if err := command.Start(t.Context()); err == nil {
			t.Error("it started without workers")
		}
		enqueue(t, db, command, Greet{"Ada"})
		w, came := greeter()
		open(t, db, w, jobs.Options{})
		receive(t, "the job", came)
	})
}

func TestUniqueJobIsDroppedWhileTheSameWaitsButNotWhileItRuns(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		began, goOn := make(chan string, 10), make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(_ context.Context, job *jobs.Job[Greet]) error {
			began <- job.Args.Name
			<-goOn
			return nil
		})
		command := open(t, db, nil, jobs.Options{})
		for range 3 {
			enqueue(t, db, command, Greet{"Ada"}, jobs.Unique())
		}
		q := open(t, db, w, jobs.Options{})
		receive(t, "the first", began)
		enqueue(t, db, q, Greet{"Ada"}, jobs.Unique()) // it may have read before this
		receive(t, "the second", began)
		close(goOn)
		never(t, "one too many", began)
		err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			return q.Enqueue(tx, Greet{"Ada"}, jobs.Unique(), jobs.Tracked(newID()))
		})
		if err == nil {
			t.Error("a tracked job was unique")
		}
	})
}

// What a dropped job was for must be visible to the one that waits, so that one begins only after the transaction has ended.
func TestUniqueJobDoesNotBeginWhileItIsReliedOn(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, came := greeter()
		command := open(t, db, nil, jobs.Options{})
		enqueue(t, db, command, Greet{"Ada"}, jobs.Unique())
		q, err := jobs.Open(t.Context(), db, w, jobs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stop(t, q) })
		starting := make(chan error, 1)
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			if err := command.Enqueue(tx, Greet{"Ada"}, jobs.Unique()); err != nil {
				return err
			}
			go func() { starting <- q.Start(context.Background()) }() // on SQLite it waits for the writer
			select {
			case <-came:
				return errors.New("it began too early")
			case <-time.After(1200 * time.Millisecond):
				return nil
			}
		}); err != nil {
			t.Error(err)
		}
		if err := receive(t, "the start", starting); err != nil {
			t.Fatal(err)
		}
		receive(t, "the job", came)
		never(t, "the dropped one", came)
	})
}

func TestScheduledJobWaits(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, came := greeter()
		q := open(t, db, w, jobs.Options{})
		due := time.Now().Add(2 * time.Second)
		enqueue(t, db, q, Greet{"Ada"}, jobs.At(due))
		receive(t, "the job", came)
		if early := time.Until(due); early > 0 {
			t.Errorf("it ran %s too early", early)
		}
	})
}

func TestFailedJobIsTriedAgainUntilItsAttemptsAreUsedUp(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var log notes
		var attempts atomic.Int64
		w := &jobs.Workers{}
		jobs.Handle(w, func(context.Context, *jobs.Job[Greet]) error {
			attempts.Add(1)
			return errors.New("ada@example.com does not answer")
		}, jobs.Attempts(3), jobs.Backoff(func(int) time.Duration { return 50 * time.Millisecond }))
		q := open(t, db, w, jobs.Options{Log: log.logger()})
		id := newID()
		enqueue(t, db, q, Greet{"Ada"}, jobs.Tracked(id))
		run := reaches(t, db, id, jobs.Failed)
		if attempts.Load() != 3 || run.Attempt != 3 || run.Code != errs.ErrFault.Code || run.Ended.IsZero() {
			t.Errorf("after %d attempts: %+v", attempts.Load(), run)
		}
		if n := strings.Count(log.String(), "does not answer"); n != 3 {
			t.Errorf("the log has the error %d times:\n%s", n, &log)
		}
		soon(t, "the job is discarded", 5*time.Second, func() bool { return riverState(t, db) == "discarded" })
		if errors := riverErrors(t, db); strings.Contains(errors, "ada@") || !strings.Contains(errors, "fault") {
			t.Errorf("the database keeps %s", errors)
		}
	})
}

// riverState is the state of the only job.
func riverState(t *testing.T, db *store.DB) string {
	t.Helper()
	state, err := store.Value[string](db.Read(t.Context()).QueryRow("select cast(state as text) from river_job"))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func riverErrors(t *testing.T, db *store.DB) string {
	t.Helper()
	column := "json(errors)"
	if db.Dialect() == store.PostgreSQL {
		column = "cast(errors as text)"
	}
	text, err := store.Value[string](db.Read(t.Context()).QueryRow("select " + column + " from river_job"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHandlerDecidesWhetherAndWhenToTryAgain(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		refused := errs.New(errs.Conflict, "address_blocked", "This address is blocked.")
		var attempts, naps atomic.Int64
		w := &jobs.Workers{}
		jobs.Handle(w, func(_ context.Context, job *jobs.Job[Greet]) error {
			switch job.Args.Name {
			case "never":
				attempts.Add(1)
				return jobs.Cancel(refused)
			default:
				if job.Attempt != 1 {
					t.Errorf("a snooze counted: attempt %d", job.Attempt)
				}
				if naps.Add(1) < 3 {
					return jobs.Snooze(10 * time.Millisecond)
				}
				return nil
			}
		}, jobs.Attempts(2))
		q := open(t, db, w, jobs.Options{})
		hopeless, sleepy := newID(), newID()
		enqueue(t, db, q, Greet{"never"}, jobs.Tracked(hopeless))
		enqueue(t, db, q, Greet{"later"}, jobs.Tracked(sleepy))
		if run := reaches(t, db, hopeless, jobs.Failed); run.Code != "address_blocked" || attempts.Load() != 1 {
			t.Errorf("after %d attempts: %+v", attempts.Load(), run)
		}
		reaches(t, db, sleepy, jobs.Done)
		if naps.Load() != 3 {
			t.Errorf("%d naps", naps.Load())
		}
	})
}

func TestPanicIsAFailureWithItsStackInTheLog(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var log notes
		w := &jobs.Workers{}
		jobs.Handle(w, func(context.Context, *jobs.Job[Greet]) error { panic("no greeting for " + "Ada") }, jobs.Attempts(1))
		q := open(t, db, w, jobs.Options{Log: log.logger()})
		id := newID()
		enqueue(t, db, q, Greet{"Ada"}, jobs.Tracked(id))
		if run := reaches(t, db, id, jobs.Failed); run.Code != errs.ErrFault.Code {
			t.Errorf("%+v", run)
		}
		if text := log.String(); !strings.Contains(text, "no greeting for Ada") || !strings.Contains(text, "jobs_test.go") {
			t.Errorf("the log has no stack:\n%s", text)
		}
	})
}

func TestTimeoutEndsTheContext(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, job *jobs.Job[Greet]) error {
			<-ctx.Done()
			if job.Cancelled() {
				t.Error("a timeout looks like a cancel")
			}
			return ctx.Err()
		}, jobs.Timeout(50*time.Millisecond), jobs.Attempts(1))
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Greet{"Ada"}, jobs.Tracked(id))
		if run := reaches(t, db, id, jobs.Failed); run.Code != "timeout" {
			t.Errorf("%+v", run)
		}
	})
}

func TestBulkJobsLeaveWorkersForTheOthers(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		came, goOn := make(chan string, 10), make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(_ context.Context, job *jobs.Job[Greet]) error {
			if job.Args.Name == "many" {
				<-goOn
				return nil
			}
			came <- job.Args.Name
			return nil
		})
		q := open(t, db, w, jobs.Options{MaxWorkers: 2})
		for range 20 {
			enqueue(t, db, q, Greet{"many"}, jobs.Bulk())
		}
		enqueue(t, db, q, Greet{"one"})
		receive(t, "the one that somebody waits for", came)
		close(goOn)
	})
}

func TestFiftyTransactionsEnqueueAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, came := greeter()
		q := open(t, db, w, jobs.Options{})
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
					if err := q.Enqueue(tx, Greet{"Ada"}, jobs.Tracked(newID())); err != nil {
						return err
					}
					if i%5 == 0 {
						return errors.New("undo")
					}
					return q.Enqueue(tx, Greet{"Kim"}, jobs.Bulk())
				})
				if (err != nil) != (i%5 == 0) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for range 80 {
			receive(t, "one of 80", came)
		}
		never(t, "one too many", came)
	})
}

func TestManyJobsAreEnqueuedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, came := greeter()
		q := open(t, db, w, jobs.Options{})
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			if err := q.EnqueueMany(tx, []jobs.Args{Greet{"x"}}, jobs.Tracked(newID())); err == nil {
				t.Error("many jobs under one id")
			}
			return errors.Join(
				q.EnqueueMany(tx, nil),
				q.EnqueueMany(tx, []jobs.Args{Greet{"Ada"}, Greet{"Kim"}, Greet{"Ada"}}, jobs.Unique()),
			)
		}); err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{receive(t, "the first", came).Args.Name: true, receive(t, "the second", came).Args.Name: true}
		if !names["Ada"] || !names["Kim"] {
			t.Errorf("came %v", names)
		}
		never(t, "what was there already", came)
	})
}

func TestUnknownKindIsRefusedByWhoWorks(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w := &jobs.Workers{}
		jobs.Handle(w, func(context.Context, *jobs.Job[Import]) error { return nil })
		q := open(t, db, w, jobs.Options{})
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error { return q.Enqueue(tx, Greet{"Ada"}) }); err == nil {
			t.Error("a job that nobody works was queued")
		}
		if err := new(jobs.Queue).Enqueue(nil, Greet{}); !errors.Is(err, jobs.ErrNotOpen) {
			t.Errorf("a queue that is not open: %v", err)
		}
	})
}

func TestMigrateAgainChangesNothing(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		before, err := jobs.Pending(t.Context(), db)
		if err != nil || len(before) < 5 {
			t.Fatalf("pending: %q, %v", before, err)
		}
		if _, err := jobs.Open(t.Context(), db, nil, jobs.Options{}); err == nil {
			t.Error("a queue was opened without its tables")
		}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if err := jobs.Migrate(context.Background(), db); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if after, err := jobs.Pending(t.Context(), db); err != nil || len(after) > 0 {
			t.Errorf("pending: %q, %v", after, err)
		}
	})
}
