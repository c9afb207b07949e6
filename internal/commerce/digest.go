package commerce

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/customer"
)

// A digest is equal when two records say the same, whoever sends them and in whatever order the lines stand. It is made of what
// was sent, not of what was made of it: a location that is renamed changes no order.
type digester struct {
	b     []byte
	spans []span
}

type span struct{ from, to int }

func (d *digester) order(in *NewOrder, o *Order) string {
	d.b = append(d.b[:0], "order 1\n"...)
	d.text(o.ExternalID, string(in.Status), in.Location)
	d.number(o.PlacedAt, o.Total)
	d.who(&in.Customer)
	head := len(d.b)
	d.spans = d.spans[:0]
	for i := range in.Lines {
		l := &in.Lines[i]
		from := len(d.b)
		d.text(l.SKU, l.Title, l.Category, l.Quantity, l.UnitPrice)
		d.number(l.Total.Minor)
		if l.Cost != nil {
			d.number(l.Cost.Minor)
		}
		d.spans = append(d.spans, span{from, len(d.b)})
	}
	slices.SortFunc(d.spans, func(a, b span) int { return bytes.Compare(d.b[a.from:a.to], d.b[b.from:b.to]) })
	h := sha256.New()
	h.Write(d.b[:head])
	var size [4]byte
	for _, s := range d.spans {
		binary.LittleEndian.PutUint32(size[:], uint32(s.to-s.from))
		h.Write(size[:])
		h.Write(d.b[s.from:s.to])
	}
	return short(h.Sum(nil))
}

func (d *digester) refund(in *NewRefund, f *Return) string {
	d.b = append(d.b[:0], "refund 1\n"...)
	d.text(f.ExternalID, f.OrderExternalID, f.Reason)
	d.number(f.RefundedAt, f.Amount)
	d.who(&in.Customer)
	sum := sha256.Sum256(d.b)
	return short(sum[:])
}

func (d *digester) who(w *customer.Who) {
	d.text(string(w.User), strings.TrimSpace(w.ExternalID), strings.TrimSpace(w.Email), strings.TrimSpace(w.Phone), w.Name, w.Country)
}

func (d *digester) text(fields ...string) {
	for _, s := range fields {
		d.b = append(binary.AppendUvarint(d.b, uint64(len(s))), s...)
	}
}

func (d *digester) number(ns ...int64) {
	for _, n := range ns {
		d.b = binary.AppendVarint(d.b, n)
	}
}

// short is a digest as it is kept: 128 bits are enough to tell two contents of one record apart.
func short(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:16]) }
