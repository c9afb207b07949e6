package store_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// with is the schema of these tests and one more file.
func with(name, sql string) fstest.MapFS {
	more := maps.Clone(shop)
	more[name] = &fstest.MapFile{Data: []byte(sql)}
	return more
}

func TestMigrateBringsADatabaseUpToDate(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		next := with("0020_more.sql", "create table more (a {{.Int}}) {{.Strict}};\ncreate index more_a on more (a);")
		before, err := store.Status(t.Context(), db, next)
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, "files", len(before), 3)
		mustBe(t, "name", before[1].Name, "orders")
		mustBe(t, "applied", !before[1].Applied.IsZero(), true)
		mustBe(t, "not yet", before[2].Applied.IsZero(), true)
		for range 2 { // the second time finds nothing to do
			if err := store.Migrate(t.Context(), db, next); err != nil {
				t.Fatal(err)
			}
		}
		mustBe(t, "more", count(t, db.Read(t.Context()), "more"), 0)

		err = store.Migrate(t.Context(), db, shop)
		mustFail(t, err, store.ErrNewer)
		if !strings.Contains(err.Error(), "version 20") || !strings.Contains(err.Error(), "up to 10") {
			t.Errorf("says %v", err)
		}
	})
}

func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		err := store.Migrate(t.Context(), db, with("0020_half.sql", "create table half (a {{.Int}}); insert into nowhere values (1);"))
		if err == nil || !strings.Contains(err.Error(), "0020_half.sql") {
			t.Errorf("says %v", err)
		}
		if err := store.Migrate(t.Context(), db, with("0020_whole.sql", "create table half (a {{.Int}}) {{.Strict}};")); err != nil {
			t.Error(err)
		}
	})
}

func TestMigrationsMustBeNamedAndNumbered(t *testing.T) {
	t.Parallel()
	db := storetest.New(t, store.SQLite, shop)
	for _, c := range []struct{ name, sql, want string }{
		{"start.sql", "", "must be named"}, {"0010_again.sql", "", "two migrations"}, {"0030_typo.sql", "{{.Blobb}}", "Blobb"},
	} {
		if err := store.Migrate(t.Context(), db, with(c.name, c.sql)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.PostgreSQL, fstest.MapFS{})
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			db := storetest.Open(t, store.Options{URL: url, SearchPath: "keys", Readers: 1, Writers: 3})
			if err := store.Migrate(t.Context(), db, shop); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	keys := storetest.Open(t, store.Options{URL: url, SearchPath: "keys"})
	mustBe(t, "people in the schema", count(t, keys.Read(t.Context()), "keys.people"), 0)
	main := storetest.Open(t, store.Options{URL: url})
	if err := store.Migrate(t.Context(), main, shop); err != nil {
		t.Errorf("a second store in the same database: %v", err)
	}
	mustBe(t, "people outside of it", count(t, main.Read(t.Context()), "public.people"), 0)
}
