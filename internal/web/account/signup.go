package account

import (
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/personal"
	"github.com/stewardhq/steward/internal/web/ui"
)

func signUpPages(site *web.Site, mux *http.ServeMux) {
	passing := func(pattern string, h web.Handler) { mux.Handle(pattern, site.Passing(session.Account, h)) }
	passing("GET /account/{brand}/sign-up", signUpPage)
	passing("POST /account/{brand}/sign-up", signUp)
	passing("GET /account/{brand}/sign-up/sent", sentPage)
	passing("GET /account/{brand}/confirm", confirmPage)
	passing("POST /account/{brand}/confirm", confirm)
	mux.Handle("GET /unlock-codes", site.Anyone(unlockPage))
	mux.Handle("POST /unlock-codes", site.Anyone(unlock))
}

// Values that a browser keeps: the token of a link while its page is open, and that it registered.
const (
	linkCookie       = "confirm"
	unlockCookie     = "unlock_codes"
	registeredCookie = "registered"
	linkLife         = 15 * time.Minute
	registeredLife   = 24 * time.Hour
)

type signUpProps struct {
	Brand, Action, SignIn string
	Email, First, Last    string
	Location              string
	Locations             []ui.Option // none: the shop has none
	Fields                map[string]string
	Problem               []ui.Run

	Policy     consent.Policy // without a version the shop has none
	PolicyHref string
}

func (p signUpProps) lines() (all []ui.FormError) {
	for _, field := range []string{"email", "first_name", "last_name", "location", "password", "policy"} {
		if text := p.Fields[field]; text != "" {
			all = append(all, ui.FormError{Field: field, Text: text})
		}
	}
	return all
}

func drawSignUp(v *web.Visit, status int, p signUpProps) error {
	policy, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), consent.ShowPolicy, v.Front.ID)
	if err != nil {
		return err
	}
	p.Policy, p.PolicyHref = policy.Policy, personal.PolicyHref(v.Base(), policy.Policy)
	registration, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), customer.ShowRegistration, v.Front.ID)
	if err != nil {
		return err
	}
	if len(registration.Locations) > 0 {
		p.Locations = []ui.Option{{Label: "None yet"}}
	}
	for _, l := range registration.Locations {
		p.Locations = append(p.Locations, ui.Option{Value: string(l.ID), Label: placeOf(l)})
	}
	p.Brand, p.Action, p.SignIn = v.Front.Name, v.Base()+"/sign-up", v.Base()+"/sign-in"
	return v.Passage(status, "Make an account", signUpSheet(p))
}

// placeOf is a location as customers choose it.
func placeOf(l brand.Location) string {
	if l.Name == l.City {
		return l.City
	}
	return l.Name + ", " + l.City
}

func signUpPage(v *web.Visit) error {
	if v.Present != nil {
		return v.Gone(v.Base())
	}
	if open, err := takesRegistrations(v); err != nil || !open {
		return orClosed(err)
	}
	return drawSignUp(v, http.StatusOK, signUpProps{})
}

func orClosed(err error) error {
	if err == nil {
		err = customer.ErrRegistration
	}
	return err
}

// signUp answers the same whatever there is at the address.
func signUp(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	in := customer.SignUp{Brand: v.Front.ID, Email: form.Get("email"), FirstName: form.Get("first_name"), LastName: form.Get("last_name"), Location: brand.LocationID(form.Get("location"))}
	if form.Get("policy") != "" {
		in.Policy = form.Get("policy_version")
	}
	browser, err := customer.SignUpAt(v.Ctx(), v.Site.Desk, v.Site.From(v.R).Nobody(), in, form.Get("password"))
	var refusal *errs.Error
	switch {
	case err == nil:
	case errors.As(err, &refusal) && (refusal.Kind == errs.Invalid || refusal.Kind == errs.TooMany):
		p := signUpProps{Email: in.Email, First: in.FirstName, Last: in.LastName, Location: string(in.Location), Fields: refusal.Fields}
		if len(refusal.Fields) == 0 {
			p.Problem = ui.Text(ui.T(refusal.Detail))
		}
		return drawSignUp(v, v.Status(refusal), p)
	default:
		return err
	}
	v.Keep(registeredCookie, browser, registeredLife)
	return v.Gone(v.Base() + "/sign-up/sent")
}

func sentPage(v *web.Visit) error {
	return v.Passage(http.StatusOK, "Check your e-mail", ui.Told("Check your e-mail",
		ui.Text(ui.T("We have just sent you a mail. Open its link in this browser: it is good once, for 24 hours. Nothing there after a few minutes? Look in spam.")),
		ui.Action{Label: "To the sign-in page", Href: v.Base() + "/sign-in"}))
}

func confirmPage(v *web.Visit) error {
	if v.TakeToken(linkCookie, linkLife) {
		return nil
	}
	if v.Kept(linkCookie) == "" {
		return auth.ErrLink
	}
	return v.Passage(http.StatusOK, "Confirm your address", ui.OnePress("Confirm your address",
		"Press the button, and your account at "+v.Front.Name+" can be used.", v.Base()+"/confirm", "Confirm the address"))
}

func confirm(v *web.Visit) error {
	token := v.Kept(linkCookie)
	v.Drop(linkCookie)
	c, err := op.Do(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), customer.ConfirmSignUp, customer.Confirming{Token: token, Browser: v.Kept(registeredCookie), Brand: v.Front.ID})
	if err != nil {
		return err
	}
	v.Drop(registeredCookie)
	text := "Your account is ready. Sign in with a code, which we mail you."
	switch {
	case c.Password:
		text = "Your account is ready. Sign in with your password."
	case c.Dropped:
		text = "Your account is ready. You confirmed in another browser than the one you registered in, so the password that was typed there does not count. Sign in with a code, which we mail you."
	}
	return v.Passage(http.StatusOK, "Address confirmed", ui.Told("Address confirmed", ui.Text(ui.T(text)), ui.Action{Label: "Sign in", Main: true, Href: v.Base() + "/sign-in"}))
}

func unlockPage(v *web.Visit) error {
	if v.TakeToken(unlockCookie, linkLife) {
		return nil
	}
	if v.Kept(unlockCookie) == "" {
		return auth.ErrLink
	}
	return blank(v, "Switch codes on again", ui.OnePress("Switch codes on again",
		"After too many wrong codes, signing in with a code was switched off for your account.", "/unlock-codes", "Switch codes on again"))
}

func unlock(v *web.Visit) error {
	token := v.Kept(unlockCookie)
	v.Drop(unlockCookie)
	if err := v.Site.Desk.UnlockCodes(v.Ctx(), v.Site.From(v.R).Nobody(), token); err != nil {
		return err
	}
	return blank(v, "Codes are on again", ui.Told("Codes are on again", ui.Text(ui.T("Go back to where you sign in, and have a code mailed to you."))))
}

func blank(v *web.Visit, title string, content templ.Component) error {
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: title}, content))
}
