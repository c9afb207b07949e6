package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Args is a job: a value that becomes JSON, with a kind that is never renamed while such jobs may wait. It carries ids, not
// personal data and never a secret: it stands in the database in the clear.
type Args interface{ Kind() string }

// Option says how a job is queued.
type Option func(*options)

type options struct {
	at          time.Time
	bulk        bool
	unique      bool
	tracked     string
	requestedBy string
	scope       access.Scope
}

// At runs the job not before t, and at most about six seconds after it.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Bulk is for what nobody is waiting for by the second: one mail of thousands, imports, exports. Such jobs have workers of
// their own, so that however many there are, the code that somebody is looking out for goes out at once.
func Bulk() Option { return func(o *options) { o.bulk = true } }

// Unique drops the job when the same one (kind and values) already waits, whatever time it waits for. One that already runs is
// no reason to drop: it may have read the state before this transaction changed it.
func Unique() Option { return func(o *options) { o.unique = true } }

// Tracked gives the job a row that people can look at, under an id that the caller made (id.New(id.Job, now)).
func Tracked(id string) Option { return func(o *options) { o.tracked = id } }

// By says for whom and for which place a tracked job runs.
func By(requestedBy string, scope access.Scope) Option {
	return func(o *options) { o.requestedBy, o.scope = requestedBy, scope }
}

// The queues. Bulk has workers of its own, and within it everything is equal.
const (
	promptQueue = river.QueueDefault
	bulkQueue   = "bulk"
)

// attemptsInQueue is what River is told. How often a job is really tried is known to its handler, which the process that
// enqueues may not have (attempt.go).
const attemptsInQueue = 1000

// metadata is what we add to River's row.
type metadata struct {
	Run string `json:"run,omitempty"`
}

// ErrNotOpen is the answer of a Queue that Open did not make.
var ErrNotOpen = errors.New("jobs: the queue is not open")

// Enqueue queues a job in the transaction: it runs if, and only if, that commits.
func (q *Queue) Enqueue(tx *store.Tx, job Args, opts ...Option) error {
	o := chosen(opts)
	queued, err := q.enqueue(tx, []Args{job}, o)
	if err != nil || o.tracked == "" {
		return err
	}
	return insertRun(tx, Run{
		ID: o.tracked, Kind: job.Kind(), RequestedBy: o.requestedBy, Scope: o.scope, State: Queued,
		Created: time.Now(), riverID: queued[0].Job.ID,
	})
}

// EnqueueMany queues jobs in the transaction, all with the same options: one statement instead of many, unless they are Unique. At
// most a few hundred at a time, because SQLite's writer is held meanwhile. They cannot be tracked.
func (q *Queue) EnqueueMany(tx *store.Tx, jobs []Args, opts ...Option) error {
	o := chosen(opts)
	if o.tracked != "" {
		return errors.New("jobs: many jobs cannot be tracked under one id")
	}
	if len(jobs) == 0 {
		return nil
	}
	if !o.unique {
		_, err := q.enqueue(tx, jobs, o)
		return err
	}
	for i := range jobs { // PostgreSQL refuses a statement that meets its own rows
		if _, err := q.enqueue(tx, jobs[i:i+1], o); err != nil {
			return err
		}
	}
	return nil
}

func chosen(opts []Option) (o options) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

func (q *Queue) enqueue(tx *store.Tx, jobs []Args, o options) ([]*rivertype.JobInsertResult, error) {
	if q == nil || q.river == nil {
		return nil, ErrNotOpen
	}
	opts, err := o.insert()
	if err != nil {
		return nil, fmt.Errorf("enqueue %s: %w", jobs[0].Kind(), err)
	}
	all := make([]river.InsertManyParams, len(jobs))
	for i, job := range jobs {
		all[i] = river.InsertManyParams{Args: job, InsertOpts: opts}
	}
	queued, err := q.river.insert(tx, all)
	if err != nil {
		return nil, fmt.Errorf("enqueue %s: %w", jobs[0].Kind(), err)
	}
	return queued, nil
}

func (o *options) insert() (*river.InsertOpts, error) {
	insert := &river.InsertOpts{MaxAttempts: attemptsInQueue, Queue: promptQueue, ScheduledAt: o.at}
	if o.bulk {
		insert.Queue = bulkQueue
	}
	if o.unique {
		insert.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			// River insists on running. Its key is taken away when the handler begins (attempt.go), so it does not count.
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}}
	}
	if o.tracked != "" {
		if !id.Valid(id.Job, o.tracked) {
			return nil, errors.New("Tracked wants an id made with id.New(id.Job, …)")
		}
		if o.unique {
			return nil, errors.New("a tracked job cannot be Unique: when it is dropped, its id would name nothing")
		}
		var err error
		if insert.Metadata, err = json.Marshal(metadata{Run: o.tracked}); err != nil {
			return nil, err
		}
	}
	return insert, nil
}
