package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
)

func TestStaffSignInWithTheirPasswordAndComeBackToWhereTheyWanted(t *testing.T) {
	t.Parallel()
	k := open(t)
	b := k.client()
	b.get("/admin/settings?x=1").leads("/admin/sign-in?back=%2Fadmin%2Fsettings%3Fx%3D1")
	page := b.get("/admin/sign-in?back=%2Fadmin%2Fsettings%3Fx%3D1").wants(http.StatusOK)
	hidden := page.all("input", "name=back")
	for _, way := range hidden { // by password and by passkey
		if len(hidden) != 2 || value(way, "value") != "/admin/settings?x=1" {
			t.Errorf("the way back is not carried along")
		}
	}
	half := b.post("/admin/sign-in", "email", "Ada@Desk.example", "password", phrase, "back", "/admin/settings?x=1")
	half.leads("/admin/sign-in/second?back=%2Fadmin%2Fsettings%3Fx%3D1")
	b.through("ada@desk.example", half).leads("/admin/settings?x=1")
	b.get("/admin/me/sessions").wants(http.StatusOK).says("This device")
}

func TestWrongAndUnknownAnswerTheSameBytes(t *testing.T) {
	t.Parallel()
	k := open(t)
	strip := func(a answer) string {
		h := a.header.Clone()
		for _, name := range []string{"Date", "X-Request-Id"} {
			h.Del(name)
		}
		var b strings.Builder
		if err := h.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String() + a.body
	}
	wrong := k.client().post("/admin/sign-in", "email", "ada@desk.example", "password", "not this one, surely").wants(http.StatusUnauthorized)
	unknown := k.client().post("/admin/sign-in", "email", "nobody@desk.example", "password", "not this one, surely").wants(http.StatusUnauthorized)
	if strip(wrong) != strip(unknown) {
		t.Errorf("the answers differ:\n%s\n%s", strip(wrong), strip(unknown))
	}
	if len(wrong.all("input", "type=password")) != 1 || len(wrong.all("div", "role=alert")) != 1 {
		t.Error("the form is not there again with what was wrong")
	}
	if strings.Contains(wrong.body, "not this one") {
		t.Error("the password stands in the page")
	}
}

func TestASuspendedAccountIsToldAfterTheRightPasswordOnly(t *testing.T) {
	t.Parallel()
	k := open(t)
	id, email := k.staff("support", k.aurora)
	if _, err := op.Do(t.Context(), k.door, k.caller(k.ada), account.Deactivate, account.Of(id)); err != nil {
		t.Fatal(err)
	}
	k.client().post("/admin/sign-in", "email", email, "password", "wrong").wants(http.StatusUnauthorized)
	a := k.client().post("/admin/sign-in", "email", email, "password", phrase).wants(http.StatusForbidden)
	if want := user.ErrNotActive.Detail; a.problem() != want {
		t.Errorf("says %q, want %q", a.problem(), want)
	}
	if a.header.Get("Set-Cookie") != "" {
		t.Error("a cookie was set")
	}
}

func TestNoRedirectLeavesTheSite(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, back := range []string{
		"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "http:evil", "javascript:alert(1)", "/\t/evil.example",
		"///evil.example", "evil.example", "/%0d%0aLocation: https://evil.example", "https:///evil.example", "/admin\r\nX: y",
	} {
		a := k.client().signIn("ada@desk.example", "back", back)
		u, err := url.Parse(a.location)
		if a.status != http.StatusSeeOther || err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(a.location, "//") || strings.ContainsAny(a.location, "\\\r\n") {
			t.Errorf("back=%q leads to %d %q", back, a.status, a.location)
		}
		for _, in := range k.client().get("/admin/sign-in?back="+url.QueryEscape(back)).all("input", "name=back") {
			got := value(in, "value")
			if inside := strings.HasPrefix(got, "/") && !strings.HasPrefix(got, "//"); got != "" && !inside { // empty: to the desk
				t.Errorf("back=%q is offered as %q", back, got)
			}
		}
		// one network may fail often, so every sign-in above must have succeeded
	}
}

func TestACookieFromBeforeTheSignInNeverSurvives(t *testing.T) {
	t.Parallel()
	k := open(t)
	b := k.client()
	planted := "planted-by-somebody-else-0123456789abcdefgh"
	b.http.Jar.SetCookies(k.site.Public, []*http.Cookie{{Name: "steward_staff", Value: planted, Path: "/"}})
	b.signIn("ada@desk.example").leads("/admin")
	first := b.session()
	if first == planted || first == "" {
		t.Fatalf("the planted cookie is the session: %q", first)
	}
	b.signIn("ada@desk.example").leads("/admin")
	if b.session() == first {
		t.Error("a second sign-in keeps the token of the first")
	}
	old := k.client()
	for _, token := range []string{first, planted} {
		old.http.Jar.SetCookies(k.site.Public, []*http.Cookie{{Name: "steward_staff", Value: token, Path: "/"}})
		if a := old.get("/admin/me/sessions"); a.status != http.StatusSeeOther {
			t.Errorf("a token from before still opens the desk: %d", a.status)
		}
	}
	// a session is read from the cookie alone
	a := k.client().do(http.MethodGet, "/admin/me/sessions?steward_staff="+b.session(), nil, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+b.session())
		r.Header.Set("X-Session", b.session())
	})
	if a.status != http.StatusSeeOther {
		t.Errorf("a session in the address or a header opens the desk: %d", a.status)
	}
}

func TestCookiesAreHiddenFromScriptAndFromOtherSites(t *testing.T) {
	t.Parallel()
	k := open(t)
	a := k.client().signIn("ada@desk.example").leads("/admin")
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 3 {
		t.Fatalf("%d cookies, want the session, the known device, and the end of the half-done sign-in", len(cookies))
	}
	for _, c := range cookies {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %s is %+v", c.Name, c)
		}
	}
}

func TestSignOutEndsItsOwnSessionOnly(t *testing.T) {
	t.Parallel()
	k := open(t)
	one, two := k.as("ada@desk.example"), k.as("ada@desk.example")
	token := one.session()
	one.post("/admin/sign-out").leads("/admin/sign-in")
	if one.session() != "" {
		t.Error("the cookie is still there")
	}
	one.http.Jar.SetCookies(k.site.Public, []*http.Cookie{{Name: "steward_staff", Value: token, Path: "/"}})
	one.get("/admin/me/sessions").leads("/admin/sign-in?back=%2Fadmin%2Fme%2Fsessions")
	two.get("/admin/me/sessions").wants(http.StatusOK)
	// a link cannot sign anybody out
	two.get("/admin/sign-out").wants(http.StatusMethodNotAllowed)
	two.get("/admin/me/sessions").wants(http.StatusOK)
}

func TestForgedHostsAndForwardedHeadersCountForNothing(t *testing.T) {
	t.Parallel()
	k := open(t)
	a := k.client().do(http.MethodGet, "/admin/sign-in", nil, func(r *http.Request) { r.Host = "evil.example" })
	a.wants(http.StatusMisdirectedRequest).says("does not answer for that host")
	a = k.client().do(http.MethodGet, "/admin/settings", nil, func(r *http.Request) {
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("Forwarded", "host=evil.example;proto=https")
	})
	if a.location != "/admin/sign-in?back=%2Fadmin%2Fsettings" || strings.Contains(a.body, "evil") {
		t.Errorf("a forwarded host shows: %q %s", a.location, a.body)
	}
	b := k.client()
	forged := func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.99") }
	b.do(http.MethodPost, "/admin/sign-in", url.Values{"email": {"ada@desk.example"}, "password": {phrase}}, forged)
	b.do(http.MethodPost, "/admin/sign-in/second", url.Values{"code": {k.appCode("ada@desk.example")}}, forged).leads("/admin")
	if page := b.get("/admin/me/sessions").wants(http.StatusOK); strings.Contains(page.body, "203.0.113.99") {
		t.Error("an untrusted X-Forwarded-For is believed")
	}
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	k := open(t)
	b := k.as("ada@desk.example")
	for name, change := range map[string]func(*http.Request){
		"fetch metadata": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site"); r.Header.Del("Origin") },
		"same site":      func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"origin":         func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		"null":           func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
	} {
		a := b.do(http.MethodPost, "/admin/sign-out", nil, change)
		if a.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	b.get("/admin/me/sessions").wants(http.StatusOK)
}

func TestTheDemoSignsInAsSomebodyOnTheWayThatEverybodyTakes(t *testing.T) {
	t.Parallel()
	k := opened(t, true)
	k.site.Demo.People = []web.DemoPerson{{ID: string(k.ada), Name: "Ada Okafor", Role: "Super Admin", Sees: "Everything", Email: "ada@desk.example", Password: phrase, Secret: k.secrets["ada@desk.example"]}}
	b := k.client()
	page := b.get("/admin/sign-in").wants(http.StatusOK)
	button := page.all("button", "name=user")
	if len(button) != 1 || !strings.Contains(text(button[0]), "Continue as Ada Okafor, Super Admin") || strings.Contains(page.body, phrase) {
		t.Fatalf("the demo does not offer Ada, or shows her password")
	}
	b.post("/admin/sign-in/demo", "user", value(button[0], "value")).leads("/admin")
	if n := k.events("auth.sign_in"); n != 1 {
		t.Errorf("%d sign-ins in the log, want 1", n)
	}
	k.client().post("/admin/sign-in/demo", "user", "usr_nobody").wants(http.StatusNotFound)
	if a := open(t).client().post("/admin/sign-in/demo", "user", string(k.ada)); a.status == http.StatusSeeOther && a.location == "/admin" {
		t.Error("the demo's way in is open outside the demo")
	}
}
