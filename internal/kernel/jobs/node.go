package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// A process that dies leaves its jobs running for ever. River rescues by age: after an hour, and never those without a timeout. So
// each process that works something says every two seconds that it lives (an idle one says nothing), and jobs of a process that
// has been silent for ten are made available again. The attempt counts: a job that takes the process with it is not tried for ever.

// pace is how fast that goes. Tests are in a hurry.
type pace struct {
	beat   time.Duration // between two signs of life
	silent time.Duration // after which a node is taken for dead
	rescue time.Duration // between two searches for what dead nodes left
}

var usualPace = pace{beat: 2 * time.Second, silent: 10 * time.Second, rescue: 5 * time.Second}

// working are the jobs that this process is at.
type working struct {
	mu   sync.Mutex
	jobs map[int64]int
}

// add notes a job, and answers what forgets it.
func (w *working) add(id int64) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.jobs == nil {
		w.jobs = map[int64]int{}
	}
	w.jobs[id]++
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.jobs[id]--; w.jobs[id] == 0 {
			delete(w.jobs, id)
		}
	}
}

func (w *working) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.jobs) > 0
}

// clock is the database's, in epoch milliseconds: nodes compare with nobody's own.
func clock(d store.Dialect) string {
	if d == store.PostgreSQL {
		return "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"
	}
	return "cast(unixepoch('subsec') * 1000 as integer)"
}

// worker is who works a row of river_job: the last of those who tried.
func lastWorker(d store.Dialect) string {
	if d == store.PostgreSQL {
		return "attempted_by[array_upper(attempted_by, 1)]"
	}
	return "(attempted_by ->> '$[#-1]')"
}

// live says that this node lives, as long as it is at something, until ctx ends.
func (q *Queue) live(ctx context.Context) {
	tick := time.NewTicker(q.pace.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !q.working.any() {
			continue
		}
		err := txn.Write(ctx, q.db, func(tx *store.Tx) error {
			_, err := tx.Exec("insert into job_nodes (id, seen_at) values ($1, "+clock(tx.Dialect())+
				") on conflict (id) do update set seen_at = excluded.seen_at", q.node)
			return err
		})
		if err != nil && ctx.Err() == nil {
			q.log.Warn("this node could not say that it lives; others may take over its jobs", "error", err)
		}
	}
}

// orphan is a job that a dead node left. The attempt is part of it: the next attempt is another matter.
type orphan struct{ id, attempt int64 }

// watch makes the jobs of dead nodes available again, and forgets what is old, until ctx ends.
func (q *Queue) watch(ctx context.Context) {
	tick := time.NewTicker(q.pace.rescue)
	defer tick.Stop()
	var suspects map[orphan]bool
	var swept time.Time
	for {
		found, err := q.rescue(ctx, suspects)
		if err != nil && ctx.Err() == nil {
			q.log.Warn("looking for jobs of dead nodes failed", "error", err)
		}
		suspects = found
		if time.Since(swept) > time.Hour {
			swept = time.Now()
			if err := q.sweep(ctx); err != nil && ctx.Err() == nil {
				q.log.Warn("forgetting old jobs failed", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// rescue takes over what was suspect in the round before and still is. One look is not enough: a node that has just begun its
// first job has not said yet that it lives.
func (q *Queue) rescue(ctx context.Context, suspects map[orphan]bool) (map[orphan]bool, error) {
	r := q.db.Read(ctx)
	last := lastWorker(r.Dialect())
	found, err := store.All(r, func(row store.Row) (o orphan, err error) { err = row.Scan(&o.id, &o.attempt); return o, err },
		`select id, attempt from river_job where state = 'running' and `+last+` <> $1 and not exists (
			select 1 from job_nodes n where n.id = `+last+` and n.seen_at > `+clock(r.Dialect())+` - $2)
		order by id limit 1000`, q.node, q.pace.silent.Milliseconds())
	if err != nil || len(found) == 0 {
		return nil, err
	}
	next, due := map[orphan]bool{}, [][]any{}
	for _, o := range found {
		if suspects[o] {
			due = append(due, []any{o.id, o.attempt})
		} else {
			next[o] = true
		}
	}
	if len(due) == 0 {
		return next, nil
	}
	err = txn.Write(ctx, q.db, func(tx *store.Tx) error {
		n, err := tx.ExecMany("update river_job set state = 'available' where id = $1 and state = 'running' and attempt = $2", due)
		if err == nil && n > 0 {
			q.log.Warn("took over jobs of a node that is gone", "jobs", n)
		}
		return err
	})
	return next, err
}

// sweep forgets runs that ended long ago and nodes that are gone.
func (q *Queue) sweep(ctx context.Context) error {
	return txn.Write(ctx, q.db, func(tx *store.Tx) error {
		if _, err := tx.Exec("delete from job_runs where id in (select id from job_runs where ended_at > 0 and ended_at < $1 limit 1000)",
			time.Now().Add(-RunsKept).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec("delete from job_nodes where seen_at < "+clock(tx.Dialect())+" - $1", int64(24*time.Hour/time.Millisecond))
		return err
	})
}
