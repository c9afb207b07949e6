package mapping

import (
	"bytes"
	"slices"
	"strings"
)

// Key is a column that an order line can have.
type Key uint8

// The columns, in the order of keyNames.
const (
	OrderID Key = iota
	CustomerID
	Email
	Name
	Phone
	Country
	When
	SKU
	Description
	Category
	Quantity
	UnitPrice
	LineTotal
	UnitCost
	OrderTotal
	Currency
	Location
	Status
	RefundOf
	keys
)

var keyNames = [keys]string{"order_id", "customer_id", "email", "name", "phone", "country", "date", "sku", "description", "category", "quantity",
	"unit_price", "line_total", "unit_cost", "order_total", "currency", "location", "status", "refund_of"}

func (k Key) String() string { return strings.ReplaceAll(keyNames[k], "_", " ") }

// Statuses are the words for what became of an order.
var Statuses = [...]string{"paid", "pending", "cancelled", "void"}

var cleaning = []string{"", "integer_id", "lower", "upper"}

// Binding is a mapping applied to the header of one file.
type Binding struct {
	at    [keys]int
	clean [keys]string
}

// Bind finds the mapped columns in the header. Names match exactly, but for surrounding spaces.
func (m *Orders) Bind(header []string) (*Binding, error) {
	var b Binding
	for k := range keys {
		b.at[k] = -1
		c, mapped := m.Columns[keyNames[k]]
		if !mapped {
			continue
		}
		i := slices.Index(header, strings.TrimSpace(c.Name))
		if i < 0 {
			return nil, ErrMapping.Say("The file has no column %q, which the mapping names for %s. It has: %s.", c.Name, keyNames[k], some(header))
		}
		if slices.Contains(header[i+1:], header[i]) {
			return nil, ErrMapping.Say("The file has two columns named %q. Rename one of them.", c.Name)
		}
		b.at[k], b.clean[k] = i, c.Clean
	}
	return &b, nil
}

// Has says whether the mapping names the column.
func (b *Binding) Has(k Key) bool { return b.at[k] >= 0 }

// Cell is the trimmed and cleaned cell, empty where the row or the mapping does not have it.
func (b *Binding) Cell(cells [][]byte, k Key) []byte {
	i := b.at[k]
	if i < 0 || i >= len(cells) {
		return nil
	}
	cell := bytes.TrimSpace(cells[i])
	switch b.clean[k] {
	case "integer_id":
		return integerID(cell)
	case "lower":
		return bytes.ToLower(cell)
	case "upper":
		return bytes.ToUpper(cell)
	}
	return cell
}

// integerID undoes what spreadsheets and data frames do to a number that is a name: 17850.0 → 17850.
func integerID(cell []byte) []byte {
	point := bytes.IndexByte(cell, '.')
	if point <= 0 {
		return cell
	}
	for i, c := range cell {
		switch {
		case i == point:
		case i < point && (c < '0' || c > '9'), i > point && c != '0':
			return cell
		}
	}
	return cell[:point]
}

func some(header []string) string {
	const most = 30
	if len(header) > most {
		return strings.Join(header[:most], ", ") + ", …"
	}
	return strings.Join(header, ", ")
}
