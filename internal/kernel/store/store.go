// Package store opens either database and speaks to both with one SQL text.
//
// SQLite (modernc, no cgo) is the default: one writer, a pool of readers, WAL, synchronous=FULL. PostgreSQL is for several
// nodes: pgx natively, one pool to read and one to write. Placeholders are $1, $2, … on both. Times are BIGINT epoch milliseconds
// UTC, money BIGINT minor units, booleans 0/1 BIGINT, text that is searched is folded in Go. What must differ is a named fragment
// in dialect.go.
//
// Reading is open to everybody, and the read pools of both databases refuse to write. Writing is not: Begin takes a txn.Key,
// which only the kernel can make.
//
// Where the databases differ in manners, the stricter one is the rule on both, so that what works on a laptop works on a server:
//
//   - After a statement of a transaction failed, nothing but Savepoint's way back or Rollback is possible (PostgreSQL).
//   - A transaction or snapshot reads one query to its end before it asks the next thing (PostgreSQL).
//   - A statement of a write transaction is not interrupted; the deadline is looked at between statements (SQLite).
//   - Nothing is told apart by nil: an empty blob may come back as nil. Ask for "is null" in SQL (SQLite).
//
// Start with open.go (what a DB offers), then tx.go; lite*.go and postgres*.go are the two engines; migrate.go makes the tables.
package store

import (
	"context"
	"errors"
)

// Dialect is the database spoken to.
type Dialect uint8

// The two databases.
const (
	SQLite Dialect = iota
	PostgreSQL
)

// Rows is a running query. It is closed by Close, and by reading to its end.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Row is the one row of QueryRow. Scan answers ErrNoRows when there is none.
type Row interface{ Scan(dest ...any) error }

// Reader is a place to read from: the read pool, a snapshot, or a write transaction. It carries its context, for deadlines.
type Reader interface {
	Context() context.Context
	Dialect() Dialect
	Query(sql string, args ...any) (Rows, error)
	QueryRow(sql string, args ...any) Row
}

// ErrNoRows is what Scan answers when QueryRow found nothing, on both databases.
var ErrNoRows = errors.New("store: no rows")

// All reads every row of a query with scan.
func All[T any](r Reader, scan func(Row) (T, error), sql string, args ...any) (_ []T, err error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Value scans a row of one column.
func Value[T any](row Row) (v T, err error) { err = row.Scan(&v); return v, err }
