package store_test

import (
	"fmt"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

func benchmarkEach(b *testing.B, run func(b *testing.B, db *store.DB)) {
	for _, engine := range storetest.Engines {
		b.Run(engine.String(), func(b *testing.B) {
			db := storetest.New(b, engine, shop)
			err := txn.Write(b.Context(), db, func(tx *store.Tx) error {
				_, err := tx.CopyIn("people", []string{"num", "brand", "email", "name"}, func(yield func([]any) bool) {
					for i := range 10_000 {
						if !yield([]any{i + 1, 1, fmt.Sprintf("p%d@example.com", i), fmt.Sprintf("Person %d", i)}) {
							return
						}
					}
				})
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			run(b, db)
		})
	}
}

func BenchmarkPointRead(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, db *store.DB) {
		r := db.Read(b.Context())
		for i := range b.N {
			var num int64
			var email, name string
			var active bool
			if err := r.QueryRow("select num, email, name, active from people where num = $1", i%10_000+1).Scan(&num, &email, &name, &active); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUpdateTransaction(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, db *store.DB) {
		for i := range b.N {
			err := txn.Write(b.Context(), db, func(tx *store.Tx) error {
				_, err := tx.Exec("update people set spend = spend + 1 where num = $1", i%10_000+1)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkInsertTransaction(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, db *store.DB) {
		for i := range b.N {
			err := txn.Write(b.Context(), db, func(tx *store.Tx) error {
				_, err := tx.Exec("insert into people (num, brand, email) values ($1, $2, $3)", 20_000+i, 1, fmt.Sprintf("n%d", i))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkImport is 500 rows in a transaction: what an import does.
func BenchmarkImport(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, db *store.DB) {
		rows := make([][]any, 500)
		for i := range b.N {
			for j := range rows {
				rows[j] = []any{20_000 + 500*i + j, 1, fmt.Sprintf("n%d-%d", i, j)}
			}
			err := txn.Write(b.Context(), db, func(tx *store.Tx) error {
				_, err := tx.ExecMany("insert into people (num, brand, email) values ($1, $2, $3)", rows)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
