// Package web is what all screens share: the way of a request from the socket to a handler, who is asking, and how a refusal reads.
//
// A request passes Site.Guard (its number, host, origin, size and time limits, security headers), finds its handler in the mux,
// and becomes a Visit: one person, one brand, one page to answer. Handlers return errors; fail.go turns them into pages or
// fragments. Screens are in the packages below (admin, …), components in ui. Nothing here knows a table.
package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/session"
)

// Site is one installation as its screens know it.
type Site struct {
	Door    *op.Door
	Desk    *auth.Desk
	Public  *url.URL // links, redirects and cookies are made from it alone
	Log     *slog.Logger
	Proxies []netip.Prefix // whose X-Forwarded-For is believed; none by default
	Demo    *Demo          // nil outside the demo
	Watch   *record.Watch  // what is known of the audit chains; nil knows nothing
	Exports *export.Shelf  // where files of exports lie

	limits  limiter
	claimed atomic.Bool // somebody is Super Admin; seen once, never asked again
}

// Demo is what only the demo shows: people to continue as, and that mail can be read.
type Demo struct {
	People []DemoPerson
	Guests []DemoGuest
}

// DemoGuest is a customer or a company user to try the demo as: with a code that the page shows.
type DemoGuest struct {
	Audience          session.Audience
	Brand             string // slug
	Name, Sees, Email string
}

// DemoPerson is somebody to try the demo as.
type DemoPerson struct {
	ID, Name, Role, Sees, Email, Password string
	Secret                                string // of their authenticator app
}

// Secure says whether cookies are for https only. Over plain http on loopback they cannot be.
func (s *Site) Secure() bool { return s.Public.Scheme == "https" }

// Link makes an absolute address from a path, for mail and for what is copied.
func (s *Site) Link(path string) string {
	return strings.TrimSuffix(s.Public.String(), "/") + path
}

// Handler answers a visit. An error becomes the page for it.
type Handler func(v *Visit) error

// Anyone serves people whether signed in as staff or not.
func (s *Site) Anyone(h Handler) http.Handler { return s.serve(h, session.Staff, false) }

// Staff serves people who are signed in as staff. Everybody else is sent to sign in and comes back afterwards.
func (s *Site) Staff(h Handler) http.Handler { return s.serve(h, session.Staff, true) }

// Account serves people who are signed in at their own account, below /account/{brand}. Company serves company users below
// /app/{brand}. The brand of the address is the one of the person, or they are not signed in there.
func (s *Site) Account(h Handler) http.Handler { return s.serve(h, session.Account, true) }

// Company serves company users: see Account.
func (s *Site) Company(h Handler) http.Handler { return s.serve(h, session.Company, true) }

// Passing serves a page of /account/{brand} or /app/{brand} to people whether signed in there or not.
func (s *Site) Passing(a session.Audience, h Handler) http.Handler { return s.serve(h, a, false) }

func (s *Site) serve(h Handler, a session.Audience, members bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		v.Audience = a
		defer v.finish()
		if err := v.arrive(members); err != nil {
			v.Fail(err)
			return
		}
		if v.answered {
			return
		}
		if err := h(v); err != nil {
			v.Fail(err)
		}
	})
}

// Times of the server (security.md, HTTP).
const (
	ReadHeaderTimeout = 5 * time.Second
	ReadTimeout       = 30 * time.Second
	IdleTimeout       = 60 * time.Second
	HandlerTimeout    = 20 * time.Second
	MaxHeader         = 32 << 10
	MaxForm           = 1 << 20
)
