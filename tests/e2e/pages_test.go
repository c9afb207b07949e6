package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/seed"
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
	"/admin/customers/ID/archive", "/admin/customers/ID/suspend", "/admin/customers/ID/ban", "/admin/customers/ID/reset-password",
	"/admin/customers/ID/impersonation", "/admin/customers/ID/delete", "/admin/customers/ID/package", "/admin/customers/ID/sessions",
	"/admin/users/STAFF/archive", "/admin/users/STAFF/suspend", "/admin/users/STAFF/second-factor", "/admin/users/invitations", "/admin/users/invitations/new",
	"/admin/users/invitations?q=nobody&status=expired", "/admin/requests",
	"/admin/settings/security", "/admin/settings/security/second-factors", "/admin/settings/customers", "/admin/me/exports",
	"/admin/me/security", "/admin/me/security/passkeys/new", "/admin/me/security/password",
}

// entrances are the pages of who has not come in, and those of an own account and of the company panel where nobody is signed in.
var entrances = []string{
	"/admin/sign-in", "/admin/sign-in/forgot", "/account", "/account/aurora/sign-in", "/account/aurora/sign-up", "/account/aurora/sign-up/sent",
	"/account/aurora/sign-in/forgot", "/app", "/app/aurora/sign-in",
}

// ownPages are those of an own account and of the company panel, of who has come in.
var ownPages = []string{
	"", "/orders", "/profile", "/security", "/security/passkeys/new", "/security/apps/new", "/security/password", "/sessions", "/history",
	"/email", "/privacy", "/privacy/deletion",
}

// Every page, on a desk in the light and on a phone in the dark: nothing that axe finds, nothing wider than the window, no fault
// in the console, no violation of the Content-Security-Policy.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	d.walk(b, entrances...)
	d.signIn("ada")
	ids := strings.NewReplacer("ID", string(d.named["maya"]), "STAFF", string(d.Member("olu").ID), "BRAND", string(d.Place("aurora").ID), "PLACE", string(d.Place("aurora").Hub["York"]))
	var all []string
	for _, page := range pages {
		all = append(all, ids.Replace(page))
	}
	d.walk(b, all...)
}

// The same of the pages that customers and company users have.
func TestEveryOwnPageIsAccessible(t *testing.T) {
	t.Parallel()
	d := open(t)
	buyers, err := seed.Admit(t.Context(), d.Door)
	if err != nil {
		t.Fatal(err)
	}
	maya := d.comesIn("maya.whitaker@example.com")
	for _, page := range ownPages {
		d.walk(maya, "/account/aurora"+page)
	}
	greta := d.b
	greta.Goto("/app/aurora/sign-in")
	greta.Type(browser.Field("E-mail"), buyers[0].Email)
	greta.Press("Enter")
	greta.WaitPath("/app/aurora/sign-in/code")
	greta.Type("#code", d.letter("sign_in_code", buyers[0].Email).Code)
	greta.Press("Enter")
	greta.WaitPath("/app/aurora/profile")
	for _, page := range ownPages {
		if !slices.Contains([]string{"/orders", "/security/password", "/email"}, page) { // a company user has none of them
			d.walk(greta, "/app/aurora"+page)
		}
	}
}

// walk goes over pages on a desk in the light, and on a phone in the dark.
func (d *desk) walk(b *browser.Browser, all ...string) {
	t := d.T
	t.Helper()
	for _, dark := range []bool{false, true} {
		b.SetDark(dark)
		b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
		if dark {
			b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
		}
		for _, page := range all {
			b.Goto(page)
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
	b.SetDark(false)
	b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
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
