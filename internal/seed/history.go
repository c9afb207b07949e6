package seed

import (
	"slices"
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/money"
)

// historyDays is how far the history of orders goes back.
const historyDays = 730

// history makes what a customer bought, oldest first, with what they sent back.
func (b *builder) history(c *Customer) (all []commerce.Record) {
	d := roll(b.slug+"/history", c.Number)
	who := customer.Who{ExternalID: c.External}
	for i, at := range b.dates(d, c) {
		o := b.order(d, c, at)
		o.ExternalID = b.shop.prefix + "-" + c.External + "-" + strconv.Itoa(i+1)
		o.Customer = who
		all = append(all, commerce.Record{Order: o})
		if o.Status == commerce.Paid && d.of1000(45) {
			all = append(all, commerce.Record{Refund: b.refund(d, c, o)})
		}
	}
	return all
}

// dates are when they ordered: often as soon as they had registered, then within two years, rather sooner than later, and more often
// when the shop is busy.
func (b *builder) dates(d *dice, c *Customer) []time.Time {
	all, last := make([]time.Time, 0, c.orders), b.until(c)
	for i := range c.orders {
		var at time.Time
		if i == 0 && b.days(c.Registered) < historyDays && d.of1000(600) {
			at = c.Registered.Add(time.Duration(d.between(2, 40)) * time.Minute)
		} else {
			at = b.visit(d, c)
		}
		if at.After(last) {
			at = last
		}
		all = append(all, at)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// until is when their history ends.
func (b *builder) until(c *Customer) time.Time { return b.last.AddDate(0, 0, -c.quiet) }

// visit is a moment after somebody registered when the shop may well have been busy.
func (b *builder) visit(d *dice, c *Customer) time.Time {
	here := b.days(c.Registered)
	ago := 0
	for range 12 {
		age := d.part()
		if d.of1000(350) {
			age *= d.part()
		}
		ago = here - int(float64(here)*age)
		if ago <= historyDays && d.n(240) < b.shop.busy(b.day.AddDate(0, 0, -ago)) {
			break
		}
		ago = min(ago, 1+d.n(historyDays))
	}
	at := b.clock(d, ago)
	if at.Before(c.Registered) {
		at = c.Registered.Add(time.Duration(float64(b.last.Sub(c.Registered)) * d.part()))
	}
	return at
}

func (b *builder) order(d *dice, c *Customer, at time.Time) *commerce.NewOrder {
	lines := 1
	for lines < 6 && d.of1000(380) {
		lines++
	}
	o := &commerce.NewOrder{PlacedAt: at, Status: commerce.Paid, Lines: make([]commerce.NewLine, lines)}
	var total int64
	for i := range o.Lines {
		total += b.line(d, c, at, &o.Lines[i])
	}
	if total < b.shop.free {
		total += b.shop.shipping
	}
	o.Total = b.amount(total)
	switch hub := d.n(100); {
	case hub < 14: // sent home, from no store
	case hub < 20:
		o.Location = b.hubs[d.weighted(b.shop.home)]
	default:
		o.Location = c.near
	}
	switch chance := d.n(1000); {
	case chance < 30:
		o.Status = commerce.Cancelled
	case chance < 38:
		o.Status = commerce.Void
	case chance < 300 && b.day.Sub(at) < 5*24*time.Hour:
		o.Status = commerce.Pending
	}
	return o
}

func (b *builder) line(d *dice, c *Customer, at time.Time, l *commerce.NewLine) int64 {
	category := c.favours
	if d.of1000(480) {
		category = d.n(len(b.shop.categories))
	}
	if at.Month() == time.December && d.of1000(250) {
		category = len(b.shop.categories) - 1
	}
	p := &b.shop.products[category][d.n(len(b.shop.products[category]))]
	quantity := int64(1)
	if d.n(100) < c.spending/4 {
		quantity = int64(d.between(2, 2+c.spending/60))
	}
	l.SKU, l.Title, l.Category, l.Quantity = p.sku, p.title, b.shop.categories[category], strconv.FormatInt(quantity, 10)
	l.UnitPrice = b.decimal(p.price)
	l.Total = b.amount(p.price * quantity)
	if p.cost != 0 {
		cost := b.amount(p.cost * quantity)
		l.Cost = &cost
	}
	return p.price * quantity
}

func (b *builder) refund(d *dice, c *Customer, o *commerce.NewOrder) *commerce.NewRefund {
	amount := o.Lines[d.n(len(o.Lines))].Total
	if d.of1000(300) {
		amount = o.Total
	}
	at := o.PlacedAt.AddDate(0, 0, d.between(1, 20))
	if last := b.until(c); at.After(last) {
		at = o.PlacedAt.Add(time.Duration(float64(last.Sub(o.PlacedAt)) * d.part()))
	}
	return &commerce.NewRefund{
		ExternalID: "R" + o.ExternalID, Customer: o.Customer, Order: o.ExternalID, Amount: amount, RefundedAt: at, Reason: one(d, b.shop.reasons),
	}
}

func (b *builder) amount(minor int64) money.Amount { return money.Of(minor, b.currency) }

// decimal writes minor units of a currency with two digits; both brands have one.
func (b *builder) decimal(minor int64) string {
	cents := strconv.FormatInt(minor%100, 10)
	if len(cents) == 1 {
		cents = "0" + cents
	}
	return strconv.FormatInt(minor/100, 10) + "." + cents
}
