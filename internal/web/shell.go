package web

import (
	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Place in the menu: what it is called, and what one must hold to see it.
type menuItem struct {
	item ui.NavItem
	any  []access.Permission // any of them; none is for everybody
}

var menu = []struct {
	label string
	items []menuItem
}{
	{"", []menuItem{
		{ui.NavItem{Name: "overview", Label: "Overview", Icon: "layout-dashboard", Href: "/admin", Go: "o"}, nil},
		{ui.NavItem{Name: "users", Label: "Users", Icon: "users", Href: "/admin/users", Go: "u"}, []access.Permission{access.UsersView}},
		{ui.NavItem{Name: "customers", Label: "Customers", Icon: "id", Href: "/admin/customers", Go: "c"}, []access.Permission{access.CustomersView}},
	}},
	{"Control", []menuItem{
		{ui.NavItem{Name: "requests", Label: "Deletion requests", Icon: "user-off", Href: "/admin/requests"}, []access.Permission{access.UsersArchive}},
		{ui.NavItem{Name: "audit", Label: "Audit log", Icon: "history", Href: "/admin/audit", Go: "a"}, []access.Permission{access.AuditView}},
		{ui.NavItem{Name: "settings", Label: "Settings", Icon: "settings", Href: "/admin/settings", Go: "s"},
			[]access.Permission{access.SettingsView, access.StaffRolesView, access.UsersInvite, access.APIKeysManage}},
	}},
}

// Page answers with a page in the frame of its audience. current is the name of the menu's item that is open.
func (v *Visit) Page(status int, title, current string, sheet templ.Component) error {
	switch {
	case v.Present == nil:
		return v.Render(status, ui.Wrapped(ui.BlankProps{Title: title, Wide: true}, sheet))
	case v.Audience != session.Staff:
		return v.Render(status, ui.AppFramed(v.appFrame(title, current), sheet))
	}
	return v.Render(status, ui.Framed(v.frame(title, current), sheet))
}

func (v *Visit) frame(title, current string) ui.PageProps {
	p := ui.PageProps{
		Title: title, Theme: ui.Theme(v.Present.User.Theme), Brand: "Platform", Current: current,
		Path: v.R.URL.RequestURI(), ThemeTo: "/admin/preferences/theme", KeysOff: v.Present.User.ShortcutsOff,
		Me: ui.Me{
			ID: string(v.Present.User.ID), Name: v.Present.User.Name(), Role: v.Present.Role.Name,
			Menu: []ui.MenuGroup{
				{Actions: []ui.Action{
					{Label: "Your sessions", Icon: "device-laptop", Href: "/admin/me/sessions"}, {Label: "Security", Icon: "shield-check", Href: "/admin/me/security"},
				}},
				{Actions: []ui.Action{{Label: "Your exports", Icon: "download", Href: "/admin/me/exports"}}},
				{Actions: []ui.Action{{Label: "Sign out", Icon: "logout", Post: "/admin/sign-out"}}},
			},
		},
	}
	if p.Theme == "" {
		p.Theme = ui.Auto
	}
	if v.Brand != nil {
		p.Brand = v.Brand.Name
	}
	p.Brands = v.switcher()
	for _, group := range menu {
		g := ui.NavGroup{Label: group.label}
		for _, m := range group.items {
			if v.sees(m.any) {
				g.Items = append(g.Items, m.item)
			}
		}
		if len(g.Items) > 0 {
			p.Nav = append(p.Nav, g)
		}
	}
	return p
}

func (v *Visit) sees(any []access.Permission) bool {
	for _, p := range any {
		if v.Anywhere(p) {
			return true
		}
	}
	return len(any) == 0
}

// switcher offers the other places that the caller may look at.
func (v *Visit) switcher() []ui.MenuGroup {
	choose := func(id, name string, current bool) ui.Action {
		return ui.Action{Label: name, Post: "/admin/brand", Sends: []ui.Hidden{{Name: "brand", Value: id}}, Current: current}
	}
	brands := ui.MenuGroup{Label: "Brand"}
	for _, b := range v.Brands {
		brands.Actions = append(brands.Actions, choose(string(b.ID), b.Name, v.Brand != nil && v.Brand.ID == b.ID))
	}
	groups := []ui.MenuGroup{brands}
	if v.AtPlatform() {
		groups = append(groups, ui.MenuGroup{Actions: []ui.Action{choose("platform", "Platform", v.Brand == nil)}})
	} else if len(v.Brands) < 2 {
		return nil
	}
	return groups
}
