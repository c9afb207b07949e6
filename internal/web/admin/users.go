package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func usersPages(r routes) {
	r.staff("GET /admin/users", usersList.page)
	r.staff("GET /admin/users/total", usersList.count)
	r.staff("GET /admin/users/statistics", usersStatistics)
}

// peopleList is one view of the list of people: what is the same in all of them, and what is its own.
type peopleList struct {
	path, name     string // /admin/users, users
	title, nobody  string // Users; what an empty place says
	icon           string
	query          *op.Query[directory.Ask, *directory.Page]
	total          *op.Query[directory.Ask, int64]
	beside         *op.Query[directory.Beside, directory.Neighbours]
	shown          []string // filters that are always offered; the others only while they are set
	search, holder string
	columns        func(p *directory.Page, l *peopleList, c ui.Clock, list string) []column
	actions        func(v *web.Visit) []ui.Action
	statistics     bool
	sort           string
}

// column is a column of a list with its cells: it is there for who sees its fields, and else nowhere.
type column struct {
	fields []string // all must be seen
	head   ui.Column
	cell   func(p *directory.Person) templ.Component
}

var usersList = &peopleList{
	path: "/admin/users", name: "users", title: "Users", nobody: "Nobody has an account here yet", icon: "users",
	query: directory.Users, total: directory.UsersTotal, beside: directory.UsersBeside,
	shown:  []string{"role", "status", "email_verified", "registered_at", "last_seen_at", "kind"},
	search: "Search users", holder: "Name, e-mail, phone, ID, order", sort: directory.UserFields.Sort, statistics: true,
	columns: userColumns,
	actions: func(v *web.Visit) []ui.Action {
		if v.Anywhere(access.UsersInvite) {
			return []ui.Action{{Label: "Add user", Icon: "user-plus", Href: "/admin/settings/users/new", Main: true, Key: "n"}}
		}
		return nil
	},
}

func userColumns(_ *directory.Page, l *peopleList, c ui.Clock, list string) []column {
	return []column{
		l.who(list),
		{[]string{"role"}, ui.Column{Label: "Role", Drop: "c-md"}, func(p *directory.Person) templ.Component { return ui.Cell(roleName(p.Role)) }},
		{[]string{"status"}, ui.Column{Label: "Status", Drop: "c-md"}, func(p *directory.Person) templ.Component { return statusCell(p.Status) }},
		{[]string{"email_verified", "phone_verified"}, ui.Column{Label: "Verified", Drop: "c-lg"}, func(p *directory.Person) templ.Component {
			return ui.Verified(verified(p.Email != "", p.EmailVerified), verified(p.PhoneVerified, p.PhoneVerified))
		}},
		moments("registered_at", "Registered", "c-lg", c, func(p *directory.Person) int64 { return p.RegisteredAt }),
		moments("last_seen_at", "Last login", "c-lg", c, func(p *directory.Person) int64 { return p.LastSeenAt }),
	}
}

// who is the first column of every list of people: name and address, with the link that remembers the list.
func (l *peopleList) who(list string) column {
	return column{[]string{"name", "email"}, ui.Column{Label: "Name and e-mail", Sort: "name", Grow: true}, func(p *directory.Person) templ.Component {
		cell := ui.PersonCell{ID: string(p.ID), Name: p.Name(), Nameless: p.Title(), Mail: p.Email, Href: personPath(l.path, p.ID, "", list)}
		cell.Mail = mailBeside(cell.Name, cell.Mail)
		if p.Has("status") {
			cell.State, cell.StateKind = notActive(p.Status), statusKind(p.Status)
			cell.Gone = p.Status == user.Archived || p.Status == user.Erased
		}
		if cell.Gone {
			cell.Mail = "" // the placeholder once
		}
		return ui.Person(cell)
	}}
}

func moments(key, label, drop string, c ui.Clock, at func(*directory.Person) int64) column {
	return column{[]string{key}, ui.Column{Label: label, Sort: key, DescFirst: true, Number: true, Drop: drop, Quiet: true},
		func(p *directory.Person) templ.Component { return when(c, at(p)) }}
}

// personPath is a person's page, or a part of it, as opened from a list.
func personPath(base string, id user.ID, part, list string) string {
	path := base + "/" + string(id)
	if part != "" {
		path += "/" + part
	}
	if list != "" {
		path += "?list=" + url.QueryEscape(list)
	}
	return path
}

// ours are the parameters of the page itself. The list knows nothing of them.
const (
	placeName = "row"   // the number of the first row of the page, so that a page can say 51–100
	totalName = "total" // the total is asked for within the page: a browser without script has no other way to it
)

func (l *peopleList) ask(v *web.Visit) directory.Ask {
	params := v.R.URL.Query()
	params.Del(placeName)
	params.Del(totalName)
	return directory.Ask{Brand: v.BrandID(), Params: params, Form: field.Page}
}

// page answers the list. A value of a filter that cannot be read is said over the list, which is shown without that filter.
func (l *peopleList) page(v *web.Visit) error {
	ask := l.ask(v)
	found, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.query, ask)
	var problem []ui.Run
	status := http.StatusOK
	if e := errs.Of(err); err != nil && e.Kind == errs.Invalid && len(e.Fields) > 0 {
		status = http.StatusUnprocessableEntity
		for _, name := range sortedKeys(e.Fields) {
			problem = append(problem, ui.B(ask.Params.Get(name)), ui.T(": "+e.Fields[name]+" The list is shown without it. "))
			ask.Params.Del(name)
		}
		ask.Params.Del("cursor")
		found, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.query, ask)
	}
	if err != nil {
		return err
	}
	sheet := l.sheet(v, found, ask, problem)
	if l == usersList {
		if sheet.Tabs, err = usersTabs(v, false); err != nil {
			return err
		}
	}
	if wantsTotal(v) {
		n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.total, ask)
		if err != nil {
			return err
		}
		sheet.Pager.Total, sheet.Pager.TotalURL = ui.Count(n), ""
	}
	return v.Page(status, l.title, l.name, peopleSheet(sheet))
}

// wantsTotal says whether the page itself is to say how many there are.
func wantsTotal(v *web.Visit) bool { return v.R.URL.Query().Get(totalName) != "" }

// counting is the address of this very page with the total in it.
func counting(v *web.Visit) string {
	query := v.R.URL.Query()
	query.Set(totalName, "1")
	return v.R.URL.Path + "?" + query.Encode()
}

// peopleProps is a list ready to be drawn.
type peopleProps struct {
	Head       ui.HeadProps
	Statistics string // address of the figures over the list; empty: none
	Problem    []ui.Run
	Tabs       []ui.Tab
	Views      []ui.View
	Bar        ui.FilterBarProps
	Table      ui.TableProps
	Pager      ui.PagerProps
	Empty      *ui.EmptyProps
}

func (l *peopleList) sheet(v *web.Visit, found *directory.Page, ask directory.Ask, problem []ui.Run) peopleProps {
	query, _ := url.ParseQuery(found.Request.Query())
	here := ui.Address{Path: l.path, Query: query, Sort: l.sort}
	list := found.Request.Query()
	p := peopleProps{
		Problem: problem,
		Head:    ui.HeadProps{Title: l.title, FactURL: l.path + "/total?fact=1", Actions: l.actions(v)},
		Bar: ui.FilterBarProps{
			At: here, Region: "list", Search: &ui.Search{Label: l.search, Placeholder: l.holder}, Filters: l.filters(found),
			End: append(l.exporting(v, list), ui.Action{Label: "Copy link to this view", Icon: "link", Alone: true, Quiet: true, Small: true, Drop: "c-md", Copy: "here"}),
		},
		Table: ui.TableProps{Caption: l.title + ", " + sorted(found), At: here, Region: "list"},
	}
	if l.statistics {
		p.Statistics = l.path + "/statistics"
	}
	if len(found.Rows) == 0 {
		e := l.empty(v, found, here)
		p.Empty = &e
	}
	var columns []column
	for _, c := range l.columns(found, l, v.Clock(), list) {
		if !slices.ContainsFunc(c.fields, func(key string) bool { return !found.Has(key) }) {
			columns = append(columns, c)
			p.Table.Columns = append(p.Table.Columns, c.head)
		}
	}
	for i := range found.Rows {
		person := &found.Rows[i]
		row := ui.Row{ID: string(person.ID), Name: person.Title(), Menu: l.menu(v, person)}
		for _, c := range columns {
			row.Cells = append(row.Cells, c.cell(person))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	p.Pager = l.pager(v, found, here, ask)
	return p
}

// sorted says the order of a list, for the table's caption.
func sorted(p *directory.Page) string {
	for _, f := range p.Fields.Columns() {
		if f.Key != p.Request.Sort.Key {
			continue
		}
		label := strings.ToLower(f.Label)
		switch {
		case f.Type == field.Time && p.Request.Sort.Desc:
			return label + ": newest first"
		case f.Type == field.Time:
			return label + ": oldest first"
		case f.Type == field.Text && p.Request.Sort.Desc:
			return "by " + label + " from the end of the alphabet"
		case f.Type == field.Text:
			return "by " + label
		case p.Request.Sort.Desc:
			return "by " + label + ", largest first"
		}
		return "by " + label + ", smallest first"
	}
	return "as registered"
}

func (l *peopleList) pager(v *web.Visit, found *directory.Page, here ui.Address, ask directory.Ask) ui.PagerProps {
	p := ui.PagerProps{Region: "list", TotalURL: ui.Address{Path: l.path + "/total", Query: here.Query}.Without("sort", "limit"), CountURL: counting(v)}
	first := int64(1)
	if ask.Params.Get("cursor") != "" {
		var err error
		if first, err = strconv.ParseInt(v.R.URL.Query().Get(placeName), 10, 64); err != nil || first < 1 || first > 1<<40 {
			first = 0
		}
	}
	if found.Prev == "" && first > 1 {
		first = 1 // the first page, however it was reached
	}
	if n := int64(len(found.Rows)); first > 0 && n > 0 {
		p.From, p.To = first, first+n-1
	}
	link := func(cursor string, row int64) string {
		if cursor == "" {
			return ""
		}
		at := here.Cursor(cursor)
		if first > 0 && row > 0 {
			at += "&" + placeName + "=" + strconv.FormatInt(row, 10)
		}
		return at
	}
	p.Next = link(found.Next, first+int64(len(found.Rows)))
	p.Prev = link(found.Prev, max(first-int64(found.Request.Limit), 1))
	if p.To > 0 {
		p.TotalURL += sep(p.TotalURL) + "of=1"
	}
	return p
}

func sep(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// count answers how many there are: beside the title of all, under the list of those that the filters find.
func (l *peopleList) count(v *web.Visit) error {
	ask := l.ask(v)
	fact, of := ask.Params.Get("fact") != "", ask.Params.Get("of") != ""
	ask.Params.Del("fact")
	ask.Params.Del("of")
	n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.total, ask)
	if err != nil {
		return err
	}
	if fact {
		return v.Render(http.StatusOK, ui.HeadFact(ui.Count(n), ""))
	}
	return v.Render(http.StatusOK, ui.PagerTotal(ui.Count(n), of))
}

func (l *peopleList) empty(v *web.Visit, found *directory.Page, here ui.Address) ui.EmptyProps {
	if !found.Request.Filtered() {
		e := ui.EmptyProps{Icon: l.icon, Title: l.nobody}
		if v.Brand == nil {
			e.Title, e.Text = "Choose a brand to see its people", "The switcher at the top left leads to each brand. Here are only the people of the platform itself."
		}
		return e
	}
	title := "Nobody matches"
	if q := found.Request.Search; q != "" {
		title += " “" + q + "”"
	}
	var with []string
	for _, c := range found.Chips() {
		with = append(with, strings.ToLower(c.Label)+" "+c.Text)
	}
	if len(with) > 0 {
		title += " with " + strings.Join(with, ", ")
	}
	e := ui.EmptyProps{Icon: "search", Title: title, Actions: []ui.Action{{Label: "Clear search and filters", Href: l.path}}}
	if found.Request.Search != "" {
		e.Text = "Every word must be found in the name, e-mail, phone, ID or order number."
		if len(with) > 0 {
			e.Actions = append([]ui.Action{{Label: "Search without the filters", Href: l.path + "?q=" + url.QueryEscape(found.Request.Search)}}, e.Actions...)
		}
	}
	return e
}

// menu is what the viewer may do with a row, by what they hold at the person's own place.
func (l *peopleList) menu(v *web.Visit, p *directory.Person) []ui.MenuGroup {
	base := personPath(l.path, p.ID, "", "")
	open := ui.MenuGroup{Actions: []ui.Action{{Label: "Open profile", Icon: "user", Href: base}}}
	who := user.User{ID: p.ID, Brand: v.BrandID(), Kinds: p.Kinds, Location: p.Location}
	return append([]ui.MenuGroup{open}, deeds(v, who.Subject(), p.Status, base)...)
}

// deeds are the changes that the viewer may make to an account. The door decides again.
func deeds(v *web.Visit, s op.Subject, status user.Status, base string) []ui.MenuGroup {
	self := s.Person == v.Caller.Person
	var change, life []ui.Action
	gone := status == user.Archived || status == user.Erased
	if !gone && (self || v.May(access.UsersEdit, s) || v.May(access.EditPermission(s.People), s)) {
		change = append(change, ui.Action{Label: "Edit profile", Icon: "pencil", Href: base + "/edit", Key: "e"})
	}
	if !gone && !self && v.May(access.StaffRolesAssign, s) {
		change = append(change, ui.Action{Label: "Change role…", Icon: "shield-lock", Href: base + "/role"})
	}
	if !self && status == user.Active && s.People != access.Staff && v.May(access.UsersImpersonate, s) {
		change = append(change, ui.Action{Label: "View as this person…", Icon: "eye", Href: base + "/impersonation", Dialog: true})
	}
	if !self && v.May(access.UsersDeactivate, s) {
		switch status {
		case user.Active:
			life = append(life, ui.Action{Label: "Deactivate…", Icon: "user-off", Href: base + "/deactivate", Dialog: true})
		case user.Deactivated:
			life = append(life, ui.Action{Label: "Activate…", Icon: "user-check", Href: base + "/activate", Dialog: true})
		}
	}
	if !self {
		life = append(life, lifeDeeds(func(p access.Permission) bool { return v.May(p, s) }, status, base)...)
	}
	if !gone && !self && s.People == access.Staff && v.May(access.UsersResetPassword, s) {
		life = append(life, ui.Action{Label: "Reset second factor…", Icon: "key-off", Href: base + "/second-factor", Dialog: true})
	}
	if !gone && !self && v.May(access.UsersArchive, s) {
		life = append(life, ui.Action{Label: "Archive…", Icon: "archive", Href: base + "/archive", Dialog: true})
	}
	if status == user.Archived && !self && v.May(access.UsersRestore, s) {
		life = append(life, ui.Action{Label: "Restore…", Icon: "rotate", Href: base + "/restore", Dialog: true})
	}
	if !gone && !self && status != user.Banned && v.May(access.UsersDelete, s) {
		life = append(life, ui.Action{Label: "Delete…", Icon: "trash", Href: base + "/delete", Dialog: true, Danger: true})
	}
	return []ui.MenuGroup{{Actions: change}, {Actions: life}}
}

// filters are the chips of the list: those that are always offered, and whatever else is set. They come from the fields that the
// viewer sees, so a hidden field has none.
func (l *peopleList) filters(p *directory.Page) []ui.Filter {
	chips := map[string]string{}
	for _, c := range p.Chips() {
		chips[c.Field] = c.Text
	}
	var all []ui.Filter
	fields := p.Fields.Filters()
	for _, key := range l.shown {
		for _, f := range fields {
			if f.Key == key {
				all = append(all, filterOf(p, f, chips[key]))
			}
		}
	}
	for _, f := range fields {
		if chips[f.Key] != "" && !slices.Contains(l.shown, f.Key) {
			all = append(all, filterOf(p, f, chips[f.Key]))
		}
	}
	return all
}

func filterOf(p *directory.Page, f *field.Field[directory.Person], value string) ui.Filter {
	chip := ui.Filter{Label: f.Label, Value: value}
	on := func(o field.Op, value string) bool {
		set := p.Request.Filter(f.Key, o)
		return set != nil && slices.Contains(set.Values, value)
	}
	typed := func(o field.Op) string {
		if set := p.Request.Filter(f.Key, o); set != nil {
			return strings.Join(set.Values, ",")
		}
		return ""
	}
	unit := ""
	if f.Type == field.Money && p.Brand != nil {
		unit = ", " + strings.TrimSpace(ui.Symbol(string(p.Brand.Currency)))
	}
	switch f.Type {
	case field.Flag:
		chip.Single = true
		chip.Choices = []ui.Choice{
			{Name: f.Key, Value: "true", Label: "Yes", On: on(field.Is, "true")}, {Name: f.Key, Value: "false", Label: "No", On: on(field.Is, "false")},
		}
	case field.Choice:
		options := f.Choices
		if more := p.Terms.Choices[f.Key]; len(more) > 0 {
			options = more
		}
		for _, o := range options {
			if o.Value == string(user.Erased) && !on(field.Is, o.Value) {
				continue
			}
			chip.Choices = append(chip.Choices, ui.Choice{Name: f.Key, Value: o.Value, Label: o.Label, On: on(field.Is, o.Value)})
		}
	case field.Time:
		chip.Single = true
		for _, days := range p.Days(f.Key) {
			chip.Choices = append(chip.Choices, ui.Choice{Name: f.Key + "[last]", Value: days, Label: "Last " + days + " days", On: on(field.Last, days)})
		}
		chip.From = &ui.Field{Name: f.Key + "[gte]", Label: "From", Type: "date", Value: typed(field.AtLeast)}
		chip.To = &ui.Field{Name: f.Key + "[lte]", Label: "Until", Type: "date", Value: typed(field.AtMost)}
		chip.Note = "Both days are included."
	case field.Money, field.Number:
		mode := "numeric"
		if f.Type == field.Money {
			mode = "decimal"
		}
		for _, b := range f.BandsFor(p.Terms) {
			chip.Choices = append(chip.Choices, ui.Choice{Name: f.Key + "[band]", Value: b.Name, Label: initialUpper(b.Label), On: on(field.In, b.Name)})
		}
		chip.From = &ui.Field{Name: f.Key + "[gte]", Label: "From" + unit, Mode: mode, Value: typed(field.AtLeast)}
		chip.To = &ui.Field{Name: f.Key + "[lte]", Label: "To" + unit, Mode: mode, Value: typed(field.AtMost)}
	}
	return chip
}

// usersStatistics are the figures above the list of users: a part of the page, or for a browser without script a page.
func usersStatistics(v *web.Visit) error {
	f, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.Statistics, v.BrandID())
	if err != nil {
		return err
	}
	stats := []ui.Stat{
		{Label: "Total users", Value: ui.Count(f.Total), Note: "+" + ui.Count(f.ThisWeek) + " this week"},
		{Label: "Admins", Value: ui.Count(f.Admins)},
		{Label: "Verified users", Value: ui.Count(f.Verified), Note: ui.Percent(f.Verified, f.Total) + " by e-mail"},
	}
	if v.Fragment() {
		return v.Render(http.StatusOK, ui.Stats(stats))
	}
	return v.Page(http.StatusOK, "Users in figures", "users", statisticsSheet("Users in figures", stats))
}

// homeBrand is the brand of an id, among those that the visitor knows.
func homeBrand(v *web.Visit, id brand.ID) *brand.Brand {
	for i := range v.Brands {
		if v.Brands[i].ID == id {
			return &v.Brands[i]
		}
	}
	return nil
}
