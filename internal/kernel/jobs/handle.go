package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stewardhq/steward/internal/kernel/access"
)

// Workers are the handlers and schedules of a process. Fill it before Open.
type Workers struct {
	kinds    map[string]bool
	add      []func(*Queue, *river.Workers) error
	periodic []periodic
}

// Job is one attempt at a job, as its handler sees it.
type Job[A Args] struct {
	Args     A
	ID       string // of a tracked job, else empty
	Attempt  int    // from 1
	Attempts int    // how many there will be at most

	RequestedBy string       // of a tracked job: whose rights it runs with
	Scope       access.Scope // of a tracked job: where it was asked for

	*tracker
}

// Kind is how jobs of one kind are worked.
type kind struct {
	timeout  time.Duration
	attempts int
	backoff  func(attempt int) time.Duration
}

// KindOption says how jobs of one kind are worked.
type KindOption func(*kind)

// Timeout ends the handler's context after d. Without it that is a minute.
func Timeout(d time.Duration) KindOption { return func(k *kind) { k.timeout = d } }

// Long sets no timeout: an import takes as long as it takes.
func Long() KindOption { return func(k *kind) { k.timeout = -1 } }

// Attempts is how often a job is tried before it has failed. Without it that is 10 times, over about three hours.
func Attempts(n int) KindOption { return func(k *kind) { k.attempts = n } }

// Backoff says how long to wait after an attempt (from 1) that failed. Without it that is 1 s, 4 s, 16 s, … up to an hour, give
// or take a tenth so that what failed together does not come back together. Above five seconds it may be up to five more.
func Backoff(wait func(attempt int) time.Duration) KindOption {
	return func(k *kind) { k.backoff = wait }
}

func patience(attempt int) time.Duration {
	wait := time.Hour
	if attempt < 7 {
		wait = time.Second << (2 * (attempt - 1))
	}
	return time.Duration(float64(wait) * (0.9 + 0.2*rand.Float64())) //nolint:gosec // not a secret
}

// Handle works the jobs of a kind with fn. Its context ends with the job's timeout, when the job is cancelled, and when the
// process stops and has waited long enough; a handler that then answers an error is run again, unless it was cancelled.
func Handle[A Args](w *Workers, fn func(ctx context.Context, job *Job[A]) error, opts ...KindOption) {
	k := kind{timeout: time.Minute, attempts: 10, backoff: patience}
	for _, opt := range opts {
		opt(&k)
	}
	var zero A
	if w.kinds == nil {
		w.kinds = map[string]bool{}
	}
	w.kinds[zero.Kind()] = true
	w.add = append(w.add, func(q *Queue, known *river.Workers) error {
		return river.AddWorkerSafely(known, &worker[A]{queue: q, kind: k, fn: fn})
	})
}

// worker is what River calls.
type worker[A Args] struct {
	river.WorkerDefaults[A]
	kind

	queue *Queue
	fn    func(ctx context.Context, job *Job[A]) error
}

func (w *worker[A]) Timeout(*river.Job[A]) time.Duration { return w.timeout }

func (w *worker[A]) NextRetry(job *river.Job[A]) time.Time {
	return time.Now().Add(w.backoff(job.Attempt))
}

func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	return w.queue.attempt(ctx, job.JobRow, w.kind, func(ctx context.Context, run Run, t *tracker) error {
		return w.fn(ctx, &Job[A]{
			Args: job.Args, ID: run.ID, Attempt: job.Attempt, Attempts: w.attempts,
			RequestedBy: run.RequestedBy, Scope: run.Scope, tracker: t,
		})
	})
}

// Cancel is a handler's answer when trying again cannot help: the job has failed.
func Cancel(err error) error { return &hopelessError{err} }

type hopelessError struct{ because error }

func (e *hopelessError) Error() string { return "not tried again: " + e.because.Error() }
func (e *hopelessError) Unwrap() error { return e.because }

// Snooze is a handler's answer when it is too early: the job comes back after d, and this attempt does not count. Above five
// seconds it may be up to five more.
func Snooze(d time.Duration) error { return river.JobSnooze(max(d, 0)) }

func asSnooze(err error) (*rivertype.JobSnoozeError, bool) {
	return errors.AsType[*rivertype.JobSnoozeError](err)
}

// ErrPanic is what a handler's panic has become.
var ErrPanic = errors.New("jobs: the handler panicked")

func caught(panicked any) error { return fmt.Errorf("%w: %v", ErrPanic, panicked) }
