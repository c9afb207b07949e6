// Package portal is the company panel: the pages below /app/{brand}, for people who have a role in a company.
//
// Companies themselves come later, and their pages with them: people, locations, limits, orders. Until then a role at
// brand/B/company/C makes somebody a company user, and the panel has what web.Entrance gives both panels: their own profile, security
// and sessions; and what is kept about them (web/personal). A session here carries what the person holds in companies, and nothing of what they hold as staff (auth.Resolve).
package portal

import (
	"net/http"

	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/personal"
)

// Routes hangs up the panel.
func Routes(site *web.Site, mux *http.ServeMux) {
	(&web.Entrance{
		Site: site, Audience: session.Company, At: "/app", Title: "Sign in", Lead: "For companies that buy at %s. We mail you a code.", Passkey: true,
	}).Routes(mux)
	personal.Routes(site, mux, session.Company)
	mux.Handle("GET /app/{brand}", site.Company(func(v *web.Visit) error { return v.Gone(v.Base() + "/profile") }))
}
