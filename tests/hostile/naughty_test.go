package hostile

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/testdata"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// naughty are strings that have broken other programs, and a few of our own.
func naughty(t *testing.T) (all []string) {
	t.Helper()
	if err := json.Unmarshal(testdata.Read(t, "naughty-strings/blns.json"), &all); err != nil {
		t.Fatal(err)
	}
	return append(all, "\x00", "a\x00b", "a\u2028b", "\ufeffx", strings.Repeat("ä", 3000), "'); drop table users; --", "=cmd|' /C calc'!A0", "－1+1", `"><script>alert(1)</script>`, "{{.}}", "${7*7}", "a\r\nSet-Cookie: x=1")
}

// sample is some of them for one field, others for the next one; all of them in the campaign.
func sample(all []string, field string, n int) (some []string) {
	if whole() {
		return all
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(field))
	at := int(h.Sum32() % uint32(len(all)))
	for i := range n {
		some = append(some, all[(at+i*(len(all)/n))%len(all)])
	}
	return some
}

// ledger knows whether anything has changed but the log and who was here when.
type ledger struct {
	t      *testing.T
	db     *store.DB
	tables []dump.Table
	last   dump.Print
}

func newLedger(t *testing.T, db *store.DB, besides ...string) *ledger {
	t.Helper()
	all, err := dump.Tables(db.Read(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{t: t, db: db, tables: dump.Without(dump.Without(all, besides...), "audit_events", "audit_subjects", "audit_heads", "step_ups", "mails", "mentions", "sessions",
		"users.last_seen_at", "people.last_seen_at", "users.last_login_at", "people.last_login_at", "api_keys.last_used_at", "sign_in_attempts")}
	l.next()
	return l
}

// next is what changed since it was last asked.
func (l *ledger) next() []string {
	l.t.Helper()
	now, err := dump.Take(l.db.Read(context.Background()), l.tables)
	if err != nil {
		l.t.Fatal(err)
	}
	before := l.last
	l.last = now
	return before.Diff(now)
}

// fill is what a form needs beside the field that is tried, where it draws nothing itself.
func fill(values url.Values, n int) {
	for name, value := range map[string]string{
		"email": fmt.Sprintf("sam%d@example.org", n), "first_name": "Sam", "last_name": "Reed", "name": fmt.Sprintf("Place %d", n), "city": "York",
		"slug": fmt.Sprintf("place-%d", n), "currency": "GBP", "time_zone": "Europe/London", "role": "support", "where": "all", "reason": "Holidays",
		"permissions": "customers.view",
	} {
		if _, drawn := values[name]; values.Get(name) == "" && (drawn || name == "permissions" || name == "where") {
			values.Set(name, value)
		}
	}
}

// unasked are the forms whose fields no naughty string is tried in, and why.
var unasked = map[string]string{
	"/admin/me/security/password":       "a wrong present password is counted, and locks who tries",
	"/admin/me/security/passkeys":       "needs a device that signs",
	"/account/aurora/security/passkeys": "needs a device that signs",
	"/app/aurora/security/passkeys":     "needs a device that signs",
}

// unshown are the fields whose text is not drawn again on a page of their form once it was taken, and where it stands.
var unshown = map[string]string{
	"ban details":            inLog, // why somebody was banned
	"verify-phone details":   inLog, // how a telephone number was verified
	"unverify-phone details": inLog,
	"new first_name":         inMail, // of an invitation
	"new last_name":          inMail,
	"new message":            inMail,
}

const (
	inLog  = "the person's log"
	inMail = "the mail that went out, which this test does not read"
)

// lifeLast puts the forms that end somebody's account behind all others: the pages of somebody banned have other forms.
func lifeLast(forms map[string]*form) []string {
	last := []string{"suspend", "ban", "archive"}
	return slices.SortedFunc(maps.Keys(forms), func(a, b string) int {
		at := func(kind string) int { return slices.Index(last, path.Base(forms[kind].action)) }
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b))
	})
}

// kept are the forms in which a text may stand once it was taken: composed, without surrounding space; a country and a currency in
// capitals, a telephone number and an address as they are compared.
func kept(s string) []string {
	plain := norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")))
	all := []string{plain, strings.ToUpper(plain), strings.ToLower(plain)}
	if phone, err := text.NormPhone(s); err == nil {
		all = append(all, phone)
	}
	return all
}

// drawn is how a page gives a text back that it refused.
func drawn(s string) string {
	s = strings.NewReplacer("\x00", "\ufffd", "\r\n", "\n", "\r", "\n").Replace(s)
	return strings.ToUpper(strings.TrimSpace(s))
}

// typist is somebody who is in, and types naughty strings into every form that their pages lead to.
type typist struct {
	t      *testing.T
	w      *world.World
	server string
	home   string              // where their pages lie
	most   int                 // requests that one session has in a minute
	enter  func() *http.Client // signs them in
	fields int                 // how many strings each field gets
	reads  bool                // the log, where some of what they type stands

	client *http.Client
	books  *ledger
	used   int // requests of the session that they have

	forms          map[string]*form
	taken          map[string]int
	refused, asked int
}

// arrive signs them in again, with all requests of a minute before them.
func (p *typist) arrive() {
	p.t.Helper()
	p.used = 0
	p.client = p.enter()
	if p.books != nil {
		p.books.next() // somebody signed in
	}
}

// count counts requests to come.
func (p *typist) count(n int) {
	p.t.Helper()
	if p.used += n; p.used > p.most {
		p.arrive()
		p.used = n
	}
}

func (p *typist) open(path string) *sheet {
	p.t.Helper()
	return openSheet(p.t, p.client, p.server+path)
}

// look crawls their pages and demands that some forms are among what it finds.
func (p *typist) look(want []string, from ...string) {
	p.t.Helper()
	p.arrive()
	p.forms = crawl(p.t, p.client, p.server, p.home, from...)
	for _, w := range want {
		if !slices.ContainsFunc(slices.Collect(maps.Values(p.forms)), func(f *form) bool { return pattern(f.action) == w }) {
			p.t.Errorf("the crawl found no form that sends to %s", w)
		}
	}
	maps.DeleteFunc(p.forms, func(_ string, f *form) bool { return unasked[pattern(f.action)] != "" })
	p.arrive()
	p.books = newLedger(p.t, p.w.Store)
}

// types tries every field of every form.
func (p *typist) types(strs []string) {
	t := p.t
	t.Helper()
	p.taken = map[string]int{}
	n := 0
	for _, kind := range lifeLast(p.forms) {
		f := p.forms[kind]
		for _, field := range slices.Compact(slices.Sorted(slices.Values(f.texts))) {
			for _, s := range sample(strs, kind+field, p.fields) {
				n++
				p.try(f, field, s, n)
			}
		}
	}
	for _, f := range p.forms {
		if f.get || p.taken[f.String()] > 0 {
			continue
		}
		p.w.Later(25 * time.Hour)
		p.arrive()
		now := p.open(f.page).same(f) // its fields are numbers: as it is drawn it must be taken
		if now == nil {
			t.Errorf("%s never took anything, and is gone", f)
			continue
		}
		fill(now.values, n+1)
		if a := submit(t, p.client, p.server, now, now.values); a.status >= 400 {
			t.Errorf("%s never took anything: the test says nothing of it: %d %s", f, a.status, a.sentence())
		}
	}
	t.Logf("%d forms, %d questions, %d refused, taken %v", len(p.forms), p.asked, p.refused, p.taken)
	verified(t, p.w.Config)
}

// try types one string into one field of a form, and looks at the answer and at what changed.
func (p *typist) try(f *form, field, s string, n int) {
	t := p.t
	t.Helper()
	p.count(3)
	what := fmt.Sprintf("%s, %s %.60q", f, field, s)
	now := p.open(f.page).same(f)
	if now == nil {
		t.Fatalf("%s: the form is gone", f)
	}
	fill(now.values, n)
	if path.Base(f.action) == "archive" {
		now.values.Set("reason", "other")
	}
	if field == "until" {
		now.values.Set("end", "date")
	}
	now.values.Set(field, s)
	a := submit(t, p.client, p.server, now, now.values)
	if a.status == http.StatusTooManyRequests { // codes by mail have their rates
		if changed := p.books.next(); len(changed) > 0 {
			t.Errorf("%s: refused for a while, and yet this changed: %v", what, changed)
		}
		p.w.Later(25 * time.Hour)
		p.arrive()
		a = submit(t, p.client, p.server, now, now.values)
	}
	changed := p.books.next()
	switch {
	case a.status >= 500:
		t.Errorf("%s: %d", what, a.status)
	case f.get:
		p.asked++
		if len(changed) > 0 {
			t.Errorf("%s: a question changed %v", what, changed)
		}
		if a.status != 200 && a.status != 303 && (a.status < 400 || a.sentence() == "" && textOf(a.root) == "") {
			t.Errorf("%s: %d", what, a.status)
		}
	case a.status >= 400:
		p.refused++
		again := a.same(now)
		switch {
		case len(changed) > 0:
			t.Errorf("%s: refused with %d, and yet this changed: %v", what, a.status, changed)
		case a.sentence() == "":
			t.Errorf("%s: refused with %d and without a sentence", what, a.status)
		case again == nil:
			t.Errorf("%s: refused with %d and without the form: %.200s", what, a.status, a.sentence())
		case !slices.Contains(f.secret, field) && drawn(again.values.Get(field)) != drawn(s):
			t.Errorf("%s: refused, and the form gives back %.60q", what, again.values.Get(field))
		}
	case strings.HasPrefix(a.to, p.home+"/step-ups/"):
		p.taken[f.String()]++
		if len(changed) > 0 {
			t.Errorf("%s: waits for a code, and yet this changed: %v", what, changed)
		}
		if c := p.open(a.to); c.status != 200 {
			t.Errorf("%s: its confirmation answers %d", what, c.status)
		}
	default:
		p.taken[f.String()]++
		p.shown(f, field, s, what, a, changed)
	}
}

// shown demands that what was taken stands where one would look for it.
func (p *typist) shown(f *form, field, s, what string, a *sheet, changed []string) {
	p.t.Helper()
	if a.status == 303 {
		to := a.to
		if strings.Contains(pattern(f.page), "/ID") {
			to = f.page // the form shows what it keeps
		}
		a = p.open(to)
	}
	where := unshown[path.Base(f.action)+" "+field]
	if where == inLog && !p.reads {
		return
	}
	if where == inLog && len(changed) > 0 {
		a = p.open(path.Dir(f.page) + "/audit")
	}
	if a.status != 200 {
		p.t.Errorf("%s: taken, and then %d", what, a.status)
	} else if where != "" && (where != inLog || len(changed) == 0) {
		return
	} else if field != "reason" && !slices.Contains(f.secret, field) && !a.says(kept(s)...) { // a reason for no change is kept nowhere
		p.t.Errorf("%s: taken, and %s does not show it", what, a.at)
	}
}

// deskTypist is one of the staff.
func deskTypist(t *testing.T, w *world.World, server, who string, fields int) *typist {
	return &typist{t: t, w: w, server: server, home: "/admin", most: 550, fields: fields, enter: func() *http.Client {
		t.Helper()
		c := signedIn(t, w, server, who)
		if _, err := post(c, server+"/admin/brand", url.Values{"brand": {string(w.Place("aurora").ID)}}); err != nil {
			t.Fatal(err)
		}
		return c
	}}
}

func TestNaughtyStringsInEveryFieldOfEveryForm(t *testing.T) {
	calm(t)
	t.Parallel()
	w := world.New(t)
	w.Later(time.Since(world.Now)) // the desk counts requests by the real clock
	maya := w.Customer("maya")
	p := deskTypist(t, w, w.Serve().URL, "ada", 9)
	p.reads = true
	p.look([]string{
		"/admin/settings/users/new", "/admin/settings/api-keys/new", "/admin/settings/brands/new", "/admin/settings/brands/ID", "/admin/settings/locations/new",
		"/admin/settings/locations/ID", "/admin/customers/ID/edit", "/admin/users/ID/edit", "/admin/users/ID/role", "/admin/customers", "/admin/users", "/admin/audit",
	}, "/admin", "/admin/settings/users/new?role=support", "/admin/settings/api-keys/new", "/admin/settings/brands/new",
		"/admin/settings/locations/new", "/admin/customers/"+string(maya)+"/edit", "/admin/users/"+string(w.Member("olu").ID)+"/edit", "/admin/users/"+string(w.Member("olu").ID)+"/role")
	p.types(naughty(t))
}

// Whoever holds less has fewer forms; what they are refused for what they hold is the door's to test.
func TestNaughtyStringsInTheFormsOfWhoHoldsLess(t *testing.T) {
	calm(t)
	for _, who := range []string{"kim", "johanna"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			w := world.New(t)
			w.Later(time.Since(world.Now))
			maya := "/admin/customers/" + string(w.Customer("maya"))
			p := deskTypist(t, w, w.Serve().URL, who, 2)
			p.look([]string{"/admin/customers/ID/edit", "/admin/customers"}, "/admin", maya, maya+"/edit")
			p.types(naughty(t))
		})
	}
}

// And at the shop and in the company panel: everything that somebody types about themselves.
func TestNaughtyStringsInTheFormsOfOnesOwnAccount(t *testing.T) {
	calm(t)
	for _, own := range []struct {
		who, home string
		most      int
		want      []string
	}{
		{"a customer", "/account/aurora", 110, []string{"/account/aurora/profile", "/account/aurora/email", "/account/aurora/privacy/deletion"}},
		{"a company user", "/app/aurora", 550, []string{"/app/aurora/profile"}},
	} {
		t.Run(own.who, func(t *testing.T) {
			t.Parallel()
			w := world.New(t)
			w.Later(time.Since(world.Now))
			w.Customer("maya")
			email := "maya.whitaker@example.com"
			if own.home == "/app/aurora" {
				buyers, err := seed.Admit(t.Context(), w.Door)
				if err != nil {
					t.Fatal(err)
				}
				email = buyers[0].Email
			}
			server := w.Serve().URL
			p := &typist{t: t, w: w, server: server, home: own.home, most: own.most, fields: 6, enter: func() *http.Client {
				t.Helper()
				return codeIn(t, w, server+own.home, email)
			}}
			p.look(own.want, own.home, own.home+"/email")
			p.types(naughty(t))
		})
	}
}

// codeIn is a visitor who has signed in with a code by mail.
func codeIn(t *testing.T, w *world.World, at, email string) *http.Client {
	t.Helper()
	w.Later(4 * time.Minute) // five codes in a quarter of an hour
	v := visitor(t)
	for _, step := range []struct {
		path string
		form url.Values
	}{{"/sign-in", url.Values{"by": {"code"}, "email": {email}}}, {"/sign-in/code", nil}} {
		if step.form == nil {
			step.form = url.Values{"code": {w.Code()}}
		}
		if a, err := post(v, at+step.path, step.form); err != nil || a.status != http.StatusSeeOther {
			t.Fatalf("%s cannot sign in: %v %s", email, err, a)
		}
	}
	return v
}
