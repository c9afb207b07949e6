// Package entry proves that nobody gets in who should not: whole installations over HTTP, tried from outside in the wrong ways that
// there are. What is refused is refused together with "and nothing changed".
package entry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// house is a world that is served. Each browser comes from a network of its own, as the trusted proxy in front says.
type house struct {
	*world.World
	t   *testing.T
	url string
}

func open(t *testing.T, w *world.World) *house {
	t.Helper()
	w.Site.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	return &house{World: w, t: t, url: w.Serve().URL}
}

func houses(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, open(t, w)) })
}

// people of every world
const (
	maya = "maya.whitaker@example.com"
	jose = "jose.munoz@example.com"
	shop = "/account/aurora"
	desk = "/admin"
)

// browser is a browser without a window: its own cookies and network, and no redirect that nobody looked at.
type browser struct {
	h    *house
	http *http.Client
	ip   string
}

var networks atomic.Int64

func (h *house) browser() *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	n := networks.Add(1)
	return &browser{h: h, ip: fmt.Sprintf("198.18.%d.%d", n/250%250, 1+n%250), http: &http.Client{
		Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
}

func (a answer) to() string { return a.header.Get("Location") }

func (a answer) String() string { return fmt.Sprintf("%d %s %.400s", a.status, a.to(), a.text) }

func (b *browser) send(method, path string, form url.Values, headers ...string) (a answer, err error) {
	r, err := http.NewRequest(method, b.h.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return a, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("X-Forwarded-For", b.ip)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.http.Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text)}, err
}

func (b *browser) get(path string, headers ...string) answer {
	b.h.t.Helper()
	a, err := b.send(http.MethodGet, path, nil, headers...)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return a
}

func (b *browser) post(path string, fields ...string) answer {
	b.h.t.Helper()
	a, err := b.send(http.MethodPost, path, formOf(fields))
	if err != nil {
		b.h.t.Fatal(err)
	}
	return a
}

func formOf(fields []string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form
}

// cookie reads what the browser keeps; empty when it keeps nothing under that name.
func (b *browser) cookie(name string) string {
	for _, c := range b.http.Jar.Cookies(b.h.Site.Public) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// holds puts a cookie into the browser.
func (b *browser) holds(name, value string) *browser {
	b.http.Jar.SetCookies(b.h.Site.Public, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	return b
}

// isIn says whether the browser opens a place.
func (b *browser) isIn(place string) bool {
	b.h.t.Helper()
	return b.get(place).status == http.StatusOK
}

// bookkeeping is what a refused try may write: history, counts, and what was used up by trying.
var bookkeeping = []string{
	"audit_events", "audit_subjects", "audit_heads", "sign_ins", "sign_in_codes", "code_failures", "ceremonies", "step_ups", "tickets",
	"credentials.failures", "credentials.failed_at", "credentials.second_failures", "credentials.second_failed_at", "credentials.version",
	"passkeys.record", "passkeys.used_at", // what a passkey counts, it counts
	"sessions.last_seen_at", "sessions.idle_until", "users.last_seen_at", "people.last_seen_at",
}

func (h *house) print(t *testing.T) dump.Print {
	t.Helper()
	r := h.Store.Read(context.Background())
	tables, err := dump.Tables(r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dump.Take(r, dump.Without(tables, bookkeeping...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (h *house) unchanged(t *testing.T, do func()) {
	t.Helper()
	before := h.print(t)
	do()
	if differ := before.Diff(h.print(t)); len(differ) > 0 {
		t.Errorf("refused, and yet this changed: %s", strings.Join(differ, ", "))
	}
}

// shut demands that what is tried is refused, changes nothing, and leaves the browser outside of a place.
func (h *house) shut(t *testing.T, b *browser, place string, try func() answer) {
	t.Helper()
	h.unchanged(t, func() {
		a := try()
		aside := a.status == http.StatusSeeOther && strings.Contains(a.to(), "/sign-in")
		if (a.status < 400 || a.status >= 500) && !aside {
			t.Errorf("it is answered %s", a)
		}
		if b.isIn(place) {
			t.Errorf("the browser is in %s", place)
		}
	})
}

// letter is the newest code, or token of a link, that was mailed to an address.
func (h *house) letter(kind, to string) string {
	h.t.Helper()
	for _, m := range h.Mails() {
		if m.To == to && m.Kind == kind {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return m.Letter.Code + token
		}
	}
	h.t.Fatalf("no %s was mailed to %s", kind, to)
	return ""
}

// apart is how long lies between two letters to one person, so that no limit of letters is met: five in a quarter of an hour.
const apart = 4 * time.Minute

// asks has a code mailed to a customer.
func (b *browser) asks(email string) (code string) {
	b.h.t.Helper()
	b.h.Later(apart)
	if a := b.post(shop+"/sign-in", "by", "code", "email", email); a.status != http.StatusSeeOther {
		b.h.t.Fatalf("a code for %s: %s", email, a)
	}
	return b.h.letter("sign_in_code", email)
}

// shopper is a customer who is signed in, with their caller.
func (h *house) shopper(email string) (*browser, *op.Caller) {
	h.t.Helper()
	b := h.browser()
	if a := b.post(shop+"/sign-in/code", "code", b.asks(email)); a.status != http.StatusSeeOther {
		h.t.Fatalf("%s cannot sign in: %s", email, a)
	}
	_, c, err := h.Desk.Resolve(h.t.Context(), auth.From{IP: b.ip}, session.Account, b.cookie("steward_account"))
	if err != nil {
		h.t.Fatal(err)
	}
	return b, c
}

// half is a browser in which a member of staff has shown their password, and nothing else.
func (h *house) half(key string) *browser {
	h.t.Helper()
	b, m := h.browser(), h.Member(key)
	if a := b.post("/admin/sign-in", "email", m.Email, "password", m.Password); a.status != http.StatusSeeOther || b.cookie("steward_ticket") == "" {
		h.t.Fatalf("%s cannot begin to sign in: %s", key, a)
	}
	return b
}

// staff is a browser in which a member of staff is signed in.
func (h *house) staff(key string) *browser {
	h.t.Helper()
	b := h.half(key)
	if a := b.post("/admin/sign-in/second", "code", h.AppCode(key)); a.status != http.StatusSeeOther || !b.isIn(desk) {
		h.t.Fatalf("%s cannot sign in: %s", key, a)
	}
	return b
}

// proved runs something that asks for a step-up, and confirms it with the mailed code.
func proved[In any, T op.Target, Out any](h *house, c *op.Caller, email string, a *op.Action[In, T, Out], in In) Out {
	h.t.Helper()
	h.Later(31 * time.Second)
	_, err := op.Do(h.t.Context(), h.Door, c, a, in)
	if !errors.Is(err, op.ErrStepUpRequired) {
		h.t.Fatalf("%s is done without a step-up: %v", a.Name, err)
	}
	id, _ := errs.Of(err).Extra["step_up"].(string)
	out, err := op.Do(h.t.Context(), h.Door, c, a, in, op.With(op.Proof{ID: id, Code: h.letter("step_up_code", email)}))
	if err != nil {
		h.t.Fatalf("%s: %v", a.Name, err)
	}
	return out
}

// passkeyOf makes a passkey for somebody.
func (h *house) passkeyOf(c *op.Caller, email string) *softkey.Key {
	h.t.Helper()
	device, site := softkey.New("of "+email, c.Person), h.Site.RelyingParty()
	asked, err := h.Desk.AskNew(h.t.Context(), c, site, "")
	if err != nil {
		h.t.Fatal(err)
	}
	made, err := device.Make(asked.Question, site)
	if err != nil {
		h.t.Fatal(err)
	}
	proved(h, c, email, auth.AddPasskey, auth.NewPasskey{Name: "Phone", Token: asked.Token, Answer: made})
	return device
}

func (h *house) account(u user.ID) *user.User {
	h.t.Helper()
	found, err := user.Find(h.Store.Read(context.Background()), u)
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

// wrongOf is another code of the same length.
func wrongOf(code string) string {
	last := "0"
	if strings.HasSuffix(code, "0") {
		last = "1"
	}
	return code[:len(code)-1] + last
}
