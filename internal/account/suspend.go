package account

import (
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Suspension keeps a person out for a reason, perhaps until a day (checklist 206-211).
type Suspension struct {
	User    user.ID `json:"user"`
	Reason  string  `json:"reason"`            // for staff
	Message string  `json:"message,omitempty"` // what the person reads, after the right password and in the mail
	Until   int64   `json:"until,omitempty"`   // epoch ms; 0: until somebody lifts it
}

// Why is the reason, for the log.
func (s Suspension) Why() string { return s.Reason }

// How long the words of a suspension or a ban may be.
const (
	MaxReason  = 500
	MaxMessage = 1000
)

// Suspend keeps a person from signing in and ordering, and tells them so. Somebody who is suspended already gets the new words and
// the new end.
var Suspend = &op.Action[Suspension, *user.User, user.Status]{
	Name: "user.suspend", Summary: "Suspend an account", Allow: access.UsersSuspend, NotSelf: true,
	Target: func(tx *op.Tx, in Suspension) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in Suspension) (user.Status, error) {
		again := u.Status == user.Suspended
		sameEnd := again && u.StatusUntil == in.Until
		if err := in.clean(tx.Now(), sameEnd); err != nil {
			return "", err
		}
		told := sameEnd && u.StatusMessage == in.Message // the reason is not for the person
		u.StatusReason, u.StatusMessage, u.StatusUntil = in.Reason, in.Message, in.Until
		if again {
			if err := user.Save(tx, u); err != nil || told {
				return u.Status, err
			}
			return u.Status, tellSuspended(tx, u, "Your account stays suspended")
		}
		if err := move(tx, u, user.Suspend); err != nil {
			return "", err
		}
		if err := keepHeld(tx, u); err != nil {
			return "", err
		}
		if err := lockOut(tx, u, "suspended"); err != nil {
			return "", err
		}
		return u.Status, tellSuspended(tx, u, "Your account was suspended")
	},
}

func (s *Suspension) clean(now time.Time, sameEnd bool) error {
	var wrong errs.Wrong
	s.Reason = cleanReason(s.Reason, &wrong)
	var err error
	if s.Message, err = text.CleanLines(s.Message, MaxMessage); err != nil {
		wrong.Add("message", "%s", errs.Of(err).Detail)
	}
	if !sameEnd && s.Until != 0 && s.Until <= now.UnixMilli() {
		wrong.Add("until", "Choose an end that lies ahead, or none: then the suspension holds until somebody lifts it.")
	}
	return wrong.Err()
}

// cleanReason reads a reason that staff must give.
func cleanReason(reason string, wrong *errs.Wrong) string {
	clean, err := text.CleanLines(reason, MaxReason)
	switch {
	case err != nil:
		wrong.Add("reason", "%s", errs.Of(err).Detail)
	case clean == "":
		wrong.Add("reason", "Say why. The reason is for staff and is kept in the audit log; the person does not read it.")
	}
	return clean
}

func tellSuspended(tx *op.Tx, u *user.User, subject string) error {
	l := mailing.Letter{
		Subject: subject,
		Lines:   []string{"Your account is suspended. You are signed out everywhere, and you cannot sign in or place orders for now."},
		After:   []string{"If you think that this is a mistake, answer this mail."},
	}
	for line := range strings.SplitSeq(u.StatusMessage, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			l.Lines = append(l.Lines, line)
		}
	}
	if u.StatusUntil != 0 {
		until, err := inWords(tx, u, u.StatusUntil)
		if err != nil {
			return err
		}
		l.Facts = []mailing.Fact{{Label: "Until", Value: until}}
	}
	return mailing.Post(tx, u, "suspended", l)
}

// inWords is a moment as it is told to a person: by the clock of their brand.
func inWords(tx *op.Tx, u *user.User, ms int64) (string, error) {
	zone := time.UTC
	if u.Brand != brand.Platform {
		b, err := brand.Find(tx, u.Brand)
		if err != nil {
			return "", err
		}
		zone = b.Location()
	}
	return time.UnixMilli(ms).In(zone).Format("Monday 2 January 2006, 15:04 MST"), nil
}

// Reinstate lifts a suspension. The account is what it was before; no session comes back.
var Reinstate = &op.Action[one, *user.User, user.Status]{
	Name: "user.reinstate", Summary: "Lift the suspension of an account", Allow: access.UsersSuspend, NotSelf: true,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (user.Status, error) {
		if u.Status == user.Active {
			return u.Status, nil
		}
		if err := reinstate(u); err != nil {
			return "", err
		}
		if err := moved(tx, u); err != nil {
			return "", err
		}
		return u.Status, tellLifted(tx, u, "Your suspension was lifted")
	},
}

// reinstate takes the words and the end of a suspension away with it.
func reinstate(u *user.User) error {
	if err := u.Moved(user.Reinstate); err != nil {
		return err
	}
	u.StatusReason, u.StatusMessage, u.StatusUntil = "", "", 0
	return nil
}

// tellLifted says to what the account came back.
func tellLifted(tx *op.Tx, u *user.User, subject string) error {
	l := mailing.Letter{Subject: subject, Lines: []string{subject + ".", "You can sign in and place orders again."}}
	switch u.Status {
	case user.Deactivated:
		l.Lines[1] = "Your account is deactivated, as it was before: you cannot sign in or place orders for now. Nothing was deleted."
	case user.Suspended:
		l.Lines[1] = "Your account is suspended, as it was before: you cannot sign in or place orders for now."
	}
	return mailing.Post(tx, u, "reinstated", l)
}
