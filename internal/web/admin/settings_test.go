package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Which of the settings each role opens: it is the menu's promise and the pages' own answer.
func TestEachRoleOpensItsOwnSettings(t *testing.T) {
	t.Parallel()
	k := open(t)
	pages := []string{"", "/brands", "/locations", "/users", "/users/new", "/api-keys", "/api-keys/new", "/mail", "/brands/new", "/locations/new", "/brands/" + string(k.aurora)}
	table := map[string]string{ // one sign for each page: x opens, - is refused
		"brand_admin":  "xxxxxxxx-xx",
		"hub_admin":    "-----------",
		"shop_manager": "-----------",
		"marketing":    "-----------",
		"moderator":    "-----------",
		"support":      "-----------",
		"developer":    "xxxx-xxx---",
		"read_only":    "xxxx---x---",
	}
	for r, row := range table {
		var email string
		if r == "hub_admin" {
			_, email = k.staff(r, k.aurora, k.york)
		} else {
			_, email = k.staff(r, k.aurora)
		}
		b := k.as(email)
		for i, page := range pages {
			a := b.get("/admin/settings" + page)
			want := http.StatusOK
			if row[i] == '-' {
				want = http.StatusForbidden
			}
			if a.status != want {
				t.Errorf("%s, %s: %d, want %d: %s", r, page, a.status, want, a.sheet())
			}
			if links := a.all("a", "href=/admin/settings", "data-go=s"); (len(links) == 1) != (row[0] == 'x') {
				t.Errorf("%s: the menu has Settings %d times", r, len(links))
			}
			for _, secret := range []string{"Meridian", "Harbour"} {
				if strings.Contains(a.body, secret) {
					t.Errorf("%s, %s: names the brand next door", r, page)
				}
			}
		}
	}
}

func TestTheBrandNextDoorDoesNotExist(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("brand_admin", k.aurora)
	b := k.as(email)
	body := func(a answer) string {
		return strings.ReplaceAll(a.wants(http.StatusNotFound).sheet(), string(k.other), "")
	}
	hidden, absent := body(b.get("/admin/settings/brands/"+string(k.other))), body(b.get("/admin/settings/brands/brd_01HHHHHHHHHHHHHHHHHHHHHHHH"))
	if hidden != absent {
		t.Errorf("hidden and absent answer differently:\n%s\n%s", hidden, absent)
	}
	b.post("/admin/settings/brands/"+string(k.other), "name", "Mine", "time_zone", "UTC", "currency", "USD").wants(http.StatusNotFound)
	b.post("/admin/settings/locations/"+string(k.oslo), "name", "Mine", "city", "Mine").wants(http.StatusNotFound)
	b.post("/admin/brand", "brand", string(k.other)).wants(http.StatusNotFound)
	b.post("/admin/brand", "brand", "platform").wants(http.StatusNotFound)
	if found := must(brand.Find(k.db.Read(t.Context()), k.other))(t); found.Name != "Meridian" {
		t.Error("the brand next door was changed")
	}
}

func TestBrandsAndLocationsAreAddedAndEdited(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	bad := ada.post("/admin/settings/brands/new", "name", "", "slug", "Not a slug", "currency", "pounds", "time_zone", "Moon/Base").wants(http.StatusUnprocessableEntity)
	if n := len(bad.all("p", "class=st-error")); n != 4 {
		t.Errorf("%d fields say what is wrong, want 4", n)
	}
	ada.post("/admin/settings/brands/new", "name", "Borealis", "slug", "borealis", "currency", "nok", "time_zone", "Europe/Oslo").leads("/admin/settings/brands")
	ada.get("/admin/settings/brands").says("Borealis").says("NOK")
	page := ada.get("/admin/settings/brands/" + string(k.aurora)).wants(http.StatusOK)
	version := value(page.all("input", "name=version")[0], "value")
	edit := func(name string) answer {
		return ada.post("/admin/settings/brands/"+string(k.aurora), "version", version, "name", name, "currency", "GBP", "time_zone", "Europe/London")
	}
	edit("Aurora & Co").leads("/admin/settings/brands")
	edit("Somebody else's").wants(http.StatusPreconditionFailed).says("Somebody else changed this")
	if b := must(brand.Find(k.db.Read(t.Context()), k.aurora))(t); b.Name != "Aurora & Co" {
		t.Errorf("the brand is called %q", b.Name)
	}
	ada.post("/admin/settings/locations/new", "name", "", "city", "").wants(http.StatusUnprocessableEntity)
	ada.post("/admin/settings/locations/new", "name", "Minster", "city", "York").leads("/admin/settings/locations")
	ada.get("/admin/settings/locations").says("3 locations of Aurora & Co").says("Minster")
	ada.post("/admin/settings/locations/"+string(k.york), "name", "Stonegate 4", "city", "York").leads("/admin/settings/locations")
	ada.get("/admin/settings/locations").says("Stonegate 4")
}

func TestChoosingABrandStaysOnThePageAndThemesAreKept(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	from := func(path string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Referer", k.server.URL+path) }
	}
	ada.get("/admin/settings/locations").says("Stonegate")
	ada.do(http.MethodPost, "/admin/brand", map[string][]string{"brand": {string(k.other)}}, from("/admin/settings/locations")).leads("/admin/settings/locations")
	ada.get("/admin/settings/locations").says("Harbour")
	ada.do(http.MethodPost, "/admin/brand", map[string][]string{"brand": {"platform"}}, from("/admin/settings/locations/"+string(k.oslo))).leads("/admin")
	ada.get("/admin/settings/locations").says("Choose a brand")
	for theme, attrs := range map[string]string{"dark": "dark", "light": "light", "auto": "auto"} {
		ada.post("/admin/preferences/theme", "theme", theme, "back", "/admin/settings").leads("/admin/settings")
		if len(ada.get("/admin/settings").all("html", "data-bs-theme="+attrs)) != 1 {
			t.Errorf("theme %s is not kept", theme)
		}
	}
	ada.post("/admin/preferences/theme", "theme", "neon", "back", "/admin/settings").wants(http.StatusUnprocessableEntity)
	ada.post("/admin/preferences/theme", "theme", "dark", "back", "//evil.example").leads("/admin")
	ada.post("/admin/preferences/shortcuts", "back", "/admin/me/sessions").leads("/admin/me/sessions")
	ada.get("/admin/me/sessions").says("Single keys are off")
}

func TestOwnSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	k := open(t)
	var signed [3]*client
	for i := range signed {
		signed[i] = k.as("ada@desk.example")
		k.clock = k.clock.Add(time.Second)
	}
	one, two, three := signed[0], signed[1], signed[2]
	page := one.get("/admin/me/sessions").wants(http.StatusOK).says("3 devices").says("127.0.0.1")
	rows := page.all("tr", "data-row")
	if len(rows) != 3 {
		t.Fatalf("%d sessions", len(rows))
	}
	_, email := k.staff("support", k.aurora)
	k.as(email).post("/admin/me/sessions/" + value(rows[0], "data-row") + "/end").wants(http.StatusNotFound)
	three.get("/admin/me/sessions").wants(http.StatusOK)
	one.post("/admin/me/sessions/" + value(rows[0], "data-row") + "/end").leads("/admin/me/sessions") // the newest
	three.get("/admin/me/sessions").wants(http.StatusSeeOther)
	two.get("/admin/me/sessions").wants(http.StatusOK)
	one.post("/admin/me/sessions/others/end").leads("/admin/me/sessions")
	two.get("/admin/me/sessions").wants(http.StatusSeeOther)
	one.get("/admin/me/sessions").wants(http.StatusOK).says("1 device")
}

func TestAKeyIsMadeWithACodeAndShownOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("developer", k.aurora)
	b := k.as(email)
	dev := must(user.FindByEmail(k.db.Read(t.Context()), k.aurora, email))(t)
	form := []string{"name", "Shop backend", "scope", k.aurora.Scope().String(), "source", "shop", "days", "90", "permissions", "facts.ingest", "permissions", "customers.view", "back", "/admin/settings/api-keys"}
	page := b.get("/admin/settings/api-keys/new").wants(http.StatusOK)
	if len(page.all("input", "value=customers.financials")) != 0 || len(page.all("input", "value=facts.ingest")) != 1 || len(page.all("input", "name=unattended")) != 0 {
		t.Error("the form does not offer exactly what a developer holds")
	}
	asked := b.post("/admin/settings/api-keys/new", form...)
	if asked.status != http.StatusSeeOther || !strings.HasPrefix(asked.location, "/admin/step-ups/") {
		t.Fatalf("%d %s: %s", asked.status, asked.location, asked.sheet())
	}
	b.get("/admin/settings/api-keys").says("No keys yet")
	path, _, _ := strings.Cut(asked.location, "?")
	made := b.post(path, "code", k.code(dev.ID), "back", "/admin/settings/api-keys").wants(http.StatusOK)
	shown := made.all("input", "id=secret")
	if len(shown) != 1 || !strings.HasPrefix(value(shown[0], "value"), "stw_") {
		t.Fatal("the key is not shown")
	}
	token := value(shown[0], "value")
	if _, _, err := apikey.Authenticate(t.Context(), k.door, token, apikey.From{}); err != nil {
		t.Errorf("the key does not let in: %v", err)
	}
	list := b.get("/admin/settings/api-keys").says("Shop backend").says("Live")
	if strings.Contains(list.body, token) || strings.Contains(k.logs.String(), token) {
		t.Error("the key is shown again, or in the log")
	}
	for name, change := range map[string][]string{
		"more than held": {"permissions", "system.backup"}, "too long": {"days", "366"}, "no days": {"days", "soon"}, "elsewhere": {"scope", k.other.Scope().String()},
		"the platform": {"scope", "platform"}, "nameless": {"name", ""},
	} {
		k.clock = k.clock.Add(40e9)
		f := map[string][]string{}
		for i := 0; i+1 < len(form); i += 2 {
			f[form[i]] = append(f[form[i]], form[i+1])
		}
		f[change[0]] = change[1:]
		a := b.send("/admin/settings/api-keys/new", f)
		if a.status == http.StatusSeeOther { // a code was asked for: with it, it is refused
			p, _, _ := strings.Cut(a.location, "?")
			a = b.post(p, "code", k.code(dev.ID))
		}
		if a.status < 400 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	all := must(op.Ask(t.Context(), k.door, k.caller(k.ada), apikey.List, k.aurora))(t)
	if len(all) != 1 {
		t.Fatalf("%d keys", len(all))
	}
	b.get("/admin/settings/api-keys/" + all[0].ID + "/revoke").wants(http.StatusOK).says("Revoke")
	b.post("/admin/settings/api-keys/" + all[0].ID + "/revoke").leads("/admin/settings/api-keys")
	if _, _, err := apikey.Authenticate(t.Context(), k.door, token, apikey.From{}); err == nil {
		t.Error("a revoked key lets in")
	}
}

func TestTheOutboxNeverShowsWhatAMailSays(t *testing.T) {
	t.Parallel()
	k := open(t)
	kim, _ := k.staff("support", k.aurora)
	ada := k.as("ada@desk.example")
	begins(k, kim, "shop_manager")
	code := k.code(k.ada)
	ada.post("/admin/brand", "brand", "platform")
	page := ada.get("/admin/settings/mail").wants(http.StatusOK).says("ada@desk.example").says("Code to confirm").says("Waiting")
	if strings.Contains(page.body, code) || strings.Contains(page.body, "Shop Manager") {
		t.Error("the outbox shows what the mail says")
	}
	ada.get("/dev/mail").wants(http.StatusNotFound)
}

func TestRefusalsSayTheRemedyInsideTheFrame(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("developer", k.aurora)
	b := k.as(email)
	a := b.get("/admin/settings/brands/" + string(k.aurora)).wants(http.StatusForbidden)
	a.says("You need “Edit settings” at Aurora. Developer does not have it. Ada Okafor can give it.")
	if len(a.all("aside")) != 1 || len(a.all("h1")) != 1 {
		t.Error("the refusal is not inside the frame")
	}
	b.get("/admin/no-such-page").wants(http.StatusNotFound).says("There is nothing here")
	b.post("/admin/settings").wants(http.StatusMethodNotAllowed)
	big := b.send("/admin/settings/locations/new", map[string][]string{"name": {strings.Repeat("x", 2<<20)}})
	big.wants(http.StatusRequestEntityTooLarge).says("more than fits")
	broken := b.do(http.MethodPost, "/admin/brand", nil, func(r *http.Request) { r.URL.RawQuery = "a=%zz" })
	broken.wants(http.StatusBadRequest)
	for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Request-Id"} {
		if a.header.Get(header) == "" {
			t.Errorf("no %s on a refusal", header)
		}
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("a refusal may be cached")
	}
}

func TestWhatPeopleTypeStaysText(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	for i, naughty := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onfocus='alert(1)`, `javascript:alert(1)`, `{{7*7}}${7*7}<%= 7 %>`,
		`</title><svg onload=alert(1)>`, "Ω≈ç√∫˜µ≤", "田中さん", "الكتاب", `<a href="javascript:x">x</a>`, `&lt;b&gt;`, `--></main>`,
	} {
		a := ada.post("/admin/settings/locations/new", "name", naughty, "city", naughty)
		if a.status != http.StatusSeeOther && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", naughty, a.status)
		}
		b := ada.post("/admin/settings/users/new", "email", naughty, "first_name", naughty, "last_name", naughty, "role", naughty, "location", naughty, "do", "add")
		if b.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", naughty, b.status)
		}
		c := ada.post("/admin/settings/users/new", "email", fmt.Sprintf("n%d@desk.example", i), "first_name", naughty, "last_name", "", "role", "support", "do", "add")
		for _, page := range []answer{a, b, c} {
			page.isHarmless(naughty)
		}
	}
	for _, path := range []string{"/admin/settings/locations", "/admin/settings/users", "/admin/settings/users/new", "/admin/me/sessions"} {
		ada.get(path).wants(http.StatusOK).isHarmless(path)
	}
}

// isHarmless says that nothing on the page runs: no inline script or handler, no element that was typed.
func (a answer) isHarmless(what string) {
	a.t.Helper()
	for _, n := range a.all("script") {
		if value(n, "src") == "" {
			a.t.Errorf("%q: an inline script", what)
		}
	}
	if len(a.all("img")) != 0 {
		a.t.Errorf("%q: an image that was typed", what)
	}
	for _, tag := range []string{"a", "input", "button", "svg", "span", "div", "td", "form", "b"} {
		for _, n := range a.all(tag) {
			for _, at := range n.Attr {
				if strings.HasPrefix(at.Key, "on") || at.Key == "style" || (at.Key == "href" || at.Key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(at.Val)), "javascript:") {
					a.t.Errorf("%q: %s has %s=%q", what, tag, at.Key, at.Val)
				}
			}
		}
	}
}
