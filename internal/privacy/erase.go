package privacy

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Who names a person as the input of a step.
type Who struct {
	User user.ID `json:"user"`
}

// batch is how many persons are erased before the eraser looks at the clock again.
const batch = 100

// due lists who is to be erased: whose grace period is over, and whose erasure began and was cut off.
var due = &op.Query[op.None, []user.ID]{
	Name: "privacy.due", Summary: "List who is to be erased now", Allow: access.SystemPurge,
	Do: func(v *op.View, _ op.None) ([]user.ID, error) {
		if err := v.Require(access.SystemPurge, op.Installation); err != nil {
			return nil, err
		}
		return store.All(v, func(row store.Row) (id user.ID, err error) { return id, row.Scan(&id) },
			"select user_id from vaults where due_at <= $1 or doomed_at > 0 order by due_at, user_id limit $2", v.Now().UnixMilli(), batch)
	},
}

// doom begins an erasure. From then on nobody restores the person, so that the key can be destroyed outside of this transaction. False:
// it is not time, or they were restored.
var doom = &op.Upkeep[Who, bool]{
	Name: "privacy.doom", Summary: "Begin the erasure of somebody whose grace period is over",
	Do: func(tx *op.Tx, in Who) (bool, error) {
		v, err := vaults.Find(tx, string(in.User))
		if errors.Is(err, errs.ErrNotFound) {
			return false, nil
		}
		if err != nil || v.DoomedAt != 0 {
			return err == nil, err
		}
		if !v.over(tx.Now()) {
			return false, nil
		}
		v.DoomedAt = tx.Now().UnixMilli()
		return true, vaults.Update(tx, v)
	},
}

// ErrNotDue refuses to erase somebody whose grace period is not over.
var ErrNotDue = errs.New(errs.Conflict, "not_due", "This person is erased when the time in which they can be restored is over, and not before.")

// Erase removes everything about a person that was not sealed with their key, which is destroyed by then. Only the eraser runs it.
var Erase = &op.Action[Who, *user.User, op.None]{
	Name: "user.erase", Summary: "Erase an archived person for good, when the grace period is over", Allow: access.SystemPurge, NotSelf: true,
	Target: func(tx *op.Tx, in Who) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ Who) (op.None, error) {
		v, err := vaults.Find(tx, string(u.ID))
		if errors.Is(err, errs.ErrNotFound) && u.Status == user.Erased {
			return op.None{}, nil
		}
		if errors.Is(err, errs.ErrNotFound) || err == nil && v.DoomedAt == 0 {
			return op.None{}, ErrNotDue
		}
		if err != nil {
			return op.None{}, err
		}
		return op.None{}, erase(tx, u)
	},
}

// erase is what user.erase and a restored backup do to the rows of somebody archived.
func erase(tx *op.Tx, u *user.User) error {
	if err := u.Moved(user.Erase); err != nil {
		return err
	}
	u.StatusSince, u.StatusBy = tx.Now().UnixMilli(), tx.Caller().ID
	if err := user.Save(tx, u); err != nil {
		return err
	}
	keys, err := endKeys(tx, u)
	if err != nil {
		return err
	}
	if _, err := vaults.Clear(tx, "where user_id = $1", string(u.ID)); err != nil {
		return err
	}
	if err := errors.Join(tx.DropAnswers(keys...), tx.DropOldAnswers(), tx.Erased(string(u.ID))); err != nil {
		return err
	}
	return sweep(tx, u, func(h *Holding) string { return h.Erase })
}

// Cleanse erases somebody whom a restored backup brought back, whatever they were at its time: the journal of erasures says that they
// are gone. Their key is destroyed by then (Eraser.Cleanse). Nobody else runs it.
var Cleanse = &op.Action[Who, *user.User, op.None]{
	Name: "user.cleanse", Summary: "Erase again somebody whom a restored backup brought back", Allow: access.SystemPurge, NotSelf: true,
	Target: func(tx *op.Tx, in Who) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ Who) (op.None, error) {
		if tx.Caller().Kind != op.System {
			return op.None{}, op.ErrForbidden.Say("Only a restored backup does this, for who was erased since it was made.")
		}
		if u.Status == user.Erased {
			return op.None{}, nil
		}
		if u.Status != user.Archived {
			if err := u.Moved(user.Archive); err != nil {
				return op.None{}, err
			}
			if _, err := veil(tx, u, "erased"); err != nil {
				return op.None{}, err
			}
		}
		return op.None{}, erase(tx, u)
	},
}
