package orderfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// A digest is equal when two records say the same. The lines of an order are sorted for it: the same file written in
// another order of rows changes no order.

type span struct{ from, to int }

func (f *File) digestOrder(o *Order) [32]byte {
	f.digest = append(f.digest[:0], "order 1\n"...)
	f.text(o.ExternalID, o.Status, string(o.Currency), o.LocationRef)
	f.number(o.PlacedAt.UnixMilli(), o.Total)
	f.person(&o.Customer)
	head := len(f.digest)
	f.lines = f.lines[:0]
	for i := range o.Lines {
		l := &o.Lines[i]
		from := len(f.digest)
		f.text(l.SKU, l.Title, l.Category, l.UnitPrice)
		f.digest = append(l.Quantity.Append(f.digest), ' ')
		f.number(l.Total)
		if l.Cost != nil {
			f.number(*l.Cost)
		}
		f.lines = append(f.lines, span{from, len(f.digest)})
	}
	slices.SortFunc(f.lines, func(a, b span) int { return bytes.Compare(f.digest[a.from:a.to], f.digest[b.from:b.to]) })
	h := sha256.New()
	h.Write(f.digest[:head])
	for _, s := range f.lines {
		var size [4]byte
		binary.LittleEndian.PutUint32(size[:], uint32(s.to-s.from))
		h.Write(size[:])
		h.Write(f.digest[s.from:s.to])
	}
	return [32]byte(h.Sum(nil))
}

func (f *File) digestRefund(r *Refund) [32]byte {
	f.digest = append(f.digest[:0], "refund 1\n"...)
	f.text(r.ExternalID, r.OrderExternalID, string(r.Currency), r.LocationRef)
	f.number(r.RefundedAt.UnixMilli(), r.Amount)
	f.person(&r.Customer)
	return sha256.Sum256(f.digest)
}

func (f *File) person(c *Customer) {
	f.text(c.ExternalID, c.Email.Address, c.Phone, c.Name, c.Country)
}

func (f *File) text(fields ...string) {
	for _, s := range fields {
		f.digest = append(binary.AppendUvarint(f.digest, uint64(len(s))), s...)
	}
}

func (f *File) number(ns ...int64) {
	for _, n := range ns {
		f.digest = binary.AppendVarint(f.digest, n)
	}
}
