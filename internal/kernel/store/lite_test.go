package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

func liteFile(t *testing.T) (string, *store.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "steward.db")
	db := storetest.Open(t, store.Options{URL: "sqlite:" + path})
	if err := store.Migrate(t.Context(), db, shop); err != nil {
		t.Fatal(err)
	}
	return path, db
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path, _ := liteFile(t)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, name, info.Mode().Perm(), 0o600)
	}
}

func TestEveryConnectionHasItsPragmas(t *testing.T) {
	t.Parallel()
	_, db := liteFile(t)
	want := map[string][2]int{ // writer, reader
		"synchronous": {2, 2}, "foreign_keys": {1, 1}, "secure_delete": {1, 0}, "query_only": {0, 1}, "wal_autocheckpoint": {0, 1000},
		"cache_size": {-32768, -2048}, "busy_timeout": {5000, 5000}, "temp_store": {2, 2},
	}
	pragma := func(r store.Reader, name string) int {
		n, err := store.Value[int](r.QueryRow("pragma " + name))
		if err != nil {
			t.Fatal(name, err)
		}
		return n
	}
	for name, values := range want {
		write(t, db, func(tx *store.Tx) error { mustBe(t, "writer "+name, pragma(tx, name), values[0]); return nil })
		mustBe(t, "reader "+name, pragma(db.Read(t.Context()), name), values[1])
	}
}

func TestTheLogMovesIntoTheDatabaseByItself(t *testing.T) {
	t.Parallel()
	path, db := liteFile(t)
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	exec(t, db, "insert into people (num, brand, email, picture) values (1, 1, 'ada', zeroblob(300000))")
	for deadline := time.Now().Add(10 * time.Second); size() < before+300000; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the log was not moved")
		}
	}
}

func TestOneTextMayBeReadTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, store.Options{URL: storetest.URL(t, store.SQLite, shop), Readers: 2})
	people(t, db, "a", "b", "c")
	const sql = "select num from people order by num"
	var pairs int
	outer, err := db.Read(t.Context()).Query(sql)
	if err != nil {
		t.Fatal(err)
	}
	for outer.Next() {
		inner, err := store.All(db.Read(t.Context()), store.Value[int], sql)
		if err != nil {
			t.Fatal(err)
		}
		pairs += len(inner)
	}
	mustBe(t, "pairs", pairs, 9)
	if err := outer.Err(); err != nil {
		t.Error(err)
	}
}

func TestManyTextsAndAChangedTableLeaveNoStaleStatement(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, store.Options{URL: storetest.URL(t, store.SQLite, shop), Readers: 1})
	people(t, db, "a")
	for i := range 500 { // more than a connection keeps
		n, err := store.Value[int](db.Read(t.Context()).QueryRow(fmt.Sprintf("select num + %d from people", i)))
		if err != nil || n != i+1 {
			t.Fatal(n, err)
		}
	}
	const all = "select * from people"
	columns := func() (n int) {
		rows, err := db.Read(t.Context()).Query(all)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for n = 1; rows.Next(); {
			for dest := make([]any, 0, 20); len(dest) < 20; n = len(dest) {
				dest = append(dest, new(any))
				if rows.Scan(dest...) == nil {
					return len(dest)
				}
			}
		}
		return n
	}
	before := columns()
	exec(t, db, "alter table people add column more integer")
	mustBe(t, "columns", columns(), before+1)
}
