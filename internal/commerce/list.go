package commerce

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Filter is which orders are listed: those of a customer, or those of a brand, newest first.
type Filter struct {
	Customer user.ID          `json:"customer,omitzero"` // or Brand
	Brand    brand.ID         `json:"brand,omitzero"`
	Location brand.LocationID `json:"location,omitzero"`
	Status   Status           `json:"status,omitzero"`
	From     int64            `json:"from,omitzero"` // epoch ms; included
	Until    int64            `json:"until,omitzero"`
	Limit    int              `json:"-"` // 50, at most 200
	Cursor   string           `json:"-"`
}

// Summary is an order in a list.
type Summary struct {
	ID         ID
	Num        int64
	Source     string
	ExternalID string
	Status     Status
	PlacedAt   int64
	Total      money.Amount
	LineCount  int64
	Location   brand.LocationID
	Place      string  // the location's name
	Buyer      string  // the customer's name, or “Customer 14646”
	Customer   user.ID // empty where the caller may know the buyer's name only
}

// Page is one page of a list. Next is empty on the last one.
type Page struct {
	Orders []Summary
	Next   string
}

// ErrFilter refuses a list of nothing in particular.
var ErrFilter = errs.New(errs.Malformed, "filter_invalid", "Name a customer or a brand whose orders to list.")

// List lists orders: of a customer, for who may see their purchases; of a brand or location, for who may see orders there.
var List = &op.Query[Filter, Page]{
	Name:    "order.list",
	Summary: "List orders",
	Own:     true, // of a customer with customers.purchases (or one's own), of a brand with orders.view
	Do: func(v *op.View, f Filter) (page Page, err error) {
		n, err := narrow(v, f)
		if err != nil {
			return page, err
		}
		return n.page(v, f)
	},
}

// narrowed is a filter cut to what its asker may see: which orders, in SQL over orders o, and where the reach is not whole over
// people p too. A list and its total are made of the same.
type narrowed struct {
	brand *brand.Brand
	reach reach
	where string
	args  []any
}

// narrow judges who asks for what, and turns the filter into conditions.
func narrow(v *op.View, f Filter) (n narrowed, err error) {
	if v.Caller().Kind == op.Anonymous {
		return n, op.ErrSignIn
	}
	if f.Status != "" && !slices.Contains(Statuses, f.Status) {
		return n, errs.Field("status", "Choose paid, pending, cancelled or void.")
	}
	switch {
	case f.Customer != "" && f.Brand == "":
		n, err = ofCustomer(v, f.Customer)
	case f.Brand != "" && f.Customer == "":
		n, err = ofBrand(v, f.Brand)
	default:
		err = ErrFilter
	}
	if err != nil {
		return n, err
	}
	n.where += n.reach.condition(&n.args)
	if f.Location != "" {
		n.and("o.location_id =", string(f.Location))
		n.where += " and o.location_id <> ''" // lets the partial index be used
	}
	if f.Status != "" {
		n.and("o.status =", string(f.Status))
	}
	if f.From != 0 {
		n.and("o.placed_at >=", f.From)
	}
	if f.Until != 0 {
		n.and("o.placed_at <", f.Until)
	}
	return n, nil
}

func (n *narrowed) and(condition string, value any) {
	n.args = append(n.args, value)
	n.where += " and " + condition + " $" + strconv.Itoa(len(n.args))
}

// requirePurchases lets those see a customer's orders who may see their purchases, and the customer themself.
func requirePurchases(v *op.View, id user.ID) (*user.User, error) {
	u, err := user.Find(v, id)
	if err != nil {
		return nil, err
	}
	p := access.CustomersPurchases
	if v.Caller().Is(string(u.ID)) && !v.Can(p, u.Subject()) {
		p = access.OwnOrders
	}
	return u, v.Require(p, u)
}

func ofCustomer(v *op.View, id user.ID) (n narrowed, err error) {
	if err := v.Signed(); err != nil {
		return n, err
	}
	u, err := requirePurchases(v, id)
	if err != nil {
		return n, err
	}
	b, err := brand.Find(v, u.Brand)
	return narrowed{brand: b, reach: reach{whole: true}, where: "o.user_num = $1", args: []any{u.Num}}, err
}

func ofBrand(v *op.View, id brand.ID) (n narrowed, err error) {
	b, err := brand.Find(v, id)
	if err != nil {
		return n, err
	}
	r, err := reachOf(v, b, access.OrdersView)
	if err == nil && r.nothing() { // refused like any other: unknown where the brand is unknown
		err = v.Require(access.OrdersView, b)
	}
	return narrowed{brand: b, reach: r, where: "o.brand_id = $1", args: []any{string(b.ID)}}, err
}

// summarySQL reads orders first, and looks up the rest for each: "cross join" keeps SQLite from beginning with the customer and
// sorting all of their orders.
const summarySQL = `select o.id, o.num, o.source, o.external_id, o.status, o.placed_at, o.total, o.line_count, o.location_id,
	coalesce(l.name, ''), u.id, u.first_name, u.last_name, u.num, p.location_num,
	coalesce((select x.external_id from external_ids x where x.user_num = o.user_num order by x.source, x.external_id limit 1), '')
	from orders o cross join users u cross join people p left join locations l on l.id = o.location_id
	where u.num = o.user_num and p.num = o.user_num and `

// page walks one index: of the customer, of the brand, or of the location.
func (n narrowed) page(v *op.View, f Filter) (page Page, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	if f.Cursor != "" {
		p, err := openCursor(v, f, f.Cursor)
		if err != nil {
			return page, err
		}
		n.args = append(n.args, p.placedAt, p.num)
		n.where += fmt.Sprintf(" and (o.placed_at, o.num) < ($%d, $%d)", len(n.args)-1, len(n.args))
	}
	n.args = append(n.args, int64(f.Limit)+1)
	sql := summarySQL + n.where + " order by o.placed_at desc, o.num desc limit $" + strconv.Itoa(len(n.args))
	page.Orders, err = store.All(v, func(row store.Row) (Summary, error) { return scanSummary(row, n.brand, n.reach) }, sql, n.args...)
	if err != nil {
		return page, fmt.Errorf("list orders: %w", err)
	}
	if len(page.Orders) > f.Limit {
		page.Orders = page.Orders[:f.Limit]
		last := page.Orders[f.Limit-1]
		page.Next, err = position{last.PlacedAt, last.Num}.sign(v, f)
	}
	return page, err
}

func scanSummary(row store.Row, b *brand.Brand, r reach) (s Summary, err error) {
	var first, last, external string
	var total, num, home int64
	err = row.Scan(&s.ID, &s.Num, &s.Source, &s.ExternalID, &s.Status, &s.PlacedAt, &total, &s.LineCount, &s.Location,
		&s.Place, &s.Customer, &first, &last, &num, &home, &external)
	s.Total, s.Buyer = amount(b, total), customer.Shown(first, last, external, num)
	if !r.hasHome(home) {
		s.Customer = ""
	}
	return s, err
}
