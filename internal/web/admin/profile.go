package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
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
	s := profileProps{Name: p.Title, Crumb: p.crumb(), Head: p.head(), Rail: ui.Rail(p.rail()), Tabs: p.tabs()}
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
	if u.Email != "" && p.Title != u.Email {
		h.Facts = append(h.Facts, ui.Cell(u.Email))
	}
	if u.Phone != "" {
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

// tiles are the cards, each for who may see it; what is left closes.
func (p *profile) tiles() ([]templ.Component, error) {
	var tiles []templ.Component
	if p.Financials != nil {
		spend, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, commerce.MonthlySpend, commerce.Months{Customer: p.User.ID})
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, p.purchases(spend))
	} else if p.Purchases != nil {
		chart, err := p.ordersByMonth()
		if err != nil {
			return nil, err
		}
		tiles = append(tiles, p.ordersTile(chart))
	}
	if p.Financials != nil && p.Purchases != nil {
		tiles = append(tiles, p.tier(), p.standing())
	}
	return tiles, nil
}

func (p *profile) purchases(spend []commerce.Month) templ.Component {
	f, currency := p.Financials, string(p.Financials.Lifetime.Currency)
	var note []ui.Run
	if f.Imported.Minor != 0 {
		note = ui.Text(ui.T(currency + " " + ui.Amount(f.Imported.Minor, currency) + " imported from previous platform"))
	}
	figure := ui.BigFigure("Lifetime value", ui.Money(f.Lifetime.Minor, currency), note)
	var rest []ui.Pair
	if p.Purchases != nil {
		rest = append(rest, ui.P("Orders", ui.Count(p.Purchases.Orders)))
	}
	rest = append(rest, ui.P("Average order", ui.Money(f.Average.Minor, currency)))
	rest = append(rest, p.dates()...)
	rest = append(rest, ui.P("Profit, native orders", ui.Money(f.Profit.Minor, currency)))
	return ui.Purchases("Purchases", figure, sparkOf(spend, currency), rest)
}

// sparkOf is the line of the last months; without any spend there is none.
func sparkOf(spend []commerce.Month, currency string) templ.Component {
	if len(spend) == 0 {
		return nil
	}
	c := ui.Chart{First: spend[0].Start.Format("Jan 2006"), End: spend[len(spend)-1].Start.Format("Jan 2006")}
	least, most := spend[0].Spend.Minor, spend[0].Spend.Minor
	for _, m := range spend {
		c.Values = append(c.Values, m.Spend.Minor)
		least, most = min(least, m.Spend.Minor), max(most, m.Spend.Minor)
	}
	if least == 0 && most == 0 {
		return nil
	}
	c.Spoken = "Spend in each of the last " + strconv.Itoa(len(spend)) + " months, between " + ui.Money(least, currency) + " and " + ui.Money(most, currency)
	return ui.Spark(c)
}

// dates is when and what a customer buys, without sums.
func (p *profile) dates() []ui.Pair {
	b := p.Purchases
	if b == nil {
		return nil
	}
	favourite := "—"
	if b.Favourite != "" {
		favourite = b.Favourite + ", " + share(b.FavouriteShare)
	}
	return []ui.Pair{
		{Label: "First order", Body: day(p.clock, b.FirstOrderAt)}, {Label: "Last order", Body: when(p.clock, b.LastOrderAt)}, ui.P("Favourite category", favourite),
	}
}

// ordersTile is what is left of the purchases for who sees single orders and no sums.
func (p *profile) ordersTile(chart templ.Component) templ.Component {
	b := p.Purchases
	words := "orders"
	if b.Orders == 1 {
		words = "order"
	}
	if b.ThisMonth > 0 {
		words += ", " + ui.Count(b.ThisMonth) + " this month"
	}
	return ui.Purchases("Orders", ui.BigFigure("", ui.Count(b.Orders), ui.Text(ui.T(words))), chart, p.dates())
}

// monthsShown is how far back the bars go.
const monthsShown = 12

// ordersByMonth counts the paid orders of the last months. Of somebody with more than a page of them in a year it says nothing.
func (p *profile) ordersByMonth() (templ.Component, error) {
	today := p.clock.Now.In(p.clock.Zone)
	first := time.Date(today.Year(), today.Month()-monthsShown+1, 1, 0, 0, 0, 0, today.Location())
	page, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, commerce.List, commerce.Filter{Customer: p.User.ID, From: first.UnixMilli(), Status: commerce.Paid, Limit: 200})
	if err != nil || page.Next != "" || len(page.Orders) == 0 {
		return nil, err
	}
	c := ui.Chart{Values: make([]int64, monthsShown), First: first.Format("Jan 2006"), End: today.Format("Jan 2006")}
	for _, o := range page.Orders {
		at := moment(o.PlacedAt).In(today.Location())
		if month := (at.Year()-first.Year())*12 + int(at.Month()-first.Month()); month >= 0 && month < monthsShown {
			c.Values[month]++
		}
	}
	least, most := c.Values[0], c.Values[0]
	for _, n := range c.Values {
		least, most = min(least, n), max(most, n)
	}
	c.Spoken = "Orders in each of the last 12 months, between " + ui.Count(least) + " and " + ui.Count(most)
	return ui.Bars(c), nil
}

func (p *profile) tier() templ.Component {
	f, b, currency := p.Financials, p.Purchases, string(p.Financials.Lifetime.Currency)
	t := tierProps{Key: b.Tier.String(), Name: b.Tier.Label()}
	if !f.Top {
		goal := f.Lifetime.Minor + f.Missing.Minor
		if goal > 0 {
			t.Percent = int(max(f.Lifetime.Minor, 0) * 100 / goal)
		}
		t.Left = ui.Money(f.Missing.Minor, currency) + " to " + f.Next.Label()
		t.Right = ui.Money(f.Lifetime.Minor, currency) + " of " + ui.Money(goal, currency)
		t.Spoken = strconv.Itoa(t.Percent) + " per cent of the way to " + f.Next.Label()
	}
	if b.TierUntil != 0 {
		t.Until = b.Tier.Label() + " until " + p.clock.Date(moment(b.TierUntil-1))
	} else {
		t.Until = "Does not expire"
	}
	return tierTile(t)
}

func (p *profile) standing() templ.Component {
	f, currency := p.Financials, string(p.Financials.Lifetime.Currency)
	refunds := "none"
	if n := p.Purchases.Refunds; n > 0 {
		refunds = ui.Counted(n, "refund", "refunds") + ", " + ui.Money(f.Refunded.Minor, currency)
	}
	pairs := []ui.Pair{ui.P("Refunds", refunds)}
	if f.Imported.Minor != 0 {
		pairs = append(pairs, ui.P("Imported spend", ui.MoneyISO(f.Imported.Minor, currency)))
		if f.ImportedFrom != "" {
			pairs = append(pairs, ui.P("Imported from", f.ImportedFrom))
		}
	}
	if f.Rank > 0 {
		pairs = append(pairs, ui.P("Rank by spend", ui.Count(f.Rank)))
	}
	return pairsTile("Standing", pairs)
}

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
	return tabList(ui.Table(t), pagerOf(p.newest(), p.further(page.Next), p.Purchases.Orders)), nil
}

func pagerOf(prev, next string, _ int64) ui.PagerProps { return ui.PagerProps{Prev: prev, Next: next} }

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
	lines, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, directory.Activity, directory.Timeline{User: p.User.ID, Cursor: p.R.URL.Query().Get("cursor"), Limit: 30})
	if err != nil {
		return nil, err
	}
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
	if len(days) == 0 {
		return ui.EmptyInside(ui.EmptyProps{Icon: "history", Title: "Nothing has happened yet", Text: "Sign-ins, orders and changes of the account appear here."}), nil
	}
	return tabTimeline(days, pagerOf(p.newest(), p.further(lines.Next), 0)), nil
}

// tells says whether a line belongs on the timeline: not what was merely looked at.
func (p *profile) tells(l *directory.Line) bool {
	s, known := sayings[l.Op]
	return l.Kind != directory.LineChange || !known || s.was != ""
}

// line is one event of the person's life here.
func (p *profile) line(l *directory.Line) ui.Moment {
	them := firstName(p.User, p.Title)
	switch l.Kind {
	case directory.LineSignIn:
		m := ui.Moment{Icon: "login", What: ui.Text(ui.T("Signed in with a " + orElse(l.Method, "password")))}
		switch l.Outcome {
		case "wrong_password":
			m = ui.Moment{Icon: "lock", Kind: ui.Warn, What: ui.Text(ui.T("A sign-in failed: wrong password"))}
		case "must_wait":
			m = ui.Moment{Icon: "lock", Kind: ui.Warn, What: ui.Text(ui.T("A sign-in failed: too soon after others"))}
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
	m := ui.Moment{Icon: "pencil", What: ui.Text(ui.T(orElse(sayings[l.Op].was, "Something changed")))}
	switch {
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
	if l.ByThem {
		m.Meta = "By " + them
	} else if l.Entry != nil {
		m.Meta = "By " + actorKind(l.Entry.Actor.Kind)
		m.What = append(m.What, ui.T(" "), ui.L("entry "+ui.Count(l.Entry.N), "/admin/audit/"+l.Entry.ID))
	} else {
		m.Meta = "By staff or a program"
	}
	return m
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
	if len(all) == 0 {
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
	return tabSessions(ui.Table(t), every), nil
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
	return tabAudit(tabs, newAuditor(p.clock, currency).days(page.Entries), pagerOf(p.newest(), next, 0)), nil
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
