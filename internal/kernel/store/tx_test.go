package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

var errNo = errors.New("no")

const join = "insert into people (num, brand, email) values ($1, 1, $2)"

func TestAnErrorUndoesTheTransaction(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			if _, err := tx.Exec(join, 1, "ada"); err != nil {
				return err
			}
			return errNo
		})
		mustFail(t, err, errNo)
		mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 0)
	})
}

func TestSavepointsNestAndUndoOnlyThemselves(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		write(t, db, func(tx *store.Tx) error {
			add := func(num int, email string) error { _, err := tx.Exec(join, num, email); return err }
			keep := tx.Savepoint(func() error {
				mustFail(t, tx.Savepoint(func() error { return errors.Join(add(1, "undone"), errNo) }), errNo)
				err := tx.Savepoint(func() error { return errors.Join(add(2, "kim"), add(3, "kim")) })
				if columns, ok := store.IsUnique(err); !ok || columns != "people.brand, people.email" {
					t.Errorf("got %q, %v", columns, err)
				}
				return add(4, "ada")
			})
			return errors.Join(keep, tx.Savepoint(func() error { return add(5, "eve") }))
		})
		mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 2)
	})
}

func TestAfterAFailedStatementOnlyTheWayBackIsOpen(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		tx := begin(t, db)
		_, first := tx.Exec(join, 2, "ada@example.com")
		if _, ok := store.IsUnique(first); !ok {
			t.Fatalf("got %v", first)
		}
		_, err := tx.Exec(join, 3, "kim@example.com")
		mustFail(t, err, first)
		mustFail(t, tx.Commit(), first)
		mustFail(t, tx.Commit(), store.ErrEnded)
		mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 1)
	})
}

func TestARunningQueryIsReadToItsEndFirst(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		write(t, db, func(tx *store.Tx) error {
			rows, err := tx.Query("select num from people")
			if err != nil {
				return err
			}
			_, err = tx.Exec(join, 2, "kim")
			mustFail(t, err, store.ErrOpenRows)
			if err := rows.Close(); err != nil {
				return err
			}
			_, err = tx.Exec(join, 2, "kim")
			return err
		})
	})
}

func TestRollbackMayBeRepeated(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		tx := begin(t, db)
		if err := errors.Join(tx.Rollback(), tx.Rollback()); err != nil {
			t.Fatal(err)
		}
		_, err := tx.Exec(join, 1, "ada")
		mustFail(t, err, store.ErrEnded)
		ada(t, db) // the writer was given back
	})
}

func TestADeadlineThatPassedUndoesTheTransaction(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := txn.Write(ctx, db, func(tx *store.Tx) error {
			if _, err := tx.Exec(join, 1, "ada"); err != nil {
				return err
			}
			cancel()
			_, err := tx.Exec(join, 2, "kim")
			mustFail(t, err, context.Canceled)
			return nil // even when nobody listens to it
		})
		mustFail(t, err, context.Canceled)
		mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 0)
		ada(t, db)
	})
}

func TestWaitingForTheWriterEndsAtTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		if db.Dialect() != store.SQLite {
			t.Skip("PostgreSQL has many writers")
		}
		tx := begin(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		mustFail(t, txn.Write(ctx, db, func(*store.Tx) error { return nil }), context.Canceled)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		ada(t, db)
	})
}

func TestExecManyRunsOnceForEachRow(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.ExecMany(join, [][]any{{1, "ada"}, {2, "kim"}, {3, "eve"}})
			mustBe(t, "rows", n, 3)
			if err != nil {
				return err
			}
			n, err = tx.ExecMany("update people set active = $1 where num >= $2", [][]any{{false, 2}, {true, 3}, {true, 9}})
			mustBe(t, "rows", n, 3)
			return err
		})
		err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			_, err := tx.ExecMany(join, [][]any{{4, "new"}, {5, "ada"}, {6, "never"}})
			return err
		})
		if _, ok := store.IsUnique(err); !ok {
			t.Errorf("got %v", err)
		}
		mustBe(t, "people", count(t, db.Read(t.Context()), "people"), 3)
	})
}

func TestCopyInInsertsRows(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		people := func(first, last int) iter.Seq[[]any] {
			return func(yield func([]any) bool) {
				for i := first; i <= last; i++ {
					if !yield([]any{i, 1, fmt.Sprintf("p%d", i), nil, i%2 == 0, []byte{byte(i)}}) {
						return
					}
				}
			}
		}
		columns := []string{"num", "brand", "email", "name", "active", "picture"}
		write(t, db, func(tx *store.Tx) error {
			n, err := tx.CopyIn("people", columns, people(1, 1000))
			mustBe(t, "rows", n, 1000)
			return err
		})
		mustBe(t, "active", count(t, db.Read(t.Context()), "people where active = 1"), 500)
		err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			_, err := tx.CopyIn("people", columns, people(1000, 1002))
			return err
		})
		if columns, ok := store.IsUnique(err); !ok || columns != "people.num" {
			t.Errorf("got %q, %v", columns, err)
		}
	})
}

func TestConcurrentWritersLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ada(t, db)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 25 {
					err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
						spend, err := store.Value[int64](tx.QueryRow("select spend from people where num = 1" + tx.Dialect().ForUpdate()))
						if err != nil {
							return err
						}
						_, err = tx.Exec("update people set spend = $1 where num = 1", spend+1)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		spend, err := store.Value[int](db.Read(t.Context()).QueryRow("select spend from people"))
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, "spend", spend, 200)
	})
}

func TestNativeJoinsTheTransaction(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		err := txn.Write(t.Context(), db, func(tx *store.Tx) (err error) {
			const sql = "insert into people (num, brand, email) values (1, 1, 'ada')"
			if lite, pg := tx.Native(); lite != nil {
				_, err = lite.ExecContext(t.Context(), sql)
			} else {
				_, err = pg.Exec(t.Context(), sql)
			}
			mustBe(t, "in the transaction", count(t, tx, "people"), 1)
			return errors.Join(err, errNo)
		})
		mustFail(t, err, errNo)
		mustBe(t, "after it", count(t, db.Read(t.Context()), "people"), 0)
	})
}

// begin opens a transaction that the test ends itself.
func begin(t *testing.T, db *store.DB) *store.Tx {
	t.Helper()
	var tx *store.Tx
	_ = txn.Write(t.Context(), opener{db, &tx}, func(kept) error { return nil })
	if tx == nil {
		t.Fatal("no transaction")
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// opener lets txn.Write open a transaction and not end it.
type opener struct {
	db *store.DB
	tx **store.Tx
}

func (o opener) Begin(ctx context.Context, key txn.Key) (kept, error) {
	tx, err := o.db.Begin(ctx, key)
	*o.tx = tx
	return kept{}, err
}

type kept struct{}

func (kept) Commit() error   { return nil }
func (kept) Rollback() error { return nil }
