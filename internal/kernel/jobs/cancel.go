package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// ErrEnded refuses to cancel what has ended.
var ErrEnded = errs.New(errs.Conflict, "job_ended", "This job has already ended, so there is nothing left to cancel.")

// Cancel is CancelIn in a transaction of its own. Inside of another it would wait for the writer that its caller holds.
func (q *Queue) Cancel(ctx context.Context, id string) error {
	if q == nil || q.river == nil {
		return ErrNotOpen
	}
	return txn.Write(ctx, q.db, func(tx *store.Tx) error { return q.CancelIn(tx, id) })
}

// CancelIn asks for the end of a tracked job. One that waits never runs. One that runs hears of it within a second of the commit,
// on whichever node it is: its context ends, and it is cancelled as soon as its handler answers an error. A handler that is
// through before it hears is done.
func (q *Queue) CancelIn(tx *store.Tx, id string) error {
	if q == nil || q.river == nil {
		return ErrNotOpen
	}
	run, err := scanRun(tx.QueryRow("select "+runColumns+" from job_runs where id = $1"+tx.Dialect().ForUpdate(), id))
	switch {
	case errors.Is(err, store.ErrNoRows):
		return ErrNoRun
	case err != nil:
		return err
	case run.State.Ended():
		return ErrEnded
	}
	set := "cancel_at = $2, updated_at = $2"
	if run.State == Queued {
		set += ", state = 'cancelled', ended_at = $2"
	}
	if _, err := tx.Exec("update job_runs set "+set+" where id = $1", id, time.Now().UnixMilli()); err != nil {
		return err
	}
	if err := q.cancelRiver(tx, run); err != nil {
		return fmt.Errorf("cancel the job %s: %w", id, err)
	}
	return nil
}

// cancelRiver cancels River's job of a run. One that is gone, or whose id has come to mean another job, needs nothing more: the
// run's row is what an attempt asks before it begins.
func (q *Queue) cancelRiver(tx *store.Tx, run Run) error {
	row, err := q.river.get(tx, run.riverID)
	if errors.Is(err, river.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var meta metadata
	if json.Unmarshal(row.Metadata, &meta) != nil || meta.Run != run.ID {
		return nil
	}
	if row, err = q.river.cancel(tx, row.ID); err != nil {
		return err
	}
	if tx.Dialect() != store.SQLite || row.State != rivertype.JobStateRunning {
		return nil
	}
	// River v0.47.0 does this on PostgreSQL and forgets it on SQLite, where a running job would never hear of it.
	_, err = tx.Exec(`insert into river_notification (payload, topic)
		values (json_object('action', 'cancel', 'job_id', $1, 'queue', $2), 'river_control')`, row.ID, row.Queue)
	return err
}
