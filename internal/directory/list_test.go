package directory_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

func day(y int, m time.Month, d int) int64 {
	london, _ := time.LoadLocation("Europe/London")
	return time.Date(y, m, d, 0, 0, 0, 0, london).UnixMilli()
}

// crowd is people of all kinds, many of them on the very edge of a filter.
func crowd(n int, b int64, seed uint64) []*soul {
	r := rand.New(rand.NewPCG(seed, uint64(b)))
	pick := func(values ...int64) int64 { return values[r.IntN(len(values))] }
	var all []*soul
	for i := range n {
		s := &soul{num: b<<40 | int64(i+1), brand: b, kinds: user.IsCustomer, status: user.Active}
		s.first, s.last = forenames[r.IntN(12)], surnames[r.IntN(8)]
		if r.IntN(10) == 0 {
			s.first, s.last = "", ""
		}
		if r.IntN(8) > 0 {
			s.email = fmt.Sprintf("p%d.%s@%s.example", r.IntN(1e9), text.Fold(s.first), [...]string{"gmail", "post"}[r.IntN(2)])
		}
		s.external = fmt.Sprint(17_000 + i)
		if r.IntN(4) == 0 {
			s.status = user.Statuses[r.IntN(len(user.Statuses))]
		}
		switch r.IntN(12) {
		case 0:
			s.kinds, s.role = user.IsStaff, 1+r.Int64N(10)
		case 1:
			s.kinds, s.role = user.IsStaff|user.IsCustomer, 1+r.Int64N(10)
		case 2:
			s.kinds |= user.IsCompany
		case 3:
			s.kinds = user.IsCompany
		}
		s.emailVerified, s.phoneVerified = r.IntN(2) == 0, r.IntN(2) == 0
		s.registered = pick(day(2026, 11, 14), day(2026, 11, 14)-1, day(2026, 11, 20), now.UnixMilli(), day(2026, 10, 22), day(2026, 8, 23)-1, day(2026, 8, 23), day(2026, 3, 29), day(2026, 3, 30)-1, day(2026, 3, 30), day(2024, 2, 29))
		s.seen = pick(0, 0, day(2026, 11, 1), now.UnixMilli()-5000, now.UnixMilli()-6000)
		if b == 1 {
			s.location = r.Int64N(4)
		} else if b == 2 {
			s.location = 4 * r.Int64N(2)
		}
		if s.kinds&user.IsCustomer != 0 {
			s.orders = pick(0, 0, 1, 5, 6, 20, 21, 300)
			s.gross = pick(-100, 0, 4999, 5000, 5001, 49_999, 50_000, 499_999, 500_000, 9_000_000)
			s.refunded, s.imported = pick(0, 0, 0, 5000), pick(0, 0, 1)
			s.tier = r.Int64N(4)
			if s.orders > 0 {
				s.firstOrder, s.lastOrder = day(2026, 1, 1), pick(day(2026, 9, 1), day(2026, 9, 2), day(2026, 11, 20))
			}
			s.favourite = [...]string{"", "Flower"}[r.IntN(2)]
		}
		all = append(all, s)
	}
	return all
}

func (s *soul) here() bool { return s.status != user.Archived && s.status != user.Erased }

// orders are the ways to sort, as the model sees them.
var orders = map[string]func(a, b *soul) int{
	"name":           func(a, b *soul) int { return cmp.Compare(text.Fold(a.name()), text.Fold(b.name())) },
	"email":          func(a, b *soul) int { return cmp.Compare(strings.ToLower(a.email), strings.ToLower(b.email)) },
	"registered_at":  func(a, b *soul) int { return cmp.Compare(a.registered, b.registered) },
	"last_seen_at":   func(a, b *soul) int { return cmp.Compare(a.seen, b.seen) },
	"lifetime_spend": func(a, b *soul) int { return cmp.Compare(a.lifetime(), b.lifetime()) },
	"order_count":    func(a, b *soul) int { return cmp.Compare(a.orders, b.orders) },
	"last_order_at":  func(a, b *soul) int { return cmp.Compare(a.lastOrder, b.lastOrder) },
}

// expected is what a list should be, in its order.
func expected(all []*soul, sort string, keep func(*soul) bool) (ids []user.ID) {
	var kept []*soul
	for _, s := range all {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	key, desc := strings.CutPrefix(sort, "-")
	slices.SortFunc(kept, func(a, b *soul) int {
		c := cmp.Or(orders[key](a, b), cmp.Compare(a.num, b.num))
		if desc {
			return -c
		}
		return c
	})
	for _, s := range kept {
		ids = append(ids, s.id())
	}
	return ids
}

func sameIDs(t *testing.T, what string, got, want []user.ID) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("first difference at row %d: %s, want %s", i, got[i], want[i])
			break
		}
	}
}

// filters are every filter of the lists with its edges: the parameters, and what they mean. Amounts are in pence.
var filters = []struct {
	only  string // the list that has it; empty: both
	query string
	keep  func(*soul) bool
}{
	{"", "status=active", func(s *soul) bool { return s.status == user.Active }},
	{"", "status=inactive", func(s *soul) bool { return s.status == user.Deactivated }},
	{"", "status=deactivated,banned", func(s *soul) bool { return s.status == user.Deactivated || s.status == user.Banned }},
	{"", "status=suspended", func(s *soul) bool { return s.status == user.Suspended }},
	{"", "status=archived", func(s *soul) bool { return s.status == user.Archived }},
	{"", "status=erased,active", func(s *soul) bool { return s.status == user.Erased || s.status == user.Active }},
	{"", "email_verified=true", func(s *soul) bool { return s.here() && s.emailVerified }},
	{"", "email_verified=false", func(s *soul) bool { return s.here() && !s.emailVerified }},
	{"users", "phone_verified=true&email_verified=true", func(s *soul) bool { return s.here() && s.emailVerified && s.phoneVerified }},
	{"users", "role=admin", func(s *soul) bool { return s.here() && s.role == role.Num("admin") }},
	{"users", "role=shop_manager,marketing,moderator,support", func(s *soul) bool {
		return s.here() && s.role >= role.Num("shop_manager") && s.role <= role.Num("support")
	}},
	{"users", "role=customer", func(s *soul) bool { return s.here() && s.role == 0 && s.kinds&user.IsCustomer != 0 }},
	{"users", "role=customer,hub_admin", func(s *soul) bool {
		return s.here() && (s.role == 0 && s.kinds&user.IsCustomer != 0 || s.role == role.Num("hub_admin"))
	}},
	{"users", "kind=staff", func(s *soul) bool { return s.here() && s.kinds&user.IsStaff != 0 }},
	{"users", "kind=staff,company_user&status=active", func(s *soul) bool {
		return s.status == user.Active && s.kinds&(user.IsStaff|user.IsCompany) != 0
	}},
	{"", "registered_at[last]=7", func(s *soul) bool {
		return s.here() && s.registered >= day(2026, 11, 14) && s.registered <= now.UnixMilli()
	}},
	{"", "registered_at[last]=30", func(s *soul) bool { return s.here() && s.registered >= day(2026, 10, 22) }},
	{"", "registered_at[last]=90", func(s *soul) bool { return s.here() && s.registered >= day(2026, 8, 23) }},
	{"", "registered_at[gte]=2026-03-29&registered_at[lte]=2026-03-29", func(s *soul) bool {
		return s.here() && s.registered >= day(2026, 3, 29) && s.registered < day(2026, 3, 30)
	}},
	{"", "registered_at[gt]=2026-03-29&registered_at[lt]=2026-11-14", func(s *soul) bool {
		return s.here() && s.registered >= day(2026, 3, 30) && s.registered < day(2026, 11, 14)
	}},
	{"", "registered_at[gte]=2026-11-14T00:00:00Z", func(s *soul) bool { return s.here() && s.registered >= day(2026, 11, 14) }},
	{"", "registered_at[lt]=2026-11-14T00:00:00Z", func(s *soul) bool { return s.here() && s.registered < day(2026, 11, 14) }},
	{"", "last_seen_at[lt]=2026-11-20", func(s *soul) bool { return s.here() && s.seen > 0 && s.seen < day(2026, 11, 20) }},
	{"", "location=" + headrow, func(s *soul) bool { return s.here() && s.location == 1 }},
	{"", "location=" + headrow + "," + shambles, func(s *soul) bool { return s.here() && (s.location == 1 || s.location == 3) }},
	{"", "city=Leeds", func(s *soul) bool { return s.here() && (s.location == 1 || s.location == 2) }},
	{"", "city=york&status=active,banned", func(s *soul) bool { return s.location == 3 && (s.status == user.Active || s.status == user.Banned) }},
	{"customers", "tier=gold", func(s *soul) bool { return s.here() && s.tier == 2 }},
	{"customers", "tier=bronze,platinum", func(s *soul) bool { return s.here() && (s.tier == 0 || s.tier == 3) }},
	{"customers", "lifetime_spend[band]=0-50", func(s *soul) bool { return s.here() && s.lifetime() < 5000 }},
	{"customers", "lifetime_spend[band]=50-500", func(s *soul) bool { return s.here() && s.lifetime() >= 5000 && s.lifetime() < 50_000 }},
	{"customers", "lifetime_spend[band]=0-50,5000%2B", func(s *soul) bool { return s.here() && (s.lifetime() < 5000 || s.lifetime() >= 500_000) }},
	{"customers", "lifetime_spend[gte]=5000&lifetime_spend[lte]=50000", func(s *soul) bool { return s.here() && s.lifetime() >= 5000 && s.lifetime() <= 50_000 }},
	{"customers", "lifetime_spend[gt]=5000&lifetime_spend[lt]=50000", func(s *soul) bool { return s.here() && s.lifetime() > 5000 && s.lifetime() < 50_000 }},
	{"customers", "lifetime_spend=5000,-100", func(s *soul) bool { return s.here() && (s.lifetime() == 5000 || s.lifetime() == -100) }},
	{"customers", "order_count[band]=0", func(s *soul) bool { return s.here() && s.orders == 0 }},
	{"customers", "order_count[band]=1-5,6-20", func(s *soul) bool { return s.here() && s.orders >= 1 && s.orders <= 20 }},
	{"customers", "order_count[band]=21%2B", func(s *soul) bool { return s.here() && s.orders >= 21 }},
	{"customers", "order_count[gte]=5&order_count[lte]=6", func(s *soul) bool { return s.here() && (s.orders == 5 || s.orders == 6) }},
	{"customers", "order_count=300", func(s *soul) bool { return s.here() && s.orders == 300 }},
	{"customers", "last_order_at[lte]=2026-09-01", func(s *soul) bool { return s.here() && s.lastOrder > 0 && s.lastOrder < day(2026, 9, 2) }},
	{"customers", "first_order_at[gte]=2026-01-02", func(s *soul) bool { return false }},
}

func TestEveryFilterFindsWhatItSaysInEveryOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		all := crowd(400, 1, 1)
		d.fill(all...)
		d.fill(crowd(30, 2, 2)...)
		d.fill(crowd(5, 0, 3)...)
		r := rand.New(rand.NewPCG(4, 4))
		for _, f := range append(filters, filters[0]) {
			for _, v := range views {
				if f.only != "" && f.only != v.name {
					continue
				}
				sorts := []string{"name", "-name", "-email", "registered_at", "-registered_at", "last_seen_at"}
				if v.name == "customers" {
					sorts = append(sorts, "-lifetime_spend", "lifetime_spend", "-order_count", "-last_order_at")
				}
				for _, sort := range []string{sorts[r.IntN(len(sorts))], sorts[r.IntN(len(sorts))], "-registered_at"} {
					want := expected(all, sort, func(s *soul) bool { return f.keep(s) && (v.name == "users" || s.kinds&user.IsCustomer != 0) })
					query := f.query + "&limit=23&sort=" + sort
					sameIDs(t, v.name+"?"+query, d.walk(owner, v, ask(aurora, query)), want)
				}
			}
		}
	})
}

func TestWithoutAFilterTheArchivedAreAbsent(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		all := crowd(300, 1, 5)
		d.fill(all...)
		for sort := range orders {
			for _, v := range views {
				if v.name == "users" && slices.Contains([]string{"lifetime_spend", "order_count", "last_order_at"}, sort) {
					continue
				}
				want := expected(all, sort, func(s *soul) bool { return s.here() && (v.name == "users" || s.kinds&user.IsCustomer != 0) })
				sameIDs(t, v.name+" by "+sort, d.walk(owner, v, ask(aurora, "limit=40&sort="+sort)), want)
			}
		}
	})
}

func TestAPageLeadsBackToTheOneBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.fill(crowd(200, 1, 6)...)
		for _, query := range []string{"limit=30&sort=-lifetime_spend", "limit=30&sort=name", "limit=30&status=active&tier=gold", "limit=10&q=gmail", "limit=10&q=gmail&sort=name"} {
			in := ask(aurora, query)
			var pages [][]user.ID
			var page *directory.Page
			step := func(cursor string) []user.ID {
				var err error
				in.Params.Set("cursor", cursor)
				if cursor == "" {
					in.Params.Del("cursor")
				}
				if page, err = op.Ask(t.Context(), d.door, owner, directory.Customers, in); err != nil {
					t.Fatal(err)
				}
				var ids []user.ID
				for i := range page.Rows {
					ids = append(ids, page.Rows[i].ID)
				}
				return ids
			}
			pages = append(pages, step(""))
			if page.Prev != "" {
				t.Errorf("%s: the first page has one before it", query)
			}
			for page.Next != "" {
				pages = append(pages, step(page.Next))
			}
			if len(pages) < 2 {
				t.Fatalf("%s: only %d page", query, len(pages))
			}
			for i := len(pages) - 2; i >= 0; i-- {
				if page.Prev == "" {
					t.Fatalf("%s: page %d has no page before it", query, i+1)
				}
				sameIDs(t, fmt.Sprintf("%s: back to page %d", query, i), step(page.Prev), pages[i])
			}
			if page.Prev != "" {
				t.Errorf("%s: back on the first page, there is still one before it", query)
			}
		}
	})
}

func TestAWalkGivesEachRowOnceWhileOthersComeIn(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		all := crowd(300, 1, 7)
		for _, s := range all {
			s.status, s.registered, s.first = user.Active, day(2026, 11, 1), "Same" // equal keys
			s.last = ""
		}
		d.fill(all...)
		for _, sort := range []string{"-registered_at", "name", "-lifetime_spend"} {
			var more sync.WaitGroup
			stop := make(chan struct{})
			more.Go(func() {
				next := int64(1<<40 | 10_000 + len(sort)*1000)
				for {
					select {
					case <-stop:
						return
					default:
					}
					next++
					d.fill(&soul{num: next, brand: 1, kinds: user.IsCustomer, status: user.Active, first: "Same", registered: day(2026, 11, 1), gross: next % 9000})
					time.Sleep(time.Millisecond)
				}
			})
			seen := map[user.ID]int{}
			in := ask(aurora, "limit=20&sort="+sort)
			for {
				page, err := op.Ask(context.Background(), d.door, owner, directory.Customers, in)
				if err != nil {
					t.Error(err)
					break
				}
				for i := range page.Rows {
					seen[page.Rows[i].ID]++
				}
				if page.Next == "" || len(seen) > 5000 {
					break
				}
				in.Params.Set("cursor", page.Next)
			}
			close(stop)
			more.Wait()
			for _, s := range all {
				if want := bit(s.kinds&user.IsCustomer != 0); int64(seen[s.id()]) != want {
					t.Errorf("by %s: %s was seen %d times, want %d", sort, s.id(), seen[s.id()], want)
				}
			}
			for id, n := range seen {
				if n > 1 {
					t.Errorf("by %s: %s was seen %d times", sort, id, n)
				}
			}
		}
	})
}

func TestTheNextBrandAndThePlatformAreListsOfTheirOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		groups := map[brand.ID][]*soul{aurora: crowd(60, 1, 8), meridian: crowd(50, 2, 8), brand.Platform: crowd(7, 0, 8)}
		for _, all := range groups {
			d.fill(all...)
		}
		for b, all := range groups {
			for _, query := range []string{"", "sort=name", "q=usr", "status=active,banned,archived,suspended"} {
				ids := d.walk(owner, usersView, ask(b, query))
				if len(ids) == 0 {
					t.Errorf("%s?%s is empty", b, query)
				}
				for _, id := range ids {
					if !slices.ContainsFunc(all, func(s *soul) bool { return s.id() == id }) {
						t.Errorf("%s?%s has %s of elsewhere", b, query, id)
					}
				}
			}
		}
	})
}

func TestAForgedOrForeignCursorIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.fill(crowd(120, 1, 9)...)
		d.fill(crowd(120, 2, 9)...)
		page, err := op.Ask(t.Context(), d.door, owner, directory.Customers, ask(aurora, "limit=10&status=active&sort=name"))
		if err != nil || page.Next == "" {
			t.Fatal(err, page)
		}
		good := page.Next
		flipped := []byte(good)
		flipped[len(flipped)/2] ^= 1
		admin := viewer("admin", access.Platform)
		for what, try := range map[string]struct {
			c  *op.Caller
			q  *op.Query[directory.Ask, *directory.Page]
			in directory.Ask
		}{
			"another person":  {admin, directory.Customers, ask(aurora, "limit=10&status=active&sort=name&cursor="+good)},
			"another list":    {owner, directory.Users, ask(aurora, "limit=10&status=active&sort=name&cursor="+good)},
			"another brand":   {owner, directory.Customers, ask(meridian, "limit=10&status=active&sort=name&cursor="+good)},
			"another filter":  {owner, directory.Customers, ask(aurora, "limit=10&status=banned&sort=name&cursor="+good)},
			"another order":   {owner, directory.Customers, ask(aurora, "limit=10&status=active&sort=-name&cursor="+good)},
			"a flipped bit":   {owner, directory.Customers, ask(aurora, "limit=10&status=active&sort=name&cursor="+url.QueryEscape(string(flipped)))},
			"a shortened one": {owner, directory.Customers, ask(aurora, "limit=10&status=active&sort=name&cursor="+good[:20])},
			"plain nonsense":  {owner, directory.Customers, ask(aurora, "limit=10&status=active&sort=name&cursor=%00%ff")},
			"an offset":       {owner, directory.Customers, ask(aurora, "limit=10&status=active&sort=name&cursor=50")},
		} {
			if _, err := op.Ask(t.Context(), d.door, try.c, try.q, try.in); kindOf(err) != 400 {
				t.Errorf("%s: %v, want 400", what, err)
			}
		}
		if _, err := op.Ask(t.Context(), d.door, owner, directory.Customers, ask(aurora, "limit=25&status=active&sort=name&cursor="+good)); err != nil {
			t.Errorf("another size of page: %v", err)
		}
	})
}

// A page is quick because it is the next rows of an index, in their order: the walk stops when it has them. A change of the SQL that
// makes the database sort first would show nowhere else than on the clock.
func TestAPageAlongAnIndexSortsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.URL(t, store.SQLite, schema.FS))
	d.raw.places()
	d.fill(crowd(120, 1, 10)...)
	for sort := range orders {
		for _, query := range []string{"sort=" + sort, "sort=-" + sort, "status=active,banned&location=" + headrow + "&sort=-" + sort, "q=gmail&sort=" + sort, "registered_at[last]=90&limit=2&sort=" + sort} {
			in := ask(aurora, query)
			for range 2 {
				plan, err := op.Ask(t.Context(), d.door, owner, directory.Plan, in)
				if err != nil {
					t.Fatal(err)
				}
				if s := strings.Join(plan, "; "); strings.Contains(s, "TEMP B-TREE") || !strings.Contains(s, "(brand_") {
					t.Errorf("?%s: %s", in.Params.Encode(), s)
				}
				page, err := op.Ask(t.Context(), d.door, owner, directory.Customers, in)
				if err != nil {
					t.Fatal(err)
				}
				in.Params.Set("cursor", page.Next)
			}
		}
	}
}
