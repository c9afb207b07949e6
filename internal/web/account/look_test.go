package account_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/browser"
)

// Every page of both panels in both themes and on a phone: nothing that axe finds, nothing that scrolls sideways. With
// STEWARD_SHOTS=folder it leaves pictures there.
func TestPagesAreAccessibleInBothThemesAndOnAPhone(t *testing.T) {
	w := world.New(t)
	maya := w.Customer("maya")
	buyers, err := seed.Admit(t.Context(), w.Door)
	if err != nil {
		t.Fatal(err)
	}
	b := browser.New(t).At(w.Serve().URL)
	look := func(name string) {
		t.Helper()
		for _, dark := range []bool{false, true} {
			for _, phone := range []bool{false, true} {
				shot := name + map[bool]string{true: "-dark", false: "-light"}[dark]
				b.SetDark(dark)
				b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
				width := browser.DesktopWidth
				if phone {
					width = browser.PhoneWidth
					shot += "-390"
					b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
				}
				if wide := browser.Eval[int](b, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("%s is %d wide", shot, wide)
				}
				if dir := os.Getenv("STEWARD_SHOTS"); dir != "" {
					b.ScreenshotPage(filepath.Join(dir, shot+".png"))
				}
				if !phone || !dark {
					b.Axe(t)
				}
			}
		}
		b.SetDark(false)
		b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
	}
	enter := func(base, email string) {
		t.Helper()
		w.Later(31 * time.Second)
		b.Goto(base + "/sign-in")
		b.Type(browser.Field("E-mail"), email)
		b.Click("button[name=by]")
		b.WaitPath(base + "/sign-in/code")
		b.Type("#code", w.Code())
		b.Press("Enter")
		b.WaitGone("#code")
	}
	b.Goto("/account/aurora/sign-in/forgot")
	look("forgot")
	enter("/account/aurora", "maya.whitaker@example.com")
	for _, page := range []string{"", "/orders", "/profile", "/security", "/sessions", "/history", "/security/password", "/security/passkeys/new"} {
		b.Goto("/account/aurora" + page)
		look("account" + filepath.Base("/x"+page))
	}
	w.Later(31 * time.Second)
	b.Goto("/account/aurora/security/password")
	b.Type("#f-password", "plum otter lantern seven")
	b.Press("Enter")
	b.WaitText("Confirm")
	look("step-up")
	enter("/app/aurora", buyers[0].Email)
	for _, page := range []string{"/profile", "/security", "/email", "/privacy"} {
		b.Goto("/app/aurora" + page)
		look("app" + filepath.Base(page))
	}
	ada := w.Member("ada")
	b.Goto("/admin/sign-in")
	look("admin-sign-in")
	b.Type(browser.Field("E-mail"), ada.Email)
	b.Type(browser.Field("Password"), ada.Password)
	b.Click(browser.Button("Continue"))
	b.WaitPath("/admin/sign-in/second")
	b.Type("#code", w.AppCode("ada"))
	b.Press("Enter")
	b.WaitPath("/admin")
	b.Goto("/admin/me/security")
	look("admin-security")
	b.Goto("/admin/me/email")
	look("admin-email")
	b.Goto("/admin/users/" + string(maya) + "/impersonation")
	look("view-as")
	w.Later(31 * time.Second)
	b.Type("#f-reason", "They asked on the phone")
	b.Press("Enter")
	b.WaitText("Confirm")
	b.Type("#code", w.Code())
	b.Press("Enter")
	b.WaitPath("/account/aurora")
	b.WaitText("views as")
	look("viewing")
	b.Goto("/account/aurora/profile")
	look("viewing-profile")
	b.Goto("/account/aurora/security")
	look("viewing-refused")
	b.TakeFaults()
	b.Goto("/account/aurora/profile")
	b.Click(browser.Button("End"))
	b.WaitPath("/admin/customers/" + string(maya))
	b.TakeFaults()
}
