package admin_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/audit"
)

// A page that does not open is a refusal like any other: it is told with the permission that is missing, and stands in the log.
func TestAPageThatDoesNotOpenIsARecordedRefusal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	aurora := d.Place("aurora")
	buyer, bruno := "/admin/customers/"+string(d.buyer), "/admin/users/"+string(d.Member("bruno").ID)
	for _, c := range []struct{ key, path, permission string }{
		{"olu", buyer + "/edit", "customers.edit"},
		{"olu", buyer + "/deactivate", "users.deactivate"},
		{"ines", bruno + "/role", "staff_roles.assign"},
		{"bruno", bruno + "/role", ""},
		{"bruno", "/admin/settings/brands/new", "brands.create"},
		{"rosa", "/admin/settings/brands/" + string(aurora.ID), "settings.edit"},
		{"rosa", "/admin/settings/locations/" + string(aurora.Hub["York"]), "settings.edit"},
		{"rosa", "/admin/settings/users/new", "users.invite"},
		{"olu", "/admin/settings/api-keys/new", "api_keys.manage"},
		{"elif", "/admin/settings", "settings.view"},
	} {
		b := d.as(t, c.key)
		before := d.openings(c.key)
		b.get(c.path).wants(http.StatusForbidden)
		after := d.openings(c.key)
		if len(after) != len(before)+1 || !slices.ContainsFunc(after, func(e audit.Entry) bool {
			return !slices.ContainsFunc(before, func(o audit.Entry) bool { return o.ID == e.ID }) && e.Outcome == audit.Refused && e.Facts["permission"] == c.permission
		}) {
			t.Errorf("%s at %s: %d before, then %+v", c.key, c.path, len(before), after)
		}
		d.Later(2 * time.Minute) // the same again within a minute would be counted on the first
	}
	b := d.as(t, "olu")
	before := len(d.openings("olu"))
	b.get(buyer + "/edit").wants(http.StatusForbidden)
	b.get(buyer + "/edit").wants(http.StatusForbidden)
	if n := len(d.openings("olu")) - before; n != 1 {
		t.Errorf("twice within a minute: %d events", n)
	}
}

// openings are the refused pages of somebody, as the log has them.
func (d *desk) openings(key string) (all []audit.Entry) {
	for _, chain := range []string{"platform", string(d.Place("aurora").ID)} {
		for _, e := range d.Events(chain) {
			if e.Op == "desk.open" && e.Actor.Person == string(d.Member(key).ID) {
				all = append(all, e)
			}
		}
	}
	return all
}
