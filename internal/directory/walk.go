package directory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/huandu/go-sqlbuilder"

	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// How a page is found. Measured at 1,000,000 people (bench_test.go): a walk of a thousand rows takes about a millisecond, a scan
// of the narrow table 60 to 90 ms on SQLite.
//
//  1. Walk: along the index of the order, from the cursor, over at most walkRows rows. Where 1 row in 100 matches, a page needs
//     5,000 of them.
//  2. What the walk did not find within its bound is rare: one scan of the narrow table keeps the best rows.
var (
	walkRows = 7000
	// An order by text stands in the wide table. So many rows of a scan are looked up there; more of them are not rare, and a longer
	// walk finds a page sooner.
	textRows = 20_000
	// So many rows are better looked up through a shortcut than found by a scan.
	fewRows = 20_000
)

// hit is a row of a page: its number and what the list is sorted by.
type hit struct {
	num  int64
	key  int64
	text string
}

// direction is how the rows are read: the list's order, or against it towards the page before.
type direction struct {
	desc  bool
	after *hit // start behind this row; nil: at the beginning
	limit int
}

func (d direction) word() string {
	if d.desc {
		return " desc"
	}
	return ""
}

// find finds the rows of a page, in the direction of its cursor.
func (r *run) find(cursor *field.Cursor, limit int) ([]hit, error) {
	d := direction{desc: r.req.Sort.Desc, limit: limit}
	if cursor != nil {
		d.after = &hit{cursor.Num, cursor.Key, cursor.Text}
		d.desc = d.desc != cursor.Before
	}
	return r.look(d)
}

// look finds the next rows in a direction.
func (r *run) look(d direction) ([]hit, error) {
	if r.search.given() {
		return r.findWords(d)
	}
	if r.shortcut.rows > 0 && r.shortcut.rows <= walkRows {
		return r.scan(d) // cheaper than the walk
	}
	hits, cut, err := r.walk(d, walkRows)
	if err != nil || !cut {
		return hits, err
	}
	return r.scan(d)
}

func builder() *sqlbuilder.SelectBuilder { return sqlbuilder.PostgreSQL.NewSelectBuilder() }

func (r *run) hits(b *sqlbuilder.SelectBuilder) ([]hit, error) {
	sql, args := b.Build()
	text := r.order.Text
	return store.All(r, func(row store.Row) (h hit, err error) {
		if text {
			return h, row.Scan(&h.num, &h.text)
		}
		return h, row.Scan(&h.num, &h.key)
	}, sql, args...)
}

// behind is the condition that a row lies behind the direction's start.
func (r *run) behind(b field.Builder, d direction, key, num string) string {
	if d.after == nil {
		return ""
	}
	sign := " > "
	if d.desc {
		sign = " < "
	}
	switch {
	case r.order.Key == "num":
		return num + sign + b.Var(d.after.num)
	case r.order.Text:
		return "(" + key + ", " + num + ")" + sign + "(" + b.Var(d.after.text) + ", " + b.Var(d.after.num) + ")"
	}
	return "(" + key + ", " + num + ")" + sign + "(" + b.Var(d.after.key) + ", " + b.Var(d.after.num) + ")"
}

// facets are the columns of people that filters read.
const facets = "p.kinds, p.status, p.role, p.email_verified, p.phone_verified, p.registered_at, p.last_seen_at, p.location_num, p.tier, " +
	"p.orders, p.lifetime, p.first_order_at, p.last_order_at"

// steps is the bounded walk as a select of num, the sort key as k, and the facets, in the order of k and num. That the outer select
// names the same columns for its order is what lets both databases stop at the end of a page, with nothing sorted: so num is that
// of the table whose index is walked.
func (r *run) steps(d direction, bound int) *sqlbuilder.SelectBuilder {
	b := builder()
	key, num := "p."+r.order.Key, "p.num"
	switch {
	case r.order.Text:
		// Nothing but the index is read of users; "cross" keeps SQLite from turning the join round.
		key, num = "u."+r.order.Key, "u.num"
		b.From("users u cross join people p").Where("u.brand_id = "+b.Var(string(r.home)), "p.num = u.num")
		if !r.asksForArchived() {
			b.Where("u.status not in ('archived', 'erased')") // in the index; see there
		}
	case r.order.Key == "num":
		from, to := r.numbers()
		b.From("people p").Where("p.num >= "+b.Var(from), "p.num < "+b.Var(to))
	default:
		b.From("people p").Where("p.brand_num = " + b.Var(r.brandNum()))
	}
	b.Select(num+" as num", key+" as k", facets).Where(r.behind(b, d, key, num))
	// A filter on the sort key itself is a stretch of the index: it must not use up the walk.
	for i := range r.req.Predicates {
		if p := &r.req.Predicates[i]; !r.order.Text && p.Field == r.req.Sort.Key && len(p.Ranges) == 1 {
			b.Where(r.fields.Condition(b, p))
		}
	}
	// By the names of the select: a column may be there twice, as the key and as a facet, and SQLite must see that it is the key.
	if key == num {
		return b.OrderBy("num" + d.word()).Limit(bound)
	}
	return b.OrderBy("k"+d.word(), "num"+d.word()).Limit(bound)
}

// order is the SQL of an order by a key and then by number.
func order(key, num string, d direction) []string {
	if key == num {
		return []string{num + d.word()}
	}
	return []string{key + d.word(), num + d.word()}
}

// walking is the select of a walk.
func (r *run) walking(d direction, bound int) *sqlbuilder.SelectBuilder {
	b := builder()
	b.Select("p.num", "p.k").From(b.BuilderAs(r.steps(d, bound), "p"))
	b.Where(r.conditions(b)...).Where(r.search.conditions(b)...)
	if r.order.Key == "num" {
		return b.OrderBy("p.num" + d.word()).Limit(d.limit)
	}
	return b.OrderBy("p.k"+d.word(), "p.num"+d.word()).Limit(d.limit)
}

// walk looks through the next rows along the index. Cut says that it gave up before it had a page.
func (r *run) walk(d direction, bound int) (hits []hit, cut bool, err error) {
	if hits, err = r.hits(r.walking(d, bound)); err != nil || len(hits) >= d.limit {
		return hits, false, err
	}
	count := builder()
	count.Select("count(*)").From(count.BuilderAs(r.steps(d, bound), "steps"))
	sql, args := count.Build()
	steps, err := store.Value[int](r.QueryRow(sql, args...))
	return hits, steps >= bound, err
}

// scan looks through all rows that may match, and keeps the first ones of the order.
func (r *run) scan(d direction) ([]hit, error) {
	if r.order.Text {
		return r.scanByText(d)
	}
	b := r.matching()
	key := "p." + r.order.Key
	b.Where(r.behind(b, d, key, "p.num"))
	return r.hits(b.Select("p.num", key+" as k").OrderBy(order(key, "p.num", d)...).Limit(d.limit))
}

// scanByText looks the rows of a scan up in the wide table, where they are few. They are counted on the way: where they are many, a
// longer walk along the index finds a page.
func (r *run) scanByText(d direction) ([]hit, error) {
	matching := r.matching()
	matching.Select("p.num as num").Limit(textRows + 1)
	b := builder()
	key := "u." + r.order.Key
	b.With(sqlbuilder.With(sqlbuilder.CTEQuery("found").As(matching)))
	b.Select("u.num", key+" as k", "(select count(*) from found) as rows").From("found f cross join users u").Where("u.num = f.num")
	b.Where(r.behind(b, d, key, "u.num"))
	b.OrderBy(order(key, "u.num", d)...).Limit(d.limit)
	sql, args := b.Build()
	many := false
	hits, err := store.All(r, func(row store.Row) (h hit, err error) {
		var rows int
		err = row.Scan(&h.num, &h.text, &rows)
		many = many || rows > textRows
		return h, err
	}, sql, args...)
	if err != nil || !many {
		return hits, err
	}
	hits, _, err = r.walk(d, 1<<40)
	return hits, err
}

// shortcut is an index of the few that a filter is about: who is not active, who is more than a customer.
type shortcut struct {
	index, condition string
	rows             int
}

// findShortcut gives the index whose rows the filters stay within, and which has few; the zero shortcut is none.
func (r *run) findShortcut() (err error) {
	only := func(name string, not int64) bool {
		p := r.req.Filter(name, field.Is)
		return p != nil && !slices.Contains(p.Nums, not)
	}
	var s shortcut
	switch {
	case only("status", user.Active.Num()):
		s = shortcut{index: "people_by_status", condition: "p.status <> 1"}
	case only("role", 0), only("kind", int64(user.IsCustomer)):
		s = shortcut{index: "people_by_kinds", condition: "p.kinds <> 1"}
	default:
		return nil
	}
	r.shortcut = s
	inner := builder()
	r.fromFew(inner)
	if s.index == "people_by_status" {
		inner.Where(r.fields.Condition(inner, r.req.Filter("status", field.Is)))
	}
	inner.Select("1 as one").Limit(fewRows + 1)
	b := builder()
	b.Select("count(*)").From(b.BuilderAs(inner, "few"))
	sql, args := b.Build()
	r.shortcut.rows, err = store.Value[int](r.QueryRow(sql, args...))
	if r.shortcut.rows > fewRows {
		r.shortcut = shortcut{}
	}
	return err
}

func (r *run) fromFew(b *sqlbuilder.SelectBuilder) {
	from := "people p"
	if r.Dialect() == store.SQLite {
		from += " indexed by " + r.shortcut.index
	}
	b.From(from).Where("p.brand_num = "+b.Var(r.brandNum()), r.shortcut.condition)
}

// matching is a look at everybody of the brand, or at the few of a shortcut, for what the filters and the search allow; what it
// selects, its caller says.
func (r *run) matching() *sqlbuilder.SelectBuilder {
	b := builder()
	if r.shortcut.index != "" {
		r.fromFew(b)
	} else {
		from, to := r.numbers()
		b.From("people p"+r.Dialect().NotIndexed()).Where("p.num >= "+b.Var(from), "p.num < "+b.Var(to))
	}
	return b.Where(r.conditions(b)...).Where(r.search.conditions(b)...)
}

// rows reads what is shown of the hits, in their order. Columns that the viewer does not see are not read.
func (r *run) rows(hits []hit) ([]Person, error) {
	people := make([]Person, len(hits))
	if len(hits) == 0 {
		return people, nil
	}
	at := make(map[int64]int, len(hits))
	b := builder()
	nums := make([]string, len(hits))
	for i, h := range hits {
		at[h.num] = i
		nums[i] = b.Var(h.num)
	}
	b.Select("p.num, p.kinds", r.fields.Select()).From("people p join users u on u.num = p.num")
	b.Where("p.num in (" + strings.Join(nums, ", ") + ")")
	sql, args := b.Build()
	found, err := store.All(r, func(row store.Row) (p Person, err error) {
		p.fields = r.fields
		err = row.Scan(append([]any{&p.num, &p.Kinds}, r.fields.Into(&p)...)...)
		return p, err
	}, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read the rows of a list: %w", err)
	}
	for i := range found {
		found[i].settle(r)
		people[at[found[i].num]] = found[i]
	}
	return people, r.nameless(people)
}

// nameless finds the shop's own ids of those who would else be shown as nothing.
func (r *run) nameless(people []Person) error {
	b := builder()
	at := map[int64]*Person{}
	var nums []string
	for i := range people {
		if p := &people[i]; p.Name() == "" && p.Email == "" {
			at[p.num] = p
			nums = append(nums, b.Var(p.num))
		}
	}
	if len(nums) == 0 {
		return nil
	}
	b.Select("user_num", "min(external_id)").From("external_ids").Where("user_num in (" + strings.Join(nums, ", ") + ")").GroupBy("user_num")
	sql, args := b.Build()
	_, err := store.All(r, func(row store.Row) (_ struct{}, err error) {
		var num int64
		var external string
		if err = row.Scan(&num, &external); err == nil {
			at[num].externalID = external
		}
		return struct{}{}, err
	}, sql, args...)
	return err
}

func limited(sql string, n int) string { return sql + " limit " + strconv.Itoa(n) }
