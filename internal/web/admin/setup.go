package admin

import (
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func setUpPages(r routes) {
	r.anyone("GET /setup", setUpPage)
	r.anyone("POST /setup", setUp)
	r.anyone("GET /set-password", setPasswordPage)
	r.anyone("POST /set-password", setPassword)
}

// What a browser keeps while one of the forms here is filled in: the token of its link.
const (
	setUpToken    = "setup"
	passwordToken = "link"
	tokenLife     = 30 * time.Minute
)

func setUpPage(v *web.Visit) error {
	claimed, err := v.Site.Claimed(v.R)
	if err != nil {
		return err
	}
	if claimed {
		return account.ErrSetUp
	}
	if v.TakeToken(setUpToken, tokenLife) {
		return nil
	}
	token := v.Kept(setUpToken)
	if token == "" {
		return web.ErrNotSetUp
	}
	if _, err := v.Site.Desk.OpenLink(v.Ctx(), v.Caller, token, auth.SetUp); err != nil {
		return noSetUpLink(err)
	}
	return showSetUp(v, http.StatusOK, account.FirstAdmin{}, troubles{})
}

// noSetUpLink says where a new setup link comes from: nobody is there yet who could be asked for one.
func noSetUpLink(err error) error {
	if e := errs.Of(err); e.Is(auth.ErrLink) {
		return e.Say("This setup link is not valid any more: it was used, or it is older than an hour. Restart the server: it prints a new one.")
	}
	return err
}

func showSetUp(v *web.Visit, status int, in account.FirstAdmin, t troubles) error {
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: "Set up Steward"}, ui.Setup(ui.SetupProps{
		Title:    "Set up Steward",
		Lead:     ui.Text(ui.T("Make the first account. It becomes "), ui.B("Super Admin"), ui.T(", who may do everything here and adds everybody else.")),
		Action:   "/setup",
		Mail:     ui.Field{Value: in.Email, Error: t.of("email")},
		First:    ui.Field{Value: in.FirstName, Error: t.of("first_name")},
		Last:     ui.Field{Value: in.LastName, Error: t.of("last_name")},
		Password: ui.Field{Error: t.of("password"), Hint: rules.Password.Hint(true)},
		Do:       "Make the first account",
		Problem:  t.problem,
	})))
}

func setUp(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	token := v.Kept(setUpToken)
	if token == "" {
		return web.ErrNotSetUp
	}
	in := account.FirstAdmin{Token: token, Email: form.Get("email"), FirstName: form.Get("first_name"), LastName: form.Get("last_name")}
	if _, err := account.ClaimSetUp(v.Ctx(), v.Site.Desk, v.Caller, in, form.Get("password")); err != nil {
		if t, ok := wrong(v, err); ok {
			return showSetUp(v, t.status, in, t)
		}
		return noSetUpLink(err)
	}
	v.Drop(setUpToken)
	return enter(v, in.Email, form.Get("password"), "")
}

func setPasswordPage(v *web.Visit) error {
	if v.TakeToken(passwordToken, tokenLife) {
		return nil
	}
	invited, err := v.Site.Desk.OpenLink(v.Ctx(), v.Caller, v.Kept(passwordToken), auth.SetPassword)
	if err != nil {
		return err
	}
	return showSetPassword(v, http.StatusOK, invited, troubles{})
}

func showSetPassword(v *web.Visit, status int, invited auth.Invited, t troubles) error {
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	p := setPasswordProps{
		Name: invited.User.FirstName, Email: invited.User.Email, New: !invited.Known, Problem: t.problem, Error: t.of("password"),
		Hint: rules.Password.Hint(invited.User.Kinds&user.IsStaff != 0),
	}
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: p.title()}, setPasswordForm(p)))
}

type setPasswordProps struct {
	Name, Email string
	New         bool // the account never had a password
	Problem     []ui.Run
	Error, Hint string
}

func (p setPasswordProps) title() string {
	if p.New {
		return "Choose your password"
	}
	return "Choose a new password"
}

func setPassword(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	token, password := v.Kept(passwordToken), form.Get("password")
	invited, err := v.Site.Desk.OpenLink(v.Ctx(), v.Caller, token, auth.SetPassword)
	if err != nil {
		return err
	}
	if _, err := v.Site.Desk.SetPasswordByLink(v.Ctx(), v.Caller, token, password); err != nil {
		if t, ok := wrong(v, err); ok {
			return showSetPassword(v, t.status, invited, t)
		}
		return err
	}
	v.Drop(passwordToken)
	if invited.User.Kinds&user.IsStaff == 0 {
		return toFront(v, &invited.User)
	}
	return enter(v, invited.User.Email, password, "")
}

// toFront leads a customer or a company user to where they sign in.
func toFront(v *web.Visit, u *user.User) error {
	slug, err := frontOf(v, u)
	if err != nil {
		return err
	}
	if u.Kinds&user.IsCompany != 0 && u.Kinds&user.IsCustomer == 0 {
		return v.Gone("/app/" + slug + "/sign-in")
	}
	return v.Gone("/account/" + slug + "/sign-in")
}
