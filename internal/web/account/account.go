// Package account is a customer's own account: the pages below /account/{brand}, and those on which somebody registers.
//
// A session at an account carries nothing of what the person holds as staff or in a company (auth.Resolve): every page here runs
// operations that are one's own, and refuses everybody else's. How people come in is web.Entrance, which the company panel shares.
// A further page hangs itself up in Routes and has its place in the menu of web/shell_app.go.
//
// After editing a .templ file, from the root: go tool -modfile=tools/go.mod templ generate -path internal/web
package account

import (
	"net/http"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/personal"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Routes hangs up the account.
func Routes(site *web.Site, mux *http.ServeMux) {
	(&web.Entrance{
		Site: site, Audience: session.Account, At: "/account", Title: "Sign in", Lead: "To your account at %s.",
		Password: true, Passkey: true, Register: registerAt,
	}).Routes(mux)
	signUpPages(site, mux)
	web.RevertRoutes(site, mux)
	personal.Routes(site, mux, session.Account)
	mux.Handle("GET /account/{brand}", site.Account(overview))
	mux.Handle("GET /account/{brand}/orders", site.Account(ordersPage))
}

// registerAt is where one registers, if the brand takes registrations.
func registerAt(v *web.Visit) (string, error) {
	open, err := takesRegistrations(v)
	if !open {
		return "", err
	}
	return v.Base() + "/sign-up", err
}

func takesRegistrations(v *web.Visit) (bool, error) {
	r, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), customer.ShowRegistration, v.Front.ID)
	return r.Open, err
}

func overview(v *web.Visit) error {
	u := &v.Present.User
	orders, next, err := ownOrders(v, newest, "")
	if err != nil {
		return err
	}
	policy, err := personal.PolicyDue(v)
	if err != nil {
		return err
	}
	offer, err := v.PasskeyOffer()
	if err != nil {
		return err
	}
	return v.Page(http.StatusOK, "Your account", "overview", overviewSheet(overviewProps{
		Policy: policy, Offer: offer, Name: u.FirstName, Base: v.Base(), Clock: v.Clock(), Orders: orders, More: next != "", Details: []ui.Pair{
			ui.P("Name", orNone(u.Name())), ui.P("E-mail", orNone(u.Email)), ui.P("Phone", orNone(u.Phone)),
			ui.P("Address", orNone(strings.ReplaceAll(u.Address, "\n", ", "))),
		},
	}))
}

type overviewProps struct {
	Name    string
	Base    string
	Policy  *personal.PolicyAsked // nil: there is nothing to accept
	Offer   *ui.PasskeyOfferProps
	Clock   ui.Clock
	Details []ui.Pair
	Orders  []order
	More    bool // there are older ones
}

func (p overviewProps) greeting() string {
	if p.Name == "" {
		return "Your account"
	}
	return "Hello, " + p.Name
}

type order struct {
	Number        string
	At            time.Time
	Status, Total string
}

// word is an order's status as its buyer reads it.
func word(s commerce.Status) string {
	if w := string(s); w != "" {
		return strings.ToUpper(w[:1]) + w[1:]
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
