package api

import (
	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

type (
	suspend struct {
		userPath
		Reason  string `json:"reason" required:"true" example:"Payment dispute" description:"For staff, kept in the audit log."`
		Message string `json:"message,omitempty" description:"What the person reads, after the right password and in the mail."`
		Until   Time   `json:"until,omitzero" description:"When it ends by itself. null or left out: when it is deleted."`
	}
	ban struct {
		userPath
		Reason string `json:"reason" required:"true" example:"Abusive conduct" description:"For staff, kept in the audit log."`
	}
	phoneCheck struct {
		userPath
		Reason string `json:"reason" required:"true" example:"Called back" description:"How you know. Kept in the audit log."`
	}
	phoneUncheck struct {
		userPath
		Reason string `query:"reason" json:"-" description:"How you know. Kept in the audit log."`
	}
)

// life is the states of an account and what is verified of it. Each state is a resource: PUT begins it, DELETE ends it.
func life(t *table) {
	Action(t, "PUT /v1/users/{user}/suspension", account.Suspend,
		func(_ *Call, w suspend) (account.Suspension, error) {
			return account.Suspension{User: w.User, Reason: w.Reason, Message: w.Message, Until: int64(w.Until)}, nil
		},
		func(_ *Call, w suspend, s user.Status) (UserStatus, error) { return UserStatus{w.User, s}, nil })
	Action(t, "DELETE /v1/users/{user}/suspension", account.Reinstate, by(account.Of), isNow)
	Action(t, "PUT /v1/users/{user}/ban", account.Ban,
		func(_ *Call, w ban) (account.Exclusion, error) {
			return account.Exclusion{User: w.User, Reason: w.Reason}, nil
		},
		func(_ *Call, w ban, s user.Status) (UserStatus, error) { return UserStatus{w.User, s}, nil })
	Action(t, "DELETE /v1/users/{user}/ban", account.Unban, by(account.Of), isNow)

	person := func(c *Call, w userPath, _ op.None) (Person, error) { return c.person(w.User) }
	Action(t, "PUT /v1/users/{user}/identity-verification", account.VerifyIdentity, by(account.Of), person)
	Action(t, "DELETE /v1/users/{user}/identity-verification", account.UnverifyIdentity, by(account.Of), person)
	Action(t, "PUT /v1/users/{user}/phone-verification", account.VerifyPhone,
		func(_ *Call, w phoneCheck) (account.PhoneCheck, error) {
			return account.PhoneCheck{User: w.User, Reason: w.Reason}, nil
		},
		func(c *Call, w phoneCheck, _ op.None) (Person, error) { return c.person(w.User) })
	Action(t, "DELETE /v1/users/{user}/phone-verification", account.UnverifyPhone,
		func(_ *Call, w phoneUncheck) (account.PhoneCheck, error) {
			return account.PhoneCheck{User: w.User, Reason: w.Reason}, nil
		},
		func(c *Call, w phoneUncheck, _ op.None) (Person, error) { return c.person(w.User) })
	Action(t, "POST /v1/users/{user}/email-verification", account.SendConfirmation, by(account.Of), empty[userPath, op.None])
	Action(t, "POST /v1/users/{user}/password-reset", account.ResetPassword, by(account.Of), empty[userPath, op.None])
	Action(t, "DELETE /v1/users/{user}", privacy.Delete, by(func(u user.ID) privacy.Who { return privacy.Who{User: u} }), empty[userPath, op.None])
}

// isNow answers the status that the way back led to.
func isNow(_ *Call, w userPath, s user.Status) (UserStatus, error) { return UserStatus{w.User, s}, nil }
