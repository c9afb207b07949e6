package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// State is where a tracked job stands (the chart is in doc.go).
type State string

// The states.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Ended says that nothing more will happen.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled }

// Run is a tracked job as people see it.
type Run struct {
	ID          string
	Kind        string
	RequestedBy string
	Scope       access.Scope
	State       State
	Attempt     int
	Done, Total int64  // progress, as the handler counts; Total 0 is not known
	Note        string // what it is busy with
	Code        string // of the refusal that the last attempt met; "fault" when it was ours
	Cancelling  bool   // somebody asked for its end, and it has not ended yet
	Created     time.Time
	Started     time.Time // of the first attempt; zero before
	Updated     time.Time
	Ended       time.Time // zero while it has not

	riverID int64
}

// RunsKept is how long a run can be looked at after it ended.
const RunsKept = 30 * 24 * time.Hour

// ErrNoRun is the answer to an id that names no tracked job, or one that ended long ago.
var ErrNoRun = errs.New(errs.NotFound, "not_found", "There is no such job. Finished jobs are forgotten after 30 days.")

// errEnded says that a run needs no more work.
var errEnded = errors.New("the job has ended")

const runColumns = `id, kind, requested_by, scope, state, attempt, done, total, note, code, cancel_at, created_at, started_at, updated_at, ended_at, river_id`

func scanRun(row store.Row) (r Run, err error) {
	var scope string
	var cancel, created, started, updated, ended int64
	if err := row.Scan(&r.ID, &r.Kind, &r.RequestedBy, &scope, &r.State, &r.Attempt, &r.Done, &r.Total, &r.Note, &r.Code,
		&cancel, &created, &started, &updated, &ended, &r.riverID); err != nil {
		return Run{}, err
	}
	r.Created, r.Started, r.Updated, r.Ended = moment(created), moment(started), moment(updated), moment(ended)
	r.Cancelling = cancel != 0 && !r.State.Ended()
	if scope != "" {
		r.Scope, err = access.ParseScope(scope)
	}
	return r, err
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Status reads one tracked job. Whether the caller may see it is the caller's to check, by Scope and RequestedBy.
func Status(r store.Reader, id string) (Run, error) {
	run, err := scanRun(r.QueryRow("select "+runColumns+" from job_runs where id = $1", id))
	if errors.Is(err, store.ErrNoRows) {
		return Run{}, ErrNoRun
	}
	return run, err
}

// Filter narrows List. Zero values do not.
type Filter struct {
	RequestedBy string
	Within      access.Scope // this place and all below it
	Kind        string
	State       State
	Before      string // id of the last run of the page before
	Limit       int    // 50 when zero, 500 at most
}

// List reads tracked jobs, newest first.
func List(r store.Reader, f Filter) ([]Run, error) {
	var where []string
	var args []any
	and := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if f.RequestedBy != "" {
		and("requested_by = $%d", f.RequestedBy)
	}
	if f.Within != access.Platform && !f.Within.IsZero() {
		place := f.Within.String()
		and("(scope = $%[1]d or scope >= $%[1]d || '/' and scope < $%[1]d || '0')", place) // '0' follows '/'
	}
	if f.Kind != "" {
		and("kind = $%d", f.Kind)
	}
	if f.State != "" {
		and("state = $%d", string(f.State))
	}
	if f.Before != "" {
		and("id < $%d", f.Before)
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	query := "select " + runColumns + " from job_runs"
	if len(where) > 0 {
		query += " where " + strings.Join(where, " and ")
	}
	args = append(args, min(f.Limit, 500))
	return store.All(r, scanRun, fmt.Sprintf("%s order by id desc limit $%d", query, len(args)), args...)
}

func insertRun(tx *store.Tx, r Run) error {
	_, err := tx.Exec(`insert into job_runs (id, kind, requested_by, scope, state, river_id, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $7)`,
		r.ID, r.Kind, r.RequestedBy, r.Scope.String(), string(r.State), r.riverID, r.Created.UnixMilli())
	return err
}

// beginRun makes a run running. It may have ended already: its process may have died between writing that down and telling
// River, or somebody cancelled it while River was fetching it.
func beginRun(tx *store.Tx, run *Run, attempt int) (ended bool, err error) {
	*run, err = scanRun(tx.QueryRow("select "+runColumns+" from job_runs where id = $1"+tx.Dialect().ForUpdate(), run.ID))
	if errors.Is(err, store.ErrNoRows) {
		return true, nil
	}
	if err != nil || run.State.Ended() {
		return true, err
	}
	now := time.Now().UnixMilli()
	if run.Cancelling {
		_, err = tx.Exec("update job_runs set state = 'cancelled', updated_at = $2, ended_at = $2 where id = $1", run.ID, now)
		return true, err
	}
	_, err = tx.Exec(`update job_runs set state = 'running', attempt = $2, updated_at = $3,
		started_at = case when started_at = 0 then $3 else started_at end where id = $1`, run.ID, attempt, now)
	return false, err
}

// finish writes down how an attempt ended, with its last progress. It has its own deadline: the handler's may have passed. Somebody
// may have cancelled a run whose attempt failed before it heard: then there is no other.
func (q *Queue) finish(run Run, o outcome) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	state, why := o.state, ""
	if o.cause != nil {
		why = code(o.cause)
	}
	return txn.Write(ctx, q.db, func(tx *store.Tx) error {
		now, ended := time.Now().UnixMilli(), int64(0)
		asked, err := store.Value[int64](tx.QueryRow("select cancel_at from job_runs where id = $1"+tx.Dialect().ForUpdate(), run.ID))
		if err != nil {
			return err
		}
		if asked != 0 && state == Queued {
			state = Cancelled
		}
		if state.Ended() {
			ended = now
		}
		_, err = tx.Exec(`update job_runs set state = $2, code = $3, done = $4, total = $5, note = $6, updated_at = $7, ended_at = $8
			where id = $1`, run.ID, string(state), why, run.Done, run.Total, run.Note, now, ended)
		return err
	})
}
