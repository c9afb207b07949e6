package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

const invitationsPath = "/admin/users/invitations"

func invitationPages(r routes) {
	r.staff("GET "+invitationsPath, invitationsPage)
	r.staff("GET "+invitationsPath+"/total", invitationsTotal)
	r.staff("GET "+invitationsPath+"/new", invitePage)
	r.staff("POST "+invitationsPath+"/new", inviteSomebody)
	r.staff("POST "+invitationsPath+"/{invitation}/resend", resendInvitation)
	r.staff("POST "+invitationsPath+"/{invitation}/link", relinkInvitation)
	r.staff("GET "+invitationsPath+"/{invitation}/revoke", func(v *web.Visit) error { return askRevoke(v, http.StatusOK, nil) })
	r.staff("POST "+invitationsPath+"/{invitation}/revoke", revokeInvitation)
}

// invitationsProps is the list ready to be drawn.
type invitationsProps struct {
	Head    ui.HeadProps
	Tabs    []ui.Tab
	Problem []ui.Run
	Bar     ui.FilterBarProps
	Table   ui.TableProps
	Pager   ui.PagerProps
	Empty   *ui.EmptyProps
	Note    []ui.Run // how far a search went
}

// invitationsAPage is how many invitations a page has.
const invitationsAPage = 50

// invitationsPage lists invitations, the last one sent first (checklist 119-124).
func invitationsPage(v *web.Visit) error { return showInvitations(v, http.StatusOK, nil) }

func showInvitations(v *web.Visit, status int, problem []ui.Run) error {
	ask, unread := invitationsAsk(v), false
	found, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.List, ask)
	if errors.Is(err, text.ErrQuery) {
		unread = true
		status, problem = http.StatusUnprocessableEntity, ui.Text(ui.T(refusalText(err)+" The list is shown without it."))
		ask.Search = ""
		found, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.List, ask)
	}
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	if v.R.Method == http.MethodPost {
		query = url.Values{}
	}
	first, _ := strconv.ParseInt(query.Get(placeName), 10, 64)
	if ask.Cursor == "" {
		first = 1
	}
	for _, name := range []string{placeName, totalName, "cursor"} {
		query.Del(name)
	}
	here := ui.Address{Path: invitationsPath, Query: query}
	p := invitationsProps{
		Head: ui.HeadProps{Title: "Users"}, Problem: problem,
		Bar: ui.FilterBarProps{
			At: here, Region: "list", Search: &ui.Search{Label: "Search invitations", Placeholder: "E-mail or inviter"}, Filters: []ui.Filter{statusesOf(ask.Statuses)},
		},
		Table: ui.TableProps{Caption: "Admin invitations, last sent first", At: here, Region: "list", Columns: []ui.Column{
			{Label: "E-mail", Grow: true}, {Label: "Role offered", Drop: "c-md"}, {Label: "Invited by", Drop: "c-lg"},
			{Label: "Sent", Number: true, Quiet: true, Drop: "c-lg"}, {Label: "Status"}, {Label: "Expires", Drop: "c-md"}, {Label: "Actions", Number: true, Hidden: true},
		}},
		Pager: ui.PagerProps{TotalURL: ui.Address{Path: invitationsPath + "/total", Query: query}.Without(), CountURL: counting(v), Region: "list"},
	}
	if p.Tabs, err = usersTabs(v, true); err != nil {
		return err
	}
	if v.Anywhere(access.UsersInvite) {
		p.Head.Actions = []ui.Action{{Label: "Invite admin", Icon: "user-plus", Href: invitationsPath + "/new", Main: true, Key: "n"}}
	}
	for i := range found.Rows {
		p.Table.Rows = append(p.Table.Rows, invitationRow(v, &found.Rows[i]))
	}
	n := int64(len(found.Rows))
	if n > 0 && first > 0 && first < 1<<40 {
		p.Pager.From, p.Pager.To = first, first+n-1
		p.Pager.TotalURL += sep(p.Pager.TotalURL) + "of=1"
	}
	if found.Next != "" {
		p.Pager.Next = here.Cursor(found.Next)
		if first > 0 {
			p.Pager.Next += sep(p.Pager.Next) + placeName + "=" + strconv.FormatInt(first+n, 10)
		}
	}
	if ask.Cursor != "" {
		p.Pager.Prev = here.Without()
	}
	if wantsTotal(v) {
		n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.Total, ask)
		if err != nil {
			return err
		}
		p.Pager.Total, p.Pager.TotalURL = invitationsCounted(n), ""
	}
	if unread { // the search is in the address still, and counts nothing
		p.Pager.Total, p.Pager.TotalURL = "not counted", ""
	}
	if found.Searched != 0 {
		p.Note = ui.Text(ui.T("Addresses are sealed, so they are searched by opening them: searched back to those sent on " + v.Clock().Date(ms(found.Searched)) + ". Go on with Next."))
	}
	if len(found.Rows) == 0 {
		p.Empty = noInvitations(v, ask)
	}
	return v.Page(status, "Admin invitations", "users", invitationsSheet(p))
}

func invitationsAsk(v *web.Visit) invite.Ask {
	ask := invite.Ask{Brand: v.BrandID(), Limit: invitationsAPage}
	if v.R.Method == http.MethodPost {
		return ask
	}
	query := v.R.URL.Query()
	ask.Cursor, ask.Search = query.Get("cursor"), strings.TrimSpace(query.Get("q"))
	for _, known := range invite.Statuses {
		for _, s := range query["status"] {
			if s == string(known) {
				ask.Statuses = append(ask.Statuses, known)
			}
		}
	}
	return ask
}

func invitationsTotal(v *web.Visit) error {
	n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.Total, invitationsAsk(v))
	if err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.PagerTotal(invitationsCounted(n), v.R.URL.Query().Get("of") != ""))
}

// invitationsCounted says how many there are; a search through too many sealed addresses is not counted.
func invitationsCounted(n int64) string {
	if n < 0 {
		return "not counted"
	}
	return ui.Count(n)
}

func statusesOf(chosen []invite.Status) ui.Filter {
	f := ui.Filter{Label: "Status"}
	var set []string
	for _, s := range invite.Statuses {
		on := false
		for _, c := range chosen {
			on = on || c == s
		}
		if on {
			set = append(set, s.Label())
		}
		f.Choices = append(f.Choices, ui.Choice{Name: "status", Value: string(s), Label: s.Label(), On: on})
	}
	f.Value = strings.Join(set, ", ")
	return f
}

func noInvitations(v *web.Visit, ask invite.Ask) *ui.EmptyProps {
	chosen := strings.ToLower(strings.ReplaceAll(statusesOf(ask.Statuses).Value, ", ", " or "))
	if ask.Search != "" {
		e := &ui.EmptyProps{Icon: "search", Title: "No invitation matches “" + ask.Search + "”", Text: "Every word must be found in the e-mail address or in the name of who invited.",
			Actions: []ui.Action{{Label: "Clear search and filters", Href: invitationsPath}}}
		if chosen != "" {
			e.Title += " and is " + chosen
			e.Actions = append([]ui.Action{{Label: "Search without the filter", Href: invitationsPath + "?q=" + url.QueryEscape(ask.Search)}}, e.Actions...)
		}
		return e
	}
	if chosen != "" {
		return &ui.EmptyProps{Icon: "mail", Title: "No invitation is " + chosen,
			Actions: []ui.Action{{Label: "Show all invitations", Href: invitationsPath}}}
	}
	e := &ui.EmptyProps{Icon: "mail", Title: "Nobody has been invited yet", Text: "Who is asked to join the staff stands here: with which role, by whom, and until when the link is good."}
	if v.Anywhere(access.UsersInvite) {
		e.Actions = []ui.Action{{Label: "Invite admin", Icon: "user-plus", Href: invitationsPath + "/new"}}
	}
	return e
}

func invitationRow(v *web.Visit, l *invite.Listed) ui.Row {
	c := v.Clock()
	row := ui.Row{ID: l.ID, Name: l.Email}
	state, hollow, until := ui.Info, true, ui.When(c, ms(l.ExpiresAt))
	switch l.Status {
	case invite.Accepted:
		state, hollow, until = ui.Good, false, ui.QuietCell("accepted "+c.Date(ms(l.AcceptedAt)))
	case invite.Expired:
		state, until = ui.Mute, ui.QuietCell(c.Date(ms(l.ExpiresAt)))
	case invite.Revoked:
		state, until = ui.Bad, ui.QuietCell("revoked "+c.Date(ms(l.RevokedAt)))
	}
	by := ui.Cell(l.By)
	if l.Inviter != "" && l.By != "A colleague" {
		by = ui.WhoCell(string(l.Inviter), l.By, "")
	}
	row.Cells = []templ.Component{
		invitedCell(l.Email, l.RoleName), ui.Cell(l.RoleName), by, ui.On(c, ms(l.SentAt)), ui.Status(state, l.Status.Label(), hollow), until,
		ui.RowButtons(l.Email, deedsOf(l)),
	}
	return row
}

func deedsOf(l *invite.Listed) (acts []ui.Action) {
	base := invitationsPath + "/" + l.ID
	if l.MayResend {
		acts = append(acts, ui.Action{Label: "Resend", Icon: "send", Post: base + "/resend"})
		if !l.Mailed && !l.SuperAdmin() {
			acts = append(acts, ui.Action{Label: "New link", Icon: "link", Post: base + "/link"})
		}
	}
	if l.MayRevoke {
		acts = append(acts, ui.Action{Label: "Revoke…", Icon: "mail-off", Href: base + "/revoke", Dialog: true})
	}
	return acts
}

// usersTabs are the areas of Users: the people, and for who sees staff the invitations, with how many are pending.
func usersTabs(v *web.Visit, invitations bool) ([]ui.Tab, error) {
	if !seesStaff(v) {
		return nil, nil
	}
	n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.Total, invite.Ask{Brand: v.BrandID(), Statuses: []invite.Status{invite.Pending}})
	if err != nil {
		return nil, err
	}
	count := ""
	if n > 0 {
		count = ui.Count(n) + " pending"
	}
	return []ui.Tab{{Label: "Users", Href: "/admin/users", Current: !invitations}, {Label: "Admin invitations", Count: count, Href: invitationsPath, Current: invitations}}, nil
}

// seesStaff says whether the viewer may see staff anywhere in the place.
func seesStaff(v *web.Visit) bool {
	for _, n := range v.Caller.Grants.NodesFor(v.Site.Door.Now().UnixMilli(), access.UsersView, access.Staff) {
		if n.Covers(v.Place()) || v.Place().Covers(n) {
			return true
		}
	}
	return false
}

func resendInvitation(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, invite.Resend, invite.Again{Invitation: v.R.PathValue("invitation")})
	if err == nil {
		return v.Gone(invitationsPath)
	}
	return orList(v, err)
}

// orList says over the list what could not be done.
func orList(v *web.Visit, err error) error {
	if t, ok := wrong(v, err); ok {
		return showInvitations(v, t.status, orRuns(t.problem, err))
	}
	return err
}

// relinkInvitation makes another link and shows it, once.
func relinkInvitation(v *web.Visit) error {
	id := v.R.PathValue("invitation")
	l, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.Show, id)
	if err != nil {
		return err
	}
	sent, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, invite.Resend, invite.Again{Invitation: id, Show: true})
	if err != nil {
		return orList(v, err)
	}
	return showLink(v, linkProps{Title: "A new link for " + l.Email, Name: l.Email, First: l.Email, Link: v.Site.Link(invite.Path(sent.Token))})
}

type linkProps struct{ Title, Name, First, Link, Another string }

func showLink(v *web.Visit, p linkProps) error {
	return v.Page(http.StatusOK, p.Title, "users", linkSheet(p))
}

func askRevoke(v *web.Visit, status int, problem []ui.Run) error {
	l, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.Show, v.R.PathValue("invitation"))
	if err != nil {
		return err
	}
	d := ui.DialogProps{
		Title: "Revoke the invitation of " + l.Email + "?", Action: invitationsPath + "/" + l.ID + "/revoke", Do: "Revoke", Danger: true,
		Cancel: invitationsPath, Problem: problem,
	}
	words := "The link is dead at once, and " + l.Email + " does not become " + l.RoleName + ". Nobody is told by e-mail. You can invite the address again."
	if !l.MayRevoke && len(problem) == 0 {
		d.Quiet = true
		words = "This invitation is " + string(l.Status) + ", so there is nothing to revoke."
		if l.Open() {
			return op.ErrForbidden.Say("You need “%s” for this. A Super Admin can give it to you.", access.UsersInvite.Label()).
				With("permission", access.UsersInvite.String()).With("scope", l.Scope)
		}
	}
	if v.Fragment() {
		return v.Render(status, statusDialog(d, words))
	}
	return v.Page(status, d.Title, "users", statusPage(d, words))
}

func revokeInvitation(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Withdraw, account.WithdrawnInvitation{Invitation: v.R.PathValue("invitation")})
	if err == nil {
		return v.Gone(invitationsPath)
	}
	if t, ok := wrong(v, err); ok {
		return askRevoke(v, t.status, orRuns(t.problem, err))
	}
	return err
}

// invitePage is the form of an invitation (checklist 227): address, role, place, a few words.
func invitePage(v *web.Visit) error {
	query := v.R.URL.Query()
	if v.Brand == nil && !query.Has("role") && !query.Has("brand") {
		query.Set("brand", string(brand.Platform))
	}
	f, err := newAddForm(v, query)
	if err != nil {
		return err
	}
	f.read(query)
	return showInvite(v, http.StatusOK, f, troubles{})
}

func inviteSomebody(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f, err := newAddForm(v, form)
	if err != nil {
		return err
	}
	f.read(form)
	if form.Get("do") == "preview" {
		return showInvite(v, http.StatusOK, f, troubles{})
	}
	var mistakes errs.Wrong
	f.check(&mistakes, f.role)
	if err := mistakes.Err(); err != nil {
		return showInvite(v, http.StatusUnprocessableEntity, f, troubles{fields: errs.Of(err).Fields})
	}
	added, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Invite, f.newStaff())
	if err == nil {
		return showAdded(v, f, added)
	}
	if t, ok := f.refused(v, err, "email", "send", "message"); ok {
		return showInvite(v, t.status, f, t)
	}
	return v.StepUp(err, invitationsPath)
}

func showInvite(v *web.Visit, status int, f *addForm, t troubles) error {
	if t.status != 0 {
		status = t.status
	}
	return v.Page(status, "Invite admin", "users", inviteSheet(f.props(v, t)))
}

// inviting lets the places and roles answer while one chooses.
func inviting(region string, also ...string) templ.Attributes {
	if region != "place" {
		return nil
	}
	return choosing(invitationsPath+"/new", region)
}

func (f *addForm) sends() string {
	if f.ByMail {
		return "yes"
	}
	return "no"
}

// reminders say on the overview what wants looking after, to who invites or sees roles (checklist 86, 265). Nothing to look after:
// no line.
func reminders(v *web.Visit) (words []ui.Run, err error) {
	if words, err = requestsDue(v); err != nil {
		return nil, err
	}
	if !v.Anywhere(access.UsersInvite) && !v.Anywhere(access.StaffRolesView) {
		return words, nil
	}
	r, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, invite.Current, v.BrandID())
	if err != nil {
		return nil, err
	}
	add := func(n int64, one, many, path string) {
		if n == 0 {
			return
		}
		if len(words) > 0 {
			words = append(words, ui.T(" "))
		}
		words = append(words, ui.L(ui.Counted(n, one, many), path), ui.T("."))
	}
	add(r.Expiring, "invitation runs out within two days", "invitations run out within two days", invitationsPath+"?status=pending")
	add(r.Expired, "invitation ran out in the last week", "invitations ran out in the last week", invitationsPath+"?status=expired")
	add(r.Due, "person got their role a month ago: look whether it still fits", "people got their role a month ago: look whether it still fits", "/admin/settings/users")
	return words, nil
}
