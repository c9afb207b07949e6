package admin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/tests/browser"
)

func (d *desk) window(t *testing.T, key string) *browser.Browser {
	t.Helper()
	b := browser.New(t).At(d.url)
	m := d.Member(key)
	b.Goto("/admin/sign-in")
	b.Type(browser.Field("E-mail"), m.Email)
	b.Type(browser.Field("Password"), m.Password)
	b.Press("Enter")
	b.WaitPath("/admin/sign-in/second")
	b.Type("#code", d.AppCode(key))
	b.Press("Enter")
	b.WaitPath("/admin")
	return b
}

// The people, their pages and the log, in both themes and on a phone: nothing that axe finds, nothing that breaks the policy,
// nothing that scrolls sideways. With STEWARD_SHOTS=folder it leaves pictures there.
func TestPeopleAndLogAreAccessible(t *testing.T) {
	d := newDesk(t, 20)
	page := "/admin/customers/" + string(d.buyer)
	pages := []struct{ who, name, path string }{
		{"bruno", "overview", "/admin"}, {"bruno", "users", "/admin/users"}, {"bruno", "customers", "/admin/customers?tier=bronze&registered_at[last]=7"},
		{"bruno", "nobody", "/admin/customers?q=okafr&status=suspended"}, {"bruno", "customer", page}, {"bruno", "activity", page + "/activity"}, {"bruno", "sessions", page + "/sessions"},
		{"bruno", "person-audit", page + "/audit"}, {"bruno", "edit", page + "/edit"}, {"bruno", "deactivate", page + "/deactivate"}, {"bruno", "order", "/admin/orders/" + string(d.order)},
		{"bruno", "audit", "/admin/audit"}, {"olu", "overview-shop-manager", "/admin"}, {"olu", "customers-shop-manager", "/admin/customers"}, {"olu", "customer-shop-manager", page},
		{"elif", "customer-marketing", page}, {"ada", "staff", "/admin/users/" + string(d.Member("olu").ID)}, {"ada", "own", "/admin/users/" + string(d.Member("ada").ID)}, {"ada", "activity-alone", "/admin/overview/activity"}, {"ada", "role", "/admin/users/" + string(d.Member("olu").ID) + "/role"},
	}
	var b *browser.Browser
	who := ""
	for _, p := range pages {
		if p.who != who {
			b, who = d.window(t, p.who), p.who
		}
		looksRight(t, b, p.name, p.path)
	}
}

// looksRight goes to a page in both themes and on a phone.
func looksRight(t *testing.T, b *browser.Browser, name, path string) {
	t.Helper()
	for _, form := range []struct {
		name  string
		width int
		dark  bool
	}{{"light", browser.DesktopWidth, false}, {"dark", browser.DesktopWidth, true}, {"light-390", browser.PhoneWidth, false}, {"dark-390", browser.PhoneWidth, true}} {
		b.SetDark(form.dark)
		b.SetSize(form.width, browser.DesktopHeight)
		b.Goto(path)
		if wide := browser.Eval[int](b, "document.documentElement.scrollWidth"); wide > form.width {
			t.Errorf("%s-%s is %d wide", name, form.name, wide)
		}
		if dir := os.Getenv("STEWARD_SHOTS"); dir != "" {
			b.ScreenshotPage(filepath.Join(dir, name+"-"+form.name+".png"))
		}
		b.Axe(t)
	}
}

func TestADayAtTheDesk(t *testing.T) {
	d := newDesk(t, 20)
	b := d.window(t, "ada")
	b.Goto("/admin/customers")
	b.WaitText("of 22")
	b.Type("#search", "siobhan")
	b.WaitText("of 1")
	if !strings.Contains(b.URL(), "q=siobhan") {
		t.Errorf("the search is not in the address: %s", b.URL())
	}
	b.Click("a[data-open]")
	b.WaitText("Lifetime value")
	if !strings.Contains(b.Attr("nav.st-crumb a", "href"), "q=siobhan") {
		t.Error("the way back forgets the search")
	}
	b.Click(browser.Link("Edit"))
	b.WaitText("Edit Siobhán O’Neill")
	b.Type("#f-email", "siobhan.oneill@example.org")
	b.Click(browser.Button("Save"))
	b.WaitText("Confirm: change the e-mail address")
	b.Type("#code", d.Code())
	b.Click(browser.Button("Change address"))
	b.WaitText("Lifetime value")
	b.WaitText("siobhan.oneill@example.org")

	d.Later(time.Minute) // codes are mailed at most every half a minute
	b.Goto("/admin/users/" + string(d.Member("olu").ID) + "/role")
	b.Select("#f-role", "Support")
	b.WaitText("Customer service: looks up")
	b.Type("#f-reason", "Moves to the help desk")
	b.Click(browser.Button("Change role"))
	b.WaitText("Confirm: change the role")
	b.Type("#code", d.Code())
	b.Click(browser.Button("Change role"))
	b.WaitPath("/admin/users/" + string(d.Member("olu").ID))

	b.Goto("/admin/customers?q=siobhan")
	b.Click("td.st-end summary, td.st-end button")
	b.Click(browser.Clickable("Deactivate…"))
	b.WaitText("is told by e-mail")
	b.Click(browser.Button("Deactivate Siobhán"))
	b.WaitText("Inactive since")

	b.Goto("/admin/audit")
	b.WaitText("Ada Okafor changed the role of Oluwaseun Adeyemi from Shop Manager to Support")
	b.WaitText("Ada Okafor changed the details of Siobhán O’Neill: e-mail")
	b.WaitText("Ada Okafor deactivated Siobhán O’Neill")
}
