package web

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// SecurityRoutes hangs up the pages on which somebody sees and changes how their own account is protected: password, passkeys,
// authenticator apps, recovery codes. They are the same for every audience, at SecurityPath.
func SecurityRoutes(hang Hang, s *StepUps) {
	hang("GET", func(v *Visit) error { return showSecurity(v, http.StatusOK, nil) })
	hang("POST /apps", offerApp)
	hang("GET /apps/new", func(v *Visit) error { return showNewApp(v, http.StatusOK, ui.NewAppProps{}) })
	hang("POST /apps/new", addApp)
	hang("GET /passkeys/new", func(v *Visit) error { return showNewPasskey(v, http.StatusOK, "") })
	hang("POST /passkeys/question", newPasskeyQuestion)
	hang("POST /passkeys", addPasskey)
	hang("POST /codes", renewCodes)
	for _, k := range []*factorKind{apps, passkeys} {
		hang("GET /"+k.path+"/{factor}/name", func(v *Visit) error { return k.askName(v, http.StatusOK, "", refused{}) })
		hang("POST /"+k.path+"/{factor}/name", k.rename)
		hang("POST /"+k.path+"/{factor}/remove", k.remove)
	}
	hang("GET /password", func(v *Visit) error { return showPassword(v, http.StatusOK, refused{}) })
	hang("POST /password", changePassword)
	s.Afterwards[auth.AddApp.Name] = showCodes
	s.Afterwards[auth.AddPasskey.Name] = showCodes
	s.Afterwards[auth.RenewRecovery.Name] = showCodes
}

// SecurityPath is where these pages are.
func (v *Visit) SecurityPath() string {
	if v.Audience == session.Staff {
		return "/admin/me/security"
	}
	return v.Base() + "/security"
}

// app says whether the visit is in an own account or the company panel.
func (v *Visit) app() bool { return v.Audience != session.Staff }

func (v *Visit) protection() (auth.Protection, error) {
	return op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ShowProtection, op.None{})
}

func showSecurity(v *Visit, status int, problem []ui.Run) error {
	has, err := v.protection()
	if err != nil {
		return err
	}
	p := ui.SecurityProps{App: v.app(), At: v.SecurityPath(), Clock: v.Clock(), Fact: protectionFact(v, has), Problem: problem}
	if !v.app() { // the others see it in their profile
		p.Email, p.EmailTo = v.Present.User.Email, v.EmailPath()
	}
	if v.Audience != session.Company { // company users come in with a code
		p.Password = &ui.PasswordState{Has: has.Password, SetAt: moment(has.PasswordAt)}
	}
	if p.Apps, err = apps.list(v); err != nil {
		return err
	}
	if p.Passkeys, err = passkeys.list(v); err != nil {
		return err
	}
	p.Codes = ui.CodesState{Left: has.Recovery, All: int64(len(has.Codes)), Possible: has.Any()}
	for i, c := range has.Codes {
		if i == 0 {
			p.Codes.Made = moment(c.MadeAt)
		}
		if c.UsedAt != 0 {
			p.Codes.Used = append(p.Codes.Used, moment(c.UsedAt))
		}
	}
	return v.Page(status, "Security", "security", ui.Security(p))
}

func protectionFact(v *Visit, has auth.Protection) string {
	switch {
	case !has.Any() && has.Required:
		return "No second factor yet, and this installation asks for one"
	case has.Any():
		return "Signing in takes a second factor"
	case v.app():
		return "How you sign in, and what keeps others out."
	}
	return "No second factor: your password alone opens your account"
}

// orSecurity says over the page what could not be done.
func orSecurity(v *Visit, err error) error {
	if err == nil {
		return v.Gone(v.SecurityPath())
	}
	if r, ok := v.refused(err); ok {
		return showSecurity(v, r.status, r.all())
	}
	return v.StepUp(err, v.SecurityPath())
}

func offerApp(v *Visit) error {
	if _, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, auth.OfferApp, op.None{}); err != nil {
		return err
	}
	return v.Gone(v.SecurityPath() + "/apps/new")
}

// showNewApp draws the secret that waits for its app. Where none waits, one begins on the page before.
func showNewApp(v *Visit, status int, p ui.NewAppProps) error {
	offer, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ShowOffer, op.None{})
	if errors.Is(err, auth.ErrOffer) {
		return v.Gone(v.SecurityPath())
	}
	if err != nil {
		return err
	}
	p.Link, p.Groups, p.Secret = offer.Link, offer.Groups(), offer.Secret
	p.Action, p.Do, p.Named = v.SecurityPath()+"/apps/new", "Continue", true
	return v.below("Add an authenticator app", status, ui.NewApp(p))
}

// below answers with a page below Security.
func (v *Visit) below(title string, status int, inside templ.Component) error {
	return v.Page(status, title, "security", ui.Around(ui.SecurityForm(v.app(), v.SecurityPath(), title), inside))
}

// addApp looks at the first code, then asks for the step-up. The app's code is good once, so it is not asked for again.
func addApp(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	name := form.Get("name")
	right, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, auth.ProveApp, form.Get("code"))
	if errors.Is(err, auth.ErrOffer) {
		return v.Gone(v.SecurityPath())
	}
	if err != nil {
		return err
	}
	if !right {
		return showNewApp(v, http.StatusUnprocessableEntity, ui.NewAppProps{Name: name, Problem: ui.WrongNewCode})
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.AddApp, auth.NewApp{Name: name})
	if text := errs.Of(err).Fields["name"]; err != nil && text != "" {
		return showNewApp(v, http.StatusUnprocessableEntity, ui.NewAppProps{Name: name, NameError: text})
	}
	return orSecurity(v, err)
}

func showNewPasskey(v *Visit, status int, problem string) error {
	return v.below("Add a passkey", status, ui.NewPasskeyForm(ui.PasskeyProps{
		Do: "Make the passkey", Ask: v.SecurityPath() + "/passkeys/question", To: v.SecurityPath() + "/passkeys", Make: true, Main: true,
	}, problem))
}

func newPasskeyQuestion(v *Visit) error {
	return v.Question(v.Site.Desk.AskNew(v.Ctx(), v.Caller, v.Site.RelyingParty(), ""))
}

// addPasskey asks for the step-up with what the device made; it waits on the server until it is confirmed.
func addPasskey(v *Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.AddPasskey, auth.NewPasskey{Name: v.R.PostForm.Get("name"), Token: token, Answer: answer})
	if e := errs.Of(err); err != nil && (e.Kind == errs.Unauthorized || e.Kind == errs.Invalid) && !errors.Is(err, op.ErrSignIn) {
		r, _ := v.refused(err)
		return showNewPasskey(v, e.Kind.Status(), r.text(e))
	}
	return orSecurity(v, err)
}

func renewCodes(v *Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RenewRecovery, op.None{})
	return orSecurity(v, err)
}

// showCodes shows new recovery codes, once.
func showCodes(v *Visit, out any) error {
	codes, _ := out.([]string)
	if len(codes) == 0 {
		return v.Gone(v.SecurityPath())
	}
	return v.Page(http.StatusOK, ui.CodesTitle, "security", ui.CodesPage(v.app(), ui.CodesProps{Codes: codes, On: v.SecurityPath(), Do: "I have kept them"}))
}

// factorKind is what apps and passkeys have in common on their pages.
type factorKind struct {
	path, what string
	list       func(v *Visit) ([]ui.Factor, error)
	name       func(v *Visit, id, name string) error
	drop       func(v *Visit, id string) error
}

var apps = &factorKind{
	path: "apps", what: "authenticator app",
	list: func(v *Visit) (all []ui.Factor, err error) {
		has, err := v.protection()
		for _, a := range has.Apps {
			all = append(all, ui.Factor{ID: a.ID, Name: a.Name, Made: moment(a.MadeAt), Used: moment(a.UsedAt)})
		}
		return all, err
	},
	name: func(v *Visit, id, name string) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RenameApp, auth.AppName{App: id, Name: name})
		return err
	},
	drop: func(v *Visit, id string) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RemoveApp, id)
		return err
	},
}

var passkeys = &factorKind{
	path: "passkeys", what: "passkey",
	list: func(v *Visit) (all []ui.Factor, err error) {
		has, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ListPasskeys, op.None{})
		for _, k := range has {
			all = append(all, ui.Factor{ID: k.ID, Name: k.Name, Synced: k.Synced, Made: moment(k.MadeAt), Used: moment(k.UsedAt)})
		}
		return all, err
	},
	name: func(v *Visit, id, name string) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RenamePasskey, auth.PasskeyName{Passkey: id, Name: name})
		return err
	},
	drop: func(v *Visit, id string) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.RemovePasskey, id)
		return err
	},
}

func (k *factorKind) askName(v *Visit, status int, typed string, r refused) error {
	all, err := k.list(v)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.ID != v.R.PathValue("factor") {
			continue
		}
		at := v.SecurityPath()
		form := ui.FormProps{Action: at + "/" + k.path + "/" + f.ID + "/name", Do: "Rename", Cancel: at, Narrow: true, Errors: r.lines("name"), Problem: r.problem}
		field := ui.Field{Name: "name", Label: "Name", Value: cmp.Or(typed, f.Name), Autocomplete: "off", Required: true, MaxLength: 100, Error: r.fields["name"]}
		title := "Rename an " + k.what
		if k == passkeys {
			title = "Rename a " + k.what
		}
		return v.below(title, status, ui.Around(ui.Form(form), ui.TextField(field)))
	}
	return errs.ErrNotFound
}

func (k *factorKind) rename(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	name := form.Get("name")
	err = k.name(v, v.R.PathValue("factor"), name)
	if err == nil {
		return v.Gone(v.SecurityPath())
	}
	if r, ok := v.refused(err); ok {
		return k.askName(v, r.status, name, r)
	}
	return err
}

func (k *factorKind) remove(v *Visit) error { return orSecurity(v, k.drop(v, v.R.PathValue("factor"))) }

// moment is a time of the database; zero is none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
