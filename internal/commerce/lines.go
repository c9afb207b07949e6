package commerce

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/money"
)

// lines checks the lines of an order, writes them as they are kept, and counts profit and categories.
func (r *reader) lines(d *draft, o *Order, in *NewOrder) error {
	bad := func(i int, what string) error {
		return ErrRecord.Say("Line %d of order %s: %s", i+1, quoted(o.ExternalID), what)
	}
	b := append(r.buffer[:0], '[')
	for i := range in.Lines {
		l := &in.Lines[i]
		if !readable(l.SKU, maxText) || !readable(l.Title, maxText) || !readable(l.Category, maxText) {
			return bad(i, "a text is longer than 500 characters, or not readable as text.")
		}
		if l.Total.Currency != r.brand.Currency || l.Cost != nil && l.Cost.Currency != r.brand.Currency {
			return bad(i, "an amount is in another currency than "+string(r.brand.Currency)+".")
		}
		if l.Total.Minor < -customer.MaxMinor || l.Total.Minor > customer.MaxMinor {
			return bad(i, "the total is larger than Steward can count.")
		}
		if l.Quantity == "" {
			l.Quantity = "1"
		}
		if !decimal(l.Quantity) || l.UnitPrice != "" && !decimal(l.UnitPrice) {
			return bad(i, "quantity and unit price are decimal numbers, such as 12.50.")
		}
		if l.Cost != nil {
			if l.Cost.Minor < -customer.MaxMinor || l.Cost.Minor > customer.MaxMinor {
				return bad(i, "the cost is larger than Steward can count.")
			}
			o.Profit += l.Total.Minor - l.Cost.Minor
		}
		if l.Category != "" {
			if d.counted.Categories == nil {
				d.counted.Categories = map[string]customer.Tally{}
			}
			t := d.counted.Categories[l.Category]
			d.counted.Categories[l.Category] = customer.Tally{Lines: t.Lines + 1, Spend: t.Spend + l.Total.Minor}
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLine(b, l)
	}
	b = append(b, ']')
	o.Lines, r.buffer = string(b), b
	d.counted.Profit = o.Profit
	o.Categories = writeCategories(d.counted.Categories)
	return nil
}

func decimal(s string) bool {
	if len(s) <= 9 && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' }) {
		return s != "" // most quantities are a few digits
	}
	_, err := money.ParseDecimal(s)
	return err == nil
}

// appendLine writes a Line as json.Marshal would, without going by reflection over half a million of them.
func appendLine(b []byte, l *NewLine) []byte {
	text := func(name, value string) {
		if value != "" {
			b = append(append(append(b, '"'), name...), '"', ':')
			b, _ = jsontext.AppendQuote(b, value)
			b = append(b, ',')
		}
	}
	b = append(b, '{')
	text("sku", l.SKU)
	text("title", l.Title)
	text("category", l.Category)
	text("quantity", l.Quantity)
	text("unit_price", l.UnitPrice)
	b = strconv.AppendInt(append(b, `"total":`...), l.Total.Minor, 10)
	if l.Cost != nil {
		b = strconv.AppendInt(append(b, `,"cost":`...), l.Cost.Minor, 10)
	}
	return append(b, '}')
}

// ReadLines reads the lines of an order as they are kept.
func (o *Order) ReadLines() (lines []Line, err error) {
	if err := json.Unmarshal([]byte(o.Lines), &lines); err != nil {
		return nil, fmt.Errorf("lines of order %s: %w", o.ID, err)
	}
	return lines, nil
}

// Categories are kept beside the lines, as {"Tea":[lines,spend]}: replacing an order and rebuilding need no more of it.
func writeCategories(all map[string]customer.Tally) string {
	if len(all) == 0 {
		return ""
	}
	pairs := make(map[string][2]int64, len(all))
	for name, t := range all {
		pairs[name] = [2]int64{t.Lines, t.Spend}
	}
	text, _ := json.Marshal(pairs) // strings and numbers: it cannot fail
	return string(text)
}

func readCategories(text string) (map[string]customer.Tally, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // none
	}
	var pairs map[string][2]int64
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, fmt.Errorf("categories of an order: %w", err)
	}
	all := make(map[string]customer.Tally, len(pairs))
	for name, p := range pairs {
		all[name] = customer.Tally{Lines: p[0], Spend: p[1]}
	}
	return all, nil
}
