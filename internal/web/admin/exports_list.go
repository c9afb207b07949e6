package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// A list is exported as it is looked at: its filters, search and order go along as the list's own address has them.

var listPurposeWords = map[string]string{
	"analysis": "Analysis", "compliance": "Compliance", "support": "Support", "backup": "Backup",
	access.PurposeMarketing: "Marketing list: only who agreed to marketing by e-mail",
}

// exporting is the way from a list to its file, for who may export people here.
func (l *peopleList) exporting(v *web.Visit, query string) []ui.Action {
	if !v.Anywhere(access.CustomersExport) {
		return nil
	}
	href := l.path + "/export"
	if query != "" {
		href += "?" + query
	}
	return []ui.Action{{Label: "Export", Icon: "download", Href: href, Dialog: true, Quiet: true, Small: true, Drop: "c-md"}}
}

func (l *peopleList) askFile(v *web.Visit) error {
	query := v.R.URL.Query()
	query.Del(placeName)
	query.Del("cursor")
	return l.drawFile(v, http.StatusOK, query, url.Values{}, troubles{})
}

// drawFile asks what the file is for, and says how many rows there will be.
func (l *peopleList) drawFile(v *web.Visit, status int, query, form url.Values, t troubles) error {
	if err := opens(v, account.Opening{Any: []access.Permission{access.CustomersExport}}); err != nil {
		return err
	}
	n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.total, directory.Ask{Brand: v.BrandID(), Params: query, Form: field.Page})
	if err != nil {
		return err
	}
	back := l.path
	if len(query) > 0 {
		back += "?" + query.Encode()
	}
	d := ui.DialogProps{
		Title: "Export this list?", Action: l.path + "/export", Do: "Export", Cancel: back, Problem: t.problem,
		Sends: []ui.Hidden{{Name: "query", Value: query.Encode()}},
	}
	p := listFile{
		Words:    fmt.Sprintf("The list finds %s now. The file is made in the background, can be downloaded by you alone, and is deleted after 24 hours.", people(n)),
		Columns:  ui.Field{Name: "columns", Label: "Columns", Value: form.Get("columns"), Error: t.of("columns"), Hint: "The usual ones are name, e-mail, phone, status and dates."},
		Purpose:  ui.Field{Name: "purpose", Label: "What for", Value: form.Get("purpose"), Error: t.of("purpose"), Hint: "It stands in the audit log, with who asked and how many rows the file has."},
		Purposes: purposesOf(v),
	}
	if v.Fragment() {
		return v.Render(status, listFileDialog(d, p))
	}
	return v.Page(status, d.Title, l.name, listFilePage(d, p))
}

func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return ui.Count(n) + " people"
}

type listFile struct {
	Words            string
	Columns, Purpose ui.Field
	Purposes         []ui.Option
}

// purposesOf are the purposes for which the viewer may export anybody.
func purposesOf(v *web.Visit) (all []ui.Option) {
	now := v.Site.Door.Now().UnixMilli()
	for _, purpose := range directory.ListPurposes {
		if slices.ContainsFunc(v.Caller.Grants, func(g access.Grant) bool { return v.Caller.Grants.ExportRows(now, g.Scope, purpose) > 0 }) {
			all = append(all, ui.Option{Value: purpose, Label: listPurposeWords[purpose]})
		}
	}
	return all
}

func (l *peopleList) startFile(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	query, err := url.ParseQuery(form.Get("query"))
	if err != nil {
		query = url.Values{}
	}
	ask := directory.Ask{Brand: v.BrandID(), Params: query, Form: field.Page}
	in := directory.ListExport{List: l.name, Ask: ask, Purpose: form.Get("purpose")}
	if form.Get("columns") == "all" {
		page, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.query, ask)
		if err != nil {
			return err
		}
		for _, f := range page.Fields.Columns() {
			in.Columns = append(in.Columns, f.Key)
		}
	}
	n, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, l.total, ask)
	if err != nil {
		return err
	}
	if n <= export.UnprovenTo {
		in.Most = export.UnprovenTo
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, directory.ExportList, in)
	if err == nil {
		return v.Gone(exportsPath)
	}
	if t, ok := wrong(v, err, "purpose", "columns"); ok {
		return l.drawFile(v, t.status, query, form, t)
	}
	return v.StepUp(err, exportsPath)
}
