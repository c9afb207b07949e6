package op

import (
	"context"
	"errors"
	"iter"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// bulkBatch is how many rows one transaction of a bulk has at most: the caller is asked for again that often, others get their
// turn at the writer, and a cancelled bulk has done at most that many more.
const bulkBatch = 100

// Outcome is what became of one row of a bulk.
type Outcome[In, Out any] struct {
	In  In
	Out Out
	Err error // a refusal of this row alone; the others go on
}

// DoEach runs an action once for each input, in transactions of at most 100 rows. Each row is judged and recorded as if it were
// asked for alone, with the bulk's id on its event; a row that is refused leaves the others alone. who gives the caller, and is
// asked anew for every batch, so that what they lose while it runs they lose here too. report hears of the rows of each batch
// once it is durable; its error, or the end of ctx, ends the bulk between batches.
func DoEach[In any, T Target, Out any](ctx context.Context, d *Door, who func(context.Context) (*Caller, error), a *Action[In, T, Out],
	bulk string, inputs iter.Seq[In], report func([]Outcome[In, Out]) error) error {
	next, stop := iter.Pull(inputs)
	defer stop()
	for {
		var batch []In
		for in, ok := next(); ok; in, ok = next() {
			if batch = append(batch, in); len(batch) == bulkBatch {
				break
			}
		}
		if len(batch) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return d.outward(err)
		}
		c, err := who(ctx)
		if err != nil {
			return err
		}
		if err := d.admit(c, a.Name); err != nil {
			return err
		}
		outcomes, err := doBatch(ctx, d, c, a, bulk, batch)
		if err != nil {
			return d.outward(err)
		}
		if err := report(outcomes); err != nil {
			return err
		}
	}
}

func doBatch[In any, T Target, Out any](ctx context.Context, d *Door, c *Caller, a *Action[In, T, Out], bulk string, batch []In) ([]Outcome[In, Out], error) {
	outcomes := make([]Outcome[In, Out], len(batch))
	refused := make([]attempt, len(batch))
	tx := &Tx{door: d, caller: c, now: d.clock()}
	err := d.write(ctx, func(raw *store.Tx) error {
		*tx = Tx{tx: raw, door: d, caller: c, now: tx.now}
		for i, in := range batch {
			o := &outcomes[i]
			o.In = in
			err := tx.Savepoint(func() (err error) {
				o.Out, err = perform(tx, a, in, run{bulk: bulk}, &refused[i])
				return err
			})
			if errors.Is(err, errStopped) {
				err = ErrStepUpRequired
			}
			if o.Err = d.outward(err); isFault(o.Err) {
				return o.Err
			}
		}
		return audit.AppendAll(raw, tx.events)
	})
	if err != nil {
		return nil, err
	}
	tx.committed()
	for i := range outcomes {
		if err := outcomes[i].Err; err != nil && isRefusal(err) {
			outcomes[i].Err = d.refuse(ctx, c, a.Name, refused[i].subjects, err)
		}
	}
	return outcomes, nil
}
