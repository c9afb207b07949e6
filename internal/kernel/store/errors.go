package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// trouble says which statement failed. Values are arguments, so the text of a statement gives nothing away.
func trouble(err error, query string) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, pgx.ErrNoRows):
		return ErrNoRows
	}
	query = strings.Join(strings.Fields(query), " ")
	if len(query) > 160 {
		query = strings.ToValidUTF8(query[:160], "") + "…"
	}
	return fmt.Errorf("%w (in: %s)", err, query)
}

// codes gives the code of either driver's error: the extended result code of SQLite, or the SQLSTATE of PostgreSQL.
func codes(err error) (int, *pgconn.PgError) {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code(), nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return 0, pg
	}
	return 0, nil
}

// IsUnique says whether a unique index or primary key refused err's statement, and which: its columns as in
// "customers.brand, customers.email" on both databases; the index's name if it is over an expression.
func IsUnique(err error) (columns string, ok bool) {
	code, pg := codes(err)
	if pg != nil {
		return pgColumns(pg), pg.Code == "23505"
	}
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return liteColumns(err), true
	}
	return "", false
}

// pgColumns reads the columns out of the detail, "Key (brand, email)=(1, ada@example.com) already exists.", in any language.
func pgColumns(pg *pgconn.PgError) string {
	_, rest, _ := strings.Cut(pg.Detail, "(")
	columns, _, found := strings.Cut(rest, ")=(")
	if !found || strings.ContainsAny(columns, "()") {
		return pg.ConstraintName
	}
	names := strings.Split(columns, ", ")
	for i := range names {
		names[i] = pg.TableName + "." + names[i]
	}
	return strings.Join(names, ", ")
}

// liteColumns reads them out of "constraint failed: UNIQUE constraint failed: customers.brand, customers.email (2067)", where an
// index over an expression is "index 'customers_folded'".
func liteColumns(err error) string {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return ""
	}
	_, columns, _ := strings.Cut(lite.Error(), "UNIQUE constraint failed: ")
	columns, _, _ = strings.Cut(columns, " (")
	if name, found := strings.CutPrefix(columns, "index '"); found {
		return strings.TrimSuffix(name, "'")
	}
	return columns
}

// IsUnavailable says whether the database is gone, shutting down, full or held by somebody else: trying again later may help.
func IsUnavailable(err error) bool {
	if err == nil {
		return false
	}
	code, pg := codes(err)
	if pg != nil {
		switch pg.Code[:min(2, len(pg.Code))] {
		case "08", "53", "57", "58": // connection, resources, operator (shutdown), system (disk)
			return pg.Code != "57014" // a cancelled statement
		}
		return pg.Code == "25006" && strings.Contains(pg.Message, "recovery") // a standby: the primary has moved
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.Is(err, ErrClosed) || errors.As(err, &connect) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, sql.ErrConnDone) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool") || strings.Contains(err.Error(), "database is closed")
}

// isLost says whether the statement took the whole transaction with it, so that a savepoint is no way back and a next statement
// would stand alone. (https://sqlite.org/lang_transaction.html, "Response to errors within a transaction".)
func isLost(err error) bool {
	code, pg := codes(err)
	if pg != nil {
		return pg.Severity == "FATAL" || pg.Severity == "PANIC"
	}
	switch code & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT:
		return true
	}
	return false
}

// IsConflict says whether PostgreSQL ended a transaction because it and another waited for each other, or could not be put in an
// order. Nothing of it happened, and trying it again is the remedy. SQLite has one writer, so it does not happen there.
func IsConflict(err error) bool {
	_, pg := codes(err)
	return pg != nil && (pg.Code == "40P01" || pg.Code == "40001")
}
