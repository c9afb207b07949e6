package orderfile

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular/mapping"
	"github.com/stewardhq/steward/internal/text"
)

// row is one line of the file, understood. Its bytes belong to the reader's buffer.
type row struct {
	order, customer, sku, title, category, country, location, refundOf []byte
	name, phone, phoneKey, status                                      string
	email                                                              text.Email
	quantity, price                                                    money.Decimal
	hasPrice, hasCost, hasTotal, hasDate                               bool
	total, cost, orderTotal                                            int64
	at                                                                 int64 // Unix milliseconds
	currency                                                           money.Currency
}

// understander reads rows. Lines of one order mostly follow each other, so it remembers the last of what is slow to read.
type understander struct {
	m     *mapping.Orders
	b     *mapping.Binding
	style money.Style

	dateText  []byte
	date      int64
	emailText []byte
	email     text.Email
	one       money.Decimal
	currency  money.Currency // where the row does not say it
}

func newUnderstander(m *mapping.Orders, b *mapping.Binding) *understander {
	return &understander{m: m, b: b, style: m.Style(), one: money.Whole(1), currency: m.Currency}
}

// anonymous says that nothing in the row names a customer.
func (u *understander) anonymous(cells [][]byte) bool {
	return len(u.b.Cell(cells, mapping.CustomerID)) == 0 && len(u.b.Cell(cells, mapping.Email)) == 0 && len(u.b.Cell(cells, mapping.Phone)) == 0
}

// read fills r from cells, or says what is wrong with them.
func (u *understander) read(cells [][]byte, r *row) (reason string) {
	*r = row{
		order: u.b.Cell(cells, mapping.OrderID), customer: u.b.Cell(cells, mapping.CustomerID), sku: u.b.Cell(cells, mapping.SKU),
		title: u.b.Cell(cells, mapping.Description), category: u.b.Cell(cells, mapping.Category), country: u.b.Cell(cells, mapping.Country),
		location: u.b.Cell(cells, mapping.Location), refundOf: u.b.Cell(cells, mapping.RefundOf),
	}
	if len(r.order) == 0 {
		return "the order id is empty"
	}
	for _, f := range [...]struct {
		k     mapping.Key
		value []byte
		most  int
	}{{mapping.OrderID, r.order, 255}, {mapping.CustomerID, r.customer, 255}, {mapping.SKU, r.sku, 255}, {mapping.Location, r.location, 255}, {mapping.RefundOf, r.refundOf, 255},
		{mapping.Country, r.country, 255}, {mapping.Category, r.category, 255}, {mapping.Description, r.title, 4000}} {
		if len(f.value) > f.most {
			return fmt.Sprintf("the %s is longer than %d bytes", f.k, f.most)
		}
		if f.most == 255 && hasControl(f.value) {
			return fmt.Sprintf("the %s contains a control character or a line break", f.k)
		}
	}
	for _, step := range [...]func([][]byte, *row) string{u.who, u.when, u.amounts} {
		if reason = step(cells, r); reason != "" {
			return reason
		}
	}
	return ""
}

func (u *understander) who(cells [][]byte, r *row) string {
	if cell := u.b.Cell(cells, mapping.Email); len(cell) > 0 {
		if u.emailText == nil || !bytes.Equal(cell, u.emailText) {
			e, err := text.ParseEmail(string(cell))
			if err != nil {
				return fmt.Sprintf("the e-mail address %s cannot be used: %s", quote(cell), detail(err))
			}
			u.emailText, u.email = append(u.emailText[:0], cell...), e
		}
		r.email = u.email
	}
	if cell := u.b.Cell(cells, mapping.Phone); len(cell) > 0 {
		var err error
		r.phone = string(cell)
		if r.phoneKey, err = text.NormPhone(r.phone); err != nil {
			return fmt.Sprintf("the telephone number %s cannot be used: %s", quote(cell), detail(err))
		}
	}
	if cell := u.b.Cell(cells, mapping.Name); len(cell) > 0 {
		var err error
		if r.name, err = text.CleanName(string(cell)); err != nil {
			return fmt.Sprintf("the name %s cannot be used: %s", quote(cell), detail(err))
		}
	}
	if cell := u.b.Cell(cells, mapping.Status); len(cell) > 0 {
		word, ok := u.m.Status(string(cell))
		if !ok {
			return fmt.Sprintf("the status %s is not known; add it to \"statuses\" in the mapping", quote(cell))
		}
		r.status = word
	}
	return ""
}

func (u *understander) when(cells [][]byte, r *row) string {
	cell := u.b.Cell(cells, mapping.When)
	if len(cell) == 0 {
		if u.m.OrderWide() {
			return ""
		}
		return "the date is empty"
	}
	r.hasDate = true
	if u.dateText != nil && bytes.Equal(cell, u.dateText) {
		r.at = u.date
		return ""
	}
	var at time.Time
	var err error
	switch layout := u.m.Date.Layout; layout {
	case "unix", "unix_ms":
		var n int64
		if n, err = strconv.ParseInt(string(cell), 10, 64); err == nil {
			if at = time.UnixMilli(n); layout == "unix" {
				at = time.Unix(n, 0)
			}
		}
	default:
		at, err = time.ParseInLocation(layout, string(cell), u.m.Zone())
	}
	if err != nil || at.Year() < 1900 || at.Year() > 2200 {
		return fmt.Sprintf("the date %s is not written as the mapping says", quote(cell))
	}
	u.dateText, u.date = append(u.dateText[:0], cell...), at.UnixMilli()
	r.at = u.date
	return ""
}

func (u *understander) amounts(cells [][]byte, r *row) string {
	r.currency = u.currency
	if cell := u.b.Cell(cells, mapping.Currency); len(cell) > 0 {
		var err error
		if r.currency, err = money.ParseCurrency(string(cell)); err != nil {
			return fmt.Sprintf("the currency %s is not known", quote(cell))
		}
	} else if r.currency == "" && !u.m.OrderWide() {
		return "the currency is empty"
	}
	r.quantity = u.one
	if cell := u.b.Cell(cells, mapping.Quantity); len(cell) > 0 {
		var err error
		if r.quantity, err = u.style.Decimal(string(cell)); err != nil {
			return fmt.Sprintf("the quantity %s is not a number", quote(cell))
		}
	} else if u.b.Has(mapping.Quantity) {
		return "the quantity is empty"
	}
	if cell := u.b.Cell(cells, mapping.UnitPrice); len(cell) > 0 {
		var err error
		if r.price, err = u.style.Decimal(string(cell)); err != nil {
			return fmt.Sprintf("the unit price %s is not a number", quote(cell))
		}
		r.hasPrice = true
	}
	return u.totals(cells, r)
}

func (u *understander) totals(cells [][]byte, r *row) string {
	if cell := u.b.Cell(cells, mapping.LineTotal); len(cell) > 0 {
		a, err := u.amount(cell, r)
		if err != nil {
			return fmt.Sprintf("the line total %s is not an amount", quote(cell))
		}
		r.total = a
	} else if !r.hasPrice {
		return "the price is empty"
	} else if a, err := money.Extend(r.price, r.quantity, r.currency); err != nil {
		return "price × quantity is larger than Steward can count"
	} else {
		r.total = a.Minor
	}
	if cell := u.b.Cell(cells, mapping.UnitCost); len(cell) > 0 {
		d, err := u.style.Decimal(string(cell))
		if err == nil {
			var a money.Amount
			a, err = money.Extend(d, r.quantity, r.currency)
			r.cost, r.hasCost = a.Minor, true
		}
		if err != nil {
			return fmt.Sprintf("the unit cost %s is not an amount", quote(cell))
		}
	}
	if cell := u.b.Cell(cells, mapping.OrderTotal); len(cell) > 0 {
		a, err := u.amount(cell, r)
		if err != nil {
			return fmt.Sprintf("the order total %s is not an amount", quote(cell))
		}
		r.orderTotal, r.hasTotal = a, true
	}
	return ""
}

func (u *understander) amount(cell []byte, r *row) (int64, error) {
	d, err := u.style.Decimal(string(cell))
	if err != nil {
		return 0, err
	}
	a, err := money.Round(d, r.currency)
	return a.Minor, err
}
