package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// ErrCancelled is the cause of a handler's context that ended because somebody cancelled the job.
var ErrCancelled = errs.New(errs.Conflict, "job_cancelled", "This job was cancelled.")

// errInterrupted is why a job has failed whose process died during its last attempt.
var errInterrupted = errs.New(errs.Fault, "job_interrupted", "The program ended while it was at this job.")

// outcome is how an attempt ended.
type outcome struct {
	state  State // Queued: another attempt follows
	cause  error // nil when it went well
	answer error // what River is told
}

// attempt works a job once and says to River how it went.
func (q *Queue) attempt(ctx context.Context, row *rivertype.JobRow, k kind, fn func(context.Context, Run, *tracker) error) error {
	defer q.working.add(row.ID)()
	row.MaxAttempts = k.attempts // River looks at it after us: the handler knows, whoever enqueued may not have (jobs.go)

	var meta metadata
	if err := json.Unmarshal(row.Metadata, &meta); err != nil {
		return river.JobCancel(fmt.Errorf("metadata: %w", err))
	}
	run := Run{ID: meta.Run}
	log := q.log.With("job", row.Kind, "attempt", row.Attempt)
	if run.ID != "" {
		log = log.With("id", run.ID)
	}
	if err := q.begin(ctx, row, &run); errors.Is(err, errEnded) {
		return river.JobCancel(errEnded)
	} else if err != nil {
		log.Error("a job could not begin", "error", err)
		return river.JobSnooze(5 * time.Second) // the database's fault: the attempt does not count
	}

	var o outcome
	if row.Attempt > k.attempts { // its last attempt took the process with it; another one might again
		o = outcome{state: Failed, cause: errInterrupted, answer: river.JobCancel(errInterrupted)}
	} else {
		o = q.perform(ctx, row, k, &run, log, fn)
	}
	o.tell(log)
	if run.ID != "" {
		if err := q.finish(run, o); err != nil {
			log.Error("the end of a job could not be written down: it will be run again", "error", err)
			return river.JobSnooze(5 * time.Second)
		}
	}
	return o.answer
}

// begin notes that the attempt has begun, before the handler reads anything. errEnded: there is nothing left to do.
func (q *Queue) begin(ctx context.Context, row *rivertype.JobRow, run *Run) error {
	if run.ID == "" && row.UniqueKey == nil {
		return nil
	}
	ended := false
	err := txn.Write(ctx, q.db, func(tx *store.Tx) (err error) {
		if run.ID != "" {
			if ended, err = beginRun(tx, run, row.Attempt); err != nil || ended {
				return err
			}
		}
		if row.UniqueKey == nil {
			return nil
		}
		// From here on the same job may be queued again, because this one may read too early to see what that one is for. A
		// transaction that dropped its job a moment ago holds the row: this waits for it, and then the handler sees its change.
		_, err = tx.Exec("update river_job set unique_key = null where id = $1", row.ID)
		return err
	})
	if err == nil && ended {
		return errEnded
	}
	return err
}

// perform calls the handler, and catches its panic.
func (q *Queue) perform(ctx context.Context, row *rivertype.JobRow, k kind, run *Run, log *slog.Logger, fn func(context.Context, Run, *tracker) error) outcome {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := newTracker(ctx, cancel, q, run)
	err := func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = caught(p)
				log.Error("a job panicked", "panic", p, "stack", string(debug.Stack()))
			}
		}()
		return fn(ctx, *run, t)
	}()
	t.stop(run)
	return judge(ctx, err, row.Attempt >= k.attempts)
}

// judge says what a handler's answer means.
func judge(ctx context.Context, err error, last bool) outcome {
	snooze, snoozed := asSnooze(err)
	hopeless, _ := errors.AsType[*hopelessError](err)
	switch {
	case err == nil:
		return outcome{state: Done}
	case cancelled(ctx):
		return outcome{state: Cancelled, answer: river.JobCancel(ErrCancelled)}
	case snoozed:
		return outcome{state: Queued, answer: snooze}
	case errors.Is(ctx.Err(), context.Canceled): // the process stops: River makes it available again when it hears this error
		return outcome{state: Queued, answer: context.Canceled}
	case hopeless != nil:
		return outcome{state: Failed, cause: hopeless.because, answer: river.JobCancel(codeError(code(hopeless.because)))}
	case last:
		return outcome{state: Failed, cause: err, answer: codeError(code(err))}
	}
	return outcome{state: Queued, cause: err, answer: codeError(code(err))}
}

// tell writes what went wrong into the log, which is the only place where it stands in full.
func (o outcome) tell(log *slog.Logger) {
	switch {
	case o.cause == nil:
	case o.state == Failed:
		log.Error("a job failed", "error", o.cause)
	default:
		log.Warn("a job failed and will be tried again", "error", o.cause)
	}
}

// codeError is what River keeps of an error: no text of it may stand in the clear.
type codeError string

func (e codeError) Error() string { return string(e) }

func code(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return errs.Of(err).Code
}

func cancelled(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, river.ErrJobCancelledRemotely) || errors.Is(cause, ErrCancelled)
}
