package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

func TestConstraintsAreToldApart(t *testing.T) {
	const insert = "insert into people (num, brand, email, name, spend) values "
	cases := []struct{ sql, unique string }{
		{insert + "(2, 1, 'ada@example.com', 'Kim', 0)", "people.brand, people.email"},
		{insert + "(1, 1, 'kim@example.com', 'Kim', 0)", "people.num"},
		{insert + "(2, 1, 'kim@example.com', 'ADA', 0)", "people_folded"},
		{insert + "(2, 1, 'kim@example.com', 'Kim', -1)", ""},
		{insert + "(2, null, 'kim@example.com', 'Kim', 0)", ""},
		{"insert into orders (num, person) values (1, 99)", ""},
		{"insert into people (nonsense) values (1)", ""},
	}
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		for _, c := range cases {
			err := txn.Write(t.Context(), db, func(tx *store.Tx) error { _, err := tx.Exec(c.sql); return err })
			if err == nil {
				t.Fatal("it worked:", c.sql)
			}
			if columns, ok := store.IsUnique(err); ok != (c.unique != "") || ok && columns != c.unique {
				t.Errorf("%s: unique %q %v, from %v", c.sql, columns, ok, err)
			}
			mustBe(t, c.sql+": IsUnavailable", store.IsUnavailable(err), false)
			if !strings.Contains(err.Error(), "(in: insert into") {
				t.Errorf("which statement? %v", err)
			}
		}
		mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 1)
	})
}

func TestAServerThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), store.Options{URL: "postgres://steward:sesame@127.0.0.1:1/steward?connect_timeout=2"})
	mustBe(t, "IsUnavailable", store.IsUnavailable(err), true)
	if err == nil || strings.Contains(err.Error(), "sesame") || !strings.Contains(err.Error(), "127.0.0.1:1 does not answer") {
		t.Errorf("says %v", err)
	}
}

func TestAConnectionThatIsKilledIsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.New(t, store.PostgreSQL, shop)
	const kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
	err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
		if _, err := tx.Exec("insert into people (num, brand, email) values (1, 1, 'ada')"); err != nil {
			return err
		}
		if _, err := store.All(db.Read(t.Context()), store.Value[bool], kill); err != nil {
			return err
		}
		_, err := tx.Exec("update people set spend = 1")
		return err
	})
	mustBe(t, "IsUnavailable", store.IsUnavailable(err), true)
	mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 0)
	ada(t, db) // the pool heals
}

func TestAFileHeldByAnotherProcessIsUnavailable(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the busy timeout")
	}
	t.Parallel()
	url := storetest.URL(t, store.SQLite, shop)
	one, other := storetest.Open(t, store.Options{URL: url}), storetest.Open(t, store.Options{URL: url})
	tx := begin(t, one)
	err := txn.Write(context.WithoutCancel(t.Context()), other, func(*store.Tx) error { return nil })
	mustBe(t, "IsUnavailable", store.IsUnavailable(err), true)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	ada(t, other)
}

func TestOpenSaysWhatIsWrongWithTheURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                           `must start with "sqlite:"`,
		"mysql://root:sesame@db/x":   `must start with "sqlite:"`,
		"sqlite:":                    "must name a file",
		"sqlite::memory:":            "must name a file",
		"sqlite:/nowhere/steward.db": "/nowhere does not exist",
		"postgres://a:sesame@db:x/y": "cannot parse",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		db, err := store.Open(ctx, store.Options{URL: url})
		cancel()
		if err == nil {
			t.Fatal("opened", url, errors.Join(db.Close()))
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %v", url, err)
		}
	}
	db := storetest.Open(t, store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "100% ours?#.db")})
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
