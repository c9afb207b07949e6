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
	"maps"
	"net/http"
	"slices"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Routes hangs up the staff panel, and the answer for addresses that nobody has.
func Routes(site *web.Site, mux *http.ServeMux) {
	r := routes{site, mux}
	for _, hang := range []func(routes){
		signInPages, secondPages, forgotPages, setUpPages, stepUpPages, mePages, factorPages, settingsPages, limitPages, addUserPages, invitationPages, acceptPages, apiKeyPages, mailPages,
		overviewPages, usersPages, customersPages, profilePages, editPages, statusPages, archivePages, requestPages, lifePages, impersonationPages, confirmPages, rolePages, exportPages, ordersPages, auditPages,
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

// spoken are refusals that speak of one field, under the name that every form gives it.
var spoken = []struct {
	refusal error
	field   string
}{
	{invite.ErrPending, "email"}, {invite.ErrStatus, "email"}, {account.ErrAttested, "email"}, {account.ErrUnconfirmed, "send"},
	{user.ErrEmailTaken, "email"}, {user.ErrBarred, "email"}, {account.ErrStaffElsewhere, "email"}, {account.ErrOwnEmail, "email"},
	{invite.ErrByMail, "send"}, {role.ErrUnknown, "role"}, {account.ErrHomePlace, "brand"},
	{brand.ErrSlugTaken, "slug"}, {brand.ErrCurrencyFixed, "currency"},
	{apikey.ErrUnattended, "unattended"},
}

// wrong reads a refusal that the form itself can answer: a wrong value, a state of things that does not allow it, or that it asks
// for more than its sender holds. Everything else is not the form's to answer and stays an error. drawn are the fields that the
// form has, when it says so: what is wrong with any other is said over it.
func wrong(v *web.Visit, err error, drawn ...string) (troubles, bool) {
	var e *errs.Error
	if !errors.As(err, &e) {
		return troubles{}, false
	}
	t := troubles{fields: maps.Clone(e.Fields), status: v.Status(err)}
	answered := e.Kind == errs.Invalid || e.Kind == errs.Conflict || e.Kind == errs.Stale || e.Kind == errs.TooMany ||
		errors.Is(err, op.ErrHoldsMore) || errors.Is(err, access.ErrGivesMore)
	for _, s := range spoken {
		if len(t.fields) == 0 && errors.Is(err, s.refusal) && slices.Contains(drawn, s.field) {
			t.fields = map[string]string{s.field: e.Detail}
		}
		answered = answered || errors.Is(err, s.refusal)
	}
	switch {
	case len(t.fields) > 0:
		t.only(drawn)
		return t, true
	case errors.Is(err, op.ErrStepUpRate) && e.Retry > 0:
		t.problem = ui.Text(ui.T("That is too many codes in a short time. The next one can be sent in " + web.InWords(e.Retry) + "; what you typed stays here."))
		return t, true
	case answered:
		t.problem = ui.Text(ui.T(e.Detail))
		return t, true
	}
	return t, false
}

// only keeps what the form can say at a field of its own, and says the rest over it.
func (t *troubles) only(drawn []string) {
	for _, field := range sortedKeys(t.fields) {
		if len(drawn) > 0 && !slices.Contains(drawn, field) {
			t.problem = append(t.problem, ui.T(t.fields[field]+" "))
			delete(t.fields, field)
		}
	}
}

// moved says what is wrong with a field under the name that the form gives it.
func (t troubles) moved(from, to string) troubles {
	if text, ok := t.fields[from]; ok && from != to {
		t.fields[to] = text
		delete(t.fields, from)
	}
	return t
}
