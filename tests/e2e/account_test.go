package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/tests/browser"
)

// A company user has no password: a code comes by mail, and is good in the browser that asked for it.
func TestACompanyUserComesInWithACode(t *testing.T) {
	t.Parallel()
	d := open(t)
	buyers, err := seed.Admit(t.Context(), d.Door)
	if err != nil {
		t.Fatal(err)
	}
	greta := buyers[0]
	const panel = "/app/aurora"
	inside := []string{panel, panel + "/profile", panel + "/security", panel + "/sessions", panel + "/history"}
	asks := func(b *browser.Browser, email string) {
		t.Helper()
		b.Goto(panel + "/sign-in")
		b.Type(browser.Field("E-mail"), email)
		b.Click(browser.Button("Mail me a code"))
		b.WaitPath(panel + "/sign-in/code")
	}
	b := d.b
	d.closed(b, inside...)
	b.Goto(panel + "/sign-in")
	d.looks(b)
	asks(b, greta.Email)
	d.looks(b)
	code := d.letter("sign_in_code", greta.Email).Code

	other := d.window()
	asks(other, "somebody@brightwell.example")
	if mine, theirs := b.Text("p.st-lead"), other.Text("p.st-lead"); strings.ReplaceAll(mine, greta.Email, "") != strings.ReplaceAll(theirs, "somebody@brightwell.example", "") {
		t.Errorf("the page tells whether there is an account:\n%s\n%s", mine, theirs)
	}
	other.Type("#code", code)
	other.Press("Enter")
	other.WaitText("not right")
	d.looks(other)
	d.closed(other, inside...)

	b.Type("#code", wrongOf(code))
	b.Press("Enter")
	b.WaitText("not right")
	d.closed(b, inside...)
	b.Goto(panel + "/sign-in/code")
	b.Type("#code", code)
	b.Press("Enter")
	b.WaitPath(panel + "/profile")
	if b.Value(browser.Field("First name")) != "Greta" || !b.Says("in your company") {
		t.Errorf("the profile does not say who she is: %s", b.Text("main"))
	}
	for _, page := range inside {
		b.Goto(page)
		if b.Status() != 200 {
			t.Errorf("%s answers %d", page, b.Status())
		}
		d.looks(b)
	}
	b.Goto(panel + "/sessions")
	b.WaitText("This device")
	d.closed(b, "/admin", "/account/aurora")

	// She is offered a passkey, puts it off, and is left alone for a month.
	offer := func(wanted bool) {
		t.Helper()
		b.Goto(panel)
		b.WaitPath(panel + "/profile")
		if shown := browser.Eval[bool](b, "!!document.querySelector('.st-offer')?.checkVisibility()"); shown != wanted {
			t.Errorf("a passkey is offered: %v", shown)
		}
	}
	offer(true)
	if browser.Eval[string](b, "document.documentElement.classList.remove('st-has-passkeys'), getComputedStyle(document.querySelector('.st-offer')).display") != "none" {
		t.Error("it is offered where passkeys are not known")
	}
	b.Reload()
	b.Click(browser.Button("Not now"))
	b.WaitPath(panel + "/profile")
	offer(false)
	d.signOut(b, panel+"/sign-in")
	d.closed(b, inside...)

	// In another browser she takes it: from then on it brings her in.
	again := d.window()
	device := again.GiveDevice()
	d.Later(time.Minute)
	asks(again, greta.Email)
	again.Type("#code", d.letter("sign_in_code", greta.Email).Code)
	again.Press("Enter")
	again.WaitPath(panel + "/profile")
	d.looks(again)
	again.Click(browser.Link("Add a passkey"))
	again.WaitPath(panel + "/security/passkeys/new")
	again.Click("[data-passkey-go]")
	again.WaitText("Confirm: ")
	again.Type("#code", d.letter("step_up_code", greta.Email).Code)
	again.Press("Enter")
	again.WaitText("Keep your recovery codes")
	if n := device.Passkeys(); n != 1 {
		t.Errorf("%d passkeys are on the device", n)
	}
	again.Goto(panel + "/profile")
	if again.Says("Sign in with a passkey?") {
		t.Error("who has a passkey is offered one")
	}
	d.signOut(again, panel+"/sign-in")
	again.Click(browser.Button("Use a passkey"))
	again.WaitPath(panel + "/profile")
}

// A customer makes an account, and comes back with the passkey that she adds.
func TestACustomerMakesAnAccountAndAddsAPasskey(t *testing.T) {
	t.Parallel()
	d := open(t)
	b, device := d.b, d.b.GiveDevice()
	const shop, email = "/account/aurora", "noor.haddad@example.org"
	inside := []string{shop, shop + "/orders", shop + "/profile", shop + "/security", shop + "/sessions", shop + "/history"}
	signIn := func() {
		t.Helper()
		b.Goto(shop + "/sign-in")
		b.Type(browser.Field("E-mail"), email)
		b.Type(browser.Field("Password"), passphrase)
		b.Click(browser.Button("Sign in"))
	}
	b.Goto(shop + "/sign-in")
	d.looks(b)
	b.Click(browser.Link("Make an account"))
	b.WaitPath(shop + "/sign-up")
	d.looks(b)
	b.Type(browser.Field("E-mail"), email)
	b.Type(browser.Field("First name"), "Noor")
	b.Type(browser.Field("Last name"), "Haddad")
	b.Type("#f-password", passphrase)
	b.Click(browser.Button("Make the account"))
	b.WaitPath(shop + "/sign-up/sent")
	d.looks(b)

	signIn() // before the address is confirmed
	d.closed(b, inside...)
	link := ""
	for _, m := range d.Mails() {
		if m.To == email && strings.Contains(m.Letter.Path, "/confirm") {
			link = m.Letter.Path
		}
	}
	b.Goto(link)
	b.WaitText("Confirm your address")
	if strings.Contains(b.Path(), "token") {
		t.Error("the token stays in the address")
	}
	d.looks(b)
	b.Click(browser.Button("Confirm the address"))
	b.WaitText("Address confirmed")
	d.looks(b)
	b.Click(browser.Link("Sign in"))
	b.WaitPath(shop + "/sign-in")
	b.Type(browser.Field("E-mail"), email)
	b.Type(browser.Field("Password"), wrongOf(passphrase))
	b.Click(browser.Button("Sign in"))
	b.WaitText("do not go together")
	d.looks(b)
	d.Later(time.Minute)
	signIn()
	b.WaitPath(shop)
	for _, page := range inside {
		b.Goto(page)
		if b.Status() != 200 {
			t.Errorf("%s answers %d", page, b.Status())
		}
		d.looks(b)
	}

	b.Goto(shop + "/profile")
	b.Type(browser.Field("Phone"), "07700 900999")
	b.Click(browser.Button("Save"))
	b.WaitPath(shop + "/profile")
	u, err := user.FindByEmail(d.Store.Read(t.Context()), d.Place("aurora").ID, email)
	if err != nil || !strings.HasSuffix(strings.ReplaceAll(u.Phone, " ", ""), "7700900999") {
		t.Errorf("her phone is %q: %v", u.Phone, err)
	}
	b.Goto(shop + "/sessions")
	b.WaitText("This device")

	b.Goto(shop + "/security")
	b.Click(browser.Link("Add a passkey"))
	b.WaitPath(shop + "/security/passkeys/new")
	d.looks(b)
	b.Type("#f-name", "Laptop")
	b.Click("[data-passkey-go]")
	b.WaitText("Confirm: ")
	d.looks(b)
	b.Type("#code", d.letter("step_up_code", email).Code)
	b.Press("Enter")
	b.WaitText("Keep your recovery codes")
	d.looks(b)
	b.Click(browser.Link("I have kept them"))
	b.WaitPath(shop + "/security")
	b.WaitText("Laptop")
	if n := device.Passkeys(); n != 1 {
		t.Errorf("%d passkeys are on the device", n)
	}
	d.looks(b)

	d.signOut(b, shop+"/sign-in")
	d.closed(b, inside...)
	b.Goto(shop + "/sign-in")
	b.Click(browser.Button("Use a passkey"))
	b.WaitPath(shop)
	b.Goto(shop + "/history")
	b.WaitText("with a passkey")
}

// The message of a suspension is for who can show the right password, and for nobody else.
func TestAMessageOfASuspensionIsReadAfterTheRightPassword(t *testing.T) {
	t.Parallel()
	d := open(t)
	b, maya := d.b, d.named["maya"]
	const shop, email = "/account/aurora", "maya.whitaker@example.com"
	const message = "Two payments of yours were called back.\nPlease write to us at accounts@aurora.example."
	if _, err := op.Do(t.Context(), d.Door, op.HostOperator("test"), account.ResetPassword, account.Of(maya)); err != nil {
		t.Fatal(err)
	}
	m := d.window()
	m.Goto(d.letter("password_reset", email).Path)
	d.looks(m)
	m.Type("#f-password", passphrase)
	m.Press("Enter")
	m.WaitPath(shop + "/sign-in")
	signIn := func(password string) {
		t.Helper()
		d.Later(5 * time.Minute)
		m.Goto(shop + "/sign-in")
		m.Type(browser.Field("E-mail"), email)
		m.Type(browser.Field("Password"), password)
		m.Click(browser.Button("Sign in"))
	}

	d.signIn("bruno")
	b.Goto("/admin/customers/" + string(maya))
	deed(b, "Suspend…")
	d.looks(b)
	b.Click(browser.Button("Suspend Maya")) // without a reason
	b.WaitVisible("dialog[open] [aria-invalid=true], dialog[open] .is-invalid")
	d.looks(b)
	if d.user(maya).Status != user.Active {
		t.Fatal("she is suspended without a reason")
	}
	b.Select(browser.Field("Reason"), "Payment dispute")
	b.Type("#f-message", message)
	b.Click(browser.Button("Suspend Maya"))
	b.WaitText("Suspended")
	b.WaitGone("dialog[open]")
	d.looks(b)
	if got := d.user(maya).StatusMessage; got != message {
		t.Errorf("the message is %q", got)
	}

	m.Goto(shop)
	if at := m.Path(); !strings.HasPrefix(at, shop+"/sign-in") {
		t.Errorf("she is still in, at %s", at)
	}
	for _, line := range strings.Split(message, "\n") {
		signIn(wrongOf(passphrase))
		if m.Says(line) {
			t.Error("a wrong password reads the message")
		}
		signIn(passphrase)
		m.WaitText(line)
	}
	d.looks(m)
	d.closed(m, shop, shop+"/orders")

	d.Later(time.Minute)
	deed(b, "Lift suspension…")
	d.looks(b)
	b.Click(browser.Button("Lift suspension"))
	b.WaitGone("dialog[open]")
	signIn(passphrase)
	m.WaitPath(shop)
	m.WaitText("Maya")
}
