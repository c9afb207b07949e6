package web

import (
	"slices"

	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// appMenus are the places of an own account and of the company panel, below their first page. Who adds a page adds its place here.
var appMenus = map[session.Audience][]ui.NavItem{
	session.Account: {
		{Name: "overview", Label: "Overview"},
		{Name: "orders", Label: "Orders", Href: "/orders"},
		{Name: "profile", Label: "Profile", Href: "/profile"},
		{Name: "security", Label: "Security", Href: "/security"},
		{Name: "sessions", Label: "Sessions", Href: "/sessions"},
		{Name: "privacy", Label: "Privacy", Href: "/privacy"},
	},
	session.Company: {
		{Name: "profile", Label: "Profile", Href: "/profile"},
		{Name: "security", Label: "Security", Href: "/security"},
		{Name: "sessions", Label: "Sessions", Href: "/sessions"},
		{Name: "privacy", Label: "Privacy", Href: "/privacy"},
	},
}

// private are the places that staff who look through somebody's eyes are not shown.
var private = []string{"security", "sessions"}

// appFrame is the frame of the pages for customers and company users.
func (v *Visit) appFrame(title, current string) ui.AppProps {
	u := &v.Present.User
	p := ui.AppProps{
		Title: title, Brand: v.Front.Name, Home: v.Base(), Theme: ui.Theme(u.Theme), Current: current,
		Path: v.R.URL.RequestURI(), ThemeTo: v.Base() + "/preferences/theme", SignOutTo: v.Base() + "/sign-out",
		Me: ui.Me{ID: string(u.ID), Name: u.Name(), Role: u.Email},
	}
	if p.Me.Name == "" {
		p.Me.Name = "Your account"
	}
	if v.Audience == session.Company && v.Present.Role != nil {
		p.Me.Role = v.Present.Role.Name
	}
	if p.Theme == "" {
		p.Theme = ui.Auto
	}
	for _, item := range appMenus[v.Audience] {
		if v.Present.As != nil && slices.Contains(private, item.Name) {
			continue
		}
		item.Href = v.Base() + item.Href
		p.Nav = append(p.Nav, item)
	}
	if v.Present.As != nil {
		p.As = v.viewing()
		p.ThemeTo = "" // a preference is the person's own
	}
	return p
}
