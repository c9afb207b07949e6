package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
)

// Options say which database, and how much of the machine it may take. Zero values are good defaults.
type Options struct {
	URL        string // "sqlite:PATH" or "postgres://…"
	Readers    int    // connections that read; 2 for each CPU, at least 4
	Writers    int    // connections that write, PostgreSQL only (SQLite has one); 2 for each CPU, at least 8
	SearchPath string // schema on PostgreSQL, made if absent: a second store in the same database (SQLite: a second file)
	CacheKiB   int    // page cache of SQLite's writer, 16 to 64 MiB; 32 MiB
}

// ErrClosed is the answer of a DB after Close.
var ErrClosed = errors.New("store: the database is closed")

// ErrKey is the answer to a txn.Key that txn did not make.
var ErrKey = errors.New("store: only kernel/internal/txn opens a write transaction")

// ErrLogHeld is the answer of Scrub while a long read keeps SQLite's log from being emptied.
var ErrLogHeld = errors.New("store: the write-ahead log cannot be emptied, because something reads an old state")

// ErrPagesMove is the answer of Scrub while others change a table's pages faster than it cleans them.
var ErrPagesMove = errors.New("store: pages are changed all the time, and some were not cleaned")

// DB is an open database.
type DB struct {
	dialect Dialect
	engine  engine
	closed  atomic.Bool
}

// engine is what a database must be able to do. There are two, lite and postgres.
type engine interface {
	query(ctx context.Context, sql string, args []any) (Rows, error)
	snapshot(ctx context.Context) (session, error)
	begin(ctx context.Context) (session, error)
	handles() Handles
	ping(ctx context.Context) error
	optimize(ctx context.Context) error
	scrub(ctx context.Context, tables []string) error
	close() error
}

// session is one connection of an engine, inside a transaction.
type session interface {
	query(ctx context.Context, sql string, args []any) (Rows, error)
	exec(ctx context.Context, sql string, args []any) (int64, error)
	execMany(ctx context.Context, sql string, rows [][]any) (int64, error)
	copyIn(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) (int64, error)
	commit(ctx context.Context) error
	rollback() error
	native() (*sql.Tx, pgx.Tx)
}

// Open opens the database at o.URL and asks it for an answer, so that a wrong address is heard of at the start.
func Open(ctx context.Context, o Options) (*DB, error) {
	scheme, rest, _ := strings.Cut(o.URL, ":")
	switch scheme {
	case "sqlite":
		e, err := openLite(ctx, rest, o)
		if err != nil {
			return nil, fmt.Errorf("open the SQLite database: %w", err)
		}
		return &DB{dialect: SQLite, engine: e}, nil
	case "postgres", "postgresql":
		e, err := openPostgres(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("open the PostgreSQL database: %w", err)
		}
		return &DB{dialect: PostgreSQL, engine: e}, nil
	}
	// The URL itself is not repeated: it may hold a password.
	return nil, errors.New(`the database URL must start with "sqlite:" and a file (sqlite:/var/lib/steward/steward.db) or with "postgres://" and a server (postgres://user:password@host/database)`)
}

// Dialect says which database this is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Read gives a Reader on the read pool. Each query may see a later state than the one before; for one state, use Snapshot.
func (db *DB) Read(ctx context.Context) Reader { return pool{ctx, db} }

// Snapshot runs fn with a Reader that sees one state of the database, the one at its first query.
func (db *DB) Snapshot(ctx context.Context, fn func(Reader) error) (err error) {
	if db.closed.Load() {
		return ErrClosed
	}
	s, err := db.engine.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("open a snapshot: %w", err)
	}
	defer func() { // nothing was written: the way it ends changes nothing
		if end := s.rollback(); err == nil && end != nil && ctx.Err() == nil {
			err = end
		}
	}()
	return fn(&talk{ctx: ctx, dialect: db.dialect, session: s})
}

// Begin opens a write transaction. On SQLite it waits for the one writer. It must end with Commit or Rollback.
func (db *DB) Begin(ctx context.Context, key txn.Key) (*Tx, error) {
	if !key.Held() {
		return nil, ErrKey
	}
	if db.closed.Load() {
		return nil, ErrClosed
	}
	s, err := db.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	return &Tx{talk: talk{ctx: ctx, dialect: db.dialect, session: s}}, nil
}

// Handles are the raw handles to write with: SQL on SQLite (one connection), PG on PostgreSQL. The other one is nil.
type Handles struct {
	SQL *sql.DB
	PG  *pgxpool.Pool
}

// Handles gives the handles that write without a Tx, for River and nobody else. Without a held key both are nil.
func (db *DB) Handles(key txn.Key) Handles {
	if !key.Held() {
		return Handles{}
	}
	return db.engine.handles()
}

// Ping asks for an answer from the read pool.
func (db *DB) Ping(ctx context.Context) error {
	if db.closed.Load() {
		return ErrClosed
	}
	return db.engine.ping(ctx)
}

// Optimize renews the statistics of the query planner. Call it after a bulk load.
func (db *DB) Optimize(ctx context.Context) error {
	if db.closed.Load() {
		return ErrClosed
	}
	return db.engine.optimize(ctx)
}

// Scrub removes what was deleted from these tables from the files as well. On SQLite rows are overwritten with the deletion itself
// (secure_delete); Scrub does the same to copies of them that a split left behind in a page, and then empties the write-ahead log,
// which still holds pages as they were, for all tables. ErrLogHeld, ErrPagesMove: try again later. On PostgreSQL it is a vacuum
// with new samples for the planner, and the bytes stay in the server's files until it uses their place again.
func (db *DB) Scrub(ctx context.Context, tables ...string) error {
	if db.closed.Load() {
		return ErrClosed
	}
	return db.engine.scrub(ctx, tables)
}

// Close waits for what runs, and closes. The second time does nothing.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	return db.engine.close()
}
