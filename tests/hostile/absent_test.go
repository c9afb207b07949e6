package hostile

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/routes"
)

// hidden are things of Aurora Goods, one of each kind that stands in an address, by the part of the address before it.
type hidden map[string]string

// confirmed runs something as somebody, with the code that it asks for.
func confirmed[In any, T op.Target, Out any](t *testing.T, w *world.World, c *op.Caller, a *op.Action[In, T, Out], in In) Out {
	t.Helper()
	out, err := op.Do(t.Context(), w.Door, c, a, in)
	if errors.Is(err, op.ErrStepUpRequired) {
		id, _ := errs.Of(err).Extra["step_up"].(string)
		out, err = op.Do(t.Context(), w.Door, c, a, in, op.With(op.Proof{ID: id, Code: w.Code()}))
		w.Later(31 * time.Second)
	}
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return out
}

// callerOf is a visitor of a shop as the door sees them.
func callerOf(t *testing.T, w *world.World, v *http.Client) *op.Caller {
	t.Helper()
	for _, c := range v.Jar.Cookies(w.Site.Public) {
		if c.Name == "steward_account" {
			_, caller, err := w.Desk.Resolve(t.Context(), auth.From{IP: "127.0.0.1"}, session.Account, c.Value)
			if err != nil {
				t.Fatal(err)
			}
			return caller
		}
	}
	t.Fatal("nobody is signed in to a shop")
	return nil
}

// hide makes them. Most are about Maya.
func hide(t *testing.T, w *world.World, server string) hidden {
	t.Helper()
	maya, aurora := w.Customer("maya"), w.Place("aurora")
	c := callerOf(t, w, codeIn(t, w, server+"/account/aurora", mayas))
	device, site := softkey.New("of Maya", c.Person), w.Site.RelyingParty()
	asked, err := w.Desk.AskNew(t.Context(), c, site, "")
	if err != nil {
		t.Fatal(err)
	}
	made, err := device.Make(asked.Question, site)
	if err != nil {
		t.Fatal(err)
	}
	confirmed(t, w, c, auth.AddPasskey, auth.NewPasskey{Name: "Phone", Token: asked.Token, Answer: made})
	if _, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), auth.GiveApp, auth.GivenApp{User: maya, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}); err != nil {
		t.Fatal(err)
	}
	confirmed(t, w, c, privacy.AskDeletion, privacy.Wish{Reason: "I moved away"})
	in := account.NewStaff{Email: "newcomer@example.org", FirstName: "New", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: aurora.ID}}}}
	in.Send = true
	added := confirmed(t, w, w.As("bruno"), account.Invite, in)
	file := confirmed(t, w, w.As("bruno"), directory.ExportActivity, directory.ActivityExport{User: maya, Kinds: []directory.LineKind{directory.LineSignIn}, Purpose: "support"})
	token := newKey(t, w.Door, w.Member("bruno").ID, aurora.ID.Scope(), access.BrandAdmin.Set.List()...)
	waits, err := call(http.DefaultClient, "POST", server+"/v1/sign-ins?brand=aurora", token, `{"email":"jose.munoz@example.com","ip":"198.51.100.8"}`)
	if err != nil || waits.says("id") == "" {
		t.Fatalf("no sign-in waits: %v %s", err, waits)
	}
	rules := security.Default()
	rules.ArchiveDays = 20
	_, err = op.Do(t.Context(), w.Door, w.As("ada"), security.Change, security.Changed{Policy: rules})
	step, _ := errs.Of(err).Extra["step_up"].(string)
	one := func(sql string, args ...any) string {
		t.Helper()
		id, err := store.Value[string](w.Store.Read(t.Context()).QueryRow(sql, args...))
		if err != nil || id == "" {
			t.Fatalf("%s: %q %v", sql, id, err)
		}
		return id
	}
	order := one("select id from orders where brand_id = $1 order by id limit 1", string(aurora.ID))
	return hidden{
		"users": string(maya), "customers": string(maya), "orders": order, "sessions": c.Session, "step-ups": step, "invitations": added.Invitation,
		"requests": one("select id from deletion_requests where user_id = $1", string(maya)), "deletion-requests": one("select id from deletion_requests where user_id = $1", string(maya)),
		"exports": string(file), "downloads": string(file), "jobs": one("select job_id from exports where id = $1", string(file)),
		"brands": string(aurora.ID), "locations": string(aurora.Hub["York"]), "api-keys": one("select id from api_keys where owner_id = $1 limit 1", string(w.Member("bruno").ID)),
		"audit": w.Events(string(aurora.ID))[0].ID, "audit-events": w.Events(string(aurora.ID))[0].ID, "second-factors": string(w.Member("kim").ID),
		"apps": one("select id from totps where user_id = $1", string(maya)), "passkeys": one("select id from passkeys where user_id = $1", string(maya)),
		"sign-ins": waits.says("id"),
	}
}

var wildcard = regexp.MustCompile(`([^/]+)/\{([a-z_]+)\}`)

// meant are the wildcards that name no thing which could be hidden.
var meant = map[string]string{"account": "meridian", "app": "meridian", "roles": "support", "consents": "email_marketing"}

// at fills in a pattern: with what is hidden, or with what there is not. Empty: nothing in it can be hidden.
func (h hidden) at(t *testing.T, pattern string, there bool) (address string, ids []string) {
	t.Helper()
	address = wildcard.ReplaceAllStringFunc(pattern, func(part string) string {
		m := wildcard.FindStringSubmatch(part)
		if word, is := meant[m[1]]; is {
			return m[1] + "/" + word
		}
		id, known := h[m[1]]
		if !known {
			t.Errorf("%s has an id that this test does not know: give `hide` a hidden one for %s", pattern, m[1])
		}
		if !there {
			id = absent(id)
		}
		ids = append(ids, id)
		return m[1] + "/" + id
	})
	return strings.ReplaceAll(address, "{$}", ""), ids
}

// absent is an id of the same make that nothing has.
func absent(id string) string {
	last := "0000"
	if strings.HasSuffix(id, last) {
		last = "1111"
	}
	return id[:len(id)-len(last)] + last
}

// outwardly is an answer as somebody outside compares it: all of it but its date, its number, how many calls are left, and what it was
// asked for.
func outwardly(a answer, ids []string) string {
	head := a.header.Clone()
	number := head.Get("X-Request-Id")
	for name := range head {
		if name == "Date" || name == "X-Request-Id" || strings.Contains(strings.ToLower(name), "ratelimit") {
			head.Del(name)
		}
	}
	said := fmt.Sprint(a.status, head, a.text)
	for _, id := range ids {
		said = strings.ReplaceAll(said, id, "ID")
	}
	return strings.ReplaceAll(said, number, "REQ")
}

// everyField is what any form asks for, so that no page refuses it before it looks for what it is about.
var everyField = url.Values{
	"reason": {"other"}, "why": {"Other"}, "details": {"Asked on the phone"}, "note": {"Asked on the phone"}, "message": {"Sorry"}, "name": {"Phone"}, "city": {"York"},
	"email": {"somebody@example.org"}, "first_name": {"Some"}, "last_name": {"Body"}, "code": {"000000"}, "version": {"1"}, "purpose": {"support"}, "role": {"support"},
	"confirm": {"yes"}, "currency": {"GBP"}, "time_zone": {"Europe/London"}, "audience": {"account"}, "kind": {"sign_in"}, "answer": {"{}"}, "end": {"open"},
}

func TestPagesOfWhatIsHiddenAnswerAsIfThereWereNothing(t *testing.T) {
	calm(t)
	t.Parallel()
	w := world.New(t)
	w.Later(time.Since(world.Now))
	p := newPorch(t, w)
	h := hide(t, w, p.url)
	priya := signedIn(t, w, p.url, "priya")
	if _, err := seed.Admit(t.Context(), w.Door); err != nil {
		t.Fatal(err)
	}
	walt := codeIn(t, w, p.url+"/account/meridian", "walt.brennan@example.com")
	noah := codeIn(t, w, p.url+"/app/meridian", "n.feldman@halyard.example")
	books := newLedger(t, w.Store)
	asked := 0
	for _, pattern := range routes.Pages(t, w) {
		method, path, _ := strings.Cut(pattern, " ")
		if path == "" || strings.HasPrefix(path, "/dev/") { // for every method: what nobody has; and the demo's own inbox
			continue
		}
		who := priya
		switch {
		case strings.HasPrefix(path, "/account/"):
			who = walt
		case strings.HasPrefix(path, "/app/"):
			who = noah
		}
		var got [2]answer
		var ids [2][]string
		for i, there := range []bool{true, false} {
			var address string
			if address, ids[i] = h.at(t, path, there); len(ids[i]) == 0 {
				break
			}
			r, err := http.NewRequest(method, p.url+address, nil)
			if err != nil {
				t.Fatal(err)
			}
			if method == http.MethodPost {
				got[i], err = post(who, p.url+address, everyField)
			} else {
				got[i], err = send(who, r)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(ids[0]) == 0 {
			continue
		}
		asked++
		if a, b := outwardly(got[0], ids[0]), outwardly(got[1], ids[1]); a != b {
			t.Errorf("%s tells what is hidden from what is absent:\n%s\n%s", pattern, a, b)
		}
		if got[0].status != http.StatusNotFound && unlike[pattern] != got[0].status {
			t.Errorf("%s answers %d %s for what is hidden", pattern, got[0].status, got[0].header.Get("Location"))
		}
		if changed := books.next(); len(changed) > 0 {
			t.Errorf("%s was refused, and yet this changed: %v", pattern, changed)
		}
	}
	if asked < 60 {
		t.Errorf("only %d addresses have an id: the test looks at the wrong ones", asked)
	}
	t.Logf("%d addresses with an id", asked)
}

// unlike are the addresses that answer something else than not-found, hidden or not: who has no passkey has nothing to confirm with.
var unlike = map[string]int{
	"POST /admin/step-ups/{id}/passkey/question":           http.StatusConflict,
	"POST /account/{brand}/step-ups/{id}/passkey/question": http.StatusConflict,
	"POST /app/{brand}/step-ups/{id}/passkey/question":     http.StatusConflict,
}

func TestTheAPIAnswersOfWhatIsHiddenAsIfThereWereNothing(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		p := newPorch(t, w)
		h := hide(t, w, p.url)
		token := newKey(t, w.Door, w.Member("priya").ID, w.Place("meridian").ID.Scope(), access.BrandAdmin.Set.List()...)
		read, err := call(http.DefaultClient, "GET", p.url+"/v1/openapi.json", token, "")
		if err != nil || read.status != 200 {
			t.Fatalf("no contract: %v %v", read, err)
		}
		books := newLedger(t, w.Store)
		asked := 0
		for path, methods := range asObject(read.body["paths"]) {
			for method, operation := range asObject(methods) {
				method, pattern := strings.ToUpper(method), strings.ToUpper(method)+" "+path
				var got [2]answer
				var ids [2][]string
				for i, there := range []bool{true, false} {
					var address string
					if address, ids[i] = h.at(t, path, there); len(ids[i]) == 0 {
						break
					}
					asked++
					body := ""
					if asObject(operation)["requestBody"] != nil {
						body = goodBody(t, w, pattern)
					}
					headers := []string{"If-Match", "*"}
					for _, parameter := range asSlice(asObject(operation)["parameters"]) {
						switch q := asObject(parameter); {
						case q["in"] == "query" && q["name"] == "brand":
							address += "?brand=meridian"
						case q["name"] == "Idempotency-Key":
							headers = append(headers, "Idempotency-Key", fmt.Sprintf("absent-%d", asked))
						}
					}
					if got[i], err = call(http.DefaultClient, method, p.url+address, token, body, headers...); err != nil {
						t.Fatal(err)
					}
				}
				if len(ids[0]) == 0 {
					continue
				}
				if a, b := outwardly(got[0], ids[0]), outwardly(got[1], ids[1]); a != b {
					t.Errorf("%s tells what is hidden from what is absent:\n%s\n%s", pattern, a, b)
				}
				if got[0].status != http.StatusNotFound && unlike[pattern] != got[0].status {
					t.Errorf("%s answers %s for what is hidden", pattern, got[0])
				}
				if changed := books.next(); len(changed) > 0 {
					t.Errorf("%s was refused, and yet this changed: %v", pattern, changed)
				}
			}
		}
		if asked < 60 {
			t.Errorf("only %d calls have an id: the test looks at the wrong ones", asked/2)
		}
	})
}

// goodBody is a body that the call takes.
func goodBody(t *testing.T, w *world.World, call string) string {
	t.Helper()
	switch call {
	case "POST /v1/sign-ins/{sign_in}/code":
		return `{"handle":"none","code":"00000000","ip":"198.51.100.8"}`
	case "POST /v1/invitations/{invitation}/resend":
		return `{}`
	}
	good, known := bodies[call]
	if !known {
		t.Errorf("%s takes a body, and nobody has written a good one", call)
	}
	good = strings.NewReplacer("%d", "1", "\"brand\":\"aurora\"", "\"brand\":\"meridian\"").Replace(good)
	if !json.Valid([]byte(good)) {
		t.Errorf("%s: %s is no JSON", call, good)
	}
	return good
}
