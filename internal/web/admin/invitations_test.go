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

// invitedBy is the token of the newest invitation that was mailed to somebody.
func (k *kit) invitedBy(email string) string {
	k.t.Helper()
	token := ""
	for _, m := range k.letters(k.byEmail(email).ID) {
		if _, found, ok := strings.Cut(m.Letter.Path, "/invitation?token="); ok {
			token = found
		}
	}
	if token == "" {
		k.t.Fatalf("no link was mailed to %s", email)
	}
	return token
}

func TestSomebodyIsInvitedSentAgainAndRevoked(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	ada.get("/admin/users/invitations?status=pending").wants(http.StatusOK).says("No invitation is pending")
	ada.get("/admin/users/invitations/new").wants(http.StatusOK).says("Personal message")
	ada.post("/admin/users/invitations/new", "email", "", "role", "support").wants(http.StatusUnprocessableEntity).says("Write the e-mail address")
	ada.post("/admin/users/invitations/new", "email", "noor@desk.example", "role", "support", "message", strings.Repeat("x", 501)).wants(http.StatusUnprocessableEntity).says("500 characters")
	if k.byEmail("noor@desk.example") != nil {
		t.Fatal("a refused form invited somebody")
	}
	ada.post("/admin/users/invitations/new", "email", "noor@desk.example", "role", "support", "send", "yes", "message", "Welcome!").leads("/admin/users/invitations")
	first := k.invitedBy("noor@desk.example")
	list := ada.get("/admin/users/invitations").wants(http.StatusOK).says("noor@desk.example").says("Pending").says("1 pending").says("Ada Okafor")
	if strings.Contains(list.body, first) {
		t.Error("the link is in the list")
	}
	ada.get("/admin/users/invitations?q=NOOR+ada&status=pending&total=1").wants(http.StatusOK).says("Support").says("1–1 of 1")
	ada.get("/admin/users/invitations?q=nobody").wants(http.StatusOK).says("No invitation matches “nobody”").says("Clear search and filters")
	ada.get("/admin/users/invitations?q=noor&status=expired").wants(http.StatusOK).says("and is expired").says("Search without the filter")
	ada.get("/admin/users/invitations?q=" + strings.Repeat("x", 201)).wants(http.StatusUnprocessableEntity).says("at most 10 words").says("noor@desk.example")
	ada.post("/admin/users/invitations/new", "email", "noor@desk.example", "role", "support", "send", "yes").wants(http.StatusConflict).says("There is an invitation for this address already")
	id := value(list.all("tr", "data-row")[0], "data-row")
	k.clock = k.clock.Add(8 * 24 * time.Hour)
	ada = k.as("ada@desk.example")
	ada.post("/admin/users/invitations/" + id + "/resend").leads("/admin/users/invitations")
	ada.get("/admin/users/invitations/" + id + "/revoke").wants(http.StatusOK).says("Revoke the invitation of noor@desk.example?")
	ada.post("/admin/users/invitations/" + id + "/revoke").leads("/admin/users/invitations")
	ada.get("/admin/users/invitations?status=revoked").wants(http.StatusOK).says("noor@desk.example")
	ada.get("/admin/users/invitations/" + id + "/revoke").wants(http.StatusOK).says("nothing to revoke")
	ada.post("/admin/users/invitations/" + id + "/resend").wants(http.StatusConflict).says("was revoked")
	ada.get("/admin/users/invitations/inv_none/revoke").wants(http.StatusNotFound)
	_, support := k.staff("support", k.aurora)
	b := k.as(support)
	b.get("/admin/users/invitations/new").wants(http.StatusForbidden)
	b.post("/admin/users/invitations/new", "email", "x@desk.example", "role", "support").wants(http.StatusForbidden)
	b.post("/admin/users/invitations/" + id + "/revoke").wants(http.StatusNotFound)
}

func TestAnInvitationThatWasMailedProvesTheAddress(t *testing.T) {
	t.Parallel()
	k := open(t)
	ada := k.as("ada@desk.example")
	ada.post("/admin/users/invitations/new", "email", "noor@desk.example", "role", "support", "send", "yes", "message", "Line one\nhttps://somewhere.example").leads("/admin/users/invitations")
	token := k.invitedBy("noor@desk.example")
	b := k.client()
	b.get("/invitation?token=" + token).leads("/invitation")
	page := b.get("/invitation").wants(http.StatusOK).says("Join Aurora").says("Ada Okafor invites you as Support").says("Line one").says("https://somewhere.example").says("At least 12 characters")
	for _, a := range page.all("a") {
		if strings.Contains(value(a, "href"), "somewhere.example") {
			t.Error("the message became a link")
		}
	}
	b.post("/invitation", "password", phrase).wants(http.StatusUnprocessableEntity).says("Write your name")
	b.post("/invitation", "first_name", "Noor", "last_name", "Haddad", "password", "short").wants(http.StatusUnprocessableEntity)
	if k.byEmail("noor@desk.example").Status != user.Invited {
		t.Fatal("a refused form accepted it")
	}
	b.post("/invitation", "first_name", "Noor", "last_name", "Haddad", "password", phrase)
	u := k.byEmail("noor@desk.example")
	if u.Status != user.Active || u.EmailVerified == 0 || u.Name() != "Noor Haddad" {
		t.Errorf("after accepting: %+v", u)
	}
	if strings.Contains(k.logs.String(), token) {
		t.Error("the token stands in the log")
	}
	for _, tried := range []string{token, token[:20], "nonsense", strings.Repeat("x", 300)} {
		c := k.client()
		c.get("/invitation?token=" + tried).leads("/invitation")
		c.get("/invitation").wants(http.StatusGone)
		c.post("/invitation", "first_name", "M", "password", phrase).wants(http.StatusGone)
	}
	k.client().get("/invitation").wants(http.StatusGone)
}

func TestTheDeskSaysWhichInvitationsArePendingAndRunOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	in := account.NewStaff{Email: "noor@desk.example", Assignment: account.Assignment{Role: "support", Places: account.At(d.Place("aurora").ID)}}
	in.Send = true
	must(op.Do(t.Context(), d.Door, d.As("bruno"), account.Invite, in))(t)
	d.as(t, "bruno").get("/admin/users").wants(http.StatusOK).says("Admin invitations").says("1 pending")
	d.Later(6 * 24 * time.Hour)
	b := d.as(t, "bruno")
	b.get("/admin").wants(http.StatusOK).says("1 invitation runs out within two days")
	d.Later(2 * 24 * time.Hour)
	b = d.as(t, "bruno")
	b.get("/admin").wants(http.StatusOK).says("1 invitation ran out in the last week")
	b.get("/admin/users/invitations").wants(http.StatusOK).says("noor@desk.example").says("Expired").says("Bruno")
}
