package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOnesOwnAddressIsChangedOnAPageOfOnesOwn(t *testing.T) {
	t.Parallel()
	k := open(t)
	const at, next = "/admin/me/email", "ada@new.example"
	b := k.as(adas)
	if links := b.get("/admin/me/security").wants(http.StatusOK).says(adas).all("a", "href="+at); len(links) != 1 {
		t.Errorf("%d links on the page Security", len(links))
	}
	if links := b.get("/admin/users/"+string(k.ada)+"/edit").wants(http.StatusOK).all("a", "href="+at); len(links) != 1 {
		t.Errorf("%d links on her own form", len(links))
	}
	b.get(at).wants(http.StatusOK).says("Your e-mail address")
	b.post(at, "email", "ada@").wants(http.StatusUnprocessableEntity)
	b.post(at, "email", adas).wants(http.StatusConflict).says("This is your address already")
	asked := b.post(at, "email", next)
	path, _, _ := strings.Cut(asked.location, "?")
	if asked.status != http.StatusSeeOther || !strings.HasPrefix(path, "/admin/step-ups/") {
		t.Fatalf("no step-up: %d %s", asked.status, asked.sheet())
	}
	b.get(path).wants(http.StatusOK).says(next)
	b.post(path, "code", k.code(k.ada), "back", at).leads(at)
	b.get(at).says("We have mailed a link to " + next)
	b.post(at + "/withdraw").leads(at)
	k.clock = k.clock.Add(time.Minute)
	asked = b.post(at, "email", next)
	path, _, _ = strings.Cut(asked.location, "?")
	b.post(path, "code", k.code(k.ada), "back", at).leads(at)
	link := ""
	for _, m := range k.letters(k.ada) {
		if m.Kind == "email_change" && link == "" {
			link = m.Letter.Path
		}
	}
	other := k.as(adas)
	b.get(link).leads(at + "/confirm")
	b.get(at + "/confirm").wants(http.StatusOK).says("Use this address")
	if k.user(k.ada).Email != adas {
		t.Fatal("opening the link changed the address")
	}
	b.post(at + "/confirm").wants(http.StatusOK).says("Address changed")
	b.get("/admin/me/security").wants(http.StatusOK).says(next)
	other.get("/admin").leads("/admin/sign-in")
	b.get(link).leads(at + "/confirm")
	b.post(at + "/confirm").wants(http.StatusGone)
	k.client().get(at).leads("/admin/sign-in?back=%2Fadmin%2Fme%2Femail")
	k.client().get(at + "/confirm").wants(http.StatusGone)
}
