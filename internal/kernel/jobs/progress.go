package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

const (
	// progressEvery is how often progress is written at most.
	progressEvery = 250 * time.Millisecond
	// lookEvery is how often a running job looks whether it was cancelled. Notifications are faster; this is for one that was
	// lost with the connection that listened.
	lookEvery = 2 * time.Second
)

// tracker carries what a running job says, and whether it should end, between its handler and the database.
//
// It writes from a goroutine of its own: a handler that says how far it is while it holds SQLite's one writer must not wait for
// the writer.
type tracker struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	queue  *Queue
	id     string

	mu          sync.Mutex
	done, total int64
	note        string
	news        chan struct{} // holds one when there is something to write
	quit        chan struct{}
	stopped     sync.WaitGroup
}

func newTracker(ctx context.Context, cancel context.CancelCauseFunc, q *Queue, run *Run) *tracker {
	t := &tracker{
		ctx: ctx, cancel: cancel, queue: q, id: run.ID, done: run.Done, total: run.Total, note: run.Note,
		news: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	if run.ID != "" {
		t.stopped.Go(t.keep)
	}
	return t
}

// Progress says how far the job is, for those who look at it: written at most four times a second, the last word always. note
// says in a few words what it is busy with, never about whom. It may be called from any goroutine, and does nothing for a job that
// is not tracked.
func (t *tracker) Progress(done, total int64, note string) {
	if t == nil || t.id == "" {
		return
	}
	t.mu.Lock()
	t.done, t.total, t.note = done, total, note
	t.mu.Unlock()
	select {
	case t.news <- struct{}{}:
	default:
	}
}

// Cancelled says that somebody asked for the job's end. Its context has ended too, so that most handlers need not ask.
func (t *tracker) Cancelled() bool { return t != nil && t.ctx != nil && cancelled(t.ctx) }

// stop waits for the last write, and gives the last progress to run.
func (t *tracker) stop(run *Run) {
	close(t.quit)
	t.stopped.Wait()
	run.Done, run.Total, run.Note = t.done, t.total, t.note
}

func (t *tracker) keep() {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-t.quit:
			return
		case <-look.C:
			t.look()
		case <-t.news:
			t.write()
			select {
			case <-t.quit:
				return
			case <-time.After(progressEvery):
			}
		}
	}
}

// write fails without a word: the next one, or the end of the job, will say it.
func (t *tracker) write() {
	t.mu.Lock()
	done, total, note := t.done, t.total, t.note
	t.mu.Unlock()
	_ = txn.Write(t.ctx, t.queue.db, func(tx *store.Tx) error {
		_, err := tx.Exec("update job_runs set done = $2, total = $3, note = $4, updated_at = $5 where id = $1",
			t.id, done, total, note, time.Now().UnixMilli())
		return err
	})
}

func (t *tracker) look() {
	at, err := store.Value[int64](t.queue.db.Read(t.ctx).QueryRow("select cancel_at from job_runs where id = $1", t.id))
	if err == nil && at != 0 {
		t.cancel(ErrCancelled)
	}
}
