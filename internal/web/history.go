package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web/ui"
)

const historyShown = 25

// historyPage is one's own sign-in history: what came in, what failed, and when staff looked through one's eyes.
func historyPage(v *Visit) error {
	lines, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, directory.Activity, directory.Timeline{
		User: v.Present.User.ID, Kinds: []directory.LineKind{directory.LineSignIn}, Limit: historyShown, Cursor: v.R.URL.Query().Get("cursor"),
	})
	if err != nil {
		return err
	}
	p := ui.HistoryProps{Clock: v.Clock(), Sessions: v.Base() + "/sessions", First: v.R.URL.Query().Get("cursor") == ""}
	for i := range lines.Lines {
		l := &lines.Lines[i]
		e := ui.Visited{At: moment(l.At), What: "Signed in " + wayWord(l.Method)}
		switch {
		case l.Outcome == "impersonated":
			e.Kind, e.What = ui.Info, "Viewed by shop staff"
		case l.Outcome != "ok":
			e.Kind, e.What = ui.Warn, failureWord(l.Outcome)
		}
		for _, part := range []string{l.Device, l.Country, l.IP} {
			if part != "" {
				e.Where = append(e.Where, part)
			}
		}
		p.Entries = append(p.Entries, e)
	}
	if lines.Next != "" {
		p.Next = v.Base() + "/history?cursor=" + url.QueryEscape(lines.Next)
	}
	return v.Page(http.StatusOK, "Sign-in history", "sessions", ui.History(p))
}

// wayWord is how somebody came in.
func wayWord(method string) string {
	switch method {
	case "code":
		return "with a code from your e-mail"
	case "passkey":
		return "with a passkey"
	}
	return "with your password"
}

// failureWord is why somebody did not.
func failureWord(outcome string) string {
	switch outcome {
	case "wrong_password":
		return "Failed: wrong password"
	case "must_wait":
		return "Failed: too soon after other tries"
	case "wrong_code":
		return "Failed: wrong code"
	case "wrong_totp":
		return "Failed: wrong code of an authenticator app"
	case "wrong_recovery":
		return "Failed: wrong recovery code"
	case "wrong_passkey":
		return "Failed: wrong passkey"
	}
	return "Failed: " + strings.ReplaceAll(outcome, "_", " ")
}
