package admin

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func overviewPages(r routes) {
	r.staff("GET /admin", overviewPage)
	r.staff("GET /admin/overview/figures", overviewFigures)
	r.staff("GET /admin/overview/activity", overviewActivity)
	if r.site.Demo != nil {
		r.staff("GET /admin/overview/continue/{person}", continuePage)
	}
}

type overviewProps struct {
	Alarm    templ.Component // far more sign-ins fail than usually; nil for most
	Note     templ.Component // nil for most
	Head     ui.HeadProps
	Figures  bool
	Steps    []ui.Step
	Lead     string
	Audit    bool // recent activity is that of the place; else one's own
	Own      []ui.Pair
	Seal     []ui.Run
	SealKind ui.Kind
	Remind   []ui.Run // what wants looking after: invitations that run out, roles to look at again
}

// overviewPage is where one arrives. What takes counting comes after the page is there.
func overviewPage(v *web.Visit) error {
	c := v.Clock()
	p := overviewProps{Head: ui.HeadProps{Title: "Overview", Fact: strings.TrimPrefix(c.DayHead(c.Now), "Today, ")}}
	p.Figures = v.Anywhere(access.UsersView) || v.Anywhere(access.CustomersView)
	p.Audit = readsChain(v)
	for _, g := range v.Caller.Grants {
		if !g.InForce(c.Now.UnixMilli()) {
			continue
		}
		if len(p.Own) == 0 {
			p.Own = append(p.Own, ui.P("Role", g.Adjustment.Describe(g.Role)))
			if changes := g.Adjustment.Summary(g.Role); changes != "" {
				p.Own = append(p.Own, ui.P("Differs", changes))
			}
		}
		p.Own = append(p.Own, ui.P("Where", placeOf(v, g.Scope)))
		if g.Until != 0 {
			p.Own = append(p.Own, ui.P("Until", c.Moment(moment(g.Until))))
		}
	}
	if v.Site.Demo != nil {
		p.Steps = startHere(v)
		p.Lead = []string{"Nothing", "One thing", "Two things", "Three things", "Four things", "Five things"}[min(len(p.Steps), 5)] + " to show what the desk does."
	}
	if p.Audit {
		p.SealKind, p.Seal = sealWords(v)
	}
	var err error
	if p.Remind, err = reminders(v); err != nil {
		return err
	}
	if p.Alarm, err = alarmNote(v); err != nil {
		return err
	}
	if p.Note, err = pausedNote(v); err != nil {
		return err
	}
	return v.Page(http.StatusOK, "Overview", "overview", overviewSheet(p))
}

// readsChain says whether the viewer reads the audit log of the place that they look at.
func readsChain(v *web.Visit) bool {
	return v.May(access.AuditView, op.Subject{Scope: v.Place()})
}

func sealWords(v *web.Visit) (ui.Kind, []ui.Run) {
	last := v.Site.Watch.Last()
	report, ok := last.Chain(string(v.BrandID()))
	switch {
	case !ok:
		return ui.Mute, nil
	case len(report.Findings) > 0:
		return ui.Bad, ui.Text(ui.B("Audit chain broken."), ui.T(" "+report.Findings[0].Sentence))
	}
	return ui.Good, ui.Text(ui.B("Audit chain verified."), ui.T(" All "+ui.Counted(report.Entries, "entry", "entries")+", "+sameDayTime(v.Clock(), last.At)+"."))
}

// overviewFigures are the numbers of what the viewer may see.
func overviewFigures(v *web.Visit) error {
	var stats []ui.Stat
	if v.Anywhere(access.UsersView) { // what is not theirs is not asked for: a refusal would stand in the log as an attempt
		f, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.Statistics, v.BrandID())
		if err != nil {
			return err
		}
		stats = append(stats, ui.Stat{Label: "Accounts", Value: ui.Count(f.Total), Note: "+" + ui.Count(f.ThisWeek) + " this week"})
		if v.Anywhere(access.StaffRolesView) {
			stats = append(stats, ui.Stat{Label: "Admins", Value: ui.Count(f.Admins)})
		}
	}
	for _, q := range []struct{ label, query, note string }{{"Customers", "", ""}, {"Ordered in the last 30 days", "last_order_at[last]=30", ""}, {"New in the last 7 days", "registered_at[last]=7", ""}} {
		if v.Brand == nil || !v.Anywhere(access.CustomersView) || strings.HasPrefix(q.query, "last_order") && !v.Anywhere(access.CustomersPurchases) {
			continue
		}
		params, _ := url.ParseQuery(q.query)
		n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.CustomersTotal, directory.Ask{Brand: v.BrandID(), Params: params, Form: field.Page})
		if err != nil {
			return err
		}
		stats = append(stats, ui.Stat{Label: q.label, Value: ui.Count(n), Note: q.note})
	}
	if len(stats) > 4 {
		stats = stats[:4]
	}
	if v.Fragment() {
		return v.Render(http.StatusOK, ui.Stats(stats))
	}
	return v.Page(http.StatusOK, "Figures", "overview", statisticsSheet("Figures", stats))
}

// recently is how much of the log the overview shows.
const recently = 12

// overviewActivity is what happened lately: in the place, for who reads its log, else by the viewer themself.
func overviewActivity(v *web.Visit) error {
	c := v.Clock()
	var days []ui.Day
	add := func(at int64, m ui.Moment) {
		m.Time = ui.At(c, moment(at))
		if head := c.DayHead(moment(at)); len(days) == 0 || days[len(days)-1].Head != head {
			days = append(days, ui.Day{Head: head})
		}
		days[len(days)-1].Moments = append(days[len(days)-1].Moments, m)
	}
	if readsChain(v) {
		page, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, record.Recent, record.Ask{Brand: v.BrandID(), Limit: 50})
		if err != nil {
			return err
		}
		n := 0
		for i := 0; i < len(page.Entries); i++ {
			e := &page.Entries[i]
			if strings.HasPrefix(e.Op, "audit.") && !e.Refused() {
				continue
			}
			alike := 0
			for i+1 < len(page.Entries) && same(e, &page.Entries[i+1]) {
				alike++
				i++
			}
			what := sentence(e)
			if alike > 0 {
				what = append(what, ui.Q(", and "+ui.Count(int64(alike))+" more like it"))
			}
			m := ui.Moment{Icon: iconOf(e.Op), What: append(what, ui.T(" "), ui.L("entry "+ui.Count(e.N), "/admin/audit/"+e.ID))}
			if e.Refused() {
				m.Icon, m.Kind, m.Meta = "ban", ui.Bad, "Refused"
			}
			add(e.At, m)
			if n++; n == recently {
				break
			}
		}
	} else {
		lines, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.Activity, directory.Timeline{User: v.Present.User.ID, Limit: recently})
		if err != nil {
			return err
		}
		p := &profile{Visit: v, Profile: &directory.Profile{User: &v.Present.User, Title: v.Present.User.Name()}, clock: c}
		for i := range lines.Lines {
			if !p.tells(&lines.Lines[i]) {
				continue
			}
			add(lines.Lines[i].At, p.line(&lines.Lines[i]))
		}
	}
	if v.Fragment() {
		return v.Render(http.StatusOK, recentActivity(days))
	}
	return v.Page(http.StatusOK, "Recent activity", "overview", recentSheet(days))
}

// same says whether an entry tells the same as the one after it: one line is enough for both here.
func same(a, b *record.Entry) bool {
	return a.Op == b.Op && a.Outcome == b.Outcome && a.Actor.ID == b.Actor.ID && a.Outcome == audit.Done && told(a) == told(b)
}

func iconOf(operation string) string {
	area, _, _ := strings.Cut(operation, ".")
	switch {
	case operation == "user.change_role":
		return "shield-lock"
	case operation == "user.deactivate":
		return "user-off"
	case operation == "user.activate":
		return "user-check"
	case operation == "user.add" || operation == "customer.create":
		return "user-plus"
	}
	switch area {
	case "auth", "setup":
		return "login"
	case "session", "step_up", "apikey":
		return "key"
	case "orders", "order":
		return "package"
	case "brand", "location":
		return "building-store"
	case "customers", "customer":
		return "id"
	case "invitation":
		return "mail"
	case "audit":
		return "eye"
	}
	return "pencil"
}

// startHere are the first things to look at in the demo. Each leads somewhere that this viewer may open.
func startHere(v *web.Visit) (steps []ui.Step) {
	for _, p := range v.Site.Demo.People {
		if strings.HasPrefix(p.Email, "kim@") && string(v.Present.User.ID) != p.ID {
			steps = append(steps, ui.Step{Title: "A narrower desk", Text: "Continue as " + p.Name + ", " + p.Role + ": " + p.Sees + ". What is not seen is not there.", Href: "/admin/overview/continue/" + p.ID})
		}
	}
	steps = append(steps, ui.Step{Title: "Why was this refused?", Text: refusedText(v), Href: refusedHref(v)})
	if best, name := bestCustomer(v); best != "" {
		if v.Anywhere(access.CustomersEdit) {
			text := "Change something about " + name + ". The line that it leaves is in the audit log."
			if readsChain(v) {
				text = "Change something about " + name + ", then read the line that it left in the Audit tab."
			}
			steps = append(steps, ui.Step{Title: "An edit and its audit entry", Text: text, Href: "/admin/customers/" + best + "/edit"})
		}
		steps = append(steps, ui.Step{Title: "A customer’s whole picture", Text: name + "’s account, orders and activity on one page, as far as your role goes.", Href: "/admin/customers/" + best})
	}
	return append(steps, ui.Step{Title: "The mail that went out", Text: "Codes, notices and links land in the demo’s own inbox.", Href: "/dev/mail"})
}

func refusedHref(v *web.Visit) string {
	if readsChain(v) {
		return "/admin/audit?outcome=refused"
	}
	return "/admin/audit"
}

func refusedText(v *web.Visit) string {
	if readsChain(v) {
		return "Refused attempts are in the log, each with the permission that was missing."
	}
	return "Open the audit log: your role does not include it, and the page says who can give it."
}

// continuePage asks before one becomes somebody else of the demo.
func continuePage(v *web.Visit) error {
	for _, p := range v.Site.Demo.People {
		if p.ID != v.R.PathValue("person") {
			continue
		}
		d := ui.DialogProps{
			Title: "Continue as " + p.Name + "?", Action: "/admin/sign-in/demo", Do: "Continue as " + p.Name, Cancel: "/admin",
			Sends: []ui.Hidden{{Name: "user", Value: p.ID}, {Name: "back", Value: "/admin/customers"}},
		}
		words := p.Name + " is " + p.Role + " and sees " + p.Sees + ". You are signed out, and come back the same way: the sign-in page lists everybody."
		if v.Fragment() {
			return v.Render(http.StatusOK, statusDialog(d, words))
		}
		return v.Page(http.StatusOK, d.Title, "overview", statusPage(d, words))
	}
	return errs.ErrNotFound
}

// bestCustomer is somebody worth looking at: with the highest spend, or for who does not see that, with the most orders.
func bestCustomer(v *web.Visit) (id, name string) {
	if v.Brand == nil {
		return "", ""
	}
	if !v.Anywhere(access.CustomersView) {
		return "", ""
	}
	sort := "-registered_at"
	switch {
	case v.Anywhere(access.CustomersFinancials):
		sort = "-lifetime_spend"
	case v.Anywhere(access.CustomersPurchases):
		sort = "-order_count"
	}
	page, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.Customers, directory.Ask{
		Brand: v.BrandID(), Params: url.Values{"sort": {sort}, "limit": {"1"}, "status": {"active"}}, Form: field.Page,
	})
	if err != nil || len(page.Rows) == 0 {
		return "", ""
	}
	return string(page.Rows[0].ID), page.Rows[0].Title()
}
