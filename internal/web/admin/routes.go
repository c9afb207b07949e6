// Package admin is the staff panel: the pages below /admin, and the two that let people in for the first time.
//
// A page is a function of a web.Visit. It asks the door's queries for what its viewer may see and draws it with the components of
// package ui; a form posts to a function that runs one operation and redirects. Nothing here decides who may do what, and nothing
// here knows a table. Each file hangs up its own pages; the list of files is in Routes.
//
// After editing a .templ file, from the root: go tool -modfile=tools/go.mod templ generate -path internal/web
package admin

import (
	"errors"
	"net/http"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Routes hangs up the staff panel, and the answer for addresses that nobody has.
func Routes(site *web.Site, mux *http.ServeMux) {
	r := routes{site, mux}
	for _, hang := range []func(routes){
		signInPages, setUpPages, stepUpPages, mePages, settingsPages, addUserPages, apiKeyPages, mailPages,
		overviewPages, usersPages, customersPages, profilePages, editPages, statusPages, rolePages, ordersPages, auditPages,
	} {
		hang(r)
	}
	r.anyone("GET /{$}", func(v *web.Visit) error { return v.Gone("/admin") })
	mux.Handle("/admin/", site.Staff(site.Missing(mux)))
	mux.Handle("/", site.Anyone(site.Missing(mux)))
}

// routes is where a file hangs up its pages.
type routes struct {
	site *web.Site
	mux  *http.ServeMux
}

// staff is a page for who is signed in. Everybody else is sent to sign in.
func (r routes) staff(pattern string, h web.Handler) { r.mux.Handle(pattern, r.site.Staff(h)) }

// anyone is a page for everybody.
func (r routes) anyone(pattern string, h web.Handler) { r.mux.Handle(pattern, r.site.Anyone(h)) }

// troubles are what a form is told: what is wrong with its fields, and what belongs to none of them.
type troubles struct {
	fields  map[string]string
	problem []ui.Run
	status  int
}

// of is what is wrong with a field.
func (t troubles) of(field string) string { return t.fields[field] }

// lines is the summary over a form, in the order of the fields.
func (t troubles) lines(order ...string) (lines []ui.FormError) {
	for _, field := range order {
		if text := t.fields[field]; text != "" {
			lines = append(lines, ui.FormError{Field: field, Text: text})
		}
	}
	return lines
}

// wrong reads a refusal that the form itself can answer: a wrong value, or a state of things that does not allow it. Everything
// else is not the form's to answer and stays an error.
func wrong(err error) (troubles, bool) {
	var e *errs.Error
	if !errors.As(err, &e) {
		return troubles{}, false
	}
	t := troubles{fields: e.Fields, status: e.Kind.Status()}
	switch {
	case len(e.Fields) > 0:
		return t, true
	case e.Kind == errs.Invalid, e.Kind == errs.Conflict, e.Kind == errs.Stale, e.Kind == errs.TooMany:
		t.problem = ui.Text(ui.T(e.Detail))
		return t, true
	}
	return t, false
}
