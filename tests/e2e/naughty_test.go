package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/testdata"
	"github.com/stewardhq/steward/internal/user"
)

// Strings that have broken other programs, as the name, address and phone of customers, of colleagues, of places: taken or refused
// with a sentence, never a fault, and drawn on every page without one violation of the Content-Security-Policy or one script run.
func TestNaughtyStringsAreTextOnEveryPage(t *testing.T) {
	t.Parallel()
	var strs []string
	if err := json.Unmarshal(testdata.Read(t, "naughty-strings/blns.json"), &strs); err != nil {
		t.Fatal(err)
	}
	d := open(t)
	b, host := d.b, op.HostOperator("test")
	aurora := d.Place("aurora")
	taken, refused := 0, 0
	keep := func(what, s string, err error) bool {
		t.Helper()
		if err == nil {
			taken++
			return true
		}
		if e := errs.Of(err); e.Kind == errs.Fault || e.Kind == errs.Unavailable || e.Detail == "" {
			t.Errorf("%q as %s: %v", s, what, errors.Unwrap(e))
		}
		refused++
		return false
	}
	var people []user.ID
	var places []brand.LocationID
	var orders []string
	gbp := money.Amount{Minor: 1050, Currency: "GBP"}
	for i, s := range strs {
		if strings.ContainsAny(s, "<>'\"&`") && i%8 == 0 { // what is bought, a key
			got, err := op.Do(t.Context(), d.Door, host, commerce.Ingest, commerce.Batch{Brand: aurora.ID, Source: "shop", Records: []commerce.Record{{Order: &commerce.NewOrder{
				ExternalID: s, Customer: customer.Who{ExternalID: s, Name: s}, Status: commerce.Paid, PlacedAt: d.Door.Now().Add(-time.Hour), Total: gbp,
				Lines: []commerce.NewLine{{SKU: s, Title: s, Category: s, Total: gbp}},
			}}}})
			if keep("an order", s, err) && got.Answers[0].ID != "" {
				orders = append(orders, string(got.Answers[0].ID))
			}
			_, err = op.Do(t.Context(), d.Door, host, apikey.Create, apikey.New{Name: s, Scope: aurora.ID.Scope(), Permissions: access.Of(access.CustomersView), Owner: d.Member("ada").ID, Source: "shop"})
			keep("a key", s, err)
		}
		id, err := op.Do(t.Context(), d.Door, host, customer.Create, customer.New{
			Brand: aurora.ID, Location: aurora.Hub["York"], FirstName: s, LastName: s, Source: "shop", ExternalID: "naughty-" + strconv.Itoa(i),
		})
		if !keep("a name", s, err) {
			if id, err = op.Do(t.Context(), d.Door, host, customer.Create, customer.New{Brand: aurora.ID, Location: aurora.Hub["York"], FirstName: "Plain", Source: "shop", ExternalID: "plain-" + strconv.Itoa(i)}); err != nil {
				t.Fatal(err)
			}
		}
		for what, change := range map[string]account.Changes{
			"an address": {Address: &s}, "a phone": {Phone: &s}, "a birthday": {Born: &s}, "a country": {Country: &s}, "an e-mail": {Email: &s},
		} {
			change.User = id
			_, err := op.Do(t.Context(), d.Door, host, account.Edit, change)
			keep(what, s, err)
		}
		_, err = op.Do(t.Context(), d.Door, host, customer.Create, customer.New{Brand: aurora.ID, FirstName: "By id", Source: "shop", ExternalID: s})
		keep("an external id", s, err)
		if strings.ContainsAny(s, "<>'\"&`") {
			people = append(people, id)
		}
		if l, err := op.Do(t.Context(), d.Door, host, brand.AddLocation, brand.NewLocation{Brand: aurora.ID, Name: s, City: s}); keep("a location", s, err) && len(places) < 3 && strings.Contains(s, "<") {
			places = append(places, l)
		}
	}
	if taken < len(strs) {
		t.Errorf("only %d were taken and %d refused: the test says nothing", taken, refused)
	}
	t.Logf("%d taken, %d refused with a sentence", taken, refused)

	d.signIn("ada")
	visit := func(page string) {
		t.Helper()
		b.Goto(page)
		if status := b.Status(); status != 200 {
			t.Errorf("%s answers %d", page, status)
		}
		for _, fault := range b.TakeFaults() {
			t.Errorf("%s: %s", page, fault)
		}
	}
	for _, page := range []string{"/admin", "/admin/customers?limit=200", "/admin/users?limit=200", "/admin/customers?limit=200&sort=name", "/admin/customers?limit=200&sort=-name",
		"/admin/settings/locations", "/admin/settings/users", "/admin/audit", "/admin/settings/mail", "/admin/settings/users/new?role=hub_admin", "/admin/settings/brands", "/admin/settings/brands/new",
		"/admin/settings/api-keys", "/admin/settings/api-keys/new"} {
		visit(page)
	}
	for _, l := range places {
		visit("/admin/settings/locations/" + string(l))
	}
	step := 24
	if os.Getenv("STEWARD_SOAK") != "" {
		step = 1
	}
	if len(orders) == 0 {
		t.Error("no order was taken: the test says nothing of them")
	}
	for i := 0; i < len(orders); i += step {
		visit("/admin/orders/" + orders[i])
	}
	for i := 0; i < len(people); i += step {
		for _, part := range []string{"", "/edit", "/activity", "/audit"} {
			visit("/admin/customers/" + string(people[i]) + part)
		}
	}
	// And in the search, where what was asked comes back.
	for i := 0; i < len(strs); i += 4 * step {
		if strings.ContainsAny(strs[i], "<>'\"&`") {
			b.Goto("/admin/customers?q=" + escape(strs[i]))
			if status := b.Status(); status >= 500 {
				t.Errorf("a search for %q answers %d", strs[i], status)
			}
			for _, fault := range b.TakeFaults() {
				if strings.Contains(fault, "Content-Security-Policy") || strings.Contains(fault, "dialog") {
					t.Errorf("a search for %q: %s", strs[i], fault)
				}
			}
		}
	}
}
