package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

// An entry's own page says why, as its line in the log does.
func TestThePageOfAnEntrySaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	_, err := op.Do(t.Context(), d.Door, d.As("bruno"), account.Suspend, account.Suspension{User: d.buyer, Reason: "Two chargebacks in October"})
	check(t, err)
	_, err = op.Do(t.Context(), d.Door, d.As("bruno"), account.Ban, account.Exclusion{User: d.other, Reason: "Insulted the people at the counter"})
	check(t, err)
	_, err = op.Do(t.Context(), d.Door, op.HostOperator("root"), privacy.Archive, privacy.Archival{User: d.other, Reason: privacy.GDPRRequest, Note: "By letter of 12 November"})
	check(t, err)
	b := d.as(t, "bruno")
	entry := func(name string) answer {
		t.Helper()
		for _, e := range d.Events(string(d.Place("aurora").ID)) {
			if e.Op == name {
				return b.get("/admin/audit/" + e.ID).wants(http.StatusOK)
			}
		}
		t.Fatalf("nothing in the log is called %s", name)
		return answer{}
	}
	entry("user.suspend").says("Reason Two chargebacks in October").says("Operation user.suspend")
	if a := entry("user.ban"); strings.Contains(a.body, "Insulted") {
		t.Error("the reason of a ban outlives the archive of the person")
	}
	entry("user.archive").says("Reason GDPR request").says("Note " + user.Placeholder(d.other))
}
