package privacy

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Archived is that somebody is archived, for the banner of their page.
type Archived struct {
	Reason Reason
	By     string // id of who archived them
	ByName string // for who may know; empty: nobody with a name, or not for the viewer
	At     int64  // epoch ms
	Until  int64  // first instant at which nobody restores them any more
	Over   bool   // and that has come

	CanRestore bool
}

// Show reads who archived somebody, when and why; nil for who is not archived.
var Show = &op.Query[user.ID, *Archived]{
	Name: "privacy.show", Summary: "See when and why a person was archived", Own: true,
	Do: func(v *op.View, id user.ID) (*Archived, error) {
		if err := v.Signed(); err != nil {
			return nil, err
		}
		u, err := user.Find(v, id)
		if err != nil {
			return nil, err
		}
		subject := u.Subject()
		if !v.Knows(subject) {
			return nil, errs.ErrNotFound
		}
		row, err := vaults.Find(v, string(id))
		if errors.Is(err, errs.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		a := &Archived{Reason: row.Reason, By: row.ArchivedBy, At: row.ArchivedAt, Until: row.DueAt, Over: row.over(v.Now())}
		a.CanRestore = !a.Over && v.Can(access.UsersRestore, subject)
		by, err := user.Find(v, user.ID(row.ArchivedBy))
		if err == nil && (v.Knows(by.Subject()) || v.Caller().Person == string(by.ID)) {
			a.ByName = by.Name()
		}
		return a, ignoreNotFound(err)
	},
}

func ignoreNotFound(err error) error {
	if errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	return err
}
