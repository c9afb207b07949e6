package jobs_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

func benchEach(b *testing.B, bench func(b *testing.B, db *store.DB)) {
	b.Helper()
	for _, engine := range storetest.Engines {
		b.Run(engine.String(), func(b *testing.B) {
			db := storetest.New(b, engine, tables)
			if err := jobs.Migrate(b.Context(), db); err != nil {
				b.Fatal(err)
			}
			bench(b, db)
		})
	}
}

// BenchmarkEnqueue is one job in a transaction of its own, from eight goroutines; tracked ones have a row besides.
func BenchmarkEnqueue(b *testing.B) {
	benchEach(b, func(b *testing.B, db *store.DB) {
		q := open(b, db, nil, jobs.Options{})
		for name, opts := range map[string]func() []jobs.Option{
			"plain":   func() []jobs.Option { return nil },
			"tracked": func() []jobs.Option { return []jobs.Option{jobs.Tracked(newID())} },
			"unique":  func() []jobs.Option { return []jobs.Option{jobs.Unique()} },
		} {
			b.Run(name, func(b *testing.B) {
				b.SetParallelism(4)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						enqueue(b, db, q, Greet{"Ada"}, opts()...)
					}
				})
			})
		}
	})
}

// BenchmarkEnqueueMany is a hundred jobs in one transaction.
func BenchmarkEnqueueMany(b *testing.B) {
	hundred := make([]jobs.Args, 100)
	for i := range hundred {
		hundred[i] = Greet{"Ada"}
	}
	benchEach(b, func(b *testing.B, db *store.DB) {
		q := open(b, db, nil, jobs.Options{})
		for b.Loop() {
			if err := txn.Write(b.Context(), db, func(tx *store.Tx) error { return q.EnqueueMany(tx, hundred, jobs.Bulk()) }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEnqueueAndWork is eight goroutines that enqueue, each job in a transaction, and as many workers as usual, or fifty.
func BenchmarkEnqueueAndWork(b *testing.B) {
	for name, workers := range map[string]int{"20workers": 20, "50workers": 50} {
		b.Run(name, func(b *testing.B) {
			benchEach(b, func(b *testing.B, db *store.DB) {
				var n atomic.Int64
				w := &jobs.Workers{}
				jobs.Handle(w, func(context.Context, *jobs.Job[Greet]) error { n.Add(1); return nil })
				q := open(b, db, w, jobs.Options{MaxWorkers: workers})
				b.ResetTimer()
				var all sync.WaitGroup
				for i := range 8 {
					all.Go(func() {
						for j := i; j < b.N; j += 8 {
							enqueue(b, db, q, Greet{"Ada"})
						}
					})
				}
				all.Wait()
				soon(b, "all are worked", time.Minute, func() bool { return n.Load() == int64(b.N) })
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			})
		})
	}
}

// BenchmarkLatency is from before the enqueuing transaction to the handler, with nothing else to do.
func BenchmarkLatency(b *testing.B) {
	benchEach(b, func(b *testing.B, db *store.DB) {
		w, came := greeter()
		q := open(b, db, w, jobs.Options{})
		time.Sleep(2 * time.Second)
		for b.Loop() {
			enqueue(b, db, q, Greet{"Ada"})
			<-came
		}
	})
}
