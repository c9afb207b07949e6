package api_test

import (
	"fmt"
	"testing"
	"time"
)

func TestTheLifeOfAnAccountByKey(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ines, johanna := d.key("ines", d.brand("aurora")), d.key("johanna", d.brand("aurora"))
		priya := d.key("priya", d.brand("meridian"))
		id := d.customer(ines, `{"first_name":"Zoë","email":"zoe@example.com","phone":"+44 113 496 0000"}`)
		at := "/v1/users/" + id
		until := d.Door.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		body := fmt.Sprintf(`{"reason":"Payment dispute","message":"We look into it.","until":%q}`, until)

		if r := d.call(johanna, "PUT", at+"/suspension", body).is(200); r.text("status") != "suspended" {
			t.Errorf("suspended: %s", r.Body)
		}
		d.unchanged(func() { d.call(johanna, "PUT", at+"/suspension", body).is(200) }) // the same again is no event
		if r := d.get(ines, at).is(200); r.text("status_reason") != "Payment dispute" || r.text("status_message") != "We look into it." || r.text("status_until") != until {
			t.Errorf("shown: %s", r.Body)
		}
		d.unchanged(func() {
			d.call(ines, "PUT", at+"/suspension", `{"reason":" "}`).is(422, "invalid")
			d.call(ines, "PUT", at+"/deactivation", "", "If-Match", `"999"`).is(400, "if_match_not_taken") // it would protect nothing
			d.call(ines, "PUT", at+"/suspension", `{}`).is(422, "invalid")
			d.call(ines, "PUT", at+"/suspension", `{"reason":"Abuse","until":"2020-01-01T00:00:00Z"}`).is(422, "invalid")
			d.call(ines, "PUT", at+"/suspension", `{"reason":"Abuse","forever":true}`).is(400, "unknown_field")
			d.call(johanna, "PUT", at+"/ban", `{"reason":"Abuse"}`).is(403, "forbidden")
			d.call(priya, "PUT", at+"/ban", `{"reason":"Abuse"}`).is(404, "not_found")
			d.call(ines, "POST", at+"/password-reset", "").is(409, "cannot_sign_in")
		})
		if r := d.call(johanna, "DELETE", at+"/suspension", "").is(200); r.text("status") != "active" {
			t.Errorf("reinstated: %s", r.Body)
		}

		d.call(ines, "PUT", at+"/ban", `{"reason":"Abuse"}`).is(200)
		d.unchanged(func() { d.call(ines, "DELETE", at, "").is(409, "banned") })
		if r := d.call(ines, "DELETE", at+"/ban", "").is(200); r.text("status") != "active" {
			t.Errorf("unbanned: %s", r.Body)
		}

		d.call(johanna, "POST", at+"/email-verification", "").is(204)
		d.call(johanna, "POST", at+"/email-verification", "").is(429, "link_rate")
		d.call(johanna, "POST", at+"/password-reset", "").is(204)
		if r := d.call(johanna, "PUT", at+"/phone-verification", `{"reason":"Called back"}`).is(200); fmt.Sprint(r.value("phone_verified")) != "true" {
			t.Errorf("verified: %s", r.Body)
		}
		d.unchanged(func() { d.call(johanna, "DELETE", at+"/phone-verification", "").is(422, "invalid") })
		d.call(johanna, "DELETE", at+"/phone-verification?reason=Disconnected", "").is(200)

		// What needs a code says so, and changes nothing until the owner's code comes with the repeat.
		d.call(ines, "PUT", at+"/identity-verification", "").is(403, "step_up_required")
		d.call(ines, "DELETE", at+"/identity-verification", "").is(200) // it is not marked
		d.Later(31 * time.Second)
		d.call(ines, "DELETE", at, "").is(403, "step_up_required")
		d.get(ines, at).is(200)
	})
}
