package admin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/tests/browser"
)

// asksDeletion lets a customer ask to be deleted.
func (d *desk) asksDeletion(t *testing.T, id user.ID, why string) {
	t.Helper()
	c := &op.Caller{Kind: op.Person, ID: string(id), Person: string(id), Home: d.Place("aurora").ID.Scope(), IP: "203.0.113.7"}
	_, err := op.Do(t.Context(), d.Door, c, privacy.AskDeletion, privacy.Wish{Reason: why})
	step, _ := errs.Of(err).Extra["step_up"].(string)
	_, err = op.Do(t.Context(), d.Door, c, privacy.AskDeletion, privacy.Wish{Reason: why}, op.With(op.Proof{ID: step, Code: d.Code()}))
	check(t, err)
}

// Pages that look different once something has happened: somebody waits for an answer, is suspended or banned, was invited.
func TestPagesOfWhatHappenedAreAccessible(t *testing.T) {
	d := newDesk(t, 3)
	d.asksDeletion(t, d.buyer, "I moved away, and a reason may be long: "+strings.Repeat("too many letters ", 20))
	d.Later(25 * 24 * time.Hour)
	d.asksDeletion(t, d.other, strings.Repeat("x", 400))
	_, err := op.Do(t.Context(), d.Door, d.As("bruno"), account.Suspend, account.Suspension{User: d.buyer, Reason: "Payment dispute: " + strings.Repeat("chargeback ", 20), Message: "We look into a payment."})
	check(t, err)
	_, err = op.Do(t.Context(), d.Door, d.As("bruno"), account.Ban, account.Exclusion{User: d.other, Reason: strings.Repeat("x", 300)})
	check(t, err)
	_, err = op.Do(t.Context(), d.Door, d.As("bruno"), consent.ChangePolicy, consent.PolicyChange{Brand: d.Place("aurora").ID, Version: "2026-11", Text: "We keep what we need.\n\nAnd no more."})
	check(t, err)
	in := account.NewStaff{Email: strings.Repeat("long", 12) + "@" + strings.Repeat("agency-", 8) + "of.example", Assignment: account.Assignment{Role: "support", Places: account.At(d.Place("aurora").ID)}}
	in.Send = true
	must(op.Do(t.Context(), d.Door, d.As("bruno"), account.Invite, in))(t)
	request := ""
	for _, e := range d.Events(string(d.Place("aurora").ID)) {
		for _, s := range e.Subjects {
			if s.Kind == "deletion_request" {
				request = s.ID
			}
		}
	}
	entry := d.Events(string(d.Place("aurora").ID))[0].ID
	b := d.window(t, "ada")
	for _, p := range []struct{ name, path string }{
		{"requests", "/admin/requests"}, {"refuse", "/admin/requests/" + request + "/refuse"}, {"overview-due", "/admin"},
		{"suspended", "/admin/customers/" + string(d.buyer)}, {"banned", "/admin/customers/" + string(d.other)}, {"change-suspension", "/admin/customers/" + string(d.buyer) + "/suspend"},
		{"policy", "/admin/settings/brands/" + string(d.Place("aurora").ID)}, {"second-factors", "/admin/settings/security/second-factors"},
		{"invitations-long", "/admin/users/invitations"}, {"invitations-none", "/admin/users/invitations?q=nobody&status=expired"}, {"entry", "/admin/audit/" + entry},
	} {
		looksRight(t, b, p.name, p.path)
	}
	b.SetDark(false)
	b.SetSize(browser.PhoneWidth, browser.PhoneHeight)
	b.Goto("/admin/customers/" + string(d.buyer))
	b.Click("summary[aria-label='More actions']")
	if left := browser.Eval[int](b, "Math.round(document.querySelector('.st-phead .dropdown-menu').getBoundingClientRect().left)"); left < 0 {
		t.Errorf("on a phone the menu of a person begins %d beside the window", -left)
	}
}
