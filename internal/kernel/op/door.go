package op

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Door runs operations. There is one for each process.
type Door struct {
	db        *store.DB
	keys      *secret.Keys
	master    *secret.Master
	jobs      *jobs.Queue
	log       *slog.Logger
	clock     func() time.Time
	sendCode  func(tx *Tx, m CodeMail) error
	prover    Prover
	catalogue map[string]Entry
	refusals  refusals
}

// Options are the parts that a door is made of. All but Clock and Log are needed.
type Options struct {
	Store  *store.DB
	Keys   *secret.Keys
	Master *secret.Master
	Jobs   *jobs.Queue
	Log    *slog.Logger
	Clock  func() time.Time // time.Now when nil
	// SendCode puts the mail with a step-up's code into the outbox.
	SendCode func(tx *Tx, m CodeMail) error
	// Prover knows what else proves a step-up. Nil: nothing does.
	Prover Prover
}

// New makes a door for the operations of the catalogue.
func New(o Options, catalogue ...Operation) (*Door, error) {
	d := &Door{
		db: o.Store, keys: o.Keys, master: o.Master, jobs: o.Jobs, log: o.Log, clock: o.Clock, sendCode: o.SendCode, prover: o.Prover,
		catalogue: make(map[string]Entry, len(catalogue)),
	}
	if d.prover == nil {
		d.prover = mailOnly{}
	}
	if d.clock == nil {
		d.clock = time.Now
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	for _, operation := range catalogue {
		e := operation.Entry()
		if _, twice := d.catalogue[e.Name]; twice {
			return nil, fmt.Errorf("op: %s is declared twice", e.Name)
		}
		if e.Name == "" || e.Summary == "" {
			return nil, fmt.Errorf("op: %q has no name or no summary", e.Name)
		}
		d.catalogue[e.Name] = e
	}
	d.refusals.window = time.Minute
	return d, nil
}

// Catalogue lists the operations by name.
func (d *Door) Catalogue() []Entry {
	all := make([]Entry, 0, len(d.catalogue))
	for _, e := range d.catalogue {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Now is the door's clock.
func (d *Door) Now() time.Time { return d.clock() }

// Store gives the database for reading in health checks; writing it needs the door.
func (d *Door) Store() *store.DB { return d.db }

// Close writes the counts of refusals that are still held back.
func (d *Door) Close(ctx context.Context) error { return d.flushRefusals(ctx, true) }

// admit lets only known operations and known callers in.
func (d *Door) admit(c *Caller, name string) error {
	if c == nil {
		return d.outward(fmt.Errorf("%w: %s was asked for by no caller at all", ErrUndeclared, name))
	}
	if _, ok := d.catalogue[name]; !ok {
		return d.outward(fmt.Errorf("%w: %s is not in the catalogue", ErrUndeclared, name))
	}
	return nil
}

// outward logs what is our fault, once, and lets only refusals through.
func (d *Door) outward(err error) error {
	var refusal *errs.Error
	switch {
	case err == nil:
		return nil
	case store.IsUnavailable(err):
		d.log.Error("the database does not answer", "error", err)
		return ErrUnavailable.Because(err)
	case errors.As(err, &refusal) && refusal.Kind != errs.Fault:
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ErrTimeout.Because(err)
	}
	d.log.Error("an operation failed", "error", err)
	return errs.ErrFault.Because(err)
}

// Refusals for want of a database or of time.
var (
	ErrUnavailable = errs.New(errs.Unavailable, "database_unavailable", "The database does not answer just now, and nothing was changed. Try again in a few seconds.").After(5 * time.Second)
	ErrTimeout     = errs.New(errs.Unavailable, "timeout", "This took too long and was stopped; nothing was changed. Try again.").After(time.Second)
)

// event starts the audit event of an attempt.
func (d *Door) event(ctx context.Context, c *Caller, now time.Time, name string, subjects []Subject) (*audit.Event, error) {
	actor, err := c.actor(func(person, value string) (*audit.Sealed, error) {
		box, err := d.seal(ctx, person, []byte(value))
		return &audit.Sealed{Person: person, Box: box}, err
	})
	if err != nil {
		return nil, fmt.Errorf("seal the actor of %s: %w", name, err)
	}
	return &audit.Event{
		Chain: chain(subjects, c), ID: id.New("aud_", now), At: now.UnixMilli(), Op: name, Outcome: audit.Done,
		Actor: actor, Subjects: recorded(subjects), RequestID: c.Request,
	}, nil
}

// trail records a revealing query that was answered.
func (d *Door) trail(ctx context.Context, c *Caller, name string, v *View) error {
	e, err := d.event(ctx, c, v.now, name, v.subject)
	if err != nil {
		return err
	}
	e.Facts, e.Counts = v.facts, v.counts
	return d.write(ctx, func(tx *store.Tx) error { return audit.Append(tx, e) })
}

// seal seals a value for a person, whose key is made with their first value. The key lives in a database of its own; one that
// was made for a transaction that is then rolled back is an orphan and harmless.
func (d *Door) seal(ctx context.Context, person string, value []byte) (string, error) {
	box, err := d.keys.Seal(ctx, person, value)
	if !errors.Is(err, secret.ErrNoKey) {
		return box, err
	}
	if err := d.keys.Ensure(ctx, person); err != nil {
		return "", err
	}
	return d.keys.Seal(ctx, person, value)
}

// write runs fn in a write transaction, and again when the database ended it because it and another waited for each other.
// fn starts from the beginning each time.
func (d *Door) write(ctx context.Context, fn func(*store.Tx) error) (err error) {
	for try := range writeTries {
		if err = txn.Write(ctx, d.db, fn); !store.IsConflict(err) {
			return err
		}
		time.Sleep(rand.N(time.Duration(try+1) * 20 * time.Millisecond)) // so that the same two do not meet again
	}
	return err
}

// writeTries is how often a transaction is tried that lost against others. Losing once is rare; so often means a fault.
const writeTries = 5
