package entry

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// pages of the desk, as somebody would try who has come half-way.
var pages = []string{
	"/admin", "/admin/", "/admin/users", "/admin/customers", "/admin/audit", "/admin/settings", "/admin/me", "/admin/me/security", "/admin/me/security/apps/new",
	"/admin/sign-in/../users", "/admin//users", "/admin/%2e/users",
}

// outside demands that a browser opens no page of the desk and posts nothing to it, whatever it holds.
func (b *browser) outside(t *testing.T, what string) {
	t.Helper()
	b.h.unchanged(t, func() {
		for _, path := range pages {
			a := b.get(path)
			for range 3 { // a path that is written better
				if a.status != http.StatusMovedPermanently && a.status != http.StatusTemporaryRedirect && a.status != http.StatusPermanentRedirect {
					break
				}
				a = b.get(a.to())
			}
			if a.status != http.StatusSeeOther || !strings.Contains(a.to(), "/admin/sign-in") {
				t.Errorf("%s: %s is answered %s", what, path, a)
			}
		}
		for _, path := range []string{"/admin/preferences/theme", "/admin/me/security/apps", "/admin/me/security/codes", "/admin/brand", "/admin/me/sessions/others/end"} {
			if a := b.post(path, "theme", "dark"); a.status != http.StatusSeeOther || !strings.Contains(a.to(), "/admin/sign-in") {
				t.Errorf("%s: posting to %s is answered %s", what, path, a)
			}
		}
		if token := b.cookie("steward_ticket"); token != "" {
			for _, name := range []string{"steward_staff", "steward_account", "steward_company"} {
				if other := b.h.browser().holds(name, token); other.isIn(desk) || other.isIn(shop) {
					t.Errorf("%s: the ticket is good as %s", what, name)
				}
			}
			if a := b.h.browser().get("/v1/users", "Authorization", "Bearer "+token); a.status != http.StatusUnauthorized {
				t.Errorf("%s: the API takes a ticket: %s", what, a)
			}
		}
	})
	if b.cookie("steward_staff") != "" {
		t.Errorf("%s: there is a session", what)
	}
}

func TestStaffNeverSkipTheSecondFactor(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		host, kim := op.HostOperator("test"), h.Member("kim")
		h.half("kim").outside(t, "a password")
		b := h.half("kim")
		h.unchanged(t, func() {
			for range 2 { // no other factor is made on the way in
				b.get("/admin/sign-in/enrol")
				b.post("/admin/sign-in/enrol", "code", h.AppCode("kim"), "name", "Mine")
				b.post("/admin/sign-in/enrol/passkey/question")
				b.post("/admin/sign-in/enrol/passkey", "answer", "{}")
				b.post("/admin/sign-in/new-password", "password", fresh)
			}
		})
		b.outside(t, "a password, and then the page of enrolment")

		added, err := op.Do(t.Context(), h.Door, host, account.NewPasswordLink, kim.Email)
		if err != nil {
			t.Fatal(err)
		}
		b = h.browser()
		if a := b.link("/set-password", added.Token, "password", kim.Password); !strings.HasPrefix(a.to(), "/admin/sign-in") {
			t.Errorf("after the link made at the machine: %s", a)
		}
		b.outside(t, "a link made at the machine")

		h.Later(apart)
		if _, err := op.Do(t.Context(), h.Door, h.As("ada"), account.ResetPassword, account.Of(kim.ID)); err != nil {
			t.Fatal(err)
		}
		b = h.browser()
		if a := b.link("/set-password", h.letter("password_reset", kim.Email), "password", kim.Password); a.to() != "/admin/sign-in/second" {
			t.Errorf("after a reset link: %s", a)
		}
		b.outside(t, "a reset link")
		if a := b.post("/admin/sign-in/second", "code", h.AppCode("kim")); !b.isIn(desk) {
			t.Errorf("and with the second factor: %s", a)
		}

		// A code by mail opens, at most, one's own account at the shop, and that with the second factor too.
		b = h.browser()
		a := b.post(shop+"/sign-in/code", "code", b.asks(kim.Email))
		if !strings.HasSuffix(a.to(), shop+"/sign-in/second") || b.isIn(shop) || b.isIn(desk) {
			t.Errorf("a code by mail: %s", a)
		}
		other := h.browser().holds("steward_ticket", b.cookie("steward_ticket_account"))
		h.shut(t, other, desk, func() answer { return other.post("/admin/sign-in/second", "code", h.AppCode("kim")) })
		other.outside(t, "a code by mail and the second factor, at the desk")
		b.post(shop+"/sign-in/second", "code", h.AppCode("kim"))
		if b.isIn(desk) {
			t.Error("a code by mail and the second factor open the desk")
		}
		if h.browser().holds("steward_staff", b.cookie("steward_account")).isIn(desk) {
			t.Error("a session of the shop opens the desk")
		}
	})
}

var offeredKey = regexp.MustCompile(`secret=([A-Z2-7]{32})`)

// offered is the secret that the page of enrolment shows.
func (b *browser) offered() string {
	b.h.t.Helper()
	found := offeredKey.FindStringSubmatch(html.UnescapeString(b.get("/admin/sign-in/enrol").text))
	if found == nil {
		b.h.t.Fatal("no secret is offered")
	}
	return found[1]
}

func TestWhoHasNoSecondFactorMakesTheirOwnBeforeTheyAreIn(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		newcomer := func(email string) *browser {
			t.Helper()
			in := account.NewStaff{Email: email, FirstName: "New", LastName: "Comer", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: h.Place("aurora").ID}}}}
			in.Send = true
			if _, err := op.Do(t.Context(), h.Door, h.As("bruno"), account.Invite, in); err != nil {
				t.Fatal(err)
			}
			b := h.browser()
			if a := b.link("/invitation", h.letter("invitation", email), "first_name", "New", "last_name", "Comer", "password", fresh); a.to() != "/admin/sign-in/enrol" {
				t.Fatalf("after the invitation: %s", a)
			}
			return b
		}
		one, two := newcomer("one@example.org"), newcomer("two@example.org")
		one.outside(t, "an invitation")
		codeOf := func(secret string) string {
			code, err := auth.AppCode(secret, h.Door.Now())
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		theirs := two.offered()
		h.shut(t, one, desk, func() answer { return one.post("/admin/sign-in/enrol", "code", codeOf(theirs)) })
		h.shut(t, one, desk, func() answer { return one.post("/admin/sign-in/enrol", "code", h.AppCode("kim")) })
		h.shut(t, one, desk, func() answer { return one.post("/admin/sign-in/second", "code", codeOf(theirs)) })
		h.shut(t, one, desk, func() answer {
			return one.post("/admin/sign-in/second", "with", "recovery", "code", "AAAA-BBBB-CCCC-DDDD")
		})
		nobody := h.browser()
		h.shut(t, nobody, desk, func() answer { return nobody.post("/admin/sign-in/enrol", "code", codeOf(theirs)) })
		h.shut(t, nobody, desk, func() answer { return nobody.post("/admin/sign-in/enrol/passkey/question") })

		// A passkey made of somebody else's question is nobody's.
		asked := two.post("/admin/sign-in/enrol/passkey/question")
		device := softkey.New("two's", "two")
		made, err := device.Make([]byte(asked.text), h.Site.RelyingParty())
		if err != nil {
			t.Fatal(err)
		}
		ceremony := two.cookie("steward_ceremony")
		h.shut(t, nobody.holds("steward_ceremony", ceremony), desk, func() answer { return nobody.post("/admin/sign-in/enrol/passkey", "answer", made) })
		h.shut(t, one.holds("steward_ceremony", ceremony), desk, func() answer { return one.post("/admin/sign-in/enrol/passkey", "answer", made) })
		h.shut(t, one, desk, func() answer { return one.post("/admin/sign-in/passkey", "answer", made) })

		if a := two.post("/admin/sign-in/enrol", "code", codeOf(theirs)); a.status != http.StatusOK || !two.isIn(desk) {
			t.Errorf("their own: %s", a)
		}
		// The ticket that made one factor makes no second one, and the factor does not open somebody else's account.
		h.shut(t, one, desk, func() answer { return one.post("/admin/sign-in/enrol", "code", codeOf(theirs)) })
		if a := one.post("/admin/sign-in/enrol", "code", codeOf(one.offered())); a.status != http.StatusOK || !one.isIn(desk) {
			t.Errorf("one's own: %s", a)
		}
	})
}

// A reset of the second factor leaves the password, and the next sign-in makes a new factor before anything else.
func TestAResetSecondFactorOpensNothing(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		kim, in := h.Member("kim"), h.staff("kim")
		if _, err := op.Do(t.Context(), h.Door, op.HostOperator("admin reset"), account.ResetSecondFactor, account.Of(kim.ID)); err != nil {
			t.Fatal(err)
		}
		if in.isIn(desk) {
			t.Error("the session lives on")
		}
		b := h.browser()
		if a := b.post("/admin/sign-in", "email", kim.Email, "password", kim.Password); a.to() != "/admin/sign-in/enrol" {
			t.Fatalf("after the password: %s", a)
		}
		b.outside(t, "a password without a second factor")
		h.shut(t, b, desk, func() answer { return b.post("/admin/sign-in/enrol", "code", h.AppCode("kim")) }) // of the app that was removed
	})
}
