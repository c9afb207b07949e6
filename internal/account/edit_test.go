package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// TestEditingGoesByWhatAPersonIs: customers are edited with customers.edit, staff with users.edit, oneself with nothing.
func TestEditingGoesByWhatAPersonIs(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose, walt := d.Customer("maya"), d.Customer("jose"), d.Customer("walt")
		for _, c := range []struct {
			by   string
			whom user.ID
			code string
		}{
			{"kim", maya, ""}, {"kim", jose, "not_found"}, {"hana", jose, ""}, {"johanna", maya, ""}, {"ines", maya, ""}, {"ada", walt, ""},
			{"olu", maya, "forbidden"}, {"elif", maya, "forbidden"}, {"rosa", maya, "forbidden"}, {"mira", maya, "not_found"}, {"priya", maya, "not_found"},
			{"bruno", walt, "not_found"},
			{"johanna", d.member("olu"), "not_found"}, {"ines", d.member("olu"), ""}, {"bruno", d.member("ines"), ""}, {"ines", d.member("bruno"), "holds_more"},
			{"kim", d.member("hana"), "not_found"}, {"olu", d.member("mira"), "forbidden"}, {"ines", d.member("priya"), "not_found"},
			{"ines", d.member("ada"), "not_found"}, {"ada", d.member("marcus"), ""}, {"ada", d.member("priya"), ""},
			{"mira", d.member("mira"), ""}, {"kim", d.member("kim"), ""},
		} {
			in := account.Changes{User: c.whom, FirstName: to("Robin")}
			t.Logf("%s edits %s", c.by, c.whom)
			if c.code != "" {
				refused(d, c.code, d.As(c.by), account.Edit, in)
				continue
			}
			version := d.user(c.whom).Version
			must(d, d.As(c.by), account.Edit, in)
			if u := d.user(c.whom); u.FirstName != "Robin" || u.Version != version+1 {
				t.Errorf("%s edited %s into %q, version %d after %d", c.by, c.whom, u.FirstName, u.Version, version)
			}
			d.unchanged("the same edit again", func() { must(d, d.As(c.by), account.Edit, in) })
			in.FirstName = to("Alex")
			must(d, d.As("ada"), account.Edit, in) // for who comes next
		}
		refused(d, "sign_in", nobody, account.Edit, account.Changes{User: maya, FirstName: to("Robin")})
	})
}

func TestAnEditOfAnOldVersionIsRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.user(d.Customer("maya"))
		must(d, d.As("kim"), account.Edit, account.Changes{User: maya.ID, Version: maya.Version, LastName: to("Whittaker")})
		refused(d, "stale", d.As("ines"), account.Edit, account.Changes{User: maya.ID, Version: maya.Version, LastName: to("Whitacre")})
		refused(d, "stale", d.As("ines"), account.Edit, account.Changes{User: maya.ID, Version: maya.Version, Email: to("m@example.com")})
		must(d, d.As("ines"), account.Edit, account.Changes{User: maya.ID, Version: maya.Version + 1, LastName: to("Whitacre")})
	})
}

func TestDetailsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, olu := d.Customer("maya"), d.member("olu")
		for what, in := range map[string]account.Changes{
			"a birthday in words":    {User: maya, Born: to("20 April")},
			"no such day":            {User: maya, Born: to("1990-02-30")},
			"not born yet":           {User: maya, Born: to("2026-11-21")},
			"born long ago":          {User: maya, Born: to("1899-12-31")},
			"a country in words":     {User: maya, Country: to("Britain")},
			"a country in small":     {User: maya, Country: to("gb")},
			"a name that deceives":   {User: maya, FirstName: to("Ma\u202eya")},
			"a name without end":     {User: maya, LastName: to(strings.Repeat("x", 10_000))},
			"a telephone of letters": {User: maya, Phone: to("call me")},
			"an address without end": {User: maya, Address: to(strings.Repeat("x", 501))},
			"not an address":         {User: maya, Email: to("maya@")},
			"staff without address":  {User: olu, Email: to("")},
		} {
			t.Log(what)
			refused(d, "invalid", d.As("ines"), account.Edit, in)
		}
		refused(d, "email_taken", d.As("ines"), account.Edit, account.Changes{User: maya, Email: to("JOSE.munoz@example.com")})
		refused(d, "email_taken", d.As("ines"), account.Edit, account.Changes{User: olu, Email: to(d.Member("kim").Email)})
		refused(d, "staff_elsewhere", d.As("ines"), account.Edit, account.Changes{User: olu, Email: to(d.Member("priya").Email)})
	})
}

func TestAnotherAddressIsAnotherWayIn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.user(d.member("olu"))
		must(d, d.As("ada"), account.Edit, account.Changes{User: olu.ID, Phone: to("07700 900111")})
		signed, link := d.enters("olu"), must(d, op.HostOperator("root"), account.NewPasswordLink, olu.Email)
		if d.isIn(signed.Token) {
			t.Fatal("a link for a new password leaves the sessions")
		}
		signed = d.enters("olu")
		old := olu.Email
		in := account.Changes{User: olu.ID, Email: to("olu.new@aurora.example")}

		d.Later(31e9)
		_, err := op.Do(t.Context(), d.Door, d.As("ines"), account.Edit, in)
		if !errors.Is(err, op.ErrStepUpRequired) {
			t.Fatalf("without a code: %v", err)
		}
		if u := d.user(olu.ID); u.Email != old || !d.isIn(signed.Token) {
			t.Errorf("before the code the address is %s", u.Email)
		}
		proof := d.proof(err)
		other := in
		other.Email = to("mallory@example.com")
		if _, err := op.Do(t.Context(), d.Door, d.As("ines"), account.Edit, other, op.With(proof)); !errors.Is(err, op.ErrStepUpMismatch) {
			t.Errorf("the code for another address: %v", err)
		}
		verified := d.number("select email_verified_at from users where id = $1", string(olu.ID))
		if _, err := op.Do(t.Context(), d.Door, d.As("ines"), account.Edit, in, op.With(proof)); err != nil {
			t.Fatal(err)
		}
		u := d.user(olu.ID)
		if u.Email != "olu.new@aurora.example" || u.EmailVerified != verified || u.EmailAttested == 0 {
			t.Errorf("after the code: %+v", u)
		}
		if d.isIn(signed.Token) {
			t.Error("a session outlives the address")
		}
		if refusal := d.setPassword(link.Token, "quiet otters drift by 12"); refusal != "link_gone" {
			t.Errorf("a link outlives the address: %q", refusal)
		}
		if told := d.letters("email_changed"); !slices.Equal(told, []string{u.Email, old}) && !slices.Equal(told, []string{old, u.Email}) {
			t.Errorf("told: %v", told)
		}
		if _, refusal := d.signIn(old, d.Member("olu").Password); refusal != "sign_in_failed" {
			t.Errorf("with the old address: %q", refusal)
		}
		if _, refusal := d.signIn(u.Email, d.Member("olu").Password); refusal != "" {
			t.Errorf("with the new address: %q", refusal)
		}
		if e := d.Events(string(d.brand("aurora")))[0]; e.Op == "user.edit" && e.StepUp == "" {
			t.Error("the event does not name the code")
		}
	})
}

// TestTheVerifiedFlagStays: what a customer has confirmed once is not taken back, and not given, by an edit of staff's.
func TestTheVerifiedFlagStays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for _, key := range []string{"maya", "tariq"} { // one has confirmed it, one has not
			before := d.user(d.Customer(key))
			must(d, d.As("kim"), account.Edit, account.Changes{User: before.ID, Email: to(key + ".new@example.com")})
			after := d.user(before.ID)
			if after.EmailVerified != before.EmailVerified || after.EmailAttested != d.attested(before.ID) || after.EmailAttested == 0 {
				t.Errorf("%s: verified %d, then %d", key, before.EmailVerified, after.EmailVerified)
			}
		}
		// Another case is the same address: no code, nobody is told.
		told := len(d.letters("email_changed"))
		if _, code := try(d, d.As("kim"), account.Edit, account.Changes{User: d.Customer("maya"), Email: to("Maya.New@example.com")}); code != "" {
			t.Errorf("another case: %s", code)
		}
		if len(d.letters("email_changed")) != told {
			t.Error("somebody was told of another case")
		}
		must(d, d.As("kim"), account.Edit, account.Changes{User: d.Customer("maya"), Email: to(" ")})
		if u := d.user(d.Customer("maya")); u.Email != "" || u.EmailAttested != 0 {
			t.Errorf("without an address: %+v", u)
		}
		d.unchanged("no address again", func() {
			if _, code := try(d, d.As("kim"), account.Edit, account.Changes{User: d.Customer("maya"), Email: to("  ")}); code != "" {
				t.Errorf("no address again: %s", code)
			}
		})
	})
}

func (d *desk) attested(id user.ID) int64 {
	return d.number("select email_attested_at from users where id = $1", string(id))
}

func TestNobodyChangesTheirOwnAddressHere(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for _, key := range []string{"ada", "kim"} {
			refused(d, "own_email", d.As(key), account.Edit, account.Changes{User: d.member(key), Email: to("mallory@example.com")})
		}
		// A key is not its owner, and does not do it for them either.
		c := d.As("ada")
		key := *c
		key.Kind, key.ID, key.Session = op.Key, "key_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", ""
		refused(d, "own_email", &key, account.Edit, account.Changes{User: d.member("ada"), Email: to("mallory@example.com")})
		must(d, d.As("ada"), account.Edit, account.Changes{User: d.member("ada"), Email: to(strings.ToUpper(d.Member("ada").Email))})
	})
}

func TestACustomerSeesNothingOfTheDesk(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		if _, err := d.Desk.SignIn(t.Context(), nobody, auth.Try{Audience: "staff", Email: "maya.whitaker@example.com", Password: "whatever it is 12"}); err == nil {
			t.Error("a customer came in")
		}
		c := &op.Caller{Kind: op.Person, ID: string(maya), Person: string(maya), Home: d.brand("aurora").Scope()}
		for _, id := range []user.ID{d.Customer("jose"), d.member("kim")} {
			refused(d, "not_found", c, account.Edit, account.Changes{User: id, FirstName: to("Robin")})
			refused(d, "not_found", c, account.Deactivate, account.Of(id))
		}
	})
}
