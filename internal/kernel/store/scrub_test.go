package store_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

func TestWhatWasDeletedIsInNoFile(t *testing.T) {
	t.Parallel()
	path, db := liteFile(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		if err := txn.Write(t.Context(), db, func(tx *store.Tx) error { _, err := tx.Exec(sql, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	found := func() (in []string) {
		for _, name := range []string{path, path + "-wal", path + "-shm"} {
			content, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if bytes.Contains(content, []byte("unmistakable")) {
				in = append(in, name)
			}
		}
		return in
	}
	exec("create table notes (id integer primary key, body text not null)")
	exec("create index notes_body on notes (body)")
	for range 400 {
		exec("insert into notes (body) values ('unmistakable ' || hex(randomblob(40)))")
	}
	if len(found()) == 0 {
		t.Fatal("it is not even there before: the test looks in the wrong place")
	}
	exec("update notes set body = '' where id % 3 = 0")
	exec("delete from notes where id % 3 > 0")
	if err := db.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if in := found(); in != nil {
		t.Errorf("still in %v", in)
	}
}

func TestAnOldStateThatIsReadHoldsTheLog(t *testing.T) {
	t.Parallel()
	_, db := liteFile(t)
	err := db.Snapshot(t.Context(), func(r store.Reader) error {
		if _, err := store.Value[int64](r.QueryRow("select count(*) from sqlite_master")); err != nil {
			return err
		}
		err := txn.Write(t.Context(), db, func(tx *store.Tx) error { _, err := tx.Exec("create table later (id integer primary key)"); return err })
		return errors.Join(err, db.Scrub(t.Context()))
	})
	if !errors.Is(err, store.ErrLogHeld) {
		t.Fatalf("%v, want %v", err, store.ErrLogHeld)
	}
	if err := db.Scrub(t.Context()); err != nil {
		t.Errorf("when nobody reads any more: %v", err)
	}
}
