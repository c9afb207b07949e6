package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/world"
)

// The lists show exactly the fields that the field table lets a viewer see: a hidden one has no label, no header, no filter and no
// order, and asking for it by address is refused.
func TestListsShowEachRoleExactlyItsFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	lists := []struct {
		path   string
		view   access.Permission
		fields *field.List[directory.Person]
	}{{"/admin/customers", access.CustomersView, directory.CustomerFields}, {"/admin/users", access.UsersView, directory.UserFields}}
	for _, key := range staffOf {
		t.Run(key, func(t *testing.T) {
			b := d.as(t, key)
			held := d.As(key).Grants
			now := world.Now.UnixMilli()
			for _, l := range lists {
				a := b.get(l.path)
				if !held.Anywhere(now, l.view) {
					a.wants(http.StatusForbidden)
					continue
				}
				a.wants(http.StatusOK)
				for i := range l.fields.Fields {
					f := &l.fields.Fields[i]
					sees := slices.ContainsFunc(f.See, func(p access.Permission) bool { return held.Anywhere(now, p) })
					links := 0
					for _, link := range a.all("a") {
						if strings.Contains(value(link, "href"), "sort="+f.Key) || strings.Contains(value(link, "href"), "sort=-"+f.Key) {
							links++
						}
					}
					inputs := 0
					for _, input := range a.all("input") {
						if name := value(input, "name"); name == f.Key || strings.HasPrefix(name, f.Key+"[") {
							inputs++
						}
					}
					if !sees && (links > 0 || inputs > 0 || heads(a, f.Label)) {
						t.Errorf("%s shows %s (%d orders, %d fields)", l.path, f.Key, links, inputs)
					}
					if sees || !f.CanFilter() && f.Sort == nil {
						continue
					}
					if f.Sort != nil {
						b.get(l.path + "?sort=" + f.Key).wants(http.StatusForbidden)
					}
					for _, bad := range []string{"[gte]=1", "[band]=0-50", "[last]=7", "=true"} {
						if s := b.get(l.path + "?" + f.Key + bad).status; s != http.StatusForbidden {
							t.Errorf("%s?%s%s: %d", l.path, f.Key, bad, s)
						}
						if s := b.get(l.path + "/total?" + f.Key + bad).status; s != http.StatusForbidden {
							t.Errorf("the total of %s?%s%s: %d", l.path, f.Key, bad, s)
						}
					}
				}
			}
		})
	}
}

// Whoever lacks customers.financials finds no sum anywhere in the bytes of any page, whatever they ask for.
func TestNoFigureReachesWhoMayNotSeeFinancials(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	_, err := op.Ask(t.Context(), d.Door, d.As("ada"), directory.Show, d.buyer)
	check(t, err)
	for _, key := range staffOf {
		t.Run(key, func(t *testing.T) {
			b := d.as(t, key)
			held, now := d.As(key).Grants, world.Now.UnixMilli()
			sees := held.Can(now, access.CustomersFinancials, d.scopeOf(d.buyer), access.Customer)
			found := map[string]bool{}
			for _, path := range d.pages() {
				a := b.get(path)
				for _, figure := range secretFigures[:7] {
					if strings.Contains(a.body, figure) {
						found[figure] = true
						if !sees {
							t.Errorf("%s has %s", path, figure)
						}
					}
				}
				if !sees {
					for _, words := range []string{"Lifetime value", "Average order", "Profit", "imported from previous platform", "OldShop", "revious platform", "Rank by spend", " to Platinum"} {
						if strings.Contains(a.body, words) {
							t.Errorf("%s says %q", path, words)
						}
					}
				}
			}
			if sees && (!found["7,412.37"] || !found["1,313.17"]) {
				t.Errorf("%s should see the figures, and found only %v", key, found)
			}
		})
	}
}

func TestAHubAdminFindsOnlyTheirLocation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 30)
	b := d.as(t, "kim")
	for _, path := range []string{"/admin/customers", "/admin/customers?q=hussain", "/admin/users", "/admin", "/admin/overview/activity"} {
		if a := b.get(path); strings.Contains(a.body, "Hussain") && !strings.Contains(path, "hussain") || strings.Contains(a.body, "tariq@example.org") || strings.Contains(a.body, "Leeds") {
			t.Errorf("%s shows somebody of Leeds", path)
		}
	}
	for _, path := range []string{"", "/orders", "/activity", "/sessions", "/audit", "/edit", "/role", "/deactivate"} {
		hidden, absent := b.get("/admin/customers/"+string(d.other)+path).wants(http.StatusNotFound), b.get("/admin/customers/usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"+path).wants(http.StatusNotFound)
		if hidden.sheet() != absent.sheet() {
			t.Errorf("%s tells hidden from absent:\n%s\n%s", path, hidden.sheet(), absent.sheet())
		}
		b.get("/admin/customers/" + string(d.next) + path).wants(http.StatusNotFound)
	}
	if names := people(t, b, "/admin/customers?limit=7"); len(names) != 11 { // ten of thirty, and Siobhán
		t.Errorf("Kim sees %d customers: %v", len(names), names)
	}
}

func TestPagesOfAListGiveEverybodyOnceInEveryOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 60)
	b := d.as(t, "bruno")
	for _, sort := range []string{"", "name", "-name", "-lifetime_spend", "order_count", "-last_order_at", "registered_at"} {
		if names := people(t, b, "/admin/customers?limit=7&sort="+sort); len(names) != 62 {
			t.Errorf("sorted by %q: %d of 62", sort, len(names))
		}
	}
	first := b.get("/admin/customers?limit=7&sort=name")
	second := b.get(value(first.all("a", "rel=next")[0], "href")).says("8–14")
	if back := b.get(value(second.all("a", "rel=prev")[0], "href")); strings.Join(rows(back), " ") != strings.Join(rows(first), " ") {
		t.Error("Previous does not lead back")
	}
	b.get("/admin/customers/total?of=1").says("of 62")
}

func TestAWrongFilterIsSaidOverTheList(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	b := d.as(t, "bruno")
	b.get("/admin/customers?lifetime_spend[gte]=plenty").wants(http.StatusUnprocessableEntity).says("plenty").says("Siobhán O’Neill")
	b.get("/admin/customers?nonsense=1").wants(http.StatusBadRequest)
	b.get("/admin/customers?q=siobhan+neill").wants(http.StatusOK).says("Siobhán O’Neill")
	b.get("/admin/customers?q=nobody+here&status=banned").wants(http.StatusOK).says("Nobody matches “nobody here” with status Banned")
	b.get("/admin/customers?cursor=AAAA").wants(http.StatusBadRequest)
}

func TestAProfileClosesAroundWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	whole := d.as(t, "bruno").get(page).wants(http.StatusOK)
	whole.says("£7,412.37").says("GBP 1,313.17 imported from previous platform").says("Candles, 100%").says("Orders 2").says("Platinum")
	if tabs := tabsOf(whole); tabs != "Orders 2|Activity|Sessions|Audit" {
		t.Errorf("Bruno's tabs: %s", tabs)
	}
	shop := d.as(t, "olu").get(page).wants(http.StatusOK)
	shop.says("2 orders").says("Candles, 100%").says("Platinum")
	if tabs := tabsOf(shop); tabs != "Orders 2|Activity" {
		t.Errorf("the Shop Manager's tabs: %s", tabs)
	}
	for _, part := range []string{"/sessions", "/audit"} {
		d.as(t, "olu").get(page + part).wants(http.StatusForbidden)
	}
	marketing := d.as(t, "elif").get(page).wants(http.StatusOK)
	if len(marketing.all("section", "class=st-card")) != 0 || strings.Contains(marketing.body, "Platinum") {
		t.Error("Marketing sees a card")
	}
	d.as(t, "elif").get(page + "/orders").wants(http.StatusForbidden)
	d.as(t, "mira").get(page).wants(http.StatusNotFound)
	d.as(t, "priya").get(page).wants(http.StatusNotFound)
}

func TestAnOrderShowsLinesAndRefunds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	b := d.as(t, "olu")
	list := b.get("/admin/customers/" + string(d.buyer) + "/orders")
	if len(list.all("a", "class=st-rowlink")) != 2 {
		t.Fatal("two orders expected")
	}
	b.get("/admin/orders/" + string(d.order)).wants(http.StatusOK).says("Order #10482").says("£3,120.10").says("Broken").says("−£21.00")
	d.as(t, "sara").get("/admin/orders/" + string(d.order)).wants(http.StatusNotFound)
}

func TestTheOverviewIsWhatEachMaySee(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	d.AsDemo()
	d.url = d.Serve().URL
	for _, key := range staffOf {
		b := d.as(t, key)
		a := b.get("/admin").wants(http.StatusOK).says("Start here")
		for _, link := range a.all("a", "class=st-start-a") {
			path := value(link, "href")
			if path == "/dev/mail" { // not in a world that became a demo later
				continue
			}
			if s := b.get(path).status; s != http.StatusOK && !(path == "/admin/audit" && s == http.StatusForbidden) {
				t.Errorf("%s: Start here leads %s to %d", key, path, s)
			}
		}
		b.get("/admin/overview/figures").wants(http.StatusOK)
		b.get("/admin/overview/activity").wants(http.StatusOK)
	}
}

// A page asks for nothing that its viewer may not see: else opening it would stand in the log as a refused attempt.
func TestPagesMakeNoRefusalsOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	d.AsDemo()
	d.url = d.Serve().URL
	for _, key := range staffOf {
		b := d.as(t, key)
		for _, path := range []string{"/admin", "/admin/overview/figures", "/admin/overview/activity"} {
			b.get(path).wants(http.StatusOK)
		}
		for _, nav := range b.get("/admin").all("a") {
			path := value(nav, "href")
			if path != "/admin/users" && path != "/admin/customers" && path != "/admin/audit" || nav.Parent.Data == "li" && path == "/admin/audit" {
				continue
			}
			a := b.get(path).wants(http.StatusOK)
			for _, id := range rows(a) {
				if strings.HasPrefix(id, "usr_") {
					b.get(path + "/" + id).wants(http.StatusOK)
				}
			}
		}
	}
	for _, chain := range []string{"platform", string(d.Place("aurora").ID)} {
		for _, e := range d.Events(chain) {
			if e.Outcome == audit.Refused {
				t.Errorf("%s was refused to %s by opening a page", e.Op, e.Actor.Person)
			}
		}
	}
}
