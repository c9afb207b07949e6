package commerce

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// MaxBatch is how many records one batch may have (architecture.md, "Batches").
const MaxBatch = customer.MaxBatch

// Batch is up to 500 records of one source.
type Batch struct {
	Brand   brand.ID `json:"brand"`
	Source  string   `json:"source"` // of the API key or the mapping: whose ids these are
	Records []Record `json:"records"`
}

// Answer is what became of a record.
type Answer struct {
	Outcome  customer.Outcome `json:"outcome"` // created, changed, unchanged, rejected
	ID       ID               `json:"id,omitzero"`
	Customer user.ID          `json:"customer,omitzero"` // of what was created or changed
	Reason   string           `json:"reason,omitzero"`   // of a rejection: a sentence
	Code     string           `json:"code,omitzero"`     // of a rejection, for programs
	refusal  error
}

// Ingested is the answer to a batch: one Answer for each record, in order, and counts.
type Ingested struct {
	Answers          []Answer `json:"records"`
	Orders           Counts   `json:"orders"`
	Refunds          Counts   `json:"refunds"`
	CustomersCreated int64    `json:"customers_created"`
}

// Counts are the outcomes of one kind of record.
type Counts struct {
	Created   int64 `json:"created"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	Rejected  int64 `json:"rejected"`
}

func (c *Counts) add(o customer.Outcome) {
	switch o {
	case customer.Created:
		c.Created++
	case customer.Changed:
		c.Changed++
	case customer.Unchanged:
		c.Unchanged++
	default:
		c.Rejected++
	}
}

// Ingest takes in orders and refunds. Each record is judged on its own; what is rejected changes nothing. When nothing is new,
// nothing is written and the log says nothing.
var Ingest = &op.Action[Batch, *brand.Brand, Ingested]{
	Name:    "orders.ingest",
	Summary: "Take in orders and refunds",
	Allow:   access.FactsIngest,
	Target:  func(tx *op.Tx, in Batch) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do:      func(tx *op.Tx, b *brand.Brand, in Batch) (Ingested, error) { return TakeIn(tx, b, in) },
}

// One is one record.
type One struct {
	Brand  brand.ID `json:"brand"`
	Source string   `json:"source"`
	Record
}

// Put takes in one order or refund. What a batch would reject is refused.
var Put = &op.Action[One, *brand.Brand, Answer]{
	Name:    "order.put",
	Summary: "Take in one order or refund",
	Allow:   access.FactsIngest,
	Target:  func(tx *op.Tx, in One) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in One) (Answer, error) {
		all, err := TakeIn(tx, b, Batch{in.Brand, in.Source, []Record{in.Record}})
		if err != nil {
			return Answer{}, err
		}
		return all.Answers[0], all.Answers[0].refusal
	},
}

// TakeIn is what Ingest does, for operations that take in records as a part of what they do.
func TakeIn(tx *op.Tx, b *brand.Brand, in Batch) (Ingested, error) {
	if len(in.Records) > MaxBatch {
		return Ingested{}, customer.ErrBatch
	}
	if err := customer.CheckSource(in.Source); err != nil {
		return Ingested{}, err
	}
	r, err := newReader(tx, b, in.Source)
	if err != nil {
		return Ingested{}, err
	}
	w := &batch{tx: tx, brand: b, source: in.Source, drafts: make([]*draft, len(in.Records)), answers: make([]Answer, len(in.Records))}
	for i := range in.Records {
		w.drafts[i] = r.read(i, &in.Records[i])
	}
	if err := w.run(); err != nil {
		return Ingested{}, err
	}
	out := Ingested{Answers: w.answers, CustomersCreated: w.newcomers}
	for i, d := range w.drafts {
		if in.Records[i].Refund != nil && in.Records[i].Order == nil {
			out.Refunds.add(out.Answers[d.at].Outcome)
		} else {
			out.Orders.add(out.Answers[d.at].Outcome)
		}
	}
	return out, nil
}

// reject says why a record changes nothing.
func reject(err error) Answer {
	refusal := errs.Of(err)
	return Answer{Outcome: customer.Rejected, Reason: refusal.Detail, Code: refusal.Code, refusal: err}
}
