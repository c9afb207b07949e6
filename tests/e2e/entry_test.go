package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/tests/browser"
)

// From a new installation to the second time at the desk: nothing opens before there is a second factor, and the passkey that was
// made on the way is enough to come back.
func TestTheFirstAdminMakesAPasskeyAndComesBackWithIt(t *testing.T) {
	t.Parallel()
	d := fresh(t)
	b := d.b
	device := b.GiveDevice()
	inside := []string{"/admin", "/admin/customers", "/admin/me/sessions", "/admin/me/security", "/admin/audit", "/admin/settings/users"}

	b.Goto("/admin")
	if b.Status() != 503 || !b.Says("setup link") {
		t.Errorf("an installation that waits for its first admin answers %d", b.Status())
	}
	d.looks(b)
	token, err := op.Do(t.Context(), d.Door, op.HostOperator("test"), account.OfferSetUp, op.None{})
	if err != nil {
		t.Fatal(err)
	}
	b.Goto("/setup?token=" + token)
	if at := b.Path(); at != "/setup" {
		t.Errorf("the token stays in the address: %s", at)
	}
	d.looks(b)
	b.Type(browser.Field("E-mail"), "noor@desk.example")
	b.Type(browser.Field("First name"), "Noor")
	b.Type(browser.Field("Last name"), "Haddad")
	b.Type(browser.Field("New password"), passphrase)
	b.Click(browser.Button("Make the first account"))
	b.WaitPath("/admin/sign-in/enrol")
	d.looks(b)

	d.closed(b, inside...)
	b.Goto("/admin/sign-in/enrol")
	b.Click(browser.Button("Make a passkey instead"))
	b.WaitText("Keep your recovery codes")
	if n := b.Count("ol.st-codes li"); n != 10 {
		t.Errorf("%d recovery codes", n)
	}
	d.looks(b)
	b.Click(browser.Link("I have kept them: go on"))
	b.WaitPath("/admin")
	if n := device.Passkeys(); n != 1 {
		t.Errorf("%d passkeys are on the device", n)
	}
	d.looks(b)
	b.Goto("/admin/me/sessions")
	b.WaitText("Super Admin")

	d.signOut(b, "/admin/sign-in")
	d.closed(b, inside...)
	b.Goto("/admin/sign-in")
	d.looks(b)
	b.Click(browser.Button("Use a passkey"))
	b.WaitPath("/admin")
	b.Goto("/admin/settings/users")
	if b.Status() != 200 {
		t.Errorf("the passkey does not bring all of it: %d", b.Status())
	}
	// The password alone still opens nothing.
	other := d.window()
	other.Goto("/admin/sign-in")
	other.Type(browser.Field("E-mail"), "noor@desk.example")
	other.Type(browser.Field("Password"), passphrase)
	other.Press("Enter")
	other.WaitPath("/admin/sign-in/second")
	other.WaitText("Show your passkey")
	d.looks(other)
	d.closed(other, inside...)
}

// Ada invites somebody to the help desk, who comes by the link in the mail, in a browser of their own.
func TestAnInvitedColleagueComesInWithAnApp(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	d.signIn("ada")
	b.Goto("/admin/users/invitations")
	d.looks(b)
	b.Click(browser.Link("Invite admin"))
	b.Type(browser.Field("E-mail"), "noor@desk.example")
	b.Select(browser.Field("Role"), "Support")
	b.Type("#f-message", "Good to have you.\nAda")
	d.looks(b)
	b.Click(browser.Button("Invite"))
	b.WaitPath("/admin/users/invitations")
	b.WaitText("noor@desk.example")
	b.WaitText("Pending")

	letter := d.letter("invitation", "noor@desk.example")
	if !slices.Contains(letter.Lines, "“Good to have you.\nAda”") {
		t.Errorf("the mail does not say what Ada wrote: %q", letter.Lines)
	}
	noor := d.window()
	noor.Goto(letter.Path)
	if at := noor.Path(); at != "/invitation" {
		t.Errorf("the token stays in the address: %s", at)
	}
	for _, words := range []string{"Ada Okafor invites you as Support", "Good to have you."} {
		noor.WaitText(words)
	}
	d.looks(noor)
	noor.Type(browser.Field("First name"), "Noor")
	noor.Type(browser.Field("Last name"), "Haddad")
	noor.Type(browser.Field("New password"), passphrase)
	noor.Click(browser.Button("Accept and sign in"))
	noor.WaitPath("/admin/sign-in/enrol")
	d.looks(noor)
	d.closed(noor, "/admin", "/admin/customers")

	noor.Goto("/admin/sign-in/enrol")
	noor.Click("//summary[contains(., 'No camera')]")
	secret := strings.ReplaceAll(noor.Text("#key"), " ", "")
	code := d.newCode(secret)
	noor.Type("#code", wrongOf(code))
	noor.Press("Enter")
	noor.WaitText("That code is not right")
	d.closed(noor, "/admin")
	noor.Goto("/admin/sign-in/enrol")
	noor.Type("#code", code)
	noor.Press("Enter")
	noor.WaitText("Keep your recovery codes")
	if n := noor.Count("ol.st-codes li"); n != 10 {
		t.Errorf("%d recovery codes are shown", n)
	}
	d.looks(noor)
	noor.Click(browser.Link("I have kept them: go on"))
	noor.WaitPath("/admin")
	d.looks(noor)

	// What Support sees, and what it does not.
	for page, want := range map[string]int{
		"/admin/customers": 200, "/admin/customers/" + string(d.named["maya"]): 200, "/admin/customers/" + string(d.named["walt"]): 404,
		"/admin/audit": 403, "/admin/settings/users": 403, "/admin/settings/api-keys": 403, "/admin/users/invitations/new": 403,
		"/admin/customers/" + string(d.named["maya"]) + "/archive": 403,
	} {
		noor.Goto(page)
		if got := noor.Status(); got != want {
			t.Errorf("%s answers Support %d, not %d", page, got, want)
		}
		noor.Axe(t)
		noor.TakeFaults()
	}
	noor.Goto("/admin")
	for _, area := range []string{"Audit log", "Settings"} {
		if noor.Count(browser.Link(area)) > 0 {
			t.Errorf("Support is led to %s", area)
		}
	}
	b.Reload()
	b.WaitText("Accepted")

	// The link is used up.
	late := d.window()
	late.Goto(letter.Path)
	if late.Status() != 410 {
		t.Errorf("a used link answers %d", late.Status())
	}
	d.looks(late)
	late.TakeFaults()
}

// What is confirmed with a passkey or an app is confirmed by the right one only.
func TestAStepUpIsConfirmedWithAPasskeyOrAnApp(t *testing.T) {
	t.Parallel()
	d := open(t)
	b, olu := d.b, d.Member("olu").ID
	is := func(want string) {
		t.Helper()
		held, err := role.Held(d.Store.Read(t.Context()), string(olu))
		if err != nil || len(held) != 1 || held[0].Role.Name != want {
			t.Errorf("Olu is not %s and nothing else: %v %v", want, held, err)
		}
	}
	ask := func(b *browser.Browser, to string) {
		t.Helper()
		d.Later(time.Minute)
		b.Goto("/admin/users/" + string(olu) + "/role")
		b.Select(browser.Field("Role"), to)
		b.Type(browser.Field("Reason"), "Moves to another desk")
		b.Click(browser.Button("Change role"))
		b.WaitText("Confirm: ")
	}
	is("Shop Manager")

	// With the app that Ada has.
	d.signIn("ada")
	ask(b, "Support")
	d.looks(b)
	code := d.AppCode("ada")
	b.Type("#code", wrongOf(code))
	b.Press("Enter")
	b.WaitText("That code is not right")
	d.looks(b)
	is("Shop Manager")
	b.Type("#code", code)
	b.Press("Enter")
	b.WaitPath("/admin/users/" + string(olu))
	is("Support")

	// With a passkey, which Marcus makes in place of his app.
	marcus := d.Member("marcus")
	if _, err := op.Do(t.Context(), d.Door, op.HostOperator("test"), account.ResetSecondFactor, account.Of(marcus.ID)); err != nil {
		t.Fatal(err)
	}
	m := d.window()
	device := m.GiveDevice()
	d.password(m, marcus)
	m.WaitPath("/admin/sign-in/enrol")
	m.Click(browser.Button("Make a passkey instead"))
	m.Click(browser.Link("I have kept them: go on"))
	m.WaitPath("/admin")
	ask(m, "Moderator")
	d.looks(m)
	device.Forge(true)
	m.Click(browser.Button("Use your passkey"))
	m.WaitText("not right")
	d.looks(m)
	is("Support")
	device.Forge(false)
	m.Click(browser.Button("Use your passkey"))
	m.WaitPath("/admin/users/" + string(olu))
	is("Moderator")

	// And over the page, in the dialog from which something is done.
	maya := d.named["maya"]
	d.Later(time.Minute)
	m.Goto("/admin/customers/" + string(maya))
	deed(m, "Mark ID as verified…")
	m.Click(browser.Button("Mark as verified"))
	m.WaitText("Confirm: ")
	if m.Count("dialog[open]") != 1 {
		t.Error("the step-up is not over the page")
	}
	d.looks(m)
	device.Forge(true)
	m.Click(browser.Button("Use your passkey"))
	m.WaitText("not right")
	if m.Count("dialog[open]") != 1 || d.user(maya).IDVerified != 0 {
		t.Error("a forged answer closes the dialog, or counts")
	}
	d.looks(m)
	device.Forge(false)
	m.Click(browser.Button("Use your passkey"))
	m.WaitGone("dialog[open]")
	if at := m.Path(); at != "/admin/customers/"+string(maya) || d.user(maya).IDVerified == 0 {
		t.Errorf("the check is not there, at %s", at)
	}
}
