package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresSession is a transaction of PostgreSQL.
//
// Its statements end at their deadline, unlike SQLite's: one that waits for a lock must not queue for a caller who has left. pgx
// cancels by closing the connection, which rolls everything back, so the rule is the same: afterwards nothing has happened.
type postgresSession struct{ tx pgx.Tx }

// postgresRows answer the errors of a query in our words.
type postgresRows struct {
	pgx.Rows
	sql string
}

func (r postgresRows) Err() error   { return trouble(r.Rows.Err(), r.sql) }
func (r postgresRows) Close() error { r.Rows.Close(); return r.Err() }

func (s *postgresSession) query(ctx context.Context, sql string, args []any) (Rows, error) {
	rows, err := s.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, trouble(err, sql)
	}
	return postgresRows{rows, sql}, nil
}

func (s *postgresSession) exec(ctx context.Context, sql string, args []any) (int64, error) {
	tag, err := s.tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), trouble(err, sql)
}

func (s *postgresSession) execMany(ctx context.Context, sql string, rows [][]any) (total int64, err error) {
	batch := &pgx.Batch{}
	for _, args := range rows {
		batch.Queue(sql, args...)
	}
	results := s.tx.SendBatch(ctx, batch)
	defer func() {
		if end := results.Close(); err == nil {
			err = trouble(end, sql)
		}
	}()
	for range rows {
		tag, err := results.Exec()
		if err != nil {
			return total, trouble(err, sql)
		}
		total += tag.RowsAffected()
	}
	return total, nil
}

func (s *postgresSession) copyIn(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (int64, error) {
	next, stop := iter.Pull(rows)
	defer stop()
	n, err := s.tx.CopyFrom(ctx, pgx.Identifier(strings.Split(table, ".")), columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, _ := next() // nil at the end, as CopyFromFunc wants it
		return row, nil
	}))
	return n, trouble(err, "copy "+table)
}

// commit does not hear the context: a commit that is cancelled half-way is one whose outcome nobody knows.
func (s *postgresSession) commit(ctx context.Context) error {
	return trouble(s.tx.Commit(context.WithoutCancel(ctx)), "commit")
}

func (s *postgresSession) rollback() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	lost := s.tx.Conn().IsClosed() // asked before: afterwards the connection is the pool's again
	err := s.tx.Rollback(ctx)
	if err == nil || lost || errors.Is(err, pgx.ErrTxClosed) { // the server rolls back what has no connection
		return nil
	}
	return trouble(err, "rollback")
}

func (s *postgresSession) native() (*sql.Tx, pgx.Tx) { return nil, s.tx }
