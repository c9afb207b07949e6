package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/world"
)

func TestWithoutAKeyThereIsNothing(t *testing.T) {
	d := one(t)
	r := d.get("", "/v1/brands").is(401, "api_key_unknown")
	if r.Header().Get("WWW-Authenticate") == "" {
		t.Error("401 does not say how to come in")
	}
	d.get("stw_nonsense", "/v1/brands").is(401, "api_key_unknown")
	d.get("nonsense", "/v1/brands").is(401, "api_key_unknown")
	token := d.key("ada", access.Platform)
	d.call("", "GET", "/v1/brands", "", "Authorization", "Basic "+token).is(401, "api_key_unknown")
	d.call("", "GET", "/v1/brands", "", "Cookie", "__Host-steward="+token+"; steward="+token).is(401, "api_key_unknown")
	d.call("", "GET", "/v1/brands", "", "X-Api-Key", token).is(401, "api_key_unknown")
	d.get("", "/v1/brands?api_key="+token).is(401)
	// A good key beside a cookie is the key alone.
	d.call(token, "GET", "/v1/brands", "", "Cookie", "steward=whatever").is(200)
}

func TestAKeyThatIsNoneIsCountedByItsNetwork(t *testing.T) {
	d := one(t)
	for range 60 {
		d.get("stw_guess", "/v1/brands").is(401)
	}
	if r := d.get("stw_guess", "/v1/brands").is(429, "rate_limited"); r.Header().Get("Retry-After") == "" {
		t.Error("429 does not say when to come back")
	} else if !strings.Contains(r.text("detail"), "without a good key") {
		t.Errorf("who has no key is told of one: %s", r.Body)
	}
	d.get(d.key("ada", access.Platform), "/v1/brands").is(200) // who has a key is not kept out by who has none
	d.Later(time.Minute)
	d.get("stw_guess", "/v1/brands").is(401)
}

func TestAKeyHasItsCallsAMinute(t *testing.T) {
	t.Parallel()
	d := open(t, world.New(t), 3)
	token := d.key("ada", access.Platform)
	if r := d.get(token, "/v1/brands").is(200); r.Header().Get("RateLimit") != `"key";r=2;t=60` || r.Header().Get("RateLimit-Policy") != `"key";q=3;w=60` {
		t.Errorf("RateLimit: %s, of %s", r.Header().Get("RateLimit"), r.Header().Get("RateLimit-Policy"))
	}
	d.Later(20 * time.Second)
	d.get(token, "/v1/brands").is(200)
	d.get(token, "/v1/brands").is(200)
	d.unchanged(func() {
		r := d.call(token, "POST", "/v1/locations?brand=aurora", `{"name":"a","city":"b"}`).is(429, "rate_limited")
		if r.Header().Get("Retry-After") != "40" || r.Header().Get("RateLimit") != `"key";r=0;t=40` {
			t.Errorf("Retry-After %s, RateLimit %s", r.Header().Get("Retry-After"), r.Header().Get("RateLimit"))
		}
	})
	other := d.key("marcus", access.Platform)
	d.get(other, "/v1/brands").is(200)
	d.Later(40 * time.Second)
	d.get(token, "/v1/brands").is(200)
}

func TestMakingAKeyNeedsTheOwnersCode(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		dev := d.key("dev", d.brand("aurora"))
		body := `{"name":"Shop backend","permissions":["facts.ingest","customers.view"],"source":"shop"}`
		var id string
		d.call(dev, "POST", "/v1/api-keys", body, "Idempotency-Key", "k1").is(400, "idempotency_key_not_taken")
		asked := d.call(dev, "POST", "/v1/api-keys", body).is(403, "step_up_required")
		if id = asked.text("step_up"); id == "" {
			t.Fatalf("no id of the step-up: %s", asked.Body)
		}
		n := d.count("api_keys")
		d.call(dev, "POST", "/v1/api-keys", body, "Step-Up", id).is(400, "step_up")
		d.call(dev, "POST", "/v1/api-keys", body, "Step-Up", id+" 000000x").is(403, "step_up_wrong")
		d.call(dev, "POST", "/v1/api-keys", strings.Replace(body, "shop\"", "other\"", 1), "Step-Up", id+" "+d.Code()).is(403, "step_up_mismatch")
		if d.count("api_keys") != n {
			t.Error("a refusal made a key")
		}
		d.Later(time.Minute)
		id = d.call(dev, "POST", "/v1/api-keys", body).is(403, "step_up_required").text("step_up")
		made := d.call(dev, "POST", "/v1/api-keys", body, "Step-Up", id+" "+d.Code()).is(201)
		token := made.text("token")
		if !strings.HasPrefix(token, apikey.Prefix) || made.text("hint") != token[len(token)-4:] || made.Header().Get("Location") != "/v1/api-keys/"+made.text("id") {
			t.Errorf("made: %s", made.Body)
		}
		d.call(dev, "POST", "/v1/api-keys", body, "Step-Up", id+" "+d.Code()).is(403, "step_up_expired")

		list := d.get(dev, "/v1/api-keys").is(200)
		if strings.Contains(list.Body.String(), token) || list.len("data") != 2 {
			t.Errorf("the list: %s", list.Body)
		}
		d.get(token, "/v1/api-keys").is(403, "forbidden")
		d.call(token, "DELETE", "/v1/api-keys/"+list.text("data", 1, "id"), "").is(404)
		d.call(dev, "DELETE", made.Header().Get("Location"), "").is(204)
		d.call(dev, "DELETE", made.Header().Get("Location"), "").is(204)
		d.get(token, "/v1/brands").is(401, "api_key_revoked")

		for _, table := range []string{"api_keys", "audit_events", "idempotency_keys", "step_ups", "mails"} {
			d.nowhere(table, token)
		}
	})
}

func (d *desk) count(table string) (n int64) {
	d.t.Helper()
	if err := d.Store.Read(context.Background()).QueryRow("select count(*) from " + table).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// nowhere demands that no text column of a table holds a secret.
func (d *desk) nowhere(table, secret string) {
	d.t.Helper()
	columns := map[string]string{
		"api_keys": "token_hash || hint || name || source || permissions", "audit_events": "body",
		"idempotency_keys": "answer", "step_ups": "input_box || confirm_box", "mails": "letter_box || to_box",
	}
	var n int64
	err := d.Store.Read(context.Background()).QueryRow("select count(*) from "+table+" where "+columns[table]+" like $1", "%"+secret+"%").Scan(&n)
	if err != nil {
		d.t.Fatal(err)
	}
	if n != 0 {
		d.t.Errorf("the token stands in %s", table)
	}
}

func TestAKeyIsNeverAboveItsOwner(t *testing.T) {
	d := one(t)
	aurora := d.brand("aurora")
	york := aurora.Location(string(d.Place("aurora").Hub["York"]))
	n := d.count("api_keys")
	for name, c := range map[string]struct {
		who  string
		in   apikey.New
		code string
	}{
		"a permission that they lack": {"dev", apikey.New{Scope: aurora, Permissions: access.Of(access.CustomersFinancials)}, "gives_more"},
		"another brand":               {"dev", apikey.New{Scope: d.brand("meridian"), Permissions: access.Of(access.CustomersView)}, "not_found"},
		"the platform":                {"bruno", apikey.New{Scope: access.Platform, Permissions: access.Of(access.CustomersView)}, "forbidden"},
		"no keys to give":             {"kim", apikey.New{Scope: york, Permissions: access.Of(access.CustomersView)}, "forbidden"},
		"own account":                 {"ada", apikey.New{Scope: aurora, Permissions: access.Of(access.OwnProfile)}, "gives_more"},
		"a place that is not there":   {"ada", apikey.New{Scope: aurora.Location("loc_nowhere"), Permissions: access.Of(access.CustomersView)}, "not_found"},
		"nothing at all":              {"dev", apikey.New{Scope: aurora}, "invalid"},
		"too long a life":             {"dev", apikey.New{Scope: aurora, Permissions: access.Of(access.CustomersView), ExpiresAt: world.Now.Add(366 * 24 * time.Hour).UnixMilli()}, "invalid"},
		"a life that is over":         {"dev", apikey.New{Scope: aurora, Permissions: access.Of(access.CustomersView), ExpiresAt: world.Now.UnixMilli()}, "invalid"},
		"somebody else's":             {"bruno", apikey.New{Scope: aurora, Permissions: access.Of(access.CustomersView), Owner: d.Member("dev").ID}, "invalid"},
		"unattended, not for a Super Admin": {"bruno", apikey.New{
			Scope: aurora, Permissions: access.Of(access.WalletsAdjust), Unattended: access.Of(access.WalletsAdjust),
		}, "unattended"},
		"unattended roles": {"ada", apikey.New{
			Scope: aurora, Permissions: access.Of(access.StaffRolesAssign), Unattended: access.Of(access.StaffRolesAssign),
		}, "invalid"},
	} {
		c.in.Name = "key"
		_, err := d.confirmed(c.who, c.in)
		if got := code(err); got != c.code {
			t.Errorf("%s: %s, not %s: %v", name, got, c.code, err)
		}
		d.Later(20 * time.Minute)
	}
	if d.count("api_keys") != n {
		t.Error("a refusal made a key")
	}
	m, err := d.confirmed("ada", apikey.New{Name: "Payouts", Scope: aurora, Permissions: access.Of(access.WalletsAdjust), Unattended: access.Of(access.WalletsAdjust)})
	if err != nil || m.Key.Unattended != "wallets.adjust" {
		t.Errorf("a Super Admin's unattended key: %v %v", m.Key, err)
	}
}

// confirmed makes a key as a person at the desk does, with the code from their mail.
func (d *desk) confirmed(who string, in apikey.New) (apikey.Made, error) {
	m, err := op.Do(d.t.Context(), d.Door, d.As(who), apikey.Create, in)
	if id, ok := extra(err, "step_up").(string); ok {
		return op.Do(d.t.Context(), d.Door, d.As(who), apikey.Create, in, op.With(op.Proof{ID: id, Code: d.Code()}))
	}
	return m, err
}

func TestAKeyShrinksWithItsOwner(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		bruno := d.key("bruno", d.brand("aurora"))
		d.call(bruno, "POST", "/v1/locations", `{"name":"a","city":"b"}`).is(201)
		change := account.RoleChange{User: d.Member("bruno").ID, Assignment: account.Assignment{
			Role: access.ReadOnly.Key, Places: account.At(d.Place("aurora").ID),
		}}
		_, err := op.Do(t.Context(), d.Door, d.As("ada"), account.ChangeRole, change)
		id, _ := extra(err, "step_up").(string)
		if _, err = op.Do(t.Context(), d.Door, d.As("ada"), account.ChangeRole, change, op.With(op.Proof{ID: id, Code: d.Code()})); err != nil {
			t.Fatal(err)
		}
		d.unchanged(func() {
			d.call(bruno, "POST", "/v1/locations", `{"name":"c","city":"d"}`).is(403, "forbidden")
		})
		d.get(bruno, "/v1/locations").is(200)
		d.get(bruno, "/v1/api-keys").is(403, "forbidden")
	})
}

func TestAKeyDiesWithItsOwnersAccount(t *testing.T) {
	d := one(t)
	dev := d.key("dev", d.brand("aurora"))
	d.get(dev, "/v1/brands").is(200)
	d.Later(time.Second)
	if _, err := op.Do(t.Context(), d.Door, d.As("ada"), account.Deactivate, account.Of(d.Member("dev").ID)); err != nil {
		t.Fatal(err)
	}
	d.get(dev, "/v1/brands").is(401, "api_key_revoked")
	d.Later(time.Second)
	if _, err := op.Do(t.Context(), d.Door, d.As("ada"), account.Activate, account.Of(d.Member("dev").ID)); err != nil {
		t.Fatal(err)
	}
	d.get(dev, "/v1/brands").is(401, "api_key_revoked")
	d.Later(time.Second)
	d.get(d.key("dev", d.brand("aurora")), "/v1/brands").is(200)
}

func TestAKeyExpires(t *testing.T) {
	d := one(t)
	dev := d.key("dev", d.brand("aurora"))
	d.Later(apikey.UsualLife - time.Millisecond)
	d.get(dev, "/v1/brands").is(200)
	d.Later(time.Millisecond)
	d.get(dev, "/v1/brands").is(401, "api_key_expired")
}

func TestAKeyHasNoMoreThanItWasMadeWith(t *testing.T) {
	d := one(t)
	york := d.brand("aurora").Location(string(d.Place("aurora").Hub["York"]))
	narrow := d.key("ada", york, access.CustomersView)
	d.get(narrow, "/v1/api-keys").is(403, "forbidden")
	if r := d.get(narrow, "/v1/locations").is(200); r.len("data") != 1 || r.text("data", 0, "name") != "York" {
		t.Errorf("a key of York sees %s", r.Body)
	}
	d.get(narrow, "/v1/locations?brand=meridian").is(404, "not_found")
	d.unchanged(func() {
		d.call(narrow, "POST", "/v1/locations", `{"name":"c","city":"d"}`).is(403, "forbidden")
	})
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	d := one(t)
	dev := d.key("dev", d.brand("aurora"))
	used := func() string { return d.get(dev, "/v1/api-keys").is(http.StatusOK).text("data", 0, "last_used_at") }
	first := used()
	d.Later(59 * time.Second)
	if used() != first {
		t.Error("use was noted twice in a minute")
	}
	d.Later(time.Second)
	if later := used(); later == first || later != world.Now.Add(time.Minute).Format(time.RFC3339Nano) {
		t.Errorf("use was noted at %s, then at %s", first, later)
	}
}

func TestAKeyIsTakenFromItsNetworksOnly(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		dev := d.key("dev", d.brand("aurora"))
		make := func(networks string) string {
			d.Later(time.Minute)
			body := `{"name":"Shop backend","permissions":["customers.view"],"networks":` + networks + `}`
			id := d.call(dev, "POST", "/v1/api-keys", body).is(403, "step_up_required").text("step_up")
			return d.call(dev, "POST", "/v1/api-keys", body, "Step-Up", id+" "+d.Code()).is(201).text("token")
		}
		d.get(make(`["192.0.2.1/32","::/0","0.0.0.0/0"]`), "/v1/customers").is(200)
		away := make(`["198.51.100.7"]`)
		d.get(away, "/v1/customers").is(403, "api_key_elsewhere")
		if e := d.Events(string(d.Place("aurora").ID))[0]; e.Op != "apikey.elsewhere" || e.Outcome != "refused" || e.Actor.Kind != "key" {
			t.Errorf("the log says %s by %s", e.Op, e.Actor.Kind)
		}
		n := d.count("api_keys")
		d.call(dev, "POST", "/v1/api-keys", `{"name":"x","permissions":["customers.view"],"networks":["example.com"]}`).is(422, "invalid")
		if d.count("api_keys") != n {
			t.Error("a refusal made a key")
		}
	})
}
