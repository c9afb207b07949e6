package audit

import (
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// typical is an edit of three fields with sealed values, as a web request makes it: about a kilobyte.
func typical(chain string, at int64) *Event {
	box := &Sealed{Person: "usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", Box: "p1.8Kq0v3m1xw2nQyXkq0v3m1xw2nQyXkq0v3m1xw2nQyXkq0v3m1xw2nQyX"}
	e := &Event{
		Chain: chain, At: at, Op: "user.edit", Outcome: Done, RequestID: "req_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", Reason: box,
		Actor:    Actor{Kind: "user", ID: "usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9CD", Session: "ses_01J9ZK7C2K8XQ4T5V6W7Y8Z9CD", IP: box, Agent: box},
		Subjects: []Subject{{Kind: "user", ID: box.Person, Scope: "/brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", Person: box.Person}},
	}
	for _, field := range []string{"email", "phone"} {
		e.Changes = append(e.Changes, Change{Kind: "user", ID: box.Person, Field: field, Before: &Value{Sealed: box}, After: &Value{Sealed: box}})
	}
	return e
}

func BenchmarkAppend(b *testing.B) {
	for _, engine := range storetest.Engines {
		b.Run(engine.String()+"/alone", func(b *testing.B) {
			db := storetest.New(b, engine, tables)
			for b.Loop() {
				write(b, db, func(tx *store.Tx) error { return Append(tx, typical("brd_a", noon)) })
			}
		})
		b.Run(engine.String()+"/16 at once, one chain", func(b *testing.B) { together(b, engine, 1) })
		b.Run(engine.String()+"/16 at once, 8 chains", func(b *testing.B) { together(b, engine, 8) })
		b.Run(engine.String()+"/100 in one", func(b *testing.B) {
			db := storetest.New(b, engine, tables)
			for b.Loop() {
				write(b, db, func(tx *store.Tx) error {
					events := make([]*Event, 100)
					for i := range events {
						events[i] = typical("brd_a", noon)
					}
					return AppendAll(tx, events)
				})
			}
			b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func together(b *testing.B, engine store.Dialect, chains int64) {
	db := storetest.Open(b, store.Options{URL: storetest.URL(b, engine, tables), Writers: 16})
	var n atomic.Int64
	b.SetParallelism(8) // 16 goroutines on two processors
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			chain := "brd_" + strconv.FormatInt(n.Add(1)%chains, 10)
			if err := txn.Write(b.Context(), db, func(tx *store.Tx) error { return Append(tx, typical(chain, noon)) }); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkVerify reads STEWARD_BENCH_EVENTS entries (20,000). The aim is a million in ten seconds.
func BenchmarkVerify(b *testing.B) {
	size, _ := strconv.Atoi(os.Getenv("STEWARD_BENCH_EVENTS"))
	if size == 0 {
		size = 20_000
	}
	for _, engine := range storetest.Engines {
		b.Run(engine.String(), func(b *testing.B) {
			db := storetest.New(b, engine, tables)
			for done := 0; done < size; {
				write(b, db, func(tx *store.Tx) error {
					events := make([]*Event, min(2000, size-done))
					for i := range events {
						events[i] = typical("brd_a", noon+int64(done))
						if i%20 == 0 {
							events[i].Chain = "platform"
						}
						done++
					}
					return AppendAll(tx, events)
				})
			}
			b.ResetTimer()
			for b.Loop() {
				holds(b, db)
			}
			b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
