package store

import (
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(all, ", ")
}

func copyOut(t *talk, tables []string, put func(table string) (io.Writer, error)) (all []Copied, err error) {
	tables, err = Present(t, tables)
	if err != nil {
		return nil, err
	}
	_, native := t.session.native()
	for _, table := range tables {
		c := Copied{Table: table}
		c.Columns, err = All(t, func(r Row) (string, error) { return Value[string](r) }, `select attname from pg_attribute
			where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`, table)
		if err != nil {
			return nil, err
		}
		to, err := put(table)
		if err != nil {
			return nil, err
		}
		sql := "copy " + quoted([]string{table}) + " (" + quoted(c.Columns) + ") to stdout"
		tag, err := native.Conn().PgConn().CopyTo(t.ctx, to, sql)
		if err != nil {
			return nil, trouble(err, sql)
		}
		c.Rows = tag.RowsAffected()
		all = append(all, c)
	}
	return all, nil
}

func copyBack(tx *Tx, table string, columns []string, from io.Reader) (int64, error) {
	_, native := tx.session.native()
	if native == nil {
		return 0, ErrNotHere
	}
	sql := "copy " + quoted([]string{table}) + " (" + quoted(columns) + ") from stdin"
	tag, err := native.Conn().PgConn().CopyFrom(tx.ctx, from, sql)
	return tag.RowsAffected(), trouble(err, sql)
}

// undone is a statement that takes something away, and the one that brings it back.
type undone struct{ away, back string }

func unbound(tx *Tx, tables []string, fn func() error) error {
	if tx.dialect != PostgreSQL {
		return ErrNotHere
	}
	var all []undone
	for _, table := range tables {
		keys, err := All(tx, func(r Row) (u undone, err error) { return u, r.Scan(&u.away, &u.back) },
			`select format('alter table %s drop constraint %I', conrelid::regclass, conname),
				format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
			from pg_constraint where contype = 'f' and conrelid = $1::text::regclass order by conname`, table)
		if err != nil {
			return err
		}
		triggers, err := All(tx, func(r Row) (u undone, err error) { return u, r.Scan(&u.away, &u.back) },
			`select format('alter table %s disable trigger %I', tgrelid::regclass, tgname),
				format('alter table %s enable %s trigger %I', tgrelid::regclass,
					case tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end, tgname)
			from pg_trigger where not tgisinternal and tgenabled <> 'D' and tgrelid = $1::text::regclass order by tgname`, table)
		if err != nil {
			return err
		}
		all = append(append(all, keys...), triggers...)
	}
	for _, u := range all {
		if _, err := tx.Exec(u.away); err != nil {
			return err
		}
	}
	if err := fn(); err != nil {
		return err
	}
	for _, u := range all {
		if _, err := tx.Exec(u.back); err != nil {
			return fmt.Errorf("after loading: %w", err)
		}
	}
	return renumber(tx, tables)
}

// renumber sets the counters behind columns that number themselves to what is in the tables.
func renumber(tx *Tx, tables []string) error {
	for _, table := range tables {
		columns, err := All(tx, func(r Row) (c struct{ name, sequence string }, err error) { return c, r.Scan(&c.name, &c.sequence) },
			`select attname, pg_get_serial_sequence($1::text, attname) from pg_attribute where attrelid = $1::text::regclass and attnum > 0
				and not attisdropped and pg_get_serial_sequence($1::text, attname) is not null`, table)
		if err != nil {
			return err
		}
		for _, c := range columns {
			column := quoted([]string{c.name})
			if _, err := tx.Exec("select setval($1::text::regclass, coalesce((select max("+column+") from "+quoted([]string{table})+"), 0) + 1, false)", c.sequence); err != nil {
				return err
			}
		}
	}
	return nil
}
