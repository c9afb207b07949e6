package admin

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

const securityPath = "/admin/me/security"

func factorPages(r routes) {
	r.staff("GET "+securityPath, securityPage)
	r.staff("POST "+securityPath+"/apps", offerApp)
	r.staff("GET "+securityPath+"/apps/new", newAppPage)
	r.staff("POST "+securityPath+"/apps/new", addApp)
	r.staff("GET "+securityPath+"/apps/{app}/name", appNamePage)
	r.staff("POST "+securityPath+"/apps/{app}/name", renameApp)
	r.staff("POST "+securityPath+"/apps/{app}/remove", removeApp)
	r.staff("POST "+securityPath+"/codes", renewCodes)
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/second-factor", func(v *web.Visit) error { return askSecondReset(v, l, http.StatusOK, nil) })
		r.staff("POST "+l.path+"/{id}/second-factor", func(v *web.Visit) error { return resetSecond(v, l) })
	}
	afterwards[auth.AddApp.Name] = showCodes
	afterwards[auth.RenewRecovery.Name] = showCodes
}

// securityPage is how one's own account is protected.
func securityPage(v *web.Visit) error { return showSecurity(v, http.StatusOK, nil) }

func showSecurity(v *web.Visit, status int, problem []ui.Run) error {
	has, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ShowProtection, op.None{})
	if err != nil {
		return err
	}
	c := v.Clock()
	p := securityProps{Protection: has, Clock: c, Problem: problem}
	p.Table = ui.TableProps{
		Caption: "Your authenticator apps",
		Columns: []ui.Column{
			{Label: "App", Grow: true}, {Label: "Added", Number: true, Drop: "c-md"}, {Label: "Last used", Number: true}, {Label: "Change", Hidden: true, Class: "st-r"},
		},
	}
	for _, a := range has.Apps {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: a.ID, Name: a.Name, Cells: []templ.Component{
			ui.Cell(a.Name), when(c, a.MadeAt), when(c, a.UsedAt), ui.RowButtons(a.Name, []ui.Action{
				{Label: "Rename", Icon: "pencil", Href: securityPath + "/apps/" + a.ID + "/name"},
				{Label: "Remove", Icon: "trash", Post: securityPath + "/apps/" + a.ID + "/remove"},
			}),
		}})
	}
	return v.Page(status, "Security", "", securitySheet(p))
}

type securityProps struct {
	auth.Protection
	Clock   ui.Clock
	Table   ui.TableProps
	Problem []ui.Run
}

func (p securityProps) head() ui.HeadProps { return ui.HeadProps{Title: "Security", Fact: p.fact()} }

func (p securityProps) fact() string {
	switch {
	case !p.Any() && p.Required:
		return "No second factor yet, and this installation asks for one"
	case !p.Any():
		return "No second factor: your password alone opens your account"
	}
	return "Signing in takes a second factor"
}

func (p securityProps) addApp() []ui.Action {
	return []ui.Action{{Label: "Add an app", Icon: "plus", Post: securityPath + "/apps", Small: true}}
}

func (p securityProps) renew() []ui.Action {
	label := "Make new codes"
	if len(p.Codes) == 0 {
		label = "Make recovery codes"
	}
	return []ui.Action{{Label: label, Icon: "refresh", Post: securityPath + "/codes", Small: true}}
}

// codesLeft says how many recovery codes there are, and since when.
func (p securityProps) codesLeft() string {
	if len(p.Codes) == 0 {
		return "You have none. Without them, somebody has to reset your second factor when you lose it."
	}
	made := p.Clock.Date(ms(p.Codes[0].MadeAt))
	if p.Recovery == 0 {
		return "All " + ui.Count(int64(len(p.Codes))) + " of " + made + " are used up. Make new ones."
	}
	return ui.Count(p.Recovery) + " of " + ui.Count(int64(len(p.Codes))) + " are left, made " + made + ". Each lets you in once when your app or passkey is lost."
}

// used are the codes that were used.
func (p securityProps) used() (used []auth.RecoveryCode) {
	for _, c := range p.Codes {
		if c.UsedAt != 0 {
			used = append(used, c)
		}
	}
	return used
}

// orSecurity says over the page what could not be done.
func orSecurity(v *web.Visit, err error) error {
	if t, ok := wrong(v, err); ok {
		return showSecurity(v, t.status, t.problem)
	}
	if err == nil {
		return v.Gone(securityPath)
	}
	return v.StepUp(err, securityPath)
}

func offerApp(v *web.Visit) error {
	if _, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, auth.OfferApp, op.None{}); err != nil {
		return err
	}
	return v.Gone(securityPath + "/apps/new")
}

func newAppPage(v *web.Visit) error { return showNewApp(v, http.StatusOK, newAppProps{}) }

// showNewApp draws the secret that waits for its app. Where none waits, one begins on the page before.
func showNewApp(v *web.Visit, status int, p newAppProps) error {
	offer, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ShowOffer, op.None{})
	if errors.Is(err, auth.ErrOffer) {
		return v.Gone(securityPath)
	}
	if err != nil {
		return err
	}
	p.Offer, p.Action, p.Do, p.Named = offer, securityPath+"/apps/new", "Continue", true
	return v.Page(status, "Add an authenticator app", "", newAppSheet(p))
}

// addApp looks at the first code, then asks for the step-up. The app's code is good once, so it is not asked for again.
func addApp(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	name := form.Get("name")
	right, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, auth.ProveApp, form.Get("code"))
	if errors.Is(err, auth.ErrOffer) {
		return v.Gone(securityPath)
	}
	if err != nil {
		return err
	}
	if !right {
		return showNewApp(v, http.StatusUnprocessableEntity, newAppProps{Name: name, Problem: wrongNewCode})
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.AddApp, auth.NewApp{Name: name})
	if text := errs.Of(err).Fields["name"]; err != nil && text != "" {
		return showNewApp(v, http.StatusUnprocessableEntity, newAppProps{Name: name, NameError: text})
	}
	return orSecurity(v, err)
}

// showCodes shows new recovery codes, once.
func showCodes(v *web.Visit, out any) error {
	codes, _ := out.([]string)
	if len(codes) == 0 {
		return v.Gone(securityPath)
	}
	return v.Page(http.StatusOK, codesTitle, "", codesSheet(codesProps{Codes: codes, On: securityPath, Do: "I have kept them"}))
}

func appNamePage(v *web.Visit) error { return showAppName(v, http.StatusOK, "", troubles{}) }

func showAppName(v *web.Visit, status int, typed string, t troubles) error {
	has, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ShowProtection, op.None{})
	if err != nil {
		return err
	}
	for _, a := range has.Apps {
		if a.ID == v.R.PathValue("app") {
			p := appNameProps{
				Form: ui.FormProps{Action: securityPath + "/apps/" + a.ID + "/name", Do: "Rename", Cancel: securityPath, Narrow: true, Errors: t.lines("name"), Problem: t.problem},
				Name: ui.Field{Name: "name", Label: "Name", Value: orElse(typed, a.Name), Autocomplete: "off", Required: true, MaxLength: 100, Error: t.of("name")},
			}
			return v.Page(status, "Rename "+a.Name, "", appNameSheet(p))
		}
	}
	return errs.ErrNotFound
}

type appNameProps struct {
	Form ui.FormProps
	Name ui.Field
}

func renameApp(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	name := form.Get("name")
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RenameApp, auth.AppName{App: v.R.PathValue("app"), Name: name})
	if err == nil {
		return v.Gone(securityPath)
	}
	if t, ok := wrong(v, err, "name"); ok {
		return showAppName(v, t.status, name, t)
	}
	return err
}

func removeApp(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RemoveApp, v.R.PathValue("app"))
	return orSecurity(v, err)
}

func renewCodes(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RenewRecovery, op.None{})
	return orSecurity(v, err)
}

// askSecondReset asks before somebody's second factors are removed.
func askSecondReset(v *web.Visit, l *peopleList, status int, problem []ui.Run) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	d := ui.DialogProps{
		Title: "Reset the second factor of " + p.Title + "?", Action: personPath(l.path, p.User.ID, "second-factor", ""), Do: "Reset second factor", Danger: true,
		Cancel: p.path(""), Problem: problem, Sends: []ui.Hidden{{Name: "back", Value: p.path("")}},
	}
	words := "For somebody who has lost their app, passkey and recovery codes: all of them are removed. " + firstName(p.User, p.Title) +
		" is signed out everywhere, is told by e-mail, and makes a new second factor at the next sign-in. Be sure that it is they who ask."
	if v.Fragment() {
		return v.Render(status, statusDialog(d, words))
	}
	return v.Page(status, d.Title, l.name, statusPage(d, words))
}

func resetSecond(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id := user.ID(v.R.PathValue("id"))
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ResetSecondFactor, account.Of(id))
	if t, ok := wrong(v, err); ok {
		return askSecondReset(v, l, t.status, orRuns(t.problem, err))
	}
	back := web.Back(form.Get("back"), personPath(l.path, id, "", ""))
	if err == nil {
		return v.Gone(back)
	}
	return v.StepUp(err, back)
}
