package web

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/web/ui"
)

// StepUps are the pages on which an operation is confirmed by a fresh proof, the same for every audience. A step-up is a page of its
// own, and over the page from which it was asked where script is there. What it confirms waits on the server with its values; the
// form carries the proof alone.
type StepUps struct {
	// Afterwards are operations whose outcome is shown instead of the page behind: what can be seen only once.
	Afterwards map[string]func(v *Visit, out any) error
}

// Hang hangs up a page. Its address begins where the first page of the audience is.
type Hang func(pattern string, h Handler)

// Below moves the addresses of pages below another one.
func (hang Hang) Below(path string) Hang {
	return func(pattern string, h Handler) {
		method, rest, _ := strings.Cut(pattern, " ")
		hang(method+" "+path+rest, h)
	}
}

// Routes hangs them up.
func (s *StepUps) Routes(hang Hang) {
	hang("GET /step-ups/{id}", func(v *Visit) error {
		return showStepUp(v, http.StatusOK, Back(v.R.URL.Query().Get("back"), v.Base()), "")
	})
	hang("POST /step-ups/{id}", s.confirm)
	hang("POST /step-ups/{id}/again", stepUpAgain)
	hang("POST /step-ups/{id}/passkey/question", stepUpQuestion)
	hang("POST /step-ups/{id}/passkey", s.passkey)
}

// showStepUp draws what waits for a proof. One that waits no longer offers a new code instead.
func showStepUp(v *Visit, status int, back, problem string) error {
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
	here := v.Base() + "/step-ups/" + id
	sends := []ui.Hidden{{Name: "back", Value: back}}
	p := ui.StepUpProps{
		Dialog: ui.DialogProps{
			Title: "Confirm: " + ui.LowerFirst(waiting.Confirmation.Title), Action: here, Do: cmp.Or(waiting.Confirmation.Button, "Confirm"),
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
	if code := v.demoStepUp(waiting.Confirmation.Title); code != "" && waiting.Mailed {
		p.Facts = append(p.Facts, ui.Pair{Label: "Code (demo)", Value: ui.Text(ui.B(code), ui.T(", also in "), ui.L("the demo's mail", "/dev/mail"))})
	}
	if v.Fragment() {
		return v.Render(status, ui.StepUpDialog(p))
	}
	return v.Page(status, p.Dialog.Title, "", ui.StepUpPage(p))
}

// showExpired offers a new code for the same values.
func showExpired(v *Visit, id, back, problem string) error {
	p := ui.DialogProps{
		Title: "That code is no longer valid", Action: v.Base() + "/step-ups/" + id + "/again", Do: "Send a new code",
		Cancel: back, Sends: []ui.Hidden{{Name: "back", Value: back}},
	}
	if problem != "" {
		p.Problem = ui.Text(ui.T(problem))
	}
	if v.Fragment() {
		return v.Render(http.StatusGone, ui.ExpiredDialog(p))
	}
	return v.Page(http.StatusGone, p.Title, "", ui.ExpiredPage(p))
}

func (s *StepUps) confirm(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	return s.confirmed(v, Back(form.Get("back"), v.Base()), strings.Join(strings.Fields(form.Get("code")), ""))
}

// stepUpQuestion asks for one of the person's own passkeys.
func stepUpQuestion(v *Visit) error {
	return v.Question(v.Site.Desk.AskStepUp(v.Ctx(), v.Caller, v.Site.RelyingParty()))
}

// passkey confirms with what a passkey answered.
func (s *StepUps) passkey(v *Visit) error {
	token, answer, err := v.Answer()
	if err != nil {
		return err
	}
	return s.confirmed(v, Back(v.R.PostForm.Get("back"), v.Base()), auth.PasskeyAnswer(token, answer))
}

// confirmed runs what waits for a proof, with the proof.
func (s *StepUps) confirmed(v *Visit, back, proof string) error {
	operation, out, err := v.Site.Door.Confirm(v.Ctx(), v.Caller, op.Proof{ID: v.R.PathValue("id"), Code: proof})
	switch {
	case errors.Is(err, op.ErrStepUpWrong):
		return showStepUp(v, http.StatusForbidden, back, errs.Of(err).Detail)
	case errors.Is(err, op.ErrStepUpExpired):
		return showExpired(v, v.R.PathValue("id"), back, "")
	case err != nil:
		return err
	}
	if show, once := s.Afterwards[operation]; once {
		return show(v, out)
	}
	return v.Gone(back)
}

// stepUpAgain asks for the same once more, to get a new code. The rates of codes are told as they are.
func stepUpAgain(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	back := Back(form.Get("back"), v.Base())
	err = v.Site.Door.Again(v.Ctx(), v.Caller, v.R.PathValue("id"))
	e := errs.Of(err)
	switch {
	case err == nil: // it needs no code any more, and is done
		return v.Gone(back)
	case errors.Is(err, op.ErrStepUpRequired):
		id, _ := e.Extra["step_up"].(string)
		http.Redirect(v.W, v.R, v.Base()+"/step-ups/"+id+"?back="+url.QueryEscape(back), http.StatusSeeOther)
		return nil
	case errors.Is(err, op.ErrStepUpRate):
		return showStepUp(v, v.Status(err), back,
			fmt.Sprintf("A new code can be sent in %s. Until then, the last one is good for as long as it says.", InWords(e.Retry)))
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

// demoStepUp is the code that was mailed, which only the demo shows.
func (v *Visit) demoStepUp(title string) string {
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

// InWords is a wait as people say it: "24 seconds", "12 minutes".
func InWords(d time.Duration) string {
	if d < 2*time.Minute {
		return ui.Counted(int64(math.Ceil(d.Seconds())), "second", "seconds")
	}
	return ui.Counted(int64(math.Ceil(d.Minutes())), "minute", "minutes")
}
