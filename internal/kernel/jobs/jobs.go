// Package jobs runs work after the transaction that asked for it: mail, purges, long tasks. It is River on either database.
//
// A job is enqueued in the same transaction as the change that needs it, so there is never one without the other. What a job
// does to state it does through the door again, as a named system actor or as its requester.
package jobs

import (
	"context"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// Args is a job: a value that becomes JSON, with a kind that is never renamed while such jobs may wait. It carries ids, not
// personal data and never a secret: it stands in the database in the clear.
type Args interface{ Kind() string }

// Option says how a job is queued.
type Option func(*options)

type options struct {
	at       time.Time
	priority int
	tracked  string
	unique   bool
}

// At runs the job not before t.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Bulk lets other jobs overtake: one mail of thousands waits for the code that somebody is looking out for.
func Bulk() Option { return func(o *options) { o.priority = 4 } }

// Unique drops the job when the same one (kind and values) already waits.
func Unique() Option { return func(o *options) { o.unique = true } }

// Queue enqueues jobs and works them.
type Queue struct{}

// Enqueue queues a job in the transaction.
func (q *Queue) Enqueue(tx *store.Tx, job Args, opts ...Option) error { return nil }

// Start works jobs until ctx ends.
func (q *Queue) Start(ctx context.Context) error { return nil }
