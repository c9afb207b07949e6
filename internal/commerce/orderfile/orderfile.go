// Package orderfile turns a table with one row for each order line into whole orders and refunds.
//
// The lines of one order may stand anywhere in the file, so nothing is known before all of it was read. Scan reads it
// once and keeps the lines: in memory while they are few, else spread by a hash of the order's id over spool files that
// no other process can open. Then each partition is read back, and every order comes out once, whole:
//
//	f, err := orderfile.Scan(ctx, src, mapping, orderfile.Options{Progress: …, Rejected: …})
//	defer f.Close()
//	for i := range f.Partitions() {
//		for r, err := range f.Partition(ctx, i) { … }
//	}
//
// The same file, mapping and Options.Memory give the same partitions with the same records in the same order, so that
// an import that was killed can go on at (partition, record) where Report.FileDigest says that it is the same file.
//
// Rules: the date of an order is the earliest of its lines. Identical lines count each. A line is keyed by its order and
// its place among that order's lines. Each line is price × quantity, rounded once to minor units, half away from zero.
// A row without a customer is counted and kept out, whatever else is in it.
//
// An order is whole or not there: when one of its rows cannot be read, all of its rows are rejected, each with a reason.
// Half an order would be a wrong amount; and because a newer order replaces the older as a whole, the repaired file of
// rejected rows, imported by itself, gives exactly the orders that were missing.
//
// Memory stays under 64 MiB for files of any size. An order beyond MaxLines or MaxBytes is rejected.
package orderfile

import (
	"time"

	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/text"
)

// The limits of one order.
const (
	MaxLines = 20_000
	MaxBytes = 8 << 20 // of its rows
)

// Record is an order or a refund: exactly one of the two.
type Record struct {
	Order  *Order
	Refund *Refund
}

// Customer is what a file says about who bought. At least one of ExternalID, Email and Phone is there.
type Customer struct {
	ExternalID string
	Email      text.Email
	Phone      string // as typed
	PhoneKey   string // text.NormPhone of it
	Name       string
	Country    string // as typed
}

// Order is a whole order.
type Order struct {
	ExternalID  string
	Customer    Customer
	PlacedAt    time.Time // UTC, to the millisecond; the earliest of its lines
	Status      string    // one of mapping.Statuses
	Currency    money.Currency
	Lines       []Line // in order of appearance
	Total       int64  // minor units; the file's own total where it has one, else the sum of the lines
	LocationRef string // what the file calls the location
	Digest      [32]byte
}

// Line is one line of an order.
type Line struct {
	SKU       string
	Title     string
	Category  string
	Quantity  money.Decimal
	UnitPrice string // exact, as the file has it; empty where it only has line totals
	Total     int64  // minor units
	Cost      *int64 // minor units, of the whole line; nil when unknown
}

// Refund is money that went back. It is a record of its own and never changes an order.
type Refund struct {
	ExternalID      string
	OrderExternalID string // empty when the file does not say
	Customer        Customer
	RefundedAt      time.Time // UTC, to the millisecond; the earliest of its lines
	Currency        money.Currency
	Amount          int64 // minor units, not negative
	Lines           int
	LocationRef     string
	Digest          [32]byte
}

// Options of a scan.
type Options struct {
	TempDir  string          // for spool files; empty is the system's
	Memory   int64           // bytes of lines kept in memory; 0 is 8 MiB
	MaxBytes int64           // of the uncompressed file; 0 is no limit
	MaxRows  int64           // 0 is no limit
	Progress func(Progress)  // called now and then while scanning, and at its end
	Rejected func(Rejection) // called for each rejected row: while scanning, and when a partition is read
}

// Progress is how far a scan is.
type Progress struct {
	Bytes int64 // of the file as it lies there
	Lines int64 // data rows
}

// Rejection is a row that was not used. Cells are valid during the call.
type Rejection struct {
	Line   int64
	Cells  [][]byte
	Reason string
}

// Report is what is known so far. After all partitions were read once it is complete.
type Report struct {
	Lines           int64 // data rows read
	WithoutCustomer int64 // rows kept out because they name no customer
	Rejected        int64 // rows rejected, those of incomplete orders included
	RejectedOrders  int64 // orders that were not given because of that
	Orders          int64
	Refunds         int64
	Header          []string
	Notes           []string // what reading had to guess
	FileDigest      [32]byte // SHA-256 of the file as it lies there
}
