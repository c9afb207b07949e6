package account

import (
	"context"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// LiftSuspensions is the job that lifts suspensions whose end has come.
type LiftSuspensions struct{}

// Kind names the job.
func (LiftSuspensions) Kind() string { return "account.lift_suspensions" }

// lifter is who lifts suspensions by the clock, to the door and in the log.
var lifter = op.SystemActor("clock", access.UsersView, access.UsersSuspend)

// liftAtOnce bounds one look; the run goes on while there are more.
const liftAtOnce = 200

// LiftDue lifts every suspension whose end has come, each in a transaction of its own: one that cannot be lifted keeps no other.
func LiftDue(ctx context.Context, d *op.Door) (lifted int, err error) {
	for {
		due, err := op.Ask(ctx, d, lifter, DueSuspensions, op.None{})
		if err != nil || len(due) == 0 {
			return lifted, err
		}
		for _, id := range due {
			if _, err := op.Do(ctx, d, lifter, LiftSuspension, one{id}); err != nil {
				return lifted, err
			}
			lifted++
		}
	}
}

// DueSuspensions names whose suspension has come to its end.
var DueSuspensions = &op.Query[op.None, []user.ID]{
	Name: "user.due_suspensions", Summary: "Name whose suspension has come to its end", Allow: access.UsersSuspend,
	Do: func(v *op.View, _ op.None) ([]user.ID, error) {
		if err := v.Require(access.UsersSuspend, op.Installation); err != nil {
			return nil, err
		}
		return store.All(v, store.Value[user.ID],
			"select id from users where status_until > 0 and status_until <= $1 and status = 'suspended' order by status_until limit $2",
			v.Now().UnixMilli(), liftAtOnce)
	},
}

// LiftSuspension lifts a suspension if its end has come: the end may have been moved since somebody looked. The account is what it
// was before; no session comes back.
var LiftSuspension = &op.Action[one, *user.User, op.None]{
	Name: "user.lift_suspension", Summary: "Lift a suspension whose end has come", Allow: access.UsersSuspend, NotSelf: true,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (op.None, error) {
		if u.Status != user.Suspended || !u.Lapsed(tx.Now()) {
			return op.None{}, nil
		}
		if err := reinstate(u); err != nil {
			return op.None{}, err
		}
		if err := moved(tx, u); err != nil {
			return op.None{}, err
		}
		return op.None{}, tellLifted(tx, u, "Your suspension has ended")
	},
}
