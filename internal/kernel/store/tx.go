package store

import (
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
)

// ErrEnded is the answer of a transaction after Commit or Rollback.
var ErrEnded = errors.New("store: the transaction has ended")

// Tx is one write transaction: all of it happens, or none. It is for one goroutine.
//
// On SQLite it is the only one (begin immediate). On PostgreSQL it is read committed; rows that are read in order to be changed
// are locked with Dialect.ForUpdate.
type Tx struct {
	talk
	savepoints int
}

// failedError is the answer to every statement after one that failed.
type failedError struct{ first error }

func (e *failedError) Error() string {
	return "store: an earlier statement of this transaction failed, so only rolling back is possible: " + e.first.Error()
}

func (e *failedError) Unwrap() error { return e.first }

// Exec runs a statement and answers how many rows it touched.
func (tx *Tx) Exec(sql string, args ...any) (int64, error) {
	return tx.do(func() (int64, error) {
		if err := fit(args); err != nil {
			return 0, err
		}
		return tx.session.exec(tx.ctx, sql, args)
	})
}

// ExecMany runs a statement once for each row of arguments and answers how many rows were touched: one prepared statement on
// SQLite, one round trip on PostgreSQL.
func (tx *Tx) ExecMany(sql string, rows [][]any) (int64, error) {
	if len(rows) == 0 {
		return 0, tx.ready()
	}
	return tx.do(func() (int64, error) {
		for _, args := range rows {
			if err := fit(args); err != nil {
				return 0, err
			}
		}
		return tx.session.execMany(tx.ctx, sql, rows)
	})
}

// CopyIn inserts rows into columns of a table in the fastest way there is (COPY on PostgreSQL) and answers how many. Table and
// columns are names from code, never from input.
func (tx *Tx) CopyIn(table string, columns []string, rows iter.Seq[[]any]) (int64, error) {
	return tx.do(func() (int64, error) { return tx.session.copyIn(tx.ctx, table, columns, rows) })
}

func (tx *Tx) do(statement func() (int64, error)) (int64, error) {
	if err := tx.ready(); err != nil {
		return 0, err
	}
	n, err := statement()
	if err != nil {
		tx.failed = err
	}
	return n, err
}

// Savepoint runs fn. When it answers an error, what it did is undone, the transaction goes on as if it had not run, and the error
// is handed up. It may be nested.
func (tx *Tx) Savepoint(fn func() error) error {
	tx.savepoints++
	name := fmt.Sprintf("sp%d", tx.savepoints)
	if _, err := tx.Exec("savepoint " + name); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		if err = tx.ready(); err == nil {
			_, err = tx.Exec("release savepoint " + name)
			return err
		}
	}
	if back := tx.backTo(name); back != nil {
		return errors.Join(err, fmt.Errorf("back to a savepoint: %w", back))
	}
	return err
}

// backTo undoes what happened since a savepoint. It asks the session past ready: a failed statement and a deadline that passed are
// what it is for.
func (tx *Tx) backTo(name string) error {
	switch {
	case tx.ended:
		return ErrEnded
	case tx.reading:
		return ErrOpenRows
	case tx.failed != nil && isLost(tx.failed): // there is no transaction left to go back in
		return tx.failed
	}
	tx.failed = nil
	for _, sql := range []string{"rollback to savepoint " + name, "release savepoint " + name} {
		if _, err := tx.session.exec(tx.ctx, sql, nil); err != nil {
			tx.failed = err
			return err
		}
	}
	return nil
}

// Commit makes all of it durable. When it answers an error, nothing has happened, unless IsUnavailable says that the database
// went away meanwhile: then nobody knows. After a failed statement or a deadline that passed it rolls back and says so.
func (tx *Tx) Commit() error {
	if err := tx.ready(); err != nil {
		if tx.ended {
			return err
		}
		return errors.Join(err, tx.Rollback())
	}
	tx.ended = true
	return tx.session.commit(tx.ctx)
}

// Rollback undoes all of it. After Commit or Rollback it does nothing.
func (tx *Tx) Rollback() error {
	if tx.ended {
		return nil
	}
	tx.ended = true
	return tx.session.rollback()
}

// Native gives the driver's transaction to libraries that join it (River): the first on SQLite, the second on PostgreSQL.
func (tx *Tx) Native() (*sql.Tx, pgx.Tx) { return tx.session.native() }
