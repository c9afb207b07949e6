// Package importing drives a file of orders through the door.
//
// The file is read whole first, because the lines of one order may stand anywhere in it (orderfile); then its orders and refunds
// go in, in batches of at most 500 records and about 20 ms each, as orders.ingest by the caller who imports. So an import has no
// power and no rule of its own, and runs beside a server.
//
// It is resumable: what is finished is kept in the imports table, partition by partition, under the digests of file and mapping.
// A run that was killed and is started again goes on after the last finished partition; what the unfinished one had already
// written comes again unchanged and changes nothing. A finished import that is run again goes through all of the file, and
// changes nothing either.
//
//	report, err := importing.Orders(ctx, door, op.HostOperator("root"), file, mapping, importing.Options{…})
package importing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

// Operations is what imports are made of, beside orders.ingest.
var Operations = []op.Operation{Begin, Advance, Summarise}

// Options of an import.
type Options struct {
	Brand    string         // slug or id; may be empty where there is one
	Source   string         // of the external ids; the mapping's when empty
	DryRun   bool           // read and check the file, and change nothing
	Rejected io.Writer      // rows that were not used, as CSV with a reason column; nil: they are counted only
	Progress func(Progress) // called now and then, from one goroutine at a time
	TempDir  string         // for spool files
	Memory   int64          // see orderfile.Options
}

// Progress is how far an import has come: first the file is read, then its records go in.
type Progress struct {
	Reading    bool
	Bytes      int64 // read so far
	Lines      int64
	Partition  int // that is going in, from 0
	Partitions int
	Records    int64 // gone in by this run
}

// Orders imports a file of order lines.
func Orders(ctx context.Context, d *op.Door, c *op.Caller, file io.Reader, m *mapping.Orders, o Options) (*Report, error) {
	began := time.Now()
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Source == "" {
		o.Source = m.Source
	}
	rejects := newRejects(o.Rejected, m, o.TempDir)
	f, err := orderfile.Scan(ctx, file, m, orderfile.Options{
		TempDir: o.TempDir, Memory: o.Memory, Rejected: rejects.row,
		Progress: func(p orderfile.Progress) { o.Progress(Progress{Reading: true, Bytes: p.Bytes, Lines: p.Lines}) },
	})
	if err != nil {
		return nil, err
	}
	run := &run{door: d, caller: c, file: f, mapping: m, options: o, rejects: rejects, report: &Report{Source: o.Source, DryRun: o.DryRun}}
	if err = rejects.begin(f.Report().Header); err == nil {
		err = run.all(ctx)
	}
	run.report.file(f.Report())
	run.report.Elapsed = time.Since(began)
	return run.report, errors.Join(err, rejects.flush(), f.Close())
}

// all is the import after the file was read.
func (r *run) all(ctx context.Context) error {
	if r.options.DryRun {
		return r.dry(ctx)
	}
	begun, err := r.begin(ctx)
	if err != nil {
		return err
	}
	r.begun = begun
	r.report.Brand, r.report.Counts, r.report.Resumed = begun.Brand, begun.Counts, begun.Done > 0
	if err := r.send(ctx); err != nil {
		return err
	}
	r.report.Totals, err = op.Ask(ctx, r.door, r.caller, Summarise, begun.Brand.ID)
	return err
}

// begin finds the brand, makes the one that the mapping names where there is none at all, and finds what a run before has done.
func (r *run) begin(ctx context.Context) (Begun, error) {
	digest, err := mappingDigest(r.mapping)
	if err != nil {
		return Begun{}, err
	}
	sum := r.file.Report().FileDigest
	start := Start{
		Brand: r.options.Brand, Source: r.options.Source, FileDigest: hex.EncodeToString(sum[:]), MappingDigest: digest,
		Partitions: int64(r.file.Partitions()),
	}
	begun, err := op.Do(ctx, r.door, r.caller, Begin, start)
	named := r.mapping.Brand
	if named == nil || !errors.Is(err, ErrNoBrand) || r.options.Brand != "" && r.options.Brand != named.Slug {
		return begun, err
	}
	_, err = op.Do(ctx, r.door, r.caller, brand.Create, brand.New{
		Slug: named.Slug, Name: named.Name, Currency: string(named.Currency), Zone: named.TimeZone,
	})
	if err != nil && !errors.Is(err, brand.ErrSlugTaken) {
		return begun, err
	}
	return op.Do(ctx, r.door, r.caller, Begin, start)
}

func mappingDigest(m *mapping.Orders) (string, error) {
	text, err := json.Marshal(m)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Refusals of an import.
var (
	ErrNoBrand    = errs.New(errs.Conflict, "no_brand", "There is no brand to import into. Name one in the mapping, or make one first.")
	ErrWhichBrand = errs.New(errs.Invalid, "which_brand", "There are several brands. Say which one with --brand and its short name.")
	ErrBrand      = errs.New(errs.Invalid, "brand_unknown", "There is no brand of that name here.")
)
