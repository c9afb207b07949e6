package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func settingsPages(r routes) {
	r.staff("GET /admin/settings", settingsPage)
	r.staff("GET /admin/settings/brands", brandsPage)
	r.staff("GET /admin/settings/brands/new", newBrandPage)
	r.staff("POST /admin/settings/brands/new", addBrand)
	r.staff("GET /admin/settings/brands/{brand}", brandPage)
	r.staff("POST /admin/settings/brands/{brand}", editBrand)
	r.staff("POST /admin/settings/brands/{brand}/registration", changeRegistration)
	r.staff("POST /admin/settings/brands/{brand}/privacy", changePolicy)
	r.staff("GET /admin/settings/locations", locationsPage)
	r.staff("GET /admin/settings/locations/new", newLocationPage)
	r.staff("POST /admin/settings/locations/new", addLocation)
	r.staff("GET /admin/settings/locations/{location}", locationPage)
	r.staff("POST /admin/settings/locations/{location}", editLocation)
	r.staff("GET /admin/settings/users", staffPage)
	rulesPages(r)
}

// setting is a part of the settings, with what one must hold to find it.
type setting struct {
	icon, title, text, href string
	any                     []access.Permission
}

var settings = []setting{
	{"building-store", "Brands", "Name, currency and time zone of each shop.", "/admin/settings/brands", []access.Permission{access.SettingsView, access.BrandsCreate}},
	{"map-pin", "Locations", "Stores and depots of this brand, with their cities.", "/admin/settings/locations", []access.Permission{access.SettingsView}},
	{"id", "Customers", "From which spend a tier is earned, and the choices of the filters.", "/admin/settings/customers", []access.Permission{access.SettingsView}},
	{"users-group", "Users", "Who works here, with which role and where. Add somebody.", "/admin/settings/users", []access.Permission{access.StaffRolesView, access.UsersInvite}},
	{"shield-lock", "Security", "Passwords, second factors, sessions, links, and who of the staff has a second factor.", "/admin/settings/security", []access.Permission{access.SecurityView}},
	{"key", "API keys", "What programs may do in your name.", "/admin/settings/api-keys", []access.Permission{access.APIKeysManage}},
	{"mail", "Mail", "What was sent to whom, and what waits.", "/admin/settings/mail", []access.Permission{access.SettingsView}},
}

// need refuses a page to who holds none of these permissions at the place. The operations behind it ask for their own.
func need(v *web.Visit, any ...access.Permission) error {
	return opens(v, account.Opening{Any: any, Brand: v.BrandID(), Below: true})
}

// opens asks whether a page opens, so that a refusal is recorded by the door.
func opens(v *web.Visit, page account.Opening) error {
	_, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.Open, page)
	return err
}

func settingsPage(v *web.Visit) error {
	var open []setting
	var all []access.Permission
	for _, s := range settings {
		all = append(all, s.any...)
		if slices.ContainsFunc(s.any, v.Anywhere) {
			open = append(open, s)
		}
	}
	if len(open) == 0 {
		return need(v, all...)
	}
	return v.Page(http.StatusOK, "Settings", "settings", settingsSheet(open))
}

func settingsTable(open []setting) ui.TableProps {
	t := ui.TableProps{Caption: "Parts of the settings", Columns: []ui.Column{{Label: "Part"}, {Label: "What it holds", Grow: true, Quiet: true, Drop: "c-md"}}}
	for _, s := range open {
		t.Rows = append(t.Rows, ui.Row{ID: s.href, Name: s.title, Cells: []templ.Component{settingCell(s), ui.Cell(s.text)}})
	}
	return t
}

// under is the way back to the settings.
func under(here string, more ...ui.Run) ui.CrumbProps {
	return ui.CrumbProps{Up: append([]ui.Run{ui.L("Settings", "/admin/settings")}, more...), Here: here}
}

// listed is a page of the settings that is a list: a head, a table, and words where there is nothing.
type listedProps struct {
	Crumb ui.CrumbProps
	Head  ui.HeadProps
	Notes []ui.Run
	Table ui.TableProps
	Empty ui.EmptyProps
	Pager *ui.PagerProps
}

func brandsPage(v *web.Visit) error {
	if err := need(v, access.SettingsView, access.BrandsCreate); err != nil {
		return err
	}
	p := listedProps{
		Crumb: under("Brands"), Head: ui.HeadProps{Title: "Brands", Fact: ui.Counted(int64(len(v.Brands)), "brand", "brands")},
		Table: ui.TableProps{Caption: "Brands", Columns: []ui.Column{
			{Label: "Name", Grow: true}, {Label: "Short name", Quiet: true, Drop: "c-md"}, {Label: "Currency"}, {Label: "Time zone", Drop: "c-md"}, {Label: "Since", Number: true, Drop: "c-md"},
		}},
		Empty: ui.EmptyProps{Icon: "building-store", Title: "No brands yet", Text: "A brand is a shop. Everything below it is invisible outside it."},
	}
	if v.May(access.BrandsCreate, op.Installation.Subjects()[0]) {
		add := ui.Action{Label: "Add brand", Icon: "plus", Main: true, Href: "/admin/settings/brands/new"}
		p.Head.Actions, p.Empty.Actions = []ui.Action{add}, []ui.Action{add}
	}
	for i := range v.Brands {
		b := &v.Brands[i]
		name := ui.Cell(b.Name)
		if v.May(access.SettingsEdit, b.Subject()) {
			name = ui.LinkCell(b.Name, "/admin/settings/brands/"+string(b.ID))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: string(b.ID), Name: b.Name, Cells: []templ.Component{
			name, ui.Cell(b.Slug), ui.Cell(string(b.Currency)), ui.Cell(b.Zone), ui.On(v.Clock(), ms(b.CreatedAt)),
		}})
	}
	return v.Page(http.StatusOK, "Brands", "settings", listedSheet(p))
}

func newBrandPage(v *web.Visit) error {
	if err := opens(v, account.Opening{Any: []access.Permission{access.BrandsCreate}}); err != nil {
		return err
	}
	return showBrand(v, http.StatusOK, brandProps{New: true, Action: "/admin/settings/brands/new"}, troubles{})
}

type brandProps struct {
	New                   bool
	Action, Name          string // Name is the one that is kept
	Slug, Title, Currency string
	Zone, Version         string
	Problems              troubles
	Registration          customer.RegistrationShown
	Policy                *policyForm // the privacy policy, as it is or as it was typed
}

func showBrand(v *web.Visit, status int, p brandProps, t troubles) error {
	p.Problems = t
	if !p.New {
		var err error
		if p.Registration, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, customer.ShowRegistration, brand.ID(v.R.PathValue("brand"))); err != nil {
			return err
		}
		if p.Policy == nil {
			if p.Policy, err = policyOf(v); err != nil {
				return err
			}
		}
	}
	return v.Page(status, p.heading(), "settings", brandSheet(p))
}

func (p brandProps) heading() string {
	if p.New {
		return "Add brand"
	}
	return p.Name
}

func addBrand(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	in := brand.New{
		Slug: strings.TrimSpace(form.Get("slug")), Name: form.Get("name"),
		Currency: strings.ToUpper(strings.TrimSpace(form.Get("currency"))), Zone: strings.TrimSpace(form.Get("time_zone")),
	}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, brand.Create, in); err != nil {
		if t, ok := wrong(v, err, "name", "slug", "currency", "time_zone"); ok {
			return showBrand(v, t.status, brandProps{New: true, Action: "/admin/settings/brands/new", Slug: in.Slug, Title: in.Name, Currency: in.Currency, Zone: in.Zone}, t)
		}
		return err
	}
	return v.Gone("/admin/settings/brands")
}

// theBrand is the brand of the address, among those that the visitor knows.
func theBrand(v *web.Visit) (*brand.Brand, error) {
	d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, brand.ID(v.R.PathValue("brand")))
	return &d.Brand, err
}

func brandPage(v *web.Visit) error {
	b, err := theBrand(v)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.SettingsEdit}, Brand: b.ID}); err != nil {
		return err
	}
	return showBrand(v, http.StatusOK, brandProps{
		Action: "/admin/settings/brands/" + string(b.ID), Name: b.Name, Slug: b.Slug, Title: b.Name, Currency: string(b.Currency), Zone: b.Zone, Version: number(b.Version),
	}, troubles{})
}

func editBrand(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	b, err := theBrand(v)
	if err != nil {
		return err
	}
	name, zone, currency := form.Get("name"), strings.TrimSpace(form.Get("time_zone")), strings.ToUpper(strings.TrimSpace(form.Get("currency")))
	in := brand.Change{Brand: b.ID, Version: version(form.Get("version")), Name: &name, Zone: &zone, Currency: &currency}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, brand.Edit, in); err != nil {
		if t, ok := wrong(v, err, "name", "currency", "time_zone"); ok {
			return showBrand(v, t.status, brandProps{
				Action: "/admin/settings/brands/" + string(b.ID), Name: b.Name, Slug: b.Slug, Title: name, Currency: currency, Zone: zone, Version: form.Get("version"),
			}, t)
		}
		return err
	}
	return v.Gone("/admin/settings/brands")
}

// changeRegistration opens or closes registration in a brand's shop.
func changeRegistration(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	in := customer.RegistrationChange{Brand: brand.ID(v.R.PathValue("brand")), Version: version(form.Get("version")), Registration: customer.Registration{Open: form.Get("open") != ""}}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, customer.ChangeRegistration, in); err != nil {
		return err
	}
	return v.Gone("/admin/settings/brands/" + string(in.Brand))
}

func locationsPage(v *web.Visit) error {
	if err := need(v, access.SettingsView); err != nil {
		return err
	}
	p := listedProps{
		Crumb: under("Locations"), Head: ui.HeadProps{Title: "Locations"},
		Table: ui.TableProps{Caption: "Locations", Columns: []ui.Column{{Label: "Name", Grow: true}, {Label: "City"}, {Label: "Since", Number: true, Drop: "c-md"}}},
		Empty: ui.EmptyProps{Icon: "map-pin", Title: "Locations belong to a brand", Text: "Choose a brand at the top left to see its locations."},
	}
	if v.Brand == nil {
		return v.Page(http.StatusOK, "Locations", "settings", listedSheet(p))
	}
	d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, v.Brand.ID)
	if err != nil {
		return err
	}
	p.Head.Fact = ui.Counted(int64(len(d.Locations)), "location", "locations") + " of " + d.Brand.Name
	p.Empty = ui.EmptyProps{Icon: "map-pin", Title: "No locations yet", Text: "Add the stores and depots of " + d.Brand.Name + ". Staff can be given single locations, and customers have a home one."}
	if v.May(access.SettingsEdit, d.Brand.Subject()) {
		add := ui.Action{Label: "Add location", Icon: "plus", Main: true, Href: "/admin/settings/locations/new"}
		p.Head.Actions, p.Empty.Actions = []ui.Action{add}, []ui.Action{add}
	}
	for i := range d.Locations {
		l := &d.Locations[i]
		name := ui.Cell(l.Name)
		if v.May(access.SettingsEdit, l.Subject()) {
			name = ui.LinkCell(l.Name, "/admin/settings/locations/"+string(l.ID))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: string(l.ID), Name: l.Name, Cells: []templ.Component{name, ui.Cell(l.City), ui.On(v.Clock(), ms(l.CreatedAt))}})
	}
	return v.Page(http.StatusOK, "Locations", "settings", listedSheet(p))
}

type locationProps struct {
	Heading, Action, Name, City, Version, Do string
	Problems                                 troubles
}

func showLocation(v *web.Visit, status int, p locationProps, t troubles) error {
	p.Problems = t
	return v.Page(status, p.Heading, "settings", locationSheet(p))
}

func newLocationPage(v *web.Visit) error {
	if v.Brand == nil {
		return v.Gone("/admin/settings/locations")
	}
	if err := need(v, access.SettingsEdit); err != nil {
		return err
	}
	return showLocation(v, http.StatusOK, locationProps{Heading: "Add location", Action: "/admin/settings/locations/new", Do: "Add location"}, troubles{})
}

func addLocation(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if v.Brand == nil {
		return v.Gone("/admin/settings/locations")
	}
	in := brand.NewLocation{Brand: v.Brand.ID, Name: form.Get("name"), City: form.Get("city")}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, brand.AddLocation, in); err != nil {
		if t, ok := wrong(v, err, "name", "city"); ok {
			return showLocation(v, t.status, locationProps{Heading: "Add location", Action: "/admin/settings/locations/new", Do: "Add location", Name: in.Name, City: in.City}, t)
		}
		return err
	}
	return v.Gone("/admin/settings/locations")
}

// theLocation is the location of the address, among those of the brand that the visitor looks at.
func theLocation(v *web.Visit) (*brand.Location, error) {
	if v.Brand == nil {
		return nil, errs.ErrNotFound
	}
	d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, v.Brand.ID)
	if err != nil {
		return nil, err
	}
	for i := range d.Locations {
		if string(d.Locations[i].ID) == v.R.PathValue("location") {
			return &d.Locations[i], nil
		}
	}
	return nil, errs.ErrNotFound
}

func locationPage(v *web.Visit) error {
	l, err := theLocation(v)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.SettingsEdit}, Location: l.ID}); err != nil {
		return err
	}
	return showLocation(v, http.StatusOK, locationProps{
		Heading: l.Name, Action: "/admin/settings/locations/" + string(l.ID), Name: l.Name, City: l.City, Version: number(l.Version), Do: "Save",
	}, troubles{})
}

func editLocation(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	l, err := theLocation(v)
	if err != nil {
		return err
	}
	name, city := form.Get("name"), form.Get("city")
	in := brand.LocationEdit{Location: l.ID, Version: version(form.Get("version")), Name: &name, City: &city}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, brand.EditLocation, in); err != nil {
		if t, ok := wrong(v, err, "name", "city"); ok {
			return showLocation(v, t.status, locationProps{
				Heading: l.Name, Action: "/admin/settings/locations/" + string(l.ID), Name: name, City: city, Version: form.Get("version"), Do: "Save",
			}, t)
		}
		return err
	}
	return v.Gone("/admin/settings/locations")
}

// staffPage lists who works at the place, with role, changes and scope (checklist 8, 11, 12).
func staffPage(v *web.Visit) error {
	mayAdd := v.Anywhere(access.UsersInvite)
	p := listedProps{
		Crumb: under("Users"), Head: ui.HeadProps{Title: "Users"},
		Table: ui.TableProps{Caption: "Staff by name", Columns: []ui.Column{
			{Label: "Name", Grow: true}, {Label: "Role"}, {Label: "Where", Drop: "c-md"}, {Label: "Status", Drop: "c-md"}, {Label: "Last login", Number: true, Drop: "c-lg"},
		}},
		Empty: ui.EmptyProps{Icon: "users-group", Title: "Nobody works here yet", Text: "Add somebody with a role, for the whole brand or for single locations."},
	}
	if mayAdd {
		add := ui.Action{Label: "Add user", Icon: "user-plus", Main: true, Href: "/admin/settings/users/new"}
		p.Head.Actions, p.Empty.Actions = []ui.Action{add}, []ui.Action{add}
	}
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.Staff, v.BrandID())
	if err != nil {
		return err
	}
	place := "the platform"
	var locations []brand.Location
	if v.Brand != nil {
		place = v.Brand.Name
		d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, v.Brand.ID)
		if err != nil {
			return err
		}
		locations = d.Locations
	}
	p.Head.Fact = ui.Counted(int64(len(all)), "person", "people") + " of " + place
	for _, m := range all {
		who := ui.PersonCell{ID: string(m.User), Name: m.Name, Nameless: m.Email, Mail: mailBeside(m.Name, m.Email), State: stateOf(m.Status), StateKind: kindOf(m.Status)}
		if m.Seen {
			who.Href = "/admin/users/" + string(m.User)
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: string(m.User), Name: m.Name, Cells: []templ.Component{
			ui.Person(who), roleCell(m.Role(), m.Changes()), ui.Cell(where(m.Grants, locations)),
			ui.Status(kindOf(m.Status), m.Status.Label(), m.Status == user.Invited), when(v.Clock(), m.LastAt),
		}})
	}
	return v.Page(http.StatusOK, "Users", "settings", listedSheet(p))
}

// where are the nodes of somebody's grants in words.
func where(grants []access.Grant, locations []brand.Location) string {
	var names []string
	for _, g := range grants {
		if g.Scope.Kind() == access.PlatformNode {
			return "Every brand"
		}
		if g.Scope.Kind() == access.BrandNode {
			return "All locations"
		}
		name := "A location"
		for i := range locations {
			if locations[i].Scope() == g.Scope {
				name = locations[i].Name
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// stateOf is a state that a phone shows beside the name: any but active.
func stateOf(s user.Status) string {
	if s == user.Active {
		return ""
	}
	return s.Label()
}

func kindOf(s user.Status) ui.Kind {
	switch s {
	case user.Active:
		return ui.Good
	case user.Invited:
		return ui.Info
	case user.Suspended:
		return ui.Warn
	case user.Banned:
		return ui.Bad
	}
	return ui.Mute
}
