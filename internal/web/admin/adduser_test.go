package admin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// choices reads a page's form as a browser would send it.
func (a answer) choices() url.Values {
	form := url.Values{}
	for _, in := range a.all("input", "name") {
		_, off := attr(in, "disabled")
		_, on := attr(in, "checked")
		kind := value(in, "type")
		if off || (kind == "radio" || kind == "checkbox") && !on {
			continue
		}
		form.Add(value(in, "name"), value(in, "value"))
	}
	for _, sel := range a.all("select", "name") {
		for o := sel.FirstChild; o != nil; o = o.NextSibling {
			if _, chosen := attr(o, "selected"); o.Type == html.ElementNode && chosen {
				form.Add(value(sel, "name"), value(o, "value"))
			}
		}
	}
	return form
}

func (k *kit) people() int64 {
	k.t.Helper()
	var n int64
	check(k.t, k.db.Read(k.t.Context()).QueryRow("select count(*) from users").Scan(&n))
	return n
}

func (k *kit) byEmail(email string) *user.User {
	k.t.Helper()
	u, err := user.FindByEmail(k.db.Read(k.t.Context()), k.aurora, email)
	if err != nil {
		return nil
	}
	return u
}

// difference is what the page says of the levels.
func (a answer) difference() string {
	if d := a.all("div", "id=difference"); len(d) == 1 {
		return text(d[0])
	}
	return ""
}

func TestSomebodyIsAddedWithLevelsAndTheLinkIsShownOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	page := ada.get("/admin/settings/users/new").wants(http.StatusOK)
	form := page.choices()
	form.Set("email", "noor@desk.example")
	form.Set("first_name", "Noor")
	form.Set("last_name", "Haddad")
	form.Set("role", "brand_admin")
	form.Set("do", "preview")
	page = ada.send("/admin/settings/users/new", form).wants(http.StatusOK)
	if got := page.difference(); !strings.HasPrefix(got, "Brand Admin Everything within the brand") {
		t.Fatalf("difference: %q", got)
	}
	// without script: the level is changed and its ticks stay behind
	form = page.choices()
	form.Set("level.settings", "view")
	form.Set("do", "preview")
	page = ada.send("/admin/settings/users/new", form).wants(http.StatusOK)
	if got := page.difference(); got != "Brand Admin, 1 change Settings: View instead of Edit" {
		t.Fatalf("difference: %q", got)
	}
	// and a single permission is taken away
	form = page.choices()
	form["permission"] = slices.DeleteFunc(form["permission"], func(p string) bool { return p == "orders.refund" })
	form.Set("do", "preview")
	page = ada.send("/admin/settings/users/new", form).wants(http.StatusOK)
	if got := page.difference(); got != "Brand Admin, 2 changes Orders: “Refund orders” taken away Settings: View instead of Edit" {
		t.Fatalf("difference: %q", got)
	}
	if changed := page.all("tr", "class=st-changed"); len(changed) != 2 {
		t.Errorf("%d rows are marked", len(changed))
	}
	if k.byEmail("noor@desk.example") != nil {
		t.Fatal("a preview added somebody")
	}
	form = page.choices()
	form.Set("do", "add")
	form.Set("send", "no")
	done := ada.send("/admin/settings/users/new", form).wants(http.StatusOK).says("Noor Haddad was invited")
	shown := done.all("input", "id=secret")
	if len(shown) != 1 || !strings.HasPrefix(value(shown[0], "value"), k.server.URL+"/invitation?token=") {
		t.Fatal("no link is shown")
	}
	_, token, _ := strings.Cut(value(shown[0], "value"), "token=")
	if len(k.letters(k.byEmail("noor@desk.example").ID)) != 0 {
		t.Error("a mail went out")
	}
	list := ada.get("/admin/settings/users").wants(http.StatusOK).says("Brand Admin, 2 changes").says("Settings: View instead of Edit").says("Invited")
	if strings.Contains(list.body, token) || strings.Contains(k.logs.String(), token) {
		t.Error("the link is in the list or in the log")
	}
	k.accept(token, phrase)
	held := must(role.Held(k.db.Read(t.Context()), string(k.byEmail("noor@desk.example").ID)))(t)
	now := k.clock.UnixMilli()
	for p, want := range map[access.Permission]bool{
		access.SettingsView: true, access.SettingsEdit: false, access.OrdersRefund: false, access.OrdersProcess: true, access.OrdersCancel: true,
	} {
		if got := held.Can(now, p, k.aurora.Scope(), access.Everybody); got != want {
			t.Errorf("%s: %v", p, got)
		}
	}
	// sent again it adds nobody twice, and shows no link
	again := ada.send("/admin/settings/users/new", form).wants(http.StatusConflict)
	if len(again.all("input", "id=secret")) != 0 {
		t.Error("a second link is shown")
	}
}

func TestChosenLocationsAndOnlyThem(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	whole := ada.post("/admin/settings/users/new", "email", "hub@desk.example", "first_name", "Hugo", "role", "hub_admin", "where", "all", "do", "add")
	whole.wants(http.StatusUnprocessableEntity).says("Choose locations")
	none := ada.post("/admin/settings/users/new", "email", "hub@desk.example", "first_name", "Hugo", "role", "hub_admin", "where", "some", "do", "add")
	none.wants(http.StatusUnprocessableEntity).says("Choose at least one location")
	foreign := ada.post("/admin/settings/users/new", "email", "hub@desk.example", "first_name", "Hugo", "role", "hub_admin", "where", "some", "location", string(k.oslo), "do", "add")
	if foreign.status == http.StatusOK || k.byEmail("hub@desk.example") != nil {
		t.Fatalf("a location of another brand was taken: %d", foreign.status)
	}
	ada.post("/admin/settings/users/new", "email", "hub@desk.example", "first_name", "Hugo", "role", "hub_admin", "where", "some", "location", string(k.york), "do", "add").leads("/admin/users/invitations")
	ada.get("/admin/settings/users").says("Stonegate")
}

func TestNobodyGivesWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("admin", k.aurora)
	b := k.as(email)
	page := b.get("/admin/settings/users/new").wants(http.StatusOK)
	var offered []string
	for _, o := range page.all("option") {
		offered = append(offered, value(o, "value"))
	}
	for r, want := range map[string]bool{"super_admin": false, "brand_admin": false, "admin": true, "hub_admin": true, "support": true} {
		if got := slices.Contains(offered, r); got != want {
			t.Errorf("%s is offered to an Admin: %v", r, got)
		}
	}
	before := k.people()
	add := func(role string, more ...string) answer {
		return b.post("/admin/settings/users/new", append([]string{"email", "more@desk.example", "first_name", "More", "role", role, "do", "add"}, more...)...)
	}
	add("super_admin").wants(http.StatusUnprocessableEntity).says("An account of a brand can only hold roles within that brand")
	add("super_admin", "send", "no").wants(http.StatusConflict).says("A Super Admin is never let in by a link that somebody else has seen")
	add("brand_admin").wants(http.StatusForbidden).says("You cannot give Brand Admin")
	for _, p := range []string{"staff_roles.assign", "users.restore", "system.backup", "security.edit"} {
		add("support", "level.users", "view", "permission", p, "level.staff_roles", "none", "level.system", "none", "level.security", "view").
			wants(http.StatusForbidden).says("You cannot give Support at Aurora: you lack")
	}
	add("no_such_role").wants(http.StatusUnprocessableEntity)
	add("").wants(http.StatusUnprocessableEntity)
	if k.people() != before {
		t.Fatalf("%d people were added", k.people()-before)
	}
	ada := k.as("ada@desk.example")
	ada.post("/admin/settings/users/new", "email", "more@desk.example", "first_name", "More", "role", "super_admin", "send", "no", "do", "add").
		wants(http.StatusConflict).says("A Super Admin is never let in by a link that somebody else has seen")
	if k.people() != before {
		t.Fatal("somebody was added")
	}
}

func TestTheFormKeepsWhatWasTypedAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	a := ada.post("/admin/settings/users/new", "email", "not an address", "first_name", "Noor", "role", "support", "do", "add").wants(http.StatusUnprocessableEntity)
	in := a.all("input", "name=email")
	if len(in) != 1 || value(in[0], "value") != "not an address" || value(in[0], "aria-invalid") != "true" || value(in[0], "aria-describedby") == "" {
		t.Error("the field does not keep and explain what was typed")
	}
	if a.choices().Get("role") != "support" {
		t.Error("the role is forgotten")
	}
	k.staff("support", k.aurora)
	taken := ada.post("/admin/settings/users/new", "email", "SUPPORT1@desk.example", "first_name", "Noor", "role", "support", "do", "add")
	if taken.status != http.StatusConflict {
		t.Errorf("a taken address: %d %s", taken.status, taken.sheet())
	}
}

func TestWhoMayNotAddIsRefusedAndNothingIsAdded(t *testing.T) {
	t.Parallel()
	k := open(t)
	before := int64(0)
	for _, r := range []string{"shop_manager", "marketing", "moderator", "support", "developer", "read_only"} {
		_, email := k.staff(r, k.aurora)
		b := k.as(email)
		before = k.people()
		page := b.get("/admin/settings/users/new").wants(http.StatusForbidden)
		page.says("You need “Invite people” at Aurora.").says("Ada Okafor can give it.")
		b.post("/admin/settings/users/new", "email", "more@desk.example", "first_name", "More", "role", "moderator", "do", "add").wants(http.StatusForbidden)
		if k.people() != before {
			t.Errorf("%s added somebody", r)
		}
	}
}
