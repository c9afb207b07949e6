package store

import (
	"context"
	"database/sql/driver"
	"strings"
)

// A connection of SQLite keeps the statements it has prepared, below database/sql, so that whatever runs on it profits: our
// queries, import loops and River. An import of 500 rows takes half the time, a point read a tenth less.
const (
	keptStatements = 128     // for each connection; about 5 KiB each
	keptText       = 8 << 10 // longer texts are migrations
)

// keepingConnector wraps each connection of the driver.
type keepingConnector struct{ driver.Connector }

// liteDriver is what the driver's connection can do, and database/sql wants to find.
type liteDriver interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnBeginTx
	driver.SessionResetter
	driver.Validator
	driver.Pinger
}

func (c keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keepingConn{liteDriver: conn.(liteDriver), kept: map[string]*keptStatement{}}, nil
}

// keepingConn needs no lock: database/sql uses a connection, and the rows on it, from one goroutine at a time.
type keepingConn struct {
	liteDriver
	kept map[string]*keptStatement
	uses uint64
}

type keptStatement struct {
	driver.Stmt
	used uint64 // when, in uses of the connection
	busy bool   // its rows are open
}

func (c *keepingConn) ExecContext(ctx context.Context, sql string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, sql)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.liteDriver.ExecContext(ctx, sql, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (c *keepingConn) QueryContext(ctx context.Context, sql string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, sql)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.liteDriver.QueryContext(ctx, sql, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, s}, nil
}

// keptRows free their statement for the next use.
type keptRows struct {
	driver.Rows
	statement *keptStatement
}

func (r *keptRows) Close() error {
	r.statement.busy = false
	return r.Rows.Close()
}

// statement gives the kept statement of a text, nil when it is better run without.
func (c *keepingConn) statement(ctx context.Context, sql string) (*keptStatement, error) {
	c.uses++
	if s := c.kept[sql]; s != nil {
		if s.busy {
			return nil, nil
		}
		s.used = c.uses
		return s, nil
	}
	// Many pragmas take effect while they are prepared: kept, they would work only once.
	if len(sql) > keptText || len(sql) >= 6 && strings.EqualFold(sql[:6], "pragma") {
		return nil, nil
	}
	if len(c.kept) >= keptStatements {
		c.drop()
	}
	stmt, err := c.PrepareContext(ctx, sql)
	if err != nil {
		return nil, err
	}
	s := &keptStatement{Stmt: stmt, used: c.uses}
	c.kept[strings.Clone(sql)] = s
	return s, nil
}

// drop closes the statement that was not used for the longest time.
func (c *keepingConn) drop() {
	var oldest string
	for sql, s := range c.kept {
		if !s.busy && (oldest == "" || s.used < c.kept[oldest].used) {
			oldest = sql
		}
	}
	if s := c.kept[oldest]; s != nil {
		delete(c.kept, oldest)
		_ = s.Close()
	}
}

// Close closes the statements first: SQLite keeps a connection with open statements alive.
func (c *keepingConn) Close() error {
	for _, s := range c.kept {
		_ = s.Close()
	}
	clear(c.kept)
	return c.liteDriver.Close()
}
