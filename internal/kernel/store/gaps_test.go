package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// crowd is a table as that of people is: text in unique and other indexes, in rows that grow over one page, and an index of its words.
var crowd = []string{
	"create table crowd (id integer primary key, email text not null, name text not null, notes text not null)",
	"create unique index crowd_by_email on crowd (email)",
	"create index crowd_by_name on crowd (name, id)",
	"create virtual table crowd_fts using fts5 (name, email, content='crowd', content_rowid='id', detail=column, tokenize='trigram case_sensitive 1')",
	"insert into crowd_fts (crowd_fts, rank) values ('secure-delete', 1)",
	"create trigger crowd_in after insert on crowd begin insert into crowd_fts (rowid, name, email) values (new.id, new.name, new.email); end",
	"create trigger crowd_out after delete on crowd begin insert into crowd_fts (crowd_fts, rowid, name, email) values ('delete', old.id, old.name, old.email); end",
	`create trigger crowd_up after update on crowd begin
		insert into crowd_fts (crowd_fts, rowid, name, email) values ('delete', old.id, old.name, old.email);
		insert into crowd_fts (rowid, name, email) values (new.id, new.name, new.email); end`,
}

// gathered makes a crowd in a file, in the disorder in which people come: by the thousand, with values of every length, edited to grow
// and to shrink. Half of them bear the mark of who will go.
func gathered(t *testing.T, people int) (path string, db *store.DB) {
	t.Helper()
	path, db = liteFile(t)
	exec := func(tx *store.Tx, sql string, args ...any) {
		if _, err := tx.Exec(sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	write(t, db, func(tx *store.Tx) error {
		for _, sql := range crowd {
			exec(tx, sql)
		}
		return nil
	})
	mark := func(id int) string {
		if id%2 == 0 {
			return fmt.Sprintf("zqgone%06d", id)
		}
		return fmt.Sprintf("stays%06d", id)
	}
	filler := func(n int) string { return strings.Repeat("lorem ipsum ", n/12+1)[:n] }
	order := rand.Perm(people)
	for len(order) > 0 {
		part := order[:min(500, len(order))]
		order = order[len(part):]
		write(t, db, func(tx *store.Tx) error {
			for _, id := range part {
				email := fmt.Sprintf("%08x.%s@%s.example", rand.Uint32(), mark(id), filler(rand.IntN(60)))
				exec(tx, "insert into crowd (id, email, name, notes) values ($1, $2, $3, $4)", id+1, email, mark(id)+filler(rand.IntN(40)), mark(id)+filler(rand.IntN(300)))
			}
			return nil
		})
	}
	for range 3 {
		write(t, db, func(tx *store.Tx) error {
			for range people / 4 {
				id := rand.IntN(people)
				exec(tx, "update crowd set notes = $1, name = $2 where id = $3", mark(id)+filler(rand.IntN(3000)), mark(id)+filler(rand.IntN(200)), id+1)
			}
			return nil
		})
	}
	if err := db.Optimize(t.Context()); err != nil { // what the planner keeps of the values
		t.Fatal(err)
	}
	return path, db
}

// holding lists the files of a database in which a text is, and how often.
func holding(t *testing.T, path, text string) (in []string) {
	t.Helper()
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		content, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if n := bytes.Count(content, []byte(text)); n > 0 {
			in = append(in, fmt.Sprintf("%s, %d times", name[len(path)-10:], n))
		}
	}
	return in
}

// TestWhatMovedBetweenPagesIsInNoFile: copies of rows that page splits left behind go as well, whether the rows are deleted or emptied.
func TestWhatMovedBetweenPagesIsInNoFile(t *testing.T) {
	t.Parallel()
	people := 1200
	if testing.Short() {
		people = 400
	}
	path, db := gathered(t, people)
	if len(holding(t, path, "zqgone")) == 0 {
		t.Fatal("it is not even there before: the test looks in the wrong place")
	}
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("delete from crowd where id % 4 = 1 and id <= $1", people)
		return err
	})
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("update crowd set email = '[gone-' || id || ']', name = '[gone]', notes = '' where id % 2 = 1")
		return err
	})
	if err := db.Scrub(t.Context(), "crowd", "crowd_fts"); err != nil {
		t.Fatal(err)
	}
	if in := holding(t, path, "zqgone"); in != nil {
		t.Errorf("still in %v", in)
	}
	if len(holding(t, path, "stays")) == 0 {
		t.Error("who stays is gone too")
	}
	sound(t, db)
	n, err := store.Value[int](db.Read(t.Context()).QueryRow("select count(*) from crowd_fts where crowd_fts match 'tay'"))
	if err != nil || n != people/2 {
		t.Errorf("%d are found by their words, %v", n, err)
	}
}

// TestPagesAreCleanedBesideWriters: nobody's change is lost to the scrub, and nobody reads anything broken.
func TestPagesAreCleanedBesideWriters(t *testing.T) {
	t.Parallel()
	const people = 500
	_, db := gathered(t, people)
	stop := make(chan struct{})
	var busy sync.WaitGroup
	wrote := map[int]int{}
	busy.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			id := 1 + rand.IntN(people)
			err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
				_, err := tx.Exec("update crowd set notes = $1 where id = $2", fmt.Sprint(n)+strings.Repeat("x", rand.IntN(2000)), id)
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
			wrote[id] = n
		}
	})
	for range 5 {
		err := db.Scrub(t.Context(), "crowd", "crowd_fts")
		if err != nil && !errors.Is(err, store.ErrPagesMove) && !errors.Is(err, store.ErrLogHeld) {
			t.Fatal(err)
		}
	}
	close(stop)
	busy.Wait()
	for id, n := range wrote {
		notes, err := store.Value[string](db.Read(t.Context()).QueryRow("select notes from crowd where id = $1", id))
		if err != nil || strings.TrimRight(notes, "x") != fmt.Sprint(n) {
			t.Errorf("row %d says %.20q instead of %d, %v", id, notes, n, err)
		}
	}
	sound(t, db)
}

// sound wants SQLite to find nothing wrong.
func sound(t *testing.T, db *store.DB) {
	t.Helper()
	found, err := store.Value[string](db.Read(t.Context()).QueryRow("pragma integrity_check"))
	if err != nil || found != "ok" {
		t.Errorf("the file is damaged: %s, %v", found, err)
	}
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("insert into crowd_fts (crowd_fts, rank) values ('integrity-check', 1)")
		return err
	})
}
