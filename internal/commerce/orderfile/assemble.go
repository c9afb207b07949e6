package orderfile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

const tooLarge = "the order has more rows than Steward takes for one order (20,000 rows or 8 MiB)"

// place is where an entry begins, and the hash of its order's id. The hash only brings entries together.
type place struct {
	hash uint64
	at   uint32
}

// group is the entries of one order: places[from:to], in order of appearance.
type group struct{ from, to uint32 }

var seed = maphash.MakeSeed()

// assemble gives the orders of data, which holds whole orders, by first appearance. It answers false when the reading is
// over.
func (f *File) assemble(ctx context.Context, data []byte, yield func(Record, error) bool) bool {
	places := make([]place, 0, len(data)/64)
	for at := 0; at < len(data); {
		l, n := binary.Uvarint(data[at:])
		places = append(places, place{maphash.Bytes(seed, entryAt(data, uint32(at)).id), uint32(at)})
		at += n + int(l)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at)) })
	groups := groupByID(data, places)
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(places[a.from].at, places[b.from].at) })
	for i, g := range groups {
		if i%64 == 0 && ctx.Err() != nil {
			yield(Record{}, ctx.Err())
			return false
		}
		if !f.order(data, places[g.from:g.to], yield) {
			return false
		}
	}
	return true
}

func entryAt(data []byte, at uint32) entry {
	b, _ := cutBytes(data[at:])
	return decodeEntry(b)
}

// groupByID cuts the sorted places where the id changes. Two ids with one hash are sorted apart first.
func groupByID(data []byte, places []place) []group {
	var groups []group
	for from := 0; from < len(places); {
		to := from + 1
		first := entryAt(data, places[from].at).id
		same := true
		for to < len(places) && places[to].hash == places[from].hash {
			same = same && bytes.Equal(first, entryAt(data, places[to].at).id)
			to++
		}
		if !same {
			slices.SortStableFunc(places[from:to], func(a, b place) int {
				return bytes.Compare(entryAt(data, a.at).id, entryAt(data, b.at).id)
			})
			first = entryAt(data, places[from].at).id
			for end := from + 1; end < to; end++ {
				if !bytes.Equal(first, entryAt(data, places[end].at).id) {
					to = end
				}
			}
		}
		groups = append(groups, group{uint32(from), uint32(to)})
		from = to
	}
	return groups
}

// order gives the order, the refund, or both, that the entries at these places make; or rejects their rows.
func (f *File) order(data []byte, places []place, yield func(Record, error) bool) bool {
	d := draft{id: string(entryAt(data, places[0].at).id), status: "paid"}
	if p := f.u.m.Cancellation.OrderPrefix; p != "" && strings.HasPrefix(d.id, p) {
		d.wholeRefund = true
	}
	rows, reason := f.collect(data, places, &d)
	if rows == 0 {
		return true
	}
	if reason == "" && d.customer == (Customer{}) {
		f.report.WithoutCustomer += int64(rows)
		return true
	}
	var order *Order
	var refund *Refund
	if reason == "" {
		order, refund, reason = d.finish()
	}
	if reason != "" {
		f.report.RejectedOrders++
		for _, p := range places {
			if e := entryAt(data, p.at); !e.mark {
				f.cells = e.decodeCells(f.cells)
				f.reject(e.line, f.cells, reason)
			}
		}
		return true
	}
	if order != nil {
		f.report.Orders++
		order.Digest = f.digestOrder(order)
		if !yield(Record{Order: order}, nil) {
			return false
		}
	}
	if refund != nil {
		f.report.Refunds++
		refund.Digest = f.digestRefund(refund)
		return yield(Record{Refund: refund}, nil)
	}
	return true
}

// collect puts the rows into the draft and says how many there are, and what speaks against the whole.
func (f *File) collect(data []byte, places []place, d *draft) (rows int, reason string) {
	size, damaged := 0, int64(0)
	f.u.currency = f.u.m.Currency
	for _, p := range places {
		b, _ := cutBytes(data[p.at:])
		e := decodeEntry(b)
		if e.mark {
			if damaged == 0 {
				damaged = e.line
			}
			continue
		}
		rows++
		size += len(b)
		if f.u.m.OrderWide() { // another line may say the currency of this one
			f.cells = e.decodeCells(f.cells)
			if c, err := money.ParseCurrency(string(f.u.b.Cell(f.cells, mapping.Currency))); err == nil {
				f.u.currency = c
			}
		}
	}
	switch {
	case rows > MaxLines || size > MaxBytes:
		return rows, tooLarge
	case damaged != 0:
		return rows, fmt.Sprintf("the order %s is incomplete, because line %d cannot be read", quote([]byte(d.id)), damaged)
	case f.u.currency == "" && !f.u.b.Has(mapping.Currency):
		return rows, "the currency is empty"
	}
	d.lines = make([]Line, 0, rows)
	var r row
	for _, p := range places {
		e := entryAt(data, p.at)
		f.cells = e.decodeCells(f.cells)
		if reason = f.u.read(f.cells, &r); reason == "" {
			reason = d.add(&r, f.u.m.Cancellation.NegativeQuantity)
		}
		if reason != "" {
			return rows, reason
		}
	}
	return rows, ""
}

// draft is an order while its rows are put together.
type draft struct {
	id, status  string
	hasStatus   bool
	wholeRefund bool
	customer    Customer
	at          int64
	hasDate     bool
	currency    money.Currency
	location    string
	refundOf    string
	given       int64 // the file's own total
	hasGiven    bool
	lines       []Line
	sum         int64 // of lines
	back        int64 // sum of what is refunded
	backLines   int
	backward    bool // some refunded line has a negative amount
}

// first sets what the first row that says it says.
func first(field *string, value []byte) {
	if *field == "" && len(value) > 0 {
		*field = string(value)
	}
}

func (d *draft) add(r *row, negativeIsRefund bool) string {
	c := &d.customer
	switch {
	case c.ExternalID != "" && len(r.customer) > 0 && c.ExternalID != string(r.customer):
		return fmt.Sprintf("the rows of order %s name two customers, %s and %s", quote([]byte(d.id)), quote([]byte(c.ExternalID)), quote(r.customer))
	case d.currency != "" && r.currency != "" && d.currency != r.currency:
		return fmt.Sprintf("the rows of order %s are in two currencies, %s and %s", quote([]byte(d.id)), d.currency, r.currency)
	case d.hasStatus && r.status != "" && d.status != r.status:
		return fmt.Sprintf("the rows of order %s have two statuses, %s and %s", quote([]byte(d.id)), d.status, r.status)
	case d.hasGiven && r.hasTotal && d.given != r.orderTotal:
		return fmt.Sprintf("the rows of order %s have two totals", quote([]byte(d.id)))
	}
	first(&c.ExternalID, r.customer)
	first(&c.Country, r.country)
	first(&d.location, r.location)
	first(&d.refundOf, r.refundOf)
	if c.Email.Key == "" {
		c.Email = r.email
	}
	if c.Phone == "" {
		c.Phone, c.PhoneKey = r.phone, r.phoneKey
	}
	if c.Name == "" {
		c.Name = r.name
	}
	if r.currency != "" {
		d.currency = r.currency
	}
	if r.status != "" {
		d.status, d.hasStatus = r.status, true
	}
	if r.hasTotal {
		d.given, d.hasGiven = r.orderTotal, true
	}
	if r.hasDate && (!d.hasDate || r.at < d.at) {
		d.at, d.hasDate = r.at, true
	}
	sum, ok := &d.sum, false
	if d.wholeRefund || negativeIsRefund && r.quantity.Sign() < 0 {
		sum = &d.back
		d.backLines++
		d.backward = d.backward || r.total < 0
	} else {
		d.line(r)
	}
	if *sum, ok = money.AddMinor(*sum, r.total); !ok {
		return "the order is larger than Steward can count"
	}
	return ""
}

func (d *draft) line(r *row) {
	l := Line{SKU: string(r.sku), Title: string(r.title), Category: string(r.category), Quantity: r.quantity, Total: r.total}
	if r.hasPrice {
		l.UnitPrice = r.price.String()
	}
	if r.hasCost {
		cost := r.cost
		l.Cost = &cost
	}
	d.lines = append(d.lines, l)
}

// finish makes what was drafted: an order when there are lines of one, a refund when something went back.
func (d *draft) finish() (*Order, *Refund, string) {
	if !d.hasDate {
		return nil, nil, "the date is empty"
	}
	at := time.UnixMilli(d.at).UTC()
	var order *Order
	var refund *Refund
	if d.backLines > 0 {
		amount := d.back
		if d.backward { // quantities are written as negative, so that what remains positive are charges
			amount = -amount
		}
		if d.hasGiven && len(d.lines) == 0 {
			if amount = d.given; amount < 0 {
				amount = -amount
			}
		}
		if amount < 0 {
			return nil, nil, fmt.Sprintf("the refund %s would take money instead of giving it back", quote([]byte(d.id)))
		}
		refund = &Refund{ExternalID: d.id, OrderExternalID: d.refundOf, Customer: d.customer, RefundedAt: at, Currency: d.currency, Amount: amount, Lines: d.backLines, LocationRef: d.location}
		if len(d.lines) > 0 && refund.OrderExternalID == "" {
			refund.OrderExternalID = d.id
		}
	}
	if len(d.lines) > 0 {
		total := d.sum
		if d.hasGiven && refund == nil { // beside a refund the file's total may be before or after it: the lines are sure
			total = d.given
		}
		if total < 0 {
			return nil, nil, fmt.Sprintf("the total of order %s is below zero; if it is a refund, say in the mapping how refunds are marked", quote([]byte(d.id)))
		}
		order = &Order{ExternalID: d.id, Customer: d.customer, PlacedAt: at, Status: d.status, Currency: d.currency, Lines: d.lines, Total: total, LocationRef: d.location}
	}
	return order, refund, ""
}
