package orderfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"

	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

// File is a scanned file. It is used by one goroutine, and closed to give its spool files back.
type File struct {
	o      Options
	u      *understander
	spool  *spool
	report Report
	cells  [][]byte // scratch
	digest []byte   // scratch
	lines  []span   // scratch
}

const defaultMemory = 8 << 20

// Scan reads the file to its end. Rows that cannot be read go to Options.Rejected.
func Scan(ctx context.Context, src io.Reader, m *mapping.Orders, o Options) (*File, error) {
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Rejected == nil {
		o.Rejected = func(Rejection) {}
	}
	reading := m.Reading()
	reading.MaxBytes, reading.MaxRows = o.MaxBytes, o.MaxRows
	sum := sha256.New()
	rows, err := tabular.Open(io.TeeReader(src, sum), reading)
	if err != nil {
		return nil, err
	}
	b, err := m.Bind(rows.Header())
	if err != nil {
		return nil, err
	}
	f := &File{o: o, u: newUnderstander(m, b), spool: &spool{dir: o.TempDir, limit: o.Memory}}
	if err := f.scan(ctx, rows); err != nil {
		_ = f.Close()
		return nil, err
	}
	f.report.Header, f.report.Notes = rows.Header(), rows.Notes()
	sum.Sum(f.report.FileDigest[:0])
	return f, nil
}

func (f *File) scan(ctx context.Context, rows tabular.Rows) error {
	var r row
	var encoded []byte
	for {
		if f.report.Lines%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			f.o.Progress(Progress{Bytes: rows.Progress().Bytes, Lines: f.report.Lines})
		}
		in, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		f.report.Lines++
		reason := in.Reject
		if reason == "" {
			if !f.u.m.OrderWide() && f.u.anonymous(in.Cells) {
				f.report.WithoutCustomer++
				continue
			}
			reason = f.u.read(in.Cells, &r)
		}
		if reason != "" {
			f.reject(in.Line, in.Cells, reason)
		}
		id := f.u.b.Cell(in.Cells, mapping.OrderID)
		if len(id) == 0 || len(id) > 255 {
			continue // rejected, and it cannot be told which order it would have belonged to
		}
		encoded = appendEntry(encoded[:0], in.Line, id, reason != "", in.Cells)
		if err := f.spool.add(encoded, id); err != nil {
			return err
		}
	}
	f.o.Progress(Progress{Bytes: rows.Progress().Bytes, Lines: f.report.Lines})
	return f.spool.flush()
}

func (f *File) reject(line int64, cells [][]byte, reason string) {
	f.report.Rejected++
	f.o.Rejected(Rejection{Line: line, Cells: cells, Reason: reason})
}

// Report is what is known so far.
func (f *File) Report() Report { return f.report }

// Close gives the spool files back.
func (f *File) Close() error { return f.spool.close() }

// Partitions is how many there are: 1 for a small file, 64 for one that went to spool files.
func (f *File) Partitions() int { return max(len(f.spool.parts), 1) }

// All is every partition in turn.
func (f *File) All(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for i := range f.Partitions() {
			for r, err := range f.Partition(ctx, i) {
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// Partition gives the whole orders and refunds of one partition. To go on after a kill, read the partitions that were
// done once more without using their records: their rejected rows and their counts belong to the report, too. An error
// is the last thing given.
func (f *File) Partition(ctx context.Context, i int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if f.spool.parts == nil {
			f.assemble(ctx, f.spool.mem, yield)
			return
		}
		f.part(ctx, f.spool.parts[i], 0, yield)
	}
}

// part answers false when the reading is over, by error or because nobody wants more.
func (f *File) part(ctx context.Context, p *part, level int, yield func(Record, error) bool) bool {
	if p.size <= f.o.Memory || !p.mixed && p.size <= MaxBytes {
		data, err := p.load()
		if err != nil {
			yield(Record{}, err)
			return false
		}
		return f.assemble(ctx, data, yield)
	}
	if !p.mixed { // one order, and beyond any limit
		f.report.RejectedOrders++
		err := p.each(func(encoded []byte) error {
			if e := decodeEntry(encoded); !e.mark {
				f.cells = e.decodeCells(f.cells)
				f.reject(e.line, f.cells, tooLarge)
			}
			return ctx.Err()
		})
		if err != nil {
			yield(Record{}, err)
		}
		return err == nil
	}
	sub := &spool{dir: f.o.TempDir, limit: -1, level: level + 1}
	defer func() { _ = sub.close() }()
	err := p.each(func(encoded []byte) error { return sub.add(encoded, decodeEntry(encoded).id) })
	if err == nil {
		err = sub.flush()
	}
	if err != nil {
		yield(Record{}, err)
		return false
	}
	for _, q := range sub.parts {
		if !f.part(ctx, q, level+1, yield) {
			return false
		}
	}
	return true
}
