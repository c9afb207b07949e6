package field

import (
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/money"
)

// Chip is a filter as people see it above a list.
type Chip struct {
	Field   string
	Label   string // Status
	Text    string // Active, Inactive
	Without string // address of the list without it
}

// Chips are the filters of a request, one for each field, in the order of the list. The search is not among them.
func (v *Visible[R]) Chips(r *Request, t Terms) []Chip {
	var chips []Chip
	for _, f := range v.fields {
		var texts []string
		for i := range r.Predicates {
			if p := &r.Predicates[i]; p.Field == f.Key {
				texts = append(texts, f.say(p, t))
			}
		}
		if len(texts) > 0 {
			chips = append(chips, Chip{Field: f.Key, Label: f.Label, Text: strings.Join(texts, " "), Without: r.Without(f.Key)})
		}
	}
	return chips
}

// words before the value of an operator.
var before = map[Op]string{AtLeast: "from ", MoreThan: "more than ", AtMost: "to ", LessThan: "less than "}

func (f *Field[R]) say(p *Predicate, t Terms) string {
	values := slices.Clone(p.Values)
	for i, s := range values {
		values[i] = f.sayValue(p, s, i, t)
	}
	joined := strings.Join(values, ", ")
	if p.Op == Last {
		return "last " + joined + " days"
	}
	if f.Type == Time && p.Op == LessThan {
		return "before " + joined
	}
	return before[p.Op] + joined
}

func (f *Field[R]) sayValue(p *Predicate, s string, i int, t Terms) string {
	switch {
	case p.Op == In:
		for _, b := range f.BandsFor(t) {
			if b.Name == s {
				return b.Label
			}
		}
	case f.Type == Choice:
		for _, o := range f.options(t) {
			if o.Value == s {
				return o.Label
			}
		}
	case f.Type == Flag:
		return map[string]string{"true": "yes", "false": "no"}[s]
	case f.Type == Money && t.Form == API && p.Op != Last:
		r := p.Ranges[i]
		minor := r.From
		switch p.Op {
		case MoreThan:
			minor--
		case AtMost:
			minor = r.To - 1
		case LessThan:
			minor = r.To
		}
		return money.Of(minor, t.Currency).Plain()
	}
	return s
}
