package admin

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

const adoptionPath = "/admin/settings/security/second-factors"

func adoptionPages(r routes) {
	r.staff("GET "+adoptionPath, adoptionPage)
	r.staff("POST "+adoptionPath+"/remind", remindAll)
	r.staff("POST "+adoptionPath+"/{user}/remind", remindOne)
}

type adoptionProps struct {
	Head  ui.HeadProps
	Stats []ui.Stat
	Kind  ui.Kind
	State []ui.Run // whether a second factor is required
	Tabs  []ui.Tab
	Table ui.TableProps
	Empty ui.EmptyProps
}

// adoptionPage shows who of the staff has a second factor, those without first (checklist 254-256).
func adoptionPage(v *web.Visit) error {
	a, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.ShowAdoption, op.None{})
	if err != nil {
		return err
	}
	show := v.R.URL.Query().Get("show")
	p := adoptionProps{
		Head: ui.HeadProps{Title: "Second factors", Fact: shareOf(a)},
		Stats: []ui.Stat{
			{Label: "With a second factor", Value: ui.Count(int64(a.With))}, {Label: "Without", Value: ui.Count(int64(a.Without))},
			{Label: "With an authenticator app", Value: ui.Count(int64(a.Apps))}, {Label: "With a passkey", Value: ui.Count(int64(a.Passkeys))},
		},
		Tabs: []ui.Tab{
			{Label: "Everybody", Href: adoptionPath, Current: show != "without" && show != "with"},
			{Label: "Without", Href: adoptionPath + "?show=without", Current: show == "without"},
			{Label: "With", Href: adoptionPath + "?show=with", Current: show == "with"},
		},
		Table: ui.TableProps{Caption: "Staff and their second factors", Columns: []ui.Column{
			{Label: "Name", Grow: true}, {Label: "Role", Drop: "c-md"}, {Label: "Second factor"}, {Label: "Recovery codes left", Number: true, Drop: "c-md"}, {Label: "Reminder"},
		}},
		Empty: ui.EmptyProps{Icon: "shield-check", Title: "Nobody here", Text: "Nobody of the staff whom you see fits this choice."},
	}
	p.Kind, p.State = ui.Good, ui.Text(ui.B("Required."), ui.T(" Staff without a second factor make one at their next sign-in, before they get any further."))
	if !a.Required {
		p.Kind, p.State = ui.Warn, ui.Text(ui.B("Not required."), ui.T(" A stolen or guessed password alone opens the desk for those without."))
	}
	if v.May(access.SecurityEdit, op.Installation.Subjects()[0]) {
		p.State = append(p.State, ui.T(" "), ui.L("Change this", "/admin/settings/security#f-second_factor"))
	}
	waiting, reminded := 0, false
	for i := range a.Staff {
		m := &a.Staff[i]
		if m.Remind {
			waiting++
		}
		reminded = reminded || m.Reminded != 0 && !m.Any()
		if show == "without" && m.Any() || show == "with" && !m.Any() {
			continue
		}
		p.Table.Rows = append(p.Table.Rows, adoptionRow(v, m))
	}
	if last := len(p.Table.Columns) - 1; waiting == 0 && !reminded { // no column that is empty all the way down
		p.Table.Columns = p.Table.Columns[:last]
		for i := range p.Table.Rows {
			p.Table.Rows[i].Cells = p.Table.Rows[i].Cells[:last]
		}
	}
	if waiting > 0 {
		p.Head.Actions = []ui.Action{{Label: "Remind all", Icon: "mail", Post: adoptionPath + "/remind", Count: ui.Count(int64(waiting)), About: "who have no second factor"}}
	}
	return v.Page(http.StatusOK, "Second factors", "settings", adoptionSheet(p))
}

func shareOf(a account.Adoption) string {
	all := a.With + a.Without
	fact := ui.Count(int64(a.With)) + " of " + ui.Counted(int64(all), "active member of staff", "active staff")
	if a.Truncated {
		fact += ", of the first 2,000"
	}
	return fact
}

func adoptionRow(v *web.Visit, m *account.Protected) ui.Row {
	var words []string
	if m.App {
		words = append(words, "Authenticator app")
	}
	if m.Factors.Passkeys > 0 {
		words = append(words, ui.Counted(m.Factors.Passkeys, "passkey", "passkeys"))
	}
	who := ui.PersonCell{ID: string(m.User), Name: m.Name, Nameless: m.Email, Mail: mailBeside(m.Name, m.Email), Href: "/admin/users/" + string(m.User)}
	remind, said := "", ""
	if m.Remind {
		remind = adoptionPath + "/" + string(m.User) + "/remind"
	}
	if m.Reminded != 0 && !m.Any() {
		said = "Reminded " + v.Clock().Moment(ms(m.Reminded))
	}
	left := ui.NoFigure("no second factor")
	if m.Any() {
		left = ui.Numbered(m.Recovery)
	}
	return ui.Row{ID: string(m.User), Name: m.Name, Cells: []templ.Component{
		ui.Person(who), ui.Cell(m.Role), factorsCell(words), left, remindCell(remind, cmp.Or(m.Name, m.Email), said),
	}}
}

func remindOne(v *web.Visit) error {
	if _, err := v.Form(); err != nil {
		return err
	}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.RemindSecondFactor, account.Of(user.ID(v.R.PathValue("user")))); err != nil {
		return err
	}
	return v.Gone(adoptionPath)
}

// remindAll reminds everybody whom the page offers to remind. Who was reminded, or protected, in the meantime is passed over, and so
// is who holds more than the sender.
func remindAll(v *web.Visit) error {
	if _, err := v.Form(); err != nil {
		return err
	}
	a, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.ShowAdoption, op.None{})
	if err != nil {
		return err
	}
	for i := range a.Staff {
		if !a.Staff[i].Remind {
			continue
		}
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.RemindSecondFactor, account.Of(a.Staff[i].User))
		if err != nil && errs.Of(err).Kind != errs.Conflict && !errors.Is(err, op.ErrHoldsMore) {
			return err
		}
	}
	return v.Gone(adoptionPath)
}
