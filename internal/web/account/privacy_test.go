package account_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/browser"
)

// stepsUp answers the step-up to which a post has led.
func (f *front) stepsUp(a answer) {
	f.t.Helper()
	path, _, _ := strings.Cut(a.location, "?")
	if a.status != http.StatusSeeOther || !strings.Contains(path, "/step-ups/") {
		f.t.Fatalf("%d %q is no step-up: %s", a.status, a.location, words(a.body))
	}
	if after := f.post(path, "code", f.mailed(maya)); after.status != http.StatusSeeOther {
		f.t.Fatalf("the code: %d %s", after.status, words(after.body))
	}
	f.Later(31 * time.Second)
}

// path is that of the link in the newest letter of a kind to an address.
func (f *front) path(kind, email string) string {
	f.t.Helper()
	for _, m := range f.Mails() {
		if m.Kind == kind && m.To == email {
			return m.Letter.Path
		}
	}
	f.t.Fatalf("no letter %s to %s", kind, email)
	return ""
}

func TestACustomerMovesToAnotherAddressAndBack(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const base, next = "/account/aurora", "maya@whitaker.example"
		f.enters(base, maya)
		before := f.print()
		f.post(base+"/email", "email", "maya@").wants(t, http.StatusUnprocessableEntity, "")
		f.post(base+"/email", "email", maya).wants(t, http.StatusConflict, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("refused, and changed %v", differ)
		}
		f.stepsUp(f.post(base+"/email", "email", next))
		if a := f.get(base+"/email").wants(t, http.StatusOK, ""); !strings.Contains(words(a.body), next) {
			t.Error(words(a.body))
		}
		before = f.print()
		link := f.path("email_change", next)
		f.get(link).wants(t, http.StatusSeeOther, base+"/email/confirm")
		f.get(base+"/email/confirm").wants(t, http.StatusOK, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("opening the link changed %v", differ)
		}
		f.post(base+"/email/confirm").wants(t, http.StatusOK, "")
		f.get(base).wants(t, http.StatusOK, "") // who confirms stays
		f.get(link)
		f.post(base+"/email/confirm").wants(t, http.StatusGone, "")

		old := f.another()
		back := f.path("email_changed", maya)
		old.get(back).wants(t, http.StatusSeeOther, "/email/revert")
		old.get("/email/revert").wants(t, http.StatusOK, "")
		old.post("/email/revert").wants(t, http.StatusOK, "")
		f.get(base).wants(t, http.StatusSeeOther, base+"/sign-in")
		old.get(back)
		old.get("/email/revert").wants(t, http.StatusGone, "")
	})
}

// TestACompanyUserMovesToAnotherAddress: on the same page, in the panel.
func TestACompanyUserMovesToAnotherAddress(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		all, err := seed.Admit(t.Context(), f.Door)
		if err != nil {
			t.Fatal(err)
		}
		const base, next = "/app/aurora", "greta@new.example"
		greta := all[0].Email
		f.enters(base, greta)
		for _, page := range []string{base, "/account/aurora"} {
			b := f
			if page != base {
				b = f.another()
				b.enters(page, maya)
			}
			if a := b.get(page+"/profile").wants(t, http.StatusOK, ""); !strings.Contains(a.body, `href="`+page+`/email"`) {
				t.Errorf("%s/profile does not lead to the change of the address", page)
			}
		}
		f.Later(31 * time.Second)
		asked := f.post(base+"/email", "email", next)
		path, _, _ := strings.Cut(asked.location, "?")
		f.post(path, "code", f.mailed(greta), "back", base+"/email").wants(t, http.StatusSeeOther, base+"/email")
		link := f.path("email_change", next)
		f.get(link).wants(t, http.StatusSeeOther, base+"/email/confirm")
		f.post(base+"/email/confirm").wants(t, http.StatusOK, "")
		if a := f.get(base+"/profile").wants(t, http.StatusOK, ""); !strings.Contains(a.body, next) {
			t.Error(words(a.body))
		}
		f.path("email_changed", greta)
		if v := f.views("bruno", all[0].ID, "company"); true {
			v.get(base+"/email").wants(t, http.StatusForbidden, "")
			if a := v.get(base + "/profile"); strings.Contains(a.body, base+"/email") {
				t.Error("staff who look through her eyes are shown the way to her address")
			}
		}
	})
}

// TestACompanyUserHasACopyOfTheirData: on the same page as customers, without consents, which are for customers.
func TestACompanyUserHasACopyOfTheirData(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		all, err := seed.Admit(t.Context(), f.Door)
		if err != nil {
			t.Fatal(err)
		}
		const base = "/app/aurora"
		f.get(base+"/privacy").wants(t, http.StatusSeeOther, base+"/sign-in?back=%2Fapp%2Faurora%2Fprivacy")
		f.enters(base, all[0].Email)
		if a := f.get(base + "/profile"); !strings.Contains(a.body, `href="`+base+`/privacy"`) {
			t.Error("the menu does not lead there")
		}
		if a := f.get(base+"/privacy").wants(t, http.StatusOK, ""); strings.Contains(words(a.body), "What you agree to") || !strings.Contains(words(a.body), "Download my data") {
			t.Error(words(a.body))
		}
		before := f.print()
		f.post(base+"/privacy/consents", "email_marketing", "1").wants(t, http.StatusConflict, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("refused, and changed %v", differ)
		}
		f.post(base+"/privacy/download").wants(t, http.StatusSeeOther, base+"/privacy")
		if a := f.get(base + "/privacy"); !strings.Contains(words(a.body), "Being made") {
			t.Error(words(a.body))
		}
		f.Later(31 * time.Second)
		asked := f.post(base+"/privacy/deletion", "reason", "I have left the company")
		path, _, _ := strings.Cut(asked.location, "?")
		f.post(path, "code", f.mailed(all[0].Email), "back", base+"/privacy").wants(t, http.StatusSeeOther, base+"/privacy")
		f.post(base+"/privacy/deletion/withdraw").wants(t, http.StatusSeeOther, base+"/privacy")
		v := f.views("bruno", all[0].ID, "company")
		v.post(base+"/privacy/download").wants(t, http.StatusForbidden, "")
	})
}

func TestACustomerSeesToTheirPrivacy(t *testing.T) {
	fronts(t, func(t *testing.T, f *front) {
		const base = "/account/aurora"
		if _, err := op.Do(t.Context(), f.Door, f.As("ines"), consent.ChangePolicy, consent.PolicyChange{Brand: f.Place("aurora").ID, Version: "2026-11", Text: "We keep your orders.\n\nNothing else."}); err != nil {
			t.Fatal(err)
		}
		stranger := f.another()
		if a := stranger.get(base+"/privacy-policy").wants(t, http.StatusOK, ""); !strings.Contains(a.body, "Nothing else.") {
			t.Error(words(a.body))
		}
		before := f.print()
		stranger.post(base+"/sign-up", "email", "noor@example.org", "policy_version", "2026-11").wants(t, http.StatusUnprocessableEntity, "")
		stranger.post(base+"/sign-up", "email", "noor@example.org", "policy_version", "2026-10", "policy", "1").wants(t, http.StatusUnprocessableEntity, "")
		if differ := before.Diff(f.print()); len(differ) > 0 {
			t.Errorf("refused, and changed %v", differ)
		}
		stranger.post(base+"/sign-up", "email", "noor@example.org", "policy_version", "2026-11", "policy", "1").wants(t, http.StatusSeeOther, base+"/sign-up/sent")
		stranger.get(f.path("confirm_sign_up", "noor@example.org"))
		stranger.post(base+"/confirm").wants(t, http.StatusOK, "")

		f.enters(base, maya)
		if a := f.get(base); !strings.Contains(words(a.body), "has a privacy policy") {
			t.Error("nobody asks to accept the policy")
		}
		f.post(base+"/privacy/policy", "version", "2026-10").wants(t, http.StatusPreconditionFailed, "")
		f.post(base+"/privacy/policy", "version", "2026-11", "back", base).wants(t, http.StatusSeeOther, base)
		if a := f.get(base); strings.Contains(words(a.body), "has a privacy policy") {
			t.Error("asked again")
		}
		f.post(base+"/privacy/consents", "email_marketing", "1").wants(t, http.StatusSeeOther, base+"/privacy")
		if a := f.get(base + "/privacy"); !strings.Contains(words(a.body), "Agreed on 20 Nov 2026") {
			t.Error(words(a.body))
		}
		f.post(base+"/privacy/consents").wants(t, http.StatusSeeOther, base+"/privacy")
		f.post(base+"/privacy/download").wants(t, http.StatusSeeOther, base+"/privacy")
		if a := f.get(base + "/privacy"); !strings.Contains(words(a.body), "Being made") {
			t.Error(words(a.body))
		}
		f.stepsUp(f.post(base+"/privacy/deletion", "reason", "Too many mails"))
		f.post(base+"/privacy/deletion").wants(t, http.StatusConflict, "")
		f.post(base+"/privacy/deletion/withdraw").wants(t, http.StatusSeeOther, base+"/privacy")
		if a := f.get(base + "/privacy"); !strings.Contains(words(a.body), "You withdrew your request") {
			t.Error(words(a.body))
		}
	})
}

// TestPrivacyPagesAreAccessible: in both themes and on a phone.
func TestPrivacyPagesAreAccessible(t *testing.T) {
	w := world.New(t)
	w.Customer("maya")
	f := (&front{World: w, t: t, base: w.Serve().URL}).another()
	const base = "/account/aurora"
	if _, err := op.Do(t.Context(), f.Door, f.As("ines"), consent.ChangePolicy, consent.PolicyChange{Brand: f.Place("aurora").ID, Version: "2026-11", Text: "We keep your orders."}); err != nil {
		t.Fatal(err)
	}
	b := browser.New(t).At(f.base)
	look := func(name, path string) {
		for _, form := range []struct {
			name  string
			width int
			dark  bool
		}{{"light", browser.DesktopWidth, false}, {"dark", browser.DesktopWidth, true}, {"light-390", browser.PhoneWidth, false}, {"dark-390", browser.PhoneWidth, true}} {
			b.SetDark(form.dark)
			b.SetSize(form.width, browser.DesktopHeight)
			b.Goto(path)
			if wide := browser.Eval[int](b, "document.documentElement.scrollWidth"); wide > form.width {
				t.Errorf("%s-%s is %d wide", name, form.name, wide)
			}
			if dir := os.Getenv("STEWARD_SHOTS"); dir != "" {
				b.ScreenshotPage(filepath.Join(dir, name+"-"+form.name+".png"))
			}
			b.Axe(t)
		}
	}
	look("sign-up-policy", base+"/sign-up")
	if _, err := op.Do(t.Context(), f.Door, f.As("ada"), account.ResetPassword, account.Of(f.Customer("maya"))); err != nil {
		t.Fatal(err)
	}
	const phrase = "plum otter lantern seven"
	hash, err := world.CheapHash(phrase)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(f.path("password_reset", maya), "token=")
	if _, err := f.Desk.SetHashByLink(t.Context(), op.Nobody("", "", ""), token, hash); err != nil {
		t.Fatal(err)
	}
	b.Goto(base + "/sign-in")
	b.Type(browser.Field("E-mail"), maya)
	b.Type(browser.Field("Password"), phrase)
	b.Press("Enter")
	b.WaitPath(base)
	look("account-policy", base)
	look("privacy", base+"/privacy")
	look("deletion", base+"/privacy/deletion")
	look("email", base+"/email")
	look("policy", base+"/privacy-policy")
}
