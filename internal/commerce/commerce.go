// Package commerce is what customers bought: orders with lines, and refunds.
//
// They come from elsewhere, in batches, and the sender's own id decides: the same content again changes nothing, newer content
// replaces the whole record, and the customer's statistics move by the difference in the same transaction. How a batch travels:
//
//	ingest.go   the operations, and the answer to each record
//	record.go   what a record says, and what it is rejected for
//	batch.go    what is there already → whose it is → differences → rows
//	list.go …   reading: lists by keyset, one order with its lines, spend by month
//	rebuild.go  the statistics once more from the orders: the same rows
//
// importing drives whole files through the same door.
package commerce

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
)

// Operations is what can be done with orders.
var Operations = []op.Operation{Ingest, Put, List, Total, Show, FindNumber, MonthlySpend, Rebuild}

// ID is an order's or a refund's public id: ord_…, rfd_…
type ID string

// Status is what became of an order. Only paid ones count.
type Status string

// The statuses.
const (
	Paid      Status = "paid"
	Pending   Status = "pending"
	Cancelled Status = "cancelled"
	Void      Status = "void"
)

// Statuses lists them.
var Statuses = []Status{Paid, Pending, Cancelled, Void}

// Order is an order as it stands in the database. Amounts are minor units of the brand's currency.
type Order struct {
	Num        int64            `db:"num,key"`
	ID         ID               `db:"id"`
	Brand      brand.ID         `db:"brand_id"`
	Source     string           `db:"source"`
	ExternalID string           `db:"external_id"`
	User       int64            `db:"user_num"`
	Location   brand.LocationID `db:"location_id"`
	Status     Status           `db:"status"`
	PlacedAt   int64            `db:"placed_at"`
	Total      int64            `db:"total"`  // with tax and shipping
	Profit     int64            `db:"profit"` // of the lines with a cost
	LineCount  int64            `db:"line_count"`
	Lines      string           `db:"lines"`
	Categories string           `db:"categories"`
	Digest     string           `db:"digest"`
	CreatedAt  int64            `db:"created_at"`
	UpdatedAt  int64            `db:"updated_at"`
}

// Orders is where orders are.
var Orders = op.Facts[Order]("orders")

// Return is a refund as it stands in the database.
type Return struct {
	Num             int64    `db:"num,key"`
	ID              ID       `db:"id"`
	Brand           brand.ID `db:"brand_id"`
	Source          string   `db:"source"`
	ExternalID      string   `db:"external_id"`
	User            int64    `db:"user_num"`
	OrderExternalID string   `db:"order_external_id"`
	Amount          int64    `db:"amount"`
	RefundedAt      int64    `db:"refunded_at"`
	Reason          string   `db:"reason"`
	Digest          string   `db:"digest"`
	CreatedAt       int64    `db:"created_at"`
	UpdatedAt       int64    `db:"updated_at"`
}

// Refunds is where refunds are.
var Refunds = op.Facts[Return]("refunds")

// Line is one line of an order, as it is kept and shown.
type Line struct {
	SKU       string `json:"sku,omitzero"`
	Title     string `json:"title,omitzero"`
	Category  string `json:"category,omitzero"`
	Quantity  string `json:"quantity"`            // exact, as sent
	UnitPrice string `json:"unit_price,omitzero"` // exact, as sent
	Total     int64  `json:"total"`               // minor units
	Cost      *int64 `json:"cost,omitzero"`       // minor units of the whole line; nil when unknown
}

// amount is minor units in the brand's currency.
func amount(b *brand.Brand, minor int64) money.Amount { return money.Of(minor, b.Currency) }
