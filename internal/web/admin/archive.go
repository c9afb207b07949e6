package admin

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func archivePages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/archive", func(v *web.Visit) error {
			return askArchive(v, l, http.StatusOK, archiveForm{Reason: v.R.URL.Query().Get("reason")})
		})
		r.staff("POST "+l.path+"/{id}/archive", func(v *web.Visit) error { return archive(v, l) })
		r.staff("GET "+l.path+"/{id}/restore", func(v *web.Visit) error { return askRestore(v, l, http.StatusOK, archiveForm{}) })
		r.staff("POST "+l.path+"/{id}/restore", func(v *web.Visit) error { return restore(v, l) })
	}
}

// archiveForm is what was typed, and what is wrong with it.
type archiveForm struct {
	Reason, Note string
	troubles
}

func askArchive(v *web.Visit, l *peopleList, status int, f archiveForm) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.UsersArchive}, User: p.User.ID, NotSelf: true}); err != nil {
		return err
	}
	d := ui.DialogProps{
		Title: "Archive " + p.Title + "?", Action: p.path("archive"), Do: "Archive " + firstName(p.User, p.Title), Danger: true, Cancel: p.path(""), Problem: f.problem,
		Sends: []ui.Hidden{{Name: "back", Value: p.path("")}},
	}
	if p.User.Status.Gone() && len(f.problem) == 0 {
		d.Quiet = true
		return dialogOf(v, status, d, l, archiveBody(f, "This account is "+ui.LowerFirst(p.User.Status.Label())+" already.", d.Quiet))
	}
	return dialogOf(v, status, d, l, archiveBody(f, archiveWords(p.User), false))
}

func archiveWords(u *user.User) string {
	words := "Name, e-mail, phone and address are hidden from everybody at once, and sessions, password and keys end. Orders stay for accounting. A Super Admin can restore the account for some time; then everything about the person is erased for good."
	if u.Kinds&user.IsStaff != 0 {
		words += " Roles end, and are not restored."
	}
	return words + " Nobody is told by e-mail."
}

func archive(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f := archiveForm{Reason: form.Get("reason"), Note: strings.TrimSpace(form.Get("note"))}
	if f.Reason == "" {
		f.fields = map[string]string{"reason": "Choose a reason."}
		return askArchive(v, l, http.StatusUnprocessableEntity, f)
	}
	id := user.ID(v.R.PathValue("id"))
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, privacy.Archive, privacy.Archival{User: id, Reason: privacy.Reason(f.Reason), Note: f.Note})
	return f.done(v, l, id, err, askArchive, form.Get("back"), "reason", "note")
}

func askRestore(v *web.Visit, l *peopleList, status int, f archiveForm) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.UsersRestore}, User: p.User.ID, NotSelf: true}); err != nil {
		return err
	}
	d := ui.DialogProps{
		Title: "Restore this person?", Action: p.path("restore"), Do: "Restore", Cancel: p.path(""), Problem: f.problem,
		Sends: []ui.Hidden{{Name: "back", Value: p.path("")}},
	}
	if p.User.Status != user.Archived && len(f.problem) == 0 {
		d.Quiet = true
		return dialogOf(v, status, d, l, restoreBody(f, "This account is "+ui.LowerFirst(p.User.Status.Label())+" now, so there is nothing to restore.", true))
	}
	return dialogOf(v, status, d, l, restoreBody(f, "Every field reads as it was, and the account has the status that it had. Password, second factors, sessions, API keys, roles and consents are not brought back: the person asks for a new password, and is told so by e-mail.", false))
}

func restore(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f := archiveForm{Reason: strings.TrimSpace(form.Get("reason"))}
	id := user.ID(v.R.PathValue("id"))
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, privacy.Restore, privacy.Return{User: id, Reason: f.Reason})
	return f.done(v, l, id, err, askRestore, form.Get("back"), "reason")
}

// done answers a form: the page behind it, the code that it needs, or the form again with what was refused.
func (f archiveForm) done(v *web.Visit, l *peopleList, id user.ID, err error, again func(*web.Visit, *peopleList, int, archiveForm) error, back string, fields ...string) error {
	switch {
	case err == nil:
		return v.Gone(web.Back(back, personPath(l.path, id, "", "")))
	case errors.Is(err, op.ErrStepUpRequired):
		return err
	}
	t, ok := wrong(v, err, fields...)
	if !ok && errors.Is(err, privacy.ErrTooLate) {
		t, ok = troubles{status: http.StatusGone, problem: ui.Text(ui.T(refusalText(err)))}, true
	}
	if !ok {
		return err
	}
	f.troubles = t
	return again(v, l, t.status, f)
}

// dialogOf draws a question over the page, or as a page of its own without script.
func dialogOf(v *web.Visit, status int, d ui.DialogProps, l *peopleList, body templ.Component) error {
	if v.Fragment() {
		return v.Render(status, overPage(d, body))
	}
	return v.Page(status, d.Title, l.name, ownPage(d, body))
}

// archivedNote is the banner over the page of somebody who is archived or erased; nil for everybody else.
func (p *profile) archivedNote() (templ.Component, error) {
	u := p.User
	if !u.Status.Gone() {
		return nil, nil
	}
	if u.Status == user.Erased {
		return ui.Banner(ui.Mute, "user-off", ui.Text(ui.T("Erased on "+p.clock.Date(moment(u.StatusSince))+". Nothing is left of who this was; orders and statistics stay, tied to the ID alone.")), nil), nil
	}
	a, err := op.Ask(p.Ctx(), p.Site.Door, p.Caller, privacy.Show, u.ID)
	if err != nil || a == nil {
		return nil, err
	}
	by := ""
	if a.ByName != "" {
		by = " by " + a.ByName
	}
	words := ui.Text(ui.B("Archived"), ui.T(by+" on "+p.clock.Date(moment(a.At))+": "+lowerReason(a.Reason)+". "))
	if a.Over {
		words = append(words, ui.T("The time to restore is over, and everything about the person is being erased."))
		return ui.Banner(ui.Warn, "archive", words, nil), nil
	}
	words = append(words, ui.T("Everything about the person is erased on "+p.clock.Moment(moment(a.Until))+"; until then a Super Admin can restore it."))
	var act *ui.Action
	if a.CanRestore {
		act = &ui.Action{Label: "Restore…", Icon: "rotate", Href: p.path("restore"), Dialog: true}
	}
	return ui.Banner(ui.Warn, "archive", words, act), nil
}

// lowerReason is a reason within a sentence.
func lowerReason(r privacy.Reason) string {
	if r == privacy.GDPRRequest {
		return r.Label()
	}
	return ui.LowerFirst(r.Label())
}

func reasonOptions() []ui.Option {
	all := []ui.Option{{Value: "", Label: "Choose a reason"}}
	for _, r := range privacy.Reasons {
		all = append(all, ui.Option{Value: string(r), Label: r.Label()})
	}
	return all
}

// pausedNote says that nobody is erased just now, to who can do something about it.
func pausedNote(v *web.Visit) (templ.Component, error) {
	if !v.May(access.UsersRestore, op.Subject{Scope: access.Platform}) {
		return nil, nil
	}
	e, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, privacy.State, op.None{})
	if err != nil || !e.Paused || e.Waiting == 0 {
		return nil, err
	}
	how := "moved ahead"
	if e.Jumped < 0 {
		how = "went back"
	}
	words := "Erasures are paused: on " + v.Clock().Moment(e.PausedAt) + " this machine's clock " + how + " by " + span(e.Jumped.Abs()) +
		", or Steward was not running. Check that the clock is right. Erasing goes on by itself after another " + span(e.Rest) + " without a jump."
	return ui.Banner(ui.Warn, "clock-pause", ui.Text(ui.T(words)), nil), nil
}

// span is a length of time in its largest unit.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return ui.Counted(int64(d/(24*time.Hour)), "day", "days")
	case d >= 2*time.Hour:
		return ui.Counted(int64(d/time.Hour), "hour", "hours")
	}
	return web.InWords(d)
}
