package admin

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func profilePages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}", func(v *web.Visit) error { return profilePage(v, l, "") })
		for _, tab := range []string{"orders", "activity", "sessions", "audit"} {
			r.staff("GET "+l.path+"/{id}/"+tab, func(v *web.Visit) error { return profilePage(v, l, tab) })
		}
		r.staff("POST "+l.path+"/{id}/sessions/{session}/end", func(v *web.Visit) error { return endTheirSession(v, l) })
		r.staff("POST "+l.path+"/{id}/sessions/end", func(v *web.Visit) error { return endTheirSessions(v, l) })
	}
}

// profile is a person's page being made.
type profile struct {
	*web.Visit
	*directory.Profile
	list  *peopleList
	query string // of the list that one came from
	clock ui.Clock
	tab   string
}

func openProfile(v *web.Visit, l *peopleList) (*profile, error) {
	p := &profile{Visit: v, list: l, query: v.R.URL.Query().Get("list"), clock: v.Clock()}
	if len(p.query) > 2000 {
		p.query = ""
	}
	var err error
	p.Profile, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.Show, user.ID(v.R.PathValue("id")))
	if err == nil && p.Profile.Brand != nil {
		p.clock.Zone = p.Profile.Brand.Location()
	}
	return p, err
}

// path is a part of this person's page.
func (p *profile) path(part string) string { return personPath(p.list.path, p.User.ID, part, p.query) }

// back is the list that one came from.
func (p *profile) back() string {
	if p.query == "" {
		return p.list.path
	}
	return p.list.path + "?" + p.query
}

// tabs are the parts of the page that the viewer may see, in their order.
func (p *profile) tabs() []ui.Tab {
	type part struct {
		key, label, count string
		seen              bool
	}
	orders := ""
	if p.Purchases != nil {
		orders = ui.Count(p.Purchases.Orders)
	}
	var tabs []ui.Tab
	for _, t := range []part{
		{"orders", "Orders", orders, p.Purchases != nil}, {"activity", "Activity", "", true},
		{"sessions", "Sessions", "", p.Can.Sessions}, {"audit", "Audit", "", p.Can.Audit},
	} {
		if !t.seen {
			continue
		}
		if p.tab == "" {
			p.tab = t.key
		}
		tabs = append(tabs, ui.Tab{Label: t.label, Count: t.count, Href: p.path(t.key), Current: p.tab == t.key})
	}
	return tabs
}

func profilePage(v *web.Visit, l *peopleList, tab string) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	p.tab = tab
	rail := p.rail()
	consents, err := p.consentsPart()
	if err != nil {
		return err
	}
	if len(consents.Pairs) > 0 {
		rail = append(rail, consents)
	}
	s := profileProps{Name: p.Title, Crumb: p.crumb(), Head: p.head(), Rail: ui.Rail(rail), Tabs: p.tabs()}
	if s.Note, err = p.archivedNote(); err != nil {
		return err
	}
	if s.Note == nil {
		s.Note = p.statusNote()
	}
	if s.Tiles, err = p.tiles(); err != nil {
		return err
	}
	if s.Pane, err = p.pane(); err != nil {
		return err
	}
	return v.Page(http.StatusOK, p.Title, l.name, profileSheet(s))
}

type profileProps struct {
	Name  string
	Crumb ui.CrumbProps
	Note  templ.Component // nil for most
	Head  ui.PersonHeadProps
	Rail  templ.Component
	Tiles []templ.Component
	Tabs  []ui.Tab
	Pane  templ.Component
}

// crumb leads back to the list, and to the neighbours in it.
func (p *profile) crumb() ui.CrumbProps {
	c := ui.CrumbProps{Here: p.Title, What: strings.TrimSuffix(p.list.name, "s")}
	permission := access.UsersView
	if p.list == customersList {
		permission = access.CustomersView
	}
	if !p.Anywhere(permission) {
		return c
	}
	c.Up = []ui.Run{ui.L(p.list.title, p.back())}
	params, err := url.ParseQuery(p.query)
	if err != nil {
		return c
	}
	params.Del("cursor")
	beside, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, p.list.beside, directory.Beside{
		Ask: directory.Ask{Brand: p.User.Brand, Params: params, Form: field.Page}, User: p.User.ID,
	})
	if err != nil { // a query that was typed by hand, or is no longer allowed: the page stands without neighbours
		return c
	}
	if beside.Prev != "" {
		c.Prev = personPath(p.list.path, beside.Prev, "", p.query)
	}
	if beside.Next != "" {
		c.Next = personPath(p.list.path, beside.Next, "", p.query)
	}
	return c
}

func (p *profile) head() ui.PersonHeadProps {
	u := p.User
	h := ui.PersonHeadProps{ID: string(u.ID), Name: u.Name(), Nameless: p.Title}
	h.Pills = append(h.Pills, ui.Pill(statusKind(u.Status), u.Status.Label(), ""))
	if p.Purchases != nil {
		h.Pills = append(h.Pills, ui.TierPill(p.Purchases.Tier.String(), p.Purchases.Tier.Label()))
	}
	if u.Kinds&user.IsStaff != 0 && p.Role != "" {
		h.Pills = append(h.Pills, ui.Pill(ui.Mute, roleName(p.Role), "shield-lock"))
	}
	if u.IDVerified != 0 {
		h.Pills = append(h.Pills, ui.Pill(ui.Mute, "ID verified", "id"))
	}
	if u.Email != "" && p.Title != u.Email {
		h.Facts = append(h.Facts, ui.Cell(u.Email))
	}
	if u.Phone != "" && !u.Status.Gone() {
		h.Facts = append(h.Facts, ui.NumberFact(u.Phone))
	}
	since := "Here since"
	if u.Kinds&user.IsCustomer != 0 {
		since = "Customer since"
	}
	h.Facts = append(h.Facts, ui.SinceFact(since, ui.On(p.clock, moment(u.RegisteredAt))))
	if u.LastSeenAt != 0 {
		h.Facts = append(h.Facts, ui.SinceFact("Last seen", ui.When(p.clock, moment(u.LastSeenAt))))
	}
	h.More = deeds(p.Visit, u.Subject(), u.Status, personPath(p.list.path, u.ID, "", ""))
	if checks := p.checks(); len(checks) > 0 {
		h.More = append(h.More, ui.MenuGroup{Actions: checks})
	}
	if files := p.exports(); len(files) > 0 {
		h.More = append(h.More, ui.MenuGroup{Actions: files})
	}
	if p.Can.Edit && u.Status != user.Archived && u.Status != user.Erased {
		h.Actions = []ui.Action{{Label: "Edit", Icon: "pencil", Href: p.path("edit"), Key: "e"}}
		for i := range h.More {
			h.More[i].Actions = without(h.More[i].Actions, "Edit profile")
		}
	}
	return h
}

func without(actions []ui.Action, label string) (kept []ui.Action) {
	for _, a := range actions {
		if a.Label != label {
			kept = append(kept, a)
		}
	}
	return kept
}

// rail is the account column: what the account itself says.
func (p *profile) rail() []ui.RailPart {
	u := p.User
	pair := func(label, value string) []ui.Pair {
		if value == "" {
			return nil
		}
		return []ui.Pair{ui.P(label, value)}
	}
	contact := func(label, value, icon string, verifiedAt int64) []ui.Pair {
		if value == "" {
			return nil
		}
		one := ui.P(label, value)
		if u.Status.Gone() {
			return []ui.Pair{one} // a placeholder is neither verified nor not
		}
		if verifiedAt != 0 {
			one.Icon, one.Note = icon+"-check", ui.Text(ui.T("Verified "+p.clock.Date(moment(verifiedAt))))
		} else {
			one.Icon, one.Note = icon, ui.Text(ui.T("Not verified"))
		}
		return []ui.Pair{one}
	}
	account := ui.RailPart{ID: "account", Title: "Account"}
	if p.Can.Edit && u.Status != user.Archived && u.Status != user.Erased {
		account.Edit = ui.Action{Label: "Edit", Href: p.path("edit")}
	}
	account.Pairs = append(account.Pairs, pair("Name", u.Name())...)
	account.Pairs = append(account.Pairs, contact("E-mail", u.Email, "mail", u.EmailVerified)...)
	account.Pairs = append(account.Pairs, contact("Phone", u.Phone, "phone", u.PhoneVerified)...)
	account.Pairs = append(account.Pairs, pair("Born", born(u.Born))...)
	account.Pairs = append(account.Pairs, pair("Address", oneLine(u.Address))...)
	account.Pairs = append(account.Pairs, pair("Country", u.Country)...)
	if p.Home != nil {
		account.Pairs = append(account.Pairs, ui.P("Home location", p.Home.Name))
	}
	account.Pairs = append(account.Pairs, ui.Pair{Label: "Member since", Body: ui.On(p.clock, moment(u.RegisteredAt))})
	if u.Status != user.Active && u.StatusSince != 0 {
		account.Pairs = append(account.Pairs, ui.Pair{Label: u.Status.Label() + " since", Body: ui.On(p.clock, moment(u.StatusSince))})
	}
	if u.IDVerified != 0 {
		check := "Verified " + p.clock.Date(moment(u.IDVerified))
		if p.CheckedBy != "" {
			check += " by " + p.CheckedBy
		}
		account.Pairs = append(account.Pairs, ui.P("ID check", check))
	}
	account.Pairs = append(account.Pairs, ui.Pair{Label: "User ID", Value: ui.Text(ui.M(string(u.ID))), Copy: string(u.ID)})
	parts := []ui.RailPart{account}
	if p.Staff != nil {
		parts = append(parts, p.staffPart())
	}
	if len(p.Externals) > 0 {
		elsewhere := ui.RailPart{ID: "elsewhere", Title: "Known elsewhere as"}
		for _, x := range p.Externals {
			elsewhere.Pairs = append(elsewhere.Pairs, ui.Pair{Label: x.Source, Value: ui.Text(ui.M(x.ID))})
		}
		parts = append(parts, elsewhere)
	}
	return parts
}

// staffPart is the role as it was given: where, from when until when, and what differs from it.
func (p *profile) staffPart() ui.RailPart {
	part := ui.RailPart{ID: "role", Title: "Role"}
	if p.Can.ChangeRole {
		part.Edit = ui.Action{Label: "Change", Href: p.path("role")}
	}
	var where []string
	for _, g := range role.Resolve(p.Staff.Grants) {
		if len(part.Pairs) == 0 {
			part.Pairs = append(part.Pairs, ui.P("Role", g.Adjustment.Describe(g.Role)))
			if changes := g.Adjustment.Summary(g.Role); changes != "" {
				part.Pairs = append(part.Pairs, ui.P("Differs", changes))
			}
			if g.From > p.clock.Now.UnixMilli() {
				part.Pairs = append(part.Pairs, ui.P("From", p.clock.Moment(moment(g.From))))
			}
			if g.Until != 0 {
				part.Pairs = append(part.Pairs, ui.P("Until", p.clock.Moment(moment(g.Until))))
			}
		}
		where = append(where, placeOf(p.Visit, g.Scope))
	}
	if len(where) > 0 {
		part.Pairs = append(part.Pairs, ui.P("Where", strings.Join(where, ", ")))
	}
	return part
}
