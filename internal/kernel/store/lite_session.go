package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// liteSession is a transaction of SQLite. One that writes has the writer's connection; one that reads has none.
//
// Its statements are deaf to cancelling when it writes: SQLite answers an interrupted statement by rolling back all of the
// transaction, savepoints included.
type liteSession struct {
	tx   *sql.Tx
	conn *sql.Conn
}

func (s *liteSession) deaf(ctx context.Context) context.Context {
	if s.conn != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (s *liteSession) query(ctx context.Context, query string, args []any) (Rows, error) {
	rows, err := s.tx.QueryContext(s.deaf(ctx), query, args...) //nolint:sqlclosecheck // the caller closes it
	if err != nil {
		return nil, trouble(err, query)
	}
	return rows, nil
}

func (s *liteSession) exec(ctx context.Context, query string, args []any) (int64, error) {
	result, err := s.tx.ExecContext(s.deaf(ctx), query, args...)
	if err != nil {
		return 0, trouble(err, query)
	}
	return result.RowsAffected()
}

// execMany is a loop: the connection keeps the prepared statement (lite_conn.go). Measured, it beats one statement with many rows.
func (s *liteSession) execMany(ctx context.Context, query string, rows [][]any) (total int64, _ error) {
	for _, args := range rows {
		n, err := s.exec(ctx, query, args)
		if err != nil {
			return total, err
		}
		total += n
		if err := ctx.Err(); err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *liteSession) copyIn(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (total int64, _ error) {
	holes := make([]string, len(columns))
	for i := range holes {
		holes[i] = "$" + strconv.Itoa(i+1)
	}
	insert := "insert into " + table + " (" + strings.Join(columns, ", ") + ") values (" + strings.Join(holes, ", ") + ")"
	for args := range rows {
		n, err := s.exec(ctx, insert, args)
		if err != nil {
			return total, err
		}
		total += n
		if err := ctx.Err(); err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *liteSession) commit(context.Context) error {
	return s.end(trouble(s.tx.Commit(), "commit"))
}

func (s *liteSession) rollback() error {
	err := s.tx.Rollback()
	if errors.Is(err, sql.ErrTxDone) { // a snapshot whose context ended
		err = nil
	}
	return s.end(trouble(err, "rollback"))
}

// end gives the writer back.
func (s *liteSession) end(err error) error {
	if s.conn == nil {
		return err
	}
	return errors.Join(err, s.conn.Close())
}

func (s *liteSession) native() (*sql.Tx, pgx.Tx) { return s.tx, nil }
