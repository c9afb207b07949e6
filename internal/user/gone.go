package user

import (
	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Placeholder stands wherever an identifying text of somebody archived or erased stood.
func Placeholder(id ID) string { return "[archived-" + string(id) + "]" }

// Gone says whether the person is archived or erased: nothing of the row tells who they are.
func (s Status) Gone() bool { return s == Archived || s == Erased }

// ErrGone refuses to write who somebody is while they are archived or erased.
var ErrGone = errs.New(errs.Conflict, "archived", "This account is archived, so nothing about the person can be changed. A Super Admin can restore it first.")

// Veil empties every field that tells who the person is: texts that people read take the placeholder, whether or not there was
// anything, and everything else becomes empty.
func (u *User) Veil() {
	hidden := Placeholder(u.ID)
	u.FirstName, u.LastName, u.Email, u.Phone, u.Address = hidden, hidden, hidden, hidden, hidden
	u.EmailNorm, u.EmailVerified, u.EmailAttested, u.PhoneVerified = "", 0, 0, 0
	u.IDVerified, u.IDVerifiedBy = 0, ""
	u.Born, u.Country = "", ""
	u.StatusReason, u.StatusMessage, u.StatusUntil, u.BanReason = "", "", 0, ""
}

// veiled says whether the row tells nothing of the person.
func (u *User) veiled() bool {
	v := *u
	v.Veil()
	return v.Email == u.Email && v.FirstName == u.FirstName && v.LastName == u.LastName && v.Phone == u.Phone && v.Address == u.Address &&
		v.Born == u.Born && v.Country == u.Country && v.StatusReason == u.StatusReason && v.StatusMessage == u.StatusMessage && v.BanReason == u.BanReason
}
