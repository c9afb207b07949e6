package account

import (
	"errors"
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// emailPages are the change of one's address: asked here, confirmed in the new mailbox, taken back in the old one. The way back is at
// no brand's address, because staff have it too.
func emailPages(site *web.Site, mux *http.ServeMux) {
	mux.Handle("GET /account/{brand}/email", site.Account(func(v *web.Visit) error { return drawEmail(v, http.StatusOK, emailProps{}) }))
	mux.Handle("POST /account/{brand}/email", site.Account(changeEmail))
	mux.Handle("POST /account/{brand}/email/withdraw", site.Account(withdrawEmail))
	mux.Handle("GET /account/{brand}/email/confirm", site.Passing(session.Account, confirmEmailPage))
	mux.Handle("POST /account/{brand}/email/confirm", site.Passing(session.Account, confirmEmail))
	mux.Handle("GET /email/revert", site.Anyone(revertPage))
	mux.Handle("POST /email/revert", site.Anyone(revertEmail))
}

const (
	newEmailCookie = "new_email"
	revertCookie   = "email_revert"
)

type emailProps struct {
	Base, Now string
	Email     string
	Waiting   *account.Waiting
	Clock     ui.Clock
	Error     string
	Problem   []ui.Run
}

func (p emailProps) lines() []ui.FormError {
	if p.Error == "" {
		return nil
	}
	return []ui.FormError{{Field: "email", Text: p.Error}}
}

func (p emailProps) waits() []ui.Run {
	return ui.Text(ui.T("We have mailed a link to "), ui.B(p.Waiting.Email), ui.T(". Open it to use this address from then on; it is good until "+
		p.Clock.Moment(time.UnixMilli(p.Waiting.Expires))+". Nothing there after a few minutes? Look in spam, or check the spelling."))
}

func drawEmail(v *web.Visit, status int, p emailProps) (err error) {
	p.Base, p.Now, p.Clock = v.Base(), v.Present.User.Email, v.Clock()
	if p.Waiting, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.WaitingEmail, op.None{}); err != nil {
		return err
	}
	return v.Page(status, "Your e-mail address", "profile", emailSheet(p))
}

func changeEmail(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p := emailProps{Email: form.Get("email")}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ChangeEmail, account.NewEmail{Email: p.Email})
	if refusal, status := formRefusal(v, err); refusal != nil {
		if p.Error = refusal.Fields["email"]; p.Error == "" {
			p.Problem = ui.Text(ui.T(refusal.Detail))
		}
		return drawEmail(v, status, p)
	}
	return v.StepUp(orGone(v, err, "/email"), v.Base()+"/email")
}

// formRefusal is a refusal that the form itself can say.
func formRefusal(v *web.Visit, err error) (*errs.Error, int) {
	var refusal *errs.Error
	if errors.As(err, &refusal) && (refusal.Kind == errs.Invalid || refusal.Kind == errs.Conflict || refusal.Kind == errs.TooMany || refusal.Kind == errs.Stale) {
		return refusal, v.Status(refusal)
	}
	return nil, 0
}

// orGone leads back to a page when nothing was refused.
func orGone(v *web.Visit, err error, path string) error {
	if err != nil {
		return err
	}
	return v.Gone(v.Base() + path)
}

func withdrawEmail(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.WithdrawEmail, op.None{})
	if errors.Is(err, account.ErrNoChange) { // withdrawn in another tab, say
		err = nil
	}
	return orGone(v, err, "/email")
}

func confirmEmailPage(v *web.Visit) error {
	if v.TakeToken(newEmailCookie, linkLife) {
		return nil
	}
	if v.Kept(newEmailCookie) == "" {
		return auth.ErrLink
	}
	return v.Passage(http.StatusOK, "Confirm your new address", confirmSheet("Confirm your new address",
		"Press the button, and you sign in at "+v.Front.Name+" with this address from then on.", v.Base()+"/email/confirm", "Use this address"))
}

// confirmEmail keeps the session of who confirms in the browser where they are signed in.
func confirmEmail(v *web.Visit) error {
	token := v.Kept(newEmailCookie)
	v.Drop(newEmailCookie)
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ConfirmEmail, account.ConfirmingEmail{Token: token, Brand: v.Front.ID}); err != nil {
		return err
	}
	next := ui.Action{Label: "Sign in", Main: true, Href: v.Base() + "/sign-in"}
	if v.Present != nil {
		next = ui.Action{Label: "To your account", Main: true, Href: v.Base()}
	}
	return v.Passage(http.StatusOK, "Address changed", ui.Told("Address changed", ui.Text(ui.T("You sign in with this address from now on, and were signed out everywhere else. Your old address was told, and can take it back for 72 hours.")), next))
}

func revertPage(v *web.Visit) error {
	if v.TakeToken(revertCookie, linkLife) {
		return nil
	}
	token := v.Kept(revertCookie)
	if _, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), account.LookUpRevert, account.Reverting{Token: token}); err != nil {
		return err
	}
	return blank(v, "Take the address back", confirmSheet("Take the address back",
		"Your account uses this mailbox again. Everybody is signed out, whatever was added meanwhile to sign in with is removed, and we mail you a link to choose a new password.",
		"/email/revert", "Take the address back"))
}

func revertEmail(v *web.Visit) error {
	token := v.Kept(revertCookie)
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), account.RevertEmail, account.Reverting{Token: token})
	if errors.Is(err, account.ErrRevertTaken) { // the way back stays open
		return err
	}
	v.Drop(revertCookie)
	if err != nil {
		return err
	}
	return blank(v, "The address is back", ui.Told("The address is back", ui.Text(ui.T("Everybody was signed out. Open the mail that we have just sent to this address to choose a new password."))))
}
