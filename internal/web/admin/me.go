package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func mePages(r routes) {
	r.staff("POST /admin/brand", chooseBrand)
	r.staff("POST /admin/preferences/theme", chooseTheme)
	r.staff("POST /admin/preferences/shortcuts", chooseShortcuts)
	r.staff("GET /admin/me/sessions", sessionsPage)
	r.staff("POST /admin/me/sessions/others/end", endOtherSessions)
	r.staff("POST /admin/me/sessions/{session}/end", endSession)
	web.EmailRoutes(web.Hang(r.below).Below("/me/email"), web.Hang(r.anyone).Below("/admin/me/email"))
}

// everywhere are the pages that each brand has: after choosing another brand one stays on them.
var everywhere = []string{
	"/admin", "/admin/users", "/admin/customers", "/admin/audit", "/admin/settings", "/admin/settings/brands", "/admin/settings/locations",
	"/admin/settings/users", "/admin/settings/users/new", "/admin/settings/api-keys", "/admin/settings/mail",
}

// chooseBrand changes the place that the desk shows. It gives no access to anything.
func chooseBrand(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	chosen := brand.ID(form.Get("brand"))
	known := slices.ContainsFunc(v.Brands, func(b brand.Brand) bool { return b.ID == chosen }) || chosen == brand.Platform && v.AtPlatform()
	if !known {
		return errs.ErrNotFound
	}
	if _, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, session.Choose, session.Choice{Session: v.Present.Session.ID, Brand: chosen}); err != nil {
		return err
	}
	if from := v.CameFrom("/admin"); slices.Contains(everywhere, from) {
		return v.Gone(from)
	}
	return v.Gone("/admin")
}

func chooseTheme(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	theme := form.Get("theme")
	if theme == string(ui.Auto) {
		theme = ""
	}
	return prefer(v, account.Preferences{Theme: &theme}, form.Get("back"))
}

func chooseShortcuts(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	off := form.Get("on") == ""
	return prefer(v, account.Preferences{ShortcutsOff: &off}, form.Get("back"))
}

func prefer(v *web.Visit, p account.Preferences, back string) error {
	if _, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, account.ChooseTheme, p); err != nil {
		return err
	}
	return v.Gone(web.Back(back, v.CameFrom("/admin")))
}

func sessionsPage(v *web.Visit) error {
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, session.List, v.Present.User.ID)
	if err != nil {
		return err
	}
	c := v.Clock()
	table := ui.TableProps{
		Caption: "Your sessions, newest first",
		Columns: []ui.Column{
			{Label: "Device", Grow: true}, {Label: "Place", Drop: "c-md", Quiet: true}, {Label: "IP address", Drop: "c-md"},
			{Label: "Signed in", Number: true, Drop: "c-md"}, {Label: "Last active", Number: true}, {Label: "End", Hidden: true, Class: "st-r"},
		},
	}
	for _, s := range all {
		end := ui.Button(ui.Action{Label: "End", About: s.Device, Post: "/admin/me/sessions/" + s.ID + "/end", Small: true})
		if s.Current {
			end = ui.Pill(ui.Good, "This device", "")
		}
		table.Rows = append(table.Rows, ui.Row{ID: s.ID, Name: s.Device, Cells: []templ.Component{
			sessionCell(s.Device, deviceIcon(s.Device), placed(s.Country), s.IP), ui.Cell(placed(s.Country)), ui.Cell(s.IP),
			when(c, s.CreatedAt), when(c, s.SeenAt), end,
		}})
	}
	p := sessionsProps{Table: table, Others: len(all) - 1, Role: v.Present.Role.Name, Email: v.Present.User.Email, Path: "/admin/me/sessions", Keys: !v.Present.User.ShortcutsOff}
	return v.Page(http.StatusOK, "Your sessions", "", sessionsSheet(p))
}

type sessionsProps struct {
	Table             ui.TableProps
	Others            int
	Role, Email, Path string
	Keys              bool
}

func (p sessionsProps) head() ui.HeadProps {
	h := ui.HeadProps{Title: "Your sessions", Fact: ui.Counted(int64(p.Others+1), "device", "devices")}
	if p.Others > 0 {
		h.Actions = []ui.Action{{Label: "End all others", Icon: "logout", Post: "/admin/me/sessions/others/end"}}
	}
	return h
}

// deviceIcon is the icon of a session's device.
func deviceIcon(name string) string {
	for _, word := range []string{"Android", "iPhone", "iOS", "iPad"} {
		if strings.Contains(name, word) {
			return "device-mobile"
		}
	}
	return "device-laptop"
}

func placed(country string) string {
	if country == "" {
		return "Unknown place"
	}
	return strings.ToUpper(country[:1]) + country[1:]
}

// when is a moment in a column; none is a dash.
func when(c ui.Clock, ms int64) templ.Component {
	if ms == 0 {
		return ui.NoFigure("Never")
	}
	return ui.When(c, time.UnixMilli(ms))
}

func endSession(v *web.Visit) error {
	id := v.R.PathValue("session")
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.Revoke, id); err != nil {
		return err
	}
	if id == v.Present.Session.ID {
		v.SignedOut(session.Staff)
		return v.Gone("/admin/sign-in")
	}
	return v.Gone("/admin/me/sessions")
}

func endOtherSessions(v *web.Visit) error {
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.RevokeEvery, v.Present.User.ID); err != nil {
		return err
	}
	return v.Gone("/admin/me/sessions")
}
