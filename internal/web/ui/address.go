package ui

import (
	"net/url"
	"slices"
	"strings"
)

// An Address is where a page is: its path and the query that holds its state (view, search, filters, sort).
// Links made from it keep that state. The cursor is dropped by all of them, because a page of another list
// would be meant; only a pager sets it.
type Address struct {
	Path  string
	Query url.Values
	// Sort is the order in force when the query names none: "-last_order".
	Sort string
}

// cursorName is the parameter that says where a page of a list begins.
const cursorName = "cursor"

// With is this page with a parameter set to these values.
func (a Address) With(name string, values ...string) string {
	q := a.copied(name)
	q[name] = values
	return a.link(q)
}

// Without is this page without these parameters.
func (a Address) Without(names ...string) string { return a.link(a.copied(names...)) }

// Cursor is another page of this list.
func (a Address) Cursor(cursor string) string { return a.With(cursorName, cursor) }

// SortedBy is this list sorted by a field: upwards first, downwards first when desc is set, and the other
// way round when it is sorted by it already.
func (a Address) SortedBy(field string, descFirst bool) string {
	switch a.sort() {
	case field:
		return a.With("sort", "-"+field)
	case "-" + field:
		return a.With("sort", field)
	}
	if descFirst {
		return a.With("sort", "-"+field)
	}
	return a.With("sort", field)
}

// sort is the order in force; a minus before the field means downwards.
func (a Address) sort() string {
	if s := a.Query.Get("sort"); s != "" {
		return s
	}
	return a.Sort
}

// kept are the parameters that a small form must carry along, except those that it sets itself.
func (a Address) kept(own ...string) []Hidden {
	q := a.copied(own...)
	var out []Hidden
	for _, name := range names(q) {
		for _, v := range q[name] {
			if v != "" {
				out = append(out, Hidden{name, v})
			}
		}
	}
	return out
}

func (a Address) copied(without ...string) url.Values {
	q := url.Values{}
	for name, values := range a.Query {
		if name != cursorName && !slices.Contains(without, name) {
			q[name] = slices.Clone(values)
		}
	}
	return q
}

func (a Address) link(q url.Values) string {
	for name, values := range q {
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
		if q[name] = values; len(values) == 0 {
			delete(q, name)
		}
	}
	if len(q) == 0 {
		return a.Path
	}
	// brackets and commas are readable in an address and safe there
	return a.Path + "?" + strings.NewReplacer("%5B", "[", "%5D", "]", "%2C", ",").Replace(q.Encode())
}

func names(q url.Values) []string {
	out := make([]string, 0, len(q))
	for name := range q {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Hidden is a value that a form carries without showing it.
type Hidden struct{ Name, Value string }
