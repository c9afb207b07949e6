package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Other ways in than a password that is remembered: a passkey, a link to choose another password, and the change that a password
// which has run out asks for.
func forgotPages(r routes) {
	r.anyone("POST /admin/sign-in/passkey/question", passkeyQuestion)
	r.anyone("POST /admin/sign-in/passkey", passkeySignIn)
	r.anyone("GET /admin/sign-in/forgot", forgotPage)
	r.anyone("POST /admin/sign-in/forgot", forgot)
	r.anyone("GET /admin/sign-in/new-password", renewPage)
	r.anyone("POST /admin/sign-in/new-password", renew)
}

// passkeyButton is the way to sign in with a passkey alone.
func passkeyButton(back string) ui.PasskeyProps {
	return ui.PasskeyProps{
		Do: "Use a passkey", Ask: "/admin/sign-in/passkey/question", To: "/admin/sign-in/passkey", Sends: []ui.Hidden{{Name: "back", Value: back}},
	}
}

func passkeyQuestion(v *web.Visit) error {
	return v.Question(v.Site.Desk.AskPasskey(v.Ctx(), v.Site.From(v.R).Nobody(), v.Site.RelyingParty()))
}

func passkeySignIn(v *web.Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	back := backOf(v)
	signed, err := v.Site.Desk.SignInPasskey(v.Ctx(), v.Site.From(v.R).Nobody(), auth.PasskeyTry{
		Audience: session.Staff, Token: token, Answer: answer, Known: v.KnownDevice(),
	})
	if err != nil {
		return notIn(v, err, back)
	}
	return signedIn(v, signed, back)
}

func forgotPage(v *web.Visit) error { return drawForgot(v, http.StatusOK, ui.ForgotProps{}) }

func drawForgot(v *web.Visit, status int, p ui.ForgotProps) error {
	p.Action, p.SignIn, p.Besides = "/admin/sign-in/forgot", "/admin/sign-in", "Your second factor stays as it is."
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: "Choose a new password"}, ui.Forgot(p)))
}

// forgot answers the same for every address.
func forgot(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	err = v.Site.Desk.Forgot(v.Ctx(), v.Site.From(v.R).Nobody(), auth.Forgotten{Audience: session.Staff, Email: form.Get("email")})
	switch e := errs.Of(err); {
	case err == nil:
	case e.Kind == errs.Invalid:
		return drawForgot(v, v.Status(err), ui.ForgotProps{Error: e.Fields["email"]})
	case e.Kind == errs.TooMany:
		return drawForgot(v, v.Status(err), ui.ForgotProps{Problem: e.Detail})
	default:
		return err
	}
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	return drawForgot(v, http.StatusOK, ui.ForgotProps{Sent: true, Life: web.InWords(time.Duration(rules.ResetMinutes) * time.Minute)})
}

func renewPage(v *web.Visit) error {
	back := backOf(v)
	h, err := halfway(v, auth.NewPassword, back)
	if h == nil || err != nil {
		return err
	}
	return drawRenew(v, http.StatusOK, h, back, "")
}

func drawRenew(v *web.Visit, status int, h *auth.Halfway, back, problem string) error {
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: "Choose another password"}, ui.NewPassword(ui.NewPasswordProps{
		Action: "/admin/sign-in/new-password", Back: back, Email: h.User.Email, Error: problem, Hint: rules.Password.Hint(true),
	})))
}

func renew(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	back := backOf(v)
	h, err := halfway(v, auth.NewPassword, back)
	if h == nil || err != nil {
		return err
	}
	signed, err := v.Site.Desk.RenewPassword(v.Ctx(), v.Site.From(v.R).Nobody(), v.Kept(ticketCookie), form.Get("password"))
	switch e := errs.Of(err); {
	case err == nil:
		return signedIn(v, signed, back)
	case errors.Is(err, auth.ErrTicket):
		return signInAgain(v, back, err)
	case e.Fields[password.Field] != "":
		return drawRenew(v, v.Status(err), h, back, e.Fields[password.Field])
	case e.Kind == errs.TooMany:
		return drawRenew(v, v.Status(err), h, back, e.Detail)
	}
	return err
}
