// Package account is the verbs of an account's life: add, edit, change role, deactivate, suspend, ban, verify, reset a password, each
// with its reverse where it has one.
//
// The types are lower: people and the chart of their statuses in user, grants in role, sessions in session. What all verbs keep:
// nobody acts on somebody who holds more, the last holder of a role that must be held is never lost, sessions and links die with
// what made them right, and the person is told by mail.
package account

import (
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with accounts.
var Operations = []op.Operation{
	Add, Edit, Deactivate, Activate, ChangeRole, OfferSetUp, SetUp, CreateAdmin, NewPasswordLink, ChooseTheme, Refresh, Staff, Givers, Open,
	Suspend, Reinstate, DueSuspensions, LiftSuspension, Ban, Unban, VerifyIdentity, UnverifyIdentity, VerifyPhone, UnverifyPhone,
	SendConfirmation, ResetPassword,
	Invite, Accept, Withdraw, ShowAdoption, RemindSecondFactor,
	ResetSecondFactor, AddBuyer,
	ChangeEmail, WithdrawEmail, WaitingEmail, ConfirmEmail, LookUpRevert, RevertEmail,
}

// one is the input of a verb that needs no more than the person.
type one struct {
	User user.ID `json:"user"`
}

// Of names a person as the input of a verb.
func Of(u user.ID) one { return one{u} }

func find(tx *op.Tx, u user.ID) (*user.User, error) { return user.Find(tx, u) }

// called is how letters and dialogs name a person.
func called(u *user.User) string {
	switch {
	case u.Name() != "":
		return u.Name()
	case u.Email != "":
		return u.Email
	}
	return string(u.ID)
}

// keepHeld refuses a change after which nobody would hold a role that must be held.
func keepHeld(tx *op.Tx, u *user.User) error {
	grants, err := role.Of(tx, string(u.ID))
	if err != nil {
		return err
	}
	return role.KeepHeld(tx, string(u.ID), grants)
}

// lockOut ends what lets a person in: sessions, open links, half-done sign-ins, codes that wait; and, where the account is no longer
// active, the keys of their programs. It is the one place that knows.
func lockOut(tx *op.Tx, u *user.User, why string) error {
	return endWays(tx, u, why, session.RevokeAll)
}

// lockOutOthers is lockOut but for the session that asks, where it is the person's own.
func lockOutOthers(tx *op.Tx, u *user.User, why string) error {
	return endWays(tx, u, why, session.RevokeOthers)
}

func endWays(tx *op.Tx, u *user.User, why string, revoke func(*op.Tx, *user.User, string) (int, error)) error {
	if _, err := revoke(tx, u, why); err != nil {
		return err
	}
	if err := tx.EndStepUps(string(u.ID)); err != nil {
		return err
	}
	if err := auth.KillPending(tx, u.ID); err != nil || u.Status.MaySignIn() {
		return err
	}
	return apikey.RevokeAll(tx, u.ID)
}

// editPermission is the permission with which a person is edited: it goes by what they are.
func editPermission(c *op.Caller, now int64, u *user.User) access.Permission {
	kind := u.Kinds.Person()
	if c.Grants.Can(now, access.UsersEdit, u.Scope(), kind) {
		return access.UsersEdit
	}
	return access.EditPermission(kind)
}
