package account_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
)

// confirms answers a step-up with the newest code to an address, and gives what came of it.
func (f *front) confirms(a answer, email, base string) answer {
	f.t.Helper()
	path, _, _ := strings.Cut(a.location, "?")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(path, base+"/step-ups/") {
		f.t.Fatalf("no step-up: %d %q %s", a.status, a.location, words(a.body))
	}
	f.get(path).wants(f.t, http.StatusOK, "")
	f.post(path, "code", "000000", "back", base+"/security").wants(f.t, http.StatusForbidden, "")
	done := f.post(path, "code", f.mailed(email), "back", base+"/security")
	f.Later(31 * time.Second)
	return done
}

func TestACustomerSetsAPasswordAndThenChangesIt(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const first, second = "plum otter lantern seven", "violet harbour kettle nine"
		const base, at = "/account/aurora", "/account/aurora/security"
		f.enters(base, maya)
		f.Later(31 * time.Second)
		if said := words(f.get(at).wants(t, http.StatusOK, "").body); !strings.Contains(said, "You have none: you sign in with a code") {
			t.Errorf("says %s", said)
		}
		before := f.print()
		f.post(at+"/password", "password", "short").wants(t, http.StatusUnprocessableEntity, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
		f.confirms(f.post(at+"/password", "password", first), maya, base).wants(t, http.StatusSeeOther, at)
		other := f.another()
		other.post(base+"/sign-in", "email", maya, "password", first).wants(t, http.StatusSeeOther, base)
		f.post(at+"/password", "password", second).wants(t, http.StatusUnprocessableEntity, "")
		f.post(at+"/password", "current", "not this one", "password", second).wants(t, http.StatusUnprocessableEntity, "")
		f.post(at+"/password", "current", first, "password", second).wants(t, http.StatusSeeOther, at)
		other.get(base).wants(t, http.StatusSeeOther, base+"/sign-in") // signed out everywhere else
		f.get(base).wants(t, http.StatusOK, "")
		f.another().post(base+"/sign-in", "email", maya, "password", first).wants(t, http.StatusUnauthorized, "")
		f.another().post(base+"/sign-in", "email", maya, "password", second).wants(t, http.StatusSeeOther, base)
	})
}

func TestACustomerKeepsPasskeysAndComesInWithOne(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const base, at = "/account/aurora", "/account/aurora/security"
		f.enters(base, maya)
		f.Later(31 * time.Second)
		device := softkey.New("maya's phone", string(f.Customer("maya")))
		site := f.Site.RelyingParty()
		made, err := device.Make([]byte(f.post(at+"/passkeys/question").wants(t, http.StatusOK, "").body), site)
		if err != nil {
			t.Fatal(err)
		}
		told := f.confirms(f.post(at+"/passkeys", "name", "Phone", "answer", made), maya, base).wants(t, http.StatusOK, "")
		if !strings.Contains(words(told.body), "Keep your recovery codes") || recovery(told.body) == "" {
			t.Errorf("says %s", words(told.body))
		}
		page := f.get(at).wants(t, http.StatusOK, "")
		row := regexp.MustCompile(`data-row="(psk_[^"]+)"`).FindStringSubmatch(page.body)
		if len(row) != 2 || !strings.Contains(words(page.body), "Phone Added") {
			t.Fatalf("says %s", words(page.body))
		}
		b := f.another()
		b.get(base+"/sign-in").wants(t, http.StatusOK, "")
		shown, err := device.Answer([]byte(b.post(base+"/sign-in/passkey/question").wants(t, http.StatusOK, "").body), site)
		if err != nil {
			t.Fatal(err)
		}
		b.post(base+"/sign-in/passkey", "answer", shown).wants(t, http.StatusSeeOther, base)
		// a passkey confirms as well as a code
		asked := b.post(at + "/codes")
		path, _, _ := strings.Cut(asked.location, "?")
		shown, err = device.Answer([]byte(b.post(path+"/passkey/question").wants(t, http.StatusOK, "").body), site)
		if err != nil {
			t.Fatal(err)
		}
		codes := b.post(path+"/passkey", "answer", shown, "back", at).wants(t, http.StatusOK, "")
		if !strings.Contains(words(codes.body), "Keep your recovery codes") {
			t.Errorf("says %s", words(codes.body))
		}
		b.post(at+"/passkeys/"+row[1]+"/name", "name", "Old phone").wants(t, http.StatusSeeOther, at)
		f.another().post(at+"/passkeys/"+row[1]+"/name", "name", "Stolen").wants(t, http.StatusSeeOther, base+"/sign-in")
		if !strings.Contains(b.get(at).body, "Old phone") {
			t.Error("it has its old name")
		}
		// with a second factor a mailed code alone does not let her in
		g := f.another()
		f.Later(31 * time.Second)
		g.post(base+"/sign-in", "by", "code", "email", maya)
		g.post(base+"/sign-in/code", "code", f.mailed(maya)).wants(t, http.StatusSeeOther, base+"/sign-in/second")
		g.post(base+"/sign-in/second", "with", "recovery", "code", recovery(codes.body)).wants(t, http.StatusSeeOther, base)
		f.Later(31 * time.Second)
		b.confirms(b.post(at+"/passkeys/"+row[1]+"/remove"), maya, base).wants(t, http.StatusSeeOther, at)
		if strings.Contains(b.get(at).body, "Old phone") {
			t.Error("it was not removed")
		}
	})
}

// recovery is the first code on a page of recovery codes.
func recovery(body string) string {
	return regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4}){3}`).FindString(body)
}

func TestACustomerEditsTheirProfile(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const at = "/account/aurora/profile"
		f.enters("/account/aurora", maya)
		page := f.get(at).wants(t, http.StatusOK, "")
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page.body)[1]
		before := f.print()
		f.post(at, "version", version, "first_name", "Maya", "phone", "not a number").wants(t, http.StatusUnprocessableEntity, "")
		f.post(at, "version", version, "born", "2031-01-01").wants(t, http.StatusUnprocessableEntity, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
		f.post(at, "version", version, "first_name", "Mayah", "last_name", "Whitaker", "phone", "07700 900999", "born", "1990-02-03", "address", "1 Mill Lane\r\nYork",
			"email", "mallory@example.com", "status", "banned").wants(t, http.StatusSeeOther, at)
		f.post(at, "version", version, "first_name", "Again").wants(t, http.StatusPreconditionFailed, "")
		u, err := user.Find(f.Store.Read(t.Context()), f.Customer("maya"))
		if err != nil || u.FirstName != "Mayah" || u.Born != "1990-02-03" || u.Address != "1 Mill Lane\nYork" || u.Email != maya || u.Status != user.Active {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

func TestForgottenAnswersTheSameForEveryAddressAndTheLinkLeadsBack(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const at = "/account/aurora/sign-in/forgot"
		f.get(at).wants(t, http.StatusOK, "")
		known := f.post(at, "email", maya).wants(t, http.StatusOK, "")
		unknown := f.another().post(at, "email", "nobody@example.com").wants(t, http.StatusOK, "")
		if words(known.body) != words(unknown.body) {
			t.Errorf("%s\n%s", words(known.body), words(unknown.body))
		}
		path := ""
		for _, m := range f.Mails() {
			if m.To == maya && m.Kind == "password_forgotten" {
				path = m.Letter.Path
			}
			if m.To == "nobody@example.com" {
				t.Error("a stranger was sent a mail")
			}
		}
		f.get(path).wants(t, http.StatusSeeOther, "/set-password")
		f.post("/set-password", "password", "plum otter lantern seven").wants(t, http.StatusSeeOther, "/account/aurora/sign-in")
		f.post("/account/aurora/sign-in", "email", maya, "password", "plum otter lantern seven").wants(t, http.StatusSeeOther, "/account/aurora")
	})
}

func TestOrdersAreOnesOwnByPages(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		f.enters("/account/aurora", maya)
		page := f.get("/account/aurora/orders").wants(t, http.StatusOK, "")
		if n := strings.Count(page.body, "<tr>"); n < 2 || n > 26 || !strings.Contains(words(page.body), "£") {
			t.Errorf("%d rows: %s", n, words(page.body))
		}
		g := f.another()
		tariq, err := user.Find(f.Store.Read(t.Context()), f.Customer("tariq"))
		if err != nil {
			t.Fatal(err)
		}
		g.enters("/account/aurora", tariq.Email)
		if said := words(g.get("/account/aurora/orders").wants(t, http.StatusOK, "").body); !strings.Contains(said, "not ordered anything yet") {
			t.Errorf("says %s", said)
		}
	})
}

func TestWhoHasNoPasskeyIsOfferedOneUntilTheySayNotNow(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		all, err := seed.Admit(t.Context(), f.Door)
		if err != nil {
			t.Fatal(err)
		}
		offered := func(f *front, page string) bool {
			t.Helper()
			body := f.get(page).wants(t, http.StatusOK, "").body
			shown := strings.Contains(body, "Sign in with a passkey?")
			if shown && !strings.Contains(body, `<section class="st-passkey `) { // hidden until script says that the browser knows them
				t.Error("it is shown without script")
			}
			return shown
		}
		for _, at := range []struct{ base, first, email, other string }{
			{"/account/aurora", "/account/aurora", maya, "/account/aurora/profile"},
			{"/app/aurora", "/app/aurora/profile", all[0].Email, "/app/aurora/security"},
		} {
			b := f.another()
			b.enters(at.base, at.email)
			if !offered(b, at.first) || offered(b, at.other) {
				t.Errorf("%s: it is offered on the first page and nowhere else", at.base)
			}
			before := f.print()
			b.post(at.base+"/passkey-offer/later").wants(t, http.StatusSeeOther, at.base)
			if differ := before.Diff(f.print()); len(differ) > 0 {
				t.Errorf("changed %v", differ)
			}
			if offered(b, at.first) {
				t.Errorf("%s: it is offered again at once", at.base)
			}
			b.post(at.base + "/sign-out")
			b.enters(at.base, at.email)
			if offered(b, at.first) {
				t.Errorf("%s: it is offered again at the next sign-in", at.base)
			}
			other := f.another()
			other.enters(at.base, at.email)
			if !offered(other, at.first) {
				t.Errorf("%s: another browser does not offer it", at.base)
			}
		}
		tariq, err := user.Find(f.Store.Read(t.Context()), f.Customer("tariq"))
		if err != nil {
			t.Fatal(err)
		}
		b := f.another()
		b.enters("/account/aurora", maya)
		b.post("/account/aurora/passkey-offer/later")
		b.post("/account/aurora/sign-out")
		b.enters("/account/aurora", tariq.Email)
		if !offered(b, "/account/aurora") {
			t.Error("somebody else at the same browser is not asked")
		}
		if v := f.views("bruno", f.Customer("tariq"), "account"); offered(v, "/account/aurora") {
			t.Error("staff who look through somebody's eyes are offered it")
		}
	})
}

func TestTheRegistrationAsksForALocationOfTheShop(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const at = "/account/aurora/sign-up"
		york := string(f.Place("aurora").Hub["York"])
		page := f.get(at).wants(t, http.StatusOK, "")
		if !strings.Contains(page.body, `value="`+york+`"`) || strings.Contains(page.body, string(f.Place("meridian").Hub["Boston"])) {
			t.Error("it does not offer the locations of this shop alone")
		}
		before := f.print()
		wrong := f.post(at, "email", "noor@example.org", "location", string(f.Place("meridian").Hub["Boston"])).wants(t, http.StatusUnprocessableEntity, "")
		if !strings.Contains(words(wrong.body), "Choose one of this shop’s locations") {
			t.Errorf("says %s", words(wrong.body))
		}
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("changed %v", differ)
		}
		if again := f.post(at, "email", "noor@", "location", york).wants(t, http.StatusUnprocessableEntity, ""); !strings.Contains(again.body, `value="`+york+`" selected`) {
			t.Error("the form forgets what was chosen")
		}
		f.post(at, "email", "noor@example.org", "location", york).wants(t, http.StatusSeeOther, at+"/sent")
		f.get(f.path("confirm_sign_up", "noor@example.org"))
		f.post("/account/aurora/confirm").wants(t, http.StatusOK, "")
		u, err := user.FindByEmail(f.Store.Read(t.Context()), f.Place("aurora").ID, "noor@example.org")
		if err != nil || string(u.Location) != york {
			t.Errorf("her home is %s, %v", u.Location, err)
		}
	})
}
