// Package personal is what people see to about their own data: consents, the privacy policy, a copy of everything, the wish to be
// deleted. The pages are the same in a customer's account and in the company panel; consents are for customers.
package personal

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/subject"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Routes hangs the pages up for one of the two.
func Routes(site *web.Site, mux *http.ServeMux, a session.Audience) {
	at, members := "/account/{brand}", site.Account
	if a == session.Company {
		at, members = "/app/{brand}", site.Company
	}
	own := func(pattern string, h web.Handler) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+at+"/privacy"+path, members(h))
	}
	own("GET ", func(v *web.Visit) error { return drawPrivacy(v, http.StatusOK, nil) })
	own("POST /consents", setConsents)
	own("POST /policy", acceptPolicy)
	own("POST /download", askDownload)
	own("GET /downloads/{export}", download)
	own("GET /deletion", func(v *web.Visit) error { return drawDeletion(v, http.StatusOK, deletionProps{}) })
	own("POST /deletion", askDeletion)
	own("POST /deletion/withdraw", withdrawDeletion)
	mux.Handle("GET "+at+"/privacy-policy", site.Passing(a, policyPage))
}

type privacyProps struct {
	Base      string
	Clock     ui.Clock
	Problem   []ui.Run
	Consents  []consent.State // none for who is no customer
	Policy    consent.Standing
	Downloads []copyOf
	Going     bool
	Request   *privacy.RequestShown
	Watched   bool // staff looks through the person's eyes: what is theirs alone to do is not offered
}

// grid is two columns where there is something for both.
func (p privacyProps) grid() string {
	if len(p.Consents) == 0 {
		return "st-ownpage"
	}
	return "st-appgrid"
}

// copyOf is a copy of one's data that was asked for.
type copyOf struct {
	Asked, Until time.Time
	State        string
	Kind         ui.Kind
	Href         string // empty: there is no file, or not yet
	Busy         bool
}

func drawPrivacy(v *web.Visit, status int, problem []ui.Run) error {
	p := privacyProps{Base: v.Base() + "/privacy", Clock: v.Clock(), Problem: problem, Watched: v.Caller.As != nil}
	if v.Present.User.Kinds&user.IsCustomer != 0 {
		said, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, consent.List, consent.Who{User: v.Present.User.ID})
		if err != nil {
			return err
		}
		p.Consents = said.Now
	}
	var err error
	if p.Policy, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, consent.OwnPolicy, op.None{}); err != nil {
		return err
	}
	if p.Request, err = op.Ask(v.Ctx(), v.Site.Door, v.Caller, privacy.OwnRequest, op.None{}); err != nil {
		return err
	}
	if err := p.downloads(v); err != nil {
		return err
	}
	return v.Page(status, "Privacy", "privacy", privacySheet(p))
}

// downloads lists the copies of one's data. Who looks through somebody's eyes is shown none.
func (p *privacyProps) downloads(v *web.Visit) error {
	if v.Caller.As != nil {
		return nil
	}
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, export.List, export.Page{Limit: 10})
	for i := range all {
		e := &all[i]
		if e.Subject != e.Person || len(p.Downloads) == 5 {
			continue
		}
		c := copyOf{Asked: time.UnixMilli(e.MadeAt), State: "No longer kept", Kind: ui.Mute}
		switch {
		case e.State.Going():
			c.State, c.Kind, c.Busy, p.Going = "Being made", ui.Info, true, true
		case e.State == export.Ready:
			c.State, c.Kind, c.Until, c.Href = "Ready", ui.Good, time.UnixMilli(e.ExpiresAt), p.Base+"/downloads/"+string(e.ID)
		case e.State == export.Failed:
			c.State, c.Kind = "Did not work", ui.Bad
		case e.State == export.Cancelled:
			c.State = "Cancelled"
		}
		p.Downloads = append(p.Downloads, c)
	}
	return err
}

// orPrivacy says over the page what could not be done, and leads back to it otherwise.
func orPrivacy(v *web.Visit, err error) error {
	if refusal, status := formRefusal(v, err); refusal != nil {
		words := refusal.Detail
		for _, text := range refusal.Fields {
			words = text
		}
		return drawPrivacy(v, status, ui.Text(ui.T(words)))
	}
	return v.StepUp(orGone(v, err, "/privacy"), v.Base()+"/privacy")
}

// setConsents saves what is ticked. What did not change is not said again.
func setConsents(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	for _, p := range consent.Purposes {
		in := consent.Choice{User: v.Present.User.ID, Purpose: p, Given: form.Get(string(p)) != ""}
		if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, consent.Set, in); err != nil {
			return orPrivacy(v, err)
		}
	}
	return v.Gone(v.Base() + "/privacy")
}

func acceptPolicy(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, consent.AcceptPolicy, consent.Acceptance{Version: form.Get("version")})
	if err == nil {
		return v.Gone(web.Back(form.Get("back"), v.Base()+"/privacy"))
	}
	return orPrivacy(v, err)
}

// askDownload asks for a copy of everything. It is a job: the page lists it, and the file can be had for a day.
func askDownload(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, subject.Export, subject.Asked{User: v.Present.User.ID})
	return orPrivacy(v, err)
}

func download(v *web.Visit) error {
	f, err := v.Site.Exports.Open(v.Ctx(), v.Caller, export.ID(v.R.PathValue("export")))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return v.Download(f.Name, f.Type, f.Bytes, f)
}

type deletionProps struct {
	Base, Reason string
	Error        string
	Problem      []ui.Run
}

func (p deletionProps) lines() []ui.FormError {
	if p.Error == "" {
		return nil
	}
	return []ui.FormError{{Field: "reason", Text: p.Error}}
}

func drawDeletion(v *web.Visit, status int, p deletionProps) error {
	p.Base = v.Base() + "/privacy"
	return v.Page(status, "Ask for deletion", "privacy", deletionSheet(p))
}

func askDeletion(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p := deletionProps{Reason: form.Get("reason")}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, privacy.AskDeletion, privacy.Wish{Reason: p.Reason})
	if refusal, status := formRefusal(v, err); refusal != nil {
		if p.Error = refusal.Fields["reason"]; p.Error == "" {
			p.Problem = ui.Text(ui.T(refusal.Detail))
		}
		return drawDeletion(v, status, p)
	}
	return v.StepUp(orGone(v, err, "/privacy"), v.Base()+"/privacy")
}

func withdrawDeletion(v *web.Visit) error {
	_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, privacy.WithdrawDeletion, op.None{})
	if errors.Is(err, privacy.ErrNotAsked) { // withdrawn in another tab, say
		err = nil
	}
	return orPrivacy(v, err)
}

// policyPage shows a brand's privacy policy, or leads to where it is.
func policyPage(v *web.Visit) error {
	p, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), consent.ShowPolicy, v.Front.ID)
	if err != nil {
		return err
	}
	if p.Version == "" || p.Text == "" {
		return errs.ErrNotFound
	}
	return v.Passage(http.StatusOK, "Privacy policy", policySheet(v.Front.Name, p.Policy))
}

// PolicyHref is where a policy can be read.
func PolicyHref(base string, p consent.Policy) string {
	if p.URL != "" {
		return p.URL
	}
	return strings.TrimSuffix(base, "/privacy") + "/privacy-policy"
}

// answered says what became of a request for deletion.
func (p privacyProps) answered() []ui.Run {
	r := p.Request
	on := func(at int64) string { return p.Clock.Date(time.UnixMilli(at)) }
	switch r.State {
	case privacy.RequestOpen:
		return ui.Text(ui.T("You asked on "+on(r.AskedAt)+" for your account to be deleted. The shop answers by "), ui.B(on(r.DueAt)), ui.T(". Until then nothing changes."))
	case privacy.RequestRefused:
		return ui.Text(ui.T("You asked on " + on(r.AskedAt) + " for your account to be deleted. The shop refused on " + on(r.ClosedAt) + ": " + r.Answer))
	case privacy.RequestWithdrawn:
		return ui.Text(ui.T("You withdrew your request on " + on(r.ClosedAt) + "."))
	}
	return ui.Text(ui.T("Your request was closed on " + on(r.ClosedAt) + "."))
}

// PolicyDue is the banner that asks to accept a policy that is new; nil where nothing is asked.
func PolicyDue(v *web.Visit) (*PolicyAsked, error) {
	s, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, consent.OwnPolicy, op.None{})
	if err != nil || !s.Due() || v.Caller.As != nil {
		return nil, err
	}
	return &PolicyAsked{s, v.Base()}, nil
}

// PolicyAsked is a policy that waits to be accepted.
type PolicyAsked struct {
	consent.Standing
	Base string
}

func (p PolicyAsked) words() []ui.Run {
	words := "The shop has a privacy policy. "
	if p.Accepted != "" {
		words = "The privacy policy has changed. "
	}
	return ui.Text(ui.T(words), ui.L("Read it", PolicyHref(p.Base, p.Policy)), ui.T(", then accept it."))
}

func (p PolicyAsked) accept(back string) ui.Action {
	return ui.Action{
		Label: "Accept", About: "the privacy policy", Post: p.Base + "/privacy/policy",
		Sends: []ui.Hidden{{Name: "version", Value: p.Version}, {Name: "back", Value: back}},
	}
}

// since says when something was agreed to or taken back.
func (p privacyProps) since(c consent.State) string {
	switch {
	case c.At == 0:
		return ""
	case c.Given:
		return "Agreed on " + p.Clock.Date(time.UnixMilli(c.At)) + ", " + c.Source.Label() + "."
	}
	return "Taken back on " + p.Clock.Date(time.UnixMilli(c.At)) + "."
}

func (p privacyProps) accepted() string {
	if p.Policy.Accepted == "" {
		return ", not accepted yet."
	}
	words := ", accepted on " + p.Clock.Date(time.UnixMilli(p.Policy.AcceptedAt)) + "."
	if p.Policy.Due() {
		return ", new. You accepted version " + p.Policy.Accepted + " on " + p.Clock.Date(time.UnixMilli(p.Policy.AcceptedAt)) + "."
	}
	return words
}

func paragraphs(text string) (all []string) {
	for _, part := range strings.Split(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
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
