package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

func TestUntilItIsSetUpThereIsNothingButTheSetup(t *testing.T) {
	t.Parallel()
	k := bare(t, false)
	b := k.client()
	for _, path := range []string{"/", "/admin", "/admin/sign-in", "/set-password?token=x", "/nothing"} {
		a := b.get(path)
		if a.status != http.StatusServiceUnavailable || !strings.Contains(a.sheet(), "setup link") {
			t.Errorf("%s answers %d %s", path, a.status, a.sheet())
		}
	}
	if a := b.get("/v1/customers").wants(http.StatusServiceUnavailable); a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a program is answered with %s", a.header.Get("Content-Type"))
	}
	b.get("/healthz").wants(http.StatusOK)
	b.post("/setup", "email", "ada@desk.example", "first_name", "Ada", "last_name", "Okafor", "password", phrase).wants(http.StatusServiceUnavailable)

	token := must(op.Do(t.Context(), k.door, host, account.OfferSetUp, op.None{}))(t)
	first := b.get("/setup?token=" + token).leads("/setup")
	if strings.Contains(first.location, token) || first.header.Get("Referrer-Policy") != "same-origin" {
		t.Error("the token stays in the address")
	}
	b.get("/setup").wants(http.StatusOK).says("Set up Steward")
	b.get("/setup?token=" + token).leads("/setup") // opening it uses nothing up
	weak := b.post("/setup", "email", "ada@desk.example", "first_name", "Ada", "last_name", "Okafor", "password", "short").wants(http.StatusUnprocessableEntity)
	if in := weak.all("input", "name=email"); value(in[0], "value") != "ada@desk.example" || len(weak.all("p", "id=f-password-e")) != 1 {
		t.Error("the form lost what was typed, or does not say what is wrong")
	}
	if b.get("/admin").status != http.StatusServiceUnavailable {
		t.Error("a refused form set it up")
	}
	b.through("ada@desk.example", b.post("/setup", "email", "ada@desk.example", "first_name", "Ada", "last_name", "Okafor", "password", phrase)).leads("/admin")
	b.get("/admin/me/sessions").wants(http.StatusOK).says("Super Admin")
	// once
	b.get("/setup?token=" + token).wants(http.StatusGone)
	k.client().post("/setup", "email", "eve@desk.example", "first_name", "Eve", "last_name", "Else", "password", phrase)
	if _, err := user.FindByEmail(k.db.Read(t.Context()), "platform", "eve@desk.example"); err == nil {
		t.Error("a second Super Admin was made")
	}
	if strings.Contains(k.logs.String(), token) {
		t.Error("the token stands in the log")
	}
}

func TestAnOldSetupLinkSaysWhereANewOneComesFrom(t *testing.T) {
	t.Parallel()
	k := bare(t, false)
	token := must(op.Do(t.Context(), k.door, host, account.OfferSetUp, op.None{}))(t)
	k.clock = k.clock.Add(time.Hour + time.Second)
	b := k.client()
	b.get("/setup?token=" + token).leads("/setup")
	b.get("/setup").wants(http.StatusGone).says("Restart the server")
	b.post("/setup", "email", "ada@desk.example", "first_name", "Ada", "last_name", "Okafor", "password", phrase).wants(http.StatusGone)
}

func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	added := must(op.Do(t.Context(), k.door, k.caller(k.ada), account.Add, account.NewStaff{
		Email: "noor@desk.example", FirstName: "Noor", LastName: "Haddad", Assignment: account.Assignment{Role: "support", Places: account.At(k.aurora)},
	}))(t)
	b := k.client()
	b.get("/invitation?token=" + added.Token).leads("/invitation")
	b.get("/invitation").wants(http.StatusOK).says("invites you as Support")
	b.get("/invitation?token=" + added.Token).leads("/invitation")
	if k.user(added.User).Status != user.Invited {
		t.Fatal("opening the link accepted it")
	}
	b.post("/invitation", "password", "Noor Haddad 1").wants(http.StatusUnprocessableEntity)
	b.through("noor@desk.example", b.post("/invitation", "password", phrase)).leads("/admin")
	b.get("/admin/me/sessions").wants(http.StatusOK).says("noor@desk.example")
	u := k.user(added.User)
	if u.Status != user.Active || u.EmailVerified != 0 {
		t.Errorf("status %s, verified %d: a link that somebody else saw proves no address", u.Status, u.EmailVerified)
	}
	second := k.client()
	second.get("/invitation?token=" + added.Token).leads("/invitation")
	second.get("/invitation").wants(http.StatusGone)
	second.post("/invitation", "password", "another fine phrase here").wants(http.StatusGone)
	k.client().get("/set-password?token=" + added.Token).leads("/set-password")
	k.as("noor@desk.example")
	if strings.Contains(k.logs.String(), added.Token) {
		t.Error("the token stands in the log")
	}
}
