package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// newKey is what a key with a source is made from.
func newKey(d *desk, who, source string, only ...access.Permission) apikey.New {
	return apikey.New{Name: who, Scope: d.brand("aurora"), Owner: d.Member(who).ID, Source: source, Permissions: access.Of(only...)}
}

func TestThePlatformAsksWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		dev := d.key("dev", d.brand("aurora"), access.AccessCheck)
		kim, priya, ada := string(d.Member("kim").ID), string(d.Member("priya").ID), string(d.Member("ada").ID)
		aurora := d.brand("aurora").String()
		york, leeds := aurora+"/location/"+string(d.Place("aurora").Hub["York"]), aurora+"/location/"+string(d.Place("aurora").Hub["Leeds"])
		ask := func(user, permission, scope, about string) string {
			q := fmt.Sprintf(`{"user":%q,"permission":%q,"scope":%q`, user, permission, scope)
			if about != "" {
				q += fmt.Sprintf(`,"about":%q`, about)
			}
			return q + "}"
		}
		questions := []struct {
			ask     string
			allowed bool
		}{
			{ask(kim, "orders.refund", york, ""), true},
			{ask(kim, "orders.refund", leeds, ""), false},
			{ask(kim, "orders.refund", aurora, ""), false},
			{ask(kim, "users.suspend", york, "customer"), true},
			{ask(kim, "users.suspend", york, "staff"), false},
			{ask(kim, "users.suspend", york, ""), false},
			{ask(ada, "orders.refund", york, ""), true},
			{ask(priya, "orders.refund", york, ""), false},
			{ask("usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", "orders.refund", york, ""), false},
		}
		var all []string
		for _, q := range questions {
			all = append(all, q.ask)
		}
		r := d.call(dev, "POST", "/v1/access/check", `{"checks":[`+strings.Join(all, ",")+`]}`).is(200)
		for i, q := range questions {
			if r.value("data", i, "allowed") != q.allowed {
				t.Errorf("%s: %v", q.ask, r.value("data", i, "allowed"))
			}
		}
		why := d.call(dev, "POST", "/v1/access/explain", ask(kim, "orders.refund", leeds, "")).is(200)
		if why.text("decided", "verdict") != "other_place" || why.text("decided", "role") != "hub_admin" || why.text("elsewhere", 0) != york || why.text("decided", "grant") == "" {
			t.Errorf("why not: %s", why.Body)
		}
		if said := why.text("sentence"); !strings.Contains(said, "Leeds") || strings.Contains(said, "brand/") {
			t.Errorf("the sentence is not for people: %s", said)
		}
		// Somebody next door, and nobody at all, are explained the same.
		hidden := d.call(dev, "POST", "/v1/access/explain", ask(priya, "orders.refund", york, "")).is(200).Body.String()
		absent := d.call(dev, "POST", "/v1/access/explain", ask("usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", "orders.refund", york, "")).is(200).Body.String()
		if strings.ReplaceAll(hidden, priya, "usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB") != absent {
			t.Errorf("next door: %s, nobody: %s", hidden, absent)
		}
		meridian := d.brand("meridian").String()
		next := d.call(dev, "POST", "/v1/access/explain", ask(priya, "orders.refund", meridian, "")).is(422, "invalid").Body.String()
		none := d.call(dev, "POST", "/v1/access/explain", ask(priya, "orders.refund", "brand/brd_none", "")).is(422, "invalid").Body.String()
		if next != none {
			t.Errorf("a place next door: %s, none: %s", next, none)
		}
		if !strings.Contains(next, `"fields":{"scope"`) {
			t.Errorf("the field is called as it was sent nowhere: %s", next)
		}
		d.call(dev, "POST", "/v1/access/check", `{"checks":[]}`).is(422, "invalid")
		d.call(dev, "POST", "/v1/access/check", `{"checks":[`+strings.Replace(all[0], "orders.refund", "orders.Refund", 1)+`]}`).is(422, "invalid")
		d.call(dev, "POST", "/v1/access/check", `{"checks":[`+strings.Replace(all[0], `"user"`, `"User"`, 1)+`]}`).is(400, "unknown_field")
		d.call(d.key("kim", d.brand("aurora").Location(string(d.Place("aurora").Hub["York"])), access.OrdersView), "POST", "/v1/access/check", `{"checks":[`+all[0]+`]}`).is(403, "forbidden")

		if _, err := op.Do(t.Context(), d.Door, d.As("ada"), account.Deactivate, account.Of(d.Member("kim").ID)); err != nil {
			t.Fatal(err)
		}
		if r := d.call(dev, "POST", "/v1/access/check", `{"checks":[`+all[0]+`]}`).is(200); r.value("data", 0, "allowed") != false {
			t.Errorf("who is deactivated may still: %s", r.Body)
		}
	})
}

func TestRolesAndPermissionsAreData(t *testing.T) {
	d := one(t)
	dev := d.key("dev", d.brand("aurora"))
	if r := d.get(dev, "/v1/roles?limit=200").is(200); r.len("data") != len(access.BuiltIn) {
		t.Errorf("roles: %s", r.Body)
	}
	if r := d.get(dev, "/v1/roles/hub_admin").is(200); r.text("highest") != "location" || r.text("limits", "people", 0) != "customer" {
		t.Errorf("a role: %s", r.Body)
	}
	d.get(dev, "/v1/roles/king").is(404, "not_found")
	if r := d.get(dev, "/v1/permissions?limit=200").is(200); fmt.Sprint(r.value("total")) != fmt.Sprint(r.len("data")) || r.text("data", 0, "name") != "products.view" {
		t.Errorf("permissions: %.300s", r.Body)
	}
}

func TestReadingTheLogLeavesATrail(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		bruno := d.key("bruno", d.brand("aurora"))
		d.customer(bruno, `{"first_name":"Zoë","email":"zoe@example.com"}`)
		before := d.done()
		r := d.get(bruno, "/v1/audit-events?operation=customer.create&limit=1").is(200)
		if r.len("data") != 1 || fmt.Sprint(r.value("total")) != "1" || r.text("data", 0, "actor", "kind") != "key" || r.text("data", 0, "actor", "name") == "" {
			t.Errorf("the log: %s", r.Body)
		}
		if d.done() != before+1 {
			t.Errorf("reading the log left %d entries", d.done()-before)
		}
		event := d.get(bruno, "/v1/audit-events/"+r.text("data", 0, "id")).is(200)
		if event.text("hash") == "" || event.len("changes") == 0 || !strings.Contains(event.Body.String(), "zoe@example.com") {
			t.Errorf("the entry: %s", event.Body)
		}
		page := d.get(bruno, "/v1/audit-events?limit=1&total=false").is(200)
		d.get(bruno, "/v1/audit-events?limit=1&outcome=done&cursor="+page.text("next_cursor")).is(400, "cursor")
		d.get(bruno, "/v1/audit-events?limit=1&cursor="+page.text("next_cursor")).is(200)
		d.get(bruno, "/v1/audit-events?brand=platform").is(404, "not_found")
		d.get(bruno, "/v1/audit-events?brand=meridian").is(404, "not_found")
		d.get(bruno, "/v1/audit-events?outcome=maybe").is(422, "invalid")
		d.get(d.key("ines", d.brand("aurora")), "/v1/audit-events").is(403, "forbidden")
		priya := d.key("priya", d.brand("meridian"))
		d.get(priya, "/v1/audit-events/"+r.text("data", 0, "id")).is(404, "not_found")

		if _, err := d.Checkpoints.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.customer(bruno, `{"first_name":"Ann","email":"ann@example.com"}`)
		if _, err := d.Checkpoints.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		first := d.get(bruno, "/v1/audit-checkpoints?limit=1").is(200)
		second := d.get(bruno, "/v1/audit-checkpoints?limit=1&cursor="+first.text("next_cursor")).is(200)
		if first.text("data", 0, "chain") != string(d.Place("aurora").ID) || second.text("data", 0, "chain") != string(d.Place("aurora").ID) ||
			first.text("data", 0, "hash") == second.text("data", 0, "hash") || !strings.Contains(d.File("audit-checkpoints.jsonl"), first.text("data", 0, "signature")) {
			t.Errorf("checkpoints: %s, then %s", first.Body, second.Body)
		}
		all := d.get(d.key("ada", access.Platform), "/v1/audit-checkpoints?brand=platform").is(200)
		if strings.Contains(all.Body.String(), string(d.Place("aurora").ID)) {
			t.Errorf("the platform's checkpoints: %s", all.Body)
		}
		d.get(bruno, "/v1/jobs/job_none").is(404, "not_found")
	})
}
