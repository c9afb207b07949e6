package privacy

import (
	"context"
	"errors"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Refusals of a deletion.
var (
	ErrHasHistory = errs.New(errs.Conflict, "has_history", "This account has a history that must be kept, so it cannot be deleted.")
	ErrBanned     = errs.New(errs.Conflict, "banned", "This account is banned, and the ban keeps its address from registering again. Archive the account instead: the ban stays. Or lift the ban first.")
	ErrArchived   = errs.New(errs.Conflict, "archived", "This account is archived, and is erased for good when the time in which it can be restored is over. There is nothing to delete.")
)

// Delete removes an account without a history, for good: duplicates and test accounts (checklist 223-226). Nothing stays but the audit
// log, which shows placeholders from this instant on; after the commit the person's key is destroyed. There is no reverse.
var Delete = &op.Action[Who, *user.User, op.None]{
	Name: "user.delete", Summary: "Delete an account without a history, for good", Allow: access.UsersDelete, NotSelf: true, StepUp: true,
	Confirm: func(u *user.User, _ Who) op.Confirmation {
		return op.Confirmation{
			Title:  "Delete " + called(u) + " for good",
			Facts:  []op.Fact{{Label: "User ID", Value: string(u.ID)}, {Label: "Afterwards", Value: "cannot be undone"}},
			Button: "Delete for good",
		}
	},
	Target: func(tx *op.Tx, in Who) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ Who) (op.None, error) {
		if err := deletable(tx, u); err != nil {
			return op.None{}, err
		}
		held, err := account.Leave(tx, u, "deleted")
		if err != nil {
			return op.None{}, err
		}
		keys, err := endKeys(tx, u)
		if err != nil {
			return op.None{}, err
		}
		if err := errors.Join(endInvitation(tx, u), dropGrants(tx, u)); err != nil {
			return op.None{}, err
		}
		person := string(u.ID)
		err = errors.Join(mailing.Drop(tx, person), tx.DropPending(person), tx.DropAnswers(append(keys, person)...), tx.Erased(person))
		if err != nil {
			return op.None{}, err
		}
		if err := sweep(tx, u, func(h *Holding) string { return h.Erase }); err != nil {
			return op.None{}, err
		}
		for _, clear := range []func(*op.Tx, string, ...any) (int64, error){profiles.Clear, categories.Clear} {
			if _, err := clear(tx, "where user_num = $1", u.Num); err != nil {
				return op.None{}, err
			}
		}
		for _, clear := range []func(*op.Tx, string, ...any) (int64, error){ownConsents.Clear, ownRequests.Clear} {
			if _, err := clear(tx, "where user_id = $1", person); err != nil {
				return op.None{}, err
			}
		}
		if err := user.Remove(tx, u); err != nil {
			return op.None{}, err
		}
		if err := role.KeepHeld(tx, person, held); err != nil {
			return op.None{}, err
		}
		return op.None{}, tx.Enqueue(Forget{Person: u.ID})
	},
}

// Where a person's numbers are that an erasure leaves for accounting, and the proofs that it leaves. Who is deleted has nothing to
// account for, and the rows go.
var (
	profiles   = op.Bookkeeping[ofNumber]("customers")
	categories = op.Bookkeeping[ofNumber]("customer_categories")

	ownConsents = op.Bookkeeping[ofUser]("consents")
	ownRequests = op.Bookkeeping[ofUser]("deletion_requests")
)

// histories are what must be kept, in the order in which a refusal names it. Whoever adds a table of such facts adds its line.
var histories = []struct{ what, find string }{
	{"orders", "select count(*) from (select 1 as one from orders where user_num = $1 limit 1) as found"},
	{"refunds", "select count(*) from (select 1 as one from refunds where user_num = $1 limit 1) as found"},
	{"spend on a previous platform", "select count(*) from customers where user_num = $1 and imported <> 0"},
}

// deletable refuses an account with a history, or with a duty in a company.
func deletable(tx *op.Tx, u *user.User) error {
	switch {
	case u.Status.Gone():
		return ErrArchived
	case u.Status == user.Banned || strings.Contains(u.StatusBefore, string(user.Banned)):
		return ErrBanned
	case u.Kinds&user.IsCompany != 0:
		return hasHistory("duties in a company")
	}
	for _, h := range histories {
		n, err := store.Value[int64](tx.QueryRow(h.find, u.Num))
		if err != nil {
			return err
		}
		if n > 0 {
			return hasHistory(h.what)
		}
	}
	return nil
}

func hasHistory(what string) error {
	return ErrHasHistory.Say("This account has %s, which must be kept, so it cannot be deleted. Archive it instead: that takes everything away that tells who it was.", what).
		With("has", what)
}

// dropGrants takes away every grant that the person ever had; each stands in the event.
func dropGrants(tx *op.Tx, u *user.User) error {
	all, err := role.History(tx, string(u.ID))
	for i := range all {
		if err == nil {
			err = role.Grants.Delete(tx, &all[i])
		}
	}
	return err
}

// Forget is the job that finishes a deletion: what was sealed for the person nobody can read any more, in no copy either.
type Forget struct {
	Person user.ID `json:"person"`
}

// Kind names the job.
func (Forget) Kind() string { return "privacy.forget" }

// Forget does what an erasure does, in its order: the journal, so that a backup from before brings nobody back; the key; the files. The
// rows are gone. It can be repeated. The key of somebody who is there is left alone, whatever the job says.
func (e *Eraser) Forget(ctx context.Context, job *jobs.Job[Forget]) error {
	e.one.Lock()
	defer e.one.Unlock()
	there, err := store.Value[int64](e.Store.Read(ctx).QueryRow("select count(*) from users where id = $1", string(job.Args.Person)))
	if err != nil || there > 0 {
		return err
	}
	if err := e.end(ctx, job.Args.Person, func() error { return nil }); err != nil {
		return err
	}
	return e.scrub(ctx)
}
