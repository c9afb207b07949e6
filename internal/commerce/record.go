package commerce

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
)

// Record is one fact that a sender tells: exactly one of the two.
type Record struct {
	Order  *NewOrder  `json:"order,omitzero"`
	Refund *NewRefund `json:"refund,omitzero"`
}

// NewOrder is an order as it is sent: whole, each time.
type NewOrder struct {
	ExternalID string       `json:"external_id"`
	Customer   customer.Who `json:"customer"`
	Location   string       `json:"location,omitzero"` // id or name of a location of the brand
	Status     Status       `json:"status"`
	PlacedAt   time.Time    `json:"placed_at"`
	Total      money.Amount `json:"total"` // with tax and shipping
	Lines      []NewLine    `json:"lines,omitzero"`
}

// NewLine is a line as it is sent.
type NewLine struct {
	SKU       string        `json:"sku,omitzero"`
	Title     string        `json:"title,omitzero"`
	Category  string        `json:"category,omitzero"`
	Quantity  string        `json:"quantity,omitzero"`   // a decimal number; 1 when it is not said
	UnitPrice string        `json:"unit_price,omitzero"` // a decimal number
	Total     money.Amount  `json:"total"`
	Cost      *money.Amount `json:"cost,omitzero"` // of the whole line; unknown when it is not said
}

// NewRefund is a refund as it is sent. It never changes an order.
type NewRefund struct {
	ExternalID string       `json:"external_id"`
	Customer   customer.Who `json:"customer,omitzero"` // may be left out where Order names an order that is here
	Order      string       `json:"order,omitzero"`    // external id of the order, of the same source
	RefundedAt time.Time    `json:"refunded_at"`
	Amount     money.Amount `json:"amount"`
	Reason     string       `json:"reason,omitzero"`
}

// What a record can be rejected for, beside what customer rejects it for.
var (
	ErrRecord  = errs.New(errs.Invalid, "record_invalid", "This record cannot be used.")
	ErrNoOrder = errs.New(errs.Invalid, "refund_of_nobody", "The refund names no customer, and its order is not here.")
	ErrEmpty   = ErrRecord.Say("A record is an order or a refund: exactly one of the two.")
)

// The limits of one record.
const (
	MaxLines   = 20_000
	maxText    = 500
	maxAhead   = 24 * time.Hour // clocks differ, and so do time zones
	firstYear  = 1970
	maxReasons = 1000
)

// draft is a record that has been read.
type draft struct {
	at       int   // which record of the batch it is
	err      error // rejected
	order    *Order
	refund   *Return
	who      customer.Who
	counted  customer.Counted // of a paid order
	location *brand.Location
}

// reader reads the records of a batch.
type reader struct {
	brand  *brand.Brand
	source string
	now    time.Time
	places []brand.Location
	refs   map[string]*brand.Location
	digest digester
	buffer []byte
}

func newReader(tx *op.Tx, b *brand.Brand, source string) (*reader, error) {
	places, err := brand.LocationsOf(tx, b.ID)
	return &reader{brand: b, source: source, now: tx.Now(), places: places, refs: map[string]*brand.Location{}}, err
}

func (r *reader) read(at int, in *Record) *draft {
	d := &draft{at: at}
	switch {
	case (in.Order == nil) == (in.Refund == nil):
		d.err = ErrEmpty
	case in.Order != nil:
		d.who = in.Order.Customer
		d.err = r.order(d, in.Order)
	default:
		d.who = in.Refund.Customer
		d.err = r.refund(d, in.Refund)
	}
	return d
}

func (r *reader) order(d *draft, in *NewOrder) error {
	o := &Order{Brand: r.brand.ID, Source: r.source, ExternalID: strings.TrimSpace(in.ExternalID), Status: in.Status, LineCount: int64(len(in.Lines))}
	var err error
	switch {
	case !slices.Contains(Statuses, in.Status):
		return ErrRecord.Say("The status of order %q is %q. Known: paid, pending, cancelled, void.", o.ExternalID, in.Status)
	case len(in.Lines) > MaxLines:
		return ErrRecord.Say("The order %q has more than 20,000 lines.", o.ExternalID)
	}
	if err = identify("order", o.ExternalID); err != nil {
		return err
	}
	if o.PlacedAt, err = r.moment("order", o.ExternalID, in.PlacedAt); err != nil {
		return err
	}
	if o.Total, err = r.money("order", o.ExternalID, in.Total); err != nil {
		return err
	}
	if d.location, err = r.place(in.Location); err != nil {
		return err
	}
	if d.location != nil {
		o.Location = d.location.ID
	}
	d.counted = customer.Counted{PlacedAt: o.PlacedAt, Total: o.Total}
	if d.location != nil {
		d.counted.Location = d.location.Num
	}
	if err := r.lines(d, o, in); err != nil {
		return err
	}
	o.Digest = r.digest.order(in, o)
	d.order = o
	return nil
}

func (r *reader) refund(d *draft, in *NewRefund) error {
	f := &Return{
		Brand: r.brand.ID, Source: r.source, ExternalID: strings.TrimSpace(in.ExternalID),
		OrderExternalID: strings.TrimSpace(in.Order), Reason: strings.TrimSpace(in.Reason),
	}
	var err error
	if err = identify("refund", f.ExternalID); err != nil {
		return err
	}
	if f.OrderExternalID != "" && customer.CheckExternalID(f.OrderExternalID) != nil {
		return customer.ErrExternalID
	}
	if f.RefundedAt, err = r.moment("refund", f.ExternalID, in.RefundedAt); err != nil {
		return err
	}
	if f.Amount, err = r.money("refund", f.ExternalID, in.Amount); err != nil {
		return err
	}
	if !readable(f.Reason, maxReasons) {
		return ErrRecord.Say("The reason of refund %q is longer than 1,000 characters, or not readable as text.", f.ExternalID)
	}
	f.Digest = r.digest.refund(in, f)
	d.refund = f
	return nil
}

func identify(what, externalID string) error {
	if externalID == "" {
		return ErrRecord.Say("This %s has no external id. Send the id by which you know it.", what)
	}
	return customer.CheckExternalID(externalID)
}

func (r *reader) moment(what, externalID string, at time.Time) (int64, error) {
	switch {
	case at.IsZero():
		return 0, ErrRecord.Say("The date of %s %q is missing.", what, externalID)
	case at.UnixMilli() <= 0:
		return 0, ErrRecord.Say("The date of %s %q is before %d.", what, externalID, firstYear)
	case at.Sub(r.now) > maxAhead:
		return 0, ErrRecord.Say("The date of %s %q is in the future.", what, externalID)
	}
	return at.UnixMilli(), nil
}

func (r *reader) money(what, externalID string, a money.Amount) (int64, error) {
	switch {
	case a.Currency != r.brand.Currency:
		return 0, customer.ErrCurrency.Say("The %s %q is in %s, but %s keeps its amounts in %s.", what, externalID, orNone(a.Currency), r.brand.Name, r.brand.Currency)
	case a.Minor < 0:
		return 0, ErrRecord.Say("The amount of %s %q is below zero. Money that goes back is a refund, with an amount above zero.", what, externalID)
	case a.Minor > customer.MaxMinor:
		return 0, customer.ErrAmount
	}
	return a.Minor, nil
}

func orNone(c money.Currency) string {
	if c == "" {
		return "no currency"
	}
	return string(c)
}

// place finds the location, once for each way in which the batch writes it.
func (r *reader) place(ref string) (*brand.Location, error) {
	if ref == "" {
		return nil, nil //nolint:nilnil // no location is a fine answer
	}
	l, known := r.refs[ref]
	if !known {
		l = customer.Place(r.places, ref)
		r.refs[ref] = l
	}
	if l == nil {
		return nil, customer.ErrPlace.Say("%s has no location %s. Add it under Settings, or correct the record.", r.brand.Name, quoted(ref))
	}
	return l, nil
}

func quoted(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

func readable(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsRune(s, 0)
}
