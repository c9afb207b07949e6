package admin_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/admin"
	"github.com/stewardhq/steward/internal/web/devmail"
	"github.com/stewardhq/steward/internal/web/ui"
)

// kit is a desk with two brands and Ada, its Super Admin, behind a real server.
type kit struct {
	t       *testing.T
	db      *store.DB
	door    *op.Door
	desk    *auth.Desk
	site    *web.Site
	server  *httptest.Server
	clock   time.Time
	aurora  brand.ID
	york    brand.LocationID
	hull    brand.LocationID
	other   brand.ID // Meridian, the brand next door
	oslo    brand.LocationID
	ada     user.ID
	logs    *strings.Builder
	counted int
	secrets map[string]string // of authenticator apps, by address
	steps   map[string]int64  // of the last code of each
}

const phrase = "plum otter lantern seven"

var host = op.HostOperator("test")

// bare is an installation that nobody has set up yet.
func bare(t *testing.T, demo bool) *kit {
	t.Helper()
	k := &kit{t: t, clock: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), logs: &strings.Builder{}, secrets: map[string]string{}, steps: map[string]int64{}}
	k.db = storetest.New(t, store.SQLite, schema.FS)
	if err := jobs.Migrate(t.Context(), k.db); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	master, err := secret.LoadMaster(filepath.Join(dir, "master.key"))
	check(t, err)
	keys, err := secret.OpenKeys(t.Context(), secret.Options{Store: store.Options{URL: "sqlite:" + filepath.Join(dir, "keys.db")}, Master: master})
	check(t, err)
	t.Cleanup(func() { _ = keys.Close() })
	queue, err := jobs.Open(t.Context(), k.db, nil, jobs.Options{})
	check(t, err)
	log := slog.New(slog.NewTextHandler(k.logs, nil))
	k.door, err = op.New(op.Options{
		Store: k.db, Keys: keys, Master: master, Jobs: queue, Log: log, SendCode: mailing.PostCode, Clock: func() time.Time { return k.clock },
	}, append(app.Operations(), mailing.Latest)...)
	check(t, err)
	hasher, err := password.New(password.Minimum)
	check(t, err)
	k.desk = &auth.Desk{Door: k.door, Hasher: hasher}
	k.site = &web.Site{Door: k.door, Desk: k.desk, Log: log}
	if demo {
		k.site.Demo = &web.Demo{}
	}
	mux := http.NewServeMux()
	k.server = httptest.NewServer(k.site.Guard(mux))
	t.Cleanup(k.server.Close)
	k.site.Public, err = url.Parse(k.server.URL)
	check(t, err)
	mux.Handle("GET "+ui.StaticPrefix, ui.Static())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	admin.Routes(k.site, mux)
	devmail.Routes(k.site, mux)
	return k
}

// open is an installation at work.
func open(t *testing.T) *kit { return opened(t, false) }

func opened(t *testing.T, demo bool) *kit {
	t.Helper()
	k := bare(t, demo)
	k.aurora = must(op.Do(t.Context(), k.door, host, brand.Create, brand.New{Slug: "aurora", Name: "Aurora", Currency: "GBP", Zone: "Europe/London"}))(t)
	k.other = must(op.Do(t.Context(), k.door, host, brand.Create, brand.New{Slug: "meridian", Name: "Meridian", Currency: "USD", Zone: "America/New_York"}))(t)
	k.york = must(op.Do(t.Context(), k.door, host, brand.AddLocation, brand.NewLocation{Brand: k.aurora, Name: "Stonegate", City: "York"}))(t)
	k.hull = must(op.Do(t.Context(), k.door, host, brand.AddLocation, brand.NewLocation{Brand: k.aurora, Name: "Marina", City: "Hull"}))(t)
	k.oslo = must(op.Do(t.Context(), k.door, host, brand.AddLocation, brand.NewLocation{Brand: k.other, Name: "Harbour", City: "Boston"}))(t)
	made := must(op.Do(t.Context(), k.door, host, account.CreateAdmin, account.NewAdmin{Email: "ada@desk.example", FirstName: "Ada", LastName: "Okafor"}))(t)
	k.ada = made.User
	k.choose(made.Token, phrase)
	k.giveApp(k.ada, "ada@desk.example")
	return k
}

func (k *kit) choose(token, password string) {
	k.t.Helper()
	_, err := k.desk.SetPasswordByLink(k.t.Context(), op.Nobody("127.0.0.1", "Test", "req"), token, password)
	check(k.t, err)
}

// accept accepts an invitation with a first password.
func (k *kit) accept(token, password string) {
	k.t.Helper()
	_, err := account.AcceptWith(k.t.Context(), k.desk, op.Nobody("127.0.0.1", "Test", "req"), account.Acceptance{Token: token}, password)
	check(k.t, err)
}

// staff adds somebody with a role at a brand, or at some of its locations.
func (k *kit) staff(role string, at brand.ID, locations ...brand.LocationID) (id user.ID, email string) {
	k.t.Helper()
	k.counted++
	email = fmt.Sprintf("%s%d@desk.example", role, k.counted)
	ada := k.caller(k.ada)
	added := must(op.Do(k.t.Context(), k.door, ada, account.Add, account.NewStaff{
		Email: email, FirstName: "Kim", LastName: fmt.Sprintf("Number%d", k.counted),
		Assignment: account.Assignment{Role: role, Places: account.At(at, locations...)},
	}))(k.t)
	k.accept(added.Token, phrase)
	k.giveApp(added.User, email)
	return added.User, email
}

// giveApp gives somebody an authenticator app.
func (k *kit) giveApp(id user.ID, email string) {
	k.t.Helper()
	k.secrets[email] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	_, err := op.Do(k.t.Context(), k.door, host, auth.GiveApp, auth.GivenApp{User: id, Secret: k.secrets[email]})
	check(k.t, err)
}

// appCode is a code of somebody's app that was not used before. Where all of the moment are used, time passes.
func (k *kit) appCode(email string) string {
	k.t.Helper()
	step := max(k.steps[email]+1, k.clock.Unix()/30-1)
	if ahead := step - k.clock.Unix()/30 - 1; ahead > 0 {
		k.clock = k.clock.Add(time.Duration(ahead) * 30 * time.Second)
	}
	k.steps[email] = step
	return must(auth.AppCode(k.secrets[email], time.Unix(step*30, 0)))(k.t)
}

// caller is a person without a session, for arranging things.
func (k *kit) caller(id user.ID) *op.Caller {
	u := k.user(id)
	return &op.Caller{Kind: op.Person, ID: string(id), Person: string(id), Home: u.Brand.Scope(), Grants: u.Holds, Session: "ses_test", IP: "127.0.0.1"}
}

func (k *kit) user(id user.ID) *user.User {
	k.t.Helper()
	return must(user.Find(k.db.Read(context.Background()), id))(k.t)
}

// events counts what the audit log has of an operation.
func (k *kit) events(operation string) (n int) {
	k.t.Helper()
	for _, chain := range []string{"platform", string(k.aurora), string(k.other)} {
		all, _, err := audit.List(k.db.Read(context.Background()), audit.Filter{Chains: []string{chain}, Limit: 500})
		check(k.t, err)
		for _, e := range all {
			if e.Op == operation && e.Outcome == audit.Done {
				n++
			}
		}
	}
	return n
}

// letters are the mails to somebody, newest first.
func (k *kit) letters(id user.ID) (all []mailing.Read) {
	k.t.Helper()
	for _, m := range must(op.Ask(k.t.Context(), k.door, op.Nobody("", "", ""), mailing.Latest, 100))(k.t) {
		if m.User == string(id) {
			all = append(all, m)
		}
	}
	return all
}

func (k *kit) code(id user.ID) string {
	k.t.Helper()
	for _, m := range k.letters(id) {
		if m.Letter.Code != "" {
			return m.Letter.Code
		}
	}
	k.t.Fatal("no code was mailed")
	return ""
}

// client is one person's browser: it keeps cookies and follows nothing by itself.
type client struct {
	k    *kit
	t    *testing.T
	http *http.Client
	htmx bool
}

func (k *kit) client() *client {
	jar, err := cookiejar.New(nil)
	check(k.t, err)
	return &client{k: k, t: k.t, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs somebody in.
func (k *kit) as(email string) *client {
	k.t.Helper()
	b := k.client()
	a := b.signIn(email)
	if a.status != http.StatusSeeOther || a.location != "/admin" {
		k.t.Fatalf("sign in as %s: %d %s", email, a.status, a.problem())
	}
	return b
}

// signIn shows password and second factor, and answers with where that leads.
func (b *client) signIn(email string, fields ...string) answer {
	b.t.Helper()
	return b.through(email, b.post("/admin/sign-in", append([]string{"email", email, "password", phrase}, fields...)...))
}

// through goes on with a sign-in that asks for a second factor, or for one to be made. Recovery codes are looked at and left behind.
func (b *client) through(email string, a answer) answer {
	b.t.Helper()
	page, query, _ := strings.Cut(a.location, "?")
	values, err := url.ParseQuery(query)
	check(b.t, err)
	switch page {
	case "/admin/sign-in/second":
		return b.post(page, "code", b.k.appCode(email), "back", values.Get("back"))
	case "/admin/sign-in/enrol":
		key := b.get(a.location).wants(http.StatusOK).all("p", "id=key")
		if len(key) != 1 {
			b.t.Fatal("the page of a new second factor shows no key")
		}
		b.k.secrets[email] = strings.ReplaceAll(text(key[0]), " ", "")
		a = b.post(page, "code", b.k.appCode(email), "back", values.Get("back")).wants(http.StatusOK)
		for _, on := range a.all("a", "class=btn btn-primary btn-block mt-4 st-noprint") {
			a.status, a.location = http.StatusSeeOther, value(on, "href")
		}
	}
	return a
}

// answer is what came back.
type answer struct {
	t        *testing.T
	status   int
	location string
	header   http.Header
	body     string
	doc      *html.Node
}

func (b *client) get(path string) answer { b.t.Helper(); return b.do(http.MethodGet, path, nil, nil) }

func (b *client) post(path string, fields ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.send(path, form)
}

func (b *client) send(path string, form url.Values) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, form, nil)
}

func (b *client) do(method, path string, form url.Values, change func(*http.Request)) answer {
	b.t.Helper()
	r, err := http.NewRequest(method, b.k.server.URL+path, strings.NewReader(form.Encode()))
	check(b.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.k.server.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if b.htmx {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Request-Type", "partial")
	}
	if change != nil {
		change(r)
	}
	res, err := b.http.Do(r)
	check(b.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	check(b.t, err)
	a := answer{t: b.t, status: res.StatusCode, location: res.Header.Get("Location"), header: res.Header, body: string(body)}
	a.doc, err = html.Parse(strings.NewReader(a.body))
	check(b.t, err)
	return a
}

// session is the value of the session's cookie.
func (b *client) session() string {
	for _, c := range b.http.Jar.Cookies(b.k.site.Public) {
		if c.Name == "steward_staff" {
			return c.Value
		}
	}
	return ""
}

// all finds elements by tag and by attributes, "name=value" or "name".
func (a answer) all(tag string, attrs ...string) (found []*html.Node) {
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == tag && matches(n, attrs) {
			found = append(found, n)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(a.doc)
	return found
}

func matches(n *html.Node, attrs []string) bool {
	for _, want := range attrs {
		name, value, exact := strings.Cut(want, "=")
		got, ok := attr(n, name)
		if !ok || exact && got != value {
			return false
		}
	}
	return true
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func value(n *html.Node, name string) string { v, _ := attr(n, name); return v }

// text is what a person reads in an element.
func text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && !slices.Contains([]string{"a", "b", "span", "svg", "use", "time"}, n.Data) {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// title is the page's heading.
func (a answer) title() string {
	if h := a.all("h1"); len(h) > 0 {
		return text(h[0])
	}
	return ""
}

// sheet is what the page itself says, without the frame.
func (a answer) sheet() string {
	if m := a.all("main"); len(m) > 0 {
		return text(m[0])
	}
	return text(a.doc)
}

// problem is what an alert on the page says.
func (a answer) problem() string {
	for _, tag := range []string{"div", "p"} {
		for _, n := range a.all(tag, "role=alert") {
			return text(n)
		}
	}
	return a.title()
}

func (a answer) wants(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.sheet())
	}
	return a
}

func (a answer) leads(to string) answer {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.location != to {
		a.t.Fatalf("%d to %q, want a redirect to %q: %s", a.status, a.location, to, a.sheet())
	}
	return a
}

func (a answer) says(part string) answer {
	a.t.Helper()
	if !strings.Contains(a.sheet(), part) {
		a.t.Errorf("the page does not say %q: %s", part, a.sheet())
	}
	return a
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

// signedIn is the caller of a person's newest session.
func (k *kit) signedIn(id user.ID) *op.Caller {
	k.t.Helper()
	live := must(session.Live(k.db.Read(context.Background()), id, k.clock))(k.t)
	c := k.caller(id)
	c.Session = live[0].ID
	return c
}
