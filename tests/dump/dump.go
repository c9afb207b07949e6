// Package dump reads a database whole, for tests that claim that nothing changed, or that two databases are equal.
package dump

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// Table is a table as the database itself describes it.
type Table struct {
	Name    string
	Columns []Column
}

// Column is one of its columns.
type Column struct {
	Name    string
	Type    string // in the database's own words
	NotNull bool
	Key     bool // part of the primary key
}

// Column finds a column by name; nil when there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Ours says whether a table is declared by the schema, and not made by a library: River's, goose's, the parts of a search index.
func Ours(table string) bool {
	for _, prefix := range []string{"river_", "goose_", "sqlite_", "people_fts"} {
		if strings.HasPrefix(table, prefix) {
			return false
		}
	}
	return true
}

// Tables lists the tables of the schema by name.
func Tables(r store.Reader) ([]Table, error) {
	sql := `select m.name, p.name, lower(p.type), p."notnull", p.pk from sqlite_master m join pragma_table_info(m.name) p
		where m.type = 'table' order by m.name, p.cid`
	if r.Dialect() == store.PostgreSQL {
		sql = `select c.table_name, c.column_name, lower(c.data_type), case c.is_nullable when 'NO' then 1 else 0 end,
				case when exists (select from information_schema.table_constraints k join information_schema.key_column_usage u
					using (constraint_schema, constraint_name) where k.constraint_type = 'PRIMARY KEY' and k.table_schema = c.table_schema
					and u.table_name = c.table_name and u.column_name = c.column_name) then 1 else 0 end
			from information_schema.columns c where c.table_schema = 'public' order by c.table_name, c.ordinal_position`
	}
	type line struct {
		table string
		col   Column
	}
	lines, err := store.All(r, func(row store.Row) (l line, err error) {
		var notNull, key int64
		err = row.Scan(&l.table, &l.col.Name, &l.col.Type, &notNull, &key)
		l.col.NotNull, l.col.Key = notNull != 0, key != 0
		return l, err
	}, sql)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var all []Table
	for _, l := range lines {
		if !Ours(l.table) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].Name != l.table {
			all = append(all, Table{Name: l.table})
		}
		t := &all[len(all)-1]
		t.Columns = append(t.Columns, l.col)
	}
	return all, nil
}

// Without leaves out what a claim is not about. A name "sessions.idle_until" is one column, "mails" a whole table.
func Without(tables []Table, names ...string) (kept []Table) {
	for _, t := range tables {
		if slices.Contains(names, t.Name) {
			continue
		}
		left := Table{Name: t.Name}
		for _, c := range t.Columns {
			if !slices.Contains(names, t.Name+"."+c.Name) {
				left.Columns = append(left.Columns, c)
			}
		}
		kept = append(kept, left)
	}
	return kept
}

// Print is what a database holds: for each table how many rows, and the sum of their hashes. Two are equal when the rows are,
// in whatever order they lie.
type Print map[string]Sum

// Sum is the fingerprint of one table.
type Sum struct {
	Rows int
	Hash uint64
}

// Diff names the tables in which two prints differ.
func (p Print) Diff(other Print) (differ []string) {
	for name, sum := range p {
		if other[name] != sum {
			differ = append(differ, fmt.Sprintf("%s (%d rows, then %d)", name, sum.Rows, other[name].Rows))
		}
	}
	slices.Sort(differ)
	return differ
}

// Take reads every row of the tables, in one statement.
func Take(r store.Reader, tables []Table) (Print, error) {
	p := Print{}
	parts := make([]string, len(tables))
	for i, t := range tables {
		p[t.Name] = Sum{}
		values := make([]string, len(t.Columns))
		for j, c := range t.Columns {
			values[j] = "quote(" + c.Name + ")"
			if r.Dialect() == store.PostgreSQL {
				values[j] = "coalesce(quote_literal(" + c.Name + "::text), 'null')"
			}
		}
		parts[i] = "select '" + t.Name + "', " + strings.Join(values, " || ',' || ") + " from " + t.Name
	}
	rows, err := r.Query(strings.Join(parts, " union all "))
	if err != nil {
		return nil, fmt.Errorf("read the database whole: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table, row string
		if err := rows.Scan(&table, &row); err != nil {
			return nil, err
		}
		hash := sha256.Sum256([]byte(row))
		s := p[table]
		p[table] = Sum{s.Rows + 1, s.Hash + binary.LittleEndian.Uint64(hash[:8])}
	}
	return p, rows.Err()
}
