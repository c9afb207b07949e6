package api

import (
	"strings"

	"github.com/stewardhq/steward/internal/kernel/field"
)

// filter is a parameter that a list reads itself, for the document.
type filter struct {
	name, says, kind string
	values           []string
}

// filtersOf are the parameters of a list, as its fields declare them.
func filtersOf[R any](l *field.List[R]) []filter {
	all := []filter{
		{name: "q", says: "Words to search for: every one must match somewhere.", kind: "string"},
		{name: "limit", says: "How many entries, at most 200.", kind: "integer"},
		{name: "cursor", says: "next_cursor of the page before.", kind: "string"},
	}
	var sorts []string
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Sort != nil {
			for _, name := range append([]string{f.Key}, f.Aliases...) {
				sorts = append(sorts, name, "-"+name)
			}
		}
		if f.CanFilter() {
			all = append(all, filtersFor(f)...)
		}
	}
	return append(all, filter{name: "sort", says: "The order of the list; a minus before it turns it round. " + l.Sort + " when left out.", kind: "string", values: sorts})
}

func filtersFor[R any](f *field.Field[R]) (all []filter) {
	says := f.Label + ". Several values are separated by commas."
	switch f.Type {
	case field.Money, field.Number, field.Share:
		if f.Type == field.Money {
			says = f.Label + ", in minor units."
		}
		all = append(all, filter{name: f.Key, says: says, kind: "string"})
		for _, op := range []field.Op{field.AtLeast, field.MoreThan, field.AtMost, field.LessThan} {
			all = append(all, filter{name: f.Key + "[" + string(op) + "]", says: f.Label, kind: "integer"})
		}
		if len(f.Bands) > 0 {
			var names []string
			for _, b := range f.Bands {
				names = append(names, b.Name)
			}
			all = append(all, filter{name: f.Key + "[band]", says: f.Label + ": one or several of " + strings.Join(names, ", ") + ".", kind: "string"})
		}
	case field.Time:
		for _, op := range []field.Op{field.AtLeast, field.MoreThan, field.AtMost, field.LessThan} {
			all = append(all, filter{name: f.Key + "[" + string(op) + "]", says: f.Label + ": RFC 3339, or a day of the brand.", kind: "string"})
		}
		all = append(all, filter{name: f.Key + "[last]", says: f.Label + ": within the last so many days.", kind: "integer"})
	case field.Flag:
		all = append(all, filter{name: f.Key, says: f.Label + ".", kind: "boolean"})
	case field.Choice:
		var values []string
		for _, o := range f.Choices {
			values = append(values, o.Value)
		}
		if len(values) > 0 {
			says = f.Label + ": one or several of " + strings.Join(values, ", ") + ", separated by commas."
		}
		all = append(all, filter{name: f.Key, says: says, kind: "string"})
	default:
		all = append(all, filter{name: f.Key, says: says, kind: "string"})
	}
	return all
}
