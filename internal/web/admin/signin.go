package admin

import (
	"errors"
	"net/http"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func signInPages(r routes) {
	r.anyone("GET /admin/sign-in", signInPage)
	r.anyone("POST /admin/sign-in", signIn)
	r.anyone("POST /admin/sign-out", signOut)
	if r.site.Demo != nil {
		r.anyone("POST /admin/sign-in/demo", continueAs)
	}
}

func signInPage(v *web.Visit) error {
	back := web.Back(v.R.URL.Query().Get("back"), "")
	if v.Present != nil {
		return v.Gone(orDesk(back))
	}
	return showSignIn(v, http.StatusOK, back, "")
}

// showSignIn draws the page. It never repeats what was typed, so that the answer to a wrong password and to an unknown address is
// the same to the byte.
func showSignIn(v *web.Visit, status int, back, problem string) error {
	p := ui.SignInProps{Title: "Sign in", Lead: "For the staff of this desk.", Action: "/admin/sign-in", Back: back, Forgot: "/admin/sign-in/forgot", Passkey: passkeyButton(back)}
	if problem != "" {
		p.Problem = ui.Text(ui.T(problem))
	}
	if demo := v.Site.Demo; demo != nil {
		p.DemoTo = "/admin/sign-in/demo"
		for _, d := range demo.People {
			p.Demo = append(p.Demo, ui.DemoPerson{ID: d.ID, Name: d.Name, Role: d.Role, Sees: d.Sees})
		}
	}
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: "Sign in"}, ui.SignIn(p)))
}

func signIn(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	return enter(v, form.Get("email"), form.Get("password"), web.Back(form.Get("back"), ""))
}

// continueAs signs somebody of the demo in with their own password, on the way that everybody takes.
func continueAs(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	for _, d := range v.Site.Demo.People {
		if d.ID == form.Get("user") {
			return enterAs(v, d, web.Back(form.Get("back"), ""))
		}
	}
	return errs.ErrNotFound
}

// enterAs shows the person's password and a code of their app. Where all codes of the moment are used, the page of the second step
// waits for the next.
func enterAs(v *web.Visit, d web.DemoPerson, back string) error {
	nobody := v.Site.From(v.R).Nobody()
	signed, err := v.Site.Desk.SignIn(v.Ctx(), nobody, auth.Try{Audience: session.Staff, Email: d.Email, Password: d.Password, Known: v.KnownDevice()})
	if err == nil && signed.Next == auth.SecondFactor {
		if code := v.Site.Desk.UnusedCode(v.Ctx(), signed.User, d.Secret); code != "" {
			signed, err = v.Site.Desk.ShowSecond(v.Ctx(), nobody, signed.Ticket, "totp", code)
		}
	}
	if err != nil {
		return notIn(v, err, back)
	}
	return signedIn(v, signed, back)
}

// enter looks at a password, and lets somebody in, leads to what comes next, or says why not.
func enter(v *web.Visit, email, password, back string) error {
	signed, err := v.Site.Desk.SignIn(v.Ctx(), v.Site.From(v.R).Nobody(), auth.Try{
		Audience: session.Staff, Email: email, Password: password, Known: v.KnownDevice(),
	})
	if err != nil {
		return notIn(v, err, back)
	}
	return signedIn(v, signed, back)
}

// notIn says on the page why somebody was not let in.
func notIn(v *web.Visit, err error, back string) error {
	var refusal *errs.Error
	if errors.As(err, &refusal) && refusal.Kind != errs.Fault && refusal.Kind != errs.Unavailable {
		return showSignIn(v, v.Status(refusal), back, refusal.Detail)
	}
	return err
}

// signOut ends the session that asks, and no other.
func signOut(v *web.Visit) error {
	if v.Present != nil {
		if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.Revoke, v.Present.Session.ID); err != nil {
			return err
		}
	}
	v.SignedOut(session.Staff)
	return v.Gone("/admin/sign-in")
}

func orDesk(back string) string {
	if back == "" {
		return "/admin"
	}
	return back
}
