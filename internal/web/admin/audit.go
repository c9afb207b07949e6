package admin

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func auditPages(r routes) {
	r.staff("GET /admin/audit", auditPage)
	r.staff("GET /admin/audit/total", auditTotal)
	r.staff("GET /admin/audit/{entry}", auditEntryPage)
}

// auditAreas are the kinds of operation that the filter offers.
var auditAreas = []struct{ value, label string }{
	{"user.", "Accounts"}, {"user.change_role", "Roles"}, {"user.edit", "Details"}, {"customer.", "Customers"}, {"orders.", "Orders taken in"}, {"auth.", "Sign-ins"},
	{"session.", "Sessions"}, {"step_up.", "Step-ups"}, {"apikey.", "API keys"}, {"brand.", "Brands"}, {"location.", "Locations"}, {"audit.", "Views of this log"},
}

// auditQuery is the log's own part of the address.
type auditQuery struct {
	ask     record.Ask
	here    ui.Address
	problem []ui.Run
}

// readAudit reads the address. A value that cannot be read is said over the list, which is shown without it.
func readAudit(v *web.Visit) (q auditQuery, err error) {
	query := v.R.URL.Query()
	q.here = ui.Address{Path: "/admin/audit", Query: url.Values{}}
	q.ask = record.Ask{Brand: v.BrandID(), Limit: 50, Cursor: query.Get("cursor")}
	zone := v.Clock().Zone
	for name, values := range query {
		if len(values) != 1 {
			return q, errs.New(errs.Malformed, "duplicate_parameter", "A name stands in the address twice. Write it once.")
		}
		value := strings.TrimSpace(values[0])
		if value == "" {
			continue
		}
		switch name {
		case "who":
			q.ask.Who = value
		case "what":
			q.ask.Op = value
		case "about":
			q.ask.Subject = value
		case "outcome":
			q.ask.Outcome = audit.Outcome(value)
		case "q":
			q.ask.Words = value
		case "from", "to":
			day, err := time.ParseInLocation(time.DateOnly, value, zone)
			if err != nil {
				q.problem = append(q.problem, ui.B(value), ui.T(" is not a day: write it as 2026-11-20. "))
				continue
			}
			if name == "from" {
				q.ask.From = day.UnixMilli()
			} else {
				q.ask.To = day.AddDate(0, 0, 1).UnixMilli()
			}
		case "cursor", totalName:
			continue
		default:
			return q, errs.New(errs.Malformed, "unknown_parameter", "The log does not know that name. Known are: who, what, about, outcome, from, to, q.")
		}
		q.here.Query.Set(name, value)
	}
	return q, nil
}

type auditProps struct {
	Head    ui.HeadProps
	Seal    *ui.SealProps
	Problem []ui.Run
	Bar     ui.FilterBarProps
	Days    []ui.EntryDay
	Pager   ui.PagerProps
	Empty   *ui.EmptyProps
	Note    []ui.Run
}

func auditPage(v *web.Visit) error {
	q, err := readAudit(v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	found, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, record.List, q.ask)
	if e := errs.Of(err); err != nil && e.Kind == errs.Invalid {
		status = http.StatusUnprocessableEntity
		text := e.Detail
		for _, f := range sortedKeys(e.Fields) {
			text = e.Fields[f]
		}
		q.problem = append(q.problem, ui.T(text+" The log is shown without it."))
		q.ask.Words, q.ask.Outcome = "", ""
		found, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, record.List, q.ask)
	}
	if err != nil {
		return err
	}
	chains, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, record.Chains, v.BrandID())
	if err != nil {
		return err
	}
	p := auditProps{Problem: q.problem, Head: ui.HeadProps{Title: "Audit log"}, Bar: auditBar(v, q)}
	var entries int64
	for _, c := range chains {
		entries += c.Entries
	}
	p.Head.Fact = ui.Counted(entries, "entry", "entries")
	if v.Brand != nil {
		p.Head.Fact += ", " + v.Brand.Name
	} else {
		p.Head.Fact += " of the platform itself"
	}
	p.Seal = sealOf(v, chains)
	a := newAuditor(v.Clock(), currencyOf(v))
	if p.Days = a.days(found.Entries); len(p.Days) == 0 {
		p.Empty = &ui.EmptyProps{Icon: "history", Title: "Nothing in the log matches", Text: "Try other days, or fewer filters.", Actions: []ui.Action{{Label: "Clear search and filters", Href: "/admin/audit"}}}
	}
	if found.Searched != 0 {
		p.Note = ui.Text(ui.T("Addresses are sealed, so they are searched by opening entries: searched back to " + v.Clock().Moment(moment(found.Searched)) + ". Go on with Next."))
	}
	p.Pager = ui.PagerProps{Region: "list", TotalURL: ui.Address{Path: "/admin/audit/total", Query: q.here.Query}.Without(), CountURL: counting(v)}
	if wantsTotal(v) {
		if p.Pager.Total, err = auditCount(v, q); err != nil {
			return err
		}
		p.Pager.TotalURL = ""
	}
	if found.Next != "" {
		p.Pager.Next = q.here.Cursor(found.Next)
	}
	if q.ask.Cursor != "" {
		p.Pager.Prev = q.here.Without()
	}
	return v.Page(status, "Audit log", "audit", auditSheet(p))
}

func currencyOf(v *web.Visit) string {
	if v.Brand == nil {
		return ""
	}
	return string(v.Brand.Currency)
}

// auditBar is the search and the filters: who, what, when, about whom, how it ended.
func auditBar(v *web.Visit, q auditQuery) ui.FilterBarProps {
	value := func(name string) string { return q.here.Query.Get(name) }
	who := ui.Filter{Label: "Who", Single: true, From: &ui.Field{Name: "who", Label: "Or by e-mail, or id"}}
	for _, m := range colleagues(v) {
		on := value("who") == string(m.User)
		who.Choices = append(who.Choices, ui.Choice{Name: "who", Value: string(m.User), Label: cmp.Or(m.Name, m.Email), On: on})
		if on {
			who.Value = cmp.Or(m.Name, m.Email)
		}
	}
	if who.Value == "" {
		who.Value, who.From.Value = value("who"), value("who")
	}
	if len(who.Choices) > 0 { // one name in a form: the list or the field, not both
		who.From = nil
	}
	what := ui.Filter{Label: "What", Single: true, Value: value("what")}
	for _, a := range auditAreas {
		on := value("what") == a.value
		what.Choices = append(what.Choices, ui.Choice{Name: "what", Value: a.value, Label: a.label, On: on})
		if on {
			what.Value = a.label
		}
	}
	days := ui.Filter{Label: "When", From: &ui.Field{Name: "from", Label: "From", Type: "date", Value: value("from")}, To: &ui.Field{Name: "to", Label: "Until", Type: "date", Value: value("to")}, Note: "Both days are included."}
	switch {
	case value("from") != "" && value("to") != "":
		days.Value = born(value("from")) + " to " + born(value("to"))
	case value("from") != "":
		days.Value = "since " + born(value("from"))
	case value("to") != "":
		days.Value = "until " + born(value("to"))
	}
	about := ui.Filter{Label: "About", Value: value("about"), From: &ui.Field{Name: "about", Label: "E-mail or id of whom or what", Value: value("about")}}
	outcome := ui.Filter{Label: "Outcome", Single: true, Choices: []ui.Choice{
		{Name: "outcome", Value: "refused", Label: "Only refused", On: value("outcome") == "refused"}, {Name: "outcome", Value: "done", Label: "Only done", On: value("outcome") == "done"},
	}}
	for _, c := range outcome.Choices {
		if c.On {
			outcome.Value = strings.ToLower(c.Label)
		}
	}
	return ui.FilterBarProps{
		At: q.here, Region: "list", Search: &ui.Search{Label: "Search the audit log", Placeholder: "Entry number, id or IP"},
		Filters: []ui.Filter{who, what, days, about, outcome},
		End:     []ui.Action{{Label: "Copy link to this view", Icon: "link", Alone: true, Quiet: true, Small: true, Drop: "c-md", Copy: "here"}},
	}
}

// colleagues are the staff that the filter offers, as far as the viewer may see roles.
func colleagues(v *web.Visit) []account.Member {
	if !v.Anywhere(access.StaffRolesView) {
		return nil
	}
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.Staff, v.BrandID())
	if err != nil {
		return nil
	}
	if v.Brand != nil && v.AtPlatform() {
		if above, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.Staff, brand.Platform); err == nil {
			all = append(all, above...)
		}
	}
	if len(all) > 60 {
		all = all[:60]
	}
	return all
}

// sealOf says how far the chain is proved: what the last verification found, and the newest signed checkpoint.
func sealOf(v *web.Visit, chains []record.Chain) *ui.SealProps {
	if len(chains) != 1 {
		return nil
	}
	c, clock := chains[0], v.Clock()
	p := &ui.SealProps{Kind: ui.Mute, Icon: "clock", State: "Not verified yet", Words: "The chain is verified every hour, and with: steward audit verify"}
	last := v.Site.Watch.Last()
	if report, ok := last.Chain(c.ID); ok {
		p.Kind, p.Icon, p.State = ui.Good, "", "Chain verified"
		p.Words = "all " + ui.Counted(report.Entries, "entry", "entries")
		if report.Entries != report.Last {
			p.Words += " up to number " + ui.Count(report.Last)
		}
		p.Words += ", " + sameDayTime(clock, last.At)
		if len(report.Findings) > 0 {
			p.Kind, p.State = ui.Bad, "Chain broken"
			p.Words = report.Findings[0].Sentence + " Run: steward audit verify."
		}
	}
	newest, err := v.Site.Watch.Newest()
	if at, ok := newest[c.ID]; ok && err == nil {
		p.Checkpoint, p.Hash, p.Signed = ui.Count(at.Number), shortHash(at.Hash), "signed "+sameDayTime(clock, moment(at.At))+", up to entry "+ui.Count(at.N)
	}
	return p
}

func sameDayTime(c ui.Clock, t time.Time) string {
	if c.SameDay(t, c.Now) {
		return c.Time(t) + " today"
	}
	return c.Moment(t)
}

func auditTotal(v *web.Visit) error {
	q, err := readAudit(v)
	if err != nil {
		return err
	}
	words, err := auditCount(v, q)
	if err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.PagerTotal(words, false))
}

// auditCount says how many entries there are; a search through sealed addresses is not counted.
func auditCount(v *web.Visit, q auditQuery) (string, error) {
	n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, record.Count, q.ask)
	switch {
	case err != nil && errs.Of(err).Kind == errs.Invalid, err == nil && n < 0:
		return "not counted", nil
	case err != nil:
		return "", err
	}
	return ui.Counted(n, "entry", "entries"), nil
}

// auditEntryPage is one entry whole, with its hash, for a link in a report.
func auditEntryPage(v *web.Visit) error {
	e, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, record.Show, v.R.PathValue("entry"))
	if err != nil {
		return err
	}
	c := v.Clock()
	currency := ""
	if b := homeBrand(v, brand.ID(e.Chain)); b != nil {
		c.Zone, currency = b.Location(), string(b.Currency)
	}
	a := newAuditor(c, currency)
	entry := a.entry(e, true)
	facts := append([]ui.Pair{ui.P("When", c.Exact(moment(e.At)))}, a.particulars(e)...)
	facts = append(facts, ui.P("Operation", e.Op), ui.P("Outcome", string(e.Outcome)), ui.P("Chain", e.ChainName), ui.P("Entry", ui.Count(e.N)),
		ui.Pair{Label: "Entry ID", Value: ui.Text(ui.M(e.ID)), Copy: e.ID}, ui.Pair{Label: "Hash", Value: ui.Text(ui.M(e.Hash))})
	if e.Actor.IP.Text != "" {
		facts = append(facts, ui.P("IP address", e.Actor.IP.Text))
	}
	if e.Actor.Session != "" {
		facts = append(facts, ui.Pair{Label: "Session", Value: ui.Text(ui.M(e.Actor.Session))})
	}
	if e.RequestID != "" {
		facts = append(facts, ui.Pair{Label: "Request", Value: ui.Text(ui.M(e.RequestID))})
	}
	for _, s := range e.Subjects {
		name := ui.T(subjectName(a, &s))
		if s.Kind == "user" && s.Known {
			name = ui.L(name.Text, "/admin/users/"+s.ID)
		}
		facts = append(facts, ui.Pair{Label: initialUpper(strings.ReplaceAll(s.Kind, "_", " ")), Value: ui.Text(name, ui.T(" "), ui.M(s.ID))})
	}
	return v.Page(http.StatusOK, "Entry "+ui.Count(e.N), "audit", auditEntrySheet(entryProps{Title: "Entry " + ui.Count(e.N), Entry: entry, Facts: facts}))
}

func subjectName(a *auditor, s *record.Party) string {
	switch s.Kind {
	case "grant":
		return roleName(s.Name)
	case "place":
		return a.place(s.ID)
	}
	return s.Name
}

type entryProps struct {
	Title string
	Entry ui.Entry
	Facts []ui.Pair
}
