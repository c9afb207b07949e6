package importing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// state is how far an import has come.
type state struct {
	ID            string   `db:"id,key"`
	Brand         brand.ID `db:"brand_id"`
	Source        string   `db:"source"`
	FileDigest    string   `db:"file_digest"`
	MappingDigest string   `db:"mapping_digest"`
	Partitions    int64    `db:"partitions"`
	Done          int64    `db:"done"`
	State         string   `db:"state"`
	Counts        string   `db:"counts"`
	StartedAt     int64    `db:"started_at"`
	UpdatedAt     int64    `db:"updated_at"`
}

const (
	running  = "running"
	finished = "finished"
)

var states = op.Bookkeeping[state]("imports")

// Counts are what an import did so far, over all of its runs.
type Counts struct {
	Orders           commerce.Counts `json:"orders"`
	Refunds          commerce.Counts `json:"refunds"`
	CustomersCreated int64           `json:"customers_created"`
}

func (c *Counts) add(o *commerce.Ingested) {
	add := func(to *commerce.Counts, n commerce.Counts) {
		to.Created += n.Created
		to.Changed += n.Changed
		to.Unchanged += n.Unchanged
		to.Rejected += n.Rejected
	}
	add(&c.Orders, o.Orders)
	add(&c.Refunds, o.Refunds)
	c.CustomersCreated += o.CustomersCreated
}

// Start is what an import is of.
type Start struct {
	Brand         string `json:"brand"` // slug or id; empty where there is one
	Source        string `json:"source"`
	FileDigest    string `json:"file_digest"`
	MappingDigest string `json:"mapping_digest"`
	Partitions    int64  `json:"partitions"`
}

// Begun is where to go on.
type Begun struct {
	ID     string
	Brand  brand.Brand
	Done   int64 // partitions
	Counts Counts
}

// Begin starts an import, or finds one that was killed. The first time, the log tells of it.
var Begin = &op.Action[Start, *brand.Brand, Begun]{
	Name:    "import.begin",
	Summary: "Start the import of a file",
	Allow:   access.ImportsRun,
	Target:  func(tx *op.Tx, in Start) (*brand.Brand, error) { return which(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in Start) (Begun, error) {
		sum := sha256.Sum256([]byte(in.FileDigest + in.MappingDigest + string(b.ID) + in.Source))
		begun := Begun{ID: hex.EncodeToString(sum[:16]), Brand: *b}
		s, err := states.Find(tx, begun.ID)
		switch {
		case err == nil && s.State == running && s.Partitions == in.Partitions:
			begun.Done = s.Done
			return begun, json.Unmarshal([]byte(s.Counts), &begun.Counts)
		case err != nil && !errors.Is(err, errs.ErrNotFound):
			return begun, err
		case err != nil:
			tx.Note("source", in.Source)
			tx.Note("file", in.FileDigest)
		}
		now := tx.Now().UnixMilli()
		return begun, states.Put(tx, state{
			ID: begun.ID, Brand: b.ID, Source: in.Source, FileDigest: in.FileDigest, MappingDigest: in.MappingDigest,
			Partitions: in.Partitions, State: running, Counts: "{}", StartedAt: now, UpdatedAt: now,
		})
	},
}

// which is the brand of that slug or id, or the only one.
func which(tx *op.Tx, ref string) (*brand.Brand, error) {
	all, err := brand.All(tx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if ref != "" && (string(all[i].ID) == ref || all[i].Slug == ref) {
			return brand.Find(tx, all[i].ID)
		}
	}
	switch {
	case len(all) == 0:
		return nil, ErrNoBrand
	case ref != "":
		return nil, ErrBrand.Say("There is no brand %q here.", ref)
	case len(all) > 1:
		return nil, ErrWhichBrand
	}
	return brand.Find(tx, all[0].ID)
}

// Finished says that partitions are done.
type Finished struct {
	ID     string
	Done   int64
	Counts Counts
}

// Advance notes how far an import has come.
var Advance = &op.Upkeep[Finished, op.None]{
	Name:    "import.advance",
	Summary: "Note how far an import has come",
	Do: func(tx *op.Tx, in Finished) (op.None, error) {
		s, err := states.Find(tx, in.ID)
		if err != nil {
			return op.None{}, fmt.Errorf("the import %s: %w", in.ID, err)
		}
		counts, err := json.Marshal(in.Counts)
		if err != nil {
			return op.None{}, err
		}
		s.Done, s.Counts, s.UpdatedAt = in.Done, string(counts), tx.Now().UnixMilli()
		if s.Done >= s.Partitions {
			s.State = finished
		}
		return op.None{}, states.Put(tx, *s)
	},
}
