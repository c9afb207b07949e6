package e2e

import (
	"strings"
	"testing"

	"github.com/stewardhq/steward/tests/browser"
)

// pages are the pages of the desk, as Ada sees them. ID stands for Maya, STAFF for Olu, BRAND and PLACE for Aurora and York.
var pages = []string{
	"/admin", "/admin/users", "/admin/customers", "/admin/customers?sort=-lifetime_spend&tier=gold", "/admin/customers?q=nobody+at+all",
	"/admin/customers/ID", "/admin/customers/ID/orders", "/admin/customers/ID/activity", "/admin/customers/ID/audit", "/admin/customers/ID/edit",
	"/admin/customers/ID/deactivate", "/admin/users/STAFF", "/admin/users/STAFF/sessions", "/admin/users/STAFF/role",
	"/admin/audit", "/admin/audit?outcome=refused", "/admin/settings", "/admin/settings/brands", "/admin/settings/brands/new", "/admin/settings/brands/BRAND",
	"/admin/settings/locations", "/admin/settings/locations/new", "/admin/settings/locations/PLACE", "/admin/settings/users", "/admin/settings/users/new",
	"/admin/settings/api-keys", "/admin/settings/api-keys/new", "/admin/settings/mail", "/admin/me/sessions",
}

// Every page, on a desk in the light and on a phone in the dark: nothing that axe finds, nothing wider than the window, no fault
// in the console, no violation of the Content-Security-Policy.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	b.Goto("/admin/sign-in")
	b.Axe(t)
	d.signIn("ada")
	ids := strings.NewReplacer("ID", string(d.named["maya"]), "STAFF", string(d.Member("olu").ID), "BRAND", string(d.Place("aurora").ID), "PLACE", string(d.Place("aurora").Hub["York"]))
	for _, dark := range []bool{false, true} {
		b.SetDark(dark)
		b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
		if dark {
			b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
		}
		for _, page := range pages {
			b.Goto(ids.Replace(page))
			if status := b.Status(); status != 200 {
				t.Errorf("%s answers %d", page, status)
				b.TakeFaults()
				continue
			}
			fits(t, b, page)
			b.Axe(t)
			for _, fault := range b.TakeFaults() {
				t.Errorf("%s: %s", page, fault)
			}
		}
	}
}

// A page that refuses is a page too.
func TestRefusalsAreAccessible(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.signIn("mira")
	for page, status := range map[string]int{
		"/admin/nothing-here": 404, "/admin/customers": 403, "/admin/audit": 403, "/admin/settings": 403, "/admin/customers/usr_nobody": 404,
	} {
		d.b.Goto(page)
		if got := d.b.Status(); got != status {
			t.Errorf("%s answers Mira %d, not %d", page, got, status)
		}
		d.b.Axe(t)
		d.b.TakeFaults() // a browser reports such an answer as a fault
	}
}
