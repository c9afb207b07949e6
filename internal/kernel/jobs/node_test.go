package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// victim is the database of a process that is going to be killed.
const victim = "STEWARD_TEST_JOBS_VICTIM"

func TestMain(m *testing.M) {
	if url := os.Getenv(victim); url != "" {
		workForEver(url)
	}
	os.Exit(m.Run())
}

// workForEver says which job it has begun, and never ends one.
func workForEver(url string) {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{URL: url})
	if err != nil {
		panic(err)
	}
	w := &jobs.Workers{}
	jobs.Handle(w, func(_ context.Context, job *jobs.Job[Import]) error {
		job.Progress(7, job.Args.Rows, "")
		time.Sleep(600 * time.Millisecond) // alive for longer than it takes to be thought dead
		fmt.Println("began", job.ID)
		select {}
	}, jobs.Long())
	q, err := jobs.Open(ctx, db, w, jobs.Hurried(jobs.Options{}))
	if err != nil {
		panic(err)
	}
	if err := q.Start(ctx); err != nil {
		panic(err)
	}
	select {}
}

func TestJobOfAKilledProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, engine, tables)
			db := storetest.Open(t, store.Options{URL: url})
			if err := jobs.Migrate(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			var runs atomic.Int64
			w := &jobs.Workers{}
			jobs.Handle(w, func(_ context.Context, job *jobs.Job[Import]) error {
				runs.Add(1)
				if job.Attempt != 2 {
					t.Errorf("attempt %d", job.Attempt)
				}
				return nil
			}, jobs.Long())
			command := open(t, db, nil, jobs.Options{})
			id := newID()
			enqueue(t, db, command, Import{10}, jobs.Tracked(id))

			process := exec.Command(os.Args[0]) //nolint:gosec // this test
			process.Env = append(os.Environ(), victim+"="+url)
			process.Stderr = os.Stderr
			out, err := process.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			said, err := bufio.NewReader(out).ReadString('\n')
			if err != nil || said != "began "+id+"\n" {
				t.Fatalf("the other process said %q, %v", said, err)
			}
			open(t, db, w, jobs.Options{}) // a second node
			time.Sleep(1500 * time.Millisecond)
			if n := runs.Load(); n != 0 {
				t.Errorf("a job was taken from a node that lives")
			}
			if err := process.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = process.Wait()
			at := time.Now()
			run := reaches(t, db, id, jobs.Done)
			t.Logf("taken over after %s", time.Since(at))
			if run.Attempt != 2 || runs.Load() != 1 || run.Done != 7 {
				t.Errorf("%+v", run)
			}
		})
	}
}

func TestJobThatTookItsProcessWithItIsNotTriedForEver(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		id := newID()
		enqueue(t, db, open(t, db, nil, jobs.Options{}), Greet{"Ada"}, jobs.Tracked(id))
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error { // as if it had been tried twice and taken over
			_, err := tx.Exec("update river_job set attempt = 2")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w, came := greeter(jobs.Attempts(2))
		open(t, db, w, jobs.Options{})
		if run := reaches(t, db, id, jobs.Failed); run.Code != "job_interrupted" {
			t.Errorf("%+v", run)
		}
		never(t, "a third attempt", came)
	})
}

func TestStopLetsHandlersFinish(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		began := make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, _ *jobs.Job[Import]) error {
			began <- true
			time.Sleep(300 * time.Millisecond)
			return ctx.Err()
		})
		q := open(t, db, w, jobs.Options{})
		id := newID()
		enqueue(t, db, q, Import{1}, jobs.Tracked(id))
		receive(t, "the job", began)
		stop(t, q)
		if run := status(t, db, id); run.State != jobs.Done {
			t.Errorf("%+v", run)
		}
	})
}

func TestWhatDoesNotFinishBeforeTheStopIsRunByWhoComesNext(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		began := make(chan bool)
		w := &jobs.Workers{}
		jobs.Handle(w, func(ctx context.Context, _ *jobs.Job[Import]) error {
			began <- true
			<-ctx.Done()
			return ctx.Err()
		}, jobs.Attempts(1), jobs.Long())
		q := open(t, db, w, jobs.Options{StopTimeout: 100 * time.Millisecond})
		id := newID()
		enqueue(t, db, q, Import{1}, jobs.Tracked(id))
		receive(t, "the job", began)
		stop(t, q)
		if run := status(t, db, id); run.State != jobs.Queued {
			t.Errorf("%+v", run)
		}
		next := &jobs.Workers{}
		jobs.Handle(next, func(_ context.Context, job *jobs.Job[Import]) error {
			if job.Attempt != 1 {
				t.Errorf("a shutdown counted: attempt %d", job.Attempt)
			}
			return nil
		}, jobs.Attempts(1))
		open(t, db, next, jobs.Options{})
		reaches(t, db, id, jobs.Done)
	})
}

func TestEndOfTheContextStopsTheQueue(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		w, _ := greeter()
		q, err := jobs.Open(t.Context(), db, w, jobs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(ctx); err == nil {
			t.Error("it started twice")
		}
		cancel()
		stop(t, q)
		stop(t, q)
	})
}
