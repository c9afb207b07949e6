package directory_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// raw writes rows past the door: a test of lists needs many of them, in states that take months to come about.
type raw struct {
	tb   testing.TB
	lite *sql.DB
	pg   *pgx.Conn
}

func openRaw(tb testing.TB, url string) *raw {
	tb.Helper()
	r := &raw{tb: tb}
	var err error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		r.lite, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)&_pragma=synchronous(0)&_pragma=cache_size(-200000)")
		if err == nil {
			r.lite.SetMaxOpenConns(1)
			tb.Cleanup(func() { _ = r.lite.Close() })
		}
	} else {
		r.pg, err = pgx.Connect(context.Background(), url)
		if err == nil {
			tb.Cleanup(func() { _ = r.pg.Close(context.Background()) })
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func (r *raw) exec(text string, args ...any) {
	r.tb.Helper()
	var err error
	if r.lite != nil {
		_, err = r.lite.Exec(text, args...)
	} else {
		_, err = r.pg.Exec(context.Background(), text, args...)
	}
	if err != nil {
		r.tb.Fatalf("%s: %v", text, err)
	}
}

// texts are the first column of a query.
func (r *raw) texts(text string) (all []string) {
	r.tb.Helper()
	if r.pg != nil {
		rows, err := r.pg.Query(context.Background(), text)
		if err == nil {
			all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			r.tb.Fatalf("%s: %v", text, err)
		}
		return all
	}
	rows, err := r.lite.Query(text)
	if err != nil {
		r.tb.Fatalf("%s: %v", text, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			r.tb.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		r.tb.Fatal(err)
	}
	return all
}

// insert writes rows in the fastest way there is.
func (r *raw) insert(table, columns string, rows iter.Seq[[]any]) {
	r.tb.Helper()
	names := strings.Split(columns, ", ")
	if r.pg != nil {
		next, stop := iter.Pull(rows)
		defer stop()
		_, err := r.pg.CopyFrom(context.Background(), pgx.Identifier{table}, names, pgx.CopyFromFunc(func() ([]any, error) {
			row, _ := next()
			return row, nil
		}))
		if err != nil {
			r.tb.Fatalf("fill %s: %v", table, err)
		}
		return
	}
	holes := make([]string, len(names))
	for i := range holes {
		holes[i] = "?" + strconv.Itoa(i+1)
	}
	tx, err := r.lite.Begin()
	if err != nil {
		r.tb.Fatal(err)
	}
	stmt, err := tx.Prepare(fmt.Sprintf("insert into %s (%s) values (%s)", table, columns, strings.Join(holes, ", ")))
	if err != nil {
		r.tb.Fatalf("fill %s: %v", table, err)
	}
	defer func() { _ = stmt.Close() }()
	for row := range rows {
		if _, err := stmt.Exec(row...); err != nil {
			r.tb.Fatalf("fill %s with %v: %v", table, row, err)
		}
	}
	if err := tx.Commit(); err != nil {
		r.tb.Fatal(err)
	}
}

// withoutIndexes runs fill with the indexes of some tables taken away, and makes them again: several times as fast for a million rows.
func (r *raw) withoutIndexes(fill func(), tables ...string) {
	r.tb.Helper()
	var drop, remake []string
	for _, table := range tables {
		query := "select sql from sqlite_master where type in ('index', 'trigger') and sql is not null and tbl_name = '" + table + "'"
		if r.pg != nil {
			query = "select indexdef from pg_indexes where tablename = '" + table + "' and indexname not like '%_pkey' and indexname not like '%_key'"
		}
		for _, made := range r.texts(query) {
			words := strings.Fields(made)
			kind := words[slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, "index") || strings.EqualFold(w, "trigger") })]
			name := words[slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, "index") || strings.EqualFold(w, "trigger") })+1]
			drop = append(drop, "drop "+kind+" "+name)
			remake = append(remake, made)
		}
	}
	for _, s := range drop {
		r.exec(s)
	}
	fill()
	for _, s := range remake {
		r.exec(s)
	}
	if r.lite != nil {
		r.exec("insert into people_fts (people_fts) values ('rebuild')")
		r.exec("pragma analysis_limit = 1000")
		r.exec("analyze")
		r.exec("pragma wal_checkpoint(truncate)")
	} else {
		r.exec("vacuum analyze")
	}
}
