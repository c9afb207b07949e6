package role

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// ErrLastHolder refuses to take away the last active holder of a role that must be held.
var ErrLastHolder = errs.New(errs.Conflict, "last_admin", "This is the last active person with this role, and somebody must hold it. Give it to somebody else first.")

type guard struct {
	Role  string `db:"role,key"`
	Scope string `db:"scope,key"`
}

var guards = op.Bookkeeping[guard]("held_roles")

// KeepHeld is the one check that a role which must be held keeps a holder: an active account with an open-ended grant in force.
// Call it after the change, in its transaction, whatever the change was. It takes the guard row first, so that of two changes at
// once the second sees what the first did.
func KeepHeld(tx *op.Tx, user string, grants []Grant) error {
	for _, g := range grants {
		kept, err := Find(g.Role)
		if err != nil || !kept.Kept {
			continue
		}
		if err := guards.Put(tx, guard{Role: g.Role, Scope: g.Scope}); err != nil {
			return err
		}
		if _, err := guards.Find(tx, g.Role, g.Scope); err != nil { // for update: others wait here
			return err
		}
		var holders int64
		err = tx.QueryRow(`select count(distinct g.user_id) from grants g join users u on u.id = g.user_id
			where g.role = $1 and g.scope = $2 and g.ended_at = 0 and g.until_at = 0 and g.from_at <= $3 and u.status = 'active'`,
			g.Role, g.Scope, tx.Now().UnixMilli()).Scan(&holders)
		if err != nil {
			return err
		}
		if holders == 0 {
			return ErrLastHolder.With("role", g.Role).With("user", user)
		}
	}
	return nil
}

// InForce lists the grants of a set that hold at the instant.
func InForce(grants []Grant, now int64) (held []Grant) {
	for _, g := range grants {
		if g.EndedAt == 0 && g.From <= now && (g.Until == 0 || now < g.Until) {
			held = append(held, g)
		}
	}
	return held
}

// Now is the one role that a person has at the instant, or nil.
func Now(grants []Grant, now int64) *access.Role {
	for _, g := range InForce(grants, now) {
		if r, err := Find(g.Role); err == nil && r.For == access.Staff {
			return r
		}
	}
	return nil
}
