package admin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web/admin"
	"github.com/stewardhq/steward/internal/world"
)

// desk is a world with a few customers behind a real server. Its amounts are such that they cannot stand on a page by chance.
type desk struct {
	*world.World
	url   string
	buyer user.ID // of York, with orders, a refund and imported spend
	other user.ID // of Leeds
	next  user.ID // of Meridian
	order commerce.ID
}

// secretFigures are sums that only customers.financials may see, wherever: lifetime, imported, average, refunded.
var secretFigures = []string{"7,412.37", "741237", "7412.37", "1,313.17", "131317", "3,060.10", "3060.10", "306010", "21.00", "2100"}

func newDesk(t *testing.T, more int) *desk {
	t.Helper()
	d := &desk{World: world.New(t)}
	operator := op.HostOperator("test")
	aurora, meridian := d.Place("aurora"), d.Place("meridian")
	make := func(n customer.New) user.ID {
		n.Source = "shop"
		return must(op.Do(t.Context(), d.Door, operator, customer.Create, n))(t)
	}
	d.buyer = make(customer.New{Brand: aurora.ID, Location: aurora.Hub["York"], ExternalID: "b1", FirstName: "Siobhán", LastName: "O’Neill", Email: "siobhan@example.org", Phone: "+44 7700 900142", Born: "1990-04-20", Address: "14 Marygate Lane\nYork", RegisteredAt: world.Now.AddDate(-1, 0, 0)})
	d.other = make(customer.New{Brand: aurora.ID, Location: aurora.Hub["Leeds"], ExternalID: "b2", FirstName: "Tariq", LastName: "Hussain", Email: "tariq@example.org"})
	d.next = make(customer.New{Brand: meridian.ID, ExternalID: "m1", FirstName: "Wanda", LastName: "Nextdoor", Email: "wanda@example.org"})
	for i := range more {
		make(customer.New{Brand: aurora.ID, Location: aurora.Hub[[]string{"York", "Leeds", "Hull"}[i%3]], ExternalID: fmt.Sprint("c", i), FirstName: "Customer", LastName: fmt.Sprint("Number ", i), RegisteredAt: world.Now.Add(-time.Duration(i/3) * time.Hour)})
	}
	in := func(minor int64) money.Amount { return money.Of(minor, "GBP") }
	records := []commerce.Record{
		{Order: &commerce.NewOrder{ExternalID: "10481", Customer: customer.Who{ExternalID: "b1"}, Location: "York", Status: commerce.Paid, PlacedAt: world.Now.AddDate(0, -2, 0), Total: in(300010),
			Lines: []commerce.NewLine{{SKU: "CND-7", Title: "Candle", Category: "Candles", Quantity: "2", UnitPrice: "1500.05", Total: in(300010)}}}},
		{Order: &commerce.NewOrder{ExternalID: "10482", Customer: customer.Who{ExternalID: "b1"}, Location: "York", Status: commerce.Paid, PlacedAt: world.Now.AddDate(0, 0, -3), Total: in(312010)}},
		{Refund: &commerce.NewRefund{ExternalID: "R1", Customer: customer.Who{ExternalID: "b1"}, Order: "10482", RefundedAt: world.Now.AddDate(0, 0, -1), Amount: in(2100), Reason: "Broken"}},
	}
	done := must(op.Do(t.Context(), d.Door, operator, commerce.Ingest, commerce.Batch{Brand: aurora.ID, Source: "shop", Records: records}))(t)
	d.order = done.Answers[1].ID
	for _, a := range done.Answers {
		if a.Reason != "" {
			t.Fatal(a.Reason)
		}
	}
	_, err := op.Do(t.Context(), d.Door, operator, customer.SetImportedSpend, customer.ImportedSpend{Customer: d.buyer, Amount: in(131317), From: "OldShop"})
	check(t, err)
	d.url = d.Serve().URL
	return d
}

// visitor is somebody's browser without script.
type visitor struct {
	d    *desk
	t    *testing.T
	http *http.Client
}

func (d *desk) as(t *testing.T, key string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	v := &visitor{d: d, t: t, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	d.Enter(v.http, d.url, key)
	return v
}

func (v *visitor) get(path string) answer { v.t.Helper(); return v.send(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) answer {
	v.t.Helper()
	return v.send(http.MethodPost, path, form)
}

func (v *visitor) send(method, path string, form url.Values) answer {
	v.t.Helper()
	r, err := http.NewRequest(method, v.d.url+path, strings.NewReader(form.Encode()))
	check(v.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := v.http.Do(r)
	check(v.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	check(v.t, err)
	a := answer{t: v.t, status: res.StatusCode, location: res.Header.Get("Location"), header: res.Header, body: string(body)}
	a.doc, err = html.Parse(strings.NewReader(a.body))
	check(v.t, err)
	return a
}

// staffOf is one person for each of the ten built-in roles.
var staffOf = []string{"ada", "ines", "bruno", "kim", "olu", "elif", "mira", "johanna", "dev", "rosa"}

func TestEveryOperationHasASentence(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	var all []string
	for _, o := range app.Operations() {
		all = append(all, o.Entry().Name)
	}
	for _, e := range w.Door.Catalogue() {
		all = append(all, e.Name)
	}
	for _, name := range append(all, "step_up.issued", "step_up.confirmed", "step_up.failed", "step_up.expired", "step_up.reused") {
		if !admin.Says(name) {
			t.Errorf("the audit log has no words for %s: add them to format_sentences.go", name)
		}
	}
}

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

func heads(a answer, label string) bool {
	for _, th := range a.all("th") {
		if text(th) == label || strings.HasPrefix(text(th), label+",") {
			return true
		}
	}
	return false
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

func (d *desk) scopeOf(id user.ID) access.Scope {
	u, err := user.Find(d.Store.Read(context.Background()), id)
	if err != nil {
		d.T.Fatal(err)
	}
	return u.Scope()
}

func (d *desk) pages() []string {
	paths := []string{
		"/admin", "/admin/overview/figures", "/admin/overview/activity", "/admin/users", "/admin/users/total", "/admin/users/statistics", "/admin/customers", "/admin/customers?sort=name",
		"/admin/customers?sort=-lifetime_spend", "/admin/customers?lifetime_spend[gte]=10", "/admin/customers?q=siobhan", "/admin/orders/" + string(d.order), "/admin/audit", "/admin/audit?about=" + string(d.buyer),
		"/admin/nonsense",
	}
	for _, base := range []string{"/admin/users/", "/admin/customers/"} {
		for _, part := range []string{"", "/orders", "/activity", "/sessions", "/audit", "/audit?did=1", "/edit", "/role", "/deactivate", "/activate"} {
			paths = append(paths, base+string(d.buyer)+part)
		}
	}
	return paths
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

// people walks a list by its Next links and gives everybody once.
func people(t *testing.T, b *visitor, path string) (names []string) {
	t.Helper()
	seen := map[string]bool{}
	for path != "" {
		a := b.get(path).wants(http.StatusOK)
		for _, tr := range a.all("tr", "data-row") {
			id := value(tr, "data-row")
			if seen[id] {
				t.Fatalf("%s is there twice", id)
			}
			seen[id] = true
			names = append(names, id)
		}
		path = ""
		for _, next := range a.all("a", "rel=next") {
			path = value(next, "href")
		}
	}
	return names
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

func rows(a answer) (ids []string) {
	for _, tr := range a.all("tr", "data-row") {
		ids = append(ids, value(tr, "data-row"))
	}
	return ids
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

func tabsOf(a answer) string {
	var labels []string
	for _, nav := range a.all("nav", "class=st-tabs") {
		for c := nav.FirstChild; c != nil; c = c.NextSibling {
			if c.Data == "a" {
				labels = append(labels, text(c))
			}
		}
	}
	return strings.Join(labels, "|")
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

func formOf(a answer) url.Values {
	form := url.Values{}
	for _, n := range a.all("input") {
		if name := value(n, "name"); name != "" && value(n, "type") != "checkbox" && value(n, "type") != "radio" {
			form.Set(name, value(n, "value"))
		}
	}
	for _, n := range a.all("textarea") {
		var raw strings.Builder
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			raw.WriteString(c.Data)
		}
		form.Set(value(n, "name"), raw.String())
	}
	return form
}

func TestAnEditIsSavedOrSaysWhatIsThereNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b, c := d.as(t, "bruno"), d.as(t, "ines")
	mine, theirs := formOf(b.get(page+"/edit")), formOf(c.get(page+"/edit"))
	mine.Set("phone", "+44 7700 900199")
	if a := b.post(page+"/edit", mine); a.status != http.StatusSeeOther || a.location != page {
		t.Fatalf("%d %s %s", a.status, a.location, a.sheet())
	}
	b.get(page).says("+44 7700 900199")
	b.get(page + "/audit").says("Bruno Keller changed the details of Siobhán O’Neill: phone").says("+44 7700 900142")
	theirs.Set("address", "1 New Street")
	stale := c.post(page+"/edit", theirs).wants(http.StatusPreconditionFailed).says("There is now: +44 7700 900199").says("There is now: 14 Marygate Lane, York")
	if again := formOf(stale); again.Get("address") != "1 New Street" {
		t.Errorf("what was typed is lost: %v", again)
	}
	u, _ := user.Find(d.Store.Read(t.Context()), d.buyer)
	if u.Address != "14 Marygate Lane\nYork" {
		t.Errorf("a stale edit was saved: %q", u.Address)
	}
	if a := c.post(page+"/edit", formOf(stale)); a.status != http.StatusSeeOther {
		t.Errorf("saving again: %d", a.status)
	}
	bad := formOf(b.get(page + "/edit"))
	bad.Set("email", "not an address")
	bad.Set("born", "2090-01-01")
	if again := formOf(b.post(page+"/edit", bad).wants(http.StatusUnprocessableEntity)); again.Get("email") != "not an address" || again.Get("born") != "2090-01-01" {
		t.Error("what was typed is lost")
	}
}

func TestAnotherAddressAsksForACode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b := d.as(t, "bruno")
	form := formOf(b.get(page + "/edit"))
	form.Set("email", "new@example.org")
	a := b.post(page+"/edit", form)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/admin/step-ups/") {
		t.Fatalf("%d %s", a.status, a.location)
	}
	step := b.get(a.location).wants(http.StatusOK).says("new@example.org")
	confirm := formOf(step)
	confirm.Set("code", d.Code())
	path, _, _ := strings.Cut(a.location, "?")
	if done := b.post(path, confirm); done.location != page {
		t.Fatalf("after the code: %d %s %s", done.status, done.location, done.sheet())
	}
	b.get(page).says("new@example.org")
}

func TestWhoMayNotEditIsRefusedAndNothingChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	for _, key := range []string{"olu", "elif", "dev", "rosa", "mira", "priya"} {
		t.Run(key, func(t *testing.T) {
			b := d.as(t, key)
			want := http.StatusForbidden
			if key == "mira" || key == "priya" {
				want = http.StatusNotFound
			}
			before := len(changes(d, d.buyer))
			for part, form := range map[string]url.Values{
				"/edit": {"first_name": {"Hacked"}, "version": {"1"}}, "/deactivate": {}, "/activate": {},
				"/role": {"role": {"admin"}, "where": {"all"}, "reason": {"x"}}, "/sessions/end": {},
			} {
				b.get("/admin/customers/" + string(d.buyer) + strings.TrimSuffix(part, "/end")).wants(want)
				if a := b.post("/admin/customers/"+string(d.buyer)+part, form); a.status != want {
					t.Errorf("%s: %d %s", part, a.status, a.sheet())
				}
			}
			if after := len(changes(d, d.buyer)); after != before {
				t.Errorf("%d changes", after-before)
			}
		})
	}
	u, _ := user.Find(d.Store.Read(t.Context()), d.buyer)
	if u.FirstName != "Siobhán" || u.Status != user.Active || u.Kinds&user.IsStaff != 0 {
		t.Errorf("changed after all: %+v", u)
	}
}

func changes(d *desk, id user.ID) (all []audit.Entry) {
	for _, e := range d.Events(string(d.Place("aurora").ID)) {
		if e.Outcome == audit.Done && len(e.Changes) > 0 && slices.ContainsFunc(e.Subjects, func(s audit.Subject) bool { return s.Person == string(id) }) {
			all = append(all, e)
		}
	}
	return all
}

func TestDeactivateAsksTellsAndIsRefusedInItsDialog(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b := d.as(t, "kim")
	b.get(page + "/deactivate").wants(http.StatusOK).says("Deactivate Siobhán O’Neill?").says("is told by e-mail")
	b.post(page+"/deactivate", url.Values{"back": {page}}).leads(page)
	b.get(page).says("Inactive")
	b.get(page + "/deactivate").wants(http.StatusOK).says("there is nothing to deactivate")
	b.post(page+"/activate", nil).leads(page)
	c := d.as(t, "ines")
	c.post("/admin/users/"+string(d.Member("bruno").ID)+"/deactivate", nil).wants(http.StatusForbidden).says("holds permissions that you do not hold")
	d.as(t, "bruno").get("/admin/users/" + string(d.Member("bruno").ID) + "/deactivate").wants(http.StatusForbidden)
}

func TestARoleIsChangedWithReasonAndCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	olu := d.Member("olu")
	page := "/admin/users/" + string(olu.ID)
	b := d.as(t, "ada")
	form := b.get(page + "/role").wants(http.StatusOK).says("now Shop Manager")
	if selected := form.all("option", "value=shop_manager", "selected"); len(selected) != 1 {
		t.Error("the role that is held is not chosen")
	}
	b.post(page+"/role", url.Values{"role": {"support"}, "where": {"all"}}).wants(http.StatusUnprocessableEntity).says("Say why")
	kept := b.post(page+"/role", url.Values{"role": {"hub_admin"}, "where": {"some"}, "reason": {"Covers for Kim"}}).wants(http.StatusUnprocessableEntity).says("at least one location")
	if formOf(kept).Get("reason") != "Covers for Kim" || len(kept.all("option", "value=hub_admin", "selected")) != 1 {
		t.Error("what was typed is lost")
	}
	a := b.post(page+"/role", url.Values{"role": {"support"}, "where": {"all"}, "reason": {"Moves to the help desk"}, "back": {page}})
	if !strings.HasPrefix(a.location, "/admin/step-ups/") {
		t.Fatalf("%d %s %s", a.status, a.location, a.sheet())
	}
	confirm := formOf(b.get(a.location).says("Shop Manager").says("Support"))
	confirm.Set("code", d.Code())
	path, _, _ := strings.Cut(a.location, "?")
	if done := b.post(path, confirm); done.location != page {
		t.Fatalf("after the code: %d %s %s", done.status, done.location, done.sheet())
	}
	b.get(page).says("Support")
	b.get("/admin/audit?what=user.change_role").says("Ada Okafor changed the role of Oluwaseun Adeyemi from Shop Manager to Support").says("Moves to the help desk")
	d.as(t, "bruno").get(page + "/role").wants(http.StatusForbidden)
}

func TestTheAuditLogIsForItsReadersAndFiltersFindEntries(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	for _, key := range staffOf {
		want := http.StatusForbidden
		if key == "ada" || key == "bruno" {
			want = http.StatusOK
		}
		for _, path := range []string{"/admin/audit", "/admin/audit/total"} {
			if a := d.as(t, key).get(path); a.status != want {
				t.Errorf("%s opens %s: %d", key, path, a.status)
			}
		}
	}
	b := d.as(t, "bruno")
	b.get("/admin/audit?outcome=refused").says("Ines Carvalho tried to read the audit log").says("Refused")
	one := b.get("/admin/audit?what=auth.&about=" + url.QueryEscape(d.Member("olu").Email)).says("Oluwaseun Adeyemi signed in")
	if n := len(one.all("li", "data-row")); n == 0 {
		t.Error("Olu's sign-ins are not found")
	}
	b.get("/admin/audit?who=" + string(d.Member("ines").ID)).says("Ines Carvalho tried to read the audit log")
	b.get("/admin/audit?from=2026-11-20&to=2026-11-20").wants(http.StatusOK)
	b.get("/admin/audit?from=yesterday").wants(http.StatusOK).says("yesterday is not a day")
	b.get("/admin/audit?q=okafor").wants(http.StatusUnprocessableEntity).says("by the number of an entry")
	b.get("/admin/audit?outcome=maybe").wants(http.StatusUnprocessableEntity)
	b.get("/admin/audit?nonsense=1").wants(http.StatusBadRequest)
	var entry string
	for _, link := range b.get("/admin/audit").all("a") {
		if href := value(link, "href"); strings.HasPrefix(href, "/admin/audit/aud_") {
			entry = href
		}
	}
	b.get(entry).wants(http.StatusOK).says("Hash")
	d.as(t, "priya").get(entry).wants(http.StatusNotFound)
	d.as(t, "ines").get(entry).wants(http.StatusForbidden)
}

func TestAuditPagesGiveEveryEntryOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 90)
	b := d.as(t, "bruno")
	seen := map[string]bool{}
	for path := "/admin/audit?what=customer."; path != ""; {
		a := b.get(path).wants(http.StatusOK)
		for _, li := range a.all("li", "data-row") {
			if id := value(li, "data-row"); seen[id] {
				t.Fatalf("%s twice", id)
			} else {
				seen[id] = true
			}
		}
		path = ""
		for _, next := range a.all("a", "rel=next") {
			path = value(next, "href")
		}
	}
	if len(seen) != 93 { // 92 customers of Aurora, and imported spend
		t.Errorf("%d entries", len(seen))
	}
}

func TestNaughtyNamesAreText(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	naughty := `<script>alert(1)</script>`
	b := d.as(t, "bruno")
	page := "/admin/customers/" + string(d.buyer)
	form := formOf(b.get(page + "/edit"))
	form.Set("first_name", naughty)
	form.Set("address", `"><img src=x onerror=alert(2)>`)
	if a := b.post(page+"/edit", form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.sheet())
	}
	for _, path := range append(d.pages(), "/admin/customers?q=%3Cscript%3E", "/admin/audit?about=%22%3E%3Cimg%20src%3Dx%3E") {
		a := b.get(path)
		for _, script := range a.all("script") {
			if value(script, "src") == "" {
				t.Errorf("%s has a script of somebody's", path)
			}
		}
		for _, img := range a.all("img") {
			if value(img, "src") == "x" {
				t.Errorf("%s has a picture of somebody's", path)
			}
		}
	}
	b.get(page).says(naughty)
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
