package field

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
)

// List is the fields of a list, declared once, in the order in which they are shown.
type List[R any] struct {
	Name   string // customers: in cursors and refusals
	Fields []Field[R]
	Sort   string // the order that nobody asked for: "-registered_at"
}

// Check finds mistakes in a declaration. Call it in a test: what it finds is never the fault of a request.
func (l *List[R]) Check() error {
	seen := map[string]bool{"q": true, "sort": true, "limit": true, "cursor": true, "total": true, "brand": true}
	for i := range l.Fields {
		f := &l.Fields[i]
		for _, name := range append([]string{f.Key}, f.Aliases...) {
			if seen[name] {
				return fmt.Errorf("field: %s has the name %q twice, or it is reserved", l.Name, name)
			}
			seen[name] = true
		}
		switch {
		case f.Key == "" || f.Label == "" || f.Type == "":
			return fmt.Errorf("field: %s.%s has no key, label or type", l.Name, f.Key)
		case len(f.See) == 0:
			return fmt.Errorf("field: %s.%s says nobody who may see it", l.Name, f.Key)
		case (f.Select == "") != (f.Into == nil), (f.Select == "") != (f.Value == nil):
			return fmt.Errorf("field: %s.%s is fetched by halves", l.Name, f.Key)
		case f.Select == "" && !f.CanFilter():
			return fmt.Errorf("field: %s.%s does nothing", l.Name, f.Key)
		}
	}
	if _, _, err := l.order(l.Sort); err != nil {
		return fmt.Errorf("field: the order of %s: %w", l.Name, err)
	}
	return nil
}

// find gives the field of a name.
func (l *List[R]) find(key string) int {
	return slices.IndexFunc(l.Fields, func(f Field[R]) bool { return f.Key == key })
}

// order reads "-registered_at". Aliases are names here.
func (l *List[R]) order(sort string) (field int, desc bool, err error) {
	name, desc := strings.CutPrefix(sort, "-")
	field = slices.IndexFunc(l.Fields, func(f Field[R]) bool { return f.Key == name || slices.Contains(f.Aliases, name) })
	if field < 0 || l.Fields[field].Sort == nil {
		return -1, false, errUnknown
	}
	return field, desc, nil
}

// Visible is the fields of a list that one viewer sees. It is made for one request.
type Visible[R any] struct {
	list   *List[R]
	seen   []bool
	fields []*Field[R]
}

// For gives the fields of the list for a viewer: sees says whether they hold a permission wherever the list's rows are.
// A field with several permissions is seen with any one of them, which sees decides, since "any one" may differ from place to place.
func (l *List[R]) For(sees func(anyOf []access.Permission) bool) *Visible[R] {
	v := &Visible[R]{list: l, seen: make([]bool, len(l.Fields))}
	for i := range l.Fields {
		if f := &l.Fields[i]; sees(f.See) {
			v.seen[i] = true
			v.fields = append(v.fields, f)
		}
	}
	return v
}

// Has says whether the viewer sees the field.
func (v *Visible[R]) Has(key string) bool {
	i := v.list.find(key)
	return i >= 0 && v.seen[i]
}

// Name is the list's name.
func (v *Visible[R]) Name() string { return v.list.Name }

// Columns are the fields that are shown, in the order of the list.
func (v *Visible[R]) Columns() []*Field[R] {
	shown := make([]*Field[R], 0, len(v.fields))
	for _, f := range v.fields {
		if f.Select != "" {
			shown = append(shown, f)
		}
	}
	return shown
}

// Filters are the fields that the viewer may filter on.
func (v *Visible[R]) Filters() []*Field[R] {
	var filters []*Field[R]
	for _, f := range v.fields {
		if f.CanFilter() {
			filters = append(filters, f)
		}
	}
	return filters
}

// Select is the SQL of the visible columns.
func (v *Visible[R]) Select() string {
	var parts []string
	for _, f := range v.fields {
		if f.Select != "" {
			parts = append(parts, f.Select)
		}
	}
	return strings.Join(parts, ", ")
}

// Into is where the columns of Select are scanned to.
func (v *Visible[R]) Into(row *R) []any {
	var dest []any
	for _, f := range v.fields {
		if f.Into != nil {
			dest = append(dest, f.Into(row)...)
		}
	}
	return dest
}

// names are what an address of the list may say, for refusals. Only what the viewer sees is named.
func (v *Visible[R]) names() string {
	var names []string
	for _, f := range v.fields {
		if f.CanFilter() {
			names = append(names, f.Key)
		}
	}
	return strings.Join(append(names, "q", "sort", "limit", "cursor"), ", ")
}

func (v *Visible[R]) sorts() string {
	var names []string
	for _, f := range v.fields {
		if f.Sort != nil {
			names = append(names, f.Key)
		}
	}
	return strings.Join(names, ", ")
}
