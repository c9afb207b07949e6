package api

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Taken is what became of a record that was sent.
type Taken struct {
	Outcome  customer.Outcome `json:"outcome" enum:"created,changed,unchanged,rejected"`
	ID       commerce.ID      `json:"id,omitempty" example:"ord_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Customer user.ID          `json:"customer,omitempty"`
	Code     string           `json:"code,omitempty" description:"Of a rejection, for programs."`
	Reason   string           `json:"reason,omitempty" description:"Of a rejection, for people."`
}

// Ingested is what became of a batch: an answer for each record, in order, and counts.
type Ingested struct {
	Records          []Taken         `json:"records"`
	Orders           commerce.Counts `json:"orders"`
	Refunds          commerce.Counts `json:"refunds"`
	CustomersCreated int64           `json:"customers_created"`
}

func showTaken(a commerce.Answer) Taken { return Taken{a.Outcome, a.ID, a.Customer, a.Code, a.Reason} }

// Order is an order in a list.
type Order struct {
	ID         commerce.ID      `json:"id" example:"ord_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Source     string           `json:"source" example:"api"`
	ExternalID string           `json:"external_id" example:"536365"`
	Status     commerce.Status  `json:"status" enum:"paid,pending,cancelled,void"`
	PlacedAt   Time             `json:"placed_at"`
	Total      money.Amount     `json:"total"`
	LineCount  int64            `json:"line_count"`
	Location   brand.LocationID `json:"location,omitempty"`
	Customer   user.ID          `json:"customer,omitempty" description:"Absent where only the buyer's name may be known."`
	BuyerName  string           `json:"buyer_name"`
}

// OrderDetail is an order with its lines and what went back.
type OrderDetail struct {
	Order
	Brand   brand.ID `json:"brand"`
	Lines   []Line   `json:"lines"`
	Refunds []Refund `json:"refunds"`
}

// Line is one line of an order.
type Line struct {
	SKU       string       `json:"sku,omitempty"`
	Title     string       `json:"title,omitempty"`
	Category  string       `json:"category,omitempty"`
	Quantity  string       `json:"quantity" example:"2"`
	UnitPrice string       `json:"unit_price,omitempty" example:"5.25"`
	Total     money.Amount `json:"total"`
}

// Refund is money that went back.
type Refund struct {
	ID         commerce.ID  `json:"id" example:"rfd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	ExternalID string       `json:"external_id" example:"C536379"`
	Amount     money.Amount `json:"amount"`
	RefundedAt Time         `json:"refunded_at"`
	Reason     string       `json:"reason,omitempty"`
}

func showSummary(s commerce.Summary) Order {
	return Order{
		ID: s.ID, Source: s.Source, ExternalID: s.ExternalID, Status: s.Status, PlacedAt: Time(s.PlacedAt), Total: s.Total,
		LineCount: s.LineCount, Location: s.Location, Customer: s.Customer, BuyerName: s.Buyer,
	}
}

// showOrder leaves the cost of lines out: with it, profit could be reckoned, which is for customers.financials.
func showOrder(d commerce.Detail) OrderDetail {
	return OrderDetail{
		Order: showSummary(d.Summary), Brand: d.Brand,
		Lines: mapped(d.Lines, func(l commerce.Line) Line {
			return Line{l.SKU, l.Title, l.Category, l.Quantity, l.UnitPrice, money.Of(l.Total, d.Currency)}
		}),
		Refunds: mapped(d.Refunds, func(r commerce.RefundSummary) Refund {
			return Refund{r.ID, r.ExternalID, r.Amount, Time(r.RefundedAt), r.Reason}
		}),
	}
}
