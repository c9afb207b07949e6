package api

import (
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// SecuritySettings are the rules for getting in. Spans are in seconds.
type SecuritySettings struct {
	SecurityRules
	Weaknesses []Weakness `json:"weaknesses" description:"What is weaker than the default, and how."`
}

// Weakness is a value that makes the installation weaker than the default.
type Weakness struct {
	Field    string `json:"field" example:"password.min_staff"`
	Sentence string `json:"sentence" example:"Weaker than the default of 12 characters for staff: short passwords are guessed first."`
}

// SecurityRules are all values of the rules.
type SecurityRules struct {
	Password             PasswordRules       `json:"password" required:"true"`
	SecondFactor         bool                `json:"second_factor" required:"true" description:"Staff show a second factor at every sign-in."`
	StepUpMail           security.StepUpMail `json:"step_up_mail" required:"true" enum:"always,unless_stronger,never" description:"When the code of a step-up is mailed to staff."`
	Sessions             SessionRules        `json:"sessions" required:"true"`
	ArchiveDays          int                 `json:"archive_days" required:"true" example:"30"`
	InvitationHours      int                 `json:"invitation_hours" required:"true" example:"168"`
	ResetMinutes         int                 `json:"reset_minutes" required:"true" example:"60"`
	ImpersonationMinutes int                 `json:"impersonation_minutes" required:"true" example:"30"`
}

// PasswordRules are what a password must be, how long it lives, and what failures cost. 0 is never.
type PasswordRules struct {
	Preset          password.Preset   `json:"preset" required:"true" enum:"nist,pci,legacy" description:"Where the values come from. It changes none of them."`
	MinStaff        int               `json:"min_staff" required:"true" example:"12"`
	MinCustomer     int               `json:"min_customer" required:"true" example:"10"`
	Max             int               `json:"max" required:"true" example:"256"`
	Require         password.Required `json:"require" required:"true"`
	Blocklist       bool              `json:"blocklist" required:"true"`
	MinScore        int               `json:"min_score" required:"true" example:"3"`
	History         int               `json:"history" required:"true" example:"0"`
	ExpireDays      int               `json:"expire_days" required:"true" example:"0"`
	ExpireOnlyAlone bool              `json:"expire_only_alone" required:"true"`
	Attempts        AttemptRules      `json:"attempts" required:"true"`
}

// AttemptRules are what wrong passwords in a row cost one account.
type AttemptRules struct {
	WaitFrom    int   `json:"wait_from" required:"true" example:"5"`
	FirstWait   int64 `json:"first_wait" required:"true" example:"30"`
	LongestWait int64 `json:"longest_wait" required:"true" example:"3600"`
	DisableAt   int   `json:"disable_at" required:"true" example:"100"`
	LockAt      int   `json:"lock_at" required:"true" example:"0"`
	LockFor     int64 `json:"lock_for" required:"true" example:"0"`
}

// SessionRules are the limits of each audience.
type SessionRules struct {
	Staff      SessionLimits `json:"staff" required:"true"`
	SuperAdmin SessionLimits `json:"super_admin" required:"true"`
	Company    SessionLimits `json:"company" required:"true"`
	Account    SessionLimits `json:"account" required:"true"`
}

// SessionLimits are how long a session lives, and how many one person has at once.
type SessionLimits struct {
	Idle    int64 `json:"idle" required:"true" example:"1800"`
	Overall int64 `json:"overall" required:"true" example:"43200"`
	AtOnce  int   `json:"at_once" required:"true" example:"5"`
}

// SecondFactors is who of the staff has a second factor: those whom the key's owner sees.
type SecondFactors struct {
	Required  bool             `json:"required"`
	With      int              `json:"with" example:"7"`
	Without   int              `json:"without" example:"2"`
	Data      []StaffProtected `json:"data" description:"Those without first, by name."`
	Truncated bool             `json:"truncated" description:"There are more than 2,000; only those are counted and listed."`
}

// StaffProtected is a member of staff with what they can show besides a password.
type StaffProtected struct {
	User          user.ID `json:"user" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Name          string  `json:"name" example:"Ada Okafor"`
	Role          string  `json:"role" example:"Brand Admin"`
	App           bool    `json:"app" description:"They have an authenticator app."`
	Passkeys      int64   `json:"passkeys" example:"1"`
	RecoveryCodes int64   `json:"recovery_codes" example:"10" description:"How many are left."`
	RemindedAt    Time    `json:"reminded_at" description:"If it was within the last 24 hours."`
}

func securitySettings(t *table) {
	show := func(c *Call) (SecuritySettings, error) {
		s, err := op.Ask(c.Context(), c.Door, c.Caller, security.Show, op.None{})
		c.etag = s.Version
		return shownRules(s), err
	}
	Query(t, "GET /v1/settings/security", security.Show, nothing[op.None],
		func(c *Call, _ op.None, s security.Shown) (SecuritySettings, error) {
			c.etag = s.Version
			return shownRules(s), nil
		}, tagged)
	Action(t, "PUT /v1/settings/security", security.Change,
		func(c *Call, w SecurityRules) (security.Changed, error) {
			p, err := w.policy()
			return security.Changed{Policy: p, Version: c.Version}, err
		},
		func(c *Call, _ SecurityRules, _ op.None) (SecuritySettings, error) { return show(c) }, matched)
	Query(t, "GET /v1/settings/security/second-factors", account.ShowAdoption, nothing[op.None],
		func(_ *Call, _ op.None, a account.Adoption) (SecondFactors, error) {
			out := SecondFactors{Required: a.Required, With: a.With, Without: a.Without, Data: []StaffProtected{}, Truncated: a.Truncated}
			for _, s := range a.Staff {
				out.Data = append(out.Data, StaffProtected{s.User, s.Name, s.Role, s.App, s.Factors.Passkeys, s.Recovery, Time(s.Reminded)})
			}
			return out, nil
		})
	Action(t, "POST /v1/users/{user}/second-factor-reminder", account.RemindSecondFactor, by(account.Of), empty[userPath, op.None])
}

const mostSeconds = int64(366 * 24 * time.Hour / time.Second)

// policy is the rules as they are kept. Spans beyond every bound are refused before they are multiplied.
func (w SecurityRules) policy() (p security.Policy, err error) {
	var wrong errs.Wrong
	span := func(field string, seconds int64) time.Duration {
		if seconds < 0 || seconds > mostSeconds {
			wrong.Add(field, "Write a span in whole seconds, at most a year.")
		}
		return time.Duration(seconds) * time.Second
	}
	limits := func(field string, l SessionLimits) security.Limits {
		return security.Limits{Idle: span("sessions."+field+".idle", l.Idle), Overall: span("sessions."+field+".overall", l.Overall), AtOnce: l.AtOnce}
	}
	pw, a := w.Password, w.Password.Attempts
	p = security.Policy{
		Password: password.Policy{
			Preset: pw.Preset, MinStaff: pw.MinStaff, MinCustomer: pw.MinCustomer, Max: pw.Max, Require: pw.Require, Blocklist: pw.Blocklist, MinScore: pw.MinScore,
			History: pw.History, ExpireDays: pw.ExpireDays, ExpireOnlyAlone: pw.ExpireOnlyAlone,
			Attempts: password.Attempts{
				WaitFrom: a.WaitFrom, FirstWait: span("password.attempts.first_wait", a.FirstWait), LongestWait: span("password.attempts.longest_wait", a.LongestWait),
				DisableAt: a.DisableAt, LockAt: a.LockAt, LockFor: span("password.attempts.lock_for", a.LockFor),
			},
		},
		SecondFactor: w.SecondFactor, StepUpMail: w.StepUpMail,
		Sessions: security.Sessions{
			Staff: limits("staff", w.Sessions.Staff), SuperAdmin: limits("super_admin", w.Sessions.SuperAdmin),
			Company: limits("company", w.Sessions.Company), Account: limits("account", w.Sessions.Account),
		},
		ArchiveDays: w.ArchiveDays, InvitationHours: w.InvitationHours, ResetMinutes: w.ResetMinutes, ImpersonationMinutes: w.ImpersonationMinutes,
	}
	return p, wrong.Err()
}

func shownRules(s security.Shown) SecuritySettings {
	seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
	limits := func(l security.Limits) SessionLimits {
		return SessionLimits{seconds(l.Idle), seconds(l.Overall), l.AtOnce}
	}
	pw, a := s.Password, s.Password.Attempts
	out := SecuritySettings{Weaknesses: []Weakness{}, SecurityRules: SecurityRules{
		Password: PasswordRules{
			Preset: pw.Preset, MinStaff: pw.MinStaff, MinCustomer: pw.MinCustomer, Max: pw.Max, Require: pw.Require, Blocklist: pw.Blocklist, MinScore: pw.MinScore,
			History: pw.History, ExpireDays: pw.ExpireDays, ExpireOnlyAlone: pw.ExpireOnlyAlone,
			Attempts: AttemptRules{a.WaitFrom, seconds(a.FirstWait), seconds(a.LongestWait), a.DisableAt, a.LockAt, seconds(a.LockFor)},
		},
		SecondFactor: s.SecondFactor, StepUpMail: s.StepUpMail,
		Sessions: SessionRules{
			Staff: limits(s.Sessions.Staff), SuperAdmin: limits(s.Sessions.SuperAdmin), Company: limits(s.Sessions.Company), Account: limits(s.Sessions.Account),
		},
		ArchiveDays: s.ArchiveDays, InvitationHours: s.InvitationHours, ResetMinutes: s.ResetMinutes, ImpersonationMinutes: s.ImpersonationMinutes,
	}}
	for _, w := range s.Weaknesses {
		out.Weaknesses = append(out.Weaknesses, Weakness(w))
	}
	return out
}
