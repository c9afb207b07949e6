package op

import (
	"context"
	"reflect"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// Upkeep is bookkeeping: declared and listed, not audited, and limited to bookkeeping and derived tables and to columns tagged
// upkeep. It needs a caller but no permission: what it may write gives nobody anything.
type Upkeep[In, Out any] struct {
	Name    string
	Summary string
	Do      func(tx *Tx, in In) (Out, error)
}

// Entry describes the upkeep.
func (u *Upkeep[In, Out]) Entry() Entry {
	return Entry{
		Name: u.Name, Summary: u.Summary, Kind: "upkeep",
		In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](),
		Call: func(ctx context.Context, d *Door, c *Caller, in any, _ ...Option) (any, error) {
			return Keep(ctx, d, c, u, in.(In))
		},
	}
}

// Keep runs an upkeep.
func Keep[In, Out any](ctx context.Context, d *Door, c *Caller, u *Upkeep[In, Out], in In) (out Out, err error) {
	if err = d.admit(c, u.Name); err != nil {
		return out, err
	}
	tx := &Tx{door: d, caller: c, now: d.clock(), upkeep: true}
	err = d.write(ctx, func(raw *store.Tx) error {
		*tx = Tx{tx: raw, door: d, caller: c, now: tx.now, upkeep: true}
		out, err = u.Do(tx, in)
		return err
	})
	if err != nil {
		var zero Out
		return zero, d.outward(err)
	}
	tx.committed()
	return out, nil
}
