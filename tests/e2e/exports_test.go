package e2e

import (
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/tests/browser"
)

// Exports are asked for on a person's page, and waited for on one's own.
func TestExportsAreAskedForAndWaitedFor(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.b
	maya := d.named["maya"]
	ask := directory.ActivityExport{User: maya, Kinds: []directory.LineKind{directory.LineOrder}, Purpose: "support"}
	ready, err := op.Do(t.Context(), d.Door, d.As("ada"), directory.ExportActivity, ask)
	if err == nil {
		err = d.Exports.Make(t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: ready}, Attempt: 1, Attempts: 3})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := op.Do(t.Context(), d.Door, d.As("ada"), directory.ExportActivity, ask); err != nil {
		t.Fatal(err)
	}
	d.signIn("ada")
	pages := []string{
		"/admin/customers/ID/activity?kind=order&outcome=ok", "/admin/customers/ID/activity?kind=dance&from=yesterday",
		"/admin/customers/ID/activity/export?kind=order", "/admin/customers/ID/package", "/admin/me/exports", "/admin/customers/export?tier=gold", "/admin/users/export",
		"/admin/users/STAFF/sessions", "/admin/users/STAFF/activity",
	}
	ids := strings.NewReplacer("ID", string(maya), "STAFF", string(d.Member("ada").ID))
	for _, page := range pages {
		for _, dark := range []bool{false, true} {
			b.SetDark(dark)
			b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
			if dark {
				b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
			}
			b.Goto(ids.Replace(page))
			if status := b.Status(); status != 200 {
				t.Errorf("%s answers %d", page, status)
				b.TakeFaults()
				continue
			}
			fits(t, b, page)
			b.Axe(t)
			for _, fault := range b.TakeFaults() {
				t.Errorf("%s: %s", page, fault)
			}
		}
	}
	b.Goto("/admin/me/exports")
	if !b.Says("Download") || !b.Says("Cancel") || !b.Says("Maya") {
		t.Error("the list does not offer what it has")
	}
	// A list is asked for where it is looked at, with its filters.
	b.SetSize(browser.DesktopWidth, browser.DesktopHeight)
	b.Goto("/admin/customers?status=active")
	b.Click(browser.Link("Export"))
	b.WaitText("Export this list?")
	b.Axe(t)
	b.Click(browser.Button("Export"))
	b.WaitPath("/admin/me/exports")
	b.WaitText("List of customers")
}
