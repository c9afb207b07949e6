package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// EmailRoutes hangs up the change of one's own address: asked here, confirmed in the new mailbox. It is the same for every audience, at
// EmailPath. own are pages of who is signed in, passing those of everybody: a link may be opened in another browser.
func EmailRoutes(own, passing Hang) {
	own("GET", func(v *Visit) error { return drawEmail(v, http.StatusOK, ui.OwnEmailProps{}) })
	own("POST", changeEmail)
	own("POST /withdraw", withdrawEmail)
	passing("GET /confirm", confirmEmailPage)
	passing("POST /confirm", confirmEmail)
}

// RevertRoutes hangs up the way back to an address that an account had. It is at no brand's address, because staff have it too.
func RevertRoutes(s *Site, mux *http.ServeMux) {
	mux.Handle("GET /email/revert", s.Anyone(revertPage))
	mux.Handle("POST /email/revert", s.Anyone(revertEmail))
}

// EmailPath is where the change of one's own address is.
func (v *Visit) EmailPath() string {
	if v.Audience == session.Staff {
		return "/admin/me/email"
	}
	return v.Base() + "/email"
}

const (
	newEmailCookie = "new_email"
	revertCookie   = "email_revert"
	heldLife       = 15 * time.Minute
)

// alone answers with a page without a frame: in the brand's name, where there is one.
func (v *Visit) alone(status int, title string, content templ.Component) error {
	if v.Front != nil {
		return v.Passage(status, title, content)
	}
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: title}, content))
}

func drawEmail(v *Visit, status int, p ui.OwnEmailProps) error {
	waiting, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.WaitingEmail, op.None{})
	if err != nil {
		return err
	}
	if waiting != nil {
		p.Waits = ui.Text(ui.T("We have mailed a link to "), ui.B(waiting.Email), ui.T(". Open it to use this address from then on; it is good until "+
			v.Clock().Moment(moment(waiting.Expires))+". Nothing there after a few minutes? Look in spam, or check the spelling."))
	}
	p.App, p.At, p.Now, p.Back = v.app(), v.EmailPath(), v.Present.User.Email, ui.L("Profile", v.Base()+"/profile")
	current := "profile"
	if !p.App {
		p.Back, current = ui.L("Security", v.SecurityPath()), ""
	}
	return v.Page(status, "Your e-mail address", current, ui.OwnEmail(p))
}

func changeEmail(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p := ui.OwnEmailProps{Typed: form.Get("email")}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ChangeEmail, account.NewEmail{Email: p.Typed})
	switch r, ok := v.refused(err); {
	case err == nil:
		return v.Gone(v.EmailPath())
	case ok:
		p.Error, p.Problem = r.fields["email"], r.problem
		return drawEmail(v, r.status, p)
	case errors.Is(err, account.ErrOwnEmail): // staff, at their account in the shop
		p.Problem = ui.Text(ui.T(account.ErrOwnEmail.Detail))
		return drawEmail(v, v.Status(err), p)
	}
	return v.StepUp(err, v.EmailPath())
}

func withdrawEmail(v *Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.WithdrawEmail, op.None{})
	if err != nil && !errors.Is(err, account.ErrNoChange) { // withdrawn in another tab, say
		return err
	}
	return v.Gone(v.EmailPath())
}

func confirmEmailPage(v *Visit) error {
	if v.TakeToken(newEmailCookie, heldLife) {
		return nil
	}
	if v.Kept(newEmailCookie) == "" {
		return auth.ErrLink
	}
	where := "to the desk"
	if v.Front != nil {
		where = "at " + v.Front.Name
	}
	return v.alone(http.StatusOK, "Confirm your new address", ui.OnePress("Confirm your new address",
		"Press the button, and you sign in "+where+" with this address from then on.", v.EmailPath()+"/confirm", "Use this address"))
}

// confirmEmail keeps the session of who confirms in the browser where they are signed in.
func confirmEmail(v *Visit) error {
	in := account.ConfirmingEmail{Token: v.Kept(newEmailCookie)}
	if v.Front != nil {
		in.Brand = v.Front.ID
	}
	v.Drop(newEmailCookie)
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ConfirmEmail, in); err != nil {
		return err
	}
	next := ui.Action{Label: "Sign in", Main: true, Href: v.Base() + "/sign-in"}
	switch {
	case v.Present != nil && v.app():
		next = ui.Action{Label: "To your account", Main: true, Href: v.Base()}
	case v.Present != nil:
		next = ui.Action{Label: "To the desk", Main: true, Href: v.Base()}
	}
	return v.alone(http.StatusOK, "Address changed", ui.Told("Address changed", ui.Text(ui.T("You sign in with this address from now on, and were signed out everywhere else. Your old address was told, and can take it back for 72 hours.")), next))
}

func revertPage(v *Visit) error {
	if v.TakeToken(revertCookie, heldLife) {
		return nil
	}
	token := v.Kept(revertCookie)
	if _, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), account.LookUpRevert, account.Reverting{Token: token}); err != nil {
		return err
	}
	return v.alone(http.StatusOK, "Take the address back", ui.OnePress("Take the address back",
		"Your account uses this mailbox again. Everybody is signed out, whatever was added meanwhile to sign in with is removed, and we mail you a link to choose a new password.",
		"/email/revert", "Take the address back"))
}

func revertEmail(v *Visit) error {
	token := v.Kept(revertCookie)
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), account.RevertEmail, account.Reverting{Token: token})
	if errors.Is(err, account.ErrRevertTaken) { // the way back stays open
		return err
	}
	v.Drop(revertCookie)
	if err != nil {
		return err
	}
	return v.alone(http.StatusOK, "The address is back", ui.Told("The address is back", ui.Text(ui.T("Everybody was signed out. Open the mail that we have just sent to this address to choose a new password."))))
}
