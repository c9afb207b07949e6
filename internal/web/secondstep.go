package web

import (
	"net/url"
	"slices"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/web/ui"
)

// secondWays are the ways to show a second factor, the one to begin with first.
func secondWays(f auth.Factors) (ways []string) {
	if f.App {
		ways = append(ways, "totp")
	}
	if f.Passkeys > 0 {
		ways = append(ways, "passkey")
	}
	return append(ways, "recovery")
}

var secondWords = map[string]string{"totp": "Use your authenticator app", "passkey": "Use a passkey", "recovery": "Use a recovery code"}

// SecondStep draws the second step of a half-done sign-in, the same for every audience. It offers what the person has and says nothing of
// who they are, so that the answer to a wrong code is the same for everybody who has the same.
func (v *Visit) SecondStep(status int, h *auth.Halfway, with, back, problem string) error {
	at, ways := v.Base()+"/sign-in/second", secondWays(h.Factors)
	if !slices.Contains(ways, with) {
		with = ways[0]
	}
	p := ui.SecondStepProps{Action: at, Back: back, With: with, Problem: problem}
	for _, way := range ways {
		if way != with {
			p.Others = append(p.Others, ui.L(secondWords[way], at+"?"+url.Values{"with": {way}, "back": {back}}.Encode()))
		}
	}
	p.Passkey = ui.PasskeyProps{Do: "Use a passkey", Ask: at + "/passkey/question", To: at + "/passkey", Main: true, Sends: []ui.Hidden{{Name: "back", Value: back}}}
	if with == "totp" {
		p.Hint = v.demoApp(h)
	}
	return v.alone(status, p.Title(), ui.SecondStep(p))
}

// demoApp is what only the demo says: what the person's app shows now.
func (v *Visit) demoApp(h *auth.Halfway) string {
	if v.Site.Demo == nil {
		return ""
	}
	for _, d := range v.Site.Demo.People {
		if d.ID != string(h.User.ID) || d.Secret == "" {
			continue
		}
		if code := v.Site.Desk.UnusedCode(v.Ctx(), h.User.ID, d.Secret); code != "" {
			return "This is the demo: the code is " + code + "."
		}
		return "This is the demo: each code is good once, and those of this moment are used. A new one comes within half a minute; reload the page."
	}
	return ""
}
