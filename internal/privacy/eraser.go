package privacy

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Eraser erases whose grace period is over. Its work lies in four places that share no transaction, so its order is what holds when it
// is cut off anywhere, by a kill as well:
//
//  1. doom: the vault says that the erasure has begun. From here on nobody restores the person, and the next run finds them again,
//     whatever the clock says. Before it, nothing has happened.
//  2. the journal: a backup that is restored from now on erases them again. It comes before the key, because a database that was put
//     back together with its key store must not bring back whom this one has lost.
//  3. the key: everything sealed is unreadable for good, in this database and in every copy of it.
//  4. the rows: what was not sealed, in one transaction with the status and the audit event. Only this takes the vault away, so what
//     was cut off before is done again from 2; each of the steps can be repeated.
//  5. the files: what was deleted is taken out of logs, gaps and free pages (store.DB.Scrub). It is done again in every run that had
//     somebody to erase, and once at its beginning, for the run before that was cut off here.
//
// 2 to 4 are the same for who is erased, for whom a restored backup brought back (Cleanse; the backup stays marked until it is through),
// and for who was deleted (Forget; the rows went in the transaction that deleted them, and it is a job until it is through): see end.
type Eraser struct {
	Door    *op.Door
	Keys    *secret.Keys
	Journal *secret.Journal
	Store   *store.DB
	Log     *slog.Logger
	Process string               // names this process, so that steady clocks of two are not compared
	Steady  func() time.Duration // since the process began; nobody sets it

	one      sync.Mutex              // jobs of several kinds erase: one at a time
	scrubbed bool                    // by this process, since it last erased somebody
	cut      func(step string) error // tests stop here
}

// EraseDue is the job that erases whose grace period is over.
type EraseDue struct{}

// Kind names the job.
func (EraseDue) Kind() string { return "privacy.erase_due" }

// Every is how often it looks: well within the hour by which clocks may differ.
const Every = 15 * time.Minute

// eraser is who erases, in the log and to the door. It may know of everybody, and do nothing else.
var eraser = op.SystemActor("eraser", access.SystemPurge, access.UsersView, access.CustomersView, access.CompanyUsersView)

// Run looks at the clocks, and erases everybody whose time has come.
func (e *Eraser) Run(ctx context.Context, _ *jobs.Job[EraseDue]) error {
	e.one.Lock()
	defer e.one.Unlock()
	goOn, err := op.Do(ctx, e.Door, eraser, look, now{e.Process, e.Steady().Milliseconds()})
	if err != nil {
		return err
	}
	if !goOn {
		e.log().Warn("erasures are paused: the clocks did not agree; see the overview")
		return nil
	}
	for {
		people, err := op.Ask(ctx, e.Door, eraser, due, op.None{})
		if err != nil {
			return err
		}
		for _, who := range people {
			if err := e.erase(ctx, who); err != nil {
				return err
			}
		}
		if len(people) < batch {
			return e.scrub(ctx)
		}
	}
}

func (e *Eraser) erase(ctx context.Context, who user.ID) error {
	ok, err := op.Keep(ctx, e.Door, eraser, doom, Who{who})
	if err != nil || !ok {
		return err
	}
	if err := e.after("doomed"); err != nil {
		return err
	}
	return e.end(ctx, who, func() error { _, err := op.Do(ctx, e.Door, eraser, Erase, Who{who}); return err })
}

// end is the end of a person, in the one order there is: the journal, the key, the rows. It can be repeated, and is after it was cut off.
func (e *Eraser) end(ctx context.Context, who user.ID, rows func() error) error {
	e.scrubbed = false
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"journal", func() error { return e.Journal.Append(string(who), e.Door.Now()) }},
		{"key", func() error { return e.Keys.Destroy(ctx, string(who)) }},
		{"rows", rows},
	} {
		if err := step.do(); err != nil {
			return err
		}
		if err := e.after(step.name); err != nil {
			return err
		}
	}
	return nil
}

func (e *Eraser) after(step string) error {
	if e.cut == nil {
		return nil
	}
	return e.cut(step)
}

// Cleanse erases somebody whom a restored backup brought back. It can be repeated, and must be after it was cut off.
func (e *Eraser) Cleanse(ctx context.Context, who user.ID) error {
	e.one.Lock()
	defer e.one.Unlock()
	return e.end(ctx, who, func() error { _, err := op.Do(ctx, e.Door, eraser, Cleanse, Who{who}); return err })
}

// Scrub takes what was erased out of the files too, after the last Cleanse.
func (e *Eraser) Scrub(ctx context.Context) error {
	e.one.Lock()
	defer e.one.Unlock()
	return e.scrub(ctx)
}

// scrub empties logs and free pages, once for all who were erased. A long read that holds the log puts it off to the next run.
func (e *Eraser) scrub(ctx context.Context) error {
	if e.scrubbed {
		return nil
	}
	tables := []string{"users", "vaults", "people_search", "people_fts", "river_job"}
	for i := range Holdings {
		if h := &Holdings[i]; h.Erase == deleted {
			tables = append(tables, h.Table)
		}
	}
	slices.Sort(tables)
	tables, err := store.Present(e.Store.Read(ctx), slices.Compact(tables))
	if err != nil {
		return err
	}
	err = errors.Join(e.Keys.Scrub(ctx), e.Store.Scrub(ctx, tables...))
	if errors.Is(err, store.ErrLogHeld) || errors.Is(err, store.ErrPagesMove) {
		e.log().Warn("what was erased is not out of the files yet; the next run goes on with that", "error", err)
		return nil
	}
	e.scrubbed = err == nil
	return err
}

func (e *Eraser) log() *slog.Logger {
	if e.Log == nil {
		return slog.Default()
	}
	return e.Log
}
