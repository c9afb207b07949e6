// Package e2e is journeys through the whole in a real browser: what a person does, from the sign-in to the entry in the audit log.
package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/browser"
)

func TestMain(m *testing.M) { browser.Main(m) }

// desk is an installation with the named customers in it, behind a real server.
type desk struct {
	*world.World
	b     *browser.Browser
	named map[string]user.ID
}

func open(t *testing.T) *desk {
	t.Helper()
	b := browser.New(t) // first: it skips where there is no browser
	w := world.New(t)
	w.Later(time.Since(world.Now)) // a browser lives by the real clock
	d := &desk{World: w}
	var err error
	if d.named, err = w.Welcome(t.Context(), w.Door, w.Door.Now()); err != nil {
		t.Fatal(err)
	}
	d.b = b.At(w.Serve().URL)
	return d
}

// signIn comes in by the form.
func (d *desk) signIn(who string) { d.T.Helper(); d.signInAt(d.b, who) }

func (d *desk) signInAt(b *browser.Browser, who string) {
	d.T.Helper()
	d.password(b, d.Member(who))
	b.WaitPath("/admin/sign-in/second")
	b.Type("#code", d.AppCode(who))
	b.Press("Enter")
	b.WaitPath("/admin")
}

// password is the first step of a sign-in at the desk.
func (d *desk) password(b *browser.Browser, s *seed.Staff) {
	d.T.Helper()
	b.Goto("/admin/sign-in")
	b.Type(browser.Field("E-mail"), s.Email)
	b.Type(browser.Field("Password"), s.Password)
	b.Press("Enter")
}

// prove types the code that was mailed.
func (d *desk) prove(button string) {
	d.T.Helper()
	d.b.WaitText("Code from your")
	d.b.Type("#code", d.Code())
	if d.b.Says(button) {
		d.b.Click(browser.Button(button))
	}
}

func TestAdaFindsACustomerAndChangesTheirAddressAndAColleaguesRole(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	d.signIn("ada")
	b.Axe(t)

	// She finds Siobhán without typing her accent, opens her page and gives her another address.
	b.Goto("/admin/customers")
	b.WaitText("Maya Whitaker")
	b.Type(browser.Field("Search customers"), "siobhan oneill")
	b.WaitGone(browser.Text("Maya Whitaker"))
	b.Click(browser.Link("Siobhán O’Neill"))
	b.WaitText("siobhan.oneill@example.net")
	b.Axe(t)
	b.Click(browser.Link("Edit"))
	b.WaitVisible(browser.Field("E-mail"))
	b.Type(browser.Field("E-mail"), "siobhan@new.example")
	b.Click(browser.Button("Save"))
	b.WaitText("siobhan@new.example") // among what is confirmed
	b.Axe(t)
	d.prove("Change address")
	b.WaitText("siobhan@new.example")
	b.WaitGone(browser.Field("Code from your e-mail"))
	siobhan, err := user.Find(d.Store.Read(t.Context()), d.named["siobhan"])
	if err != nil || siobhan.Email != "siobhan@new.example" {
		t.Fatalf("her address is %q: %v", siobhan.Email, err)
	}

	// A minute later she moves Olu to the help desk.
	d.Later(time.Minute)
	b.Goto("/admin/users/" + string(d.Member("olu").ID) + "/role")
	b.Select(browser.Field("Role"), "Support")
	b.Type(browser.Field("Reason"), "Moves to the help desk")
	b.Axe(t)
	b.Click(browser.Button("Change role"))
	d.prove("Change role")
	b.WaitGone(browser.Field("Code from your e-mail"))
	b.WaitText("Support")

	// Both stand in the log, with before and after.
	b.Goto("/admin/audit")
	b.WaitText("changed the role of Oluwaseun Adeyemi from Shop Manager to Support")
	b.WaitText("Siobhán O’Neill")
	b.Axe(t)
	b.Goto("/admin/audit?what=user.edit")
	b.WaitText("Siobhán O’Neill")
	if at := browser.Eval[string](b, "[...document.querySelectorAll('a')].map(a => a.pathname).find(p => p.startsWith('/admin/audit/aud')) || ''"); at != "" {
		b.Goto(at)
	}
	for _, address := range []string{"siobhan.oneill@example.net", "siobhan@new.example"} {
		if !b.Says(address) {
			t.Errorf("the entry of the edit does not show %s", address)
		}
	}
	b.Axe(t)
	if code := d.Code(); strings.Contains(b.Text("body"), code) {
		t.Error("the log shows the code")
	}
}

func TestAWrongCodeChangesNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	d.signIn("bruno")
	b.Goto("/admin/customers/" + string(d.named["maya"]) + "/edit")
	b.Type(browser.Field("E-mail"), "maya@new.example")
	b.Click(browser.Button("Save"))
	b.WaitText("Code from your authenticator app or your e-mail")
	wrong := "000000"
	if d.Code() == wrong {
		wrong = "111111"
	}
	b.Type(browser.Field("Code from your authenticator app or your e-mail"), wrong)
	if b.Count(browser.Button("Change address")) > 0 && !b.Says("That code is not right") {
		b.Click(browser.Button("Change address"))
	}
	b.WaitText("That code is not right")
	maya, err := user.Find(d.Store.Read(t.Context()), d.named["maya"])
	if err != nil || maya.Email != "maya.whitaker@example.com" {
		t.Errorf("her address is %q: %v", maya.Email, err)
	}
}

func TestKimSeesYorkAndIsToldWhyNotMore(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	d.signIn("kim")
	b.Goto("/admin/customers")
	b.WaitText("Maya Whitaker")
	for _, elsewhere := range []string{"Agnieszka Wójcik", "José Ángel Muñoz", "Walter Brennan-Ortiz"} {
		if b.Says(elsewhere) {
			t.Errorf("Kim, who has York, sees %s", elsewhere)
		}
	}
	b.Goto("/admin/audit")
	if got := b.Status(); got != 403 {
		t.Errorf("the audit log answers Kim %d", got)
	}
	b.Axe(t)
	b.TakeFaults() // a browser reports the 403 of a page as a fault
	b.Goto("/admin/customers/" + string(d.named["jose"]))
	if got := b.Status(); got != 404 {
		t.Errorf("a customer of Leeds answers Kim %d", got)
	}
	b.TakeFaults()
}

// The same on a telephone in the dark, without a mouse's precision.
func TestOnAPhoneInTheDark(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
	b.SetDark(true)
	d.signIn("johanna")
	b.Goto("/admin/customers")
	b.Type(browser.Field("Search customers"), "maya")
	b.WaitGone(browser.Text("Siobhán O’Neill"))
	b.Click(browser.Link("Maya Whitaker"))
	b.WaitText("maya.whitaker@example.com")
	fits(t, b, "the profile")
	b.Axe(t)
	b.Goto("/admin/customers/" + string(d.named["maya"]) + "/edit")
	b.Type(browser.Field("Phone"), "+44 7700 900999")
	b.Click(browser.Button("Save"))
	b.WaitText("900999")
	fits(t, b, "the profile after the edit")
}

// fits fails when a page has to be moved sideways.
func fits(t *testing.T, b *browser.Browser, what string) {
	t.Helper()
	if over := browser.Eval[float64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		t.Errorf("%s is %v points wider than the window", what, over)
	}
}
