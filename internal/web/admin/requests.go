package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// requestPages are the requests of people to be deleted: the oldest first, each with the days that are left to answer. Archiving the
// person closes theirs.
func requestPages(r routes) {
	r.staff("GET "+requestsPath, requestsPage)
	r.staff("GET "+requestsPath+"/{request}/refuse", func(v *web.Visit) error { return askRefusal(v, http.StatusOK, refusalForm{}) })
	r.staff("POST "+requestsPath+"/{request}/refuse", refuseRequest)
}

const (
	requestsPath  = "/admin/requests"
	requestsAPage = 50
)

type requestsProps struct {
	Head  ui.HeadProps
	Table ui.TableProps
	Pager ui.PagerProps
	Empty *ui.EmptyProps
}

func requestsPage(v *web.Visit) error {
	after := v.R.URL.Query().Get("after")
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, privacy.Requests, privacy.RequestPage{Brand: v.BrandID(), After: after, Limit: requestsAPage})
	if err != nil {
		return err
	}
	p := requestsProps{
		Head: ui.HeadProps{Title: "Requests for deletion", Fact: "Each is answered within 30 days of the day on which it was made"},
		Table: ui.TableProps{Caption: "Open requests for deletion, the oldest first", Columns: []ui.Column{
			{Label: "Person"}, {Label: "Reason", Drop: "c-md", Grow: true, Class: "st-wrapcell"}, {Label: "Asked", Number: true, Quiet: true, Drop: "c-md"}, {Label: "Left"}, {Label: "Actions", Number: true, Hidden: true},
		}},
	}
	if len(all) > requestsAPage {
		all = all[:requestsAPage]
		p.Pager.Next = requestsPath + "?after=" + url.QueryEscape(all[requestsAPage-1].ID)
	}
	if after != "" {
		p.Pager.Prev = requestsPath
	}
	for i := range all {
		p.Table.Rows = append(p.Table.Rows, requestRow(v, &all[i]))
	}
	if len(all) == 0 {
		p.Empty = &ui.EmptyProps{Icon: "user-off", Title: "Nobody asks to be deleted", Text: "Customers ask on the page “Privacy” of their account."}
	}
	return v.Page(http.StatusOK, "Requests for deletion", "requests", requestsSheet(p))
}

func requestRow(v *web.Visit, r *privacy.RequestShown) ui.Row {
	person := personPath(usersList.path, r.User, "", "")
	archive := ui.Action{Label: "Archive…", About: r.Name, Href: person + "/archive?reason=" + string(privacy.GDPRRequest), Dialog: true, Small: true}
	refuse := ui.Action{Label: "Refuse…", About: r.Name, Href: requestsPath + "/" + r.ID + "/refuse", Dialog: true, Small: true, Quiet: true}
	return ui.Row{ID: r.ID, Name: r.Name, Cells: []templ.Component{
		requestCell(r, person), reasonCell(r.Reason), when(v.Clock(), r.AskedAt), daysLeft(v, r), ui.RowButtons(r.Name, []ui.Action{refuse, archive}),
	}}
}

func daysLeft(v *web.Visit, r *privacy.RequestShown) templ.Component {
	switch days := r.DaysLeft(v.Site.Door.Now()); {
	case days < 0:
		return ui.Status(ui.Bad, "Overdue", false)
	case days <= 7:
		return ui.Status(ui.Warn, ui.Counted(int64(days), "day", "days"), false)
	default:
		return ui.Status(ui.Mute, ui.Counted(int64(days), "day", "days"), false)
	}
}

// refusalForm is what was typed, and what is wrong with it.
type refusalForm struct {
	Reason string
	troubles
}

func askRefusal(v *web.Visit, status int, f refusalForm) error {
	r, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, privacy.FindRequest, v.R.PathValue("request"))
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.UsersArchive}, User: r.User, NotSelf: true}); err != nil {
		return err
	}
	d := ui.DialogProps{
		Title: "Refuse the request of " + r.Name + "?", Action: requestsPath + "/" + r.ID + "/refuse", Do: "Refuse", Cancel: requestsPath, Problem: f.problem,
	}
	if v.Fragment() {
		return v.Render(status, overPage(d, refusalBody(f)))
	}
	return v.Page(status, d.Title, "requests", ownPage(d, refusalBody(f)))
}

func refuseRequest(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f := refusalForm{Reason: strings.TrimSpace(form.Get("reason"))}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, privacy.RefuseDeletion, privacy.Refusing{Request: v.R.PathValue("request"), Reason: f.Reason})
	if err == nil {
		return v.Gone(requestsPath)
	}
	t, ok := wrong(v, err, "reason")
	if !ok {
		return err
	}
	f.troubles = t
	return askRefusal(v, t.status, f)
}

// requestsDue says on the overview how many people wait for an answer, to who may give it.
func requestsDue(v *web.Visit) ([]ui.Run, error) {
	if !v.Anywhere(access.UsersArchive) {
		return nil, nil
	}
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, privacy.Requests, privacy.RequestPage{Brand: v.BrandID(), Limit: requestsAPage})
	if errors.Is(err, op.ErrForbidden) || len(all) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	words := ui.Counted(int64(len(all)), "request for deletion", "requests for deletion")
	if len(all) > requestsAPage {
		words = "More than " + ui.Counted(requestsAPage, "request for deletion", "requests for deletion")
	}
	left := all[0].DaysLeft(v.Site.Door.Now())
	ends := "; the oldest has " + ui.Counted(int64(left), "day", "days") + " left."
	if left < 0 {
		ends = "; the oldest is overdue."
	}
	return ui.Text(ui.L(words, requestsPath), ui.T(ends)), nil
}
