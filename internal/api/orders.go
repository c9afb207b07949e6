package api

import (
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

type (
	orderPath struct {
		Order commerce.ID `path:"order" json:"-" description:"Id of the order."`
	}
	orderFilter struct {
		Location brand.LocationID `query:"location" json:"-" description:"Only orders of this location, by its id."`
		Status   commerce.Status  `query:"status" json:"-" enum:"paid,pending,cancelled,void" description:"Only orders in this state."`
		From     Time             `query:"placed_at[gte]" json:"-" description:"Placed at this instant or later."`
		Until    Time             `query:"placed_at[lt]" json:"-" description:"Placed before this instant."`
		Page
	}
	orderList struct {
		InBrand
		orderFilter
	}
	// buyer is what a sender says about a customer.
	buyer struct {
		ID         user.ID `json:"id,omitempty" description:"Ours."`
		ExternalID string  `json:"external_id,omitempty" example:"14646" description:"Yours."`
		Email      string  `json:"email,omitempty"`
		Phone      string  `json:"phone,omitempty"`
		Name       string  `json:"name,omitempty"`
		Country    string  `json:"country,omitempty" example:"GB"`
	}
	newLine struct {
		SKU       string        `json:"sku,omitempty"`
		Title     string        `json:"title,omitempty"`
		Category  string        `json:"category,omitempty"`
		Quantity  string        `json:"quantity,omitempty" default:"1" example:"2" description:"A decimal number, as text, so that it stays exact."`
		UnitPrice string        `json:"unit_price,omitempty" example:"5.25" description:"A decimal number, as text."`
		Total     money.Amount  `json:"total" required:"true"`
		Cost      *money.Amount `json:"cost,omitempty" description:"Of the whole line."`
	}
	newOrder struct {
		ExternalID string          `json:"external_id" required:"true" example:"536365" description:"What you call the order. Sent again, it is the same order: unchanged content changes nothing, newer content replaces it whole."`
		Customer   buyer           `json:"customer" required:"true"`
		Location   string          `json:"location,omitempty" description:"Id or name of a location of the brand."`
		Status     commerce.Status `json:"status" required:"true" enum:"paid,pending,cancelled,void"`
		PlacedAt   Time            `json:"placed_at" required:"true"`
		Total      money.Amount    `json:"total" required:"true" description:"With tax and shipping."`
		Lines      []newLine       `json:"lines,omitempty"`
	}
	newRefund struct {
		ExternalID string       `json:"external_id" required:"true" example:"C536379"`
		Customer   buyer        `json:"customer,omitzero" description:"May be left out where order names an order that is here."`
		Order      string       `json:"order,omitempty" description:"Your id of the order."`
		RefundedAt Time         `json:"refunded_at" required:"true"`
		Amount     money.Amount `json:"amount" required:"true"`
		Reason     string       `json:"reason,omitempty"`
	}
	oneOrder struct {
		InBrand
		newOrder
	}
	oneRefund struct {
		InBrand
		newRefund
	}
	orderBatch struct {
		InBrand
		Records []newRecord `json:"records" required:"true" minItems:"1" maxItems:"500"`
	}
	newRecord struct {
		Order  *newOrder  `json:"order,omitempty" description:"Either this …"`
		Refund *newRefund `json:"refund,omitempty" description:"… or this."`
	}
)

func (f orderFilter) filter() (commerce.Filter, error) {
	size, err := f.size()
	return commerce.Filter{
		Location: f.Location, Status: f.Status, From: int64(f.From), Until: int64(f.Until), Limit: size, Cursor: f.Cursor,
	}, err
}

// ofBrand is the filter of a list of a brand's orders.
func (w orderList) ofBrand(c *Call) (f commerce.Filter, err error) {
	if f, err = w.filter(); err == nil {
		f.Brand, err = c.Brand(w.Named)
	}
	return f, err
}

// listed answers a page of orders, with its exact total as a second question.
func (f orderFilter) listed(c *Call, asked commerce.Filter, p commerce.Page) (List[Order], error) {
	l := List[Order]{Data: mapped(p.Orders, showSummary)}
	if p.Next != "" {
		l.Next = &p.Next
	}
	if !f.wantsTotal() {
		return l, nil
	}
	n, err := op.Ask(c.Context(), c.Door, c.Caller, commerce.Total, asked)
	l.Sum = &n
	return l, err
}

func (t Time) time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

func (b buyer) who() customer.Who {
	return customer.Who{User: b.ID, ExternalID: b.ExternalID, Email: b.Email, Phone: b.Phone, Name: b.Name, Country: b.Country}
}

func (o *newOrder) record() *commerce.NewOrder {
	if o == nil {
		return nil
	}
	out := &commerce.NewOrder{
		ExternalID: o.ExternalID, Customer: o.Customer.who(), Location: o.Location, Status: o.Status,
		PlacedAt: o.PlacedAt.time(), Total: o.Total, Lines: make([]commerce.NewLine, len(o.Lines)),
	}
	for i, l := range o.Lines {
		out.Lines[i] = commerce.NewLine(l)
	}
	return out
}

func (r *newRefund) record() *commerce.NewRefund {
	if r == nil {
		return nil
	}
	return &commerce.NewRefund{
		ExternalID: r.ExternalID, Customer: r.Customer.who(), Order: r.Order, RefundedAt: r.RefundedAt.time(), Amount: r.Amount, Reason: r.Reason,
	}
}

func orders(t *table) {
	Query(t, "GET /v1/orders", commerce.List,
		func(c *Call, w orderList) (commerce.Filter, error) { return w.ofBrand(c) },
		func(c *Call, w orderList, p commerce.Page) (List[Order], error) {
			f, err := w.ofBrand(c)
			if err != nil {
				return List[Order]{}, err
			}
			return w.listed(c, f, p)
		})
	Action(t, "POST /v1/orders", commerce.Put,
		func(c *Call, w oneOrder) (in commerce.One, err error) {
			in = commerce.One{Source: c.Key.Source, Record: commerce.Record{Order: w.record()}}
			in.Brand, err = c.Brand(w.Named)
			return in, err
		}, taken[oneOrder], once, says("Take in one order"))
	Action(t, "POST /v1/refunds", commerce.Put,
		func(c *Call, w oneRefund) (in commerce.One, err error) {
			in = commerce.One{Source: c.Key.Source, Record: commerce.Record{Refund: w.record()}}
			in.Brand, err = c.Brand(w.Named)
			return in, err
		}, taken[oneRefund], once, says("Take in one refund"))
	Action(t, "POST /v1/orders/batch", commerce.Ingest,
		func(c *Call, w orderBatch) (in commerce.Batch, err error) {
			in = commerce.Batch{Source: c.Key.Source, Records: make([]commerce.Record, len(w.Records))}
			for i, r := range w.Records {
				in.Records[i] = commerce.Record{Order: r.Order.record(), Refund: r.Refund.record()}
			}
			in.Brand, err = c.Brand(w.Named)
			return in, err
		},
		func(_ *Call, _ orderBatch, o commerce.Ingested) (Ingested, error) {
			return Ingested{mapped(o.Answers, showTaken), o.Orders, o.Refunds, o.CustomersCreated}, nil
		}, once, upTo(batchBody), says("Take in up to 500 orders and refunds"))
	Query(t, "GET /v1/orders/{order}", commerce.Show,
		func(_ *Call, w orderPath) (commerce.ID, error) { return w.Order, nil },
		func(_ *Call, _ orderPath, d commerce.Detail) (OrderDetail, error) { return showOrder(d), nil })
}

// taken answers what became of one record: 201 when it is new.
func taken[W any](c *Call, _ W, a commerce.Answer) (Taken, error) {
	if a.Outcome == customer.Created {
		c.status = http.StatusCreated
	}
	return showTaken(a), nil
}
