package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/user"
)

func TestAnEditIsSavedOrSaysWhatIsThereNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b, c := d.as(t, "bruno"), d.as(t, "ines")
	mine, theirs := formOf(b.get(page+"/edit")), formOf(c.get(page+"/edit"))
	mine.Set("phone", "+44 7700 900199")
	if a := b.post(page+"/edit", mine); a.status != http.StatusSeeOther || a.location != page {
		t.Fatalf("%d %s %s", a.status, a.location, a.sheet())
	}
	b.get(page).says("+44 7700 900199")
	b.get(page + "/audit").says("Bruno Keller changed the details of Siobhán O’Neill: phone").says("+44 7700 900142")
	theirs.Set("address", "1 New Street")
	stale := c.post(page+"/edit", theirs).wants(http.StatusPreconditionFailed).says("There is now: +44 7700 900199").says("There is now: 14 Marygate Lane, York")
	if again := formOf(stale); again.Get("address") != "1 New Street" {
		t.Errorf("what was typed is lost: %v", again)
	}
	u, _ := user.Find(d.Store.Read(t.Context()), d.buyer)
	if u.Address != "14 Marygate Lane\nYork" {
		t.Errorf("a stale edit was saved: %q", u.Address)
	}
	if a := c.post(page+"/edit", formOf(stale)); a.status != http.StatusSeeOther {
		t.Errorf("saving again: %d", a.status)
	}
	bad := formOf(b.get(page + "/edit"))
	bad.Set("email", "not an address")
	bad.Set("born", "2090-01-01")
	if again := formOf(b.post(page+"/edit", bad).wants(http.StatusUnprocessableEntity)); again.Get("email") != "not an address" || again.Get("born") != "2090-01-01" {
		t.Error("what was typed is lost")
	}
}

func TestAnotherAddressAsksForACode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b := d.as(t, "bruno")
	form := formOf(b.get(page + "/edit"))
	form.Set("email", "new@example.org")
	a := b.post(page+"/edit", form)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/admin/step-ups/") {
		t.Fatalf("%d %s", a.status, a.location)
	}
	step := b.get(a.location).wants(http.StatusOK).says("new@example.org")
	confirm := formOf(step)
	confirm.Set("code", d.Code())
	path, _, _ := strings.Cut(a.location, "?")
	if done := b.post(path, confirm); done.location != page {
		t.Fatalf("after the code: %d %s %s", done.status, done.location, done.sheet())
	}
	b.get(page).says("new@example.org")
}

func TestWhoMayNotEditIsRefusedAndNothingChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	for _, key := range []string{"olu", "elif", "dev", "rosa", "mira", "priya"} {
		t.Run(key, func(t *testing.T) {
			b := d.as(t, key)
			want := http.StatusForbidden
			if key == "mira" || key == "priya" {
				want = http.StatusNotFound
			}
			before := len(changes(d, d.buyer))
			for part, form := range map[string]url.Values{
				"/edit": {"first_name": {"Hacked"}, "version": {"1"}}, "/deactivate": {}, "/activate": {},
				"/role": {"role": {"admin"}, "where": {"all"}, "reason": {"x"}}, "/sessions/end": {},
			} {
				b.get("/admin/customers/" + string(d.buyer) + strings.TrimSuffix(part, "/end")).wants(want)
				if a := b.post("/admin/customers/"+string(d.buyer)+part, form); a.status != want {
					t.Errorf("%s: %d %s", part, a.status, a.sheet())
				}
			}
			if after := len(changes(d, d.buyer)); after != before {
				t.Errorf("%d changes", after-before)
			}
		})
	}
	u, _ := user.Find(d.Store.Read(t.Context()), d.buyer)
	if u.FirstName != "Siobhán" || u.Status != user.Active || u.Kinds&user.IsStaff != 0 {
		t.Errorf("changed after all: %+v", u)
	}
}

func TestDeactivateAsksTellsAndIsRefusedInItsDialog(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b := d.as(t, "kim")
	b.get(page + "/deactivate").wants(http.StatusOK).says("Deactivate Siobhán O’Neill?").says("is told by e-mail")
	b.post(page+"/deactivate", url.Values{"back": {page}}).leads(page)
	b.get(page).says("Inactive")
	b.get(page + "/deactivate").wants(http.StatusOK).says("there is nothing to deactivate")
	b.post(page+"/activate", nil).leads(page)
	c := d.as(t, "ines")
	c.post("/admin/users/"+string(d.Member("bruno").ID)+"/deactivate", nil).wants(http.StatusForbidden).says("holds permissions that you do not hold")
	d.as(t, "bruno").get("/admin/users/" + string(d.Member("bruno").ID) + "/deactivate").wants(http.StatusForbidden)
}

func TestARoleIsChangedWithReasonAndCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	olu := d.Member("olu")
	page := "/admin/users/" + string(olu.ID)
	b := d.as(t, "ada")
	form := b.get(page + "/role").wants(http.StatusOK).says("now Shop Manager")
	if selected := form.all("option", "value=shop_manager", "selected"); len(selected) != 1 {
		t.Error("the role that is held is not chosen")
	}
	b.post(page+"/role", url.Values{"role": {"support"}, "where": {"all"}}).wants(http.StatusUnprocessableEntity).says("Say why")
	kept := b.post(page+"/role", url.Values{"role": {"hub_admin"}, "where": {"some"}, "reason": {"Covers for Kim"}}).wants(http.StatusUnprocessableEntity).says("at least one location")
	if formOf(kept).Get("reason") != "Covers for Kim" || len(kept.all("option", "value=hub_admin", "selected")) != 1 {
		t.Error("what was typed is lost")
	}
	a := b.post(page+"/role", url.Values{"role": {"support"}, "where": {"all"}, "reason": {"Moves to the help desk"}, "back": {page}})
	if !strings.HasPrefix(a.location, "/admin/step-ups/") {
		t.Fatalf("%d %s %s", a.status, a.location, a.sheet())
	}
	confirm := formOf(b.get(a.location).says("Shop Manager").says("Support"))
	confirm.Set("code", d.Code())
	path, _, _ := strings.Cut(a.location, "?")
	if done := b.post(path, confirm); done.location != page {
		t.Fatalf("after the code: %d %s %s", done.status, done.location, done.sheet())
	}
	b.get(page).says("Support")
	b.get("/admin/audit?what=user.change_role").says("Ada Okafor changed the role of Oluwaseun Adeyemi from Shop Manager to Support").says("Moves to the help desk")
	d.as(t, "bruno").get(page + "/role").wants(http.StatusForbidden)
}

func TestNaughtyNamesAreText(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	naughty := `<script>alert(1)</script>`
	b := d.as(t, "bruno")
	page := "/admin/customers/" + string(d.buyer)
	form := formOf(b.get(page + "/edit"))
	form.Set("first_name", naughty)
	form.Set("address", `"><img src=x onerror=alert(2)>`)
	if a := b.post(page+"/edit", form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.sheet())
	}
	for _, path := range append(d.pages(), "/admin/customers?q=%3Cscript%3E", "/admin/audit?about=%22%3E%3Cimg%20src%3Dx%3E") {
		a := b.get(path)
		for _, script := range a.all("script") {
			if value(script, "src") == "" {
				t.Errorf("%s has a script of somebody's", path)
			}
		}
		for _, img := range a.all("img") {
			if value(img, "src") == "x" {
				t.Errorf("%s has a picture of somebody's", path)
			}
		}
	}
	b.get(page).says(naughty)
}
