package web

import (
	"errors"
	"net/http"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// showPassword asks for another password: with the present one, or for who has none yet with a step-up.
func showPassword(v *Visit, status int, r refused) error {
	if v.Audience == session.Company {
		return errs.ErrNotFound
	}
	has, err := v.protection()
	if err != nil {
		return err
	}
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	title, do := "Set a password", "Set password"
	if has.Password {
		title, do = "Change your password", "Change password"
	}
	at := v.SecurityPath()
	return v.below(title, status, ui.Around(
		ui.Form(ui.FormProps{Action: at + "/password", Do: do, Cancel: at, Narrow: true, Errors: r.lines("current", password.Field), Problem: r.problem}),
		ui.PasswordFields(v.Present.User.Email, has.Password, r.fields["current"], r.fields[password.Field], rules.Password.Hint(!v.app())),
	))
}

func changePassword(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	has, err := v.protection()
	if err != nil || v.Audience == session.Company {
		return errors.Join(err, errs.ErrNotFound)
	}
	current := form.Get("current")
	if has.Password && current == "" {
		return showPassword(v, http.StatusUnprocessableEntity, refused{fields: map[string]string{"current": "Type the password that you have now. If you do not remember it, sign out and choose “Forgotten?”."}})
	}
	if !has.Password {
		current = ""
	}
	err = v.Site.Desk.ChangePassword(v.Ctx(), v.Caller, &v.Present.User, current, form.Get("password"))
	switch r, ok := v.refused(err); {
	case err == nil:
		return v.Gone(v.SecurityPath())
	case errors.Is(err, auth.ErrWrongCurrent):
		return showPassword(v, http.StatusUnprocessableEntity, refused{fields: map[string]string{"current": auth.ErrWrongCurrent.Detail}})
	case ok:
		return showPassword(v, r.status, r)
	}
	return v.StepUp(err, v.SecurityPath())
}
