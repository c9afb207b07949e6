package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Options are how a queue works. Zero values are good defaults.
type Options struct {
	Log         *slog.Logger
	MaxWorkers  int           // handlers at a time in this process, 20; a quarter as many, at least two, work Bulk jobs besides
	StopTimeout time.Duration // how long Stop lets handlers finish before it ends their contexts, 10 s

	pace pace
}

// Queue enqueues jobs and works them.
type Queue struct {
	db       *store.DB
	river    engine
	log      *slog.Logger
	node     string
	pace     pace
	periodic []periodic
	working  working

	mu      sync.Mutex
	started bool
	end     context.CancelFunc // of what runs beside River
	beside  sync.WaitGroup
}

// Open makes a queue on a database that Migrate has seen. Without workers it only enqueues and cancels.
func Open(ctx context.Context, db *store.DB, w *Workers, o Options) (*Queue, error) {
	q := &Queue{db: db, log: o.Log, node: id.New("node_", time.Now()), pace: o.pace}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if q.pace == (pace{}) {
		q.pace = usualPace
	}
	config := &river.Config{
		ID: q.node, Logger: slog.New(quiet{q.log.Handler()}),
		// For as long as this after a job was announced, others are not, and may lie until the next look a second later. So it is
		// as short as River allows; the queues have a cooldown of their own.
		FetchCooldown: river.FetchCooldownMin,
	}
	if w != nil {
		if err := q.employ(w, o, config); err != nil {
			return nil, err
		}
	}
	missing, err := Pending(ctx, db)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("jobs: the database lacks %v: run the migrations first", missing)
	}
	q.river, err = newEngine(db, config)
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	return q, nil
}

// employ tells River what this process works, and how.
func (q *Queue) employ(w *Workers, o Options, config *river.Config) error {
	workers := o.MaxWorkers
	if workers <= 0 {
		workers = 20
	}
	const cooldown = 10 * time.Millisecond // River's own 100 ms caps a process at ten jobs a second for each worker
	config.Queues = map[string]river.QueueConfig{
		promptQueue: {MaxWorkers: workers, FetchCooldown: cooldown},
		bulkQueue:   {MaxWorkers: max(workers/4, 2), FetchCooldown: cooldown},
	}
	config.Workers = river.NewWorkers()
	for _, add := range w.add {
		if err := add(q, config.Workers); err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
	}
	config.SoftStopTimeout = o.StopTimeout
	if config.SoftStopTimeout <= 0 {
		config.SoftStopTimeout = 10 * time.Second
	}
	config.RescueStuckJobsAfter = 100 * 365 * 24 * time.Hour // node.go does it by who died, not by age
	config.CompletedJobRetentionPeriod = time.Hour           // a table that stays small stays fast; what people look at is in job_runs
	if q.db.Dialect() == store.SQLite {
		config.ReindexerSchedule = river.NeverSchedule() // it would hold the writer, and does not make such an index smaller
	}
	q.periodic = w.periodic
	return w.checkPeriodic()
}

// Start begins to work jobs, and answers at once. It ends with Stop, or when ctx ends, which asks for the same without waiting.
func (q *Queue) Start(ctx context.Context) error {
	if q == nil || q.river == nil {
		return ErrNotOpen
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("jobs: the queue was started before")
	}
	if err := q.river.Start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	q.started = true
	// The others must hear that this node lives for as long as a handler runs, which may be after ctx has ended.
	living, end := context.WithCancel(context.WithoutCancel(ctx))
	timing, endTiming := context.WithCancel(ctx)
	q.end = func() { endTiming(); end() }
	stopped := q.river.Stopped()
	q.beside.Go(func() { <-stopped; end() })
	q.beside.Go(func() { q.live(living) })
	q.beside.Go(func() { q.watch(timing) })
	if len(q.periodic) > 0 {
		q.beside.Go(func() { q.keepTime(timing) })
	}
	return nil
}

// Stop fetches no more jobs and waits for those that run, ending their contexts after StopTimeout; what does not finish is run
// again by whoever comes next. It gives up waiting when ctx ends. A queue that was not started has nothing to stop.
func (q *Queue) Stop(ctx context.Context) error {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.started {
		return nil
	}
	if err := q.river.Stop(ctx); err != nil {
		return fmt.Errorf("stop the job queue: %w", err)
	}
	<-q.river.Stopped() // also when it was ctx that stopped it
	q.end()
	q.beside.Wait()
	return nil
}
