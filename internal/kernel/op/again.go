package op

import (
	"context"
	"errors"
	"reflect"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Again asks once more for what a step-up was started for, with the same values: whoever waits for it gets a new code under a new
// id, and the old code ends. It answers ErrStepUpRequired with that id, or why there is no code now, and then the old one stays good.
// Nil: what was asked for needs no code any more, and is done.
func (d *Door) Again(ctx context.Context, c *Caller, stepUpID string) error {
	row, err := stepUps.Find(d.db.Read(ctx), stepUpID)
	if err != nil || row.Caller != c.ID || row.Session != c.Session || c.ID == "" {
		return d.outward(errors.Join(errs.ErrNotFound, ignoreNotFound(err)))
	}
	if row.UsedAt != 0 || row.Input == "" { // emptied with whom it was about
		return ErrStepUpExpired
	}
	e, ok := d.catalogue[row.Op]
	if !ok || e.StepUp != "always" && e.StepUp != "sometimes" {
		return ErrStepUpExpired
	}
	in := reflect.New(e.In)
	if err := d.openJSON(ctx, row.Person, row.Input, in.Interface()); err != nil {
		return d.outward(err)
	}
	_, err = e.Call(ctx, d, c, in.Elem().Interface())
	return err
}
