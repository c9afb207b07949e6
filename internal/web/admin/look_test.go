package admin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/tests/browser"
)

func TestMain(m *testing.M) { browser.Main(m) }

// Every page of ours in both themes and on a phone: nothing that axe finds, no violation of the policy, nothing that scrolls
// sideways. With STEWARD_SHOTS=folder it leaves pictures there.
func TestPagesAreAccessibleInBothThemesAndOnAPhone(t *testing.T) {
	k := opened(t, true)
	k.site.Demo.People = []web.DemoPerson{
		{ID: string(k.ada), Name: "Ada Okafor", Role: "Super Admin", Sees: "Everything, at every brand", Email: "ada@desk.example", Password: phrase, Secret: k.secrets["ada@desk.example"]},
		{ID: "usr_2", Name: "Hugo Lindqvist", Role: "Hub Admin", Sees: "Customers and orders of York"},
	}
	kim, _ := k.staff("brand_admin", k.aurora)
	k.staff("hub_admin", k.aurora, k.york, k.hull)
	k.staff("support", k.aurora)
	added := must(op.Do(t.Context(), k.door, k.caller(k.ada), account.Add, account.NewStaff{
		Email: "noor@desk.example", FirstName: "Noor", LastName: "Haddad",
		Assignment: account.Assignment{Role: "brand_admin", Places: account.At(k.aurora), Levels: map[access.Area]access.Choice{"settings": {Level: access.View}, "orders": {Level: access.Edit}}},
	}))(t)
	made := must(op.Do(t.Context(), k.door, op.HostOperator("test"), apikey.Create, apikey.New{
		Name: "Shop backend", Scope: k.aurora.Scope(), Permissions: access.Of(access.FactsIngest, access.CustomersView), Owner: k.ada,
	}))(t)
	pages := []struct{ name, path string }{
		{"settings", "/admin/settings"}, {"brands", "/admin/settings/brands"}, {"brand", "/admin/settings/brands/" + string(k.aurora)},
		{"brand-new", "/admin/settings/brands/new"}, {"locations", "/admin/settings/locations"}, {"location", "/admin/settings/locations/" + string(k.york)},
		{"staff", "/admin/settings/users"}, {"invitations", "/admin/users/invitations"}, {"invite", "/admin/users/invitations/new"},
		{"add-user", "/admin/settings/users/new"},
		{"add-user-role", "/admin/settings/users/new?role=brand_admin&level.settings=view&email=noor@desk.example&first_name=Noor"},
		{"api-keys", "/admin/settings/api-keys"}, {"api-key-new", "/admin/settings/api-keys/new"}, {"mail", "/admin/settings/mail"},
		{"sessions", "/admin/me/sessions"}, {"revoke", "/admin/settings/api-keys/" + made.Key.ID + "/revoke"}, {"missing", "/admin/nothing-here"}, {"devmail", "/dev/mail"},
	}
	b := browser.New(t).At(k.server.URL)
	look := func(name string) {
		t.Helper()
		for _, dark := range []bool{false, true} {
			for _, phone := range []bool{false, true} {
				shot := name + map[bool]string{true: "-dark", false: "-light"}[dark]
				b.SetDark(dark)
				b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
				width := browser.DesktopWidth
				if phone {
					width = browser.PhoneWidth
					shot += "-390"
					b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
				}
				if wide := browser.Eval[int](b, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("%s is %d wide", shot, wide)
				}
				if dir := os.Getenv("STEWARD_SHOTS"); dir != "" {
					b.ScreenshotPage(filepath.Join(dir, shot+".png"))
				}
				if !phone || !dark {
					b.Axe(t)
				}
			}
		}
		b.SetDark(false)
		b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
	}
	b.Goto("/admin/sign-in")
	look("sign-in")
	b.Type(browser.Field("E-mail"), "ada@desk.example")
	b.Type(browser.Field("Password"), "wrong")
	b.Click(browser.Button("Continue"))
	b.WaitText("do not go together")
	look("sign-in-wrong")
	b.TakeFaults() // the browser reports the 401 that was meant
	b.Goto("/invitation?token=" + added.Token)
	b.WaitText("invites you as")
	if strings.Contains(b.URL(), "token") {
		t.Error("the token is in the address bar")
	}
	look("invitation")
	b.Goto("/admin/sign-in")
	b.Click("button[name=user]")
	b.WaitGone("#demo-t")
	b.TakeFaults()
	b.Goto("/admin/settings")
	for _, p := range pages {
		b.Goto(p.path)
		look(p.name)
		if p.name == "missing" {
			b.TakeFaults()
		}
	}
	b.Goto("/admin/settings/brands")
	b.Press("?")
	b.WaitText("Single keys work")
	b.Press("Escape")
	b.Goto("/admin/me/sessions")
	b.Click(browser.Button("Switch single keys off"))
	b.WaitText("Single keys are off")
	b.Press("?")
	if b.Says("Single keys work on this device") {
		t.Error("a single key works although they are off")
	}
	_, err := op.Do(t.Context(), k.door, k.signedIn(k.ada), account.ChangeRole, account.RoleChange{
		User: kim, Reason: "Moves to the shop floor", Assignment: account.Assignment{Role: "shop_manager", Places: account.At(k.aurora)},
	})
	id, _ := errs.Of(err).Extra["step_up"].(string)
	b.Goto("/admin/step-ups/" + id + "?back=/admin/settings/users")
	look("step-up")
	b.Type("#code", "000000")
	b.Click(browser.Button("Change role"))
	b.WaitText("4 tries left")
	look("step-up-wrong")
	b.TakeFaults()
}

func TestLevelsAnswerWhileOneChooses(t *testing.T) {
	k := open(t)
	b := browser.New(t).At(k.server.URL)
	b.Goto("/admin/sign-in?back=/admin/settings/users/new")
	b.Type(browser.Field("E-mail"), "ada@desk.example")
	b.Type(browser.Field("Password"), phrase)
	b.Click(browser.Button("Continue"))
	b.WaitPath("/admin/sign-in/second")
	b.Type("#code", k.appCode("ada@desk.example"))
	b.Press("Enter")
	b.WaitPath("/admin/settings/users/new")
	b.Type("#f-email", "noor@desk.example")
	b.Type("#f-first_name", "Noor")
	b.Select("#f-role", "Brand Admin")
	b.WaitText("Everything within the brand, except")
	b.Click(".st-fold>summary")
	b.Click("label[for=level-settings-view]")
	b.WaitText("Settings: View instead of Edit")
	b.Click(`label[for="perm-orders.refund"]`)
	b.WaitText("Orders: “Refund orders” taken away")
	b.WaitText("Brand Admin, 2 changes")
	b.Click("label[for=level-settings-edit]") // and back
	b.WaitText("Brand Admin, 1 change")
	if b.Value("#f-email") != "noor@desk.example" {
		t.Error("what was typed is gone")
	}
	b.Click(`input[name="send"][value="no"]`)
	b.Click(browser.Button("Add user"))
	b.WaitText("Noor was invited")
	if held := k.byEmail("noor@desk.example").Holds; len(held) != 1 || held[0].Summary(held[0].Role) != "Orders: “Refund orders” taken away" {
		t.Errorf("Noor holds %+v", held)
	}
	if b.Axe(t); !strings.Contains(b.Value("#secret"), "/invitation?token=") {
		t.Error("no link is shown")
	}
}
