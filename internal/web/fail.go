package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Refusals of a form as such, and of a method that an address does not take.
var (
	ErrForm      = errs.New(errs.Malformed, "form_unreadable", "That form could not be read, and nothing was changed. Go back, reload the page and send it again.")
	ErrFormLarge = errs.New(errs.TooLarge, "form_too_large", "That is more than fits into this form, and nothing was changed. Shorten it.")
	ErrMethod    = errs.New(errs.NotAllowed, "method_not_allowed", "This address does not take that kind of request, and nothing was changed. Go back to the page and use its buttons.")
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

// outage is the refusal for a database that does not answer, for what is read without the door.
func outage(err error) error {
	if store.IsUnavailable(err) {
		return op.ErrUnavailable.Because(err)
	}
	return err
}

// Fail answers with the page of an error. A step-up that is asked for is no failure: it leads to its dialog.
func (v *Visit) Fail(err error) {
	if v.answered {
		v.Site.Log.Error("an error after the answer", "request", v.Caller.Request, "error", err)
		return
	}
	e := errs.Of(err)
	if id, ok := e.Extra["step_up"].(string); ok && errors.Is(err, op.ErrStepUpRequired) {
		v.toStepUp(id, v.pageBehind())
		return
	}
	if errors.Is(err, op.ErrSignIn) {
		v.toSignIn()
		return
	}
	status := v.Status(err)
	if e.Kind == errs.Fault {
		v.Site.Log.Error("a request failed", "request", v.Caller.Request, "path", v.R.URL.Path, "error", err)
	}
	if strings.HasPrefix(v.R.URL.Path, "/v1/") || strings.HasPrefix(v.R.URL.Path, "/scim/") {
		v.problem(e)
		return
	}
	p := v.failure(e)
	if v.Fragment() {
		_ = v.Render(status, ui.Failure(p))
		return
	}
	_ = v.Page(status, p.Title, "", ui.Failure(p))
}

// Status is the status with which a refusal is answered, by the page of an error or by a form that says it itself. When it helps to
// come back later, the answer says when.
func (v *Visit) Status(err error) int {
	e := errs.Of(err)
	wait := e.Retry
	if e.Kind == errs.TooMany {
		wait = max(wait, time.Second)
	}
	if wait > 0 {
		v.W.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	return e.Kind.Status()
}

// failure puts a refusal into words: what happened, and the remedy.
func (v *Visit) failure(e *errs.Error) ui.FailureProps {
	back := ui.Action{Label: "Back to the desk", Href: v.Base()}
	if v.Audience != session.Staff {
		back.Label = "Back to the start"
	}
	switch {
	case v.R.Method == http.MethodPost && v.Present != nil:
		back = ui.Action{Label: "Back to the page", Href: v.pageBehind()}
	case v.Present == nil && (e.Is(ErrNotSetUp) || e.Is(ErrHost)):
		back = ui.Action{}
	case v.Present == nil:
		back = ui.Action{Label: "Sign in", Href: v.Base() + "/sign-in"}
	}
	text := e.Detail
	for _, field := range sortedFields(e.Fields) {
		text += " " + e.Fields[field]
	}
	if e.Is(op.ErrForbidden) {
		if sentence := v.forbidden(e); sentence != "" {
			text = sentence
		}
	}
	p := ui.Failed(e.Kind.Status(), ui.Text(ui.T(text)), v.Caller.Request, v.Clock().Now.UTC().Format(time.RFC3339), back)
	switch {
	case e.Kind == errs.Gone:
		p.Icon, p.Title, p.Actions = "hourglass", "This is not valid any more", trimmed(back)
	case e.Is(ErrNotSetUp):
		p.Icon, p.Title, p.Number, p.Time, p.Actions = "key", "Steward is not set up yet", "", "", nil
	case e.Is(ErrHost):
		p.Icon, p.Title, p.Number, p.Time = "world", "No such host here", "", ""
	}
	for i := range p.Actions {
		if p.Actions[i].Href == "?" { // again: this page, or after a change the page it was made on
			p.Actions[i].Href = v.pageBehind()
		}
	}
	return p
}

func trimmed(back ui.Action) []ui.Action {
	back.Main = true
	return []ui.Action{back}
}

// forbidden says which permission is missing where, where the visitor has it instead, and who can give it.
func (v *Visit) forbidden(e *errs.Error) string {
	name, _ := e.Extra["permission"].(string)
	p, err := access.ParsePermission(name)
	if err != nil || v.Present == nil || v.Audience != session.Staff { // customers hear of no colleagues
		return ""
	}
	path, _ := e.Extra["scope"].(string)
	at, err := access.ParseScope(path)
	if err != nil {
		at = v.Place()
	}
	now := v.Site.Door.Now().UnixMilli()
	explained := v.Caller.Grants.Explain(now, p, at, access.Everybody)
	if explained.Allowed { // held in general, but not for this person or thing: the refusal's own words say more
		return ""
	}
	words := access.Words{Place: v.PlaceName, Day: func(ms int64) string { return v.Clock().Date(time.UnixMilli(ms)) }}
	if givers, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, account.Givers, op.None{}); err == nil {
		words.Givers = givers
	}
	return explained.Sentence(words)
}

// PlaceName is a node as people call it, as far as the visitor may know of it.
func (v *Visit) PlaceName(s access.Scope) string {
	if s == access.Platform {
		return "the platform"
	}
	for i := range v.Brands {
		b := &v.Brands[i]
		if b.ID.Scope() == s {
			return b.Name
		}
		if !b.ID.Scope().Covers(s) {
			continue
		}
		if d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, b.ID); err == nil {
			for j := range d.Locations {
				if d.Locations[j].Scope() == s {
					return d.Locations[j].Name
				}
			}
		}
		return b.Name
	}
	return "that place"
}

func sortedFields(fields map[string]string) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// StepUp leads to the dialog that asks for a code, and afterwards to a page other than the one behind: a form whose values wait
// on the server is not what one wants to come back to. Any other error is passed on.
func (v *Visit) StepUp(err error, back string) error {
	id, ok := errs.Of(err).Extra["step_up"].(string)
	if !ok || !errors.Is(err, op.ErrStepUpRequired) {
		return err
	}
	v.toStepUp(id, Back(back, v.Base()))
	return nil
}

// toStepUp leads to the dialog that asks for the code. htmx follows by itself and gets the dialog alone.
func (v *Visit) toStepUp(id, back string) {
	v.answered = true
	http.Redirect(v.W, v.R, v.Base()+"/step-ups/"+id+"?back="+url.QueryEscape(back), http.StatusSeeOther)
}

// pageBehind is the page from which a change was asked: where to return after its step-up.
func (v *Visit) pageBehind() string {
	if v.R.Method == http.MethodGet || v.R.Method == http.MethodHead {
		return Back(v.R.URL.RequestURI(), v.Base())
	}
	if back := v.R.PostFormValue("back"); back != "" {
		return Back(back, v.Base())
	}
	return v.CameFrom(v.Base())
}

// CameFrom is the page of this site on which a link or a form was used, as the browser tells it.
func (v *Visit) CameFrom(otherwise string) string {
	u, err := url.Parse(v.R.Referer())
	if err != nil || u.Scheme != v.Site.Public.Scheme || !strings.EqualFold(u.Host, v.Site.Public.Host) {
		return otherwise
	}
	return Back(u.RequestURI(), otherwise)
}

// Missing answers for addresses that nobody has: not found, or not with this method.
func (s *Site) Missing(mux *http.ServeMux) Handler {
	return func(v *Visit) error {
		_, own := mux.Handler(v.R)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			other := v.R.Clone(v.Ctx())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != own && method != v.R.Method {
				v.W.Header().Set("Allow", method)
				return ErrMethod
			}
		}
		return errs.ErrNotFound
	}
}

// problem answers programs before they have reached the API's own handlers: RFC 9457.
func (v *Visit) problem(e *errs.Error) {
	status := e.Kind.Status()
	v.W.Header().Set("Content-Type", "application/problem+json")
	v.W.WriteHeader(status)
	v.answered = true
	_ = json.NewEncoder(v.W).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": e.Code, "detail": e.Detail, "request_id": v.Caller.Request,
	})
}
