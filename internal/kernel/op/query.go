package op

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Query reads state. Its function narrows what it reads to what the caller may see, with View.Nodes in its SQL or View.Require
// on what it found; one that did neither is refused.
type Query[In, Out any] struct {
	Name    string
	Summary string
	// Allow is the permission that it is about. With Open, none is needed; with Own, every signed-in person may ask about
	// themself, and Do sees to it that they get nothing else.
	Allow access.Permission
	Open  bool
	Own   bool
	// Trail leaves an audit event: for what reveals much, such as exports and views of the audit log itself.
	Trail bool
	// Private is refused during an impersonation: what leaves the house, and what only the person should see.
	Private bool
	Do      func(v *View, in In) (Out, error)
}

// Entry describes the query.
func (q *Query[In, Out]) Entry() Entry {
	return Entry{
		Name: q.Name, Summary: q.Summary, Kind: "query", Allow: q.Allow, Open: q.Open, Own: q.Own,
		In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](),
		Call: func(ctx context.Context, d *Door, c *Caller, in any, _ ...Option) (any, error) {
			return Ask(ctx, d, c, q, in.(In))
		},
	}
}

// View is what a query reads with: a snapshot of the database as one caller may see it.
type View struct {
	store.Reader
	door    *Door
	caller  *Caller
	now     time.Time
	guarded bool
	facts   map[string]string
	counts  map[string]int64
	subject []Subject
	hidden  map[string]error // whom the view has asked about: see hide.go
}

// View reads in a transaction as a query of its caller would: for what is decided by what they may see. An action has its own way
// to refuse, so the view is not watched.
func (tx *Tx) View() *View { return &View{Reader: tx, door: tx.door, caller: tx.caller, now: tx.now} }

// Caller is who asks.
func (v *View) Caller() *Caller { return v.caller }

// Now is the time of the query.
func (v *View) Now() time.Time { return v.now }

// Nodes lists the nodes at and below which the caller holds p, for conditions in SQL. None: nothing may be read.
func (v *View) Nodes(p access.Permission) []access.Scope {
	v.guarded = true
	return v.caller.Grants.Nodes(v.now.UnixMilli(), p)
}

// NodesFor is Nodes for people of one kind: some permissions reach only some people.
func (v *View) NodesFor(p access.Permission, kind access.PersonKind) []access.Scope {
	v.guarded = true
	return v.caller.Grants.NodesFor(v.now.UnixMilli(), p, kind)
}

// Require refuses unless the caller may know of every subject of t and holds p at each.
func (v *View) Require(p access.Permission, t Target) error {
	v.guarded = true
	v.subject = append(v.subject, t.Subjects()...)
	return decide(v.caller, v.now, need{permission: p, reading: true}, t.Subjects())
}

// Own says that the query reads only what is the caller's own. A key is not its owner: it needs the permission.
func (v *View) Own() error {
	v.guarded = true
	if v.caller.Kind != Person {
		return ErrSignIn
	}
	return nil
}

// Signed says that the query is for everybody who is known, and cuts what it reads with Knows and Can.
func (v *View) Signed() error {
	v.guarded = true
	if v.caller.Kind == Anonymous {
		return ErrSignIn
	}
	return nil
}

// Can says whether the caller holds p for the subject. It decides what to show, not whether to answer.
func (v *View) Can(p access.Permission, s Subject) bool {
	return v.caller.may(v.now.UnixMilli(), p, s)
}

// Anywhere says whether the caller holds p at any node.
func (v *View) Anywhere(p access.Permission) bool {
	return v.caller.Grants.Anywhere(v.now.UnixMilli(), p)
}

// MAC signs parts for a purpose, for cursors that nobody can forge.
func (v *View) MAC(purpose string, parts ...[]byte) []byte {
	return v.door.master.MAC(purpose, parts...)
}

// Note puts a plain fact on the trail of a revealing query; Count a number.
func (v *View) Note(key, value string) {
	if v.facts == nil {
		v.facts = map[string]string{}
	}
	v.facts[key] = value
}

// Count puts a number on the trail of a revealing query.
func (v *View) Count(key string, n int64) {
	if v.counts == nil {
		v.counts = map[string]int64{}
	}
	v.counts[key] += n
}

// Ask runs a query for a caller.
func Ask[In, Out any](ctx context.Context, d *Door, c *Caller, q *Query[In, Out], in In) (out Out, err error) {
	if err = d.admit(c, q.Name); err != nil {
		return out, err
	}
	now := d.clock()
	if q.Private && c.As != nil {
		return out, d.refuse(ctx, c, q.Name, nil, ErrImpersonating)
	}
	if !q.Open && !q.Own && !c.Grants.Anywhere(now.UnixMilli(), q.Allow) {
		return out, d.refuse(ctx, c, q.Name, nil, decideNowhere(c, now, q.Allow))
	}
	v := &View{door: d, caller: c, now: now}
	err = d.db.Snapshot(ctx, func(r store.Reader) error {
		v.Reader = r
		out, err = q.Do(v, in)
		return err
	})
	if err == nil && !v.guarded && !q.Open {
		err = fmt.Errorf("%w: query %s read without asking what the caller may see", ErrUndeclared, q.Name)
	}
	if err != nil {
		var zero Out
		if isRefusal(err) {
			err = d.refuse(ctx, c, q.Name, v.subject, err)
		}
		return zero, d.outward(err)
	}
	if q.Trail {
		if err := d.trail(ctx, c, q.Name, v); err != nil {
			var zero Out
			return zero, d.outward(err)
		}
	}
	return out, nil
}

// isRefusal says whether an attempt was denied, as opposed to failing for what it asked.
func isRefusal(err error) bool {
	switch errs.Of(err).Kind {
	case errs.Forbidden, errs.Unauthorized, errs.NotFound:
		return true
	}
	return false
}

// Knows says whether the caller may know that the subject exists.
func (v *View) Knows(s Subject) bool { return v.caller.knows(v.now.UnixMilli(), s) }

// isFault says whether an error is ours or the database's, so that nothing else can go on either.
func isFault(err error) bool {
	if err == nil {
		return false
	}
	k := errs.Of(err).Kind
	return k == errs.Fault || k == errs.Unavailable
}
