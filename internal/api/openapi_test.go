package api_test

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/stewardhq/steward/internal/api"
	"github.com/stewardhq/steward/internal/kernel/access"
)

var update = flag.Bool("update", false, "write the golden files again")

func TestTheDocumentIsTheReviewedOne(t *testing.T) {
	t.Parallel()
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.golden.json", text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile("openapi.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, golden) {
		t.Error("the OpenAPI document changed: review the difference after `go test ./internal/api -run Document -update`")
	}
}

func TestTheDocumentIsServedToEverybody(t *testing.T) {
	d := one(t)
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	if r := d.get("", "/v1/openapi.json").is(200); !bytes.Equal(r.Body.Bytes(), text) || r.Header().Get("Content-Type") != "application/json" {
		t.Error("the document that is served is not the one that is printed")
	}
}

// TestEveryDocumentedPathAnswers walks the document: each path and method is a route, and no route is missing in it.
func TestEveryDocumentedPathAnswers(t *testing.T) {
	d := one(t)
	ada := d.key("ada", access.Platform)
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for path, item := range document.Paths {
		for method := range item {
			pattern := strings.ToUpper(method) + " " + path
			documented[pattern] = true
			address := strings.NewReplacer("{", "", "}", "").Replace(path) + "?brand=aurora"
			r := d.call(ada, strings.ToUpper(method), address, "{}", "If-Match", "*", "Idempotency-Key", strings.ReplaceAll(pattern, " ", "_"))
			if r.Code == http.StatusMethodNotAllowed || r.Code >= 500 {
				t.Errorf("%s answers %d: %s", pattern, r.Code, r.Body)
			}
			if r.Code == http.StatusNotFound && !strings.Contains(path, "{") {
				t.Errorf("%s is not there", pattern)
			}
			if strings.Contains(path, "openapi") {
				continue
			}
			if r := d.call("", strings.ToUpper(method), address, "{}"); r.Code != http.StatusUnauthorized {
				t.Errorf("%s answers %d to nobody", pattern, r.Code)
			}
			d.Later(1e9 * 61)
		}
	}
	for _, pattern := range api.Patterns() {
		if !documented[pattern] {
			t.Errorf("%s is not in the document", pattern)
		}
	}
	if len(documented) != len(api.Patterns()) {
		t.Errorf("%d routes, %d in the document", len(api.Patterns()), len(documented))
	}
}

// Who writes against the document alone must find everything said.
func TestEveryParameterIsSaid(t *testing.T) {
	t.Parallel()
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Summary    string
		Parameters []struct{ Name, Description string }
	}
	var document struct{ Paths map[string]map[string]said }
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths {
		for method, o := range item {
			if o.Summary == "" {
				t.Errorf("%s %s: nothing says what it does", method, path)
			}
			for _, p := range o.Parameters {
				if p.Description == "" {
					t.Errorf("%s %s: nothing says what %s is", method, path, p.Name)
				}
			}
		}
	}
}
