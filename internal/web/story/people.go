package story

import (
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/web/ui"
)

// now is the same on every day, so that pictures of the storybook can be compared.
var now = time.Date(2026, 11, 20, 8, 2, 11, 0, time.UTC)

var clock = ui.Clock{Now: now, Zone: time.UTC}

func ago(d time.Duration) time.Time { return now.Add(-d) }

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 0, 0, 0, time.UTC) }

func frame(r *http.Request, current, title string) ui.PageProps {
	return ui.PageProps{
		Title: title, Theme: chosen(r), Brand: "Marlow & Finch", Find: Prefix + "users", Current: current,
		Path: r.URL.RequestURI(), ThemeTo: Prefix + "theme",
		Brands: []ui.MenuGroup{
			{Label: "Brand", Actions: []ui.Action{{Label: "Marlow & Finch", Href: Prefix + "users", Current: true}, {Label: "Saltmarsh Supply", Href: Prefix + "users"}}},
			{Actions: []ui.Action{{Label: "Platform", Href: Prefix + "users"}}},
		},
		Nav: []ui.NavGroup{
			{Items: []ui.NavItem{
				{Name: "overview", Label: "Overview", Icon: "layout-dashboard", Href: Prefix + "overview"},
				{Name: "users", Label: "Users", Icon: "users", Href: Prefix + "users", Count: "24,816", Go: "u"},
				{Name: "customers", Label: "Customers", Icon: "id", Href: Prefix + "customers", Count: "24,618", Go: "c"},
				{Name: "companies", Label: "Companies", Icon: "building", Href: Prefix, Count: "184"},
			}},
			{Label: "Reach", Items: []ui.NavItem{
				{Name: "segments", Label: "Segments", Icon: "filter", Href: Prefix},
				{Name: "campaigns", Label: "Campaigns", Icon: "speakerphone", Href: Prefix + "empty"},
			}},
			{Label: "Control", Items: []ui.NavItem{
				{Name: "roles", Label: "Roles & access", Icon: "shield-lock", Href: Prefix + "add-user", Go: "r"},
				{Name: "audit", Label: "Audit log", Icon: "history", Href: Prefix + "audit", Go: "a"},
				{Name: "settings", Label: "Settings", Icon: "settings", Href: Prefix},
			}},
		},
		Me: ui.Me{ID: "ines", Name: "Ines Carvalho", Role: "Super Admin", Menu: account},
	}
}

var account = ui.Actions(
	ui.Action{Label: "Your account", Icon: "user", Href: Prefix},
	ui.Action{Label: "Sessions & devices", Icon: "device-laptop", Href: Prefix},
	ui.Action{Label: "Sign out", Icon: "logout", Post: Prefix + "done"},
)

// narrowFrame is what a Shop Manager sees: fewer places, one brand.
func narrowFrame(r *http.Request) ui.PageProps {
	p := frame(r, "customers", "Ada Okafor")
	p.Brands = nil
	p.Nav = []ui.NavGroup{
		{Items: []ui.NavItem{
			{Name: "overview", Label: "Overview", Icon: "layout-dashboard", Href: Prefix + "overview"},
			{Name: "users", Label: "Users", Icon: "users", Href: Prefix + "users", Go: "u"},
			{Name: "customers", Label: "Customers", Icon: "id", Href: Prefix + "customers", Count: "24,618", Go: "c"},
		}},
		{Label: "Work", Items: []ui.NavItem{
			{Name: "winners", Label: "Winners", Icon: "trophy", Href: Prefix, Count: "12"},
			{Name: "withdrawals", Label: "Withdrawals", Icon: "cash", Href: Prefix, Count: "3"},
		}},
	}
	p.Me = ui.Me{ID: "tom", Name: "Tom Whitfield", Role: "Shop Manager", Menu: account}
	return p
}

func blank(r *http.Request, title string, wide bool) ui.BlankProps {
	return ui.BlankProps{Title: title, Theme: chosen(r), Wide: wide, Footer: []ui.Run{ui.T("Marlow & Finch"), ui.L("Privacy", Prefix), ui.L("Help", Prefix)}}
}

// A shopper is a row of the demonstrations.
type shopper struct {
	id, name, mail, role string
	state                string
	kind                 ui.Kind
	hollow               bool
	tier, tierName       string
	spend, orders        int64
	credit, cash         int64
	last, login, since   time.Time
	place                string
	tags                 []string
	mailOK, phoneOK      ui.VerifiedState
}

var shoppers = []shopper{
	{id: "farah", name: "Farah Haddad", mail: "farah.haddad@example.com", tier: "platinum", tierName: "Platinum", spend: 941230, orders: 212, cash: 124075, last: ago(5 * time.Hour), place: "Leeds", tags: []string{"VIP"}, since: day(2026, 11, 16)},
	{id: "lucia", name: "Lucía Fernández Ortiz", mail: "lucia.fernandez@example.com", tier: "gold", tierName: "Gold", spend: 231040, orders: 38, credit: 720, cash: 31800, last: ago(20 * time.Hour), place: "Bristol", tags: []string{"Newsletter"}, since: day(2026, 11, 6)},
	{id: "rosa", name: "Rosa Van der Merwe", mail: "rosa.vdm@example.com", tier: "gold", tierName: "Gold", spend: 61120, orders: 19, cash: 9240, last: ago(2 * 24 * time.Hour), place: "Leeds", tags: []string{"Newsletter", "Referrer"}, since: day(2026, 10, 27)},
	{id: "ada", name: "Ada Okafor", mail: "ada.okafor@example.com", tier: "gold", tierName: "Gold", spend: 180000, orders: 45, credit: 1250, cash: 18420, last: ago(3 * 24 * time.Hour), place: "York", tags: []string{"VIP", "York"}, since: day(2023, 1, 15)},
	{id: "quentin", name: "Quentin Roux", mail: "quentin.roux@example.com", tier: "silver", tierName: "Silver", spend: 8800, orders: 3, credit: 11000, last: ago(4 * 24 * time.Hour), place: "Hull", tags: []string{"Complaint open"}, since: day(2026, 10, 28), phoneOK: ui.Unverified},
	{id: "camille", name: "Camille Durand", mail: "camille.durand@example.com", state: "Suspended", kind: ui.Warn, tier: "silver", tierName: "Silver", spend: 41275, orders: 11, credit: 4000, last: ago(6 * 24 * time.Hour), place: "York", since: day(2026, 11, 18)},
	{id: "isaac", name: "Isaac Mbeki", mail: "isaac.mbeki@example.com", tier: "silver", tierName: "Silver", spend: 12450, orders: 4, last: day(2026, 11, 9), place: "Leeds", tags: []string{"Newsletter"}, since: day(2026, 11, 11), phoneOK: ui.Unverified},
	{id: "mira", name: "Mira Petrović", mail: "mira.petrovic@example.com", tier: "silver", tierName: "Silver", spend: 5000, orders: 2, last: day(2026, 11, 8), place: "Hull", since: day(2026, 11, 5), mailOK: ui.Unverified},
	{id: "14646", mail: "", tier: "platinum", tierName: "Platinum", spend: 27948902, orders: 74, last: day(2026, 11, 4), place: "York", tags: []string{"Trade"}, since: day(2026, 8, 2), mailOK: ui.Absent, phoneOK: ui.Absent},
	{id: "grzegorz", name: "Grzegorz Łukasik", mail: "g.lukasik@example.com", state: "Inactive", kind: ui.Mute, hollow: true, tier: "gold", tierName: "Gold", spend: 98010, orders: 23, last: day(2026, 11, 4), place: "York", tags: []string{"Referrer"}, since: day(2026, 11, 14), phoneOK: ui.Unverified},
	{id: "sunniva", name: "Sunniva Bråten", mail: "sunniva.braten@example.com", tier: "silver", tierName: "Silver", spend: 30510, orders: 8, last: day(2026, 11, 1), place: "York", tags: []string{"Newsletter"}, since: day(2026, 10, 2)},
	{id: "kwame", name: "Kwame Asante-Boateng", mail: "kwame.ab@example.com", state: "Banned", kind: ui.Bad, tier: "gold", tierName: "Gold", spend: 120400, orders: 27, last: day(2026, 10, 29), place: "Leeds", tags: []string{"VIP"}, since: day(2026, 11, 8)},
	{id: "ursula", name: "Ursula Meinhardt", mail: "u.meinhardt@example.com", tier: "silver", tierName: "Silver", spend: 19135, orders: 5, last: day(2026, 10, 27), place: "Bristol", since: day(2026, 9, 1)},
	{id: "vikram", name: "Vikram Chaudhary", mail: "vikram.c@example.com", tier: "gold", tierName: "Gold", spend: 76680, orders: 14, last: day(2026, 10, 24), place: "Leeds", tags: []string{"Referrer"}, since: day(2026, 9, 1)},
	{id: "hostile", name: "<script>alert(1)</script> \u202eevil", mail: "\"><img src=x onerror=alert(1)>@example.com", tier: "silver", tierName: "Silver", spend: -350, orders: 0, last: time.Time{}, place: "'; drop table", since: day(2026, 9, 1)},
	{id: "noah", name: "Noah Lindqvist", mail: "noah.lindqvist@example.com", state: "Invited", kind: ui.Info, hollow: true, last: time.Time{}, place: "York", since: day(2026, 11, 4), mailOK: ui.Unverified, phoneOK: ui.Absent},
}

func (s shopper) status() templ.Component {
	if s.state == "" {
		return ui.Status(ui.Good, "Active", false)
	}
	return ui.Status(s.kind, s.state, s.hollow)
}

func (s shopper) person() templ.Component {
	return ui.Person(ui.PersonCell{
		ID: s.id, Name: s.name, Nameless: "Customer " + s.id, Mail: s.mail, Href: Prefix + "customer",
		State: s.state, StateKind: s.kind,
	})
}

func (s shopper) shown() string { return ui.NameOf(s.name, s.id) }

func (s shopper) verified() templ.Component {
	mail, phone := s.mailOK, s.phoneOK
	if s.id != "14646" && s.id != "noah" {
		if mail == ui.Absent {
			mail = ui.VerifiedYes
		}
		if phone == ui.Absent {
			phone = ui.VerifiedYes
		}
	}
	return ui.Verified(mail, phone)
}

func rowMenu() []ui.MenuGroup {
	return []ui.MenuGroup{
		{Actions: []ui.Action{
			{Label: "Open", Icon: "user", Href: Prefix + "customer", Key: "o"},
			{Label: "Edit", Icon: "pencil", Href: Prefix + "add-user", Key: "e"},
			{Label: "Adjust wallet…", Icon: "coin", Href: Prefix + "step-up", Dialog: true},
			{Label: "Send password reset", Icon: "lock", Post: Prefix + "done"},
		}},
		{Actions: []ui.Action{
			{Label: "Deactivate…", Icon: "user-off", Href: Prefix + "deactivate", Dialog: true},
			{Label: "Archive…", Icon: "archive", Href: Prefix + "deactivate", Dialog: true, Danger: true},
		}},
	}
}

func customerRows() []ui.Row {
	rows := make([]ui.Row, len(shoppers))
	for i, s := range shoppers {
		rows[i] = ui.Row{ID: s.id, Name: s.shown(), Menu: rowMenu(), Cells: []templ.Component{
			s.person(), s.status(), ui.Tier(s.tier, s.tierName), ui.Amounted(s.spend, "GBP"), ui.Numbered(s.orders),
			ui.When(clock, s.last), ui.Cell(s.place), ui.Tags(s.tags),
		}}
	}
	return rows
}

var staff = []shopper{
	{id: "priya", name: "Priya Raman", mail: "priya.raman@marlowfinch.example", role: "Admin", login: now, since: day(2026, 10, 30)},
	{id: "elif", name: "Elif Yıldız", mail: "elif.yildiz@marlowfinch.example", role: "Marketing", login: ago(12 * time.Minute), since: day(2026, 11, 17)},
	{id: "johanna", name: "Jóhanna Stefánsdóttir", mail: "johanna.s@marlowfinch.example", role: "Support", login: ago(34 * time.Minute), since: day(2026, 11, 9)},
	{id: "seun", name: "Oluwaseun Adeyemi", mail: "o.adeyemi@marlowfinch.example", role: "Shop Manager", login: ago(3 * time.Hour), since: day(2026, 11, 2)},
}

func userRows() []ui.Row {
	all := append(append([]shopper{}, staff...), shoppers...)
	rows := make([]ui.Row, len(all))
	for i, s := range all {
		role := ui.Cell(s.role)
		credit, cash := ui.NoFigure("No wallet"), ui.NoFigure("No wallet")
		if s.role == "" {
			role = ui.QuietCell("Customer")
			credit, cash = ui.Amounted(s.credit, "GBP"), ui.Amounted(s.cash, "GBP")
			s.login = s.last
		}
		rows[i] = ui.Row{ID: s.id, Name: s.shown(), Menu: rowMenu(), Cells: []templ.Component{
			s.person(), role, s.status(), s.verified(), credit, cash, ui.On(clock, s.since), ui.When(clock, s.login),
		}}
	}
	return rows
}

var orders = []struct {
	number int
	when   time.Time
	where  string
	what   string
	kind   ui.Kind
	state  string
	total  int64
}{
	{10482, day(2026, 11, 17), "York", "Flower, 3 lines", ui.Good, "Delivered", 6420},
	{10377, day(2026, 11, 2), "York", "Flower, edibles", ui.Good, "Delivered", 3850},
	{10311, day(2026, 10, 21), "Online", "Accessories", ui.Warn, "Refunded", 2200},
	{10204, day(2026, 10, 4), "York", "Flower, 2 lines", ui.Good, "Delivered", 4175},
	{10166, day(2026, 9, 19), "York", "Edibles", ui.Good, "Delivered", 1890},
}

func orderRows() []ui.Row {
	rows := make([]ui.Row, len(orders))
	for i, o := range orders {
		number := "#" + strconv.Itoa(o.number)
		rows[i] = ui.Row{ID: number, Name: "order " + number, Cells: []templ.Component{
			ui.LinkCell(number, Prefix+"customer"), ui.On(clock, o.when), ui.Cell(o.where), ui.Cell(o.what), ui.Pill(o.kind, o.state, ""), ui.Amounted(o.total, "GBP"),
		}}
	}
	return rows
}

func at(hour, minute, daysAgo int) time.Time {
	return time.Date(2026, 11, 20-daysAgo, hour, minute, 0, 0, time.UTC)
}

func activity() []ui.Day {
	m := func(icon string, kind ui.Kind, t time.Time, meta string, what ...ui.Run) ui.Moment {
		return ui.Moment{Icon: icon, Kind: kind, What: what, Meta: meta, Time: ui.At(clock, t)}
	}
	return []ui.Day{
		{Head: "Today", Moments: []ui.Moment{
			m("login", "", at(5, 48, 0), "Ada · 203.0.113.24, York · Chrome 141 on Android", ui.T("Signed in with a passkey")),
			m("coin", ui.Good, at(5, 12, 0), "Goodwill, order #10482 late · confirmed with a code · 198.51.100.7", ui.B("Tom Whitfield"), ui.T(" added 10.00 GBP site credit")),
		}},
		{Head: clock.DayHead(at(18, 33, 3)), Moments: []ui.Moment{
			m("package", "", at(18, 33, 3), "Ada · 203.0.113.24, York · Chrome 141 on Android", ui.T("Placed order "), ui.L("#10482", Prefix+"customer"), ui.T(", £64.20")),
			m("lock", ui.Warn, at(11, 7, 3), "192.0.2.81, unknown place · Firefox 144 on Windows", ui.T("3 failed sign-ins, then a password reset")),
			m("ticket", "", at(9, 20, 3), "Ada · 203.0.113.24, York", ui.T("Entered Winter Getaway with 12 tickets")),
		}},
		{Head: clock.DayHead(at(12, 0, 8)), Moments: []ui.Moment{
			m("trophy", ui.Plum, at(12, 0, 8), "Draw 218 · paid by Oluwaseun Adeyemi", ui.T("Won Autumn Hamper, 25.00 GBP to the cash wallet")),
			m("pencil", "", at(10, 41, 8), "+44 7700 900 118 to +44 7700 900 142 · asked by phone", ui.B("Priya Raman"), ui.T(" changed the phone number")),
		}},
	}
}

func entries() []ui.EntryDay {
	e := func(id string, t time.Time, actorID, actor, meta string, sentence ...ui.Run) ui.Entry {
		return ui.Entry{ID: "entry-" + id, Time: ui.At(clock, t), ActorID: actorID, Actor: actor, Meta: meta, Sentence: sentence}
	}
	first := e("1204117", at(7, 38, 0), "ines", "Ines Carvalho", "step-up · 198.51.100.7",
		ui.B("Ines Carvalho"), ui.T(" changed the role of "), ui.B("Oluwaseun Adeyemi"), ui.T(" from Support to Shop Manager"))
	first.Open = true
	first.Changes = []ui.Change{{Field: "Role", Before: "Support", After: "Shop Manager"}, {Field: "Locations", Before: "York", After: "York, Leeds"}, {Field: "Until", Before: "no end", After: "no end"}}
	first.After = ui.Text(ui.T("Gains 11 permissions, among them wallets.adjust and winners.pay. Loses customers.goodwill."))
	first.Facts = []ui.Pair{
		ui.P("Reason", "Covers for maternity leave"), ui.P("Confirmed", "passkey, 07:38:02"), ui.P("Device", "Firefox 144 on Linux"), ui.P("Scope", "Marlow & Finch"),
		{Label: "Entry", Value: ui.Text(ui.M("1,204,117"))}, {Label: "Hash", Value: ui.Text(ui.M("c81e 33f0 9a17 5d42"))},
	}
	refused := e("1204109", at(6, 55, 0), "elif", "Elif Yıldız", "203.0.113.9",
		ui.B("Elif Yıldız"), ui.T(" was refused an export of "), ui.B("Customers"), ui.T(" with spend "))
	refused.Refused = true
	refused.Nothing = "Nothing was changed. The role Marketing has no “Financials”."
	return []ui.EntryDay{
		{Head: clock.DayHead(now), Entries: []ui.Entry{
			first,
			e("1204113", at(7, 12, 0), "tom", "Tom Whitfield", "step-up · 198.51.100.7", ui.B("Tom Whitfield"), ui.T(" added 10.00 GBP site credit to "), ui.B("Ada Okafor")),
			refused,
			e("1204101", at(6, 40, 0), "", "", "after 14 days", ui.T("The suspension of "), ui.B("Bastian Kröger"), ui.T(" ended by itself")),
			e("1204099", at(5, 58, 0), "priya", "Priya Raman", "198.51.100.31", ui.B("Priya Raman"), ui.T(" exported 812 rows of "), ui.B("Segment: Welcome"), ui.T(", 7 columns")),
		}},
		{Head: clock.DayHead(at(9, 0, 1)), Entries: []ui.Entry{
			e("1204071", at(17, 21, 1), "ines", "Ines Carvalho", "step-up · 198.51.100.7", ui.B("Ines Carvalho"), ui.T(" archived "), ui.Run{Text: "[archived-01JB7K2M9Q]", Style: ui.BoldMono}, ui.T(", GDPR request")),
			e("1204066", at(16, 2, 1), "johanna", "Jóhanna Stefánsdóttir", "ticket 4471", ui.B("Jóhanna Stefánsdóttir"), ui.T(" viewed as "), ui.B("Rosa Van der Merwe"), ui.T(", 12 pages, read only")),
			e("1204060", at(15, 44, 1), "priya", "Priya Raman", "bulk plan 4b1e", ui.B("Priya Raman"), ui.T(" tagged "), ui.B("338 customers"), ui.T(" “Trade”")),
			e("1204052", at(9, 30, 1), "priya", "Priya Raman", "198.51.100.31", ui.B("Priya Raman"), ui.T(" invited "), ui.B("s.whitmore@marlowfinch.example"), ui.T(" as Marketing")),
		}},
	}
}

func stepUpProps() ui.StepUpProps {
	return ui.StepUpProps{
		Dialog: ui.DialogProps{
			Title: "Confirm: add 25.00 GBP site credit to Ada Okafor", Action: Prefix + "step-up", Do: "Add 25.00 GBP", Cancel: Prefix + "customer",
			Sends: []ui.Hidden{{Name: "pending", Value: "01JD3WQ7RT"}},
		},
		Facts: []ui.Pair{
			{Label: "Site credit", Body: ui.FromTo("12.50", "37.50 GBP")},
			ui.P("Reason", "Goodwill, order #10482 late"),
			{Label: "Account", Value: ui.Text(ui.T("ada.okafor@example.com · "), ui.M("01GPV6C2K8"))},
		},
		Label: "Code from your e-mail", SentTo: "i•••@marlowfinch.example", Valid: "4:12", Seconds: 252, Digits: 6, Again: Prefix + "step-up",
		Other: []ui.Action{{Label: "Use your passkey", Icon: "fingerprint", Post: Prefix + "step-up"}},
	}
}
