package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	everything "github.com/stewardhq/steward/internal/subject"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func exportPages(r routes) {
	r.staff("GET "+exportsPath, exportsPage)
	r.staff("GET "+exportsPath+"/{export}/file", exportFile)
	r.staff("POST "+exportsPath+"/{export}/cancel", cancelExport)
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/export", l.askFile)
		r.staff("POST "+l.path+"/export", l.startFile)
		for _, what := range []*exported{activityFile, wholePackage} {
			r.staff("GET "+l.path+"/{id}/"+what.path, func(v *web.Visit) error { return askExport(v, l, what, http.StatusOK, troubles{}) })
			r.staff("POST "+l.path+"/{id}/"+what.path, func(v *web.Visit) error { return startExport(v, l, what) })
		}
	}
}

const exportsPath = "/admin/me/exports"

// exportWords are what the kinds of exports are called.
var exportWords = map[string]string{"activity": "Activity log", "subject": "Everything about a person", "users": "List of users", "customers": "List of customers"}

// exportsPage lists one's own exports. While one is being made, the list asks again every three seconds where script is there.
func exportsPage(v *web.Visit) error {
	before := v.R.URL.Query().Get("before")
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, export.List, export.Page{Before: export.ID(before)})
	if err != nil {
		return err
	}
	p := exportsProps{
		Head: ui.HeadProps{Title: "Your exports"},
		Note: ui.Text(ui.T("A file can be downloaded for 24 hours, by you alone, while you may see what is in it. Then it is deleted.")),
		Table: ui.TableProps{Caption: "Your exports, newest first", Scroll: true, Columns: []ui.Column{
			{Label: "Export", Grow: true}, {Label: "State"}, {Label: "Rows", Number: true, Drop: "c-md"}, {Label: "Asked for", Number: true, Drop: "c-md"},
			{Label: "Kept until", Number: true, Drop: "c-lg"}, {Label: "Download or cancel", Hidden: true, Class: "st-r"},
		}},
		Empty: ui.EmptyProps{Icon: "download", Title: "No exports yet", Text: "Export a list of people where it is shown, somebody's activity log from their Activity tab, or everything about them from the menu of their page."},
	}
	if len(all) > 50 {
		all = all[:50]
		p.Pager.Next = exportsPath + "?before=" + url.QueryEscape(string(all[49].ID))
	}
	if before != "" {
		p.Pager.Prev = exportsPath
	}
	for i := range all {
		e := &all[i]
		p.Going = p.Going || e.State.Going()
		p.Table.Rows = append(p.Table.Rows, exportRow(v, e))
	}
	return v.Page(http.StatusOK, "Your exports", "", exportsSheet(p))
}

type exportsProps struct {
	Head  ui.HeadProps
	Note  []ui.Run
	Table ui.TableProps
	Empty ui.EmptyProps
	Pager ui.PagerProps
	Going bool
}

func exportRow(v *web.Visit, e *export.Shown) ui.Row {
	what := cmp.Or(exportWords[e.Kind], e.Kind)
	about := e.About
	if e.Subject == e.Person {
		about = "You"
	}
	kind, word, busy := ui.Mute, initialUpper(string(e.State)), false
	switch e.State {
	case export.Waiting, export.Running:
		kind, busy = ui.Info, true
	case export.Ready:
		kind = ui.Good
	case export.Failed:
		kind = ui.Bad
	}
	here := exportsPath + "/" + string(e.ID)
	var end, until templ.Component = ui.Cell(""), ui.Cell("")
	switch {
	case e.State == export.Ready:
		end = ui.Button(ui.Action{Label: "Download", About: what + " of " + about, Icon: "download", Href: here + "/file", Small: true})
		until = when(v.Clock(), e.ExpiresAt)
	case busy:
		end = ui.Button(ui.Action{Label: "Cancel", About: what + " of " + about, Post: here + "/cancel", Small: true})
	}
	return ui.Row{ID: string(e.ID), Name: what, Cells: []templ.Component{
		exportCell(what, about, exportReason(e)), ui.Status(kind, word, busy), ui.Numbered(max(e.Rows, e.Done)), when(v.Clock(), e.MadeAt), until, end,
	}}
}

// exportReason says why an export has failed.
func exportReason(e *export.Shown) string {
	if e.State != export.Failed {
		return ""
	}
	switch e.Code {
	case op.ErrForbidden.Code, "apikey_void", "api_key_void", "api_key_revoked", "api_key_expired":
		return "You no longer have a permission that it needs."
	case export.ErrArchived.Code:
		return "The person was archived or erased meanwhile."
	}
	return "It did not work. Make it again."
}

// exportFile hands a file out.
func exportFile(v *web.Visit) error {
	f, err := v.Site.Exports.Open(v.Ctx(), v.Caller, export.ID(v.R.PathValue("export")))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return v.Download(f.Name, f.Type, f.Bytes, f)
}

func cancelExport(v *web.Visit) error {
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, export.Cancel, export.ID(v.R.PathValue("export"))); err != nil {
		return err
	}
	return v.Gone(exportsPath)
}

// exported is something that is exported from a person's page.
type exported struct {
	path, title, words, own string
	purposes                []ui.Option
	start                   func(v *web.Visit, p *profile, form url.Values) error
}

var activityFile = &exported{
	path: "activity/export", title: "Export the activity log of %s?",
	words: "The file has what the filters show: sign-ins, orders and, with the right to export the audit log, what was changed by whom. It is made in the background and kept for 24 hours.",
	own:   "The file has what the filters show. It is made in the background and kept for 24 hours.",
	purposes: []ui.Option{
		{Value: "security", Label: "Security investigation"}, {Value: "compliance", Label: "Compliance"}, {Value: "support", Label: "Support"},
	},
	start: func(v *web.Visit, p *profile, form url.Values) error {
		question, _, err := readTimeline(form, p.clock.Zone)
		if err != nil {
			return err
		}
		_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, directory.ExportActivity, directory.ActivityExport{
			User: p.User.ID, Kinds: question.Kinds, From: question.From, To: question.To, Outcome: question.Outcome, Purpose: form.Get("purpose"),
		})
		return err
	},
}

var wholePackage = &exported{
	path: "package", title: "Export everything about %s?",
	words: "A zip with everything that you may see of what is kept about this person, as CSV and JSON: account, orders, sign-ins, mail and more. It is made in the background and kept for 24 hours.",
	own:   "A zip with everything that is kept about you, as CSV and JSON. It is made in the background and kept for 24 hours.",
	purposes: []ui.Option{
		{Value: "subject_access", Label: "The person asked for it"}, {Value: "portability", Label: "The person takes it elsewhere"},
		{Value: "compliance", Label: "Compliance"},
	},
	start: func(v *web.Visit, p *profile, form url.Values) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, everything.Export, everything.Asked{User: p.User.ID, Purpose: form.Get("purpose")})
		return err
	},
}

// exports are what can be exported from this page, for its menu.
func (p *profile) exports() (all []ui.Action) {
	if !p.mayExport() {
		return nil
	}
	return []ui.Action{{Label: "Export everything", Icon: "download", Href: personPath(p.list.path, p.User.ID, wholePackage.path, ""), Dialog: true}}
}

func (p *profile) mayExport() bool {
	return (p.Self || p.May(directory.ExportPermission(p.User), p.User.Subject())) && p.User.Status != user.Archived && p.User.Status != user.Erased
}

func askExport(v *web.Visit, l *peopleList, what *exported, status int, t troubles) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	if !p.Self {
		if err := opens(v, account.Opening{Any: []access.Permission{directory.ExportPermission(p.User)}, User: p.User.ID}); err != nil {
			return err
		}
	}
	d := ui.DialogProps{
		Title: fmt.Sprintf(what.title, p.Title), Action: personPath(l.path, p.User.ID, what.path, ""), Do: "Export", Cancel: p.path(""), Problem: t.problem,
	}
	sent := v.R.URL.Query()
	if v.R.Method == http.MethodPost {
		sent = v.R.PostForm
	}
	for _, name := range []string{"kind", "from", "to", "outcome"} {
		for _, value := range sent[name] {
			d.Sends = append(d.Sends, ui.Hidden{Name: name, Value: value})
		}
	}
	ask := exportAsk{Words: what.words, Purpose: &ui.Field{Name: "purpose", Label: "What for", Value: sent.Get("purpose"), Error: t.of("purpose"), Hint: "It stands in the audit log."}, Purposes: what.purposes}
	if p.Self {
		ask.Words, ask.Purpose = what.own, nil
	}
	if v.Fragment() {
		return v.Render(status, exportDialog(d, ask))
	}
	return v.Page(status, d.Title, l.name, exportDialogPage(d, ask))
}

type exportAsk struct {
	Words    string
	Purpose  *ui.Field
	Purposes []ui.Option
}

func startExport(v *web.Visit, l *peopleList, what *exported) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	err = what.start(v, p, form)
	if err == nil {
		return v.Gone(exportsPath)
	}
	if t, ok := wrong(v, err, "purpose"); ok {
		return askExport(v, l, what, t.status, t)
	}
	return v.StepUp(err, exportsPath)
}

// lineKindWords are the kinds of a timeline's lines, as its filter offers them.
var lineKindWords = map[directory.LineKind]string{
	directory.LineSignIn: "Sign-ins", directory.LinePassword: "Password changes", directory.LineProfile: "Profile changes", directory.LineOrder: "Orders",
	directory.LineRefund: "Refunds", directory.LineSecurity: "Security", directory.LineAccount: "Account, role and status", directory.LineAdmin: "What they did as staff",
}

// readTimeline reads the filters of a timeline. What cannot be read is said, and left out.
func readTimeline(query url.Values, zone *time.Location) (in directory.Timeline, problem []ui.Run, err error) {
	for _, k := range query["kind"] {
		switch {
		case k == "":
		case slices.Contains(directory.LineKinds, directory.LineKind(k)):
			in.Kinds = append(in.Kinds, directory.LineKind(k))
		default:
			problem = append(problem, ui.B(k), ui.T(" is no kind of activity. "))
		}
	}
	for _, name := range []string{"from", "to"} {
		value := strings.TrimSpace(query.Get(name))
		if value == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, value, zone)
		switch {
		case err != nil:
			problem = append(problem, ui.B(value), ui.T(" is not a day: write it as 2026-11-20. "))
		case name == "from":
			in.From = day.UnixMilli()
		default:
			in.To = day.AddDate(0, 0, 1).UnixMilli()
		}
	}
	if in.From != 0 && in.To != 0 && in.From >= in.To {
		problem, in.To = append(problem, ui.T("The end lies before the beginning, and is left out. ")), 0
	}
	switch o := directory.Outcome(query.Get("outcome")); o {
	case "", directory.WentWell, directory.Failed:
		in.Outcome = o
	default:
		problem = append(problem, ui.B(string(o)), ui.T(" is no outcome. "))
	}
	return in, problem, nil
}

// timelineBar are the filters of a timeline, and the way to have it as a file.
func (p *profile) timelineBar(here ui.Address, in directory.Timeline, kinds []directory.LineKind) ui.FilterBarProps {
	kind := ui.Filter{Label: "Kind"}
	var chosen []string
	for _, k := range kinds {
		on := slices.Contains(in.Kinds, k)
		if on {
			chosen = append(chosen, lineKindWords[k])
		}
		kind.Choices = append(kind.Choices, ui.Choice{Name: "kind", Value: string(k), Label: lineKindWords[k], On: on})
	}
	if kind.Value = strings.Join(chosen, ", "); len(chosen) > 2 {
		kind.Value = fmt.Sprintf("%d kinds", len(chosen))
	}
	value := here.Query.Get
	days := ui.Filter{
		Label: "When", From: &ui.Field{Name: "from", Label: "From", Type: "date", Value: value("from")}, To: &ui.Field{Name: "to", Label: "To", Type: "date", Value: value("to")},
		Note: "Both days are included.",
	}
	switch {
	case in.From != 0 && in.To != 0:
		days.Value = born(value("from")) + " to " + born(value("to"))
	case in.From != 0:
		days.Value = "since " + born(value("from"))
	case in.To != 0:
		days.Value = "until " + born(value("to"))
	}
	outcome := ui.Filter{Label: "Outcome", Single: true, Choices: []ui.Choice{
		{Name: "outcome", Value: "ok", Label: "Went well", On: in.Outcome == directory.WentWell}, {Name: "outcome", Value: "failed", Label: "Failed or refused", On: in.Outcome == directory.Failed},
	}}
	for _, c := range outcome.Choices {
		if c.On {
			outcome.Value = strings.ToLower(c.Label)
		}
	}
	bar := ui.FilterBarProps{At: here, Filters: []ui.Filter{kind, days, outcome}}
	if p.mayExport() {
		query := url.Values{}
		for _, name := range []string{"kind", "from", "to", "outcome"} {
			if values := here.Query[name]; len(values) > 0 {
				query[name] = values
			}
		}
		href := personPath(p.list.path, p.User.ID, activityFile.path, "")
		if len(query) > 0 {
			href += sep(href) + query.Encode()
		}
		bar.End = []ui.Action{{Label: "Export CSV", Icon: "download", Href: href, Dialog: true, Small: true}}
	}
	return bar
}

// signIns is the person's history of signing in, for who may see sessions.
func (p *profile) signIns() (templ.Component, error) {
	in := directory.Timeline{User: p.User.ID, Kinds: []directory.LineKind{directory.LineSignIn}, Limit: 20}
	lines, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, directory.Activity, in)
	if err != nil || len(lines.Lines) == 0 {
		return nil, err
	}
	t := ui.TableProps{Caption: "Sign-in history, newest first", Scroll: true, Columns: []ui.Column{
		{Label: "Outcome", Grow: true}, {Label: "With", Drop: "c-md"}, {Label: "IP address", Drop: "c-md"}, {Label: "Country", Drop: "c-lg"}, {Label: "Device", Drop: "c-md"}, {Label: "When", Number: true},
	}}
	for i := range lines.Lines {
		l := &lines.Lines[i]
		kind, word := ui.Good, "Signed in"
		switch l.Outcome {
		case "ok":
		case "impersonated":
			kind, word = ui.Info, "Viewed by shop staff"
		default:
			kind, word = ui.Warn, initialUpper(strings.ReplaceAll(l.Outcome, "_", " "))
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprint("sign-in-", i), Name: word, Cells: []templ.Component{
			ui.Status(kind, word, false), ui.Cell(cmp.Or(l.Method, "password")), ui.Cell(l.IP), ui.Cell(placed(l.Country)), ui.Cell(l.Device), when(p.clock, l.At),
		}})
	}
	more := ""
	if lines.Next != "" {
		at := personPath(p.list.path, p.User.ID, "activity", p.query)
		more = at + sep(at) + "kind=sign_in"
	}
	return tabSignIns(ui.Table(t), more), nil
}
