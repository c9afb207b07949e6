package field

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/money"
)

// Form is how the values of an address are written.
type Form uint8

// The forms. In both, times may be RFC 3339 or a day of the brand, 2026-11-20, which then counts whole.
const (
	API  Form = iota // money in minor units; a name stands once, values separated by commas
	Page             // money as people type it, 49.99; the boxes of a form may repeat their name
)

// Limits of one request.
const (
	DefaultLimit  = 50
	MaxLimit      = 200
	MaxPredicates = 50
	MaxValues     = 200 // over all filters
)

// Terms are what the values of a request are read with.
type Terms struct {
	Form     Form
	Currency money.Currency
	Zone     *time.Location // of the brand: where its days begin
	Now      time.Time
	Choices  map[string][]Option // of fields whose choices are data: as many as the viewer may know of
	Bands    map[string][]Band   // of fields whose bands are set: in place of the declared ones
}

// Request is what a list was asked for. Make it with Visible.Parse.
type Request struct {
	Form       Form
	Predicates []Predicate // ordered by field and operator
	Search     string
	Sort       Sort
	Limit      int
	Cursor     string // as given; Visible.Open reads it
}

// Sort is the order of a list.
type Sort struct {
	Key   string
	Desc  bool
	Given bool // asked for, not the list's own
}

func (s Sort) String() string {
	if s.Desc {
		return "-" + s.Key
	}
	return s.Key
}

// Predicate is one filter. All that it allows is in Ranges, or Nums, or Texts, by the type of its field.
type Predicate struct {
	Field  string
	Op     Op
	Values []string // canonical, in the request's form
	Ranges []Range  // any of them
	Nums   []int64  // any of them
	Texts  []string // any of them
}

// Range is the numbers [From, To).
type Range struct {
	From, To     int64
	NoFrom, NoTo bool
}

// Name is the predicate's name in an address: lifetime_spend[gte].
func (p *Predicate) Name() string {
	if p.Op == Is {
		return p.Field
	}
	return p.Field + "[" + string(p.Op) + "]"
}

// Filter gives the predicate of a field, or nil.
func (r *Request) Filter(field string, op Op) *Predicate {
	for i := range r.Predicates {
		if p := &r.Predicates[i]; p.Field == field && p.Op == op {
			return p
		}
	}
	return nil
}

// Filtered says whether the list is narrowed by anything but the viewer's place.
func (r *Request) Filtered() bool { return len(r.Predicates) > 0 || r.Search != "" }

// Query is the canonical address of the request: the same filters give the same text. The cursor is left out: another filter or
// order begins at the first page.
func (r *Request) Query() string { return r.values().Encode() }

// Page is the address of another page of the same list.
func (r *Request) Page(cursor string) string {
	values := r.values()
	if cursor != "" {
		values.Set("cursor", cursor)
	}
	return values.Encode()
}

func (r *Request) values() url.Values {
	values := url.Values{}
	for i := range r.Predicates {
		p := &r.Predicates[i]
		values.Set(p.Name(), strings.Join(p.Values, ","))
	}
	if r.Search != "" {
		values.Set("q", r.Search)
	}
	if r.Sort.Given {
		values.Set("sort", r.Sort.String())
	}
	if r.Limit != DefaultLimit {
		values.Set("limit", strconv.Itoa(r.Limit))
	}
	return values
}

// Without is the address of the list without the filters of a field; "q" is the search.
func (r *Request) Without(field string) string {
	c := *r
	if field == "q" {
		c.Search = ""
	}
	c.Predicates = slices.DeleteFunc(slices.Clone(r.Predicates), func(p Predicate) bool { return p.Field == field })
	return c.Query()
}

// SortedBy is the address of the list in another order.
func (r *Request) SortedBy(key string, desc bool) string {
	c := *r
	c.Sort = Sort{Key: key, Desc: desc, Given: true}
	return c.Query()
}

// meaning is the request without page and limit: what a cursor belongs to.
func (r *Request) meaning() string {
	c := *r
	c.Limit = DefaultLimit
	return strconv.Itoa(int(r.Form)) + "?" + c.Query() + "#" + r.Sort.String()
}

// settle brings the filters in their order.
func (r *Request) settle() {
	slices.SortFunc(r.Predicates, func(a, b Predicate) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Op, b.Op))
	})
}
