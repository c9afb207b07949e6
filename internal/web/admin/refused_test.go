package admin_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// What the domain refuses is said in the form, with all that was typed, before any code is mailed.

func TestATakenAddressIsSaidInTheEditForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	page := "/admin/customers/" + string(d.buyer)
	b := d.as(t, "bruno")
	form := formOf(b.get(page + "/edit"))
	form.Set("email", "tariq@example.org")
	form.Set("phone", "+44 7700 900177")
	again := b.post(page+"/edit", form).wants(http.StatusConflict).says("Another account has this e-mail address already")
	if len(again.all("input", "name=email", "aria-invalid=true")) != 1 {
		t.Error("it is not said at the field")
	}
	if kept := formOf(again); kept.Get("email") != "tariq@example.org" || kept.Get("phone") != "+44 7700 900177" {
		t.Errorf("what was typed is lost: %v", kept)
	}
	staff := "/admin/users/" + string(d.Member("olu").ID)
	form = formOf(b.get(staff + "/edit"))
	form.Set("email", d.Member("ada").Email)
	if kept := formOf(b.post(staff+"/edit", form).wants(http.StatusConflict).says("belongs to somebody who is staff already")); kept.Get("email") != d.Member("ada").Email {
		t.Errorf("what was typed is lost: %v", kept)
	}
	boss := "/admin/users/" + string(d.Member("bruno").ID)
	k := d.as(t, "ines")
	form = formOf(k.get(boss + "/edit"))
	form.Set("address", "1 New Street")
	if kept := formOf(k.post(boss+"/edit", form).wants(http.StatusForbidden).says("holds permissions that you do not hold")); kept.Get("address") != "1 New Street" {
		t.Errorf("what was typed is lost: %v", kept)
	}
	if n := codes(d); n != 0 {
		t.Errorf("%d codes were mailed for what is refused", n)
	}
}

func TestARefusedRoleIsSaidInTheRoleForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	twin := must(op.Do(t.Context(), d.Door, op.HostOperator("test"), customer.Create, customer.New{
		Brand: d.Place("meridian").ID, Source: "shop", ExternalID: "m2", FirstName: "Olu", Email: d.Member("olu").Email,
	}))(t)
	unreachable := must(op.Do(t.Context(), d.Door, op.HostOperator("test"), customer.Create, customer.New{
		Brand: d.Place("aurora").ID, Source: "shop", ExternalID: "b9", FirstName: "Nomail",
	}))(t)
	b := d.as(t, "ada")
	for id, want := range map[user.ID]string{twin: "belongs to somebody who is staff already", unreachable: "Staff need an e-mail address"} {
		form := url.Values{"role": {"support"}, "where": {"all"}, "reason": {"Joins the help desk"}}
		again := b.post("/admin/customers/"+string(id)+"/role", form).says(want)
		if again.status != http.StatusConflict && again.status != http.StatusUnprocessableEntity {
			t.Errorf("%d", again.status)
		}
		if formOf(again).Get("reason") != "Joins the help desk" || len(again.all("option", "value=support", "selected")) != 1 {
			t.Error("what was typed is lost")
		}
	}
	if n := codes(d); n != 0 {
		t.Errorf("%d codes were mailed for what is refused", n)
	}
}

func TestARoleWithinABrandForAPersonOfThePlatform(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	meridian := d.Place("meridian")
	added := must(op.Do(t.Context(), d.Door, d.As("ada"), account.Add, account.NewStaff{
		Email: "noor@desk.example", FirstName: "Noor", LastName: "Haddad", Assignment: account.Assignment{Role: "admin", Places: account.At(brand.Platform)},
	}))(t)
	page := "/admin/users/" + string(added.User)
	b := d.as(t, "ada")
	first := b.get(page + "/role").wants(http.StatusOK)
	if len(first.all("input", "value=platform", "checked")) != 1 || len(first.all("input", "type=checkbox", "name=brand")) != 3 {
		t.Error("the place that is held is not chosen")
	}
	// without script: the place first, then what there is to give there
	chosen := b.post(page+"/role", url.Values{"do": {"preview"}, "brand": {string(meridian.ID)}, "role": {""}, "reason": {"Works at Meridian"}}).wants(http.StatusOK)
	if len(chosen.all("input", "name=location."+string(meridian.ID))) != 3 || len(chosen.all("option", "value=hub_admin")) != 1 || formOf(chosen).Get("reason") != "Works at Meridian" {
		t.Errorf("the locations of the brand are not offered: %s", chosen.sheet())
	}
	b.post(page+"/role", url.Values{"role": {"hub_admin"}, "where": {"all"}, "reason": {"x"}}).wants(http.StatusUnprocessableEntity).says("Choose where the role holds")
	b.post(page+"/role", url.Values{"brand": {"brd_nowhere"}, "role": {"hub_admin"}, "where": {"all"}, "reason": {"x"}}).wants(http.StatusNotFound)
	locations := chosen.all("input", "name=location."+string(meridian.ID))
	a := b.post(page+"/role", url.Values{"brand": {string(meridian.ID)}, "role": {"hub_admin"}, "where." + string(meridian.ID): {"some"}, "location." + string(meridian.ID): {value(locations[0], "value")}, "reason": {"Works at Meridian"}, "back": {page}})
	if !strings.HasPrefix(a.location, "/admin/step-ups/") {
		t.Fatalf("%d %s", a.status, a.sheet())
	}
	confirm := formOf(b.get(a.location).says("Meridian"))
	confirm.Set("code", d.Code())
	path, _, _ := strings.Cut(a.location, "?")
	if done := b.post(path, confirm); done.location != page {
		t.Fatalf("after the code: %d %s", done.status, done.sheet())
	}
	u := must(user.Find(d.Store.Read(t.Context()), added.User))(t)
	if len(u.Holds) != 1 || u.Holds[0].Role.Key != "hub_admin" || !meridian.ID.Scope().Covers(u.Holds[0].Scope) || u.Holds[0].Scope == meridian.ID.Scope() {
		t.Errorf("Noor holds %+v", u.Holds)
	}
	now := b.get(page + "/role").wants(http.StatusOK)
	if len(now.all("input", "value="+string(meridian.ID), "checked")) != 1 || len(now.all("input", "name=location."+string(meridian.ID), "checked")) != 1 {
		t.Error("the place that is held now is not chosen")
	}
}

func TestARoleInSeveralBrandsIsKeptInEachWhenItIsChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	aurora, meridian := d.Place("aurora"), d.Place("meridian")
	b := d.as(t, "ada")
	if to := b.post("/admin/brand", url.Values{"brand": {"platform"}}); to.status != http.StatusSeeOther {
		t.Fatalf("to the platform: %d", to.status)
	}
	add := url.Values{"email": {"noor@desk.example"}, "first_name": {"Noor"}, "brand": {string(aurora.ID), string(meridian.ID)}, "role": {"support"}}
	none := formOf(b.post("/admin/settings/users/new", url.Values{"do": {"add"}, "email": {"noor@desk.example"}, "first_name": {"Noor"}, "role": {"support"}}).
		wants(http.StatusUnprocessableEntity).says("Choose where the role holds"))
	if none.Get("email") != "noor@desk.example" {
		t.Error("what was typed is lost")
	}
	both := maps.Clone(add)
	both["brand"] = []string{"platform", string(aurora.ID)}
	b.post("/admin/settings/users/new", both).wants(http.StatusUnprocessableEntity).says("it includes every brand")
	if a := b.post("/admin/settings/users/new", add); a.location != "/admin/users/invitations" {
		t.Fatalf("%d %s", a.status, a.sheet())
	}
	noor := must(user.FindByEmail(d.Store.Read(t.Context()), brand.Platform, "noor@desk.example"))(t)
	page := "/admin/users/" + string(noor.ID)
	now := b.get(page + "/role").wants(http.StatusOK)
	form := formOf(now)
	form.Del("brand") // of the switcher
	for _, n := range now.all("input", "type=checkbox", "name=brand", "checked") {
		form.Add("brand", value(n, "value"))
	}
	if len(form["brand"]) != 2 || slices.Contains(form["brand"], "platform") || len(now.all("option", "value=support", "selected")) != 1 {
		t.Fatalf("the form does not show what is held: %v", form)
	}
	form.Set("role", "moderator")
	form.Set("reason", "Looks after the pages")
	form.Set("back", page)
	a := b.post(page+"/role", form)
	confirm := formOf(b.get(a.location).says("Aurora Goods, all locations; Meridian"))
	confirm.Set("code", d.Code())
	path, _, _ := strings.Cut(a.location, "?")
	b.post(path, confirm).leads(page)
	held := must(user.Find(d.Store.Read(t.Context()), noor.ID))(t).Holds
	if len(held) != 2 || held[0].Role.Key != "moderator" || held[1].Role.Key != "moderator" || held[0].Scope == held[1].Scope {
		t.Errorf("Noor holds %+v", held)
	}
}

func TestAKeyAboveItsMakerIsSaidInTheForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	b := d.as(t, "dev")
	form := url.Values{"name": {"Shop backend"}, "scope": {d.Place("aurora").ID.Scope().String()}, "source": {"shop"}, "days": {"30"}, "permissions": {"facts.ingest", "system.backup"}}
	again := b.post("/admin/settings/api-keys/new", form).wants(http.StatusForbidden).says("A key cannot hold what you do not hold there yourself")
	if kept := formOf(again); kept.Get("name") != "Shop backend" || kept.Get("days") != "30" || len(again.all("input", "value=facts.ingest", "checked")) != 1 {
		t.Errorf("what was typed is lost: %v", kept)
	}
	form["permissions"], form["days"] = []string{"facts.ingest"}, []string{"900"}
	if kept := formOf(b.post("/admin/settings/api-keys/new", form).wants(http.StatusUnprocessableEntity).says("from 1 to 365 days")); kept.Get("days") != "900" {
		t.Errorf("what was typed is lost: %v", kept)
	}
	if n := codes(d); n != 0 {
		t.Errorf("%d codes were mailed for what is refused", n)
	}
}

func TestAFixedCurrencyIsSaidInTheBrandForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	b := d.as(t, "ada")
	page := "/admin/settings/brands/" + string(d.Place("aurora").ID)
	aurora := must(brand.Find(d.Store.Read(t.Context()), d.Place("aurora").ID))(t)
	form := formOf(b.get(page))
	form.Set("currency", "EUR")
	form.Set("name", "Aurora Living")
	again := b.post(page, form).wants(http.StatusConflict).says("its currency cannot change any more")
	if kept := formOf(again); kept.Get("currency") != "EUR" || kept.Get("name") != "Aurora Living" || len(again.all("input", "name=currency", "aria-invalid=true")) != 1 {
		t.Errorf("what was typed is lost, or it is not said at the field: %v", kept)
	}
	form = url.Values{"name": {"Another"}, "slug": {aurora.Slug}, "currency": {"GBP"}, "time_zone": {"Europe/London"}}
	again = b.post("/admin/settings/brands/new", form).wants(http.StatusConflict).says("short name already")
	if kept := formOf(again); kept.Get("name") != "Another" || len(again.all("input", "name=slug", "aria-invalid=true")) != 1 {
		t.Errorf("what was typed is lost: %v", kept)
	}
}

func TestTotalsWithoutScript(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 5)
	b := d.as(t, "bruno")
	for path, want := range map[string]string{"/admin/customers": "of 7", "/admin/customers?q=customer": "of 5", "/admin/audit": "entries"} {
		a := b.get(path).wants(http.StatusOK)
		var link string
		for _, n := range a.all("noscript") {
			if _, after, ok := strings.Cut(text(n), `href="`); ok && strings.Contains(after, "total=1") {
				link, _, _ = strings.Cut(after, `"`)
			}
		}
		if link == "" {
			t.Fatalf("%s offers no total", path)
		}
		b.get(strings.ReplaceAll(link, "&amp;", "&")).wants(http.StatusOK).says(want)
	}
}

func codes(d *desk) (n int) {
	for _, m := range d.Mails() {
		if m.Letter.Code != "" {
			n++
		}
	}
	return n
}
