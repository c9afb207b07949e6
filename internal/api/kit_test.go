package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/api"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/world"
)

// desk is a world whose API answers calls.
type desk struct {
	*world.World
	t       *testing.T
	handler http.Handler
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, open(t, w, 0)) })
}

func one(t *testing.T) *desk {
	t.Helper()
	t.Parallel()
	return open(t, world.New(t), 0)
}

func open(t *testing.T, w *world.World, rate int) *desk {
	t.Helper()
	w.Door = door(t, w)
	w.Exports.Door = w.Door
	mux := http.NewServeMux()
	api.Routes(api.Deps{
		Door: w.Door, Desk: w.Desk, Master: w.Master, Log: slog.New(slog.DiscardHandler), Rate: rate,
		IP:          func(*http.Request) string { return "203.0.113.9" },
		Number:      func(context.Context) string { return "req_test" },
		Link:        func(path string) string { return "http://localhost:8080" + path },
		Checkpoints: w.Checkpoints.Path,
		Exports:     w.Exports,
	}, mux)
	return &desk{World: w, t: t, handler: mux}
}

// door is the world's door with the operations that the API needs, whether or not the catalogue of app has them yet.
func door(t *testing.T, w *world.World) *op.Door {
	t.Helper()
	operations := app.Operations()
	for _, more := range [][]op.Operation{apikey.Operations, api.Operations, {beginWork}} {
		for _, o := range more {
			if !slices.ContainsFunc(operations, func(known op.Operation) bool { return known.Entry().Name == o.Entry().Name }) {
				operations = append(operations, o)
			}
		}
	}
	d, err := op.New(op.Options{
		Store: w.Store, Keys: w.Keys, Master: w.Master, Jobs: w.Queue, Clock: w.Door.Now, SendCode: mailing.PostCode, Prover: auth.Prover{},
	}, operations...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// key makes a key for a member of staff, with everything that they hold at its place or only what is named.
func (d *desk) key(who string, at access.Scope, only ...access.Permission) string {
	d.t.Helper()
	m := d.make(apikey.New{Name: who, Scope: at, Owner: d.Member(who).ID, Permissions: access.Of(only...)})
	return m.Token
}

func (d *desk) make(in apikey.New) apikey.Made {
	d.t.Helper()
	if in.Permissions.Empty() {
		in.Permissions = d.As(d.byID(string(in.Owner))).Grants.EffectiveFor(d.Door.Now().UnixMilli(), in.Scope, access.Somebody)
	}
	m, err := op.Do(d.t.Context(), d.Door, op.HostOperator("test"), apikey.Create, in)
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

func (d *desk) byID(id string) string {
	for _, s := range d.World.World.Staff {
		if string(s.ID) == id {
			return s.Key
		}
	}
	d.t.Fatalf("nobody has the id %s", id)
	return ""
}

func (d *desk) brand(slug string) access.Scope { return d.Place(slug).ID.Scope() }

// reply is what a call was answered.
type reply struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// call sends a request with a key. Headers follow as pairs; a Content-Type is sent where there is a body.
func (d *desk) call(token, method, path, body string, headers ...string) reply {
	d.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(d.t.Context(), method, path, reader)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return reply{w, d.t}
}

func (d *desk) get(token, path string) reply { d.t.Helper(); return d.call(token, "GET", path, "") }

// is demands a status and, of a refusal, a code.
func (r reply) is(status int, code ...string) reply {
	r.t.Helper()
	if r.Code != status {
		r.t.Fatalf("answered %d, not %d: %s", r.Code, status, r.Body)
	}
	if len(code) > 0 {
		if got := r.text("code"); got != code[0] {
			r.t.Fatalf("refused as %q, not as %q: %s", got, code[0], r.Body)
		}
		if kind := r.Header().Get("Content-Type"); kind != "application/problem+json" {
			r.t.Fatalf("a refusal as %q", kind)
		}
	}
	return r
}

// value walks into the answer by member names and list positions.
func (r reply) value(path ...any) any {
	r.t.Helper()
	var v any
	decoder := json.NewDecoder(bytes.NewReader(r.Body.Bytes()))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		r.t.Fatalf("not JSON: %v: %s", err, r.Body)
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				r.t.Fatalf("no entry %d: %s", step, r.Body)
			}
			v = list[step]
		}
	}
	return v
}

func (r reply) text(path ...any) string {
	r.t.Helper()
	s, _ := r.value(path...).(string)
	return s
}

func (r reply) len(path ...any) int {
	r.t.Helper()
	list, _ := r.value(path...).([]any)
	return len(list)
}

// unchanged demands that a call changed nothing: no audited row is newer, no event but refusals was written.
func (d *desk) unchanged(do func()) {
	d.t.Helper()
	before := d.done()
	do()
	if after := d.done(); after != before {
		d.t.Fatalf("%d events say that something was done", after-before)
	}
}

func (d *desk) done() (n int64) {
	d.t.Helper()
	err := d.Store.Read(context.Background()).QueryRow("select count(*) from audit_events where body like '%\"outcome\":\"done\"%'").Scan(&n)
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// code and extra read a refusal.
func code(err error) string { return errs.Of(err).Code }

func extra(err error, name string) any {
	if err == nil {
		return nil
	}
	return errs.Of(err).Extra[name]
}
