package api_test

import (
	"strings"
	"testing"
)

func TestInvitationsByKey(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ada := d.key("ada", d.brand("aurora"))
		body := `{"email":"sam@aurora.example","role":"support","message":"Welcome!"}`
		made := d.call(ada, "POST", "/v1/invitations", body, "Idempotency-Key", "once").is(201)
		id := made.text("id")
		if made.text("status") != "pending" || made.text("email") != "sam@aurora.example" || strings.Contains(made.Body.String(), "token") {
			t.Errorf("made: %s", made.Body)
		}
		d.unchanged(func() {
			if again := d.call(ada, "POST", "/v1/invitations", body, "Idempotency-Key", "once").is(201); again.text("id") != id {
				t.Errorf("sent again: %s", again.Body)
			}
			d.call(ada, "POST", "/v1/invitations", body).is(409, "invitation_pending")
			d.call(ada, "POST", "/v1/users", `{"email":"sam@aurora.example","first_name":"Sam","role":"support"}`).is(409, "invitation_pending")
			d.call(ada, "POST", "/v1/invitations", `{"email":"x@aurora.example","role":"support","message":"`+strings.Repeat("x", 501)+`"}`).is(422)
			d.call(ada, "GET", "/v1/invitations?status=never", "").is(422)
			d.call(ada, "GET", "/v1/invitations?cursor=x", "").is(400)
			d.get(ada, "/v1/invitations/inv_none").is(404, "not_found")
		})
		shown := d.call(ada, "POST", "/v1/invitations", `{"email":"tam@aurora.example","role":"support","send":false}`, "Idempotency-Key", "shown").is(201)
		if !strings.HasPrefix(shown.text("invitation_url"), "http://localhost:8080/invitation?token=") {
			t.Errorf("with its link: %s", shown.Body)
		}
		if again := d.call(ada, "POST", "/v1/invitations", `{"email":"tam@aurora.example","role":"support","send":false}`, "Idempotency-Key", "shown").is(201); strings.Contains(again.Body.String(), "token=") {
			t.Errorf("the link is told twice: %s", again.Body)
		}
		if r := d.get(ada, "/v1/invitations?status=pending&limit=1").is(200); r.len("data") != 1 || r.text("next_cursor") == "" {
			t.Errorf("a page of one: %s", r.Body)
		} else if cursor := r.text("next_cursor"); cursor != "" {
			d.get(d.key("ines", d.brand("aurora")), "/v1/invitations?status=pending&limit=1&cursor="+cursor).is(400, "cursor") // it is Ada's
			d.get(ada, "/v1/invitations?status=expired&limit=1&cursor="+cursor).is(400, "cursor")                              // of another question
			if r = d.get(ada, "/v1/invitations?status=pending&limit=1&cursor="+cursor).is(200); r.len("data") != 1 || r.text("data", 0, "id") != id {
				t.Errorf("the next page: %s", r.Body)
			}
		}
		if r := d.get(ada, "/v1/invitations?q=sam@aurora&total=true").is(200); r.len("data") != 1 || r.text("data", 0, "id") != id {
			t.Errorf("searched: %s", r.Body)
		}
		if r := d.get(ada, "/v1/invitations?q=nobody&status=pending").is(200); r.len("data") != 0 {
			t.Errorf("nobody is found as %s", r.Body)
		}
		d.call(ada, "GET", "/v1/invitations?q="+strings.Repeat("x", 201), "").is(422, "search_too_long")
		for _, path := range []string{"/v1/invitations", "/v1/invitations/" + id} {
			if r := d.get(ada, path).is(200); strings.Contains(r.Body.String(), "token") || strings.Contains(r.Body.String(), "invitation_url") {
				t.Errorf("%s tells the link: %s", path, r.Body)
			}
		}
		if r := d.call(ada, "POST", "/v1/invitations/"+id+"/resend", "{}").is(200); r.text("id") != id || strings.Contains(r.Body.String(), "invitation_url") {
			t.Errorf("sent again: %s", r.Body)
		}
		d.call(ada, "POST", "/v1/invitations/"+id+"/resend", "").is(200) // there is nothing that it must say
		ines := d.key("ines", d.brand("aurora"))
		d.unchanged(func() {
			r := d.call(ines, "POST", "/v1/invitations", `{"email":"uma@aurora.example","role":"brand_admin"}`).is(403, "gives_more")
			if said := r.text("detail"); !strings.Contains(said, "Aurora Goods") || strings.Contains(said, "brd_") {
				t.Errorf("the sentence is not for people: %s", said)
			}
		})
		dev := d.key("dev", d.brand("aurora"))
		next := d.key("ada", d.brand("meridian"))
		d.unchanged(func() {
			d.call(dev, "POST", "/v1/invitations", `{"email":"x@aurora.example","role":"support"}`).is(403, "forbidden")
			d.call(dev, "DELETE", "/v1/invitations/"+id, "").is(403, "forbidden")
			d.get(next, "/v1/invitations/"+id).is(404, "not_found")
			d.call(next, "DELETE", "/v1/invitations/"+id, "").is(404, "not_found")
			d.call(next, "POST", "/v1/invitations/"+id+"/resend", "{}").is(404, "not_found")
		})
		d.call(ada, "DELETE", "/v1/invitations/"+id, "").is(204)
		d.unchanged(func() { d.call(ada, "DELETE", "/v1/invitations/"+id, "").is(204) })
		if r := d.get(ada, "/v1/invitations/"+id).is(200); r.text("status") != "revoked" || r.text("email") != "sam@aurora.example" {
			t.Errorf("revoked: %s", r.Body)
		}
		d.call(ada, "POST", "/v1/invitations/"+id+"/resend", "{}").is(409, "invitation_revoked")
	})
}
