package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string    // the file's name without number and ending
	Applied time.Time // zero: not yet
}

// ErrNewer means that a newer Steward has changed the database.
var ErrNewer = errors.New("the database belongs to a newer Steward")

// words are what a migration may say where the databases have no word in common. There is one schema text.
type words struct {
	SQLite, PostgreSQL bool
	Int                string // 64 bits on both: SQLite's strict tables know no bigint, and PostgreSQL's integer has 32
	Blob               string // bytes
	Text               string // text that sorts and compares by bytes
	PrimaryNum         string // a number that is the primary key: SQLite's rowid
	Strict             string // after a table's closing bracket: types mean something
	Collate            string // in an index on an expression
}

var wordsOf = map[Dialect]words{
	SQLite:     {SQLite: true, Int: "integer", Blob: "blob", Text: "text", PrimaryNum: "integer primary key", Strict: "strict"},
	PostgreSQL: {PostgreSQL: true, Int: "bigint", Blob: "bytea", Text: `text collate "C"`, PrimaryNum: "bigint primary key", Collate: `collate "C"`},
}

var fileName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// step is a migration and its text in one dialect.
type step struct {
	Migration
	sql string
}

// Migrate brings the schema up to the last file of fsys, each file in a transaction of its own.
func Migrate(ctx context.Context, db *DB, fsys fs.FS) error {
	return withGoose(ctx, db, fsys, func(p *goose.Provider, steps []step) error {
		version, err := p.GetDBVersion(ctx)
		if err != nil {
			return fmt.Errorf("read the version of the database: %w", err)
		}
		if last := steps[len(steps)-1].Version; version > last {
			return fmt.Errorf("%w: it is at version %d, and this program knows versions up to %d. Start the newer program, or restore the backup from before the update", ErrNewer, version, last)
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		return nil
	})
}

// Status lists the migrations of fsys, first to last, and when each was applied.
func Status(ctx context.Context, db *DB, fsys fs.FS) (list []Migration, err error) {
	err = withGoose(ctx, db, fsys, func(p *goose.Provider, steps []step) error {
		states, err := p.Status(ctx)
		if err != nil {
			return fmt.Errorf("read the migrations of the database: %w", err)
		}
		for i, state := range states {
			m := steps[i].Migration
			m.Applied = state.AppliedAt
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// migrating is the lock that one node holds while it migrates. goose has one of its own, but makes its table outside of it.
const migrating = 0x5374657761726400 // "Steward"

func withGoose(ctx context.Context, db *DB, fsys fs.FS, fn func(*goose.Provider, []step) error) (err error) {
	steps, err := readSteps(fsys, db.dialect)
	if err != nil || len(steps) == 0 {
		return err
	}
	dialect, handle := goose.DialectSQLite3, db.engine.handles().SQL
	if pool := db.engine.handles().PG; pool != nil {
		dialect, handle = goose.DialectPostgres, stdlib.OpenDBFromPool(pool)
		defer func() { err = errors.Join(err, handle.Close()) }()
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return trouble(err, "migrate")
		}
		defer conn.Release()
		if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(migrating)); err != nil {
			return trouble(err, "migrate")
		}
		defer func() {
			_, end := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(migrating))
			err = errors.Join(err, end)
		}()
	}
	migrations := make([]*goose.Migration, len(steps))
	for i, s := range steps {
		migrations[i] = goose.NewGoMigration(s.Version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, s.sql); err != nil {
				return fmt.Errorf("%04d_%s.sql: %w", s.Version, s.Name, err)
			}
			return nil
		}}, nil)
	}
	p, err := goose.NewProvider(dialect, handle, nil, goose.WithGoMigrations(migrations...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	return fn(p, steps)
}

// readSteps reads the files 0001_name.sql at the root of fsys, by number. Gaps are fine, two files with one number are not.
func readSteps(fsys fs.FS, dialect Dialect) (steps []step, _ error) {
	entries, err := fs.ReadDir(fsys, ".") // sorted
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".sql") {
			continue
		}
		name := fileName.FindStringSubmatch(entry.Name())
		if name == nil {
			return nil, fmt.Errorf("the migration %s must be named as in 0001_start.sql", entry.Name())
		}
		version, _ := strconv.ParseInt(name[1], 10, 64)
		if n := len(steps); n > 0 && steps[n-1].Version == version {
			return nil, fmt.Errorf("two migrations have the number %s: %s and %s", name[1], steps[n-1].Name, name[2])
		}
		text, err := fs.ReadFile(fsys, entry.Name())
		if err != nil {
			return nil, err
		}
		sql, err := render(entry.Name(), string(text), dialect)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{Migration{Version: version, Name: name[2]}, sql})
	}
	return steps, nil
}

func render(name, text string, dialect Dialect) (string, error) {
	t, err := template.New(name).Parse(text)
	if err != nil {
		return "", err
	}
	var sql bytes.Buffer
	if err := t.Execute(&sql, wordsOf[dialect]); err != nil {
		return "", err
	}
	return sql.String(), nil
}
