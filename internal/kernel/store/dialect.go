package store

import (
	"strconv"
	"strings"
)

// What must differ between the two databases, each with a conformance test that shows both meaning the same. Everything else is
// one text.

func (d Dialect) String() string {
	if d == PostgreSQL {
		return "PostgreSQL"
	}
	return "SQLite"
}

// ForUpdate ends a select whose rows are about to be changed. SQLite has one writer and needs no lock.
func (d Dialect) ForUpdate() string { return d.pick("", " for update") }

// NotIndexed follows a table's name where one scan beats a walk along an index. PostgreSQL's planner sees that itself.
func (d Dialect) NotIndexed() string { return d.pick(" not indexed", "") }

// Greatest is the larger of two values that are not null (with a null the databases disagree).
func (d Dialect) Greatest(a, b string) string {
	return d.pick("max", "greatest") + "(" + a + ", " + b + ")"
}

// Least is the smaller of two values that are not null.
func (d Dialect) Least(a, b string) string { return d.pick("min", "least") + "(" + a + ", " + b + ")" }

// Collate follows a column or an expression where text is compared or sorted: by bytes, which SQLite does anyway. Columns
// declared with {{.Text}} in a migration have it.
func (d Dialect) Collate() string { return d.pick("", ` collate "C"`) }

// In is "column in ($3, $4, $5)" for In("column", 3, 3), and a condition that is never true for no values at all. At most a few
// hundred values: each count is a text of its own.
func (d Dialect) In(column string, first, count int) string {
	if count == 0 {
		return "1 = 0"
	}
	holes := make([]string, count)
	for i := range holes {
		holes[i] = "$" + strconv.Itoa(first+i)
	}
	return column + " in (" + strings.Join(holes, ", ") + ")"
}

func (d Dialect) pick(sqlite, postgres string) string {
	if d == PostgreSQL {
		return postgres
	}
	return sqlite
}
