package field

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/text"
)

// Refusals of an address.
var (
	ErrUnknownName = errs.New(errs.Malformed, "unknown_parameter", "This list does not know that name.")
	ErrUnknownOp   = errs.New(errs.Malformed, "unknown_operator", "This filter does not compare like that.")
	ErrDuplicate   = errs.New(errs.Malformed, "duplicate_parameter", "A name stands in the address twice. Write it once.")
	ErrForbidden   = errs.New(errs.Forbidden, "field_forbidden", "You may not see this field, so you cannot filter or sort by it.")
	ErrTooMany     = errs.New(errs.Malformed, "too_many_filters", "A list takes at most 50 filters with 200 values. Remove some of them.")
	ErrUnreadable  = errs.New(errs.Malformed, "parameter_unreadable", "The address is not readable as UTF-8 text.")
	errUnknown     = errors.New("no such field, or not one to sort by")
)

// longestSaidValue is how much of a name from outside a sentence repeats.
const longestSaidValue = 40

// Parse reads the parameters of an address. Nothing in it is guessed: an unknown name or operator is refused with the known ones,
// a field that the viewer does not see with ErrForbidden, and a wrong value with what would be right.
func (v *Visible[R]) Parse(params url.Values, t Terms) (*Request, error) {
	r := &Request{Form: t.Form, Limit: DefaultLimit}
	var wrong errs.Wrong
	values := 0
	for _, name := range slices.Sorted(maps.Keys(params)) {
		given := params[name]
		for _, value := range given {
			if !utf8.ValidString(value) {
				return nil, ErrUnreadable.With("name", strings.ToValidUTF8(name, "?"))
			}
		}
		if own, err := r.own(name, given, &wrong); own {
			if err != nil {
				return nil, err
			}
			continue
		}
		f, op, err := v.named(name)
		if err != nil {
			return nil, err
		}
		if t.Form == API && len(given) > 1 || len(given) > 1 && f.Type != Choice {
			return nil, twice(name)
		}
		if len(params) > MaxPredicates+4 || len(given) > MaxValues || strings.Count(strings.Join(given, ","), ",") >= MaxValues {
			return nil, ErrTooMany // before anything is made of them
		}
		if given = nonempty(given); len(given) == 0 && t.Form == Page {
			continue // a box of a form that was left empty
		}
		p := Predicate{Field: f.Key, Op: op}
		if problem := f.read(&p, given, t); problem != "" {
			wrong.Add(name, "%s", problem)
		}
		values += len(p.Values)
		r.Predicates = append(r.Predicates, p)
	}
	if values > MaxValues {
		return nil, ErrTooMany
	}
	if err := v.parseSort(r, params); err != nil {
		return nil, err
	}
	r.settle()
	return r, wrong.Err()
}

// own reads what every list has: search, limit and cursor. The order is read by parseSort.
func (r *Request) own(name string, given []string, wrong *errs.Wrong) (bool, error) {
	switch name {
	case "q", "limit", "cursor", "sort":
	default:
		return false, nil
	}
	if len(given) != 1 {
		return true, twice(name)
	}
	switch name {
	case "q":
		if _, err := text.Words(given[0]); err != nil {
			wrong.Add("q", "%s", errs.Of(err).Detail)
		}
		r.Search = strings.Join(strings.Fields(given[0]), " ")
	case "limit":
		n, err := strconv.Atoi(given[0])
		if err != nil || n < 1 || n > MaxLimit {
			wrong.Add("limit", "Write a number from 1 to %d.", MaxLimit)
			n = DefaultLimit
		}
		r.Limit = n
	case "cursor":
		r.Cursor = given[0]
	}
	return true, nil
}

// named finds the field and operator of "lifetime_spend[gte]".
func (v *Visible[R]) named(name string) (*Field[R], Op, error) {
	key, op := name, Is
	if i := strings.IndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") {
		key, op = name[:i], Op(name[i+1:len(name)-1])
		if op == Is {
			return nil, Is, ErrUnknownName.Say("There is no parameter %q here. Known are: %s.", said(name), v.names())
		}
	}
	i := v.list.find(key)
	if i < 0 || !v.list.Fields[i].CanFilter() {
		return nil, Is, ErrUnknownName.Say("There is no parameter %q here. Known are: %s.", said(name), v.names()).With("name", said(name))
	}
	f := &v.list.Fields[i]
	if !v.seen[i] {
		return nil, Is, hidden(f.Key, f.Label)
	}
	if !f.takes(op) {
		var known []string
		for _, o := range f.ops() {
			known = append(known, (&Predicate{Field: f.Key, Op: o}).Name())
		}
		return nil, Is, ErrUnknownOp.Say("There is no parameter %q here. The filters of this field are: %s.", said(name), strings.Join(known, ", ")).With("name", said(name))
	}
	return f, op, nil
}

func (v *Visible[R]) parseSort(r *Request, params url.Values) error {
	sort := v.list.Sort
	if given := params["sort"]; len(given) == 1 && (given[0] != "" || r.Form == API) {
		sort, r.Sort.Given = given[0], true
	}
	i, desc, err := v.list.order(sort)
	if err != nil {
		return ErrUnknownName.Say("This list is not sorted by %q. It is by: %s, each also with a minus before it.", said(sort), v.sorts()).With("name", "sort")
	}
	f := &v.list.Fields[i]
	if !v.seen[i] {
		return hidden(f.Key, f.Label)
	}
	r.Sort.Key, r.Sort.Desc = f.Key, desc
	return nil
}

func hidden(key, label string) error {
	return ErrForbidden.Say("You may not see “%s”, so you cannot filter or sort by it. Leave it out of the address.", label).With("field", key)
}

func twice(name string) error {
	return ErrDuplicate.Say("The name %q stands in the address twice, or without a value. Write it once; several values are separated by commas.", said(name)).With("name", said(name))
}

// said is a name or value from outside, short enough to be repeated in a sentence.
func said(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if runes := []rune(s); len(runes) > longestSaidValue {
		return string(runes[:longestSaidValue]) + "…"
	}
	return s
}

func nonempty(given []string) []string {
	return slices.DeleteFunc(slices.Clone(given), func(s string) bool { return strings.TrimSpace(s) == "" })
}
