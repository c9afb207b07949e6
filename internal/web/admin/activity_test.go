package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// The code that staff are asked for is told by the log, and not on the timeline of the customer whom they wanted to change.
func TestAStepUpIsNotOnTheTimelineOfWhomItIsAbout(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	b := d.as(t, "bruno")
	page := "/admin/customers/" + string(d.buyer) + "/edit"
	form := formOf(b.get(page))
	form.Set("email", "other@example.org")
	if a := b.post(page, form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.sheet())
	}
	asked := slices.ContainsFunc(d.Events(string(d.Place("aurora").ID)), func(e audit.Entry) bool {
		return e.Op == "step_up.issued" && slices.ContainsFunc(e.Subjects, func(s audit.Subject) bool { return s.Person == string(d.buyer) })
	})
	if !asked {
		t.Fatal("the log does not say that a code was asked for about the customer")
	}
	lines := must(op.Ask(t.Context(), d.Door, d.As("bruno"), directory.Activity, directory.Timeline{User: d.buyer, Limit: 200}))(t)
	for _, l := range lines.Lines {
		if strings.HasPrefix(l.Op, "step_up.") {
			t.Errorf("the customer's timeline says %s", l.Op)
		}
	}
}
