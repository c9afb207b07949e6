package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func stepUpPages(r routes) {
	r.staff("GET /admin/step-ups/{id}", stepUpPage)
	r.staff("POST /admin/step-ups/{id}", confirmStepUp)
	r.staff("POST /admin/step-ups/{id}/again", stepUpAgain)
	r.staff("POST /admin/step-ups/{id}/passkey/question", stepUpQuestion)
	r.staff("POST /admin/step-ups/{id}/passkey", stepUpPasskey)
}

// A step-up is a page of its own, and over the page from which it was asked where script is there. What it confirms waits on the
// server with its values; the form carries the code alone.
func stepUpPage(v *web.Visit) error {
	return showStepUp(v, http.StatusOK, web.Back(v.R.URL.Query().Get("back"), "/admin"), "")
}

// showStepUp draws what waits for a code. One that waits no longer offers a new code instead.
func showStepUp(v *web.Visit, status int, back, problem string) error {
	id := v.R.PathValue("id")
	waiting, err := v.Site.Door.Pending(v.Ctx(), v.Caller, id)
	if errors.Is(err, op.ErrStepUpExpired) {
		return showExpired(v, id, back, problem)
	}
	if err != nil {
		return err
	}
	left := waiting.Expires.Sub(v.Site.Door.Now())
	seconds := max(int(left.Seconds()), 0)
	here := "/admin/step-ups/" + id
	sends := []ui.Hidden{{Name: "back", Value: back}}
	p := ui.StepUpProps{
		Dialog: ui.DialogProps{
			Title: "Confirm: " + lowerFirst(waiting.Confirmation.Title), Action: here, Do: orElse(waiting.Confirmation.Button, "Confirm"),
			Cancel: back, Sends: sends,
		},
		Facts: pairs(waiting.Confirmation.Facts), Label: codeLabel(waiting),
		Valid: fmt.Sprintf("%d:%02d", seconds/60, seconds%60), Seconds: seconds, Digits: 6,
		Again: here + "/again", Error: problem,
	}
	if waiting.Mailed {
		p.SentTo = masked(v.Present.User.Email)
	}
	if slices.Contains(waiting.Ways, "passkey") {
		p.Passkey = ui.PasskeyProps{Do: "Use your passkey", Ask: here + "/passkey/question", To: here + "/passkey", Sends: sends, Main: true}
		p.NoCode = !waiting.Mailed && len(waiting.Ways) == 1
	}
	if code := demoCode(v, waiting.Confirmation.Title); code != "" && waiting.Mailed {
		p.Facts = append(p.Facts, ui.Pair{Label: "Code (demo)", Value: ui.Text(ui.B(code), ui.T(", also in "), ui.L("the demo's mail", "/dev/mail"))})
	}
	if v.Fragment() {
		return v.Render(status, ui.StepUpDialog(p))
	}
	return v.Page(status, p.Dialog.Title, "", ui.StepUpPage(p))
}

// showExpired offers a new code for the same values.
func showExpired(v *web.Visit, id, back, problem string) error {
	p := ui.DialogProps{
		Title: "That code is no longer valid", Action: "/admin/step-ups/" + id + "/again", Do: "Send a new code",
		Cancel: back, Sends: []ui.Hidden{{Name: "back", Value: back}},
	}
	if problem != "" {
		p.Problem = ui.Text(ui.T(problem))
	}
	if v.Fragment() {
		return v.Render(http.StatusGone, expiredOver(p))
	}
	return v.Page(http.StatusGone, p.Title, "", expiredSheet(p))
}

// afterwards are operations whose outcome is shown instead of the page behind: what can be seen only once.
var afterwards = map[string]func(v *web.Visit, out any) error{}

func confirmStepUp(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	back := web.Back(form.Get("back"), "/admin")
	return confirmed(v, back, strings.Join(strings.Fields(form.Get("code")), ""))
}

// stepUpQuestion asks for one of the person's own passkeys.
func stepUpQuestion(v *web.Visit) error {
	return v.Question(v.Site.Desk.AskStepUp(v.Ctx(), v.Caller, v.Site.RelyingParty()))
}

// stepUpPasskey confirms with what a passkey answered.
func stepUpPasskey(v *web.Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	return confirmed(v, web.Back(v.R.PostForm.Get("back"), "/admin"), auth.PasskeyAnswer(token, answer))
}

// confirmed runs what waits for a proof, with the proof.
func confirmed(v *web.Visit, back, proof string) error {
	operation, out, err := v.Site.Door.Confirm(v.Ctx(), v.Caller, op.Proof{ID: v.R.PathValue("id"), Code: proof})
	switch {
	case errors.Is(err, op.ErrStepUpWrong):
		return showStepUp(v, http.StatusForbidden, back, errs.Of(err).Detail)
	case errors.Is(err, op.ErrStepUpExpired):
		return showExpired(v, v.R.PathValue("id"), back, "")
	case err != nil:
		return err
	}
	if show, once := afterwards[operation]; once {
		return show(v, out)
	}
	return v.Gone(back)
}

// stepUpAgain asks for the same once more, to get a new code. The rates of codes are told as they are.
func stepUpAgain(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	back := web.Back(form.Get("back"), "/admin")
	err = v.Site.Door.Again(v.Ctx(), v.Caller, v.R.PathValue("id"))
	e := errs.Of(err)
	switch {
	case err == nil: // it needs no code any more, and is done
		return v.Gone(back)
	case errors.Is(err, op.ErrStepUpRequired):
		id, _ := e.Extra["step_up"].(string)
		http.Redirect(v.W, v.R, "/admin/step-ups/"+id+"?back="+url.QueryEscape(back), http.StatusSeeOther)
		return nil
	case errors.Is(err, op.ErrStepUpRate):
		return showStepUp(v, v.Status(err), back,
			fmt.Sprintf("A new code can be sent in %s. Until then, the last one is good for as long as it says.", inWords(e.Retry)))
	}
	return err
}

// codeLabel says where the code to type comes from.
func codeLabel(waiting op.Pending) string {
	app := slices.Contains(waiting.Ways, "totp")
	switch {
	case app && waiting.Mailed:
		return "Code from your authenticator app or your e-mail"
	case app:
		return "Code from your authenticator app"
	}
	return "Code from your e-mail"
}

// demoCode is the code that was mailed, which only the demo shows.
func demoCode(v *web.Visit, title string) string {
	if v.Site.Demo == nil {
		return ""
	}
	mails, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, mailing.Latest, 20)
	if err != nil {
		return ""
	}
	for _, m := range mails {
		if m.User == string(v.Present.User.ID) && m.Kind == "step_up_code" && m.Letter.Subject == m.Letter.Code+" confirms: "+title {
			return m.Letter.Code
		}
	}
	return ""
}

func pairs(facts []op.Fact) []ui.Pair {
	out := make([]ui.Pair, len(facts))
	for i, f := range facts {
		out[i] = ui.P(f.Label, f.Value)
	}
	return out
}

// masked is an address that its owner recognises and nobody else learns: i•••@marlowfinch.example.
func masked(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return ""
	}
	return string([]rune(local)[:1]) + "•••@" + domain
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
