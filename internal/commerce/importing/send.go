package importing

import (
	"context"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

// run is one run of an import.
type run struct {
	door    *op.Door
	caller  *op.Caller
	file    *orderfile.File
	mapping *mapping.Orders
	options Options
	rejects *rejects
	report  *Report
	begun   Begun
	sent    int64

	look       int64 // when so many records are sent, the planner looks again
	lines      int64 // of the file; the file itself belongs to the goroutine that reads it
	partitions int
}

// handful is some records on their way, or the end of a partition.
type handful struct {
	partition int
	records   []orderfile.Record
	end       bool
	err       error
}

// errEnough ends reading when sending has failed.
var errEnough = errors.New("importing: the sender has stopped")

// send reads the partitions in one goroutine and sends their records in another: reading one partition costs about as much as
// writing another.
func (r *run) send(ctx context.Context) error {
	r.lines, r.partitions = r.file.Report().Lines, r.file.Partitions()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ahead := make(chan handful, 16)
	go func() {
		defer close(ahead)
		r.read(ctx, ahead)
	}()
	err := r.write(ctx, ahead)
	cancel(errEnough)
	for range ahead { //nolint:revive // the file belongs to the reader until it has stopped
	}
	return err
}

const handfulSize = 64

func (r *run) read(ctx context.Context, ahead chan<- handful) {
	give := func(h handful) bool {
		select {
		case ahead <- h:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for i := range r.file.Partitions() {
		h := handful{partition: i}
		for record, err := range r.file.Partition(ctx, i) {
			if err != nil {
				give(handful{err: err})
				return
			}
			if int64(i) < r.begun.Done {
				continue // its rejected rows and its counts belong to the report, its records are in
			}
			if h.records = append(h.records, record); len(h.records) == handfulSize {
				if !give(h) {
					return
				}
				h.records = nil
			}
		}
		h.end = true
		if int64(i) >= r.begun.Done && !give(h) {
			return
		}
	}
}

func (r *run) write(ctx context.Context, ahead <-chan handful) error {
	p := newPace(r.door.Store().Dialect())
	for h := range ahead {
		if h.err != nil {
			return h.err
		}
		for i := range h.records {
			if p.add(&h.records[i]) {
				if err := r.flush(ctx, p, h.partition); err != nil {
					return err
				}
			}
		}
		if !h.end {
			continue
		}
		if err := r.flush(ctx, p, h.partition); err != nil {
			return err
		}
		done := Finished{ID: r.begun.ID, Done: int64(h.partition) + 1, Counts: r.report.Counts}
		if _, err := op.Keep(ctx, r.door, r.caller, Advance, done); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// flush sends what has gathered, in one batch.
func (r *run) flush(ctx context.Context, p *pace, partition int) error {
	if len(p.records) == 0 {
		return nil
	}
	b := commerce.Batch{Brand: r.begun.Brand.ID, Source: r.options.Source, Records: make([]commerce.Record, len(p.records))}
	for i, record := range p.records {
		b.Records[i] = convert(record)
	}
	began := time.Now()
	out, err := op.Do(ctx, r.door, r.caller, commerce.Ingest, b)
	if err != nil {
		return err
	}
	p.took(time.Since(began))
	for i, a := range out.Answers {
		if a.Outcome == customer.Rejected {
			r.rejects.record(p.records[i], a.Reason)
		}
	}
	r.report.Counts.add(&out)
	r.sent += int64(len(p.records))
	if err := r.optimize(ctx); err != nil {
		return err
	}
	p.records = p.records[:0]
	r.options.Progress(Progress{Lines: r.lines, Partition: partition, Partitions: r.partitions, Records: r.sent})
	return nil
}

// optimize lets PostgreSQL look at the tables anew whenever the import has become several times as large. What it plans for empty
// tables it would keep for full ones, and read all orders of the brand for each batch.
func (r *run) optimize(ctx context.Context) error {
	if r.sent < r.look || r.door.Store().Dialect() != store.PostgreSQL {
		return nil
	}
	r.look = max(4*r.look, 1000)
	return r.door.Store().Optimize(ctx)
}

// pace gathers records until a batch has as much work as the time for it allows. What is enough, it learns from the batches before.
type pace struct {
	records []orderfile.Record
	weight  int // of the records: an order costs something, and each of its lines a little
	enough  int
	least   int
	most    int
	aim     time.Duration
}

const orderWeight = 8 // an order costs about as much as so many lines

func newPace(d store.Dialect) *pace {
	p := &pace{enough: 500, least: 200, most: 20_000, aim: 14 * time.Millisecond}
	if d == store.PostgreSQL { // no single writer to share: fewer, larger transactions
		p.enough, p.aim = 4000, 100*time.Millisecond
	}
	return p
}

// add gathers a record and says whether it is enough.
func (p *pace) add(r *orderfile.Record) bool {
	p.records = append(p.records, *r)
	p.weight += orderWeight
	if r.Order != nil {
		p.weight += len(r.Order.Lines)
	}
	return len(p.records) >= commerce.MaxBatch || p.weight >= p.enough
}

// took learns from the batch that was sent.
func (p *pace) took(d time.Duration) {
	if d > 0 && p.weight > 0 {
		ideal := int(float64(p.weight) * float64(p.aim) / float64(d))
		p.enough = min(max((3*p.enough+ideal)/4, p.least), p.most)
	}
	p.weight = 0
}
