package user

import (
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Status is where an account is in its life.
//
//	invited ──► active ◄──► deactivated
//	              │              │
//	              ├──────────────┤
//	              ▼              ▼
//	           suspended ──► the status before        (reason, message, optional end)
//	              │
//	              ▼
//	            banned ────► the status before        (reason)
//
//	any ──► archived ──► the status before | erased   (reason; 30 days)
//	any without history ──► deleted
//
// Only active may sign in or order. A lock after failed sign-ins is beside the status, automatic and minutes long.
type Status string

// The statuses.
const (
	Invited     Status = "invited"
	Active      Status = "active"
	Deactivated Status = "deactivated"
	Suspended   Status = "suspended"
	Banned      Status = "banned"
	Archived    Status = "archived"
	Erased      Status = "erased"
)

// Statuses lists them in the order of a life. Narrow tables keep the place in this list: append only.
var Statuses = []Status{Invited, Active, Deactivated, Suspended, Banned, Archived, Erased}

// Num is the status as narrow tables keep it.
func (s Status) Num() int64 {
	for i, known := range Statuses {
		if s == known {
			return int64(i)
		}
	}
	return -1
}

// Label is the status for people. Deactivated reads “Inactive”, the word of the sources' lists.
func (s Status) Label() string {
	return map[Status]string{
		Invited: "Invited", Active: "Active", Deactivated: "Inactive", Suspended: "Suspended",
		Banned: "Banned", Archived: "Archived", Erased: "Erased",
	}[s]
}

// Move is a step in the life of an account.
type Move string

// The moves. Reactivate, Reinstate, Unban and Restore are the reverses of Deactivate, Suspend, Ban and Archive.
const (
	Accept     Move = "accept"
	Deactivate Move = "deactivate"
	Reactivate Move = "reactivate"
	Suspend    Move = "suspend"
	Reinstate  Move = "reinstate"
	Ban        Move = "ban"
	Unban      Move = "unban"
	Archive    Move = "archive"
	Restore    Move = "restore"
	Erase      Move = "erase"
)

// before stands for the status that the account had before the move that is now reversed.
const before Status = "before"

// moves is the whole chart: from where each move goes to where.
var moves = map[Move]map[Status]Status{
	Accept:     {Invited: Active},
	Deactivate: {Active: Deactivated},
	Reactivate: {Deactivated: Active},
	Suspend:    {Active: Suspended, Deactivated: Suspended},
	Reinstate:  {Suspended: before},
	Ban:        {Active: Banned, Deactivated: Banned, Suspended: Banned},
	Unban:      {Banned: before},
	Archive:    {Invited: Archived, Active: Archived, Deactivated: Archived, Suspended: Archived, Banned: Archived},
	Restore:    {Archived: before},
	Erase:      {Archived: Erased},
}

// returns are the moves whose way back leads to the status before.
var returns = map[Move]bool{Suspend: true, Ban: true, Archive: true}

// ErrMove refuses a move that the account's status does not allow.
var ErrMove = errs.New(errs.Conflict, "status_move", "The account's status does not allow that.")

// refusals of moves, in words: why not, and what to do instead.
func refuseMove(m Move, s Status) error {
	return ErrMove.Say("This account is %s, so you cannot %s it.%s", lower(s), m, remedy(m, s)).With("status", s)
}

func lower(s Status) string {
	if s == Deactivated {
		return "deactivated"
	}
	return string(s)
}

func remedy(m Move, s Status) string {
	switch {
	case s == Archived:
		return " A Super Admin can restore it first."
	case s == Erased:
		return " It was erased for good."
	case s == Banned && m == Deactivate, s == Suspended && m == Deactivate:
		return fmt.Sprintf(" Nobody can sign in to it while it is %s.", s)
	case s == Invited && (m == Deactivate || m == Suspend || m == Ban):
		return " Nobody has accepted the invitation yet: revoke it instead."
	}
	return ""
}

// Moved gives the status after the move, or why there is none. The status before is kept where a way back leads there.
func (u *User) Moved(m Move) error {
	to, ok := moves[m][u.Status]
	if !ok {
		return refuseMove(m, u.Status)
	}
	switch {
	case to == before:
		u.Status, u.StatusBefore = u.back()
	case returns[m]:
		u.StatusBefore = strings.TrimSpace(string(u.Status) + " " + u.StatusBefore)
		u.Status = to
	default:
		u.Status, u.StatusBefore = to, ""
	}
	return nil
}

// back gives the status before the last move that can be reversed, and what lay before that: somebody who was suspended, then
// archived, is restored to suspended, and reinstated from there.
func (u *User) back() (Status, string) {
	last, rest, _ := strings.Cut(u.StatusBefore, " ")
	if last == "" {
		return Active, ""
	}
	return Status(last), rest
}

// Reason is why the account is where it is, for staff. A ban has its own, because a suspension may lie below it.
func (u *User) Reason() string {
	if u.Status == Banned {
		return u.BanReason
	}
	return u.StatusReason
}

// Lapsed says whether a suspension has come to its end.
func (u *User) Lapsed(now time.Time) bool {
	return u.StatusUntil != 0 && u.StatusUntil <= now.UnixMilli()
}

// MaySignIn says whether the status lets the person in.
func (s Status) MaySignIn() bool { return s == Active }

// Refusals of who may not enter. They are shown only after the right credentials.
var (
	ErrSuspended = errs.New(errs.Forbidden, "suspended", "This account is suspended, so you cannot sign in.")
	ErrNotActive = errs.New(errs.Forbidden, "not_active", "This account is not active, so you cannot sign in. Ask the people who run the desk.")
)

// MayEnter refuses who may not sign in, with the suspension's own message where there is one.
func (u *User) MayEnter() error {
	switch {
	case u.Status.MaySignIn():
		return nil
	case u.Status == Suspended && u.StatusMessage != "":
		return ErrSuspended.Say("%s", u.StatusMessage)
	case u.Status == Suspended:
		return ErrSuspended
	}
	return ErrNotActive
}
