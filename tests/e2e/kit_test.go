package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/browser"
)

// fresh is an installation that nobody has set up.
func fresh(t *testing.T) *desk {
	t.Helper()
	b := browser.New(t)
	w := world.Fresh(t)
	w.Later(time.Since(world.Now))
	d := &desk{World: w}
	d.b = b.At(w.Serve().URL)
	return d
}

// window is somebody else's browser.
func (d *desk) window() *browser.Browser {
	d.T.Helper()
	return browser.New(d.T).At(d.Site.Public.String())
}

// looks goes over the page that a window is at, in both sizes, and leaves it as it was: nothing that axe finds, nothing wider than
// the window.
func (d *desk) looks(b *browser.Browser) {
	d.T.Helper()
	for _, width := range []int{browser.PhoneWidth, browser.DesktopWidth} {
		b.SetSize(width, browser.DesktopHeight)
		fits(d.T, b, b.Path())
		b.Axe(d.T)
	}
}

// letter is the newest mail of a kind to an address.
func (d *desk) letter(kind, to string) mailing.Letter {
	d.T.Helper()
	for _, m := range d.Mails() {
		if m.Kind == kind && strings.EqualFold(m.To, to) {
			return m.Letter
		}
	}
	d.T.Fatalf("no %s was mailed to %s", kind, to)
	return mailing.Letter{}
}

// newCode is what an app with this secret shows half a minute later, which it has never shown before.
func (d *desk) newCode(secret string) string {
	d.T.Helper()
	d.Later(30 * time.Second)
	code, err := auth.AppCode(secret, d.Door.Now())
	if err != nil {
		d.T.Fatal(err)
	}
	return code
}

// wrongOf is another code of the same length.
func wrongOf(code string) string {
	last := "0"
	if strings.HasSuffix(code, "0") {
		last = "1"
	}
	return code[:len(code)-1] + last
}

// user is somebody's account as it is now.
func (d *desk) user(id user.ID) *user.User {
	d.T.Helper()
	u, err := user.Find(d.Store.Read(d.T.Context()), id)
	if err != nil {
		d.T.Fatal(err)
	}
	return u
}

// closed demands that none of these pages opens: each leads to a sign-in.
func (d *desk) closed(b *browser.Browser, pages ...string) {
	d.T.Helper()
	for _, page := range pages {
		b.Goto(page)
		if at := b.Path(); !strings.Contains(at, "/sign-in") || !b.Says("Password") && !b.Says("Mail me a code") {
			d.T.Errorf("%s opens without a sign-in, at %s", page, at)
		}
		b.TakeFaults()
	}
}

// signOut leaves by the menu.
func (d *desk) signOut(b *browser.Browser, to string) {
	d.T.Helper()
	b.Click(".st-me")
	b.Click(browser.Clickable("Sign out"))
	b.WaitPath(to)
}

// deed opens the menu of the person whose page it is, and takes something from it.
func deed(b *browser.Browser, label string) {
	b.Click("summary[aria-label='More actions']")
	b.Click(browser.Clickable(label))
	b.WaitVisible("dialog[open]")
}

// confirm answers a step-up over the page with the mailed code.
func (d *desk) confirm(b *browser.Browser) {
	d.T.Helper()
	b.WaitText("Confirm: ")
	d.looks(b)
	b.Type("#code", d.Code())
	b.Press("Enter")
	b.WaitGone("dialog[open]")
}

// passphrase is what people in these journeys choose.
const passphrase = "plum otter lantern seven"

// comesIn brings a customer into their account with a mailed code, in a window of their own.
func (d *desk) comesIn(email string) *browser.Browser {
	d.T.Helper()
	const shop = "/account/aurora"
	b := d.window()
	b.Goto(shop + "/sign-in")
	b.Type(browser.Field("E-mail"), email)
	b.Click(browser.Button("Mail me a code instead"))
	b.WaitPath(shop + "/sign-in/code")
	b.Type("#code", d.letter("sign_in_code", email).Code)
	b.Press("Enter")
	b.WaitPath(shop)
	return b
}
