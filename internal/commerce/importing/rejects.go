package importing

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

// rejects writes the file of rows that were not used: rows that could not be read, as they stood in the file, and the rows of
// whole orders that the door rejected, written again from what was understood of them. Repaired, the file can be imported.
//
// Rows are rejected from the first on, and the header is only known once the file was read: rows from before wait in a spool.
type rejects struct {
	mu      sync.Mutex // the reader of the file and the sender both reject
	w       io.Writer
	mapping *mapping.Orders
	waiting *waiting
	out     *tabular.Rejects
	header  []string
	err     error
}

func newRejects(w io.Writer, m *mapping.Orders, tempDir string) *rejects {
	return &rejects{w: w, mapping: m, waiting: &waiting{dir: tempDir}}
}

// row takes a row that could not be read.
func (r *rejects) row(in orderfile.Rejection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.w == nil || r.err != nil:
	case r.out == nil:
		r.err = r.waiting.add(in)
	default:
		r.out.Write(in.Line, in.Cells, in.Reason)
	}
}

// begin writes the header, and the rows that waited for it.
func (r *rejects) begin(header []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w == nil || r.err != nil {
		return r.err
	}
	r.header, r.out = header, tabular.NewRejects(r.w, header)
	return r.waiting.each(func(in orderfile.Rejection) { r.out.Write(in.Line, in.Cells, in.Reason) })
}

// record takes an order or refund that the door rejected: a row for each of its lines.
func (r *rejects) record(in orderfile.Record, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w == nil || r.out == nil {
		return
	}
	if f := in.Refund; f != nil {
		quantity := int64(1)
		if p := r.mapping.Cancellation.OrderPrefix; p == "" || !strings.HasPrefix(f.ExternalID, p) {
			quantity = -1
		}
		amount := money.Of(f.Amount, f.Currency).Plain()
		back := money.Of(quantity*f.Amount, f.Currency).Plain()
		r.write(reason, &f.Customer, map[mapping.Key]string{
			mapping.OrderID: f.ExternalID, mapping.When: r.moment(f.RefundedAt), mapping.Quantity: strconv.FormatInt(quantity, 10),
			mapping.UnitPrice: amount, mapping.LineTotal: back, mapping.Currency: string(f.Currency),
			mapping.Location: f.LocationRef, mapping.RefundOf: f.OrderExternalID,
		})
		return
	}
	o := in.Order
	for i := range o.Lines {
		l := &o.Lines[i]
		cells := map[mapping.Key]string{
			mapping.OrderID: o.ExternalID, mapping.When: r.moment(o.PlacedAt), mapping.SKU: l.SKU, mapping.Description: l.Title,
			mapping.Category: l.Category, mapping.Quantity: l.Quantity.String(), mapping.UnitPrice: l.UnitPrice,
			mapping.LineTotal: money.Of(l.Total, o.Currency).Plain(), mapping.OrderTotal: money.Of(o.Total, o.Currency).Plain(),
			mapping.Currency: string(o.Currency), mapping.Location: o.LocationRef, mapping.Status: o.Status,
		}
		r.write(reason, &o.Customer, cells)
	}
}

func (r *rejects) write(reason string, c *orderfile.Customer, cells map[mapping.Key]string) {
	cells[mapping.CustomerID], cells[mapping.Email], cells[mapping.Phone] = c.ExternalID, c.Email.Address, c.Phone
	cells[mapping.Name], cells[mapping.Country] = c.Name, c.Country
	row := make([][]byte, len(r.header))
	for key, value := range cells {
		column := r.mapping.Columns[strings.ReplaceAll(key.String(), " ", "_")].Name
		for i, name := range r.header {
			if column != "" && strings.TrimSpace(name) == column {
				row[i] = []byte(value)
			}
		}
	}
	r.out.Write(0, row, reason)
}

// moment writes a date as the file does.
func (r *rejects) moment(at time.Time) string {
	switch layout := r.mapping.Date.Layout; layout {
	case "unix":
		return strconv.FormatInt(at.Unix(), 10)
	case "unix_ms":
		return strconv.FormatInt(at.UnixMilli(), 10)
	default:
		return at.In(r.mapping.Zone()).Format(layout)
	}
}

func (r *rejects) flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.out != nil && r.err == nil {
		r.err = r.out.Flush()
	}
	return r.err
}
