package hostile

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/world"
)

// porch is a world in front of which strangers stand. Each comes from a network of their own, as the trusted proxy in front says.
type porch struct {
	*world.World
	t   *testing.T
	url string

	buyer string // the address of a company user
	n     int
}

func newPorch(t *testing.T, w *world.World) *porch {
	t.Helper()
	w.Site.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	return &porch{World: w, t: t, url: w.Serve().URL}
}

type network string

func (ip network) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", string(ip))
	return http.DefaultTransport.RoundTrip(r)
}

var networks atomic.Int64

func (p *porch) stranger() *http.Client {
	p.t.Helper()
	v, n := visitor(p.t), networks.Add(1)
	v.Transport = network(fmt.Sprintf("198.18.%d.%d", n/250%250, 1+n%250))
	return v
}

// posts sends a form that must be taken, and says where it leads.
func (p *porch) posts(c *http.Client, path string, fields ...string) string {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	a, err := post(c, p.url+path, form)
	if err != nil || a.status != http.StatusSeeOther {
		p.t.Fatalf("%s: %v %s", path, err, a)
	}
	return a.header.Get("Location")
}

// opens follows a link out of a mail, and gives the page that it leads to.
func (p *porch) opens(c *http.Client, path, token string) string {
	p.t.Helper()
	s := openSheet(p.t, c, p.url+path+"?token="+url.QueryEscape(token))
	if s.status != http.StatusSeeOther {
		p.t.Fatalf("%s: its link answers %d", path, s.status)
	}
	return s.to
}

func (p *porch) letter(kind, to string) string {
	p.t.Helper()
	for _, m := range p.Mails() {
		if m.Kind == kind && m.To == to {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return m.Letter.Code + token
		}
	}
	p.t.Fatalf("no %s was mailed to %s", kind, to)
	return ""
}

// half brings a member of staff as far as their password goes.
func (p *porch) half(c *http.Client, key string) string {
	m := p.Member(key)
	return p.posts(c, "/admin/sign-in", "email", m.Email, "password", m.Password)
}

// invite mails an invitation to somebody, and gives its token.
func (p *porch) invite(email string) string {
	in := account.NewStaff{Email: email, FirstName: "New", LastName: "Comer", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: p.Place("aurora").ID}}}}
	in.Send = true
	if _, err := op.Do(p.t.Context(), p.Door, p.As("bruno"), account.Invite, in); err != nil {
		p.t.Fatal(err)
	}
	return p.letter("invitation", email)
}

const (
	mayas     = "maya.whitaker@example.com"
	newSecret = "Violet harbours at noon 31"
)

// front is a form that somebody meets before they are in.
type front struct {
	name   string
	reach  func(p *porch, c *http.Client) (page string) // brings a browser there
	action string                                       // where it sends to
	every  time.Duration                                // what lies between two tries: limits are no answer here
	gives  bool                                         // what was refused comes back in the form; else nothing that was typed ever does
	still  bool                                         // whatever is typed, nothing but history and counts changes
	known  string                                       // whose password is guessed
	leaves string                                       // the button that is not pressed
	wants  []int                                        // the statuses that it answers with
}

func page(path string) func(*porch, *http.Client) string {
	return func(*porch, *http.Client) string { return path }
}

func fronts() []front {
	wrong := []int{401, 422}
	return []front{
		{name: "the desk's sign-in", reach: page("/admin/sign-in?back=/admin/users"), action: "/admin/sign-in", still: true, known: "mira", wants: wrong},
		{name: "the desk's forgotten password", reach: page("/admin/sign-in/forgot"), action: "/admin/sign-in/forgot", wants: []int{200, 422}},
		{name: "a link to a new password", reach: func(p *porch, c *http.Client) string {
			if _, err := op.Do(p.t.Context(), p.Door, p.As("ada"), account.ResetPassword, account.Of(p.Member("kim").ID)); err != nil {
				p.t.Fatal(err)
			}
			return p.opens(c, "/set-password", p.letter("password_reset", p.Member("kim").Email))
		}, action: "/set-password", every: 4 * time.Minute, wants: []int{303, 422}},
		{name: "the desk's second step", reach: func(p *porch, c *http.Client) string { return p.half(c, "hana") }, action: "/admin/sign-in/second", every: 16 * time.Minute, still: true, wants: []int{303, 401}},
		{name: "the desk's recovery code", reach: func(p *porch, c *http.Client) string { return p.half(c, "olu") + "?with=recovery" }, action: "/admin/sign-in/second", every: 16 * time.Minute, still: true, wants: []int{303, 401}},
		{name: "a first second factor", reach: func(p *porch, c *http.Client) string {
			p.n++
			to := p.opens(c, "/invitation", p.invite(fmt.Sprintf("factor%d@example.org", p.n)))
			return p.posts(c, to, "first_name", "New", "last_name", "Comer", "password", newSecret)
		}, action: "/admin/sign-in/enrol", every: time.Minute, wants: []int{303, 401}},
		{name: "an invitation", reach: func(p *porch, c *http.Client) string {
			p.n++
			return p.opens(c, "/invitation", p.invite(fmt.Sprintf("new%d@example.org", p.n)))
		}, action: "/invitation", every: time.Minute, gives: true, wants: []int{303, 422}},
		{name: "an invitation of who has an account", reach: func(p *porch, c *http.Client) string {
			return p.opens(c, "/invitation", p.pending())
		}, action: "/invitation/sign-in", every: 16 * time.Minute, still: true, wants: []int{401, 422}},
		{name: "a shop's sign-in", reach: page("/account/aurora/sign-in?back=/account/aurora/orders"), action: "/account/aurora/sign-in", still: true, leaves: "by", wants: wrong},
		{name: "a shop's code", reach: func(p *porch, c *http.Client) string {
			return p.posts(c, "/account/aurora/sign-in", "by", "code", "email", mayas)
		}, action: "/account/aurora/sign-in/code", every: 73 * time.Minute, still: true, wants: []int{401}},
		{name: "another code of a shop", reach: func(p *porch, c *http.Client) string {
			return p.posts(c, "/account/aurora/sign-in", "by", "code", "email", mayas)
		}, action: "/account/aurora/sign-in", every: 73 * time.Minute, still: true, wants: []int{303, 401, 422, 429}},
		{name: "a shop's forgotten password", reach: page("/account/aurora/sign-in/forgot"), action: "/account/aurora/sign-in/forgot", wants: []int{200, 422}},
		{name: "a shop's second step", reach: func(p *porch, c *http.Client) string {
			p.posts(c, "/account/aurora/sign-in", "by", "code", "email", "jose.munoz@example.com")
			return p.posts(c, "/account/aurora/sign-in/code", "code", p.letter("sign_in_code", "jose.munoz@example.com"))
		}, action: "/account/aurora/sign-in/second", every: 73 * time.Minute, still: true, wants: []int{303, 401}},
		{name: "registering", reach: page("/account/aurora/sign-up"), action: "/account/aurora/sign-up", every: time.Minute, gives: true, wants: []int{303, 422}},
		{name: "the company panel's sign-in", reach: page("/app/aurora/sign-in"), action: "/app/aurora/sign-in", still: true, wants: []int{303, 422}},
		{name: "the company panel's code", reach: func(p *porch, c *http.Client) string {
			return p.posts(c, "/app/aurora/sign-in", "by", "code", "email", p.buyer)
		}, action: "/app/aurora/sign-in/code", every: 73 * time.Minute, still: true, wants: []int{401}},
		{name: "a password that has run out", reach: func(p *porch, c *http.Client) string {
			p.renewed("bruno")
			to := p.half(c, "bruno")
			return p.posts(c, to, "code", p.AppCode("bruno"))
		}, action: "/admin/sign-in/new-password", every: 32 * 24 * time.Hour, wants: []int{303, 422}},
	}
}

// pending is the token of an invitation for Maya, who has an account already.
func (p *porch) pending() string {
	p.t.Helper()
	for _, m := range p.Mails() {
		if m.Kind == "invitation" && m.To == mayas {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return token
		}
	}
	return p.invite(mayas)
}

// renewed gives somebody their own password back, by a link made at the machine, and lets it run out.
func (p *porch) renewed(key string) {
	p.t.Helper()
	m := p.Member(key)
	made, err := op.Do(p.t.Context(), p.Door, op.HostOperator("test"), account.NewPasswordLink, m.Email)
	if err == nil {
		_, err = p.Desk.SetPasswordByLink(p.t.Context(), op.Nobody("203.0.113.9", "curl/8", "req_nobody"), made.Token, m.Password)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.Later(31 * 24 * time.Hour)
}

// uncounted is what a try before sign-in may write, however it ends: history, counts, and what was used up by trying.
var uncounted = []string{
	"sign_ins", "sign_in_codes", "code_failures", "ceremonies", "tickets", "credentials.failures", "credentials.failed_at",
	"credentials.second_failures", "credentials.second_failed_at", "credentials.version",
}

func TestNaughtyStringsBeforeSignIn(t *testing.T) {
	calm(t)
	t.Parallel()
	strs := naughty(t)
	w := world.New(t)
	w.Later(time.Since(world.Now))
	w.Customer("maya")
	p := newPorch(t, w)
	buyers, err := seed.Admit(t.Context(), w.Door)
	if err != nil {
		t.Fatal(err)
	}
	p.buyer = buyers[0].Email
	if _, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), auth.GiveApp, auth.GivenApp{User: w.Customer("jose"), Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}); err != nil {
		t.Fatal(err)
	}
	rules, err := op.Ask(t.Context(), w.Door, w.As("ada"), security.Show, op.None{})
	if err != nil {
		t.Fatal(err)
	}
	rules.Password.ExpireDays = 30
	if _, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), security.Change, security.Changed{Policy: rules.Policy}); err != nil {
		t.Fatal(err)
	}
	for _, f := range fronts() {
		f.types(p, strs)
	}
	verified(t, w.Config)
}

// types tries every field of the form, the hidden ones too.
func (f *front) types(p *porch, strs []string) {
	t := p.t
	t.Helper()
	books := newLedger(t, p.Store, uncounted...)
	there := func() (*http.Client, *form) {
		t.Helper()
		p.Later(f.every)
		c := p.stranger()
		s := openSheet(t, c, p.url+f.reach(p, c))
		for _, g := range s.forms() {
			if g.action == f.action && !g.get {
				return c, g
			}
		}
		t.Fatalf("%s: %s answers %d and has no form that sends to %s", f.name, s.at, s.status, f.action)
		return nil, nil
	}
	_, g := there()
	answers, secrets := map[int]int{}, g.secret
	for _, field := range fieldsOf(g) {
		for _, s := range sample(strs, f.name+field, 4) {
			c, now := there()
			books.next() // what it took to get there
			what := fmt.Sprintf("%s, %s %.60q", f.name, field, s)
			p.n++
			now.values.Del(f.leaves)
			for name, value := range map[string]string{
				"email": fmt.Sprintf("nobody%d@example.org", p.n), "first_name": "New", "last_name": "Comer", "password": newSecret, "code": "00000000", "name": "Phone",
			} {
				if _, drawn := now.values[name]; drawn && now.values.Get(name) == "" {
					now.values.Set(name, value)
				}
			}
			if field == "password" && f.known != "" {
				now.values.Set("email", p.Member(f.known).Email)
			}
			now.values.Set(field, s)
			a := submit(t, c, p.url, now, now.values)
			answers[a.status]++
			if !slices.Contains(f.wants, a.status) {
				t.Errorf("%s: %d %.200s", what, a.status, a.sentence())
			}
			if a.status == http.StatusSeeOther && !(strings.HasPrefix(a.to, "/admin") || strings.HasPrefix(a.to, "/account/aurora") || strings.HasPrefix(a.to, "/app/aurora")) {
				t.Errorf("%s: it leads to %q", what, a.to)
			}
			if changed := books.next(); len(changed) > 0 && (f.still || a.status >= 400) {
				t.Errorf("%s: answered %d, and yet this changed: %v", what, a.status, changed)
			}
			again := a.same(now)
			switch {
			case a.status == http.StatusSeeOther:
				if next := openSheet(t, c, p.url+a.to); next.status >= 500 {
					t.Errorf("%s: the page behind answers %d", what, next.status)
				}
			case a.status >= 400 && a.sentence() == "":
				t.Errorf("%s: refused with %d and without a sentence", what, a.status)
			case a.status >= 400 && f.gives && again == nil:
				t.Errorf("%s: refused with %d and without the form", what, a.status)
			case a.status >= 400 && f.gives && !slices.Contains(secrets, field) && slices.Contains(g.texts, field) && drawn(again.values.Get(field)) != drawn(s):
				t.Errorf("%s: refused, and the form gives back %.60q", what, again.values.Get(field))
			}
			if slices.Contains(secrets, field) && len(s) > 7 && a.says(s) {
				t.Errorf("%s: the page says what was typed as a secret", what)
			}
		}
	}
	t.Logf("%s: %v", f.name, answers)
}

// fieldsOf are all fields of a form that somebody could send something else in, and where to go afterwards, drawn or not.
func fieldsOf(f *form) (all []string) {
	all = append(all, "back")
	for name := range f.values {
		all = append(all, name)
	}
	all = append(all, f.texts...)
	slices.Sort(all)
	return slices.Compact(all)
}

// A link out of a mail brings a token in its address, which is kept in a cookie while its page is open: nonsense in either is a link
// that is not valid, and says so.
func TestNaughtyStringsInLinksAndCookies(t *testing.T) {
	calm(t)
	t.Parallel()
	strs := naughty(t)
	w := world.New(t)
	w.Later(time.Since(world.Now))
	p := newPorch(t, w)
	books := newLedger(t, w.Store, uncounted...)
	refused := func(what string, s *sheet) {
		t.Helper()
		if changed := books.next(); len(changed) > 0 {
			t.Errorf("%s: %d, and yet this changed: %v", what, s.status, changed)
		}
		aside := s.status == http.StatusSeeOther && strings.HasPrefix(s.to, "/a") && strings.Contains(s.to, "/sign-in")
		if !aside && (s.status < 400 || s.status >= 500 || s.status == http.StatusMethodNotAllowed || textOf(s.root) == "") {
			t.Errorf("%s: %d %s %.200s", what, s.status, s.to, s.sentence())
		}
	}
	press := func(c *http.Client, path string) *sheet {
		t.Helper()
		return submit(t, c, p.url, &form{action: path}, url.Values{"password": {newSecret}, "first_name": {"New"}, "code": {"000000"}})
	}
	for path, cookie := range map[string]string{
		"/set-password": "link", "/invitation": "invitation", "/invitation/sign-in": "invitation", "/confirm": "confirm", "/account/aurora/confirm": "confirm",
		"/account/aurora/email/confirm": "new_email", "/email/revert": "email_revert", "/unlock-codes": "unlock_codes", "/admin/sign-in/unlock": "unlock",
		"/admin/sign-in/second": "ticket", "/admin/sign-in/enrol": "ticket", "/admin/sign-in/new-password": "ticket", "/account/aurora/sign-in/second": "ticket_account",
		"/account/aurora/sign-in/new-password": "ticket_account", "/app/aurora/sign-in/second": "ticket_company", "/account/aurora/sign-in/code": "code_account",
		"/app/aurora/sign-in/code": "code_company", "/admin/sign-in/passkey": "ceremony", "/account/aurora/sign-in/passkey": "ceremony", "/admin/users": "staff", "/account/aurora/sessions/others/end": "account",
	} {
		for _, s := range append(sample(strs, path, 4), strings.Repeat("A", 3000), "a\r\nSet-Cookie: x=1") {
			c := p.stranger()
			what := fmt.Sprintf("%s?token=%.60q", path, s)
			opened := openSheet(t, c, p.url+path+"?token="+url.QueryEscape(s))
			for _, kept := range opened.header.Values("Set-Cookie") {
				if len(kept) > 250 {
					t.Errorf("%s: the browser is to keep %d bytes", what, len(kept))
				}
			}
			for range 2 {
				if opened.status == http.StatusSeeOther && strings.HasPrefix(opened.to, "/") {
					opened = openSheet(t, c, p.url+opened.to)
				}
			}
			if opened.status >= 500 {
				t.Errorf("%s: %d", what, opened.status)
			}
			refused(what+", pressed", press(c, path))

			c = p.stranger()
			c.Transport = header{c.Transport, "Cookie", "steward_" + cookie + "=" + printable(s)}
			what = fmt.Sprintf("%s with the cookie %.60q", path, s)
			if opened := openSheet(t, c, p.url+path); opened.status >= 500 {
				t.Errorf("%s: %d", what, opened.status)
			}
			refused(what+", pressed", press(c, path))
		}
	}
	for _, path := range []string{"/admin/sign-in", "/account/aurora/sign-in", "/app/aurora/sign-in", "/account/aurora/sign-in/code", "/admin/sign-in/second"} {
		for _, name := range []string{"back", "with", "by", "email"} {
			for _, s := range sample(strs, path+name, 6) {
				if a := openSheet(t, p.stranger(), p.url+path+"?"+name+"="+url.QueryEscape(s)); a.status >= 500 {
					t.Errorf("%s?%s=%.60q: %d", path, name, s, a.status)
				}
			}
		}
	}
	if changed := books.next(); len(changed) > 0 {
		t.Errorf("questions changed %v", changed)
	}
}

// header sends one more header, as no browser would.
type header struct {
	http.RoundTripper
	name, value string
}

func (h header) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Add(h.name, h.value)
	return h.RoundTripper.RoundTrip(r)
}

// printable is what of a text can stand in a header at all.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), 4000)]
}

// The first page of all: whoever has the setup link fills in a form too.
func TestNaughtyStringsInTheSetupForm(t *testing.T) {
	calm(t)
	t.Parallel()
	strs := naughty(t)
	for _, field := range []string{"email", "first_name", "last_name", "password"} {
		w := world.Fresh(t)
		w.Later(time.Since(world.Now))
		p := newPorch(t, w)
		token, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), account.OfferSetUp, op.None{})
		if err != nil {
			t.Fatal(err)
		}
		c := p.stranger()
		opened := p.opens(c, "/setup", token)
		books := newLedger(t, w.Store, uncounted...)
		for _, s := range sample(strs, "setup "+field, 8) {
			now := openSheet(t, c, p.url+opened)
			if now.status == http.StatusGone || len(now.forms()) == 0 { // it was taken
				break
			}
			f := now.forms()[0]
			for name, value := range map[string]string{"email": "first@example.org", "first_name": "First", "last_name": "Admin", "password": "password"} { // refused, unless it is the one that is tried
				f.values.Set(name, value)
			}
			f.values.Set(field, s)
			a := submit(t, c, p.url, f, f.values)
			what := fmt.Sprintf("%s %.60q", field, s)
			again := a.same(f)
			switch {
			case field == "password" && a.status == http.StatusSeeOther:
			case a.status != http.StatusUnprocessableEntity || a.sentence() == "" || again == nil:
				t.Errorf("%s: %d %.200s", what, a.status, a.sentence())
			case field != "password" && drawn(again.values.Get(field)) != drawn(s):
				t.Errorf("%s: the form gives back %.60q", what, again.values.Get(field))
			}
			if changed := books.next(); len(changed) > 0 && a.status >= 400 {
				t.Errorf("%s: refused with %d, and yet this changed: %v", what, a.status, changed)
			}
		}
	}
}
