package admin

import (
	"maps"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func rulesPages(r routes) {
	r.staff("GET /admin/settings/security", rulesPage)
	r.staff("POST /admin/settings/security", changeRules)
	adoptionPages(r)
}

// rulesProps is Settings > Security. Values are as typed; what is weak is said of the values that the form shows.
type rulesProps struct {
	Values   map[string]string
	Policy   security.Policy
	Weak     map[string]string
	Version  string
	ReadOnly bool
	Preview  bool // nothing of it is saved yet
	Problems troubles
	Links    []ui.Run // to where more of it is
}

// rulesPart is a part of the page.
type rulesPart struct {
	title, hint string
	fields      []string
}

var rulesParts = []rulesPart{
	{"Passwords", "What a new password must be. Changes hold from the next password on; expiry holds at the next sign-in.", []string{
		"password.preset", "password.min_staff", "password.min_customer", "password.max", "password.min_score", "password.blocklist",
		"password.require.lower", "password.require.upper", "password.require.letter", "password.require.digit", "password.require.symbol",
		"password.history", "password.expire_days", "password.expire_only_alone",
	}},
	{"Failed attempts", "What wrong passwords in a row cost one account. Who comes from a known device does not wait.", []string{
		"password.attempts.wait_from", "password.attempts.first_wait", "password.attempts.longest_wait", "password.attempts.disable_at",
		"password.attempts.lock_at", "password.attempts.lock_for",
	}},
	{"Second factor and confirming", "What staff show besides a password, and how they confirm what is sensitive.", []string{"second_factor", "step_up_mail"}},
	{"Sessions", "When people are signed out. Sessions that live keep the limits that they began with.", []string{
		"sessions.staff.idle", "sessions.staff.overall", "sessions.staff.at_once",
		"sessions.super_admin.idle", "sessions.super_admin.overall", "sessions.super_admin.at_once",
		"sessions.company.idle", "sessions.company.overall", "sessions.company.at_once",
		"sessions.account.idle", "sessions.account.overall", "sessions.account.at_once",
	}},
	{"Links, impersonation and the archive", "", []string{"reset_minutes", "invitation_hours", "impersonation_minutes", "archive_days"}},
}

// ruleHints are what a field says beside its label.
var ruleHints = map[string]string{
	"password.preset":             "To have its values below, choose one and press Fill in the preset. Each can then be changed.",
	"password.max":                "64 to 256.",
	"password.min_score":          "As zxcvbn measures it.",
	"password.blocklist":          "The list of 49,233, and words such as the person's name and the brand.",
	"password.history":            "0 for none, at most 24.",
	"password.expire_days":        "30 to 365, or 0 for never.",
	"password.attempts.wait_from": "3 to 10.", "password.attempts.first_wait": "Doubles with each further failure. Such as 30 seconds.",
	"password.attempts.longest_wait": "At most 24 hours.", "password.attempts.disable_at": "10 to 100. It then needs a reset.",
	"password.attempts.lock_at": "3 to 100, or 0 for no lock.", "password.attempts.lock_for": "1 minute to 24 hours.",
	"second_factor":       "Who has none makes one at their next sign-in, before they get any further.",
	"sessions.staff.idle": "Such as 30 minutes; at most 60 minutes.", "sessions.staff.overall": "At most 24 hours.", "sessions.staff.at_once": "1 to 50. The oldest ends, and its owner is told.",
	"sessions.super_admin.idle": "At most 60 minutes.", "sessions.super_admin.overall": "At most 24 hours.", "sessions.super_admin.at_once": "1 to 50.",
	"sessions.company.idle": "At most 30 days.", "sessions.company.overall": "At most 30 days.", "sessions.company.at_once": "1 to 50.",
	"sessions.account.idle": "At most 30 days.", "sessions.account.overall": "At most 30 days.", "sessions.account.at_once": "1 to 50.",
	"reset_minutes": "5 to 1440.", "invitation_hours": "1 to 720.", "impersonation_minutes": "5 to 60.", "archive_days": "1 to 90. Then they are erased.",
}

// knob is the knob of a field.
func knob(field string) security.Knob {
	for _, k := range security.Knobs {
		if k.Field == field {
			return k
		}
	}
	panic("admin: there is no knob " + field)
}

func ruleFields() (all []string) {
	for _, k := range security.Knobs {
		all = append(all, k.Field)
	}
	return all
}

func rulesPage(v *web.Visit) error {
	s, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, security.Show, op.None{})
	if err != nil {
		return err
	}
	return showRules(v, http.StatusOK, rulesProps{Policy: s.Policy, Version: number(s.Version)}, troubles{})
}

func showRules(v *web.Visit, status int, p rulesProps, t troubles) error {
	p.Problems, p.Weak = t, map[string]string{}
	for _, w := range p.Policy.Weaknesses() {
		p.Weak[w.Field] = w.Sentence
	}
	if p.Values == nil {
		p.Values = map[string]string{}
		for _, k := range security.Knobs {
			p.Values[k.Field] = k.Text(p.Policy)
		}
	}
	p.ReadOnly = !v.May(access.SecurityEdit, op.Installation.Subjects()[0])
	if v.Anywhere(access.UsersView) {
		p.Links = append(p.Links, ui.T("Who of the staff has a second factor: "), ui.L("Adoption", "/admin/settings/security/second-factors"), ui.T(". "))
	}
	switch {
	case v.Brand != nil && v.May(access.SettingsEdit, v.Brand.Subject()):
		p.Links = append(p.Links, ui.T("Whether customers can register by themselves is a setting of the brand: "), ui.L(v.Brand.Name, "/admin/settings/brands/"+string(v.Brand.ID)), ui.T("."))
	case v.Anywhere(access.SettingsView):
		p.Links = append(p.Links, ui.T("Whether customers can register by themselves is a setting of each brand: "), ui.L("Brands", "/admin/settings/brands"), ui.T("."))
	}
	return v.Page(status, "Security", "settings", rulesSheet(p))
}

// changeRules saves the rules, or shows them with a preset or the defaults filled in.
func changeRules(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.SecurityEdit}}); err != nil {
		return err
	}
	p := rulesProps{Version: form.Get("version"), Preview: true}
	switch do := form.Get("do"); do {
	case "defaults":
		p.Policy = security.Default()
		return showRules(v, http.StatusOK, p, troubles{})
	case "preset":
		p.Policy, p.Values, _ = typedRules(form)
		filled, err := password.Of(p.Policy.Password.Preset)
		if err != nil {
			return showRules(v, http.StatusUnprocessableEntity, p, troubles{fields: map[string]string{"password.preset": errs.Of(err).Fields["preset"]}})
		}
		p.Policy.Password = filled
		for _, k := range security.Knobs {
			if len(k.Field) > 9 && k.Field[:9] == "password." {
				p.Values[k.Field] = k.Text(p.Policy)
			}
		}
		return showRules(v, http.StatusOK, p, troubles{})
	default:
		var unread map[string]string
		p.Policy, p.Values, unread = typedRules(form)
		t := troubles{fields: unread}
		if err := p.Policy.Validate(); err != nil {
			maps.Copy(t.fields, wrongBesides(errs.Of(err).Fields, unread))
		}
		if len(t.fields) > 0 {
			return showRules(v, http.StatusUnprocessableEntity, p, t)
		}
		if do == "preview" {
			return showRules(v, http.StatusOK, p, t)
		}
	}
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, security.Change, security.Changed{Policy: p.Policy, Version: version(p.Version)}); err != nil {
		if t, ok := wrong(v, err, ruleFields()...); ok {
			return showRules(v, t.status, p, t)
		}
		return err
	}
	return v.Gone("/admin/settings/security")
}

// typedRules reads the form. unread are the fields that hold no value of their kind.
func typedRules(form url.Values) (p security.Policy, typed, unread map[string]string) {
	typed, unread = map[string]string{}, map[string]string{}
	p = security.Default()
	for _, k := range security.Knobs {
		typed[k.Field] = form.Get(k.Field)
		if problem := k.Set(&p, typed[k.Field]); problem != "" {
			unread[k.Field] = problem
		}
	}
	return p, typed, unread
}

// wrongBesides is what is wrong with the fields that could be read.
func wrongBesides(all, unread map[string]string) map[string]string {
	out := map[string]string{}
	for field, text := range all {
		if _, is := unread[field]; !is {
			out[field] = text
		}
	}
	return out
}

// field draws a knob as a field.
func (p rulesProps) field(name string) ui.Field {
	k := knob(name)
	f := ui.Field{Name: name, Label: k.Label, Value: p.Values[name], Hint: ruleHints[name], Error: p.Problems.of(name), Suffix: k.Unit, MaxLength: 24}
	if f.Error == "" {
		f.Warn = p.Weak[name]
	}
	if _, is := k.Switch(p.Policy); is {
		f.Value = ""
	}
	return f
}

func options(k security.Knob) (all []ui.Option) {
	for _, c := range k.Choices {
		all = append(all, ui.Option{Value: c.Value, Label: c.Label, Hint: c.Hint})
	}
	return all
}

// said are the values of a part for who may only look.
func (p rulesProps) said(part rulesPart) (pairs []ui.Pair) {
	for _, name := range part.fields {
		k := knob(name)
		value := ui.Text(ui.T(k.Say(p.Policy)))
		if w := p.Weak[name]; w != "" {
			value = append(value, ui.Q(" "+w))
		}
		pairs = append(pairs, ui.Pair{Label: k.Label, Value: value})
	}
	return pairs
}

func (p rulesProps) fact() string {
	switch {
	case p.Preview:
		return "nothing of this is saved yet"
	case len(p.Weak) == 0:
		return "as strong as the defaults, or stronger"
	}
	return ui.Counted(int64(len(p.Weak)), "setting is", "settings are") + " weaker than the defaults"
}

// alarmNote says that far more sign-ins fail than usually, to who sees the rules for getting in.
func alarmNote(v *web.Visit) (templ.Component, error) {
	if !v.Anywhere(access.SecurityView) {
		return nil, nil
	}
	a, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ShowAlarm, op.None{})
	if err != nil || a.ID == "" {
		return nil, err
	}
	head, usual := "Somebody may be guessing passwords.", "hardly any"
	if a.Usual > 0 {
		usual = ui.Count(a.Usual)
	}
	words := " Since " + v.Clock().Moment(ms(a.BeganAt)) + ", up to " + ui.Count(a.Failed) + " sign-ins failed in five minutes; usual are " + usual + "."
	if a.EndedAt != 0 {
		head = "Somebody may have guessed passwords."
		words = " From " + v.Clock().Moment(ms(a.BeganAt)) + " to " + v.Clock().Moment(ms(a.EndedAt)) + ", up to " + ui.Count(a.Failed) + " sign-ins failed in five minutes; usual are " + usual + ". It has ended."
	}
	return ui.Banner(ui.Bad, "alert-triangle", ui.Text(ui.B(head), ui.T(words+" "), ui.L("Who has no second factor?", adoptionPath+"?show=without")), nil), nil
}
