package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func lifePages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		for _, s := range steps {
			r.staff("GET "+l.path+"/{id}/"+s.path, func(v *web.Visit) error { return s.ask(v, l, http.StatusOK, nil, troubles{}) })
			r.staff("POST "+l.path+"/{id}/"+s.path, func(v *web.Visit) error { return s.take(v, l) })
		}
	}
}

// step is something done to an account that is confirmed in a dialog. Those with more to say than yes have fields.
type step struct {
	path   string
	title  string // with the name in it
	do     string // the verb on the button, before the name
	plain  bool   // the button says the verb alone
	danger bool
	needs  func(u *user.User) access.Permission
	self   bool                             // people may do it to themselves
	idle   func(u *user.User) string        // why there is nothing to do; empty where there is
	words  func(name string) string         // what will happen
	fields func(f stepForm) templ.Component // nil: none
	drawn  []string                         // names of the fields, as refusals call them
	run    func(f stepForm) error           // does it
	after  func(p *profile) string          // where one is afterwards; nil: at the person
}

// stepForm is a dialog with what was typed.
type stepForm struct {
	*profile
	values url.Values
	troubles
}

func (f stepForm) id() user.ID              { return f.User.ID }
func (f stepForm) typed(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// reason is the chosen reason with its details, as the log keeps it.
func (f stepForm) reason() string {
	why, details := f.typed("why"), f.typed("details")
	switch {
	case why == otherReason || why == "":
		return details
	case details == "":
		return why
	}
	return why + ": " + details
}

func always(p access.Permission) func(*user.User) access.Permission {
	return func(*user.User) access.Permission { return p }
}

// editing is the permission to edit a person: it goes by what they are.
func editing(u *user.User) access.Permission { return access.EditPermission(u.Kinds.Person()) }

// in says that a step is for some statuses, and why not otherwise.
func in(verb string, from ...user.Status) func(*user.User) string {
	return func(u *user.User) string {
		for _, s := range from {
			if u.Status == s {
				return ""
			}
		}
		return "This account is " + ui.LowerFirst(u.Status.Label()) + " now, so there is nothing to " + verb + "."
	}
}

// do runs an operation that answers nothing that a page shows.
func do[In any, T op.Target, Out any](f stepForm, a *op.Action[In, T, Out], in In) error {
	_, err := op.Do(f.Ctx(), f.Site.Door, f.Caller, a, in)
	return err
}

func toActivity(p *profile) string { return p.path("activity") }

var steps = []*step{
	{
		path: "suspend", title: "Suspend %s?", do: "Suspend", danger: true, needs: always(access.UsersSuspend), drawn: []string{"reason", "message", "until"},
		idle: in("suspend", user.Active, user.Deactivated, user.Suspended), fields: suspendFields,
		words: func(name string) string {
			return name + " is signed out now on every device, cannot sign in or order, and is told by e-mail. Orders on their way are not stopped."
		},
		run: func(f stepForm) error {
			until, err := f.until()
			if err != nil {
				return err
			}
			return do(f, account.Suspend, account.Suspension{User: f.id(), Reason: f.reason(), Message: strings.ReplaceAll(f.typed("message"), "\r\n", "\n"), Until: until})
		},
	},
	{
		path: "reinstate", title: "Lift the suspension of %s?", do: "Lift suspension", plain: true, needs: always(access.UsersSuspend), idle: in("lift", user.Suspended),
		words: func(name string) string {
			return name + " has the status from before again, and is told by e-mail. Nobody is signed in by this."
		},
		run: func(f stepForm) error { return do(f, account.Reinstate, account.Of(f.id())) },
	},
	{
		path: "ban", title: "Ban %s?", do: "Ban", danger: true, needs: always(access.UsersBan), drawn: []string{"reason"},
		idle: in("ban", user.Active, user.Deactivated, user.Suspended), fields: banFields,
		words: func(name string) string {
			return name + " is signed out now on every device, cannot sign in or order, and is told by e-mail. The address cannot register again, also when the account is archived later. A ban has no end: somebody must lift it."
		},
		run: func(f stepForm) error { return do(f, account.Ban, account.Exclusion{User: f.id(), Reason: f.reason()}) },
	},
	{
		path: "unban", title: "Lift the ban of %s?", do: "Lift ban", plain: true, needs: always(access.UsersBan), idle: in("lift", user.Banned),
		words: func(name string) string {
			return name + " has the status from before again, the address may register again, and the person is told by e-mail. Nobody is signed in by this."
		},
		run: func(f stepForm) error { return do(f, account.Unban, account.Of(f.id())) },
	},
	{
		path: "reset-password", title: "Send %s a password reset?", do: "Send the link", plain: true, needs: always(access.UsersResetPassword), self: true, after: toActivity,
		idle: in("reset", user.Active),
		words: func(name string) string {
			return name + " is mailed a link to choose a new password: good once, for a short time. Nothing ends until it is used; then all sessions and other links end. You are not shown the link."
		},
		run: func(f stepForm) error { return do(f, account.ResetPassword, account.Of(f.id())) },
	},
	{
		path: "confirm-email", title: "Send %s a confirmation link?", do: "Send the link", plain: true, needs: editing, self: true, after: toActivity,
		idle: func(u *user.User) string {
			switch {
			case u.Email == "":
				return "This account has no e-mail address to send a link to. Add one first."
			case u.EmailVerified != 0 && u.EmailAttested == 0:
				return "This address is confirmed already, so there is nothing to send."
			}
			return ""
		},
		words: func(name string) string {
			return name + " is mailed a link that confirms the address: good once, for 24 hours. When it is used, the address counts as verified."
		},
		run: func(f stepForm) error { return do(f, account.SendConfirmation, account.Of(f.id())) },
	},
	{
		path: "verify-phone", title: "Mark the phone of %s as verified?", do: "Mark as verified", plain: true, needs: editing, fields: phoneFields, drawn: []string{"reason"},
		idle: func(u *user.User) string {
			switch {
			case u.Phone == "":
				return "This account has no telephone number. Add one first."
			case u.PhoneVerified != 0:
				return "This number is marked as verified already."
			}
			return ""
		},
		words: func(string) string {
			return "Do this when you have reached the person at the number. No message is sent."
		},
		run: func(f stepForm) error {
			return do(f, account.VerifyPhone, account.PhoneCheck{User: f.id(), Reason: f.typed("details")})
		},
	},
	{
		path: "unverify-phone", title: "Take back that the phone of %s is verified?", do: "Take it back", plain: true, needs: editing, fields: phoneFields, drawn: []string{"reason"},
		idle: func(u *user.User) string {
			if u.PhoneVerified == 0 {
				return "This number is not marked as verified."
			}
			return ""
		},
		words: func(string) string { return "The number stays, and counts as not verified from now on." },
		run: func(f stepForm) error {
			return do(f, account.UnverifyPhone, account.PhoneCheck{User: f.id(), Reason: f.typed("details")})
		},
	},
	{
		path: "verify-identity", title: "Mark the ID of %s as verified?", do: "Mark as verified", plain: true, needs: always(access.UsersVerifyIdentity),
		idle: func(u *user.User) string {
			if u.IDVerified != 0 {
				return "The ID is marked as verified already."
			}
			return ""
		},
		words: func(string) string {
			return "Do this when you have seen the person's papers. The profile says that you did, and when. You confirm it in the next step."
		},
		run: func(f stepForm) error { return do(f, account.VerifyIdentity, account.Of(f.id())) },
	},
	{
		path: "unverify-identity", title: "Take back that the ID of %s is verified?", do: "Take it back", plain: true, needs: always(access.UsersVerifyIdentity),
		idle: func(u *user.User) string {
			if u.IDVerified == 0 {
				return "The ID is not marked as verified."
			}
			return ""
		},
		words: func(string) string {
			return "The mark goes; the audit log keeps who set it. You confirm it in the next step."
		},
		run: func(f stepForm) error { return do(f, account.UnverifyIdentity, account.Of(f.id())) },
	},
	{
		path: "delete", title: "Delete %s for good?", do: "Delete", danger: true, needs: always(access.UsersDelete), after: func(p *profile) string { return p.back() },
		idle: func(u *user.User) string {
			if u.Status.Gone() {
				return privacy.ErrArchived.Detail
			}
			return ""
		},
		words: func(name string) string {
			return "This cannot be undone. " + name + "'s account is removed with everything that hangs on it, and the audit log shows placeholders. It is for duplicates and test accounts: an account with orders is refused, and archived instead. Nobody is told by e-mail. You confirm it in the next step."
		},
		run: func(f stepForm) error { return do(f, privacy.Delete, privacy.Who{User: f.id()}) },
	},
}

// ask draws the dialog.
func (s *step) ask(v *web.Visit, l *peopleList, status int, values url.Values, t troubles) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{s.needs(p.User)}, User: p.User.ID, Self: s.self, NotSelf: !s.self}); err != nil {
		return err
	}
	name, back := firstName(p.User, p.Title), p.path("")
	words := s.words(name)
	if s.after != nil {
		back = s.after(p)
	}
	d := ui.DialogProps{
		Title: fmt.Sprintf(s.title, p.Title), Action: p.path(s.path), Do: s.do, Danger: s.danger, Cancel: p.path(""), Problem: t.problem,
		Sends: []ui.Hidden{{Name: "back", Value: back}},
	}
	if !s.plain {
		d.Do += " " + name
	}
	if s.path == "suspend" && p.User.Status == user.Suspended {
		d.Title, d.Do, d.Danger = "Change the suspension of "+p.Title, "Save", false
		words = name + " stays suspended, and is told by e-mail when the end or what they read changes. The reason is for staff."
	}
	if why := s.idle(p.User); why != "" && len(t.problem) == 0 && len(t.fields) == 0 {
		d.Quiet = true
		return dialogOf(v, status, d, l, stepBody(why, nil))
	}
	f := stepForm{p, values, t}
	if values == nil {
		f.values = f.now()
	}
	var fields templ.Component
	if s.fields != nil {
		fields = s.fields(f)
	}
	return dialogOf(v, status, d, l, stepBody(words, fields))
}

// take does the step, or asks again with what was refused.
func (s *step) take(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	err = s.run(stepForm{profile: p, values: form})
	switch {
	case err == nil:
		return v.Gone(web.Back(form.Get("back"), p.path("")))
	case errors.Is(err, op.ErrStepUpRequired):
		return err
	}
	t, ok := wrong(v, err, s.drawn...)
	if !ok {
		return err
	}
	if len(t.fields) == 0 {
		t.problem = orRuns(t.problem, err)
	}
	if errors.Is(err, privacy.ErrHasHistory) && v.May(access.UsersArchive, p.User.Subject()) { // the way on
		t.problem = append(t.problem, ui.T(" "), ui.L("Archive "+firstName(p.User, p.Title)+"…", p.path("archive")))
	}
	return s.ask(v, l, t.status, form, t)
}

// otherReason is the reason that its details say.
const otherReason = "Other"

// reasons are the usual ones, for suspensions and bans.
func reasons() []ui.Option {
	all := []ui.Option{{Value: "", Label: "Choose a reason"}}
	for _, r := range []string{"Payment dispute", "Suspected account sharing", "Abusive conduct", otherReason} {
		all = append(all, ui.Option{Value: r, Label: r})
	}
	return all
}

// How a suspension ends.
const (
	endsOpen = "open"
	endsWeek = "week"
	endsDate = "date"
)

// now is what the form begins with: of somebody who is suspended, the suspension as it is.
func (f stepForm) now() url.Values {
	v := url.Values{"end": {endsOpen}}
	u := f.User
	if u.Status != user.Suspended {
		return v
	}
	v.Set("message", u.StatusMessage)
	why, details, _ := strings.Cut(u.StatusReason, ": ")
	v.Set("why", otherReason)
	v.Set("details", u.StatusReason)
	for _, r := range reasons() {
		if r.Value != "" && r.Value == why {
			v.Set("why", why)
			v.Set("details", details)
		}
	}
	if u.StatusUntil != 0 {
		v.Set("end", endsDate)
		v.Set("until", moment(u.StatusUntil).In(f.clock.Zone).Format(time.DateOnly))
	}
	return v
}

// until is the end that was chosen: a week from now, or the midnight with which a day begins by the brand's clock.
func (f stepForm) until() (int64, error) {
	switch f.typed("end") {
	case endsOpen, "":
		return 0, nil
	case endsWeek:
		return f.clock.Now.AddDate(0, 0, 7).UnixMilli(), nil
	}
	if u := f.User; u.Status == user.Suspended && u.StatusUntil != 0 && f.typed("until") == moment(u.StatusUntil).In(f.clock.Zone).Format(time.DateOnly) {
		return u.StatusUntil, nil // as it was, to the minute
	}
	day, err := time.ParseInLocation(time.DateOnly, f.typed("until"), f.clock.Zone)
	if err != nil {
		return 0, errs.Field("until", "Choose the day on which the suspension ends.")
	}
	return day.UnixMilli(), nil
}

// statusNote is the banner over the page of somebody who cannot come in: why, by whom, since when, until when, and the way back.
func (p *profile) statusNote() templ.Component {
	u := p.User
	icon, kind := "clock-pause", ui.Warn
	var lift *ui.Action
	switch u.Status {
	case user.Suspended:
		if p.Can.Suspend {
			lift = &ui.Action{Label: "Lift suspension…", Href: p.path("reinstate"), Dialog: true}
		}
	case user.Banned:
		icon, kind = "ban", ui.Bad
		if p.Can.Ban {
			lift = &ui.Action{Label: "Lift ban…", Href: p.path("unban"), Dialog: true}
		}
	case user.Deactivated:
		icon, kind = "user-off", ui.Mute
		if p.Can.Deactivate {
			lift = &ui.Action{Label: "Activate…", Href: p.path("activate"), Dialog: true}
		}
	default:
		return nil
	}
	what := u.Status.Label()
	if u.Status == user.Deactivated {
		what = "Deactivated"
	}
	words := ""
	if u.StatusSince != 0 {
		words += " since " + p.clock.Date(moment(u.StatusSince))
	}
	if p.MovedBy != "" {
		words += " by " + p.MovedBy
	}
	if u.Status == user.Suspended {
		if u.StatusUntil != 0 {
			words += ", until " + p.clock.Moment(moment(u.StatusUntil))
		} else {
			words += ", until somebody lifts it"
		}
	}
	if u.Status != user.Deactivated && u.Reason() != "" {
		words += ". Reason: " + oneLine(u.Reason())
	}
	return ui.Banner(kind, icon, ui.Text(ui.B(what), ui.T(strings.TrimRight(words, ".")+".")), lift)
}

// checks are what can be verified of a person.
func (p *profile) checks() (all []ui.Action) {
	u := p.User
	if u.Status.Gone() {
		return nil
	}
	if p.Can.VerifyIdentity {
		if u.IDVerified == 0 {
			all = append(all, ui.Action{Label: "Mark ID as verified…", Icon: "id", Href: p.path("verify-identity"), Dialog: true})
		} else {
			all = append(all, ui.Action{Label: "Take back ID check…", Icon: "id-off", Href: p.path("unverify-identity"), Dialog: true})
		}
	}
	if !p.Can.Verify {
		return all
	}
	if u.Email != "" && (u.EmailVerified == 0 || u.EmailAttested != 0) {
		all = append(all, ui.Action{Label: "Send confirmation link…", Icon: "mail-check", Href: p.path("confirm-email"), Dialog: true})
	}
	switch {
	case u.Phone == "":
	case u.PhoneVerified == 0:
		all = append(all, ui.Action{Label: "Mark phone as verified…", Icon: "phone-check", Href: p.path("verify-phone"), Dialog: true})
	default:
		all = append(all, ui.Action{Label: "Take back phone check…", Icon: "phone", Href: p.path("unverify-phone"), Dialog: true})
	}
	return all
}

// lifeDeeds are the steps of an account's life that a status allows to who holds their permissions.
func lifeDeeds(may func(access.Permission) bool, status user.Status, base string) (all []ui.Action) {
	add := func(p access.Permission, label, icon, path string, from ...user.Status) {
		for _, s := range from {
			if s == status && may(p) {
				all = append(all, ui.Action{Label: label, Icon: icon, Href: base + "/" + path, Dialog: true})
			}
		}
	}
	add(access.UsersResetPassword, "Send password reset…", "lock", "reset-password", user.Active)
	add(access.UsersSuspend, "Suspend…", "clock-pause", "suspend", user.Active, user.Deactivated)
	add(access.UsersSuspend, "Change suspension…", "clock-pause", "suspend", user.Suspended)
	add(access.UsersSuspend, "Lift suspension…", "lock-open", "reinstate", user.Suspended)
	add(access.UsersBan, "Ban…", "ban", "ban", user.Active, user.Deactivated, user.Suspended)
	add(access.UsersBan, "Lift ban…", "lock-open", "unban", user.Banned)
	return all
}
