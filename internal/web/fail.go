package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Refusals of a form as such.
var (
	ErrForm      = errs.New(errs.Malformed, "form_unreadable", "That form could not be read, and nothing was changed. Go back, reload the page and send it again.")
	ErrFormLarge = errs.New(errs.TooLarge, "form_too_large", "That is more than fits into this form, and nothing was changed. Shorten it.")
)

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return ErrFormLarge.Because(err)
	}
	return ErrForm.Because(err)
}

func isMissing(err error) bool {
	return errors.Is(err, errs.ErrNotFound) || errors.Is(err, op.ErrSignIn)
}

// Fail answers with the page of an error. A step-up that is asked for is no failure: it leads to its dialog.
func (v *Visit) Fail(err error) {
	if v.answered {
		v.Site.Log.Error("an error after the answer", "request", v.Caller.Request, "error", err)
		return
	}
	e := errs.Of(err)
	if id, ok := e.Extra["step_up"].(string); ok && errors.Is(err, op.ErrStepUpRequired) {
		v.Redirect("/admin/step-ups/" + id + "?back=" + url.QueryEscape(v.pageBehind()))
		return
	}
	if errors.Is(err, op.ErrSignIn) {
		v.toSignIn()
		return
	}
	if e.Retry > 0 {
		v.W.Header().Set("Retry-After", strconv.Itoa(int(e.Retry/time.Second)+1))
	}
	if e.Kind == errs.Fault {
		v.Site.Log.Error("a request failed", "request", v.Caller.Request, "path", v.R.URL.Path, "error", err)
	}
	if strings.HasPrefix(v.R.URL.Path, "/v1/") || strings.HasPrefix(v.R.URL.Path, "/scim/") {
		v.problem(e)
		return
	}
	back := ui.Action{Label: "Back to the desk", Href: "/admin"}
	p := ui.Failed(e.Kind.Status(), ui.Text(ui.T(e.Detail)), v.Caller.Request, v.Clock().Now.UTC().Format(time.RFC3339), back)
	if v.Fragment() {
		_ = v.Render(e.Kind.Status(), ui.Alert(ui.Bad, "alert-triangle", ui.Text(ui.T(e.Detail))))
		return
	}
	_ = v.Render(e.Kind.Status(), ui.Wrapped(ui.BlankProps{Title: p.Title, Wide: true}, ui.Failure(p)))
}

// pageBehind is the page from which a change was asked: where to return after its step-up.
func (v *Visit) pageBehind() string {
	if v.R.Method == http.MethodGet {
		return v.R.URL.RequestURI()
	}
	if back := v.R.PostFormValue("back"); back != "" {
		return Back(back, "/admin")
	}
	if u, err := url.Parse(v.R.Referer()); err == nil && strings.EqualFold(u.Host, v.Site.Public.Host) {
		return Back(u.RequestURI(), "/admin")
	}
	return "/admin"
}

// problem answers programs before they have reached the API's own handlers: RFC 9457.
func (v *Visit) problem(e *errs.Error) {
	status := e.Kind.Status()
	v.W.Header().Set("Content-Type", "application/problem+json")
	v.W.WriteHeader(status)
	_ = json.NewEncoder(v.W).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": e.Code, "detail": e.Detail, "request_id": v.Caller.Request,
	})
}
