package op

import (
	"context"
	"slices"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Option is what an adapter adds to one run of an action.
type Option func(*run)

type run struct {
	proof Proof
	once  string // idempotency key
	bulk  string
}

// With brings the proof of a step-up.
func With(p Proof) Option { return func(r *run) { r.proof = p } }

// Once makes repeats with the same key answer what the first run answered (see idempotency.go).
func Once(key string) Option { return func(r *run) { r.once = key } }

// Do runs an action for a caller: all of it happens, with its audit event and its jobs, or none.
func Do[In any, T Target, Out any](ctx context.Context, d *Door, c *Caller, a *Action[In, T, Out], in In, opts ...Option) (out Out, err error) {
	if err = d.admit(c, a.Name); err != nil {
		return out, err
	}
	var r run
	for _, o := range opts {
		o(&r)
	}
	if r.proof.ID != "" {
		if err = d.judge(ctx, c, r.proof); err != nil {
			return out, d.outward(err)
		}
	}
	tx := &Tx{door: d, caller: c, now: d.clock()}
	var at attempt
	once := func(raw *store.Tx) error {
		*tx, at = Tx{tx: raw, door: d, caller: c, now: tx.now}, attempt{}
		if out, err = perform(tx, a, in, r, &at); err != nil {
			return err
		}
		return audit.AppendAll(tx.tx, tx.events)
	}
	err = d.write(ctx, once)
	if isRace(err) { // the same call was running just now, and its answer is there by now
		err = d.write(ctx, once)
	}
	switch {
	case at.stepUp != nil:
		err = d.beginStepUp(ctx, c, *at.stepUp)
	case err != nil && isRefusal(err):
		err = d.refuse(ctx, c, a.Name, at.subjects, err)
	}
	if err != nil {
		var zero Out
		return zero, d.outward(err)
	}
	tx.committed()
	return out, nil
}

// attempt is what is known of a run when it does not succeed.
type attempt struct {
	subjects []Subject
	stepUp   *pending // set when the action must first be confirmed
}

// perform runs an action within a transaction, as far as its event, which waits in the transaction to be written last.
func perform[In any, T Target, Out any](tx *Tx, a *Action[In, T, Out], in In, r run, at *attempt) (out Out, err error) {
	if tx.caller.Kind == Anonymous && !a.Open {
		return out, ErrSignIn // before anything is looked up
	}
	if err := tx.caller.impersonated(a.While); err != nil {
		return out, err
	}
	target, err := a.Target(tx, in)
	if err != nil {
		return out, err
	}
	at.subjects = target.Subjects()
	n := need{permission: a.permission(target, in), open: a.Open, own: a.Own, notSelf: a.NotSelf}
	if err := decide(tx.caller, tx.now, n, at.subjects); err != nil {
		return out, err
	}
	if done, err := replay(tx, a.Name, r.once, in, &out); done || err != nil {
		return out, err
	}
	var p *pending
	if a.needsStepUp(target, in) && !tx.caller.exempt(n.permission) {
		p = &pending{name: a.Name, in: in, subjects: at.subjects, confirm: a.Confirm(target, in), arms: a.Arms}
	}
	if p != nil && r.proof.ID != "" {
		if err := consume(tx, r.proof, *p); err != nil {
			return out, err
		}
	}
	if out, err = a.Do(tx, target, in); err != nil {
		return out, err
	}
	if p != nil && r.proof.ID == "" {
		// It would work, so it is worth a code. Nobody is sent one for what is refused anyway; what Do wrote is rolled back.
		at.stepUp = p
		return out, errStopped
	}
	if err := remember(tx, a.Name, r.once, in, out); err != nil {
		return out, err
	}
	return out, tx.conclude(a.Name, at.subjects, in, r)
}

// errStopped ends a transaction that must write nothing yet. It never leaves the engine.
var errStopped = errs.New(errs.Conflict, "stopped", "stopped")

// conclude makes the event of what the operation changed. Nothing changed and nothing noted: there is nothing to tell.
func (tx *Tx) conclude(name string, subjects []Subject, in any, r run) error {
	if len(tx.changes) == 0 && len(tx.counts) == 0 && len(tx.facts) == 0 {
		return nil
	}
	for _, s := range tx.touched {
		if !slices.ContainsFunc(subjects, func(o Subject) bool { return o.Kind == s.Kind && o.ID == s.ID }) {
			subjects = append(slices.Clip(subjects), s)
		}
	}
	e, err := tx.door.event(tx.Context(), tx.caller, tx.now, name, subjects)
	if err != nil {
		return err
	}
	e.Changes, e.Counts, e.Facts = tx.changes, tx.counts, tx.facts
	e.StepUp, e.Bulk = r.proof.ID, r.bulk
	if w, ok := in.(Reasoned); ok && w.Why() != "" {
		if e.Reason, err = tx.sealReason(subjects, w.Why()); err != nil {
			return err
		}
	}
	tx.events = append(tx.events, e)
	tx.changes, tx.touched, tx.counts, tx.facts = nil, nil, nil, nil
	return nil
}

// sealReason seals why something was done for the person it was done to, else for the one who did it.
func (tx *Tx) sealReason(subjects []Subject, why string) (*audit.Sealed, error) {
	person := tx.caller.Person
	for _, s := range subjects {
		if s.Person != "" {
			person = s.Person
			break
		}
	}
	if person == "" {
		return nil, nil
	}
	box, err := tx.Seal(person, why)
	return &audit.Sealed{Person: person, Box: box}, err
}

func (tx *Tx) committed() {
	for _, fn := range tx.after {
		fn()
	}
}
