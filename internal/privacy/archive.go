package privacy

import (
	"errors"
	"slices"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Archival asks for somebody to be archived.
type Archival struct {
	User   user.ID `json:"user"`
	Reason Reason  `json:"reason"`
	Note   string  `json:"note,omitempty"` // for the log; sealed with the person, and so hidden and erased with them
}

// Why is the note, for the log. The reason itself stands there as it is.
func (a Archival) Why() string { return a.Note }

// maxNote is more than a note needs.
const maxNote = 500

// Archive hides a person everywhere at once (checklist 213-221). What lets them in ends for good, and so do their roles; the rest can
// be restored within the grace period. No mail goes out: there is no address any more.
var Archive = &op.Action[Archival, archiving, op.None]{
	Name: "user.archive", Summary: "Archive a person: hide who they are everywhere, and erase it after the grace period",
	Allow: access.UsersArchive, NotSelf: true,
	StepUpIf: func(t archiving, _ Archival) bool { return !t.same },
	Confirm: func(t archiving, in Archival) op.Confirmation {
		c := op.Confirmation{
			Title: "Archive " + called(t.User),
			Facts: []op.Fact{
				{Label: "Reason", Value: in.Reason.Label()},
				{Label: "Can be restored until", Value: t.due.UTC().Format("2 January 2006, 15:04 UTC")},
			},
			Button: "Archive",
		}
		if in.Note != "" {
			c.Facts = append(c.Facts, op.Fact{Label: "Note", Value: in.Note})
		}
		return c
	},
	Target: func(tx *op.Tx, in Archival) (t archiving, err error) {
		if t.User, err = user.Find(tx, in.User); err != nil {
			return t, err
		}
		rules, err := security.Load(tx)
		if err != nil {
			return t, err
		}
		t.due = tx.Now().Add(time.Duration(rules.ArchiveDays) * 24 * time.Hour)
		v, err := vaults.Find(tx, string(in.User))
		if errors.Is(err, errs.ErrNotFound) {
			return t, nil
		}
		t.same = err == nil && v.Reason == in.Reason
		return t, err
	},
	Do: func(tx *op.Tx, t archiving, in Archival) (op.None, error) {
		if t.same {
			return op.None{}, nil
		}
		if err := in.check(); err != nil {
			return op.None{}, err
		}
		u := t.User
		v := vault{User: u.ID, Brand: u.Brand, Reason: in.Reason, ArchivedBy: tx.Caller().ID, ArchivedAt: tx.Now().UnixMilli(), DueAt: t.due.UnixMilli()}
		before := originalOf(u, nil)
		if err := u.Moved(user.Archive); err != nil {
			return op.None{}, err
		}
		had, err := veil(tx, u, "archived")
		if err != nil {
			return op.None{}, err
		}
		if err := role.KeepHeld(tx, string(u.ID), had.grants); err != nil {
			return op.None{}, err
		}
		before.Externals = had.externals
		if err := v.fill(tx, before); err != nil {
			return op.None{}, err
		}
		tx.Note("reason", string(in.Reason))
		return op.None{}, errors.Join(vaults.Insert(tx, &v), tx.Hide(string(u.ID)))
	},
}

// check refuses what a form or a program must say better.
func (a *Archival) check() error {
	var wrong errs.Wrong
	if !slices.Contains(Reasons, a.Reason) {
		wrong.Add("reason", "Choose one of the reasons: gdpr_request, fraud, duplicate or other.")
	}
	if _, err := text.CleanLines(a.Note, maxNote); err != nil {
		wrong.Add("note", "%s", err)
	}
	return wrong.Err()
}

// archiving is a person to be archived.
type archiving struct {
	*user.User
	due  time.Time
	same bool // they are archived for this reason already
}

// veiled is what a person had before they were hidden.
type veiled struct {
	externals []customer.External
	grants    []role.Grant
}

// veil takes from a person whose status was moved everything that tells who they are or lets them in. What is sealed with their key
// stays, unreadable while they are hidden. Whether somebody else holds their role still is its caller's to ask.
func veil(tx *op.Tx, u *user.User, why string) (had veiled, err error) {
	if had.grants, err = account.Leave(tx, u, why); err != nil {
		return had, err
	}
	keys, err := endKeys(tx, u)
	if err != nil {
		return had, err
	}
	if err := errors.Join(endInvitation(tx, u), consent.WithdrawAll(tx, u), closeRequest(tx, u)); err != nil {
		return had, err
	}
	if had.externals, err = customer.DropExternals(tx, u.Num); err != nil {
		return had, err
	}
	u.Veil()
	u.StatusSince, u.StatusBy = tx.Now().UnixMilli(), tx.Caller().ID
	if err := user.Save(tx, u); err != nil {
		return had, err
	}
	if err := errors.Join(mailing.Drop(tx, string(u.ID)), tx.DropPending(string(u.ID)), tx.DropAnswers(append(keys, string(u.ID))...)); err != nil {
		return had, err
	}
	return had, sweep(tx, u, func(h *Holding) string { return h.Archive })
}

// endKeys revokes the person's API keys, and gives the ids of all they ever had.
func endKeys(tx *op.Tx, u *user.User) (ids []string, err error) {
	keys, err := apikey.Table.All(tx, "where owner_id = $1 order by id", string(u.ID))
	for i := range keys {
		ids = append(ids, keys[i].ID)
		if keys[i].RevokedAt == 0 && err == nil {
			keys[i].RevokedAt = tx.Now().UnixMilli()
			err = apikey.Table.Update(tx, &keys[i])
		}
	}
	return ids, err
}

// endInvitation revokes the open invitation of somebody who never came, or who was to become staff.
func endInvitation(tx *op.Tx, u *user.User) error {
	i, err := invite.OpenFor(tx, u.ID)
	if err != nil {
		return ignoreNotFound(err)
	}
	return i.End(tx)
}

// called is how a dialog names a person.
func called(u *user.User) string {
	switch {
	case u.Name() != "":
		return u.Name()
	case u.Email != "":
		return u.Email
	}
	return string(u.ID)
}
