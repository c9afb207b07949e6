// Package security is the installation's rules for getting in: passwords, second factors, sessions, step-ups, links.
//
// They are one group of settings of the platform (security.md, A0). A default can be tightened freely and loosened within bounds;
// what is weaker than the default says so in a sentence. Every change needs a step-up and is audited.
package security

import (
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/setting"
)

// Operations is what can be done with the rules.
var Operations = []op.Operation{Show, Change, KeepCost}

// Policy is the rules in force. Durations are in nanoseconds in JSON, as Go writes them.
type Policy struct {
	Password password.Policy `json:"password"`
	Sessions Sessions        `json:"sessions"`

	// SecondFactor makes staff show a second factor at every sign-in. Without one, they must make one before they get further.
	SecondFactor bool `json:"second_factor"`
	// StepUpMail says when the code of a step-up is mailed to staff.
	StepUpMail StepUpMail `json:"step_up_mail"`
	// ArchiveDays is how long an archived person can be restored, in days.
	ArchiveDays int `json:"archive_days"`
	// InvitationHours is how long an invitation is good for.
	InvitationHours int `json:"invitation_hours"`
	// ResetMinutes is how long the link of a password reset is good for.
	ResetMinutes int `json:"reset_minutes"`
	// ImpersonationMinutes is how long an impersonation lasts.
	ImpersonationMinutes int `json:"impersonation_minutes"`
}

// Sessions are the limits of each audience.
type Sessions struct {
	Staff      Limits `json:"staff"`
	SuperAdmin Limits `json:"super_admin"`
	Company    Limits `json:"company"`
	Account    Limits `json:"account"`
}

// Limits are how long a session lives, and how many one person has at once.
type Limits struct {
	Idle    time.Duration `json:"idle"`
	Overall time.Duration `json:"overall"`
	AtOnce  int           `json:"at_once"`
}

// StepUpMail is when the code of a step-up is mailed to staff.
type StepUpMail string

// The choices.
const (
	MailAlways         StepUpMail = "always"          // the default, as source B has it
	MailUnlessStronger StepUpMail = "unless_stronger" // not when an authenticator app or a passkey is at hand
	MailNever          StepUpMail = "never"           // but to add the first of these
)

// Default is the policy of a new installation.
func Default() Policy {
	nist, err := password.Of(password.NIST)
	if err != nil {
		panic(err)
	}
	const day = 24 * time.Hour
	return Policy{
		Password: nist,
		Sessions: Sessions{
			Staff:      Limits{30 * time.Minute, 12 * time.Hour, 5},
			SuperAdmin: Limits{15 * time.Minute, 12 * time.Hour, 5},
			Company:    Limits{day, 7 * day, 20},
			Account:    Limits{14 * day, 30 * day, 20},
		},
		SecondFactor: true, StepUpMail: MailAlways,
		ArchiveDays: 30, InvitationHours: 7 * 24, ResetMinutes: 60, ImpersonationMinutes: 30,
	}
}

// Validate refuses what lies outside the bounds, naming every wrong field.
func (p Policy) Validate() error {
	var w errs.Wrong
	if err := p.Password.Validate(); err != nil {
		for field, sentence := range errs.Of(err).Fields {
			w.Add("password."+field, "%s", sentence)
		}
	}
	p.Sessions.validate(&w)
	switch p.StepUpMail {
	case MailAlways, MailUnlessStronger, MailNever:
	default:
		w.Add("step_up_mail", "Choose always, unless_stronger or never.")
	}
	within := func(field string, value, least, most int, what string) {
		if value < least || value > most {
			w.Add(field, "%s must be from %d to %d.", what, least, most)
		}
	}
	within("archive_days", p.ArchiveDays, 1, 90, "The days in which an archived person can be restored")
	within("invitation_hours", p.InvitationHours, 1, 30*24, "The hours that an invitation is good for")
	within("reset_minutes", p.ResetMinutes, 5, 24*60, "The minutes that a link for a new password is good for")
	within("impersonation_minutes", p.ImpersonationMinutes, 5, 60, "The minutes that an impersonation lasts")
	return w.Err()
}

func (s Sessions) validate(w *errs.Wrong) {
	const day = 24 * time.Hour
	for _, a := range []struct {
		field         string
		limits        Limits
		idle, overall time.Duration
	}{
		{"staff", s.Staff, time.Hour, day},
		{"super_admin", s.SuperAdmin, time.Hour, day},
		{"company", s.Company, 30 * day, 30 * day},
		{"account", s.Account, 30 * day, 30 * day},
	} {
		field := "sessions." + a.field
		if a.limits.Idle < time.Minute || a.limits.Idle > a.idle {
			w.Add(field+".idle", "Idle sessions must end after 1 to %d minutes.", int(a.idle.Minutes()))
		}
		if a.limits.Overall < a.limits.Idle || a.limits.Overall > a.overall {
			w.Add(field+".overall", "Sessions must end after at most %d hours, and not before they are idle.", int(a.overall.Hours()))
		}
		if a.limits.AtOnce < 1 || a.limits.AtOnce > 50 {
			w.Add(field+".at_once", "One person can have 1 to 50 sessions at once.")
		}
	}
}

// Weaknesses lists what is weaker than the default, each with the sentence that stands beside it.
func (p Policy) Weaknesses() []password.Weakness {
	var out []password.Weakness
	for _, w := range p.Password.Weaknesses() {
		w.Field = "password." + w.Field
		out = append(out, w)
	}
	add := func(weaker bool, field, sentence string) {
		if weaker {
			out = append(out, password.Weakness{Field: field, Sentence: sentence})
		}
	}
	def := Default()
	add(!p.SecondFactor, "second_factor", "Weaker than the default: a stolen or guessed password alone opens the desk.")
	add(p.StepUpMail == MailNever, "step_up_mail", "Who has neither an authenticator app nor a passkey can confirm nothing until they have one.")
	for _, s := range []struct {
		field    string
		has, def Limits
	}{
		{"staff", p.Sessions.Staff, def.Sessions.Staff}, {"super_admin", p.Sessions.SuperAdmin, def.Sessions.SuperAdmin},
		{"company", p.Sessions.Company, def.Sessions.Company}, {"account", p.Sessions.Account, def.Sessions.Account},
	} {
		add(s.has.Idle > s.def.Idle, "sessions."+s.field+".idle", "Weaker than the default: a screen left open stays open longer.")
		add(s.has.Overall > s.def.Overall, "sessions."+s.field+".overall", "Weaker than the default: a stolen session is good for longer.")
		add(s.has.AtOnce > s.def.AtOnce, "sessions."+s.field+".at_once", "Weaker than the default: a stolen session hides among more of them.")
	}
	add(p.ResetMinutes > def.ResetMinutes, "reset_minutes", "Weaker than the default: a link that lies in a mailbox is good for longer.")
	add(p.InvitationHours > def.InvitationHours, "invitation_hours", "Weaker than the default: a link that lies in a mailbox is good for longer.")
	add(p.ImpersonationMinutes > def.ImpersonationMinutes, "impersonation_minutes", "Weaker than the default: staff look through somebody's eyes for longer.")
	return out
}

const name = "security"

// Of gives the limits of an audience; Super Admins of the staff have their own.
func (s Sessions) Of(audience string, superAdmin bool) Limits {
	switch {
	case audience == "company":
		return s.Company
	case audience == "account":
		return s.Account
	case superAdmin:
		return s.SuperAdmin
	}
	return s.Staff
}

// Load reads the rules in force.
func Load(r store.Reader) (Policy, error) {
	p, _, err := load(r)
	return p, err
}

// load reads the rules with their version. 1: the defaults, never changed.
func load(r store.Reader) (Policy, int64, error) {
	p := Default()
	version, err := setting.Load(r, access.Platform, name, &p)
	return p, version + 1, err
}

// Shown is the rules as a page shows them.
type Shown struct {
	Policy
	Version    int64               `json:"version"` // 1: the defaults, never changed
	Weaknesses []password.Weakness `json:"weaknesses"`
}

// Show reads the rules. They are the same everywhere, so whoever holds security.view anywhere reads them.
var Show = &op.Query[op.None, Shown]{
	Name: "security.show", Summary: "Read the rules for getting in", Allow: access.SecurityView,
	Do: func(v *op.View, _ op.None) (s Shown, err error) {
		v.Nodes(access.SecurityView) // the door has asked whether it is held anywhere
		s.Policy, s.Version, err = load(v)
		s.Weaknesses = s.Policy.Weaknesses()
		return s, err
	},
}

// Changed is a new policy in place of what its author saw.
type Changed struct {
	Policy
	Version int64 `json:"version,omitempty"` // what the author saw; 0 is whatever there is
}

// present is the installation with the rules in force.
type present struct {
	op.Place
	Policy
	version int64
}

// Change sets the rules. Sessions that live keep the limits that they began with. What would change nothing needs no proof.
var Change = &op.Action[Changed, present, op.None]{
	Name: "security.change", Summary: "Change the rules for getting in", Allow: access.SecurityEdit,
	StepUpIf: func(now present, in Changed) bool { return now.Policy != in.Policy },
	Confirm: func(now present, in Changed) op.Confirmation {
		return op.Confirmation{Title: "Change the security settings", Button: "Change settings", Facts: changes(now.Policy, in.Policy)}
	},
	Target: func(tx *op.Tx, _ Changed) (p present, err error) {
		p.Place = op.Installation
		p.Policy, p.version, err = load(tx)
		return p, err
	},
	Do: func(tx *op.Tx, now present, in Changed) (op.None, error) {
		if err := in.Validate(); err != nil {
			return op.None{}, err
		}
		if err := op.Match(in.Version, now.version); err != nil {
			return op.None{}, err
		}
		if now.Policy == in.Policy {
			return op.None{}, nil
		}
		return op.None{}, setting.Save(tx, access.Platform, name, in.Policy, now.version-1)
	},
}
