package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// shop is the schema of these tests.
var shop = fstest.MapFS{
	"0001_people.sql": {Data: []byte(`
create table people (
	num     {{.PrimaryNum}},
	brand   {{.Int}} not null,
	email   {{.Text}} not null,
	name    {{.Text}},
	active  {{.Int}} not null default 1,
	spend   {{.Int}} not null default 0 check (spend >= 0),
	picture {{.Blob}},
	unique (brand, email)
) {{.Strict}};
create unique index people_folded on people (lower(name) {{.Collate}}) where name is not null;`)},
	"0010_orders.sql": {Data: []byte(`
create table orders (
	num    {{.PrimaryNum}},
	person {{.Int}} not null references people (num)
) {{.Strict}};
{{if .SQLite}}create table only_lite (a {{.Int}}) {{.Strict}};{{else}}create table only_postgres (a {{.Int}});{{end}}`)},
}

// each runs a claim on both databases.
func each(t *testing.T, claim func(t *testing.T, db *store.DB)) {
	t.Helper()
	storetest.Each(t, shop, claim)
}

// write is one transaction that must succeed.
func write(t *testing.T, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := txn.Write(t.Context(), db, fn); err != nil {
		t.Fatal(err)
	}
}

func exec(t *testing.T, db *store.DB, sql string, args ...any) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error { _, err := tx.Exec(sql, args...); return err })
}

// ada is the first customer.
func ada(t *testing.T, db *store.DB) {
	t.Helper()
	exec(t, db, "insert into people (num, brand, email, name) values (1, 1, 'ada@example.com', 'Ada')")
}

func count(t *testing.T, r store.Reader, table string) int {
	t.Helper()
	n, err := store.Value[int](r.QueryRow("select count(*) from " + table))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustBe[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func mustFail(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got the error %v, want %v", err, want)
	}
}

// unheld makes a key as somebody outside the kernel could: by inference, without naming its type.
func unheld[K, T any](func(context.Context, K) (T, error)) (key K) { return key }

func TestNobodyWritesWithoutAHeldKey(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		key := unheld(db.Begin)
		_, err := db.Begin(t.Context(), key)
		mustFail(t, err, store.ErrKey)
		if h := db.Handles(key); h.SQL != nil || h.PG != nil {
			t.Error("a key that is not held opened the raw handles")
		}
		if h := txn.Handles(db); (h.SQL == nil) == (h.PG == nil) {
			t.Errorf("the kernel gets one handle, not %v", h)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		const steal = "update people set spend = 1 where num = 1 returning num"
		if _, err := store.Value[int](db.Read(t.Context()).QueryRow(steal)); err == nil {
			t.Error("the read pool wrote")
		}
		err := db.Snapshot(t.Context(), func(r store.Reader) error { _, err := store.Value[int](r.QueryRow(steal)); return err })
		if err == nil {
			t.Error("a snapshot wrote")
		}
		spend, err := store.Value[int](db.Read(t.Context()).QueryRow("select spend from people"))
		if err != nil || spend != 0 {
			t.Errorf("spend is %d, %v", spend, err)
		}
	})
}

func TestSnapshotSeesOneState(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		err := db.Snapshot(t.Context(), func(r store.Reader) error {
			mustBe(t, "before", count(t, r, "people"), 1)
			exec(t, db, "insert into people (num, brand, email) values (2, 1, 'kim@example.com')")
			mustBe(t, "in the snapshot", count(t, r, "people"), 1)
			mustBe(t, "in the read pool", count(t, db.Read(t.Context()), "people"), 2)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAReadIsGivenUpAtItsDeadline(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := store.Value[int](db.Read(ctx).QueryRow("select 1"))
		mustFail(t, err, context.Canceled)
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("the pool must live on: %v", err)
		}
	})
}

func TestAClosedDatabaseIsUnavailable(t *testing.T) {
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), store.Options{URL: storetest.URL(t, engine, shop)})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Close(), db.Close()); err != nil {
				t.Fatal(err)
			}
			_, err = store.Value[int](db.Read(t.Context()).QueryRow("select 1"))
			mustFail(t, err, store.ErrClosed)
			mustBe(t, "IsUnavailable", store.IsUnavailable(err), true)
			mustFail(t, txn.Write(t.Context(), db, func(*store.Tx) error { return nil }), store.ErrClosed)
		})
	}
}

func TestOptimizeRuns(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		if err := db.Optimize(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
