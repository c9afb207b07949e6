package admin_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/tests/browser"
)

const adas = "ada@desk.example"

func (b *client) half(email string) {
	b.t.Helper()
	b.post("/admin/sign-in", "email", email, "password", phrase).leads("/admin/sign-in/second")
	if b.session() != "" {
		b.t.Fatal("a password alone began a session")
	}
}

func TestTheSecondStepAnswersTheSameForEverybody(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, kims := k.staff("support", k.aurora)
	answers := map[string]string{}
	for _, email := range []string{adas, kims} {
		b := k.client()
		b.half(email)
		page := b.get("/admin/sign-in/second").wants(http.StatusOK)
		if strings.Contains(page.body, email) || strings.Contains(page.body, "Ada") {
			t.Error("the page says whose sign-in it is")
		}
		wrong := b.post("/admin/sign-in/second", "code", "000000").wants(http.StatusUnauthorized)
		if len(wrong.all("p", "id=code-e")) != 1 || !strings.Contains(wrong.body, "4 tries left.") {
			t.Errorf("does not say what is wrong: %s", wrong.sheet())
		}
		answers[email] = wrong.body
		b.get("/admin").leads("/admin/sign-in")
	}
	if answers[adas] != answers[kims] {
		t.Error("a wrong code is answered in two ways")
	}
}

func TestWithoutTheFirstStepThereIsNoSecond(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, path := range []string{"/admin/sign-in/second", "/admin/sign-in/enrol"} {
		for _, ticket := range []string{"", "guessed-0123456789"} {
			b := k.client()
			if ticket != "" {
				b.http.Jar.SetCookies(k.site.Public, []*http.Cookie{{Name: "steward_ticket", Value: ticket, Path: "/"}})
			}
			for _, a := range []answer{b.get(path), b.post(path, "code", k.appCode(adas))} {
				if a.status != http.StatusUnauthorized && a.status != http.StatusGone || len(a.all("input", "name=password")) != 1 || a.problem() == "" {
					t.Errorf("%s with ticket %q: %d %s", path, ticket, a.status, a.sheet())
				}
			}
		}
	}
	b := k.client()
	b.half(adas)
	b.get("/admin/sign-in/enrol").leads("/admin/sign-in/second") // who has a second factor makes no other on the way in
	b.post("/admin/sign-in/enrol", "code", "123456").leads("/admin/sign-in/second")
}

func TestFiveWrongCodesLeadBackToTheBeginning(t *testing.T) {
	t.Parallel()
	k := open(t)
	b := k.client()
	b.half(adas)
	for range 4 {
		b.post("/admin/sign-in/second", "code", "000000").wants(http.StatusUnauthorized)
	}
	a := b.post("/admin/sign-in/second", "code", "000000", "back", "/admin/audit").wants(http.StatusGone)
	if !strings.Contains(a.problem(), "Sign in again") {
		t.Errorf("says %q", a.problem())
	}
	back := a.all("input", "name=back")
	if len(back) != 2 {
		t.Errorf("%d fields say where one was going, want one for a password and one for a passkey", len(back))
	}
	for _, in := range back {
		if value(in, "value") != "/admin/audit" {
			t.Errorf("leads back to %q", value(in, "value"))
		}
	}
	b.post("/admin/sign-in/second", "code", k.appCode(adas)).wants(http.StatusUnauthorized)
	if b.session() != "" {
		t.Error("a session began")
	}
}

func TestWhoHasNoSecondFactorMakesOneOnTheWayIn(t *testing.T) {
	t.Parallel()
	k := open(t)
	id, email := k.staff("support", k.aurora)
	if _, err := op.Do(t.Context(), k.door, host, account.ResetSecondFactor, account.Of(id)); err != nil {
		t.Fatal(err)
	}
	b := k.client()
	b.post("/admin/sign-in", "email", email, "password", phrase, "back", "/admin/settings").leads("/admin/sign-in/enrol?back=%2Fadmin%2Fsettings")
	page := b.get("/admin/sign-in/enrol?back=%2Fadmin%2Fsettings").wants(http.StatusOK).says("Add a second factor")
	svg := page.all("svg", "role=img")
	if len(svg) != 1 || len(page.all("path")) < 1 || strings.Contains(page.body, "style=") {
		t.Error("no picture to scan, or one with a style of its own")
	}
	key := text(page.all("p", "id=key")[0])
	if again := text(b.get("/admin/sign-in/enrol").all("p", "id=key")[0]); again != key {
		t.Error("a reload shows another key")
	}
	if len(strings.Fields(key)) != 8 || !strings.Contains(page.body, "otpauth://totp/Steward:") {
		t.Errorf("the key is %q", key)
	}
	b.get("/admin").leads("/admin/sign-in")
	b.post("/admin/sign-in/enrol", "code", "000000").wants(http.StatusUnauthorized).says("That code is not right")
	if b.session() != "" {
		t.Fatal("a session began")
	}
	k.secrets[email] = strings.ReplaceAll(key, " ", "")
	codes := b.post("/admin/sign-in/enrol", "code", k.appCode(email), "back", "/admin/settings").wants(http.StatusOK).says("Keep your recovery codes")
	list := codes.all("ol", "class=st-codes st-mono")
	if len(list) != 1 || len(strings.Fields(text(list[0]))) != 10 {
		t.Fatal("no ten codes")
	}
	if save := codes.all("a", "download"); len(save) != 1 || !strings.Contains(value(save[0], "href"), strings.Fields(text(list[0]))[3]) {
		t.Error("they cannot be saved")
	}
	if on := codes.all("a", "class=btn btn-primary btn-block mt-4 st-noprint"); len(on) != 1 || value(on[0], "href") != "/admin/settings" {
		t.Error("it does not lead on to where one wanted to go")
	}
	b.get("/admin/me/security").wants(http.StatusOK).says("10 of 10 are left")
	// and a recovery code lets in, once
	code := strings.Fields(text(list[0]))[0]
	other := k.client()
	other.half(email)
	other.get("/admin/sign-in/second?with=recovery").wants(http.StatusOK).says("Recovery code")
	other.post("/admin/sign-in/second", "with", "recovery", "code", code).leads("/admin")
	third := k.client()
	third.half(email)
	third.post("/admin/sign-in/second", "with", "recovery", "code", code).wants(http.StatusUnauthorized)
	told := false
	for _, m := range k.letters(id) {
		told = told || m.Kind == "recovery_code_used"
	}
	if !told {
		t.Error("its use was not mailed")
	}
}

func TestEverybodyKeepsTheirOwnSecondFactors(t *testing.T) {
	t.Parallel()
	k := open(t)
	b := k.as(adas)
	page := b.get("/admin/me/security").wants(http.StatusOK).says("Authenticator app").says("You have none")
	row := value(page.all("li", "data-row")[0], "data-row")
	confirm := func(a answer, want int) answer {
		t.Helper()
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/admin/step-ups/") {
			t.Fatalf("no step-up: %d %s", a.status, a.sheet())
		}
		path, _, _ := strings.Cut(a.location, "?")
		done := b.post(path, "code", k.code(k.ada), "back", "/admin/me/security").wants(want)
		k.clock = k.clock.Add(time.Minute)
		return done
	}
	// the last one stays
	b.post("/admin/me/security/apps/" + row + "/remove").wants(http.StatusConflict).says("last second factor")
	b.post("/admin/me/security/apps").leads("/admin/me/security/apps/new")
	fresh := b.get("/admin/me/security/apps/new").wants(http.StatusOK)
	k.secrets["tablet"] = strings.ReplaceAll(text(fresh.all("p", "id=key")[0]), " ", "")
	b.post("/admin/me/security/apps/new", "code", "000000", "name", "Tablet").wants(http.StatusUnprocessableEntity).says("That code is not right")
	confirm(b.post("/admin/me/security/apps/new", "code", k.appCode("tablet"), "name", "Tablet"), http.StatusOK).says("Keep your recovery codes")
	b.get("/admin/me/security").says("Tablet").says("10 of 10 are left")
	b.get("/admin/me/security/apps/new").leads("/admin/me/security") // the secret is not shown again
	b.get("/admin/me/security/apps/" + row + "/name").wants(http.StatusOK)
	b.post("/admin/me/security/apps/"+row+"/name", "name", "Old phone").leads("/admin/me/security")
	confirm(b.post("/admin/me/security/apps/"+row+"/remove"), http.StatusSeeOther).leads("/admin/me/security")
	b.get("/admin/me/security").says("Tablet")
	confirm(b.post("/admin/me/security/codes"), http.StatusOK).says("Keep your recovery codes")
	_, kims := k.staff("support", k.aurora)
	k.as(kims).get("/admin/me/security/apps/" + row + "/name").wants(http.StatusNotFound)
}

// With STEWARD_SHOTS=folder it leaves pictures there.
func TestTheWayInIsAccessible(t *testing.T) {
	k := opened(t, true)
	k.site.Demo.People = []web.DemoPerson{{ID: string(k.ada), Name: "Ada Okafor", Role: "Super Admin", Sees: "Everything", Email: adas, Password: phrase, Secret: k.secrets[adas]}}
	id, email := k.staff("support", k.aurora)
	if _, err := op.Do(t.Context(), k.door, host, account.ResetSecondFactor, account.Of(id)); err != nil {
		t.Fatal(err)
	}
	b := browser.New(t).At(k.server.URL)
	look := func(name string) {
		t.Helper()
		for _, dark := range []bool{false, true} {
			for _, width := range []int{browser.DesktopWidth, browser.PhoneWidth} {
				b.SetDark(dark)
				b.SetSize(width, browser.DesktopHeight)
				if wide := browser.Eval[int](b, "document.documentElement.scrollWidth"); wide > width {
					t.Errorf("%s is %d wide at %d", name, wide, width)
				}
				if dir := os.Getenv("STEWARD_SHOTS"); dir != "" {
					b.ScreenshotPage(filepath.Join(dir, name+map[bool]string{true: "-dark", false: "-light"}[dark]+map[bool]string{true: "-390"}[width == browser.PhoneWidth]+".png"))
				}
				b.Axe(t)
			}
		}
		b.SetDark(false)
		b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
	}
	password := func(email string) {
		b.Goto("/admin/sign-in")
		b.Type(browser.Field("E-mail"), email)
		b.Type(browser.Field("Password"), phrase)
		b.Click(browser.Button("Continue"))
	}
	password(adas)
	b.WaitPath("/admin/sign-in/second")
	look("second")
	b.Type("#code", "000000")
	b.Click(browser.Button("Sign in"))
	b.WaitText("4 tries left")
	look("second-wrong")
	b.TakeFaults()
	b.Goto("/admin/sign-in/second?with=recovery")
	look("second-recovery")
	password(email)
	b.WaitPath("/admin/sign-in/enrol")
	look("enrol")
	b.Click("summary")
	look("enrol-key")
	k.secrets[email] = strings.ReplaceAll(browser.Eval[string](b, "document.getElementById('key').textContent"), " ", "")
	b.Type("#code", k.appCode(email))
	b.Click(browser.Button("Sign in"))
	b.WaitText("Keep your recovery codes")
	look("codes")
	if href := browser.Eval[string](b, "document.querySelector('a[download]').href"); !strings.HasPrefix(href, "data:text/plain") {
		t.Errorf("the file is %q", href)
	} else if text, err := url.PathUnescape(href); err != nil || strings.Count(text, "\n") < 13 {
		t.Errorf("the file says %q", text)
	}
	b.Click("//a[contains(., 'I have kept them')]")
	b.WaitPath("/admin")
	b.Goto("/admin/me/security")
	look("security")
	b.Click(browser.Button("Add an app"))
	b.WaitPath("/admin/me/security/apps/new")
	look("app-new")
	b.TakeFaults()
}
