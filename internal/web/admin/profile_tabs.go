package admin

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// pane is the open tab.
func (p *profile) pane() (templ.Component, error) {
	switch p.tab {
	case "orders":
		if p.Purchases == nil { // the door says why
			_, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, commerce.List, commerce.Filter{Customer: p.User.ID})
			if err == nil {
				err = errs.ErrNotFound
			}
			return nil, err
		}
		return p.orders()
	case "sessions":
		return p.sessions()
	case "audit":
		return p.audit()
	}
	return p.activity()
}

// further is the address of the next page of the open tab.
func (p *profile) further(cursor string) string {
	if cursor == "" {
		return ""
	}
	at := p.path(p.tab)
	return at + sep(at) + "cursor=" + url.QueryEscape(cursor)
}

// newest leads back to the first page, once one is further down.
func (p *profile) newest() string {
	if p.R.URL.Query().Get("cursor") == "" {
		return ""
	}
	return p.path(p.tab)
}

func (p *profile) orders() (templ.Component, error) {
	page, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, commerce.List, commerce.Filter{Customer: p.User.ID, Limit: 25, Cursor: p.R.URL.Query().Get("cursor")})
	if err != nil {
		return nil, err
	}
	if len(page.Orders) == 0 {
		return ui.EmptyInside(ui.EmptyProps{Icon: "package", Title: "No orders yet", Text: "Orders appear here as soon as the shop sends them."}), nil
	}
	currency := string(p.Profile.Brand.Currency)
	t := ui.TableProps{Caption: "Orders, newest first", Scroll: true, Columns: []ui.Column{
		{Label: "Order", Grow: true}, {Label: "Date", Number: true, Quiet: true}, {Label: "Where", Drop: "c-md"}, {Label: "Lines", Number: true, Drop: "c-md"},
		{Label: "Status"}, {Label: "Total, " + strings.TrimSpace(ui.Symbol(currency)), Number: true},
	}}
	for _, o := range page.Orders {
		t.Rows = append(t.Rows, ui.Row{ID: string(o.ID), Name: "#" + o.ExternalID, Cells: []templ.Component{
			ui.LinkCell("#"+o.ExternalID, "/admin/orders/"+string(o.ID)), day(p.clock, o.PlacedAt), ui.Cell(o.Place), ui.Numbered(o.LineCount),
			orderStatus(o.Status), ui.Amounted(o.Total.Minor, currency),
		}})
	}
	return tabList(ui.Table(t), pagerOf(p.newest(), p.further(page.Next))), nil
}

func pagerOf(prev, next string) ui.PagerProps { return ui.PagerProps{Prev: prev, Next: next} }

func orderStatus(s commerce.Status) templ.Component {
	kind := ui.Mute
	switch s {
	case commerce.Paid:
		kind = ui.Good
	case commerce.Pending:
		return ui.Status(ui.Info, "Pending", true)
	case commerce.Cancelled:
		kind = ui.Warn
	}
	return ui.Status(kind, initialUpper(string(s)), false)
}

func (p *profile) activity() (templ.Component, error) {
	query := p.R.URL.Query()
	in, problem, err := readTimeline(query, p.clock.Zone)
	if err != nil {
		return nil, err
	}
	in.User, in.Cursor, in.Limit = p.User.ID, query.Get("cursor"), 30
	lines, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, directory.Activity, in)
	if err != nil {
		return nil, err
	}
	here := ui.Address{Path: personPath(p.list.path, p.User.ID, "activity", ""), Query: url.Values{}}
	for _, name := range []string{"kind", "from", "to", "outcome", "list"} {
		for _, value := range query[name] {
			if value != "" {
				here.Query.Add(name, value)
			}
		}
	}
	bar := p.timelineBar(here, in, lines.Kinds)
	var days []ui.Day
	for i := range lines.Lines {
		if !p.tells(&lines.Lines[i]) {
			continue
		}
		at := moment(lines.Lines[i].At)
		head := p.clock.DayHead(at)
		if len(days) == 0 || days[len(days)-1].Head != head {
			days = append(days, ui.Day{Head: head})
		}
		m := p.line(&lines.Lines[i])
		m.Time = ui.At(p.clock, at)
		days[len(days)-1].Moments = append(days[len(days)-1].Moments, m)
	}
	empty := ui.EmptyProps{Icon: "history", Title: "Nothing has happened yet", Text: "Sign-ins, orders and changes of the account appear here."}
	if len(in.Kinds) > 0 || in.From != 0 || in.To != 0 || in.Outcome != "" {
		empty = ui.EmptyProps{Icon: "history", Title: "Nothing of this kind", Text: "Take a filter away to see more."}
	}
	var pager ui.PagerProps
	if lines.Next != "" {
		pager.Next = here.Cursor(lines.Next)
	}
	if in.Cursor != "" {
		pager.Prev = here.Without("cursor")
	}
	return tabTimeline(timelineProps{Bar: bar, Problem: problem, Days: days, Empty: empty, Pager: pager}), nil
}

// timelineProps are the Activity tab.
type timelineProps struct {
	Bar     ui.FilterBarProps
	Problem []ui.Run
	Days    []ui.Day
	Empty   ui.EmptyProps
	Pager   ui.PagerProps
}

// tells says whether a line belongs on the timeline: not what was merely looked at.
func (p *profile) tells(l *directory.Line) bool {
	s, known := sayings[l.Op]
	return !l.Kind.Audited() || l.Kind == directory.LineAdmin || l.Refused || !known || s.was != ""
}

// line is one event of the person's life here.
func (p *profile) line(l *directory.Line) ui.Moment {
	them := firstName(p.User, p.Title)
	switch l.Kind {
	case directory.LineSignIn:
		m := ui.Moment{Icon: "login", What: ui.Text(ui.T("Signed in with a " + cmp.Or(l.Method, "password")))}
		switch l.Outcome {
		case "wrong_password":
			m = ui.Moment{Icon: "lock", Kind: ui.Warn, What: ui.Text(ui.T("A sign-in failed: wrong password"))}
		case "must_wait":
			m = ui.Moment{Icon: "lock", Kind: ui.Warn, What: ui.Text(ui.T("A sign-in failed: too soon after others"))}
		case "impersonated":
			m = ui.Moment{Icon: "eye", What: ui.Text(ui.T("Viewed by shop staff"))}
		case "", "ok", "done", "signed_in":
		default:
			m = ui.Moment{Icon: "lock", Kind: ui.Warn, What: ui.Text(ui.T("A sign-in failed: " + strings.ReplaceAll(l.Outcome, "_", " ")))}
		}
		m.Meta = joinedBy(" · ", l.IP, l.Country, l.Device)
		return m
	case directory.LineOrder:
		m := ui.Moment{Icon: "package", What: ui.Text(ui.T("Placed order "), ui.L("#"+l.Number, "/admin/orders/"+l.ID), ui.T(", "+ui.Money(l.Amount.Minor, string(l.Amount.Currency))))}
		if l.Status != string(commerce.Paid) {
			m.Meta = initialUpper(l.Status)
		}
		return m
	case directory.LineRefund:
		return ui.Moment{Icon: "arrow-back-up", Kind: ui.Warn, What: ui.Text(ui.T("Was refunded " + ui.Money(l.Amount.Minor, string(l.Amount.Currency))))}
	}
	m := ui.Moment{Icon: "pencil", What: ui.Text(ui.T(cmp.Or(sayings[l.Op].was, "Something changed")))}
	if l.Kind == directory.LineAdmin {
		m.What = ui.Text(ui.T(initialUpper(toSomebody(l.Op, cmp.Or(sayings[l.Op].did, "changed something")))))
	}
	switch {
	case l.Refused:
		m.Icon, m.Kind, m.What = "ban", ui.Bad, ui.Text(ui.T("Refused: "+unnamed(cmp.Or(sayings[l.Op].try, l.Op))))
		if l.Kind == directory.LineAdmin {
			m.What = ui.Text(ui.T("Refused: " + toSomebody(l.Op, cmp.Or(sayings[l.Op].try, l.Op))))
		}
	case l.Kind == directory.LineAdmin:
		m.Icon = iconOf(l.Op)
	case l.Op == "user.change_role":
		m.Icon = "shield-lock"
	case l.Op == "user.deactivate":
		m.Icon, m.Kind = "user-off", ui.Warn
	case l.Op == "user.activate":
		m.Icon, m.Kind = "user-check", ui.Good
	case strings.HasPrefix(l.Op, "session.") || strings.HasPrefix(l.Op, "step_up.") || strings.HasPrefix(l.Op, "apikey.") || strings.HasPrefix(l.Op, "auth."):
		m.Icon = "key"
	case l.Op == "customer.create" || l.Op == "customers.ingest" || l.Op == "user.add":
		m.Icon = "user-plus"
	}
	switch {
	case l.ByThem:
		m.Meta = joinedBy(" · ", "By "+them, l.IP)
	case l.Entry != nil:
		m.Meta = "By " + cmp.Or(l.ActorName, actorKind(l.Entry.Actor.Kind))
	default:
		m.Meta = "By staff or a program"
	}
	if l.Entry != nil {
		m.What = append(m.What, ui.T(" "), ui.L("entry "+ui.Count(l.Entry.N), "/admin/audit/"+l.Entry.ID))
	}
	return m
}

// toSomebody is what a member of staff did, without the name of whom they did it to, for who reads the timeline and not the log:
// on their own page “Deactivated” alone would say that they were deactivated.
func toSomebody(name, saying string) string {
	if strings.HasPrefix(name, "user.") || strings.HasPrefix(name, "customer.") {
		return strings.ReplaceAll(saying, "{}", "somebody")
	}
	return unnamed(saying)
}

// unnamed is a saying without whom or what it was done to.
func unnamed(saying string) string {
	for _, gap := range []string{" of {}", " for {}", " as {}", " {}"} {
		saying = strings.ReplaceAll(saying, gap, "")
	}
	return saying
}

func actorKind(kind string) string {
	switch op.CallerKind(kind) {
	case op.System:
		return "Steward"
	case op.Operator:
		return "the operator at the machine"
	case op.Key:
		return "an API key"
	}
	return "staff"
}

func joinedBy(sep string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}

func (p *profile) sessions() (templ.Component, error) {
	all, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, session.List, p.User.ID)
	if err != nil {
		return nil, err
	}
	history, err := p.signIns()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 && history == nil {
		return ui.EmptyInside(ui.EmptyProps{Icon: "device-laptop", Title: firstName(p.User, p.Title) + " is not signed in", Text: "Each device that is signed in appears here, and can be signed out."}), nil
	}
	t := ui.TableProps{Caption: "Sessions, newest first", Scroll: true, Columns: []ui.Column{
		{Label: "Device", Grow: true}, {Label: "Place", Drop: "c-md", Quiet: true}, {Label: "IP address", Drop: "c-md"},
		{Label: "Signed in", Number: true, Drop: "c-md"}, {Label: "Last active", Number: true}, {Label: "End", Hidden: true, Class: "st-r"},
	}}
	here := personPath(p.list.path, p.User.ID, "sessions", "")
	for _, s := range all {
		end := ui.Button(ui.Action{Label: "End", About: s.Device, Post: here + "/" + s.ID + "/end", Small: true})
		if s.Current {
			end = ui.Pill(ui.Good, "This device", "")
		}
		t.Rows = append(t.Rows, ui.Row{ID: s.ID, Name: s.Device, Cells: []templ.Component{
			sessionCell(s.Device, deviceGlyph(s.Device), placed(s.Country), s.IP), ui.Cell(placed(s.Country)), ui.Cell(s.IP), when(p.clock, s.CreatedAt), when(p.clock, s.SeenAt), end,
		}})
	}
	var every *ui.Action
	if !p.Self && len(all) > 1 {
		every = &ui.Action{Label: "End all " + strconv.Itoa(len(all)), Icon: "logout", Post: here + "/end", Small: true}
	}
	return tabSessions(ui.Table(t), every, history), nil
}

func endTheirSession(v *web.Visit, l *peopleList) error {
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.Revoke, v.R.PathValue("session")); err != nil {
		return err
	}
	if v.R.PathValue("session") == v.Present.Session.ID {
		v.SignedOut(session.Staff)
		return v.Gone("/admin/sign-in")
	}
	return v.Gone(personPath(l.path, user.ID(v.R.PathValue("id")), "sessions", ""))
}

func endTheirSessions(v *web.Visit, l *peopleList) error {
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.RevokeEvery, user.ID(v.R.PathValue("id"))); err != nil {
		return err
	}
	return v.Gone(personPath(l.path, user.ID(v.R.PathValue("id")), "sessions", ""))
}

func (p *profile) audit() (templ.Component, error) {
	ask := record.AskAbout{User: p.User.ID, Did: p.R.URL.Query().Get("did") == "1", Limit: 30, Cursor: p.R.URL.Query().Get("cursor")}
	page, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, record.About, ask)
	if err != nil {
		return nil, err
	}
	currency := ""
	if p.Profile.Brand != nil {
		currency = string(p.Profile.Brand.Currency)
	}
	here := p.path("audit")
	did := here + sep(here) + "did=1"
	next := p.further(page.Next)
	if ask.Did && next != "" {
		next += "&did=1"
	}
	them := firstName(p.User, p.Title)
	tabs := []ui.Tab{{Label: "What happened to " + them, Href: here, Current: !ask.Did}, {Label: "What " + them + " did", Href: did, Current: ask.Did}}
	return tabAudit(tabs, newAuditor(p.clock, currency).days(page.Entries), pagerOf(p.newest(), next)), nil
}

// placeOf is a node of the tree as people call it.
func placeOf(v *web.Visit, s access.Scope) string {
	if s == access.Platform {
		return "Platform, and every brand"
	}
	b := homeBrand(v, brand.ID(s.BrandID()))
	if b == nil {
		return "A place of another brand"
	}
	if b.ID.Scope() == s {
		return b.Name + ", all locations"
	}
	if d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, b.ID); err == nil {
		for i := range d.Locations {
			if d.Locations[i].Scope() == s {
				return d.Locations[i].Name
			}
		}
	}
	return "A location of " + b.Name
}

// deviceGlyph is the icon of somebody's device.
func deviceGlyph(name string) string {
	for _, word := range []string{"Android", "iPhone", "iOS", "iPad"} {
		if strings.Contains(name, word) {
			return "device-mobile"
		}
	}
	return "device-laptop"
}
