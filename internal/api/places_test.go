package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

func TestBrandsAndLocations(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ada, bruno := d.key("ada", access.Platform), d.key("bruno", d.brand("aurora"))
		if n := d.get(ada, "/v1/brands").is(200).len("data"); n != 2 {
			t.Errorf("Ada's key sees %d brands", n)
		}
		if n := d.get(bruno, "/v1/brands").is(200).len("data"); n != 1 {
			t.Errorf("a key of Aurora sees %d brands", n)
		}
		d.get(ada, "/v1/locations").is(400, "brand_needed")
		d.get(ada, "/v1/locations?brand=meridian").is(200)
		d.get(bruno, "/v1/locations?brand=meridian").is(404, "not_found")
		page := d.get(bruno, "/v1/locations?limit=2").is(200)
		if page.len("data") != 2 || page.value("total").(interface{ String() string }).String() != "3" {
			t.Errorf("the first page: %s", page.Body)
		}
		next := page.text("next_cursor")
		if last := d.get(bruno, "/v1/locations?limit=2&total=false&cursor="+next).is(200); last.len("data") != 1 || last.value("next_cursor") != nil || last.value("total") != nil {
			t.Errorf("the last page: %s", last.Body)
		}
		d.get(ada, "/v1/locations?brand=aurora&limit=2&cursor="+next).is(400, "cursor")

		made := d.call(bruno, "POST", "/v1/locations", `{"name":"Goole","city":"Goole"}`).is(201)
		at := made.Header().Get("Location")
		if d.get(bruno, at).is(200).text("name") != "Goole" || made.Header().Get("ETag") != `"1"` {
			t.Errorf("made %s at %s", made.Body, at)
		}
		d.unchanged(func() {
			d.call(bruno, "PATCH", at, `{"name":"Selby"}`).is(428, "if_match_needed")
			d.call(bruno, "PATCH", at, `{"name":"Selby"}`, "If-Match", `"7"`).is(412, "stale")
			d.call(bruno, "PATCH", at, `{"name":"Selby"}`, "If-Match", `"0"`).is(412, "stale")
			d.call(bruno, "PATCH", at, `{"name":"Selby"}`, "If-Match", `"abc"`).is(412, "stale")
			d.call(bruno, "PATCH", at, `{"name":"Selby"}`, "If-Match", `1`).is(400, "if_match")
		})
		edited := d.call(bruno, "PATCH", at, `{"name":"Selby"}`, "If-Match", `"1"`).is(200)
		if edited.text("name") != "Selby" || edited.Header().Get("ETag") != `"2"` {
			t.Errorf("edited: %s %s", edited.Body, edited.Header().Get("ETag"))
		}
	})
}

func TestNextDoorAnswersAsNothing(t *testing.T) {
	d := one(t)
	bruno := d.key("bruno", d.brand("aurora"))
	hidden := d.get(bruno, "/v1/brands/"+string(d.Place("meridian").ID)).is(404)
	absent := d.get(bruno, "/v1/brands/brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB").is(404)
	if hidden.Body.String() != absent.Body.String() || len(hidden.Header()) != len(absent.Header()) {
		t.Errorf("a hidden brand answers otherwise than an absent one:\n%s%s", hidden.Body, absent.Body)
	}
	hub := string(d.Place("meridian").Hub["Boston"])
	hidden = d.call(bruno, "PATCH", "/v1/locations/"+hub, `{"name":"x"}`, "If-Match", "*").is(404)
	absent = d.call(bruno, "PATCH", "/v1/locations/loc_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB", `{"name":"x"}`, "If-Match", "*").is(404)
	if hidden.Body.String() != absent.Body.String() {
		t.Errorf("a hidden location answers otherwise than an absent one:\n%s%s", hidden.Body, absent.Body)
	}
}

func TestStrictReading(t *testing.T) {
	d := one(t)
	ada := d.key("ada", access.Platform)
	at := "/v1/locations?brand=aurora"
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"another case":     {`{"Name":"a","city":"b"}`, 400, "unknown_field"},
		"twice":            {`{"name":"a","name":"c","city":"b"}`, 400, "duplicate_field"},
		"unknown":          {`{"name":"a","city":"b","role":"super_admin"}`, 400, "unknown_field"},
		"go name":          {`{"name":"a","city":"b","Named":"aurora"}`, 400, "unknown_field"},
		"two documents":    {`{"name":"a","city":"b"}{}`, 400, "json"},
		"text behind":      {`{"name":"a","city":"b"} x`, 400, "json"},
		"cut":              {`{"name":"a"`, 400, "json"},
		"nothing":          {` `, 400, "json"},
		"a list":           {`[]`, 422, "invalid"},
		"null":             {`{"name":null,"city":"b"}`, 422, "invalid"},
		"a number":         {`{"name":5,"city":"b"}`, 422, "invalid"},
		"no UTF-8":         {"{\"name\":\"\xff\",\"city\":\"b\"}", 400, "json"},
		"half a surrogate": {`{"name":"\ud800","city":"b"}`, 400, "json"},
		"too deep":         {`{"name":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, 400, "too_deep"},
		"very deep":        {strings.Repeat("[", 200_000), 400, "too_deep"},
		"too large":        {`{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "too_large"},
	} {
		d.unchanged(func() {
			if r := d.call(ada, "POST", at, c.body); r.Code != c.status || r.text("code") != c.code {
				t.Errorf("%s: %d %s", name, r.Code, r.Body)
			}
		})
	}
	good := `{"name":"a","city":"b"}`
	d.unchanged(func() {
		d.call(ada, "POST", at, good, "Content-Type", "").is(415, "media_type")
		d.call(ada, "POST", at, good, "Content-Type", "text/plain").is(415, "media_type")
		d.call(ada, "POST", at, good, "Content-Type", "application/x-www-form-urlencoded").is(415, "media_type")
		d.call(ada, "POST", at, good, "Content-Type", "application/json; charset=utf-16").is(415, "media_type")
		d.call(ada, "POST", at, good, "Content-Encoding", "gzip").is(415, "media_type")
		d.call(ada, "POST", at+"&colour=red", good).is(400, "unknown_parameter")
		d.call(ada, "POST", at+"&brand=meridian", good).is(400, "duplicate_parameter")
		for _, limit := range []string{"0", "-1", "201", "many"} {
			d.get(ada, at+"&limit="+limit).is(422, "invalid")
		}
		d.call(ada, "POST", "/v1/locations?Brand=aurora", good).is(400, "unknown_parameter")
		d.call(ada, "POST", "/v1/locations?brand=%ff", good).is(400, "parameter")
		d.call(ada, "POST", "/v1/locations?brand=%zz", good).is(400, "parameter")
		d.call(ada, "POST", at, `{"name":"a","city":"b","brand":"meridian"}`).is(400, "two_brands")
	})
	d.call(ada, "POST", at, good, "Content-Type", "Application/JSON; charset=UTF-8").is(201)
	d.get(ada, "/v1/brands?limit=201").is(422, "invalid")
	d.get(ada, "/v1/brands?limit=-1").is(422, "invalid")
	d.get(ada, "/v1/brands?limit=ten").is(422, "invalid")
	d.get(ada, "/v1/brands?total=maybe").is(422, "invalid")
	d.get(ada, "/v1/brands?cursor=AAAA").is(400, "cursor")
}

func TestUnknownAddressesAreProblems(t *testing.T) {
	d := one(t)
	ada := d.key("ada", access.Platform)
	d.get(ada, "/v1/").is(404, "not_found")
	d.get(ada, "/v1/nothing").is(404, "not_found")
	d.get(ada, "/v1/brands/").is(404, "not_found")
	d.get(ada, "/v1/brands/%00").is(404, "not_found")
	d.get(ada, "/v1/brands/a%2Fb").is(404, "not_found")
	if r := d.call(ada, "DELETE", "/v1/brands", "").is(405, "method_not_allowed"); r.Header().Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", r.Header().Get("Allow"))
	}
	preflight := d.call("", "OPTIONS", "/v1/brands", "", "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST").is(405)
	for name := range preflight.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("another site is let in with %s", name)
		}
	}
	if r := d.call(ada, "HEAD", "/v1/brands", ""); r.Code != http.StatusOK {
		t.Errorf("HEAD: %d", r.Code)
	}
}
