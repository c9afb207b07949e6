package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// object is JSON as it is read.
type object = map[string]any

// contract is the OpenAPI document that the server gives out.
type contract struct{ doc object }

func (c contract) at(path ...string) any {
	var v any = c.doc
	for _, p := range path {
		o, _ := v.(object)
		v = o[p]
	}
	return v
}

func (c contract) resolved(v any) object {
	schema, _ := v.(object)
	if ref, is := schema["$ref"].(string); is {
		return c.resolved(c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...))
	}
	return schema
}

// texts are the ways to every text of a body: "customer.name", "lines.0.sku", "levels.*" for the name of a key.
func (c contract) texts(schema object, way []string, found func(way []string)) {
	for name, property := range maps.All(asObject(schema["properties"])) {
		c.texts(c.resolved(property), append(slices.Clone(way), name), found)
	}
	if items := c.resolved(schema["items"]); items != nil {
		c.texts(items, append(slices.Clone(way), "0"), found)
	}
	if more := c.resolved(schema["additionalProperties"]); more != nil {
		found(append(slices.Clone(way), "*"))
		c.texts(more, append(slices.Clone(way), "customers"), found)
	}
	if schema["type"] == "string" {
		found(way)
	}
}

func asObject(v any) object { o, _ := v.(object); return o }

// with is a body with a text put at the end of the way, and whatever lies on the way made.
func with(v any, way []string, text string) any {
	switch {
	case len(way) == 0:
		return text
	case way[0] == "0":
		list, _ := v.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = with(list[0], way[1:], text)
		return list
	}
	o, _ := v.(object)
	if o == nil {
		o = object{}
	}
	if way[0] == "*" {
		o[text] = object{"level": "view"}
		return o
	}
	o[way[0]] = with(o[way[0]], way[1:], text)
	return o
}

// says finds a text among the values of an answer.
func says(v any, want []string) bool {
	switch v := v.(type) {
	case string:
		return slices.Contains(want, v)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return says(e, want) })
	case object:
		for _, e := range v {
			if says(e, want) {
				return true
			}
		}
	}
	return false
}

// bodies are one that is good for each call that takes one. %d is another number each time.
var bodies = map[string]string{
	"POST /v1/access/check":          `{"checks":[{"user":"OLU","permission":"orders.view","scope":"AURORA"}]}`,
	"POST /v1/access/explain":        `{"user":"OLU","permission":"orders.view","scope":"AURORA"}`,
	"POST /v1/api-keys":              `{"name":"Shop %d","permissions":["customers.view"],"scope":"AURORA"}`,
	"POST /v1/brands":                `{"slug":"brand-%d","name":"Brand %d","currency":"GBP","time_zone":"Europe/London"}`,
	"PATCH /v1/brands/{brand}":       `{"name":"Aurora %d"}`,
	"POST /v1/customers":             `{"external_id":"c-%d","first_name":"Sam","last_name":"Reed","email":"c%d@example.org"}`,
	"PATCH /v1/customers/{customer}": `{"address":"%d High Street"}`,
	"POST /v1/locations":             `{"name":"Hub %d","city":"York"}`,
	"PATCH /v1/locations/{location}": `{"city":"York %d"}`,
	"POST /v1/orders":                `ORDER`,
	"POST /v1/orders/batch":          `{"records":[{"order":ORDER},{"order":ORDER}]}`,
	"POST /v1/refunds":               `{"external_id":"r-%d","refunded_at":"2026-11-19T09:30:00Z","amount":{"amount":100,"currency":"GBP"},"customer":{"external_id":"b-1"}}`,
	"POST /v1/users":                 `{"email":"u%d@example.org","first_name":"Sam","role":"support","brand":"aurora"}`,
	"PATCH /v1/users/{user}":         `{"address":"%d High Street"}`,
	"PUT /v1/users/{user}/role":      `{"role":"support","brand":"aurora","reason":"Holidays"}`,

	"POST /v1/invitations":                    `{"email":"i%d@example.org","first_name":"Sam","role":"support","brand":"aurora"}`,
	"POST /v1/sessions/introspect":            `{"token":"no such token"}`,
	"POST /v1/sign-ins":                       `{"email":"nobody%d@example.org","ip":"198.51.100.8"}`,
	"POST /v1/sign-ups":                       `{"email":"s%d@example.org","first_name":"Sam","ip":"198.51.100.8"}`,
	"POST /v1/exports":                        `{"list":"customers","purpose":"analysis","query":"sort=name","most":500}`,
	"POST /v1/users/{user}/activity/exports":  `{"purpose":"support"}`,
	"POST /v1/users/{user}/subject-package":   `{"purpose":"subject_access"}`,
	"PUT /v1/settings/customers":              `{"tiers":{"silver":50,"gold":500,"platinum":5000},"spend_bands":[100],"order_bands":[5],"registered_days":[30]}`,
	"PUT /v1/users/{user}/archive":            `{"reason":"other","note":"Asked for %d"}`,
	"PUT /v1/users/{user}/ban":                `{"reason":"Abuse %d"}`,
	"PUT /v1/users/{user}/consents/{purpose}": `{"given":true,"reason":"Form %d"}`,
	"PUT /v1/users/{user}/phone-verification": `{"reason":"Called back %d"}`,
	"PUT /v1/users/{user}/suspension":         `{"reason":"Dispute %d"}`,
}

// elsewhere are the calls that take a body and are left out here, and why.
var elsewhere = map[string]string{
	"POST /v1/email-verifications":             "wants a token out of a mail; has tests of its own in internal/api",
	"POST /v1/invitations/{invitation}/resend": "has no text in its body; has tests of its own in internal/api",
	"POST /v1/sign-ins/{sign_in}/code":         "wants a sign-in under way, and counts what is refused; has tests of its own in internal/api",
}

// ofCustomers are the calls below a user that are about a customer here.
var ofCustomers = []string{"activity/exports", "archive", "ban", "consents/{purpose}", "phone-verification", "subject-package", "suspension"}

const oneOrder = `{"external_id":"o-%d","customer":{"external_id":"b-%d","name":"Sam Reed"},"status":"paid","placed_at":"2026-11-19T09:30:00Z",
	"total":{"amount":1050,"currency":"GBP"},"lines":[{"title":"Lamp","sku":"L1","category":"Light","quantity":"2","unit_price":"5.25","total":{"amount":1050,"currency":"GBP"}}]}`

func TestNaughtyStringsInEveryTextOfEveryBody(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		strs := naughty(t)
		maya, tariq, olu, aurora := w.Customer("maya"), w.Customer("tariq"), w.Member("olu").ID, w.Place("aurora")
		server := w.Serve().URL
		var token string
		calls := 0
		arrive := func() {
			w.Later(25 * time.Hour) // codes by mail have their rates
			token = newKey(t, w.Door, w.Member("ada").ID, access.Platform, access.BuiltIn[0].Set.List()...)
			calls = 0
		}
		arrive()
		read, err := call(http.DefaultClient, "GET", server+"/v1/openapi.json", token, "")
		if err != nil || read.status != 200 {
			t.Fatalf("no contract: %v %v", read, err)
		}
		c := contract{read.body}
		books := newLedger(t, w.Store)
		books.tables = dump.Without(books.tables, "mentions") // whom a mailed code tells about
		books.next()
		taken, refused, n := map[string]int{}, 0, 0
		paths := asObject(c.at("paths"))
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			for _, method := range slices.Sorted(maps.Keys(asObject(paths[path]))) {
				operation := asObject(asObject(paths[path])[method])
				schema := c.resolved(asObject(asObject(asObject(asObject(operation["requestBody"])["content"])["application/json"])["schema"]))
				if schema == nil {
					continue
				}
				name := strings.ToUpper(method) + " " + path
				if elsewhere[name] != "" {
					continue
				}
				good, known := bodies[name]
				if name == "PUT /v1/settings/security" { // what is set already
					set, err := call(http.DefaultClient, "GET", server+path, token, "")
					if err != nil || set.status != 200 {
						t.Fatalf("no settings: %v %v", set, err)
					}
					delete(set.body, "weaknesses")
					sent, err := json.Marshal(set.body)
					if err != nil {
						t.Fatal(err)
					}
					good, known = string(sent), true
				}
				if !known {
					t.Errorf("%s takes a body, and nobody has written a good one for this test", name)
					continue
				}
				user := olu
				if slices.Contains(ofCustomers, strings.TrimPrefix(path, "/v1/users/{user}/")) {
					user = maya
				}
				if strings.HasSuffix(path, "/ban") {
					user = tariq // who is banned cannot be suspended
				}
				address := server + strings.NewReplacer("{brand}", string(aurora.ID), "{customer}", string(maya), "{location}", string(aurora.Hub["York"]), "{user}", string(user), "{purpose}", "email_marketing").Replace(path)
				for _, p := range asSlice(operation["parameters"]) {
					if q := asObject(p); q["in"] == "query" && q["name"] == "brand" {
						address += "?brand=aurora"
					}
				}
				var ways [][]string
				c.texts(schema, nil, func(way []string) { ways = append(ways, way) })
				slices.SortFunc(ways, slices.Compare)
				ways = slices.Insert(ways, 0, nil) // the good one itself
				for _, way := range ways {
					some := append([]string{"\x00", "a\x00b"}, sample(strs, name+strings.Join(way, "."), 3)...) // of NUL every field
					if way == nil {
						some = []string{""}
					}
					for _, s := range some {
						n++
						if calls++; calls > 1000 {
							w.Later(time.Minute)
							calls = 0
						}
						what := fmt.Sprintf("%s %s, %.60q", name, strings.Join(way, "."), s)
						var body any
						raw := strings.NewReplacer("ORDER", oneOrder).Replace(good)
						raw = strings.NewReplacer("%d", fmt.Sprint(n), "AURORA", aurora.ID.Scope().String(), "OLU", string(olu)).Replace(raw)
						if err := json.Unmarshal([]byte(raw), &body); err != nil {
							t.Fatalf("%s: %v in %s", name, err, raw)
						}
						if way != nil {
							body = with(body, way, s)
						}
						sent, err := json.Marshal(body)
						if err != nil {
							t.Fatal(err)
						}
						headers := []string{"If-Match", "*"}
						if strings.Contains(fmt.Sprint(operation["parameters"]), "Idempotency-Key") {
							headers = append(headers, "Idempotency-Key", fmt.Sprintf("naughty-%d", n))
						}
						a, err := call(http.DefaultClient, strings.ToUpper(method), address, token, string(sent), headers...)
						if err != nil {
							t.Fatal(err)
						}
						if a.status == http.StatusTooManyRequests {
							arrive()
							books.next()
							if a, err = call(http.DefaultClient, strings.ToUpper(method), address, token, string(sent), headers...); err != nil {
								t.Fatal(err)
							}
						}
						changed := books.next()
						if name == "POST /v1/sign-ins" { // a wrong password is counted
							changed = slices.DeleteFunc(changed, func(c string) bool { return strings.HasPrefix(c, "code_failures ") })
						}
						switch {
						case a.body == nil:
							t.Errorf("%s: %d with what is no JSON: %.200s", what, a.status, a.text)
						case a.status >= 500:
							t.Errorf("%s: %s", what, a)
						case way == nil && a.status >= 300 && a.says("code") != "step_up_required":
							t.Errorf("%s: the body that should be good is answered %s", name, a)
						case a.status >= 400:
							refused++
							if a.header.Get("Content-Type") != "application/problem+json" || a.says("detail") == "" || a.says("code") == "" {
								t.Errorf("%s: refused without a sentence: %s %.200s", what, a.header.Get("Content-Type"), a.text)
							}
							if len(changed) > 0 {
								t.Errorf("%s: refused with %d, and yet this changed: %v", what, a.status, changed)
							}
						default:
							taken[name]++
							plain := len(way) == 1 && slices.Contains([]string{"name", "first_name", "last_name", "city", "address"}, way[0])
							if plain && kept(s)[0] != "" && method == "patch" && !says(a.body, kept(s)) {
								t.Errorf("%s: taken, and the answer does not have it: %.300s", what, a.text)
							}
						}
					}
				}
			}
		}
		t.Logf("%d calls, %d refused, taken %v", n, refused, taken)
		verified(t, w.Config)
	})
}

func asSlice(v any) []any { l, _ := v.([]any); return l }
