package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// A copy of a database, for backups. SQLite copies itself into one file. PostgreSQL gives its tables, one after the other, all in
// the state of one snapshot; they are loaded into tables that the migrations made.

// ErrNotHere is the answer to a way of copying that belongs to the other database.
var ErrNotHere = errors.New("store: the other database is copied in this way")

// CopyFile writes one state of a SQLite database into a file, without what was deleted, while others go on writing. The file must
// exist and be empty, so that whoever makes it chooses who may read it.
func (db *DB) CopyFile(ctx context.Context, path string) error {
	if db.closed.Load() {
		return ErrClosed
	}
	l, ok := db.engine.(*lite)
	if !ok {
		return ErrNotHere
	}
	return l.copyFile(ctx, path)
}

// Copied is a table in a copy of PostgreSQL: its name, its columns in the order of the copy, and how many rows there were.
type Copied struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// CopyOut writes tables of a snapshot of PostgreSQL, as COPY does in its text form. put gives the place for each; of the tables
// named, those that are not there are left out.
func CopyOut(r Reader, tables []string, put func(table string) (io.Writer, error)) ([]Copied, error) {
	t, ok := r.(*talk)
	if !ok || t.dialect != PostgreSQL {
		return nil, ErrNotHere
	}
	return copyOut(t, tables, put)
}

// CopyBack loads a table that CopyOut wrote, and answers how many rows there were.
func (tx *Tx) CopyBack(table string, columns []string, from io.Reader) (int64, error) {
	return tx.do(func() (int64, error) { return copyBack(tx, table, columns, from) })
}

// Unbound runs fn while no trigger fires on the tables and no foreign key is looked at; afterwards the keys are verified as a
// whole. PostgreSQL only.
func (tx *Tx) Unbound(tables []string, fn func() error) error { return unbound(tx, tables, fn) }

var (
	makes = regexp.MustCompile(`(?i)(?:create\s+(?:unlogged\s+|virtual\s+)?table\s+(?:if\s+not\s+exists\s+)?|rename\s+to\s+)([a-z_][a-z0-9_]*)`)
	doing = regexp.MustCompile(`(?i)create\s+(?:or\s+replace\s+)?function\s+([a-z_][a-z0-9_]*)`)
	notes = regexp.MustCompile(`--[^\n]*`)
)

// Versions is goose's own table.
const Versions = "goose_db_version"

// Tables names every table that the migrations of fsys make, also one that a later step drops.
func Tables(fsys fs.FS, dialect Dialect) ([]string, error) { return named(fsys, dialect, makes) }

func named(fsys fs.FS, dialect Dialect, what *regexp.Regexp) (names []string, _ error) {
	steps, err := readSteps(fsys, dialect)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		for _, m := range what.FindAllStringSubmatch(notes.ReplaceAllString(s.sql, ""), -1) {
			if name := strings.ToLower(m[1]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// Present says which of the tables are there.
func Present(r Reader, tables []string) (there []string, err error) {
	sql := "select count(*) from sqlite_master where type = 'table' and name = $1"
	if r.Dialect() == PostgreSQL {
		sql = "select count(*) from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname = $1"
	}
	for _, table := range tables {
		n, err := Value[int64](r.QueryRow(sql, table))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			there = append(there, table)
		}
	}
	return there, nil
}

// Version is the number of the last migration that a database has had, 0 without any.
func Version(r Reader) (int64, error) {
	there, err := Present(r, []string{Versions})
	if err != nil || len(there) == 0 {
		return 0, err
	}
	return Value[int64](r.QueryRow("select coalesce(max(version_id), 0) from " + Versions))
}

// Latest is the number of the last migration of fsys.
func Latest(fsys fs.FS, dialect Dialect) (int64, error) {
	steps, err := readSteps(fsys, dialect)
	if err != nil || len(steps) == 0 {
		return 0, err
	}
	return steps[len(steps)-1].Version, nil
}

// Others counts the connections of other programs of ours to PostgreSQL: those that call themselves steward.
func Others(r Reader) (int64, error) {
	return Value[int64](r.QueryRow("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'steward'"))
}

// Unbuild drops what the migrations of fsys made, in a transaction. PostgreSQL only, and nothing else in its schema is touched.
func Unbuild(tx *Tx, fsys fs.FS) error {
	tables, err := Tables(fsys, tx.Dialect())
	if err != nil {
		return err
	}
	if tables, err = Present(tx, append(tables, Versions)); err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := tx.Exec("drop table if exists " + table + " cascade"); err != nil {
			return err
		}
	}
	functions, err := named(fsys, tx.Dialect(), doing)
	for _, name := range functions {
		if err == nil {
			_, err = tx.Exec("drop function if exists " + name + " cascade")
		}
	}
	return err
}

// Build runs the migrations of fsys up to a version in a transaction, into a schema that has none of them. PostgreSQL only:
// Migrate does it on SQLite, whose copy is a file.
func Build(tx *Tx, fsys fs.FS, upTo int64) error {
	if tx.Dialect() != PostgreSQL {
		return ErrNotHere
	}
	steps, err := readSteps(fsys, tx.Dialect())
	if err != nil {
		return err
	}
	// As goose makes it, with the row that it begins with.
	if _, err := tx.Exec(`create table ` + Versions + ` (id integer primary key generated by default as identity, version_id bigint not null,
		is_applied boolean not null, tstamp timestamp not null default now())`); err != nil {
		return err
	}
	if _, err := tx.Exec("insert into " + Versions + " (version_id, is_applied) values (0, true)"); err != nil {
		return err
	}
	reached := int64(0)
	for _, s := range steps {
		if s.Version > upTo {
			break
		}
		if _, err := tx.Exec(s.sql); err != nil {
			return fmt.Errorf("%04d_%s.sql: %w", s.Version, s.Name, err)
		}
		if _, err := tx.Exec("insert into " + Versions + " (version_id, is_applied) values (" + fmt.Sprint(s.Version) + ", true)"); err != nil {
			return err
		}
		reached = s.Version
	}
	if reached != upTo {
		return fmt.Errorf("%w: this program has no migration %d", ErrNewer, upTo)
	}
	return nil
}

// Compact writes tables anew, on SQLite the whole file: afterwards the files hold nothing but what the tables hold. Scrub is not
// enough for that: when a page was split, what moved to the other page still stands in the gap of the old one, and is not
// overwritten with its deletion. It takes as long as a copy, and nobody else may be using the database.
func (db *DB) Compact(ctx context.Context, tables ...string) error {
	if db.closed.Load() {
		return ErrClosed
	}
	switch e := db.engine.(type) {
	case *lite:
		if _, err := e.writer.ExecContext(ctx, "vacuum"); err != nil {
			return trouble(err, "vacuum")
		}
		return e.scrub(ctx, nil)
	case *postgres:
		for _, table := range tables {
			sql := "vacuum (full) " + quoted([]string{table})
			if _, err := e.writers.Exec(ctx, sql); err != nil {
				return trouble(err, sql)
			}
		}
	}
	return nil
}
