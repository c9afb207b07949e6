package hostile

import (
	"errors"
	"testing"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/world"
)

// rogue is an operation that somebody wrote and forgot to declare: it opens everything, and nothing runs it.
var rogue = &op.Action[string, op.Place, op.None]{
	Name: "brand.rename_all", Summary: "Rename every brand", Open: true,
	Target: func(*op.Tx, string) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, name string) (op.None, error) {
		all, err := brand.All(tx)
		for i := range all {
			if all[i].Name = name; err == nil {
				err = brand.Table.Update(tx, &all[i])
			}
		}
		return op.None{}, err
	},
}

var peek = &op.Query[op.None, []brand.Brand]{
	Name: "brand.peek", Summary: "Read every brand", Open: true,
	Do: func(v *op.View, _ op.None) ([]brand.Brand, error) { return brand.All(v) },
}

var scribble = &op.Upkeep[string, op.None]{
	Name: "brand.scribble", Summary: "Rename every brand as if it were bookkeeping",
	Do: func(tx *op.Tx, name string) (op.None, error) { return rogue.Do(tx, op.Installation, name) },
}

func TestWhatIsNotDeclaredIsRefused(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		ctx, ada := t.Context(), w.As("ada")
		refused := func(what string, err error) {
			t.Helper()
			if e := errs.Of(err); err == nil || e.Kind != errs.Fault || !errors.Is(err, op.ErrUndeclared) {
				t.Errorf("%s: %v", what, err)
			}
		}
		unchanged(t, w.Store, "what is not declared", func() {
			_, err := op.Do(ctx, w.Door, ada, rogue, "Owned")
			refused("an action that is not in the catalogue", err)
			_, err = op.Ask(ctx, w.Door, ada, peek, op.None{})
			refused("a query that is not in the catalogue", err)
			_, err = op.Keep(ctx, w.Door, ada, scribble, "Owned")
			refused("an upkeep that is not in the catalogue", err)
			_, err = op.Do(ctx, w.Door, nil, brand.Create, brand.New{Slug: "owned", Name: "Owned", Currency: "GBP", Zone: "UTC"})
			refused("an action of no caller", err)
			_, err = op.Ask(ctx, w.Door, nil, brand.List, op.None{})
			refused("a query of no caller", err)
		})
	})
}

// A caller who was made by hand, with a kind that there is not, or with grants that were never resolved, holds nothing.
func TestACallerMadeByHandHoldsNothing(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		name := "Owned"
		b := w.Place("aurora").ID
		for what, c := range map[string]*op.Caller{
			"nothing filled in": {},
			"an unknown kind":   {Kind: "root", ID: "root"},
			"grants that were never resolved": {
				Kind: op.Person, ID: string(w.Member("mira").ID), Person: string(w.Member("mira").ID), Home: b.Scope(),
				Grants: access.Grants{{ID: "grt_1", Role: access.SuperAdmin, Scope: access.Platform}},
			},
			"a role where it cannot stand": {
				Kind: op.Person, ID: string(w.Member("mira").ID), Person: string(w.Member("mira").ID), Home: b.Scope(),
				Grants: access.Resolve(access.Grant{ID: "grt_1", Role: access.SuperAdmin, Scope: b.Scope()}),
			},
		} {
			unchanged(t, w.Store, what, func() {
				if _, err := op.Do(t.Context(), w.Door, c, brand.Edit, brand.Change{Brand: b, Name: &name}); err == nil {
					t.Errorf("a caller with %s edits a brand", what)
				}
			})
		}
	})
}
