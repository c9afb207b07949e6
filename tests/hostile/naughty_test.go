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

func newLedger(t *testing.T, db *store.DB) *ledger {
	t.Helper()
	all, err := dump.Tables(db.Read(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{t: t, db: db, tables: dump.Without(all, "audit_events", "audit_subjects", "audit_heads", "step_ups", "mails", "mentions", "sessions",
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
	"/admin/me/security/password": "a wrong present password is counted, and locks who tries",
	"/admin/me/security/passkeys": "needs a device that signs",
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

func TestNaughtyStringsInEveryFieldOfEveryForm(t *testing.T) {
	calm(t)
	t.Parallel()
	strs := naughty(t)
	w := world.New(t)
	w.Later(time.Since(world.Now)) // the desk counts requests by the real clock
	maya := w.Customer("maya")
	server := w.Serve().URL
	requests := 0
	var ada *http.Client
	var books *ledger
	arrive := func() {
		t.Helper()
		requests = 0
		defer func() {
			if books != nil {
				books.next() // somebody signed in
			}
		}()
		ada = signedIn(t, w, server, "ada")
		if _, err := post(ada, server+"/admin/brand", url.Values{"brand": {string(w.Place("aurora").ID)}}); err != nil {
			t.Fatal(err)
		}
	}
	arrive()
	forms := crawl(t, ada, server, "/admin", "/admin/settings/users/new?role=support", "/admin/settings/api-keys/new", "/admin/settings/brands/new",
		"/admin/settings/locations/new", "/admin/customers/"+string(maya)+"/edit", "/admin/users/"+string(w.Member("olu").ID)+"/edit", "/admin/users/"+string(w.Member("olu").ID)+"/role")
	for _, want := range []string{
		"/admin/settings/users/new", "/admin/settings/api-keys/new", "/admin/settings/brands/new", "/admin/settings/brands/ID", "/admin/settings/locations/new",
		"/admin/settings/locations/ID", "/admin/customers/ID/edit", "/admin/users/ID/edit", "/admin/users/ID/role", "/admin/customers", "/admin/users", "/admin/audit",
	} {
		if !slices.ContainsFunc(slices.Collect(maps.Values(forms)), func(f *form) bool { return pattern(f.action) == want }) {
			t.Errorf("the crawl found no form that sends to %s", want)
		}
	}
	maps.DeleteFunc(forms, func(_ string, f *form) bool { return unasked[pattern(f.action)] != "" })
	arrive()
	books = newLedger(t, w.Store)
	taken, refused, asked, n := map[string]int{}, 0, 0, 0
	for _, kind := range lifeLast(forms) {
		f := forms[kind]
		for _, field := range slices.Compact(slices.Sorted(slices.Values(f.texts))) {
			for _, s := range sample(strs, kind+field, 9) {
				if requests += 3; requests > 550 {
					arrive()
				}
				n++
				what := fmt.Sprintf("%s, %s %.60q", f, field, s)
				now := openSheet(t, ada, server+f.page).same(f)
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
				a := submit(t, ada, server, now, now.values)
				if a.status == http.StatusTooManyRequests { // codes by mail have their rates
					if changed := books.next(); len(changed) > 0 {
						t.Errorf("%s: refused for a while, and yet this changed: %v", what, changed)
					}
					w.Later(25 * time.Hour)
					arrive()
					a = submit(t, ada, server, now, now.values)
				}
				changed := books.next()
				switch {
				case a.status >= 500:
					t.Errorf("%s: %d", what, a.status)
				case f.get:
					asked++
					if len(changed) > 0 {
						t.Errorf("%s: a question changed %v", what, changed)
					}
					if a.status != 200 && a.status != 303 && (a.status < 400 || a.sentence() == "" && textOf(a.root) == "") {
						t.Errorf("%s: %d", what, a.status)
					}
				case a.status >= 400:
					refused++
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
				case strings.HasPrefix(a.to, "/admin/step-ups/"):
					taken[f.String()]++
					if len(changed) > 0 {
						t.Errorf("%s: waits for a code, and yet this changed: %v", what, changed)
					}
					if p := openSheet(t, ada, server+a.to); p.status != 200 {
						t.Errorf("%s: its confirmation answers %d", what, p.status)
					}
				default:
					taken[f.String()]++
					shown := a
					if a.status == 303 {
						to := a.to
						if strings.Contains(pattern(f.page), "/ID") {
							to = f.page // the form shows what it keeps
						}
						shown = openSheet(t, ada, server+to)
					}
					where := unshown[path.Base(f.action)+" "+field]
					if where == inLog && len(changed) > 0 {
						shown = openSheet(t, ada, server+path.Dir(f.page)+"/audit")
					}
					if shown.status != 200 {
						t.Errorf("%s: taken, and then %d", what, shown.status)
					} else if where != "" && (where != inLog || len(changed) == 0) {
						continue
					} else if field != "reason" && !shown.says(kept(s)...) { // a reason for no change is kept nowhere
						t.Errorf("%s: taken, and %s does not show it", what, shown.at)
					}
				}
			}
		}
	}
	for _, f := range forms {
		if f.get || taken[f.String()] > 0 {
			continue
		}
		now := openSheet(t, ada, server+f.page).same(f) // its fields are numbers: as it is drawn it must be taken
		if now == nil {
			t.Errorf("%s never took anything, and is gone", f)
			continue
		}
		fill(now.values, n+1)
		if a := submit(t, ada, server, now, now.values); a.status >= 400 {
			t.Errorf("%s never took anything: the test says nothing of it: %d %s", f, a.status, a.sentence())
		}
	}
	t.Logf("%d forms, %d questions, %d refused, taken %v", len(forms), asked, refused, taken)
	verified(t, w.Config)
}
