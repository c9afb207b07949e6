package customer

import (
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// MaxBatch is how many records one batch may have.
const MaxBatch = 500

// ErrBatch refuses a batch that is too large.
var ErrBatch = errs.New(errs.TooLarge, "batch_too_large", "A batch has at most 500 records. Send the rest in another one.")

// Batch is customers as another system tells of them.
type Batch struct {
	Brand   brand.ID `json:"brand"`
	Source  string   `json:"source"`
	Records []Record `json:"customers"`
}

// Record is one of them.
type Record struct {
	Who
	FirstName     string           `json:"first_name,omitzero"` // instead of name
	LastName      string           `json:"last_name,omitzero"`
	RegisteredAt  time.Time        `json:"registered_at,omitzero"` // else the first order, else now
	EmailVerified bool             `json:"email_verified,omitzero"`
	Location      brand.LocationID `json:"location,omitzero"`
	ImportedSpend *money.Amount    `json:"imported_spend,omitzero"`
	ImportedFrom  string           `json:"imported_from,omitzero"`
}

// Answer is what became of a record.
type Answer struct {
	Outcome Outcome `json:"outcome"`
	ID      user.ID `json:"id,omitzero"`
	Num     int64   `json:"-"`
	Reason  string  `json:"reason,omitzero"`
}

// Outcome is what became of a record of a batch.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Rejected  Outcome = "rejected"
)

// Ingest takes up to 500 customers. Each is judged on its own; who is here already stays as they are.
var Ingest = &op.Action[Batch, *brand.Brand, []Answer]{
	Name:    "customers.ingest",
	Summary: "Take in customers of another system",
	Allow:   access.FactsIngest,
	Target:  func(tx *op.Tx, in Batch) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in Batch) ([]Answer, error) {
		if len(in.Records) > MaxBatch {
			return nil, ErrBatch
		}
		if err := CheckSource(in.Source); err != nil {
			return nil, err
		}
		places, err := brand.LocationsOf(tx, b.ID)
		if err != nil {
			return nil, err
		}
		answers := make([]Answer, len(in.Records))
		var arrivals []Arrival
		var at []int // which record each arrival is of
		for i, r := range in.Records {
			a, err := r.arrival(b, places)
			if err != nil {
				answers[i] = Answer{Outcome: Rejected, Reason: errs.Of(err).Detail}
				continue
			}
			arrivals, at = append(arrivals, a), append(at, i)
		}
		found, err := EnsureAll(tx, b, in.Source, arrivals)
		if err != nil {
			return nil, err
		}
		var created []int64
		for i, f := range found {
			a := Answer{Outcome: Unchanged, Num: f.Num}
			switch {
			case f.Err != nil:
				a = Answer{Outcome: Rejected, Reason: errs.Of(f.Err).Detail}
			case f.Created:
				a.Outcome = Created
				created = append(created, f.Num)
			}
			answers[at[i]] = a
		}
		if len(created) > 0 {
			tx.Note("source", in.Source)
		}
		if err := name(tx, answers); err != nil {
			return nil, err
		}
		return answers, begin(tx, b, created)
	},
}

// name puts the ids of the customers on the answers.
func name(tx *op.Tx, answers []Answer) error {
	nums := map[int64]bool{}
	for _, a := range answers {
		if a.Num != 0 {
			nums[a.Num] = true
		}
	}
	ids, err := IDs(tx, sorted(nums))
	for i := range answers {
		answers[i].ID = ids[answers[i].Num]
	}
	return err
}

// begin gives newcomers the statistics that they bring: their home location and what they spent elsewhere.
func begin(tx *op.Tx, b *brand.Brand, nums []int64) error {
	book, err := Open(tx, b, nums)
	if err != nil {
		return err
	}
	for _, a := range book.accounts {
		a.Imported = a.profile.Imported
		a.settle(0)
	}
	return book.Save(tx)
}

func (r *Record) arrival(b *brand.Brand, places []brand.Location) (Arrival, error) {
	a := Arrival{Who: r.Who, FirstName: r.FirstName, LastName: r.LastName, EmailVerified: r.EmailVerified, Location: r.Location}
	if !r.RegisteredAt.IsZero() {
		a.RegisteredAt = r.RegisteredAt.UnixMilli()
	}
	if r.Location != "" && Place(places, string(r.Location)) == nil {
		return a, ErrPlace.Say("This brand has no location “%s”. Add it under Settings, or correct the record.", r.Location)
	}
	if r.ImportedSpend != nil {
		a.Imported = Imported{Spend: r.ImportedSpend.Minor, From: r.ImportedFrom}
		return a, a.Imported.check(b, r.ImportedSpend.Currency)
	}
	return a, nil
}
