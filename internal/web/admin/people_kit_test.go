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

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
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

func heads(a answer, label string) bool {
	for _, th := range a.all("th") {
		if text(th) == label || strings.HasPrefix(text(th), label+",") {
			return true
		}
	}
	return false
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

func rows(a answer) (ids []string) {
	for _, tr := range a.all("tr", "data-row") {
		ids = append(ids, value(tr, "data-row"))
	}
	return ids
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

func changes(d *desk, id user.ID) (all []audit.Entry) {
	for _, e := range d.Events(string(d.Place("aurora").ID)) {
		if e.Outcome == audit.Done && len(e.Changes) > 0 && slices.ContainsFunc(e.Subjects, func(s audit.Subject) bool { return s.Person == string(id) }) {
			all = append(all, e)
		}
	}
	return all
}
