package web

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Entrance is how customers come to their account and company users to their panel: the same pages at the addresses of each.
// A person is let in by a code from their mailbox, customers by a password or a passkey too; then comes the second step of who has
// one. Beside it hang what both panels have: one's sessions, the colours, the way out.
type Entrance struct {
	Site     *Site
	Audience session.Audience
	At       string // /account or /app
	Title    string
	Lead     string // with the brand's name in place of %s
	Password bool
	Passkey  bool
	// Register says where one registers, empty where one cannot; nil: nowhere.
	Register func(v *Visit) (string, error)
}

// Routes hangs it up.
func (e *Entrance) Routes(mux *http.ServeMux) {
	base := e.At + "/{brand}"
	passing := func(pattern string, h Handler) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+base+path, e.Site.Passing(e.Audience, h))
	}
	members := func(pattern string, h Handler) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+base+path, e.Site.serve(h, e.Audience, true))
	}
	passing("GET /sign-in", e.page)
	passing("POST /sign-in", e.post)
	passing("GET /sign-in/code", e.codePage)
	passing("POST /sign-in/code", e.code)
	passing("GET /sign-in/second", e.secondPage)
	passing("POST /sign-in/second", e.second)
	passing("POST /sign-in/second/passkey/question", e.secondQuestion)
	passing("POST /sign-in/second/passkey", e.secondPasskey)
	if e.Password {
		passing("GET /sign-in/forgot", e.forgotPage)
		passing("POST /sign-in/forgot", e.forgot)
		passing("GET /sign-in/new-password", e.renewPage)
		passing("POST /sign-in/new-password", e.renew)
	}
	if e.Passkey {
		passing("POST /sign-in/passkey/question", e.question)
		passing("POST /sign-in/passkey", e.passkey)
	}
	passing("POST /sign-out", e.signOut)
	members("POST /preferences/theme", e.theme)
	members("GET /profile", profilePage)
	members("POST /profile", editProfile)
	members("POST /impersonation/end", endImpersonation)
	own := func(pattern string, h Handler) { members(pattern, theirsAlone(h)) }
	own("GET /sessions", e.sessions)
	own("POST /sessions/others/end", e.endOthers)
	own("POST /sessions/{session}/end", e.end)
	own("GET /history", historyPage)
	own("POST /passkey-offer/later", offerLater)
	s := &StepUps{Afterwards: map[string]func(v *Visit, out any) error{}}
	s.Routes(own)
	SecurityRoutes(Hang(own).Below("/security"), s)
	EmailRoutes(Hang(own).Below("/email"), Hang(passing).Below("/email"))
	mux.Handle("GET "+e.At, e.Site.Anyone(e.choose))
	mux.Handle("GET "+e.At+"/{$}", e.Site.Anyone(e.choose))
	mux.Handle("GET "+base+"/{$}", e.Site.Passing(e.Audience, func(v *Visit) error { return v.Gone(v.Base()) }))
	mux.Handle(base+"/", e.Site.Passing(e.Audience, e.Site.Missing(mux)))
}

// choose leads to the one brand, or lets people choose theirs.
func (e *Entrance) choose(v *Visit) error {
	fronts, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Fronts, "")
	switch {
	case err != nil:
		return err
	case len(fronts) == 0:
		return errs.ErrNotFound
	case len(fronts) == 1:
		return v.Gone(e.At + "/" + fronts[0].Slug)
	}
	var links []ui.Run
	for _, f := range fronts {
		links = append(links, ui.L(f.Name, e.At+"/"+f.Slug))
	}
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: "Choose a shop"}, ui.Choose("Where do you want to sign in?", "Each shop has accounts of its own.", links)))
}

// Passage answers with a page without a frame, in the brand's name: on the way in.
func (v *Visit) Passage(status int, title string, content templ.Component) error {
	return v.Render(status, ui.Wrapped(ui.BlankProps{Title: title, Brand: v.Front.Name, Footer: ui.Text(ui.T(v.Front.Name))}, content))
}

func (e *Entrance) backOf(v *Visit) string {
	back := v.R.URL.Query().Get("back")
	if v.R.Method == http.MethodPost {
		back = v.R.PostFormValue("back")
	}
	if back = Back(back, ""); back != v.Base() && !strings.HasPrefix(back, v.Base()+"/") { // never out of what this sign-in opens
		return ""
	}
	return back
}

func (e *Entrance) page(v *Visit) error {
	back := e.backOf(v)
	if v.Present != nil {
		return v.Gone(cmp.Or(back, v.Base()))
	}
	return e.draw(v, http.StatusOK, back, "")
}

// draw draws the sign-in page.
func (e *Entrance) draw(v *Visit, status int, back, problem string) error {
	p := ui.EntranceProps{
		Title: e.Title, Lead: strings.ReplaceAll(e.Lead, "%s", v.Front.Name), Action: v.Base() + "/sign-in", Back: back, Password: e.Password,
	}
	if e.Password {
		p.Forgot = v.Base() + "/sign-in/forgot"
	}
	if problem != "" {
		p.Problem = ui.Text(ui.T(problem))
	}
	if e.Passkey {
		p.Passkey = &ui.PasskeyProps{Do: "Use a passkey", Ask: v.Base() + "/sign-in/passkey/question", To: v.Base() + "/sign-in/passkey", Sends: []ui.Hidden{{Name: "back", Value: back}}}
	}
	if e.Register != nil {
		var err error
		if p.Register, err = e.Register(v); err != nil {
			return err
		}
	}
	if v.Site.Demo != nil {
		for _, d := range v.Site.Demo.Guests {
			if d.Audience == e.Audience && d.Brand == v.Front.Slug {
				p.Demo = append(p.Demo, ui.DemoPerson{ID: d.Email, Name: d.Name, Sees: d.Sees})
			}
		}
	}
	return v.Passage(status, "Sign in", ui.Entrance(p))
}

func (e *Entrance) post(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if !e.Password || form.Get("by") == "code" {
		return e.send(v, form.Get("email"))
	}
	signed, err := v.Site.Desk.SignIn(v.Ctx(), v.Site.From(v.R).Nobody(), auth.Try{
		Audience: e.Audience, Brand: v.Front.ID, Email: form.Get("email"), Password: form.Get("password"), Known: v.KnownDevice(),
	})
	return e.proved(v, signed, err)
}

// proved goes on after a first proof: in, to the second step, or back with what was wrong.
func (e *Entrance) proved(v *Visit, signed auth.Signed, err error) error {
	back := e.backOf(v)
	if refusal := refusalOf(err); refusal != nil {
		return e.draw(v, v.Status(refusal), back, refusal.Detail)
	}
	if err != nil {
		return err
	}
	return e.on(v, signed, back)
}

// on goes on after a proof that was right. A session that the browser showed before ends: nothing from before a sign-in lives on.
func (e *Entrance) on(v *Visit, signed auth.Signed, back string) error {
	if signed.Next != auth.None {
		if signed.Ticket != "" {
			v.Keep(e.cookie("ticket"), signed.Ticket, signed.Ends.Sub(v.Site.Door.Now()))
		}
		return v.Gone(e.nextPage(v, signed.Next) + withBack(back))
	}
	if err := v.leaveAll(); err != nil {
		return err
	}
	v.Drop(e.cookie("ticket"))
	v.Drop(e.cookie("code"))
	v.Drop(e.cookie("code_to"))
	v.SignedIn(e.Audience, signed)
	return v.Gone(cmp.Or(back, v.Base()))
}

// cookie is the name of something that is kept while somebody signs in here.
func (e *Entrance) cookie(name string) string { return name + "_" + string(e.Audience) }

// refusalOf is an error that the page itself can say.
func refusalOf(err error) *errs.Error {
	var refusal *errs.Error
	if errors.As(err, &refusal) && refusal.Kind != errs.Fault && refusal.Kind != errs.Unavailable {
		if detail := refusal.Fields["email"]; detail != "" {
			return refusal.Say("%s", detail)
		}
		return refusal
	}
	return nil
}

// send mails a code and leads to the page on which it is typed. Its cookie is new each time.
func (e *Entrance) send(v *Visit, email string) error {
	back := e.backOf(v)
	sent, err := v.Site.Desk.SendCode(v.Ctx(), v.Site.From(v.R).Nobody(), auth.Ask{Audience: e.Audience, Brand: v.Front.ID, Email: email})
	if refusal := refusalOf(err); refusal != nil {
		if v.Kept(e.cookie("code")) != "" {
			return e.drawCode(v, v.Status(refusal), back, "", refusal.Detail)
		}
		return e.draw(v, v.Status(refusal), back, refusal.Detail)
	}
	if err != nil {
		return err
	}
	life := sent.Expires.Sub(v.Site.Door.Now())
	v.Keep(e.cookie("code"), sent.Browser, life)
	to := strconv.FormatInt(sent.Expires.Unix(), 10) + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.TrimSpace(email)))
	if len(to) > 200 {
		to = strconv.FormatInt(sent.Expires.Unix(), 10) + "."
	}
	v.Keep(e.cookie("code_to"), to, life)
	return v.Gone(v.Base() + "/sign-in/code" + withBack(back))
}

func (e *Entrance) codePage(v *Visit) error {
	if v.Kept(e.cookie("code")) == "" {
		return v.Gone(v.Base() + "/sign-in" + withBack(e.backOf(v)))
	}
	return e.drawCode(v, http.StatusOK, e.backOf(v), "", "")
}

// drawCode draws the page on which a code is typed. It says the same whether a code was sent or not.
func (e *Entrance) drawCode(v *Visit, status int, back, wrong, problem string) error {
	until, encoded, _ := strings.Cut(v.Kept(e.cookie("code_to")), ".")
	email, _ := base64.RawURLEncoding.DecodeString(encoded)
	to, holder := string(email), "an account"
	if to == "" {
		to = "that address"
	}
	if e.Audience == session.Company {
		holder = "a company account"
	}
	p := ui.CodeSentProps{
		Lead:   "If " + to + " belongs to " + holder + " at " + v.Front.Name + ", we have just sent it an eight-digit code. It is good in this browser only.",
		Action: v.Base() + "/sign-in/code", Resend: v.Base() + "/sign-in", Other: v.Base() + "/sign-in" + withBack(back), Mail: string(email), Back: back,
		Code: ui.CodeProps{ID: "code", Name: "code", Label: "Code", Digits: 8, Error: wrong, Hint: v.demoCode(to)},
	}
	if problem != "" {
		p.Problem = ui.Text(ui.T(problem))
	}
	if seconds, err := strconv.ParseInt(until, 10, 64); err == nil {
		if left := time.Unix(seconds, 0).Sub(v.Site.Door.Now()); left > 0 {
			p.Code.Seconds = int(left.Seconds())
			p.Code.Valid = strconv.Itoa(p.Code.Seconds/60) + ":" + strconv.Itoa(100 + p.Code.Seconds%60)[1:]
		}
	}
	return v.Passage(status, "Check your e-mail", ui.CodeSent(p))
}

// demoCode is what only the demo says: the code itself.
func (v *Visit) demoCode(to string) string {
	if v.Site.Demo == nil {
		return ""
	}
	mails, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), mailing.Latest, 20)
	if err != nil {
		return ""
	}
	for _, m := range mails {
		if m.Kind == "sign_in_code" && strings.EqualFold(m.To, to) {
			return "This is the demo, so here it is: " + m.Letter.Code
		}
	}
	return ""
}

func (e *Entrance) code(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	back := e.backOf(v)
	signed, err := v.Site.Desk.SignInCode(v.Ctx(), v.Site.From(v.R).Nobody(), auth.Answer{
		Audience: e.Audience, Brand: v.Front.ID, Browser: v.Kept(e.cookie("code")), Code: form.Get("code"), Known: v.KnownDevice(),
	})
	refusal := refusalOf(err)
	switch {
	case refusal == nil && err != nil:
		return err
	case refusal == nil:
		return e.on(v, signed, back)
	case errors.Is(refusal, auth.ErrCode) && v.Kept(e.cookie("code")) != "":
		return e.drawCode(v, v.Status(refusal), back, refusal.Detail, "")
	case errors.Is(refusal, auth.ErrPause), errors.Is(refusal, auth.ErrTooMany):
		return e.drawCode(v, v.Status(refusal), back, "", refusal.Detail)
	}
	return e.draw(v, v.Status(refusal), back, refusal.Detail)
}

// nextPage is where a half-done sign-in goes on.
func (e *Entrance) nextPage(v *Visit, n auth.Next) string {
	if n == auth.NewPassword {
		return v.Base() + "/sign-in/new-password"
	}
	return v.Base() + "/sign-in/second"
}

// halfway reads the half-done sign-in of this browser. nil: the visit is answered, with the sign-in page or with what comes next
// instead.
func (e *Entrance) halfway(v *Visit, wanted auth.Next) (*auth.Halfway, error) {
	h, err := v.Site.Desk.Halfway(v.Ctx(), v.Caller, v.Kept(e.cookie("ticket")))
	if errors.Is(err, auth.ErrTicket) || err == nil && (h.Audience != e.Audience || h.User.Brand != v.Front.ID) {
		return nil, e.again(v, auth.ErrTicket)
	}
	if err == nil && h.Next != wanted {
		return nil, v.Gone(e.nextPage(v, h.Next) + withBack(e.backOf(v)))
	}
	return &h, err
}

// again is the sign-in page, with why one is back there.
func (e *Entrance) again(v *Visit, why *errs.Error) error {
	v.Drop(e.cookie("ticket"))
	return e.draw(v, v.Status(why), e.backOf(v), why.Detail)
}

func (e *Entrance) secondPage(v *Visit) error {
	h, err := e.halfway(v, auth.SecondFactor)
	if h == nil || err != nil {
		return err
	}
	return v.SecondStep(http.StatusOK, h, v.R.URL.Query().Get("with"), e.backOf(v), "")
}

func (e *Entrance) second(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	with := form.Get("with")
	if with != "recovery" {
		with = "totp"
	}
	return e.showSecond(v, with, form.Get("code"))
}

func (e *Entrance) showSecond(v *Visit, with, answer string) error {
	h, err := e.halfway(v, auth.SecondFactor)
	if h == nil || err != nil {
		return err
	}
	signed, err := v.Site.Desk.ShowSecond(v.Ctx(), v.Site.From(v.R).Nobody(), v.Kept(e.cookie("ticket")), with, answer)
	refusal := refusalOf(err)
	switch {
	case errors.Is(err, auth.ErrTicket):
		return e.again(v, refusal)
	case refusal != nil:
		return v.SecondStep(v.Status(refusal), h, with, e.backOf(v), refusal.Detail)
	case err != nil:
		return err
	}
	return e.on(v, signed, e.backOf(v))
}

func (e *Entrance) secondQuestion(v *Visit) error {
	return v.Question(v.Site.Desk.AskSecond(v.Ctx(), v.Site.From(v.R).Nobody(), v.Site.RelyingParty(), v.Kept(e.cookie("ticket"))))
}

func (e *Entrance) secondPasskey(v *Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	return e.showSecond(v, "passkey", auth.PasskeyAnswer(token, answer))
}

func (e *Entrance) question(v *Visit) error {
	return v.Question(v.Site.Desk.AskPasskey(v.Ctx(), v.Site.From(v.R).Nobody(), v.Site.RelyingParty()))
}

func (e *Entrance) passkey(v *Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	signed, err := v.Site.Desk.SignInPasskey(v.Ctx(), v.Site.From(v.R).Nobody(), auth.PasskeyTry{
		Audience: e.Audience, Brand: v.Front.ID, Token: token, Answer: answer, Known: v.KnownDevice(),
	})
	return e.proved(v, signed, err)
}

// signOut ends the session that asks, and no other: who looks through somebody's eyes is themself again.
func (e *Entrance) signOut(v *Visit) error {
	if err := v.leave(); err != nil {
		return err
	}
	if !v.throughEyes() {
		v.SignedOut(e.Audience)
	}
	return v.Gone(v.Base() + "/sign-in")
}

func (e *Entrance) theme(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	theme := form.Get("theme")
	if theme == string(ui.Auto) {
		theme = ""
	}
	if _, err := op.Keep(v.Ctx(), v.Site.Door, v.Caller, account.ChooseTheme, account.Preferences{Theme: &theme}); err != nil {
		return err
	}
	return v.Gone(Back(form.Get("back"), v.Base()))
}

func (e *Entrance) sessions(v *Visit) error {
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, session.List, v.Present.User.ID)
	if err != nil {
		return err
	}
	var own []ui.OwnSession
	for _, s := range all {
		place := s.Country
		if place == "" {
			place = "Unknown place"
		}
		own = append(own, ui.OwnSession{ID: s.ID, Device: s.Device, Place: place, IP: s.IP, Seen: time.UnixMilli(s.SeenAt), Current: s.Current})
	}
	return v.Page(http.StatusOK, "Sessions", "sessions", ui.OwnSessions(v.Clock(), v.Base(), own))
}

func (e *Entrance) end(v *Visit) error {
	id := v.R.PathValue("session")
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.Revoke, id); err != nil {
		return err
	}
	if id == v.Present.Session.ID {
		v.SignedOut(e.Audience)
		return v.Gone(v.Base() + "/sign-in")
	}
	return v.Gone(v.Base() + "/sessions")
}

func (e *Entrance) endOthers(v *Visit) error {
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, session.RevokeEvery, v.Present.User.ID); err != nil {
		return err
	}
	return v.Gone(v.Base() + "/sessions")
}

// leave ends the session that the visit is in, if it is in one: an impersonation is ended, and no session of the person's.
func (v *Visit) leave() (err error) {
	switch {
	case v.Present == nil:
	case v.throughEyes():
		v.Drop(eyesOf(v.Audience))
		_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.StopImpersonating, op.None{})
	default:
		_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, session.Revoke, v.Present.Session.ID)
	}
	return err
}

// leaveAll ends whatever the browser shows at these screens: an impersonation, and the session of one's own behind it.
func (v *Visit) leaveAll() error {
	behind := v.throughEyes()
	if err := v.leave(); err != nil || !behind {
		return err
	}
	v.nobody()
	if _, err := v.shown(v.Site.token(v.R, string(v.Audience)), false); err != nil {
		return err
	}
	return v.leave()
}

func withBack(back string) string {
	if back == "" {
		return ""
	}
	return "?back=" + url.QueryEscape(back)
}
