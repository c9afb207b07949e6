package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Whoever has forgotten a password is mailed a link to choose another; whose password has run out, or was given by somebody else,
// chooses one on the way in.

func (e *Entrance) forgotPage(v *Visit) error {
	return e.drawForgot(v, http.StatusOK, ui.ForgotProps{})
}

func (e *Entrance) drawForgot(v *Visit, status int, p ui.ForgotProps) error {
	p.Action, p.SignIn = v.Base()+"/sign-in/forgot", v.Base()+"/sign-in"
	return v.Passage(status, "Choose a new password", ui.Forgot(p))
}

// forgot answers the same for every address.
func (e *Entrance) forgot(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	err = v.Site.Desk.Forgot(v.Ctx(), v.Site.From(v.R).Nobody(), auth.Forgotten{Audience: e.Audience, Brand: v.Front.ID, Email: form.Get("email")})
	switch refusal := errs.Of(err); {
	case err == nil:
	case refusal.Kind == errs.Invalid:
		return e.drawForgot(v, v.Status(err), ui.ForgotProps{Error: refusal.Fields["email"]})
	case refusal.Kind == errs.TooMany:
		return e.drawForgot(v, v.Status(err), ui.ForgotProps{Problem: refusal.Detail})
	default:
		return err
	}
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	return e.drawForgot(v, http.StatusOK, ui.ForgotProps{Sent: true, Life: InWords(time.Duration(rules.ResetMinutes) * time.Minute)})
}

func (e *Entrance) renewPage(v *Visit) error {
	h, err := e.halfway(v, auth.NewPassword)
	if h == nil || err != nil {
		return err
	}
	return e.drawRenew(v, http.StatusOK, h, "")
}

func (e *Entrance) drawRenew(v *Visit, status int, h *auth.Halfway, problem string) error {
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	return v.Passage(status, "Choose another password", ui.NewPassword(ui.NewPasswordProps{
		Action: v.Base() + "/sign-in/new-password", Back: e.backOf(v), Email: h.User.Email, Error: problem, Hint: rules.Password.Hint(false),
	}))
}

func (e *Entrance) renew(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	h, err := e.halfway(v, auth.NewPassword)
	if h == nil || err != nil {
		return err
	}
	signed, err := v.Site.Desk.RenewPassword(v.Ctx(), v.Site.From(v.R).Nobody(), v.Kept(e.cookie("ticket")), form.Get("password"))
	switch refusal := errs.Of(err); {
	case err == nil:
		return e.on(v, signed, e.backOf(v))
	case errors.Is(err, auth.ErrTicket):
		return e.again(v, refusal)
	case refusal.Fields[password.Field] != "":
		return e.drawRenew(v, v.Status(err), h, refusal.Fields[password.Field])
	case refusal.Kind == errs.TooMany:
		return e.drawRenew(v, v.Status(err), h, refusal.Detail)
	}
	return err
}
