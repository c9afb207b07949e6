package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/api"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/user"
)

func told[T any](t *testing.T, r reply, status int) (out T) {
	t.Helper()
	if r.Code != status {
		t.Fatalf("%d, not %d: %s", r.Code, status, r.Body)
	}
	if err := json.Unmarshal(r.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheStorefrontSignsItsCustomersIn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		const email = "maya.whitaker@example.com"
		key := d.key("dev", d.brand("aurora"), access.AccessCheck)
		sent := told[api.SignedIn](t, d.call(key, "POST", "/v1/sign-ins", `{"email":"`+email+`","ip":"198.51.100.7"}`), http.StatusOK)
		if sent.State != "code_sent" || sent.Session != "" || sent.User != "" || sent.Handle == "" {
			t.Fatalf("%+v", sent)
		}
		code := ""
		for _, m := range d.Mails() {
			if m.To == email {
				code = m.Letter.Code
				break
			}
		}
		answer := func(id, handle, code string) reply {
			return d.call(key, "POST", "/v1/sign-ins/"+id+"/code", fmt.Sprintf(`{"handle":%q,"code":%q,"ip":"198.51.100.7"}`, handle, code))
		}
		told[api.Problem](t, answer(sent.ID, sent.Handle+"x", code), http.StatusNotFound)
		told[api.Problem](t, answer(sent.ID, sent.Handle, "00000000"), http.StatusUnauthorized)
		in := told[api.SignedIn](t, answer(sent.ID, sent.Handle, code), http.StatusOK)
		if in.State != "signed_in" || in.User != maya || in.Session == "" {
			t.Fatalf("%+v", in)
		}
		told[api.Problem](t, answer(sent.ID, sent.Handle, code), http.StatusUnauthorized)
		who := told[api.Introspected](t, d.call(key, "POST", "/v1/sessions/introspect", `{"token":"`+in.Session+`"}`), http.StatusOK)
		if !who.Active || who.User != maya || who.Email != email {
			t.Errorf("%+v", who)
		}
		next := d.key("priya", d.brand("meridian"), access.AccessCheck)
		if other := told[api.Introspected](t, d.call(next, "POST", "/v1/sessions/introspect", `{"token":"`+in.Session+`"}`), http.StatusOK); other.Active || other.User != "" {
			t.Errorf("the brand next door reads %+v", other)
		}
		if none := told[api.Introspected](t, d.call(key, "POST", "/v1/sessions/introspect", `{"token":"no such token"}`), http.StatusOK); none.Active {
			t.Error("no session is active")
		}
	})
}

func TestOnlyAKeyThatMayAsksForCustomers(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Customer("maya")
		key := d.key("dev", d.brand("aurora"), access.CustomersView)
		for path, body := range map[string]string{
			"/v1/sign-ins": `{"email":"maya.whitaker@example.com"}`, "/v1/sign-ins/abc/code": `{"handle":"x","code":"1"}`,
			"/v1/sign-ups": `{"email":"noor@example.org"}`, "/v1/email-verifications": `{"token":"x"}`, "/v1/sessions/introspect": `{"token":"x"}`,
		} {
			d.unchanged(func() {
				told[api.Problem](t, d.call(key, "POST", path, body), http.StatusForbidden)
			})
		}
	})
}

func TestTheStorefrontRegistersCustomers(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Customer("maya")
		key := d.key("dev", d.brand("aurora"), access.AccessCheck)
		up := told[api.SignedUp](t, d.call(key, "POST", "/v1/sign-ups", `{"email":"noor@example.org","password":"plum otter lantern seven","location":"`+string(d.Place("aurora").Hub["York"])+`","ip":"198.51.100.8"}`), http.StatusOK)
		d.unchanged(func() {
			elsewhere := string(d.Place("meridian").Hub["Boston"])
			d.call(key, "POST", "/v1/sign-ups", `{"email":"sam@example.org","location":"`+elsewhere+`","ip":"198.51.100.8"}`).is(422, "invalid")
		})
		known := told[api.SignedUp](t, d.call(key, "POST", "/v1/sign-ups", `{"email":"maya.whitaker@example.com","ip":"198.51.100.8"}`), http.StatusOK)
		if up.State != known.State || len(up.Handle) != len(known.Handle) {
			t.Errorf("%+v and %+v", up, known)
		}
		token := ""
		for _, m := range d.Mails() {
			if m.To == "noor@example.org" {
				token = m.Letter.Path[len("/account/aurora/confirm?token="):]
			}
		}
		told[api.Problem](t, d.call(d.key("priya", d.brand("meridian"), access.AccessCheck), "POST", "/v1/email-verifications", `{"token":"`+token+`"}`), http.StatusGone)
		done := told[api.EmailVerified](t, d.call(key, "POST", "/v1/email-verifications", `{"token":"`+token+`","handle":"`+up.Handle+`"}`), http.StatusOK)
		if !done.Password {
			t.Error("the password does not count")
		}
		if u, err := user.Find(d.Store.Read(t.Context()), done.User); err != nil || u.Location != d.Place("aurora").Hub["York"] {
			t.Errorf("her home is %s, %v", u.Location, err)
		}
		in := told[api.SignedIn](t, d.call(key, "POST", "/v1/sign-ins", `{"email":"noor@example.org","password":"plum otter lantern seven","ip":"198.51.100.8"}`), http.StatusOK)
		if in.State != "signed_in" || in.User != done.User {
			t.Errorf("%+v", in)
		}
	})
}

// Tries are counted by the customer's own network: one who guesses does not lock the others out.
func TestTriesAreCountedByTheCustomersNetwork(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		key := d.key("dev", d.brand("aurora"), access.AccessCheck)
		guess := func(ip string) int {
			return d.call(key, "POST", "/v1/sign-ins", `{"email":"nobody@example.org","password":"not this one","ip":"`+ip+`"}`).Code
		}
		for range 20 {
			guess("198.51.100.9")
		}
		if a, b := guess("198.51.100.9"), guess("198.51.100.10"); a != http.StatusTooManyRequests || b != http.StatusUnauthorized {
			t.Errorf("the guesser is answered %d, the neighbour %d", a, b)
		}
		if code := guess("not an address"); code != http.StatusUnprocessableEntity {
			t.Errorf("an address that is none: %d", code)
		}
		d.Later(time.Hour)
	})
}
