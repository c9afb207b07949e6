package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// rulesForm is the form as its page has it, with some fields changed.
func rulesForm(t *testing.T, page answer, change ...string) url.Values {
	t.Helper()
	form := url.Values{}
	for _, k := range security.Knobs {
		form.Set(k.Field, "")
	}
	for _, in := range page.all("input") {
		name, kind := value(in, "name"), value(in, "type")
		if _, known := form[name]; !known && name != "version" {
			continue
		}
		checked := false
		for _, a := range in.Attr {
			checked = checked || a.Key == "checked"
		}
		if kind != "checkbox" && kind != "radio" || checked {
			form.Set(name, value(in, "value"))
		}
	}
	for _, o := range page.all("option") {
		for _, a := range o.Attr {
			if a.Key == "selected" && o.Parent != nil {
				if name := value(o.Parent, "name"); name != "" {
					form.Set(name, value(o, "value"))
				}
			}
		}
	}
	for i := 0; i < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return form
}

func (k *kit) rules() security.Policy {
	k.t.Helper()
	return must(security.Load(k.db.Read(k.t.Context())))(k.t)
}

// takeApp takes somebody's second factor away.
func (k *kit) takeApp(id user.ID) {
	k.t.Helper()
	_, err := op.Do(k.t.Context(), k.door, host, account.ResetSecondFactor, account.Of(id))
	check(k.t, err)
}

const rulesAt = "/admin/settings/security"

func TestTheRulesAreChangedWithAStepUpThatSaysWhat(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	page := ada.get(rulesAt).wants(http.StatusOK).says("30 minutes").says("as strong as the defaults")
	if got := rulesForm(t, page); got.Get("second_factor") != "1" || got.Get("password.preset") != "nist" || got.Get("password.min_score") != "3" || got.Get("sessions.staff.idle") != "30 minutes" {
		t.Fatalf("the form holds %v", got)
	}
	a := ada.send(rulesAt, rulesForm(t, page, "sessions.staff.idle", "45 min", "archive_days", "10"))
	if a.status != http.StatusSeeOther || !strings.Contains(a.location, "/admin/step-ups/") {
		t.Fatalf("answered %d %s: %s", a.status, a.location, a.sheet())
	}
	ada.get(a.location).wants(http.StatusOK).says("30 minutes → 45 minutes").says("Weaker than the default").says("30 days → 10 days")
	if k.rules() != security.Default() {
		t.Fatal("it was saved without a proof")
	}
	at, _, _ := strings.Cut(a.location, "?")
	ada.post(at, "code", k.code(k.ada), "back", rulesAt).leads(rulesAt)
	if p := k.rules(); p.Sessions.Staff.Idle != 45*time.Minute || p.ArchiveDays != 10 || p.Sessions.Account != security.Default().Sessions.Account {
		t.Errorf("in force: %+v", p)
	}
	ada.get(rulesAt).says("1 setting is weaker than the defaults").says("a screen left open stays open longer")
	// Who saw the page from before saves nothing.
	ada.send(rulesAt, rulesForm(t, page, "reset_minutes", "10")).wants(http.StatusPreconditionFailed).says("Somebody else changed this")
	if k.rules().ResetMinutes != 60 {
		t.Error("somebody else's change was overwritten")
	}
}

func TestAPresetFillsTheFormAndWhatIsWrongIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	page := ada.get(rulesAt)
	filled := ada.send(rulesAt, rulesForm(t, page, "password.preset", "legacy", "do", "preset", "archive_days", "12")).wants(http.StatusOK).
		says("nothing of this is saved yet").says("Required characters make passwords predictable").says("Passwords that expire are changed by counting up")
	form := rulesForm(t, filled)
	if form.Get("password.min_staff") != "8" || form.Get("password.expire_days") != "90" || form.Get("password.require.upper") != "1" || form.Get("archive_days") != "12" || form.Get("version") == "" {
		t.Errorf("the preset filled %v", form)
	}
	back := ada.send(rulesAt, rulesForm(t, filled, "do", "defaults")).wants(http.StatusOK)
	if form := rulesForm(t, back); form.Get("password.min_staff") != "12" || form.Get("archive_days") != "30" {
		t.Errorf("the defaults are %v", form)
	}
	ada.send(rulesAt, rulesForm(t, page, "do", "preview", "second_factor", "")).wants(http.StatusOK).says("password alone opens the desk")
	bad := ada.send(rulesAt, rulesForm(t, page, "sessions.staff.idle", "soon", "sessions.account.overall", "90 days", "password.min_staff", "4", "archive_days", "many")).wants(http.StatusUnprocessableEntity)
	if n := len(bad.all("p", "class=st-error")); n != 4 {
		t.Errorf("%d fields say what is wrong, want 4: %s", n, bad.sheet())
	}
	if form := rulesForm(t, bad); form.Get("sessions.staff.idle") != "soon" || form.Get("password.min_staff") != "4" {
		t.Error("what was typed is lost")
	}
	if k.rules() != security.Default() || k.events("security.change") != 0 {
		t.Error("something was saved")
	}
}

func TestWhoMayOnlyViewReadsTheRules(t *testing.T) {
	t.Parallel()
	k := open(t)
	for role, want := range map[string]int{"read_only": 200, "brand_admin": 200, "support": 403, "developer": 403, "marketing": 403} {
		_, email := k.staff(role, k.aurora)
		b := k.as(email)
		page := b.get(rulesAt).wants(want)
		if want == 200 {
			page.says("30 minutes")
			if len(page.all("form", "action="+rulesAt)) != 0 || len(page.all("button", "value=defaults")) != 0 {
				t.Errorf("%s is offered to change them", role)
			}
		}
		b.get(adoptionAt).wants(want)
		b.send(rulesAt, url.Values{"archive_days": {"5"}, "do": {"preview"}}).wants(http.StatusForbidden)
	}
	if k.rules() != security.Default() {
		t.Error("the rules were changed")
	}
}

const adoptionAt = rulesAt + "/second-factors"

func TestThoseWithoutASecondFactorAreCountedAndRemindedOnceADay(t *testing.T) {
	t.Parallel()
	k := open(t)
	boss, bossMail := k.staff("brand_admin", k.aurora)
	sam, samMail := k.staff("support", k.aurora)
	far, _ := k.staff("support", k.other)
	k.takeApp(sam)
	k.takeApp(far)
	b := k.as(bossMail)
	page := b.get(adoptionAt).wants(http.StatusOK).says("1 of 2 active staff").says(samMail).says("Authenticator app").says("Required.")
	if strings.Contains(page.body, string(far)) || strings.Contains(page.body, "Ada") {
		t.Error("the page names somebody beyond the viewer's reach")
	}
	if rows := b.get(adoptionAt+"?show=without").all("tr", "data-row"); len(rows) != 1 || value(rows[0], "data-row") != string(sam) {
		t.Errorf("%d rows without", len(rows))
	}
	b.post(adoptionAt + "/" + string(sam) + "/remind").leads(adoptionAt)
	if m := k.letters(sam); len(m) == 0 || m[0].Kind != "second_factor_reminder" || m[0].Letter.Path != "/admin/me/security" {
		t.Errorf("the newest letter is %+v", m[0])
	}
	sent := len(k.letters(sam))
	b.post(adoptionAt + "/" + string(sam) + "/remind").wants(http.StatusConflict).says("within the last 24 hours")
	b.post(adoptionAt + "/" + string(boss) + "/remind").wants(http.StatusForbidden)
	b.post(adoptionAt + "/" + string(far) + "/remind").wants(http.StatusNotFound)
	b.post(adoptionAt + "/remind").leads(adoptionAt)
	if len(k.letters(sam)) != sent || k.events("user.remind_second_factor") != 1 {
		t.Errorf("%d letters, %d events", len(k.letters(sam)), k.events("user.remind_second_factor"))
	}
	b.get(adoptionAt).says("Reminded")
	k.clock = k.clock.Add(25 * time.Hour)
	b = k.as(bossMail)
	b.post(adoptionAt + "/remind").leads(adoptionAt)
	if len(k.letters(sam)) != sent+1 {
		t.Error("the next day nobody is reminded")
	}
	_, reader := k.staff("read_only", k.aurora)
	r := k.as(reader)
	if page := r.get(adoptionAt).wants(http.StatusOK); len(page.all("form", "class=st-inlineform")) != 0 && strings.Contains(page.sheet(), "Remind") {
		t.Error("who may only read is offered to remind")
	}
	r.post(adoptionAt + "/" + string(sam) + "/remind").wants(http.StatusForbidden)
}

func TestASprayOverManyAccountsIsAnAlarmOnTheOverview(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("support", k.aurora)
	watch := func() { k.t.Helper(); must(op.Do(t.Context(), k.door, auth.Watch, auth.WatchSignIns, op.None{}))(t) }
	spray := func(n int) {
		for range n {
			_, err := k.desk.SignIn(t.Context(), op.Nobody("", "Test", "req"), auth.Try{Audience: "staff", Email: email, Password: "guess"})
			if err == nil {
				t.Fatal("a guess was right")
			}
		}
	}
	spray(30)
	watch()
	ada := k.as("ada@desk.example")
	if strings.Contains(ada.get("/admin").body, "guessing passwords") || k.events("security.watch_sign_ins") != 0 {
		t.Error("thirty failures are an alarm")
	}
	spray(1)
	watch()
	watch()
	ada.get("/admin").says("Somebody may be guessing passwords.").says("31 sign-ins failed in five minutes")
	if k.events("security.watch_sign_ins") != 1 {
		t.Errorf("%d events of one alarm", k.events("security.watch_sign_ins"))
	}
	_, moderator := k.staff("moderator", k.aurora)
	if strings.Contains(k.as(moderator).get("/admin").body, "guessing passwords") {
		t.Error("everybody is shown the alarm")
	}
	k.clock = k.clock.Add(10 * time.Minute)
	watch()
	ada.get("/admin").says("It has ended.")
	k.clock = k.clock.Add(25 * time.Hour)
	if strings.Contains(k.as("ada@desk.example").get("/admin").body, "guessed passwords") {
		t.Error("the alarm of the day before is still shown")
	}
}
