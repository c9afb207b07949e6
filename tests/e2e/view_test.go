package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/tests/browser"
)

// Bruno looks through Maya's eyes: with a banner, without touching anything, and she can read of it afterwards.
func TestBrunoViewsAsMayaAndSheFindsItInHerHistory(t *testing.T) {
	t.Parallel()
	d := open(t)
	b, maya := d.b, d.named["maya"]
	const shop, banner = "/account/aurora", "aside.st-viewing"
	d.signIn("bruno")
	page := "/admin/customers/" + string(maya)
	b.Goto(page)
	deed(b, "View as this person…")
	d.looks(b)
	b.Click(browser.Button("View as Maya")) // without a reason
	if b.Count("dialog[open] #f-reason:invalid") != 1 {
		t.Error("nothing says that a reason is missing")
	}
	b.Type(browser.Field("Reason"), "She asks where her order is")
	b.Click(browser.Button("View as Maya"))
	b.WaitText("Confirm: ")
	d.looks(b)
	code := d.Code()
	b.Type("#code", wrongOf(code))
	b.Press("Enter")
	b.WaitText("not right")
	d.closed(b, shop, shop+"/orders")
	b.Goto(page)
	d.Later(time.Minute)
	deed(b, "View as this person…")
	b.Type(browser.Field("Reason"), "She asks where her order is")
	b.Click(browser.Button("View as Maya"))
	b.WaitText("Confirm: ")
	b.Type("#code", d.Code())
	b.Press("Enter")
	b.WaitPath(shop)

	// What he sees, each with the banner.
	for _, open := range []string{shop, shop + "/orders", shop + "/profile"} {
		b.Goto(open)
		if words := b.Text(banner); !strings.Contains(words, "Bruno Keller views as Maya Whitaker") || !strings.Contains(words, "Look only") {
			t.Errorf("%s: the banner says %q", open, words)
		}
		d.looks(b)
	}
	if n := b.Count("main form"); n > 0 {
		t.Errorf("her profile offers %d forms to who may only look", n)
	}
	// What is hers alone.
	for _, hers := range []string{shop + "/security", shop + "/security/passkeys/new", shop + "/sessions", shop + "/history"} {
		b.Goto(hers)
		if b.Status() != 403 {
			t.Errorf("%s answers who views %d", hers, b.Status())
		}
		d.looks(b)
		b.TakeFaults()
	}
	before := d.user(maya).Version
	b.Goto(shop + "/profile")
	status := browser.Eval[int](b, `(() => { const r = new XMLHttpRequest(); r.open("POST", "/account/aurora/profile", false);
		r.setRequestHeader("Content-Type", "application/x-www-form-urlencoded"); r.send("version=0&first_name=Eve"); return r.status })()`)
	if status < 400 || status >= 500 || d.user(maya).FirstName != "Maya" || d.user(maya).Version != before {
		t.Errorf("a form of his own making is answered %d", status)
	}
	b.TakeFaults()

	b.Goto(shop)
	b.Click(browser.In("//aside[contains(@class,'st-viewing')]", browser.Button("End")))
	b.WaitText("Maya Whitaker")
	if at := b.Path(); at != page {
		t.Errorf("he ends at %s", at)
	}
	if b.Status() != 200 {
		t.Errorf("her page answers %d", b.Status())
	}
	d.looks(b)
	d.closed(b, shop, shop+"/orders")

	m := d.comesIn("maya.whitaker@example.com")
	m.Goto(shop + "/history")
	m.WaitText("Viewed by shop staff")
	if m.Says("Bruno") {
		t.Error("her history names him")
	}
	d.looks(m)
	b.Goto("/admin/audit")
	b.WaitText("Bruno Keller")
	if !b.Says("Maya Whitaker") {
		t.Error("the log does not say whom he viewed")
	}
	if d.user(maya).Status != user.Active {
		t.Error("something is left behind")
	}
}
