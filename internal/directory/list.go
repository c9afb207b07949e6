package directory

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Ask is what a list is asked: of which brand (brand.Platform: the platform's own people), and the parameters of the address
// without those that are the adapter's own.
type Ask struct {
	Brand  brand.ID   `json:"brand"`
	Params url.Values `json:"params"`
	Form   field.Form `json:"form"`
}

// Page is a page of a list, with what is needed to show it.
type Page struct {
	Rows    []Person
	Next    string       // cursor of the next page; empty: this is the last
	Prev    string       // cursor of the page before; empty: this is the first
	Brand   *brand.Brand // nil: the platform
	Request *field.Request
	Fields  *field.Visible[Person]
	Limits  customer.Settings
	Terms   field.Terms // what the values were read with; Choices are the hubs and cities that a filter offers
}

// Has says whether the viewer sees the field, in every row or in none.
func (p *Page) Has(key string) bool { return p.Fields.Has(key) }

// Chips are the filters of the page, for people.
func (p *Page) Chips() []field.Chip { return p.Fields.Chips(p.Request, p.Terms) }

// AppendJSON writes a row as the API answers it.
func (p *Page) AppendJSON(dst []byte, row int) ([]byte, error) {
	return p.Fields.AppendJSON(dst, &p.Rows[row])
}

// roll is one view of the list.
type roll struct {
	fields *field.List[Person]
	allow  access.Permission
	base   string // condition on p that makes a person part of it; empty: everybody
}

var (
	users     = &roll{fields: UserFields, allow: access.UsersView}
	customers = &roll{fields: CustomerFields, allow: access.CustomersView, base: "(p.kinds & 1) = 1"}
)

// The lists, each with its exact total as a request of its own.
var (
	Users = &op.Query[Ask, *Page]{
		Name: "user.list", Summary: "List the users of a brand", Allow: access.UsersView, Do: users.page,
	}
	UsersTotal = &op.Query[Ask, int64]{
		Name: "user.total", Summary: "Count the users that a filter finds", Allow: access.UsersView, Do: users.total,
	}
	Customers = &op.Query[Ask, *Page]{
		Name: "customer.list", Summary: "List the customers of a brand", Allow: access.CustomersView, Do: customers.page,
	}
	CustomersTotal = &op.Query[Ask, int64]{
		Name: "customer.total", Summary: "Count the customers that a filter finds", Allow: access.CustomersView, Do: customers.total,
	}
)

// run is one request to one view, being answered.
type run struct {
	*op.View
	list     *roll
	brand    *brand.Brand // nil: the platform
	home     brand.ID
	reach    reach
	places   places
	fields   *field.Visible[Person]
	terms    field.Terms
	limits   customer.Settings
	req      *field.Request
	order    *field.Order
	search   search
	shortcut shortcut

	marketing bool // only who agreed to marketing by e-mail
}

// open reads a request: where, who may see what of it, and what is asked. Nothing of the people is read yet. also are permissions
// that are needed besides the list's own.
func (l *roll) open(v *op.View, in Ask, also ...access.Permission) (r *run, err error) {
	r = &run{View: v, list: l, home: in.Brand}
	scope := in.Brand.Scope()
	if r.brand, err = known(v, in.Brand); err != nil {
		return nil, err
	}
	r.reach = reachOf(v, l.allow, scope)
	for _, p := range also {
		r.reach = r.reach.and(reachOf(v, p, scope))
	}
	if r.reach.empty() {
		return nil, op.ErrForbidden.Say("You need “%s” for this. A Super Admin can give it to you.", l.allow.Label()).With("permission", l.allow.String())
	}
	if r.places, err = placesOf(v, r.home, r.reach); err != nil {
		return nil, err
	}
	r.terms = field.Terms{Form: in.Form, Now: v.Now(), Choices: r.places.choices}
	if r.brand != nil {
		r.terms.Currency, r.terms.Zone = r.brand.Currency, r.brand.Location()
		if r.limits, _, err = customer.LoadSettings(v, r.brand.ID); err != nil {
			return nil, err
		}
		r.terms.Bands = bandsOf(r.limits)
	}
	r.fields = l.fields.For(func(anyOf []access.Permission) bool { return r.reach.sees(v, anyOf) })
	if r.req, err = r.fields.Parse(in.Params, r.terms); err != nil {
		return nil, err
	}
	r.order = r.fields.Order(r.req)
	if err := r.readSearch(); err != nil {
		return nil, err
	}
	return r, r.findShortcut()
}

// known finds a brand that the viewer may know of; nil is the platform.
func known(v *op.View, id brand.ID) (*brand.Brand, error) {
	if id == brand.Platform {
		return nil, nil
	}
	b, err := brand.Find(v, id)
	if err == nil && !v.Knows(b.Subject()) {
		err = errs.ErrNotFound
	}
	return b, err
}

// numbers is the range of the numbers of the brand's people.
func (r *run) numbers() (from, to int64) {
	if r.brand == nil {
		return 0, 1 << 40
	}
	return r.brand.Numbers()
}

func (r *run) brandNum() int64 {
	from, _ := r.numbers()
	return from >> 40
}

// principal is who a cursor is for.
func (r *run) principal() string { return string(r.Caller().Kind) + " " + r.Caller().ID }

// conditions are all that a row of p must meet, the search apart. Archived people appear only under their own filter. SQLite looks
// at them in this order, so that what most rows meet comes last.
func (r *run) conditions(b field.Builder) []string {
	all := []string{r.reach.condition(b, r.places.byScope)}
	last := "p.status < " + strconv.FormatInt(user.Archived.Num(), 10)
	for i := range r.req.Predicates {
		c := r.fields.Condition(b, &r.req.Predicates[i])
		if r.req.Predicates[i].Field == "status" {
			last = c
		} else {
			all = append(all, c)
		}
	}
	if r.marketing {
		all = append(all, agreed)
	}
	return slices.DeleteFunc(append(all, r.list.base, last), func(c string) bool { return c == "" })
}

// agreed is the condition on p of who agreed to marketing by e-mail, has an address, and did not take it back since.
const agreed = `exists (select 1 from users mu join consents mc on mc.user_id = mu.id where mu.num = p.num and mu.email <> ''
	and mc.purpose = 'email_marketing' and mc.given = 1
	and mc.n = (select max(n) from consents where user_id = mu.id and purpose = 'email_marketing'))`

// asksForArchived says whether the status filter names archived or erased. They are the last of the statuses.
func (r *run) asksForArchived() bool {
	p := r.req.Filter("status", field.Is)
	return p != nil && slices.ContainsFunc(p.Nums, func(n int64) bool { return n >= user.Archived.Num() })
}

// page answers a page.
func (l *roll) page(v *op.View, in Ask) (*Page, error) {
	r, err := l.open(v, in)
	if err != nil {
		return nil, err
	}
	cursor, err := r.fields.Open(v.MAC, r.req, r.principal(), string(r.home))
	if err != nil {
		return nil, err
	}
	p := &Page{Brand: r.brand, Request: r.req, Fields: r.fields, Terms: r.terms, Limits: r.limits}
	hits, err := r.find(cursor, r.req.Limit+1)
	if err != nil {
		return nil, err
	}
	more := len(hits) > r.req.Limit
	if more {
		hits = hits[:r.req.Limit]
	}
	back := cursor != nil && cursor.Before
	if back {
		slices.Reverse(hits)
	}
	if p.Rows, err = r.rows(hits); err != nil {
		return nil, err
	}
	if len(hits) > 0 {
		if more || back {
			p.Next = r.seal(hits[len(hits)-1], false)
		}
		if more && back || cursor != nil && !back {
			p.Prev = r.seal(hits[0], true)
		}
	}
	return p, nil
}

func (r *run) seal(h hit, before bool) string {
	return r.fields.Seal(r.MAC, r.req, field.Cursor{Before: before, Num: h.num, Key: h.key, Text: h.text}, r.principal(), string(r.home))
}
