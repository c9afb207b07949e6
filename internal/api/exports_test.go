package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/jobs"
)

func TestAKeyExportsDownloadsAndCancels(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := string(d.Customer("maya"))
		aurora := d.Place("aurora").ID.Scope()
		kim := d.key("kim", aurora.Location(string(d.Place("aurora").Hub["York"])))
		other := d.key("bruno", aurora)
		body := `{"kinds": ["order"], "purpose": "support"}`
		r := d.call(kim, "POST", "/v1/users/"+maya+"/activity/exports", body).is(202)
		id := r.text("id")
		at := r.Header().Get("Location")
		if at != "/v1/exports/"+id || !strings.HasPrefix(id, "exp_") {
			t.Errorf("%s at %s", id, at)
		}
		shown := d.call(kim, "GET", at, "").is(200)
		if shown.text("state") != "waiting" || shown.text("user") != maya {
			t.Errorf("%s", shown.Body)
		}
		d.call(kim, "GET", "/v1/jobs/"+shown.text("job"), "").is(200)
		d.call(kim, "GET", at+"/file", "").is(409)
		for method, path := range map[string]string{"GET": at, "DELETE": at} {
			d.call(other, method, path, "").is(404)
		}
		if err := d.Exports.Make(t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: export.ID(id)}, Attempt: 1, Attempts: 3}); err != nil {
			t.Fatal(err)
		}
		file := d.call(kim, "GET", at+"/file", "").is(200)
		h := file.Header()
		if h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(file.Body.String(), "time,kind,what") {
			t.Errorf("%v\n%s", h, file.Body)
		}
		d.call(other, "GET", at+"/file", "").is(404)
		d.call(kim, "DELETE", at, "").is(409)
		d.call(kim, "DELETE", "/v1/exports/"+d.call(kim, "POST", "/v1/users/"+maya+"/activity/exports", body).is(202).text("id"), "").is(204)
		var l struct{ Data []shownExport }
		if err := json.Unmarshal(d.call(kim, "GET", "/v1/exports", "").is(200).Body.Bytes(), &l); err != nil || len(l.Data) != 2 || l.Data[0].State != "cancelled" || l.Data[1].Rows == 0 {
			t.Errorf("%+v %v", l, err)
		}
		d.call(other, "GET", "/v1/exports", "").is(200)
		d.call(d.key("olu", aurora), "POST", "/v1/users/"+maya+"/activity/exports", body).is(403)
		d.call(kim, "POST", "/v1/users/"+maya+"/activity/exports", `{"kinds": ["nothing"], "purpose": "support"}`).is(422)
		d.call(kim, "POST", "/v1/users/"+maya+"/activity/exports", `{"purpose": "fun"}`).is(422)
	})
}

func TestAListIsExportedByKey(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Customer("maya")
		aurora := d.Place("aurora").ID.Scope()
		ines := d.key("ines", aurora)
		body := `{"list": "customers", "query": "status=active&sort=name", "columns": ["email", "id"], "most": 500, "purpose": "analysis"}`
		id := d.call(ines, "POST", "/v1/exports", body).is(202).text("id")
		if err := d.Exports.Make(t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: export.ID(id)}, Attempt: 1, Attempts: 3}); err != nil {
			t.Fatal(err)
		}
		file := d.call(ines, "GET", "/v1/exports/"+id+"/file", "").is(200).Body.String()
		if !strings.HasPrefix(file, "id,email\r\nusr_") || !strings.Contains(file, "maya.whitaker@example.com") || strings.Contains(file, "edwin") {
			t.Errorf("%s", file)
		}
		if r := d.call(ines, "POST", "/v1/exports", `{"list": "customers", "purpose": "analysis"}`).is(403); r.text("code") != "step_up_required" {
			t.Errorf("any number: %s", r.Body)
		}
		for wrong, status := range map[string]int{
			`{"list": "sheep", "purpose": "analysis"}`:                                        422,
			`{"list": "users", "most": 500, "purpose": "fun"}`:                                422,
			`{"list": "users", "most": -1, "purpose": "analysis"}`:                            422,
			`{"list": "users", "most": 500, "purpose": "analysis", "query": "%zz"}`:           422,
			`{"list": "users", "most": 500, "purpose": "analysis", "query": "status=sleepy"}`: 422,
			`{"list": "users", "most": 500, "purpose": "analysis", "query": "colour=red"}`:    400,
			`{"list": "users", "most": 500, "purpose": "analysis", "columns": ["password"]}`:  422,
		} {
			if r := d.call(ines, "POST", "/v1/exports", wrong); r.Code != status {
				t.Errorf("%s is answered %d, not %d: %s", wrong, r.Code, status, r.Body)
			}
		}
		d.call(d.key("olu", aurora), "POST", "/v1/exports", body).is(403)
	})
}

func TestAKeyOfThePlatformNamesTheBrandOfAList(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, ada := d.Customer("maya"), d.key("ada", access.Platform)
		body := `{"list":"customers","query":"q=maya","columns":["id"],"most":10,"purpose":"analysis"}`
		d.unchanged(func() {
			d.call(ada, "POST", "/v1/exports", body).is(400, "brand_needed")
			d.call(ada, "POST", "/v1/exports?brand=meridian", strings.Replace(body, "{", `{"brand":"aurora",`, 1)).is(400, "two_brands")
		})
		made := d.call(ada, "POST", "/v1/exports?brand=aurora", body).is(202)
		if err := d.Exports.Make(t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: export.ID(made.text("id"))}, Attempt: 1, Attempts: 1}); err != nil {
			t.Fatal(err)
		}
		if file := d.get(ada, made.Header().Get("Location")+"/file").is(200).Body.String(); file != "id\r\n"+string(maya)+"\r\n" {
			t.Errorf("the file is %q", file)
		}
	})
}

type shownExport struct {
	State string
	Rows  int
}

func TestAPackageByKeyNeedsTheOwnersCode(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := string(d.Customer("maya"))
		bruno := d.key("bruno", d.Place("aurora").ID.Scope())
		path, body := "/v1/users/"+maya+"/subject-package", `{"purpose": "subject_access"}`
		refused := d.call(bruno, "POST", path, body).is(403)
		if refused.text("code") != "step_up_required" {
			t.Fatalf("%s", refused.Body)
		}
		id := d.call(bruno, "POST", path, body, "Step-Up", refused.text("step_up")+" "+d.Code()).is(202).text("id")
		if err := d.Exports.Make(t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: export.ID(id)}, Attempt: 1, Attempts: 3}); err != nil {
			t.Fatal(err)
		}
		file := d.call(bruno, "GET", "/v1/exports/"+id+"/file", "").is(200)
		z, err := zip.NewReader(bytes.NewReader(file.Body.Bytes()), int64(file.Body.Len()))
		if err != nil || len(z.File) < 5 {
			t.Errorf("%v %v", z, err)
		}
	})
}

func TestActivityIsFilteredAndPaged(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := string(d.Customer("maya"))
		bruno := d.key("bruno", d.Place("aurora").ID.Scope())
		at := "/v1/users/" + maya + "/activity"
		var l struct {
			Data []struct{ Kind, At string }
			Next *string `json:"next_cursor"`
		}
		read := func(query string) {
			t.Helper()
			l.Data, l.Next = nil, nil
			if err := json.Unmarshal(d.call(bruno, "GET", at+query, "").is(200).Body.Bytes(), &l); err != nil {
				t.Fatal(err)
			}
		}
		read("?kind=order&limit=1")
		if len(l.Data) != 1 || l.Data[0].Kind != "order" || l.Next == nil {
			t.Fatalf("%+v", l)
		}
		next, first := *l.Next, l.Data[0].At
		read("?kind=order&limit=1&cursor=" + next)
		if len(l.Data) != 1 || l.Data[0].At > first {
			t.Errorf("%+v", l)
		}
		d.call(bruno, "GET", at+"?limit=1&cursor="+next, "").is(400) // of another filter
		read("?kind=order&at[gte]=2100-01-01T00:00:00Z")
		if len(l.Data) != 0 {
			t.Errorf("%+v", l)
		}
		read("?outcome=failed&kind=order")
		if len(l.Data) != 0 {
			t.Errorf("%+v", l)
		}
		d.call(bruno, "GET", at+"?kind=dance", "").is(422)
		d.call(bruno, "GET", at+"?outcome=maybe", "").is(422)
		d.call(bruno, "GET", at+"?at[gte]=2026-02-01T00:00:00Z&at[lt]=2026-01-01T00:00:00Z", "").is(422)
	})
}
