package api_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
)

func (d *desk) rules() security.Policy {
	d.t.Helper()
	p, err := security.Load(d.Store.Read(context.Background()))
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func TestTheRulesForGettingInAreReadAndSetWithAStepUp(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const at = "/v1/settings/security"
		ada, ines, dev := d.key("ada", access.Platform), d.key("ines", d.brand("aurora")), d.key("dev", d.brand("aurora"))
		shown := d.get(ada, at).is(200)
		tag := shown.Header().Get("ETag")
		if tag == "" || shown.len("weaknesses") != 0 || shown.text("password", "preset") != "nist" {
			t.Fatalf("the defaults: %s", shown.Body)
		}
		var body map[string]any
		if err := json.Unmarshal(shown.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		delete(body, "weaknesses")
		with := func(change func(map[string]any)) string {
			var copied map[string]any
			raw, _ := json.Marshal(body)
			_ = json.Unmarshal(raw, &copied)
			change(copied)
			raw, _ = json.Marshal(copied)
			return string(raw)
		}
		longer := with(func(b map[string]any) {
			b["sessions"].(map[string]any)["staff"].(map[string]any)["idle"] = 2700
			b["archive_days"] = 12
		})
		before := d.rules()
		d.unchanged(func() {
			d.get(ines, at).is(200)
			d.get(dev, at).is(403, "forbidden")
			d.call(ines, "PUT", at, longer, "If-Match", "*").is(403, "forbidden")
			d.call(ada, "PUT", at, longer).is(428, "if_match_needed")
			d.call(ada, "PUT", at, longer, "If-Match", `"77"`).is(412)
			bad := d.call(ada, "PUT", at, with(func(b map[string]any) { b["archive_days"] = 900 }), "If-Match", tag).is(422, "invalid")
			if bad.text("fields", "archive_days") == "" {
				t.Errorf("the field is not named: %s", bad.Body)
			}
			d.call(ada, "PUT", at, with(func(b map[string]any) {
				b["sessions"].(map[string]any)["staff"].(map[string]any)["idle"] = int64(1) << 62
			}), "If-Match", tag).is(422, "invalid")
			d.call(ada, "PUT", at, with(func(b map[string]any) { b["open_door"] = true }), "If-Match", tag).is(400)
		})
		if d.rules() != before {
			t.Fatal("something was saved")
		}
		asked := d.call(ada, "PUT", at, longer, "If-Match", tag).is(403, "step_up_required")
		id := asked.text("step_up")
		waits := d.get(ada, "/v1/step-ups/"+id).is(200)
		if waits.text("operation") != "security.change" || waits.len("facts") != 2 || waits.text("facts", 1, "value") == "" || waits.text("ways", 0) != "mail" || waits.text("expires_at") == "" {
			t.Errorf("what waits: %s", waits.Body)
		}
		if strings.Contains(waits.Body.String(), d.Code()) {
			t.Error("the code is in the answer")
		}
		d.get(d.key("ada", access.Platform), "/v1/step-ups/"+id).is(404)
		d.get(ines, "/v1/step-ups/"+id).is(404)
		d.call(ines, "POST", "/v1/step-ups/"+id+"/again", "").is(404)
		d.get(ada, "/v1/step-ups/stp_01HHHHHHHHHHHHHHHHHHHHHHHH").is(404)
		old := d.Code()
		d.Later(31 * 1e9)
		again := d.call(ada, "POST", "/v1/step-ups/"+id+"/again", "").is(201)
		if again.text("id") == id || again.text("title") != waits.text("title") {
			t.Errorf("the new one: %s", again.Body)
		}
		d.call(ada, "PUT", at, longer, "If-Match", tag, "Step-Up", id+" "+old).is(403, "step_up_expired")
		d.call(ada, "PUT", at, with(func(b map[string]any) { b["archive_days"] = 13 }), "If-Match", tag, "Step-Up", again.text("id")+" "+d.Code()).is(403, "step_up_mismatch")
		if d.rules() != before {
			t.Fatal("something was saved")
		}
		set := d.call(ada, "PUT", at, longer, "If-Match", tag, "Step-Up", again.text("id")+" "+d.Code()).is(200)
		if set.len("weaknesses") != 1 || set.Header().Get("ETag") == tag || d.rules().ArchiveDays != 12 {
			t.Errorf("set: %s", set.Body)
		}
		d.get(ada, "/v1/step-ups/"+again.text("id")).is(403, "step_up_expired")
		// The same again needs no proof.
		d.unchanged(func() { d.call(ada, "PUT", at, longer, "If-Match", set.Header().Get("ETag")).is(200) })
	})
}

func TestProgramsReadWhoHasASecondFactorAndRemind(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const at = "/v1/settings/security/second-factors"
		ines, rosa, dev := d.key("ines", d.brand("aurora")), d.key("rosa", d.brand("aurora")), d.key("dev", d.brand("aurora"))
		olu := d.Member("olu").ID
		if _, err := op.Do(t.Context(), d.Door, op.HostOperator("root"), account.ResetSecondFactor, account.Of(olu)); err != nil {
			t.Fatal(err)
		}
		all := d.get(ines, at).is(200)
		if all.text("data", 0, "user") != string(olu) || all.value("without").(json.Number) != "1" {
			t.Fatalf("who has none: %s", all.Body)
		}
		for _, secret := range []string{"secret", "hash", d.Member("ines").TOTPSecret, string(d.Member("ada").ID)} {
			if secret != "" && strings.Contains(all.Body.String(), secret) {
				t.Errorf("the answer holds %s", secret)
			}
		}
		d.get(dev, at).is(403)
		remind := "/v1/users/" + string(olu) + "/second-factor-reminder"
		d.unchanged(func() {
			d.call(dev, "POST", remind, "").is(403)
			d.call(rosa, "POST", remind, "").is(403)
			d.call(ines, "POST", "/v1/users/"+string(d.Member("johanna").ID)+"/second-factor-reminder", "").is(409, "has_second_factor")
		})
		d.call(ines, "POST", remind, "").is(204)
		d.unchanged(func() { d.call(ines, "POST", remind, "").is(409, "reminded_today") })
	})
}
