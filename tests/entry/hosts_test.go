package entry

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/mailing"
)

// forged are headers with which somebody would make a link lead to themself.
var forged = []string{
	"X-Forwarded-Host", "evil.example", "X-Forwarded-Server", "evil.example", "X-Forwarded-Proto", "gopher", "X-Forwarded-Port", "6666", "X-Forwarded-Prefix", "/evil.example",
	"Forwarded", "for=6.6.6.6;host=evil.example;proto=gopher", "X-Host", "evil.example", "X-Original-Host", "evil.example", "X-Original-URL", "//evil.example/",
	"X-Rewrite-URL", "//evil.example/", "Referer", "https://evil.example/", "Via", "1.1 evil.example",
}

func TestLinksInMailAreMadeOfThePublicAddressAlone(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		bruno := h.staff("bruno")
		ways := []struct {
			b    *browser
			path string
			form []string
			kind string
		}{
			{h.browser(), "/admin/sign-in/forgot", []string{"email", h.Member("kim").Email}, "password_forgotten"},
			{h.browser(), shop + "/sign-in/forgot", []string{"email", maya}, "password_forgotten"},
			{h.browser(), shop + "/sign-in", []string{"email", maya, "by", "code"}, "sign_in_code"},
			{h.browser(), shop + "/sign-up", []string{"email", "newcomer@example.org", "first_name", "New", "last_name", "Comer"}, "confirm_sign_up"},
			{bruno, "/admin/users/" + string(h.Customer("jose")) + "/reset-password", nil, "password_reset"},
		}
		for _, w := range ways {
			before := len(h.Mails())
			a, err := w.b.send(http.MethodPost, w.path, formOf(w.form), forged...)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(a.String()+fmt.Sprint(a.header), "evil.example") {
				t.Errorf("%s: it comes back in the answer: %s", w.path, a)
			}
			if a.status >= 400 || len(h.Mails()) == before {
				t.Errorf("%s: no letter: %s", w.path, a)
			}
		}
		in := account.NewStaff{Email: "hire@example.org", FirstName: "New", LastName: "Hire", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: h.Place("aurora").ID}}}}
		form := url.Values{"email": {in.Email}, "first_name": {"New"}, "last_name": {"Hire"}, "role": {in.Role}, "brand": {string(h.Place("aurora").ID)}, "send": {"1"}}
		if a, err := bruno.send(http.MethodPost, "/admin/settings/users/new", form, forged...); err != nil || strings.Contains(a.String(), "evil.example") {
			t.Errorf("inviting: %s, %v", a, err)
		}
		const public = "https://desk.example.org"
		seen := map[string]bool{}
		for _, m := range h.Mails() {
			seen[m.Kind] = true
			text, html, err := mailing.Render(m.Letter, public)
			if err != nil {
				t.Fatal(err)
			}
			for _, said := range []string{text, html, m.Letter.Subject} {
				for _, bad := range []string{"evil.example", "gopher", "6666", "localhost"} {
					if strings.Contains(said, bad) {
						t.Errorf("%s says %q: %s", m.Kind, bad, said)
					}
				}
				rest := said
				for {
					_, after, found := strings.Cut(rest, "://")
					if !found {
						break
					}
					if !strings.HasPrefix(after, "desk.example.org/") || strings.HasPrefix(after, "desk.example.org//") {
						t.Errorf("%s links to %.60s", m.Kind, after)
					}
					rest = after
				}
			}
		}
		for _, w := range ways[:4] {
			if !seen[w.kind] {
				t.Errorf("no %s was mailed", w.kind)
			}
		}
	})
}

// raw sends what no browser would, and gives the status.
func (h *house) raw(request string) string {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.Site.Public.Host)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprint(conn, request); err != nil {
		h.t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	return fmt.Sprint(r.StatusCode, " ", r.Header.Get("Location"))
}

func TestAnotherHostIsNotServed(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		mine := h.Site.Public.Host
		const body = "email=maya.whitaker%40example.com&by=code"
		post := func(target, host string) string {
			return "POST " + target + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\nContent-Length: " +
				fmt.Sprint(len(body)) + "\r\n\r\n" + body
		}
		for _, path := range []string{shop + "/sign-in", shop + "/sign-in/forgot", shop + "/sign-up", "/admin/sign-in/forgot", "/admin/sign-in", "/invitation", "/set-password", "/v1/users", "/healthz"} {
			h.unchanged(t, func() {
				for _, c := range []string{
					post(path, "evil.example"), post("http://evil.example"+path, mine), post("https://evil.example"+path, mine), post("http://evil.example"+path, "evil.example"),
					post(path, mine+".evil.example"), post(path, "evil.example@"+mine), post(path, "evil.example:80"), post(path, "0.0.0.0"),
				} {
					if got := h.raw(c); !strings.HasPrefix(got, "421 ") && !strings.HasPrefix(got, "400 ") {
						t.Errorf("%.90q is answered %s", c, got)
					}
				}
			})
		}
		if got := h.raw(post("http://"+mine+shop+"/sign-in", mine)); !strings.HasPrefix(got, "303 "+shop) {
			t.Errorf("an absolute target of our own is answered %s", got)
		}
	})
}

// elsewhere are values of back that would lead a browser away, or split an answer.
var elsewhere = []string{
	"//evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "https:evil.example", "https://evil.example", "http:/evil.example", "///evil.example", "////evil.example",
	"/%2f%2fevil.example/..", "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
	"data:text/html,<script>alert(1)</script>", "vbscript:x", "/admin\r\nSet-Cookie: steward_staff=x", "/admin%0d%0aSet-Cookie:x=1", "//localhost@evil.example", "/.//evil.example", "/..//evil.example",
	"@evil.example", "evil.example", "mailto:x@evil.example", "?x=//evil.example", "http://localhost:8080.evil.example/", "/\u2044/evil.example", "/;//evil.example", "//%65vil.example",
}

// leaves says where a browser would go from our site with a Location; empty when it stays.
func (h *house) leaves(location string) string {
	base := *h.Site.Public
	base.Path = "/admin/sign-in"
	// Browsers read backslashes as slashes, and drop tabs and line ends.
	read := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(strings.TrimSpace(location))
	u, err := base.Parse(read)
	if err != nil {
		return location
	}
	if u.Host != base.Host || u.Scheme != base.Scheme {
		return u.String()
	}
	return ""
}

func TestNobodyIsLedAway(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		kim, member := h.staff("kim"), h.Member("kim")
		shopper, _ := h.shopper(maya)
		stays := func(what, back string, a answer) {
			t.Helper()
			for _, name := range []string{"Location", "HX-Redirect", "HX-Location", "Refresh"} {
				if to := a.header.Get(name); to != "" && h.leaves(to) != "" {
					t.Errorf("%s with back=%q leads to %s", what, back, h.leaves(to))
				}
			}
			for _, c := range a.header.Values("Set-Cookie") {
				if c == "steward_staff=x" || strings.HasPrefix(c, "steward_staff=x;") || strings.HasPrefix(c, "x=1") {
					t.Errorf("%s with back=%q sets a cookie: %s", what, back, c)
				}
			}
			for _, at := range []string{`href="`, `action="`, `value="`} { // what a form or a link of the page carries on
				for _, part := range strings.Split(a.text, at)[1:] {
					value, _, _ := strings.Cut(part, `"`)
					if strings.Contains(value, "evil.example") && at != `value="` && h.leaves(value) != "" || strings.HasPrefix(strings.ToLower(value), "javascript:") {
						t.Errorf("%s with back=%q: the page says %s%s", what, back, at, value)
					}
				}
			}
			if a.status >= 500 {
				t.Errorf("%s with back=%q: %s", what, back, a)
			}
		}
		half := h.half("hana") // one ticket for all, with nothing tried
		for i, back := range elsewhere {
			if i%10 == 9 { // a session has so many requests a minute
				shopper, _ = h.shopper(maya)
			}
			q := "?back=" + url.QueryEscape(back)
			for _, path := range []string{"/admin/sign-in", "/admin/sign-in/second", "/admin/sign-in/enrol", "/admin/sign-in/new-password"} {
				stays("GET "+path, back, kim.get(path+q))
				stays("GET "+path+" half-way", back, half.get(path+q))
			}
			for _, path := range []string{"/sign-in", "/sign-in/code", "/sign-in/second"} {
				stays("GET "+shop+path, back, shopper.get(shop+path+q))
				stays("GET "+shop+path, back, half.get(shop+path+q))
			}
			stays("the theme", back, kim.post("/admin/preferences/theme", "theme", "dark", "back", back))
			stays("the theme of a shop", back, shopper.post(shop+"/preferences/theme", "theme", "dark", "back", back))
			stays("the brand", back, kim.post("/admin/brand", "brand", string(h.Place("aurora").ID), "back", back))
			a, err := kim.send(http.MethodPost, "/admin/preferences/theme", formOf([]string{"theme", "dark"}), "Referer", back)
			if err == nil {
				stays("the theme by its referrer", back, a)
			}
		}
		for i, back := range elsewhere { // and whole ways in
			if i%4 != 0 {
				continue
			}
			b := h.browser()
			stays("a password", back, b.post("/admin/sign-in", "email", member.Email, "password", member.Password, "back", back))
			a := b.post("/admin/sign-in/second", "code", h.AppCode("kim"), "back", back)
			if stays("the second step", back, a); a.status != http.StatusSeeOther {
				t.Errorf("the second step: %s", a)
			}
		}
		b := h.browser()
		code := b.asks(maya)
		stays("a code", elsewhere[0], b.post(shop+"/sign-in/code", "code", code, "back", elsewhere[0]))
		path, _, _ := strings.Cut(h.staff("kim").post("/admin/me/security/codes", "back", elsewhere[0]).to(), "?")
		if !strings.HasPrefix(path, "/admin/step-ups/") {
			t.Errorf("no step-up: %s", path)
		}
	})
}

func TestTooManyRequestsAreSaidSoToCustomersToo(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		b, _ := h.shopper(maya)
		for range 130 {
			switch a := b.get(shop + "/sign-in"); {
			case a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != "":
				return
			case a.status >= 400:
				t.Fatalf("it is answered %s", a)
			}
		}
		t.Error("there is no limit")
	})
}
