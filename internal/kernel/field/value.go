package field

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/money"
)

// MaxDays is the longest "last N days".
const MaxDays = 3650

// read reads the values of one filter, and says what is wrong with them.
func (f *Field[R]) read(p *Predicate, given []string, t Terms) (problem string) {
	if len(given) == 0 {
		return "Write a value."
	}
	switch {
	case p.Op == In:
		return f.readBands(p, given, t)
	case p.Op == Last:
		return readLast(p, given, t)
	}
	switch f.Type {
	case Choice:
		return f.readChoices(p, given, t)
	case Flag:
		if given[0] != "true" && given[0] != "false" {
			return "Write true or false."
		}
		p.Values = given
		p.Nums = []int64{0}
		if given[0] == "true" {
			p.Nums = []int64{1}
		}
	case Time:
		return readTime(p, given[0], t)
	case Money:
		return each(p, given, func(s string) (Range, string, string) { return readMoney(p.Op, s, t) })
	case Number, Share:
		return each(p, given, func(s string) (Range, string, string) { return readNumber(p.Op, s) })
	case Text:
		p.Values, p.Texts = given, given
	}
	return ""
}

// each reads one value, or with Is several that are separated by commas.
func each(p *Predicate, given []string, read func(string) (Range, string, string)) string {
	parts := given
	if p.Op == Is {
		parts = split(given)
	}
	for _, s := range parts {
		r, canonical, problem := read(strings.TrimSpace(s))
		if problem != "" {
			return problem
		}
		if !slices.Contains(p.Values, canonical) {
			p.Values = append(p.Values, canonical)
			p.Ranges = append(p.Ranges, r)
		}
	}
	return ""
}

func split(given []string) []string { return strings.Split(strings.Join(given, ","), ",") }

func readNumber(op Op, s string) (Range, string, string) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n == math.MaxInt64 {
		return Range{}, "", "Write a whole number."
	}
	return rangeOf(op, n), strconv.FormatInt(n, 10), ""
}

func readMoney(op Op, s string, t Terms) (Range, string, string) {
	if t.Form == API {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n == math.MaxInt64 {
			return Range{}, "", "Write the amount in minor units, such as 1050 for 10.50."
		}
		return rangeOf(op, n), strconv.FormatInt(n, 10), ""
	}
	a, err := money.Parse(strings.ReplaceAll(s, ",", ""), t.Currency)
	if err != nil || a.Minor == math.MaxInt64 {
		return Range{}, "", "Write an amount such as 49.99."
	}
	return rangeOf(op, a.Minor), a.Plain(), ""
}

// rangeOf is what an operator allows, of whole numbers.
func rangeOf(op Op, n int64) Range {
	switch op {
	case AtLeast:
		return Range{From: n, NoTo: true}
	case MoreThan:
		return Range{From: n + 1, NoTo: true}
	case AtMost:
		return Range{NoFrom: true, To: n + 1}
	case LessThan:
		return Range{NoFrom: true, To: n}
	}
	return Range{From: n, To: n + 1}
}

// readTime reads an instant (RFC 3339), or a day of the brand, which counts whole: both ends of a typed range are in it. Never (0)
// is in no range.
func readTime(p *Predicate, s string, t Terms) string {
	s = strings.TrimSpace(s)
	r := Range{From: 1, NoTo: true}
	if day, err := time.Parse(time.DateOnly, s); err == nil && day.Year() > 0 {
		start, next := startOfDay(day, 0, t.Zone), startOfDay(day, 1, t.Zone)
		switch p.Op {
		case AtLeast:
			r.From = start
		case MoreThan:
			r.From = next
		case AtMost:
			r.To, r.NoTo = next, false
		case LessThan:
			r.To, r.NoTo = start, false
		}
		p.Values = []string{day.Format(time.DateOnly)}
	} else {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil || at.Year() < 1 || at.Year() > 9999 {
			return "Write a day such as 2026-11-20, or an instant such as 2026-11-20T09:30:00Z."
		}
		ms := at.UnixMilli()
		after := ms + 1 // the first millisecond later than the instant
		from := ms      // the first that is not earlier
		if at.Nanosecond()%1e6 != 0 {
			from = after
		}
		switch p.Op {
		case AtLeast:
			r.From = from
		case MoreThan:
			r.From = after
		case AtMost:
			r.To, r.NoTo = after, false
		case LessThan:
			r.To, r.NoTo = from, false
		}
		p.Values = []string{at.UTC().Format(time.RFC3339Nano)}
	}
	r.From = max(r.From, 1)
	p.Ranges = []Range{r}
	return ""
}

// readLast reads "last N days": from local midnight N-1 days before today, in the brand's zone, until now.
func readLast(p *Predicate, given []string, t Terms) string {
	n, err := strconv.Atoi(strings.TrimSpace(given[0]))
	if err != nil || n < 1 || n > MaxDays {
		return "Write a number of days from 1 to " + strconv.Itoa(MaxDays) + "."
	}
	p.Values = []string{strconv.Itoa(n)}
	p.Ranges = []Range{{From: DaysAgo(t.Now, n, t.Zone), To: t.Now.UnixMilli() + 1}}
	return ""
}

func (t Terms) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// startOfDay is the first instant of the day that lies so many days after the date of d, as epoch milliseconds. Where clocks go
// forward at midnight a day begins at one.
func startOfDay(d time.Time, days int, zone *time.Location) int64 {
	if zone == nil {
		zone = time.UTC
	}
	y, m, day := d.Date()
	t := time.Date(y, m, day+days, 0, 0, 0, 0, zone)
	if want := time.Date(y, m, day+days, 0, 0, 0, 0, time.UTC); t.Day() != want.Day() {
		_, t = t.ZoneBounds()
	}
	return t.UnixMilli()
}

// readBands reads names of bands, as the limits of the currency.
func (f *Field[R]) readBands(p *Predicate, given []string, t Terms) string {
	unit := int64(1)
	if f.Type == Money {
		for range t.Currency.Digits() {
			unit *= 10
		}
	}
	names := split(given)
	bands := f.BandsFor(t)
	for _, name := range names {
		if !slices.ContainsFunc(bands, func(b Band) bool { return b.Name == name }) {
			return "Choose one of: " + bandNames(bands) + "."
		}
	}
	for _, b := range bands {
		if slices.Contains(names, b.Name) {
			p.Values = append(p.Values, b.Name)
			p.Ranges = append(p.Ranges, Range{From: b.From * unit, To: b.To * unit, NoFrom: b.NoFrom, NoTo: b.NoTo})
		}
	}
	return ""
}

// BandsFor are the bands of a field: declared, or as they were set.
func (f *Field[R]) BandsFor(t Terms) []Band {
	if set, ok := t.Bands[f.Key]; ok {
		return set
	}
	return f.Bands
}

func bandNames(bands []Band) string {
	names := make([]string, len(bands))
	for i, b := range bands {
		names[i] = b.Name
	}
	return strings.Join(names, ", ")
}

// options are the choices of a field: declared, or of the data that the viewer may know.
func (f *Field[R]) options(t Terms) []Option {
	if f.Choices != nil {
		return f.Choices
	}
	return t.Choices[f.Key]
}

func (f *Field[R]) readChoices(p *Predicate, given []string, t Terms) string {
	options := f.options(t)
	chosen := make([]bool, len(options))
	for _, s := range split(given) {
		s = strings.TrimSpace(s)
		if f.Normal != nil {
			s = f.Normal(s)
		}
		i := slices.IndexFunc(options, func(o Option) bool { return o.Value == s || slices.Contains(o.Aliases, s) })
		if i < 0 {
			return f.unknownChoice()
		}
		chosen[i] = true
	}
	for i, o := range options {
		if chosen[i] {
			p.Values = append(p.Values, o.Value)
			p.Nums = append(p.Nums, o.Nums...)
		}
	}
	return ""
}

// unknownChoice names the declared choices. Those that are data are not named: there may be many, and the filter shows them.
func (f *Field[R]) unknownChoice() string {
	if f.Choices == nil {
		return "There is no such choice in this list. Choose one that the filter offers."
	}
	names := make([]string, len(f.Choices))
	for i, o := range f.Choices {
		names[i] = o.Value
	}
	return "Choose one of: " + strings.Join(names, ", ") + "."
}

// DaysAgo is the first instant of "the last n days": local midnight n-1 days before today, as epoch milliseconds.
func DaysAgo(now time.Time, n int, zone *time.Location) int64 {
	return startOfDay(now.In(Terms{Zone: zone}.zone()), 1-n, zone)
}
