package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
)

// customer makes a customer of a brand with a key, and gives their id.
func (d *desk) customer(token, body string) string {
	d.t.Helper()
	return d.call(token, "POST", "/v1/customers", body).is(201).text("id")
}

func TestCustomersByKey(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ines := d.key("ines", d.brand("aurora"))
		made := d.call(ines, "POST", "/v1/customers", `{"first_name":"Zoë","last_name":"Núñez","email":"zoe@example.com","external_id":"14646"}`).is(201)
		at := made.Header().Get("Location")
		if made.text("email") != "zoe@example.com" || made.text("external_ids", 0, "source") != "api" || made.Header().Get("ETag") != `"1"` {
			t.Errorf("made: %s", made.Body)
		}
		for i := range 4 {
			d.customer(ines, fmt.Sprintf(`{"first_name":"Customer","last_name":"Nr %d","email":"c%d@example.com"}`, i, i))
		}
		page := d.get(ines, "/v1/customers?limit=2&sort=name").is(200)
		if page.len("data") != 2 || fmt.Sprint(page.value("total")) != "5" {
			t.Fatalf("the first page: %s", page.Body)
		}
		next := d.get(ines, "/v1/customers?limit=2&sort=name&total=false&cursor="+page.text("next_cursor")).is(200)
		if next.value("total") != nil || next.text("data", 0, "id") == page.text("data", 0, "id") {
			t.Errorf("the second page: %s", next.Body)
		}
		d.get(ines, "/v1/customers?limit=2&sort=-name&cursor="+page.text("next_cursor")).is(400, "cursor")
		d.get(d.key("bruno", d.brand("aurora")), "/v1/customers?limit=2&sort=name&cursor="+page.text("next_cursor")).is(400, "cursor")
		forged := page.text("next_cursor")
		forged = forged[:len(forged)-2] + "AA"
		d.get(ines, "/v1/customers?limit=2&sort=name&cursor="+forged).is(400, "cursor")

		if r := d.get(ines, "/v1/customers?q=nunez+zoe").is(200); r.len("data") != 1 || r.text("data", 0, "email") != "zoe@example.com" {
			t.Errorf("found %s", r.Body)
		}
		d.get(ines, "/v1/customers?colour=red").is(400, "unknown_parameter")
		d.get(ines, "/v1/customers?Status=active").is(400, "unknown_parameter")
		d.get(ines, "/v1/customers?status=sleeping").is(422, "invalid")
		d.get(ines, "/v1/customers?sort=walletBalance").is(400, "unknown_parameter")

		if r := d.get(ines, at).is(200); r.text("lifetime_spend", "currency") != "GBP" || r.text("tier") != "bronze" {
			t.Errorf("the profile: %s", r.Body)
		}
		edited := d.call(ines, "PATCH", at, `{"phone":"+44 113 496 0000"}`, "If-Match", `"1"`).is(200)
		if edited.text("phone") != "+44 113 496 0000" || edited.text("first_name") != "Zoë" || edited.Header().Get("ETag") != `"2"` {
			t.Errorf("edited: %s %s", edited.Header().Get("ETag"), edited.Body)
		}
		if r := d.call(ines, "GET", at, "", "If-None-Match", `"2"`); r.Code != http.StatusNotModified || r.Body.Len() != 0 {
			t.Errorf("not modified answers %d", r.Code)
		}
		d.unchanged(func() {
			d.call(ines, "PATCH", at, `{"phone":"+44 113 496 0001"}`, "If-Match", `"1"`).is(412, "stale")
			d.call(ines, "PATCH", at, `{"status":"banned"}`, "If-Match", "*").is(400, "unknown_field")
			d.call(ines, "PATCH", at, `{"email_verified":true}`, "If-Match", "*").is(400, "unknown_field")
			d.call(ines, "PATCH", at, `{"version":1}`, "If-Match", "*").is(400, "unknown_field")
			d.call(ines, "PATCH", at, `{"user":"usr_x"}`, "If-Match", "*").is(400, "unknown_field")
			d.call(ines, "PATCH", at, `{"born":"tomorrow"}`, "If-Match", "*").is(422, "invalid")
			d.call(ines, "PATCH", strings.Replace(at, "customers", "users", 1)+"x", `{"born":"1990-04-20"}`, "If-Match", "*").is(404, "not_found")
			d.call(ines, "POST", "/v1/customers", `{"email":"ZOE@example.com"}`).is(409, "email_taken")
			d.call(ines, "POST", "/v1/customers", `{"first_name":"Nobody"}`).is(422, "invalid")
			d.call(ines, "PATCH", "/v1/customers/"+string(d.Member("dev").ID), `{"phone":"1"}`, "If-Match", "*").is(404, "not_found")
			d.get(ines, "/v1/customers/"+string(d.Member("dev").ID)).is(404, "not_found")
		})
	})
}

func TestWhatMayNotBeSeenIsNowhere(t *testing.T) {
	d := one(t)
	ines := d.key("ines", d.brand("aurora"))
	id := d.customer(ines, `{"first_name":"Zoë","email":"zoe@example.com"}`)
	olu := d.key("olu", d.brand("aurora")) // Shop Manager: orders, never sums
	for _, path := range []string{"/v1/customers", "/v1/customers/" + id, "/v1/users/" + id} {
		body := d.get(olu, path).is(200).Body.String()
		for _, name := range []string{"lifetime_spend", "average_order", "imported_spend", "profit", "to_next_tier", "spend_rank", `"refunds"`} {
			if strings.Contains(body, name) {
				t.Errorf("%s tells a Shop Manager's key %s: %s", path, name, body)
			}
		}
		if !strings.Contains(body, "tier") && path != "/v1/users/"+id {
			t.Errorf("%s does not tell the tier: %s", path, body)
		}
	}
	d.get(olu, "/v1/customers?sort=-lifetime_spend").is(403, "field_forbidden")
	d.get(olu, "/v1/customers?lifetime_spend[gte]=5000").is(403, "field_forbidden")
	d.get(ines, "/v1/customers?lifetime_spend[gte]=5000&sort=-lifetime_spend").is(200)
	elif := d.key("elif", d.brand("aurora")) // Marketing: no tier, no orders
	if body := d.get(elif, "/v1/customers/"+id).is(200).Body.String(); strings.Contains(body, "tier") || strings.Contains(body, "order") {
		t.Errorf("Marketing's key is told %s", body)
	}
	d.get(elif, "/v1/customers/"+id+"/orders").is(403, "forbidden")
}

func TestNextDoorsPeopleAnswerAsNobody(t *testing.T) {
	d := one(t)
	ines, priya := d.key("ines", d.brand("aurora")), d.key("priya", d.brand("meridian"))
	id := d.customer(ines, `{"first_name":"Zoë","email":"zoe@example.com"}`)
	nobody := "usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"
	for _, c := range [][3]string{
		{"GET", "/v1/customers/%s", ""}, {"GET", "/v1/users/%s", ""}, {"GET", "/v1/customers/%s/orders", ""}, {"GET", "/v1/users/%s/grants", ""},
		{"GET", "/v1/users/%s/sessions", ""}, {"GET", "/v1/users/%s/activity", ""}, {"PATCH", "/v1/users/%s", `{"phone":"1"}`},
		{"PATCH", "/v1/customers/%s", `{"phone":"1"}`}, {"PUT", "/v1/users/%s/deactivation", ""}, {"DELETE", "/v1/users/%s/deactivation", ""},
		{"DELETE", "/v1/users/%s/sessions", ""},
	} {
		d.unchanged(func() {
			hidden := d.call(priya, c[0], fmt.Sprintf(c[1], id), c[2], "If-Match", "*").is(404, "not_found")
			absent := d.call(priya, c[0], fmt.Sprintf(c[1], nobody), c[2], "If-Match", "*").is(404, "not_found")
			if hidden.Body.String() != absent.Body.String() {
				t.Errorf("%s %s: hidden answers %s, absent %s", c[0], c[1], hidden.Body, absent.Body)
			}
		})
	}
}

func TestOfTwoHundredEditsAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ines := d.key("ines", d.brand("aurora"))
		at := "/v1/customers/" + d.customer(ines, `{"first_name":"Zoë","email":"zoe@example.com"}`)
		codes := make([]int, 200)
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() {
				r := d.call(ines, "PATCH", at, fmt.Sprintf(`{"last_name":"Nr %d"}`, i), "If-Match", `"1"`)
				codes[i] = r.Code
			})
		}
		all.Wait()
		won := 0
		for i, code := range codes {
			switch code {
			case http.StatusOK:
				won++
			case http.StatusPreconditionFailed:
			default:
				t.Errorf("edit %d: %d", i, code)
			}
		}
		if r := d.get(ines, at).is(200); won != 1 || r.Header().Get("ETag") != `"2"` {
			t.Errorf("%d edits won, and the version is %s", won, r.Header().Get("ETag"))
		}
		report, err := audit.Verify(t.Context(), d.Store, nil)
		if err != nil || len(report.Findings) > 0 {
			t.Errorf("the audit log does not verify: %v %v", err, report)
		}
	})
}

func TestStaffByKey(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ada := d.key("ada", d.brand("aurora"))
		made := d.call(ada, "POST", "/v1/users", `{"email":"sam@aurora.example","first_name":"Sam","role":"support","levels":{"orders":{"level":"view"}},"send":false}`).is(201)
		if !strings.HasPrefix(made.text("invitation_url"), "http://localhost:8080/invitation?token=") {
			t.Errorf("added: %s", made.Body)
		}
		id := made.text("id")
		dev := d.key("dev", d.brand("aurora"))
		d.unchanged(func() {
			d.call(dev, "POST", "/v1/users", `{"email":"tam@aurora.example","first_name":"T","role":"support"}`).is(403, "forbidden")
			d.call(ada, "POST", "/v1/users", `{"email":"tam@aurora.example","first_name":"T","Role":"support"}`).is(400, "unknown_field")
			d.call(ada, "PATCH", "/v1/users/"+id, `{"role":"admin"}`, "If-Match", "*").is(400, "unknown_field")
		})
		if r := d.get(ada, "/v1/users?role=support").is(200); r.len("data") != 2 {
			t.Errorf("support staff: %s", r.Body)
		}
		if r := d.get(ada, "/v1/users/"+id+"/grants").is(200); r.text("data", 0, "role") != "support" {
			t.Errorf("grants: %s", r.Body)
		}
		d.get(ada, "/v1/users/"+id+"/sessions").is(200)
		if r := d.get(ada, "/v1/users/"+id+"/activity").is(200); r.len("data") == 0 || r.text("data", 0, "operation") != "user.add" {
			t.Errorf("activity: %s", r.Body)
		}
		d.call(ada, "DELETE", "/v1/users/"+id+"/sessions", "").is(204)
		d.call(ada, "DELETE", "/v1/users/"+id+"/sessions/ses_none", "").is(404, "not_found")

		kim := string(d.Member("kim").ID)
		if r := d.call(ada, "PUT", "/v1/users/"+kim+"/deactivation", "").is(200); r.text("status") != "deactivated" {
			t.Errorf("deactivated: %s", r.Body)
		}
		d.unchanged(func() { d.call(ada, "PUT", "/v1/users/"+kim+"/deactivation", "{}").is(200) })
		d.call(ada, "DELETE", "/v1/users/"+kim+"/deactivation", "").is(200)
		d.unchanged(func() {
			d.call(ada, "PUT", "/v1/users/"+kim+"/deactivation", `{"reason":"x"}`).is(400, "no_body")
			d.call(dev, "PUT", "/v1/users/"+kim+"/deactivation", "").is(403, "forbidden")
			d.call(ada, "PUT", "/v1/users/"+string(d.Member("ada").ID)+"/deactivation", "").is(404)
		})
	})
}

func TestARoleIsChangedWithTheOwnersCode(t *testing.T) {
	d := one(t)
	ada := d.key("ada", access.Platform)
	path := "/v1/users/" + string(d.Member("kim").ID) + "/role"
	body := `{"role":"hub_admin","brand":"aurora","locations":["` + string(d.Place("aurora").Hub["Hull"]) + `"],"reason":"Moves to Hull"}`
	var id string
	before := d.get(ada, "/v1/users/"+string(d.Member("kim").ID)+"/grants").is(200).len("data")
	id = d.call(ada, "PUT", path, body).is(403, "step_up_required").text("step_up")
	if now := d.get(ada, "/v1/users/"+string(d.Member("kim").ID)+"/grants").is(200).len("data"); now != before {
		t.Fatal("a step-up that was only asked for changed the role")
	}
	d.call(ada, "PUT", path, strings.Replace(body, "hub_admin", "read_only", 1), "Step-Up", id+" "+d.Code()).is(403, "step_up_mismatch")
	d.Later(time.Second)
	d.call(ada, "PUT", path, body, "Step-Up", id+" "+d.Code()).is(200)
	grants := d.get(ada, "/v1/users/"+string(d.Member("kim").ID)+"/grants").is(200)
	if grants.len("data") != before+1 || !strings.HasSuffix(grants.text("data", 0, "scope"), string(d.Place("aurora").Hub["Hull"])) {
		t.Errorf("grants: %s", grants.Body)
	}
	d.call(d.key("bruno", d.brand("aurora")), "PUT", path, body).is(403, "forbidden")
}

func TestARoleIsGivenInSeveralBrandsAtOnce(t *testing.T) {
	d := one(t)
	ada, bruno := d.key("ada", access.Platform), d.key("bruno", d.brand("aurora"))
	places := `"places":[{"brand":"aurora","locations":["` + string(d.Place("aurora").Hub["Hull"]) + `"]},{"brand":"meridian"}]`
	d.unchanged(func() {
		d.call(ada, "POST", "/v1/users", `{"email":"noor@desk.example","first_name":"Noor","role":"support","brand":"aurora",`+places+`}`).is(422, "invalid")
		d.call(ada, "POST", "/v1/users", `{"email":"noor@desk.example","first_name":"Noor","role":"support","home":"aurora",`+places+`}`).is(422, "role_home")
		d.call(bruno, "POST", "/v1/users", `{"email":"noor@desk.example","first_name":"Noor","role":"support",`+places+`}`).is(404)
	})
	noor := d.call(ada, "POST", "/v1/users", `{"email":"noor@desk.example","first_name":"Noor","role":"support",`+places+`}`).is(201).text("id")
	if r := d.get(ada, "/v1/users/"+noor+"/grants").is(200); r.len("data") != 2 {
		t.Errorf("grants: %s", r.Body)
	}
	if home := d.get(ada, "/v1/users/"+noor).is(200).text("brand"); home != "platform" {
		t.Errorf("the account is of %s", home)
	}
}

// TestAKeyIsNotItsOwner: what people may do to themselves, their keys may not.
func TestAKeyIsNotItsOwner(t *testing.T) {
	d := one(t)
	narrow := d.key("ada", d.brand("aurora"), access.FactsIngest)
	self := "/v1/users/" + string(d.Member("ada").ID)
	d.unchanged(func() {
		for _, c := range [][3]string{{"GET", "", ""}, {"PATCH", "", `{"phone":"1"}`}, {"GET", "/sessions", ""}, {"DELETE", "/sessions", ""}, {"GET", "/activity", ""}, {"GET", "/grants", ""}} {
			if r := d.call(narrow, c[0], self+c[1], c[2], "If-Match", "*"); r.Code != 403 && r.Code != 404 {
				t.Errorf("%s %s: %d %s", c[0], self+c[1], r.Code, r.Body)
			}
		}
	})
}
