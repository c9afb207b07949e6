package importing

import (
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/money"
)

// convert says a file's record in the words of orders.ingest.
func convert(r orderfile.Record) commerce.Record {
	if f := r.Refund; f != nil {
		return commerce.Record{Refund: &commerce.NewRefund{
			ExternalID: f.ExternalID, Customer: who(&f.Customer), Order: f.OrderExternalID, RefundedAt: f.RefundedAt,
			Amount: money.Of(f.Amount, f.Currency),
		}}
	}
	o := r.Order
	lines := make([]commerce.NewLine, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		lines[i] = commerce.NewLine{
			SKU: l.SKU, Title: l.Title, Category: l.Category, Quantity: l.Quantity.String(), UnitPrice: l.UnitPrice, Total: money.Of(l.Total, o.Currency),
		}
		if l.Cost != nil {
			cost := money.Of(*l.Cost, o.Currency)
			lines[i].Cost = &cost
		}
	}
	return commerce.Record{Order: &commerce.NewOrder{
		ExternalID: o.ExternalID, Customer: who(&o.Customer), Location: o.LocationRef, Status: commerce.Status(o.Status),
		PlacedAt: o.PlacedAt, Total: money.Of(o.Total, o.Currency), Lines: lines,
	}}
}

func who(c *orderfile.Customer) customer.Who {
	return customer.Who{ExternalID: c.ExternalID, Email: c.Email.Address, Phone: c.Phone, Name: c.Name, Country: c.Country}
}
