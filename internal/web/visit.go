package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Visit is one request with who makes it and where they are.
type Visit struct {
	Site     *Site
	W        http.ResponseWriter
	R        *http.Request
	Audience session.Audience // the screens that the address belongs to
	Caller   *op.Caller       // never nil
	Present  *auth.Present    // nil for nobody
	Brands   []brand.Brand    // the brands that the caller may know of; for staff
	Brand    *brand.Brand     // the one they are looking at; nil is the platform
	Front    *brand.Front     // the brand in the address of an account or a company panel

	answered bool
}

func (s *Site) visit(w http.ResponseWriter, r *http.Request) *Visit {
	return &Visit{Site: s, W: w, R: r, Audience: session.Staff, Caller: s.From(r).Nobody()}
}

// From is where a request comes from.
func (s *Site) From(r *http.Request) auth.From {
	return auth.From{IP: s.IP(r), Agent: r.UserAgent(), Request: Number(r.Context())}
}

// arrive finds out who visits. members: only who is signed in may.
func (v *Visit) arrive(members bool) error {
	over, err := v.recognise()
	if err != nil {
		return err
	}
	if err := v.Site.limits.allow(v, time.Now()); err != nil {
		if v.Audience != session.Staff { // a page of a shop needs the shop, and nothing is read any more
			v.nobody()
		}
		return err
	}
	if v.Audience != session.Staff {
		if err := v.findFront(); err != nil {
			return err
		}
	}
	if v.Present == nil {
		if members {
			v.toSignIn()
		}
		return nil
	}
	if v.Audience != session.Staff {
		return v.stillMeant(over)
	}
	return v.chooseBrand()
}

// recognise reads whose session the browser shows: somebody else's eyes first, then one's own. over: it showed somebody else's eyes,
// and that is over.
func (v *Visit) recognise() (over bool, err error) {
	eyes := v.Site.token(v.R, eyesOf(v.Audience))
	found, err := v.shown(eyes, true)
	if err == nil && !found {
		if over = eyes != ""; over {
			v.Drop(eyesOf(v.Audience))
		}
		_, err = v.shown(v.Site.token(v.R, string(v.Audience)), false)
	}
	return over, err
}

// shown makes the visit that of a session's person, if the token is one of this audience and of this sort: somebody else's eyes, or not.
func (v *Visit) shown(token string, eyes bool) (found bool, err error) {
	if token == "" {
		return false, nil
	}
	present, caller, err := v.Site.Desk.Resolve(v.Ctx(), v.Site.From(v.R), v.Audience, token)
	if err != nil {
		if isMissing(err) {
			err = nil
		}
		return false, err
	}
	if found = (present.As != nil) == eyes; found {
		v.Present, v.Caller = present, caller
	}
	return found, nil
}

// findFront finds the brand of the address. Who belongs to another one is not signed in here.
func (v *Visit) findFront() error {
	slug := v.R.PathValue("brand")
	if slug == "" {
		return errs.ErrNotFound
	}
	fronts, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), brand.Fronts, slug)
	if err != nil {
		v.nobody()
		return err
	}
	v.Front = &fronts[0]
	if v.elsewhere() && v.throughEyes() { // through somebody's eyes in another shop; one may be oneself here
		v.nobody()
		if _, err := v.shown(v.Site.token(v.R, string(v.Audience)), false); err != nil {
			return err
		}
	}
	if v.elsewhere() {
		v.nobody()
	}
	return nil
}

// elsewhere says whether the visitor belongs to another shop than that of the address.
func (v *Visit) elsewhere() bool { return v.Present != nil && v.Present.User.Brand != v.Front.ID }

func (v *Visit) nobody() { v.Present, v.Caller = nil, v.Site.From(v.R).Nobody() }

// Base is the address of the first page of the screens that the address belongs to.
func (v *Visit) Base() string {
	switch {
	case v.Audience == session.Staff:
		return "/admin"
	case v.Front == nil:
		return "/" + map[session.Audience]string{session.Account: "account", session.Company: "app"}[v.Audience]
	case v.Audience == session.Company:
		return "/app/" + v.Front.Slug
	}
	return "/account/" + v.Front.Slug
}

// toSignIn sends somebody to sign in, and back to where they wanted to go.
func (v *Visit) toSignIn() {
	back := ""
	if v.R.Method == http.MethodGet && v.R.URL.Path != v.Base() {
		back = "?back=" + url.QueryEscape(v.R.URL.RequestURI())
	}
	v.Redirect(v.Base() + "/sign-in" + back)
}

// chooseBrand finds the brand that the visit is about: the one chosen in the switcher, else the first that the caller knows.
func (v *Visit) chooseBrand() (err error) {
	if v.Brands, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.List, op.None{}); err != nil {
		return err
	}
	chosen := v.Present.Session.Brand
	for i := range v.Brands {
		if v.Brands[i].ID == chosen {
			v.Brand = &v.Brands[i]
			return nil
		}
	}
	if len(v.Brands) > 0 && (chosen != brand.Platform || !v.AtPlatform()) {
		v.Brand = &v.Brands[0]
	}
	return nil
}

// AtPlatform says whether the caller holds anything at the platform itself, and so may look at it as a place.
func (v *Visit) AtPlatform() bool {
	now := v.Site.Door.Now().UnixMilli()
	for _, g := range v.Caller.Grants {
		if g.Scope == access.Platform && g.InForce(now) {
			return true
		}
	}
	return false
}

// Ctx carries the deadline of the request.
func (v *Visit) Ctx() context.Context { return v.R.Context() }

// Place is the node that the visit is about.
func (v *Visit) Place() access.Scope {
	if v.Brand == nil {
		return access.Platform
	}
	return v.Brand.ID.Scope()
}

// BrandID is the brand of the visit, or the platform.
func (v *Visit) BrandID() brand.ID {
	if v.Brand == nil {
		return brand.Platform
	}
	return v.Brand.ID
}

// Clock tells times as they are told in the brand's zone.
func (v *Visit) Clock() ui.Clock {
	c := ui.Clock{Now: v.Site.Door.Now(), Zone: time.UTC}
	if v.Brand != nil {
		c.Zone = v.Brand.Location()
	}
	if v.Front != nil {
		if zone, err := time.LoadLocation(v.Front.Zone); err == nil {
			c.Zone = zone
		}
	}
	return c
}

// Anywhere says whether the caller holds p at all within the place of the visit: for menus and buttons. No act rests on it.
func (v *Visit) Anywhere(p access.Permission) bool {
	now := v.Site.Door.Now().UnixMilli()
	for i := range v.Caller.Grants {
		g := &v.Caller.Grants[i]
		if g.InForce(now) && g.Set().Has(p) && (g.Scope.Covers(v.Place()) || v.Place().Covers(g.Scope)) {
			return true
		}
	}
	return false
}

// May says whether the caller holds p for a subject.
func (v *Visit) May(p access.Permission, s op.Subject) bool {
	return v.Caller.Grants.Can(v.Site.Door.Now().UnixMilli(), p, s.Scope, s.People)
}

// Fragment says whether htmx asks for a part of a page, such as a dialog. A list that is swapped in place asks for the whole page.
func (v *Visit) Fragment() bool { return ui.WantsFragment(v.R) }

// Render answers with a component.
func (v *Visit) Render(status int, c templ.Component) error {
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.Header().Add("Vary", ui.FragmentHeader)
	v.W.WriteHeader(status)
	v.answered = true
	if v.R.Method == http.MethodHead {
		return nil
	}
	if err := c.Render(v.Ctx(), v.W); err != nil {
		v.Site.Log.Info("a page was not sent whole", "request", v.Caller.Request, "error", err)
	}
	return nil
}

// Redirect leads to a path of this site, after a change or to sign in.
func (v *Visit) Redirect(path string) {
	v.answered = true
	ui.Redirect(v.W, v.R, path)
}

// Gone leads to a path of this site; always, so that a handler can end with it.
func (v *Visit) Gone(path string) error {
	v.Redirect(path)
	return nil
}

// Back reads where a form wants to go afterwards. Only a path of this site is gone to: never another host.
func Back(value, otherwise string) string {
	u, err := url.Parse(value)
	if err != nil || value == "" || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") || strings.ContainsAny(value, "\\\r\n\t") {
		return otherwise
	}
	return value
}

// Form reads what a form posted.
func (v *Visit) Form() (url.Values, error) {
	if v.R.PostForm == nil {
		if err := v.R.ParseForm(); err != nil {
			return nil, formError(err)
		}
	}
	return v.R.PostForm, nil
}

func (v *Visit) finish() {}
