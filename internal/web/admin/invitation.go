package admin

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func acceptPages(r routes) {
	r.anyone("GET /invitation", acceptPage)
	r.anyone("POST /invitation", acceptInvitation)
	r.anyone("POST /invitation/sign-in", signInToAccept)
}

// invitationToken is the cookie that holds a link's token while its form is filled in.
const invitationToken = "invitation"

// acceptProps is the page of an invitation.
type acceptProps struct {
	invite.Opened
	First, Last, Until string
	Least              int // characters of a password
	Problems           troubles
}

func (p acceptProps) lines() []string { return strings.Split("“"+p.Message+"”", "\n") }

func (p acceptProps) hint() string {
	return fmt.Sprintf("At least %d characters; common and leaked passwords are refused.", p.Least)
}

// acceptPage shows what is offered. It uses nothing up.
func acceptPage(v *web.Visit) error {
	if v.TakeToken(invitationToken, tokenLife) {
		return nil
	}
	opened, err := openInvitation(v)
	if err != nil {
		return err
	}
	return showInvitation(v, http.StatusOK, opened, "", "", troubles{})
}

func openInvitation(v *web.Visit) (invite.Opened, error) {
	return op.Ask(v.Ctx(), v.Site.Door, nobody(v), invite.LookUp, v.Kept(invitationToken))
}

// nobody is the caller of an invitation: who happens to be signed in to the desk in this browser has nothing to do with it.
func nobody(v *web.Visit) *op.Caller { return v.Site.From(v.R).Nobody() }

func showInvitation(v *web.Visit, status int, o invite.Opened, first, last string, t troubles) error {
	rules, err := v.Site.Desk.Rules(v.Ctx())
	if err != nil {
		return err
	}
	c := ui.Clock{Now: v.Site.Door.Now(), Zone: o.Zone}
	p := acceptProps{Opened: o, First: cmp.Or(first, o.Account.FirstName), Last: cmp.Or(last, o.Account.LastName), Until: c.Moment(ms(o.ExpiresAt)), Problems: t,
		Least: rules.Password.MinStaff}
	sheet := acceptForm(p)
	if !o.New {
		owner, err := ownerOf(v, o)
		if err != nil {
			return err
		}
		sheet = acceptSignIn(p)
		if owner != nil {
			sheet = acceptConfirm(p)
		}
	}
	return showBlank(v, status, "Accept your invitation", sheet)
}

func showBlank(v *web.Visit, status int, title string, sheet templ.Component) error {
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: title}, sheet))
}

// ownerOf is the owner of the invited account, when they are signed in to it in this browser.
func ownerOf(v *web.Visit, o invite.Opened) (*op.Caller, error) {
	token := v.Kept(string(session.Account))
	if token == "" {
		return nil, nil
	}
	_, c, err := v.Site.Desk.Resolve(v.Ctx(), v.Site.From(v.R), session.Account, token)
	if errors.Is(err, errs.ErrNotFound) || errors.Is(err, op.ErrSignIn) {
		return nil, nil
	}
	if err != nil || !c.Is(string(o.Account.ID)) {
		return nil, err
	}
	return c, nil
}

// signInToAccept lets the owner of an account in, on the way that everybody takes.
func signInToAccept(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	o, err := openInvitation(v)
	if err != nil {
		return err
	}
	if o.New {
		return v.Gone("/invitation")
	}
	signed, err := v.Site.Desk.SignIn(v.Ctx(), nobody(v), auth.Try{
		Audience: session.Account, Brand: o.Brand, Email: o.Account.Email, Password: form.Get("password"), Known: v.KnownDevice(),
	})
	if e := errs.Of(err); err != nil && e.Kind != errs.Fault && e.Kind != errs.Unavailable {
		return showInvitation(v, e.Kind.Status(), o, "", "", troubles{problem: ui.Text(ui.T(e.Detail))})
	}
	if err != nil {
		return err
	}
	if signed.Token == "" {
		return showInvitation(v, http.StatusConflict, o, "", "", troubles{problem: ui.Text(ui.T(
			"This account asks for another proof. Sign in to the shop in this browser first, then open the link of the invitation again."))})
	}
	v.SignedIn(session.Account, signed)
	return v.Gone("/invitation")
}

// acceptInvitation makes somebody staff: a new account with its first password, or one that is there, by its owner.
func acceptInvitation(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	o, err := openInvitation(v)
	if err != nil {
		return err
	}
	in := account.Acceptance{Token: v.Kept(invitationToken)}
	caller := nobody(v)
	if o.New {
		in.FirstName, in.LastName = strings.TrimSpace(form.Get("first_name")), strings.TrimSpace(form.Get("last_name"))
	} else if caller, err = ownerOf(v, o); err != nil {
		return err
	} else if caller == nil {
		return showInvitation(v, http.StatusUnauthorized, o, "", "", troubles{problem: ui.Text(ui.T(account.ErrSignInToAccept.Detail))})
	}
	password := form.Get("password")
	if _, err := account.AcceptWith(v.Ctx(), v.Site.Desk, caller, in, password); err != nil {
		if t, ok := wrong(v, err, "first_name", "last_name", "password"); ok {
			return showInvitation(v, t.status, o, in.FirstName, in.LastName, t)
		}
		return err
	}
	v.Drop(invitationToken)
	if !o.New {
		v.SignedOut(session.Account)
		return showBlank(v, http.StatusOK, "Welcome", acceptedSheet(acceptProps{Opened: o}))
	}
	return enter(v, o.Account.Email, password, "")
}
