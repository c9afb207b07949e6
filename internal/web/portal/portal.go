// Package portal is the company panel: the pages below /app/{brand}, for people who have a role in a company.
//
// Companies themselves come later, and their pages with them: people, locations, limits, orders. Until then a role at
// brand/B/company/C makes somebody a company user, and the panel has their own profile and sessions. A session here carries what the
// person holds in companies, and nothing of what they hold as staff (auth.Resolve).
//
// After editing a .templ file, from the root: go tool -modfile=tools/go.mod templ generate -path internal/web
package portal

import (
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Routes hangs up the panel.
func Routes(site *web.Site, mux *http.ServeMux) {
	(&web.Entrance{
		Site: site, Audience: session.Company, At: "/app", Title: "Sign in", Lead: "For companies that buy at %s. We mail you a code.",
	}).Routes(mux)
	mux.Handle("GET /app/{brand}", site.Company(func(v *web.Visit) error { return v.Gone(v.Base() + "/profile") }))
	mux.Handle("GET /app/{brand}/profile", site.Company(profilePage))
	mux.Handle("POST /app/{brand}/profile", site.Company(editProfile))
}

type profileProps struct {
	Action, Version, Email, Role string
	First, Last, Phone           string
	Fields                       map[string]string
	Problem                      []ui.Run
}

func (p profileProps) lines() (all []ui.FormError) {
	for _, field := range []string{"first_name", "last_name", "phone"} {
		if text := p.Fields[field]; text != "" {
			all = append(all, ui.FormError{Field: field, Text: text})
		}
	}
	return all
}

func drawProfile(v *web.Visit, status int, p profileProps) error {
	p.Action, p.Email, p.Role = v.Base()+"/profile", v.Present.User.Email, v.Present.Role.Name
	return v.Page(status, "Your profile", "profile", profileSheet(p))
}

func profilePage(v *web.Visit) error {
	u := &v.Present.User
	return drawProfile(v, http.StatusOK, profileProps{Version: strconv.FormatInt(u.Version, 10), First: u.FirstName, Last: u.LastName, Phone: u.Phone})
}

func editProfile(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return web.ErrForm
	}
	first, last, phone := form.Get("first_name"), form.Get("last_name"), form.Get("phone")
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Edit, account.Changes{User: v.Present.User.ID, Version: version, FirstName: &first, LastName: &last, Phone: &phone})
	var refusal *errs.Error
	switch {
	case err == nil:
		return v.Gone(v.Base() + "/profile")
	case errors.As(err, &refusal) && (refusal.Kind == errs.Invalid || refusal.Kind == errs.Stale || refusal.Kind == errs.Conflict):
		p := profileProps{Version: form.Get("version"), First: first, Last: last, Phone: phone, Fields: maps.Clone(refusal.Fields)}
		if len(refusal.Fields) == 0 {
			p.Problem = ui.Text(ui.T(refusal.Detail))
		}
		return drawProfile(v, v.Status(refusal), p)
	}
	return err
}
