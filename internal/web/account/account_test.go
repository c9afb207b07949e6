package account_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/browser"
	"github.com/stewardhq/steward/tests/dump"
)

func TestMain(m *testing.M) { browser.Main(m) }

// front is a running shop and one person's browser, which follows nothing by itself.
type front struct {
	*world.World
	t    *testing.T
	base string
	http *http.Client
}

func fronts(t *testing.T, test func(t *testing.T, f *front)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) {
		w.Customer("maya")
		f := &front{World: w, t: t, base: w.Serve().URL}
		test(t, f.another())
	})
}

// another is another browser at the same shop.
func (f *front) another() *front {
	jar, _ := cookiejar.New(nil)
	g := *f
	g.http = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &g
}

type answer struct {
	status   int
	location string
	header   http.Header
	body     string
}

func (f *front) get(path string) answer { f.t.Helper(); return f.do(http.MethodGet, path, nil) }

func (f *front) post(path string, pairs ...string) answer {
	f.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return f.do(http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (f *front) do(method, path string, body io.Reader) answer {
	f.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, f.base+path, body)
	if err != nil {
		f.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := f.http.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), res.Header, string(text)}
}

func (a answer) wants(t *testing.T, status int, location string) answer {
	t.Helper()
	if a.status != status || a.location != location {
		t.Fatalf("%d %q, not %d %q: %s", a.status, a.location, status, location, words(a.body))
	}
	return a
}

var tags = regexp.MustCompile(`<[^>]*>`)

func words(body string) string {
	_, main, _ := strings.Cut(body, "<main")
	return strings.Join(strings.Fields(tags.ReplaceAllString(main, " ")), " ")
}

func (f *front) cookie(name string) string {
	u, _ := url.Parse(f.base)
	for _, c := range f.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (f *front) plant(name, value string) {
	u, _ := url.Parse(f.base)
	f.http.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

var fromTest = auth.From{IP: "203.0.113.7", Agent: "Firefox", Request: "req_test"}

const maya = "maya.whitaker@example.com"

// mailed is the newest code to an address.
func (f *front) mailed(email string) string {
	f.t.Helper()
	for _, m := range f.Mails() {
		if m.To == email && m.Letter.Code != "" {
			return m.Letter.Code
		}
	}
	f.t.Fatalf("no code was mailed to %s", email)
	return ""
}

// enters signs somebody in with a code.
func (f *front) enters(panel, email string) {
	f.t.Helper()
	f.Later(31 * time.Second)
	f.post(panel+"/sign-in", "by", "code", "email", email).wants(f.t, http.StatusSeeOther, panel+"/sign-in/code")
	f.post(panel+"/sign-in/code", "code", f.mailed(email)).wants(f.t, http.StatusSeeOther, panel)
}

// entersTwice signs a member of staff in at their own account, with the password and what they have besides.
func (f *front) entersTwice(key string) {
	f.t.Helper()
	m := f.Member(key)
	f.post("/account/aurora/sign-in", "email", m.Email, "password", m.Password).wants(f.t, http.StatusSeeOther, "/account/aurora/sign-in/second")
	if f.cookie("steward_account") != "" {
		f.t.Fatal("the password alone made a session")
	}
	f.get("/account/aurora").wants(f.t, http.StatusSeeOther, "/account/aurora/sign-in")
	f.get("/account/aurora/sign-in/second").wants(f.t, http.StatusOK, "")
	f.post("/account/aurora/sign-in/second", "code", "000000").wants(f.t, http.StatusUnauthorized, "")
	f.post("/account/aurora/sign-in/second", "code", f.AppCode(key)).wants(f.t, http.StatusSeeOther, "/account/aurora")
}

func (f *front) print() dump.Print {
	f.t.Helper()
	r := f.Store.Read(context.Background())
	tables, err := dump.Tables(r)
	if err != nil {
		f.t.Fatal(err)
	}
	p, err := dump.Take(r, dump.Without(tables, "audit_events", "audit_subjects", "audit_heads"))
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

func TestACustomerComesInWithACodeAndGoesOut(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		f.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
		f.get("/account/aurora/sessions").wants(t, http.StatusSeeOther, "/account/aurora/sign-in?back=%2Faccount%2Faurora%2Fsessions")
		f.get("/account/aurora/sign-in").wants(t, http.StatusOK, "")
		f.enters("/account/aurora", maya)
		page := f.get("/account/aurora").wants(t, http.StatusOK, "")
		if said := words(page.body); !strings.Contains(said, "Hello, Maya") || !strings.Contains(said, "£") {
			t.Errorf("the overview says %s", said)
		}
		if said := words(f.get("/account/aurora/sessions").wants(t, http.StatusOK, "").body); !strings.Contains(said, "This device") {
			t.Errorf("the sessions say %s", said)
		}
		token := f.cookie("steward_account")
		f.post("/account/aurora/sign-out").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
		f.plant("steward_account", token)
		f.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
	})
}

func TestKnownAndUnknownAddressesAnswerTheSameBytes(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		unknown := "none" + maya[4:] // as long as hers
		if len(unknown) != len(maya) || unknown == maya {
			t.Fatalf("%q and %q", unknown, maya)
		}
		same := func(what, email string, f *front, a answer) string {
			h := a.header.Clone()
			for _, name := range []string{"Date", "X-Request-Id"} {
				h.Del(name)
			}
			for i, c := range h.Values("Set-Cookie") { // random or made of the address: compared by name, length and attributes
				name, rest, _ := strings.Cut(c, "=")
				value, attributes, _ := strings.Cut(rest, ";")
				h["Set-Cookie"][i] = fmt.Sprintf("%s=%d;%s", name, len(value), attributes)
			}
			var b strings.Builder
			_ = h.Write(&b)
			return fmt.Sprintf("%s %d %s %s", what, a.status, b.String(), strings.ReplaceAll(a.body, email, "ADDRESS"))
		}
		journey := func(email string) (all []string) {
			b := f.another()
			all = append(all,
				same("asks", email, b, b.post("/account/aurora/sign-in", "by", "code", "email", email)),
				same("looks", email, b, b.get("/account/aurora/sign-in/code")),
				same("guesses", email, b, b.post("/account/aurora/sign-in/code", "code", "00000000")),
				same("asks at once", email, b, b.post("/account/aurora/sign-in", "by", "code", "email", email)),
				same("at the company", email, b, b.post("/app/aurora/sign-in", "by", "code", "email", "x"+email[1:])),
				same("password", email, b, b.post("/account/aurora/sign-in", "email", email, "password", "not this one, surely")),
				same("registers", email, b, b.post("/account/aurora/sign-up", "email", email)),
				same("is told", email, b, b.get("/account/aurora/sign-up/sent")),
			)
			return all
		}
		known := journey(maya)
		for i, got := range journey(unknown) {
			if got != known[i] {
				t.Errorf("the answers differ:\n%s\n%s", known[i], got)
			}
		}
	})
}

func TestNothingFromBeforeASignInSurvivesIt(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const planted = "planted-by-somebody-else-0123456789abcdefgh"
		for _, name := range []string{"steward_account", "steward_code_account", "steward_ticket_account", "steward_device_123456789012"} {
			f.plant(name, planted)
		}
		f.Later(31 * time.Second)
		f.post("/account/aurora/sign-in", "by", "code", "email", maya).wants(t, http.StatusSeeOther, "/account/aurora/sign-in/code")
		asked := f.cookie("steward_code_account")
		if asked == planted || asked == "" {
			t.Fatalf("the code is bound to %q", asked)
		}
		f.post("/account/aurora/sign-in/code", "code", f.mailed(maya)).wants(t, http.StatusSeeOther, "/account/aurora")
		first := f.cookie("steward_account")
		if first == planted || first == "" || f.cookie("steward_code_account") != "" {
			t.Errorf("session %q, code %q", first, f.cookie("steward_code_account"))
		}
		f.enters("/account/aurora", maya)
		for _, token := range []string{first, planted} {
			old := f.another()
			old.plant("steward_account", token)
			old.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
		}
	})
}

func TestSeveralPeopleOnOneBrowserStayKnownEach(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const jose = "jose.munoz@example.com"
		for range 3 {
			f.enters("/account/aurora", maya)
			f.enters("/account/aurora", jose)
		}
		for _, m := range f.Mails() {
			if m.Kind == "new_device" {
				t.Errorf("%s was told of a new device: %v", m.To, m.Letter.Facts)
			}
		}
		f.another().enters("/account/aurora", maya)
		told := 0
		for _, m := range f.Mails() {
			if m.Kind == "new_device" && m.To == maya {
				told++
			}
		}
		if told != 1 {
			t.Errorf("Maya was told of %d new devices", told)
		}
	})
}

// A session opens the screens of its audience and brand, and carries nothing of the others.
func TestSessionsOfOneAudienceOpenNoOther(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		f.entersTwice("bruno")
		token := f.cookie("steward_account")
		f.get("/account/aurora").wants(t, http.StatusOK, "")
		for _, name := range []string{"steward_staff", "steward_company"} {
			f.plant(name, token)
		}
		f.get("/admin").wants(t, http.StatusSeeOther, "/admin/sign-in")
		f.get("/admin/customers").wants(t, http.StatusSeeOther, "/admin/sign-in?back=%2Fadmin%2Fcustomers")
		f.get("/app/aurora/profile").wants(t, http.StatusSeeOther, "/app/aurora/sign-in?back=%2Fapp%2Faurora%2Fprofile")
		f.get("/account/meridian").wants(t, http.StatusSeeOther, "/account/meridian/sign-in")
		f.get("/account/nowhere").wants(t, http.StatusNotFound, "")
		f.get("/account/nowhere/sign-in").wants(t, http.StatusNotFound, "")
		f.get("/account/aurora/nowhere").wants(t, http.StatusNotFound, "")
		chooser := f.get("/account").wants(t, http.StatusOK, "")
		if !strings.Contains(chooser.body, "/account/aurora") || !strings.Contains(chooser.body, "/account/meridian") {
			t.Error("one cannot choose the shop")
		}
		ada := f.Member("ada") // of the platform: no account anywhere
		for _, brand := range []string{"aurora", "meridian"} {
			f.another().post("/account/"+brand+"/sign-in", "email", ada.Email, "password", ada.Password).wants(t, http.StatusUnauthorized, "")
		}
	})
}

// Bruno at his own account is asked for everything that needs a permission: he gets nothing of what he may as Brand Admin.
func TestAtTheirOwnAccountStaffHoldNothing(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		bruno := f.Member("bruno")
		f.entersTwice("bruno")
		_, c, err := f.Desk.Resolve(t.Context(), fromTest, session.Account, f.cookie("steward_account"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Grants {
			for p := range c.Grants[i].Set().All {
				if p.Area() != "own" {
					t.Errorf("holds %s", p)
				}
			}
		}
		held, err := role.Held(f.Store.Read(t.Context()), string(bruno.ID))
		if err != nil || len(held) == 0 {
			t.Fatalf("Bruno has no role at all: %v", err)
		}
		now := f.Door.Now().UnixMilli()
		for p := range held[0].Set().All {
			if c.Grants.Anywhere(now, p) {
				t.Errorf("may %s at his own account", p)
			}
		}
	})
}

func TestACodeIsNoSecondFactor(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		bruno := f.Member("bruno")
		f.post("/account/aurora/sign-in", "by", "code", "email", bruno.Email).wants(t, http.StatusSeeOther, "/account/aurora/sign-in/code")
		f.post("/account/aurora/sign-in/code", "code", f.mailed(bruno.Email)).wants(t, http.StatusSeeOther, "/account/aurora/sign-in/second")
		f.get("/account/aurora").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
		f.post("/account/aurora/sign-in/second", "code", f.AppCode("bruno")).wants(t, http.StatusSeeOther, "/account/aurora")
		f.get("/account/aurora").wants(t, http.StatusOK, "")
	})
}

func TestAWrongCodeIsSaidAndChangesNothing(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		f.post("/account/aurora/sign-in", "by", "code", "email", maya).wants(t, http.StatusSeeOther, "/account/aurora/sign-in/code")
		a := f.post("/account/aurora/sign-in/code", "code", "00000000").wants(t, http.StatusUnauthorized, "")
		if !strings.Contains(words(a.body), "not right") || f.cookie("steward_account") != "" {
			t.Errorf("%s", words(a.body))
		}
		before := f.print()
		elsewhere := f.another()
		elsewhere.post("/account/aurora/sign-in/code", "code", f.mailed(maya)).wants(t, http.StatusUnauthorized, "") // the right one, in another browser
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
		if elsewhere.cookie("steward_account") != "" {
			t.Error("somebody came in")
		}
	})
}

func TestRegisteringAndConfirming(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const email, phrase = "noor.haddad@example.org", "plum otter lantern seven"
		short := f.post("/account/aurora/sign-up", "email", email, "password", "short").wants(t, http.StatusUnprocessableEntity, "")
		if strings.Contains(short.body, `value="short"`) {
			t.Error("the password stands in the page")
		}
		f.post("/account/aurora/sign-up", "email", email, "first_name", "Noor", "password", phrase).wants(t, http.StatusSeeOther, "/account/aurora/sign-up/sent")
		path := ""
		for _, m := range f.Mails() {
			if m.To == email {
				path = m.Letter.Path
			}
		}
		before := f.print()
		f.get(path).wants(t, http.StatusSeeOther, "/account/aurora/confirm")
		f.get("/account/aurora/confirm").wants(t, http.StatusOK, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("opening the link changed %v", differ)
		}
		f.post("/account/aurora/confirm").wants(t, http.StatusOK, "")
		f.post("/account/aurora/sign-in", "email", email, "password", phrase).wants(t, http.StatusSeeOther, "/account/aurora")
		f.get(path)
		f.post("/account/aurora/confirm").wants(t, http.StatusGone, "")
	})
}

func TestACompanyUserSeesTheirPanel(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		all, err := seed.Admit(t.Context(), f.Door)
		if err != nil {
			t.Fatal(err)
		}
		greta := all[0]
		f.post("/app/aurora/sign-in", "by", "code", "email", maya).wants(t, http.StatusSeeOther, "/app/aurora/sign-in/code") // answers as for Greta
		f.enters("/app/aurora", greta.Email)
		f.get("/app/aurora").wants(t, http.StatusSeeOther, "/app/aurora/profile")
		page := f.get("/app/aurora/profile").wants(t, http.StatusOK, "")
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page.body)
		if len(version) != 2 {
			t.Fatal(words(page.body))
		}
		f.post("/app/aurora/profile", "version", version[1], "first_name", "Gretchen", "last_name", "Olsson", "phone", "not a number").wants(t, http.StatusUnprocessableEntity, "")
		f.post("/app/aurora/profile", "version", version[1], "first_name", "Gretchen", "last_name", "Olsson", "phone", "07700 900999").wants(t, http.StatusSeeOther, "/app/aurora/profile")
		f.post("/app/aurora/profile", "version", version[1], "first_name", "Again", "last_name", "Olsson").wants(t, http.StatusPreconditionFailed, "")
		if said := f.get("/app/aurora/profile").body; !strings.Contains(said, `value="Gretchen"`) {
			t.Error("the name was not saved")
		}
		_, c, err := f.Desk.Resolve(t.Context(), fromTest, session.Company, f.cookie("steward_company"))
		if err != nil || len(c.Grants) != 1 || c.Grants[0].Role.Key != "company_admin" {
			t.Fatalf("holds %+v, %v", c, err)
		}
		for _, path := range []string{"/admin", "/account/aurora"} {
			if a := f.get(path); a.status != http.StatusSeeOther {
				t.Errorf("%s answers %d", path, a.status)
			}
		}
	})
}
