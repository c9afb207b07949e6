package store_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// A server that was started again has left every pool full of connections that nobody answers on. Nobody who asks hears of them,
// however soon they ask: not a writer, not a list, not a page that reads one state.
func TestConnectionsThatTheServerDroppedAreNobodysFault(t *testing.T) {
	t.Parallel()
	address := storetest.URL(t, store.PostgreSQL, shop)
	db := storetest.Open(t, store.Options{URL: address})
	ada(t, db)
	server, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	const count = "select count(*) from people"
	asks := map[string]func() error{
		"write": func() error {
			return txn.Write(t.Context(), db, func(tx *store.Tx) error {
				_, err := tx.Exec("update people set spend = spend + 1 where num = $1", 1)
				return err
			})
		},
		"query": func() error { _, err := store.Value[int](db.Read(t.Context()).QueryRow(count)); return err },
		"snapshot": func() error {
			return db.Snapshot(t.Context(), func(r store.Reader) error { _, err := store.Value[int](r.QueryRow(count)); return err })
		},
		"ping": func() error { return db.Ping(t.Context()) },
	}
	for what, ask := range asks {
		t.Run(what, func(t *testing.T) {
			for range 3 {
				together(t, 8, "before", ask) // a pool of connections that were used just now
				if _, err := server.Exec(t.Context(), `select pg_terminate_backend(pid, 5000) from pg_stat_activity
					where datname = current_database() and pid <> pg_backend_pid()`); err != nil {
					t.Fatal(err)
				}
				if err := ask(); err != nil {
					t.Errorf("the first one is refused: %v", err)
				}
				together(t, 8, "after", ask)
			}
		})
	}
}

func together(t *testing.T, n int, when string, ask func() error) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if err := ask(); err != nil {
				t.Errorf("%s: %v", when, err)
			}
		})
	}
	all.Wait()
}
