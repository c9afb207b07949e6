package directory

import (
	"strconv"

	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/field"
)

// bandsOf are the bands of the filters on spend and on orders, by the limits that the brand has set.
func bandsOf(s customer.Settings) map[string][]field.Band {
	return map[string][]field.Band{lifetimeSpend.Key: spendBands(s.SpendBands), orderCount.Key: orderBands(s.OrderBands)}
}

// spendBands are half-open (50 belongs to 50-500), and the lowest takes what is below zero.
func spendBands(limits []int64) []field.Band {
	if len(limits) == 0 {
		return nil
	}
	first, last := limits[0], limits[len(limits)-1]
	bands := []field.Band{{Name: "0-" + num(first), Label: "under " + said(first), To: first, NoFrom: true}}
	for i := range limits[1:] {
		from, to := limits[i], limits[i+1]
		bands = append(bands, field.Band{Name: num(from) + "-" + num(to), Label: said(from) + " to " + said(to), From: from, To: to})
	}
	return append(bands, field.Band{Name: num(last) + "+", Label: said(last) + " and more", From: last, NoTo: true})
}

// orderBands have both ends in the band: 1 to 5 orders, then 6 to 20.
func orderBands(limits []int64) []field.Band {
	var bands []field.Band
	from := int64(0)
	for _, next := range limits {
		b := field.Band{Name: num(from) + "-" + num(next-1), Label: said(from) + " to " + said(next-1), From: from, To: next}
		if from == next-1 {
			b.Name, b.Label = num(from), said(from)
		}
		if next == 1 {
			b.Label = "none"
		}
		bands, from = append(bands, b), next
	}
	return append(bands, field.Band{Name: num(from) + "+", Label: said(from) + " and more", From: from, NoTo: true})
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// said is a number for people: 5,000.
func said(n int64) string {
	s := num(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Days are the offered “last N days” of a time.
func (p *Page) Days(key string) (all []string) {
	days := customer.DefaultSettings().RegisteredDays
	if key == registeredAt.Key && len(p.Limits.RegisteredDays) > 0 {
		days = p.Limits.RegisteredDays
	}
	for _, n := range days {
		all = append(all, num(n))
	}
	return all
}
