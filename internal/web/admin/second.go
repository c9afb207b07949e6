package admin

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// What comes after the password: the second factor that somebody has, or one that they make now. The half-done sign-in is a ticket
// in a cookie of its own, which opens these pages and nothing else; where one wanted to go is carried along.
func secondPages(r routes) {
	r.anyone("GET /admin/sign-in/second", secondPage)
	r.anyone("POST /admin/sign-in/second", showSecond)
	r.anyone("POST /admin/sign-in/second/passkey/question", secondQuestion)
	r.anyone("POST /admin/sign-in/second/passkey", secondPasskey)
	r.anyone("GET /admin/sign-in/enrol", enrolPage)
	r.anyone("POST /admin/sign-in/enrol", enrol)
	r.anyone("POST /admin/sign-in/enrol/passkey/question", enrolQuestion)
	r.anyone("POST /admin/sign-in/enrol/passkey", enrolPasskey)
	r.anyone("GET /admin/sign-in/unlock", unlockPage)
	r.anyone("POST /admin/sign-in/unlock", unlock)
}

const (
	ticketCookie = "ticket"
	unlockToken  = "unlock"
)

// signedIn goes on after a proof that was right: to what is still to be shown, or in. A session that the browser showed before ends:
// nothing from before a sign-in lives on.
func signedIn(v *web.Visit, s auth.Signed, back string) error {
	if s.Next != auth.None {
		keepTicket(v, s)
		return v.Gone(nextPage(s.Next, back))
	}
	if err := begun(v, s); err != nil {
		return err
	}
	return v.Gone(orDesk(back))
}

func keepTicket(v *web.Visit, s auth.Signed) {
	if s.Ticket != "" {
		v.Keep(ticketCookie, s.Ticket, s.Ends.Sub(v.Site.Door.Now()))
	}
}

// begun gives the browser its session, in place of the one that it had.
func begun(v *web.Visit, s auth.Signed) error {
	if v.Present != nil {
		if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.Revoke, v.Present.Session.ID); err != nil {
			return err
		}
	}
	v.Drop(ticketCookie)
	v.SignedIn(session.Staff, s)
	return nil
}

// nextPage is where a half-done sign-in goes on.
func nextPage(n auth.Next, back string) string {
	path := map[auth.Next]string{
		auth.SecondFactor: "/admin/sign-in/second", auth.Enrol: "/admin/sign-in/enrol", auth.NewPassword: "/admin/sign-in/new-password",
	}[n]
	if back != "" {
		path += "?back=" + url.QueryEscape(back)
	}
	return path
}

// halfway reads the half-done sign-in of this browser. nil: the visit is answered, with the sign-in page or with the page of what
// comes next instead.
func halfway(v *web.Visit, wanted auth.Next, back string) (*auth.Halfway, error) {
	token := v.Kept(ticketCookie)
	if token == "" {
		return nil, showSignIn(v, http.StatusUnauthorized, back, "Begin with your e-mail and password.")
	}
	h, err := v.Site.Desk.Halfway(v.Ctx(), v.Caller, token)
	if errors.Is(err, auth.ErrTicket) || err == nil && h.Audience != session.Staff {
		return nil, signInAgain(v, back, auth.ErrTicket)
	}
	if err != nil {
		return nil, err
	}
	if h.Next != wanted {
		return nil, v.Gone(nextPage(h.Next, back))
	}
	return &h, nil
}

// signInAgain is the sign-in page, with why one is back there.
func signInAgain(v *web.Visit, back string, why error) error {
	v.Drop(ticketCookie)
	return showSignIn(v, v.Status(why), back, errs.Of(why).Detail)
}

func backOf(v *web.Visit) string {
	if v.R.Method == http.MethodPost {
		return web.Back(v.R.PostFormValue("back"), "")
	}
	return web.Back(v.R.URL.Query().Get("back"), "")
}

func secondPage(v *web.Visit) error {
	back := backOf(v)
	h, err := halfway(v, auth.SecondFactor, back)
	if h == nil || err != nil {
		return err
	}
	return v.SecondStep(http.StatusOK, h, v.R.URL.Query().Get("with"), back, "")
}

func showSecond(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	with := form.Get("with")
	if with != "recovery" {
		with = "totp"
	}
	return tried(v, with, form.Get("code"))
}

// tried shows a second factor, and says on the same page what was wrong with it.
func tried(v *web.Visit, with, answer string) error {
	back := backOf(v)
	h, err := halfway(v, auth.SecondFactor, back) // before anything is tried: the ticket of a shop's sign-in is none here
	if h == nil || err != nil {
		return err
	}
	signed, err := v.Site.Desk.ShowSecond(v.Ctx(), v.Site.From(v.R).Nobody(), v.Kept(ticketCookie), with, answer)
	var refusal *errs.Error
	switch {
	case err == nil:
		return signedIn(v, signed, back)
	case errors.Is(err, auth.ErrTicket):
		return signInAgain(v, back, err)
	case !errors.As(err, &refusal) || refusal.Kind == errs.Fault || refusal.Kind == errs.Unavailable:
		return err
	}
	return v.SecondStep(v.Status(refusal), h, with, back, refusal.Detail)
}

func secondQuestion(v *web.Visit) error {
	return v.Question(v.Site.Desk.AskSecond(v.Ctx(), v.Caller, v.Site.RelyingParty(), v.Kept(ticketCookie)))
}

func secondPasskey(v *web.Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	return tried(v, "passkey", auth.PasskeyAnswer(token, answer))
}

func enrolPage(v *web.Visit) error {
	back := backOf(v)
	h, err := halfway(v, auth.Enrol, back)
	if h == nil || err != nil {
		return err
	}
	return drawEnrol(v, http.StatusOK, h, back, "")
}

func drawEnrol(v *web.Visit, status int, h *auth.Halfway, back, problem string) error {
	p := enrolProps{
		App: ui.NewAppProps{
			Link: h.Offer.Link, Groups: h.Offer.Groups(), Secret: h.Offer.Secret,
			Action: "/admin/sign-in/enrol", Sends: []ui.Hidden{{Name: "back", Value: back}}, Do: "Sign in", Problem: problem,
		},
		Passkey: ui.PasskeyProps{
			Do: "Make a passkey instead", Ask: "/admin/sign-in/enrol/passkey/question", To: "/admin/sign-in/enrol/passkey", Make: true,
			Sends: []ui.Hidden{{Name: "back", Value: back}},
		},
	}
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: "Add a second factor"}, enrolSheet(p)))
}

type enrolProps struct {
	App     ui.NewAppProps
	Passkey ui.PasskeyProps
}

// enrol adds the app.
func enrol(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	back := backOf(v)
	h, err := halfway(v, auth.Enrol, back)
	if h == nil || err != nil {
		return err
	}
	signed, codes, err := v.Site.Desk.EnrolApp(v.Ctx(), v.Site.From(v.R).Nobody(), v.Kept(ticketCookie), form.Get("name"), form.Get("code"))
	switch {
	case errors.Is(err, auth.ErrSecond):
		return drawEnrol(v, http.StatusUnauthorized, h, back, ui.WrongNewCode)
	case errors.Is(err, auth.ErrTicket), errors.Is(err, auth.ErrOffer):
		return signInAgain(v, back, auth.ErrTicket)
	case err != nil:
		return err
	}
	return enrolled(v, signed, codes, back)
}

// enrolled goes on after a second factor was made. Its recovery codes stand on the answer itself: they are shown once.
func enrolled(v *web.Visit, signed auth.Signed, codes []string, back string) error {
	if len(codes) == 0 {
		return signedIn(v, signed, back)
	}
	on := orDesk(back)
	if signed.Next != auth.None {
		keepTicket(v, signed)
		on = nextPage(signed.Next, back)
	} else if err := begun(v, signed); err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: ui.CodesTitle}, codesBlank(ui.CodesProps{Codes: codes, On: on, Do: "I have kept them: go on"})))
}

func enrolQuestion(v *web.Visit) error {
	return v.Question(v.Site.Desk.AskNew(v.Ctx(), v.Caller, v.Site.RelyingParty(), v.Kept(ticketCookie)))
}

func enrolPasskey(v *web.Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	back := backOf(v)
	h, err := halfway(v, auth.Enrol, back)
	if h == nil || err != nil {
		return err
	}
	signed, codes, err := v.Site.Desk.EnrolPasskey(v.Ctx(), v.Site.From(v.R).Nobody(), v.Kept(ticketCookie), auth.NewPasskey{Token: token, Answer: answer})
	switch e := errs.Of(err); {
	case err == nil:
		return enrolled(v, signed, codes, back)
	case errors.Is(err, auth.ErrTicket):
		return signInAgain(v, back, err)
	case e.Kind == errs.Unauthorized:
		return drawEnrol(v, v.Status(err), h, back, e.Detail)
	}
	return err
}

// unlockPage asks before the link is used: mail scanners open links too.
func unlockPage(v *web.Visit) error {
	if v.TakeToken(unlockToken, tokenLife) {
		return nil
	}
	if _, err := v.Site.Desk.OpenLink(v.Ctx(), v.Caller, v.Kept(unlockToken), auth.UnlockSecond); err != nil {
		return err
	}
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: "Try codes again"}, unlockSheet()))
}

func unlock(v *web.Visit) error {
	if err := v.Site.Desk.UnlockSecond(v.Ctx(), v.Caller, v.Kept(unlockToken)); err != nil {
		return err
	}
	v.Drop(unlockToken)
	return v.Gone("/admin/sign-in")
}
