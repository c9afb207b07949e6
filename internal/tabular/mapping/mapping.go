// Package mapping is the small JSON file that tells Steward what the columns of somebody else's table mean.
//
// A mapping for orders, one row for each order line:
//
//	{
//	  "source": "online-retail",            whose ids these are; ids are unique by brand, source and id
//	  "brand": {                            made when the installation has no brand; else ignored
//	    "slug": "online-retail", "name": "Online Retail", "currency": "GBP", "time_zone": "Europe/London"
//	  },
//	  "columns": {                          ours: theirs, or {"name": theirs, "clean": rule}
//	    "order_id": "InvoiceNo",            required
//	    "customer_id": {"name": "CustomerID", "clean": "integer_id"},
//	    "date": "InvoiceDate",              required
//	    "quantity": "Quantity",             1 when absent
//	    "unit_price": "UnitPrice"           or line_total; rounded to minor units for each line, half away from zero
//	  },
//	  "date": {"layout": "2006-01-02 15:04:05", "time_zone": "Europe/London"},
//	  "cancellation": {"order_prefix": "C", "negative_quantity": true}
//	}
//
// Other columns: sku, description, category, line_total, unit_cost, order_total (with tax and shipping; else the sum of
// the lines), email, name, phone, country, location, currency, status, refund_of (the order that a refund belongs to).
// At least one of customer_id, email and phone is needed.
//
// Further keys: "currency" where no column says it (else the brand's); "number": {"thousands": ",", "point": "."};
// "file": {"format": "csv", "delimiter": ";", "encoding": "windows-1252"} where detection is wrong; "statuses":
// {"Bezahlt": "paid"} for words other than paid, pending, cancelled, void; "order_columns": "first_line" where what
// concerns the whole order stands on one of its lines only, as Shopify writes it.
//
// Cleaning rules: integer_id (17850.0 → 17850), lower, upper. Every cell is trimmed first. Date layouts are Go's (the
// moment 2006-01-02 15:04:05 written in your form), or rfc3339, unix, unix_ms.
//
// Reading is strict: an unknown name is refused with a sentence that names the known ones.
package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/text"
)

// ErrMapping refuses a mapping; the sentence says what is wrong with it.
var ErrMapping = errs.New(errs.Invalid, "mapping_invalid", "This mapping cannot be used.")

// Orders maps a table with one row for each order line.
type Orders struct {
	Source       string            `json:"source"`
	Brand        *Brand            `json:"brand,omitzero"`
	File         File              `json:"file,omitzero"`
	Columns      map[string]Column `json:"columns"`
	Date         Date              `json:"date"`
	Number       Number            `json:"number,omitzero"`
	Currency     money.Currency    `json:"currency,omitzero"`
	Cancellation Cancellation      `json:"cancellation,omitzero"`
	Statuses     map[string]string `json:"statuses,omitzero"`
	OrderColumns string            `json:"order_columns,omitzero"`
	zone         *time.Location
	words        map[string]string
}

// Brand is the brand to make when an installation has none.
type Brand struct {
	Slug     string         `json:"slug"`
	Name     string         `json:"name"`
	Currency money.Currency `json:"currency"`
	TimeZone string         `json:"time_zone"`
}

// File corrects what reading would detect.
type File struct {
	Format    string `json:"format,omitzero"`
	Delimiter string `json:"delimiter,omitzero"`
	Encoding  string `json:"encoding,omitzero"`
}

// Date is how the file writes moments.
type Date struct {
	Layout   string `json:"layout"`
	TimeZone string `json:"time_zone,omitzero"`
}

// Number is how the file writes numbers.
type Number struct {
	Thousands string `json:"thousands,omitzero"`
	Point     string `json:"point,omitzero"`
}

// Cancellation says which rows are refunds.
type Cancellation struct {
	OrderPrefix      string `json:"order_prefix,omitzero"`      // the whole order is a refund when its id begins so
	NegativeQuantity bool   `json:"negative_quantity,omitzero"` // a line with a negative quantity is a refund
}

// Column names a column of the file.
type Column struct {
	Name  string `json:"name"`
	Clean string `json:"clean,omitzero"`
}

// UnmarshalJSON reads "InvoiceNo" or {"name": "InvoiceNo", "clean": "integer_id"}.
func (c *Column) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &c.Name)
	}
	type plain Column
	return json.Unmarshal(b, (*plain)(c), json.RejectUnknownMembers(true))
}

// ParseOrders reads and checks a mapping for orders.
func ParseOrders(b []byte) (*Orders, error) {
	var m Orders
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), &m, json.RejectUnknownMembers(true)); err != nil {
		return nil, unreadable(err)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return &m, nil
}

// unreadable turns the decoder's error into a sentence.
func unreadable(err error) error {
	var sem *json.SemanticError
	if errors.Is(err, json.ErrUnknownName) && errors.As(err, &sem) {
		at := string(sem.JSONPointer)
		parent, name := at[:max(strings.LastIndexByte(at, '/'), 0)], sem.JSONPointer.LastToken()
		where := "The mapping"
		if parent != "" {
			where = fmt.Sprintf("%q in the mapping", strings.TrimPrefix(parent, "/"))
		}
		return ErrMapping.Say("%s has no %q. It knows: %s.", where, name, strings.Join(members(parent), ", ")).Because(err)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return ErrMapping.Say("A name stands twice in the mapping: %v.", err).Because(err)
	}
	return ErrMapping.Say("The mapping cannot be read: %v.", err).Because(err)
}

// members are the JSON names at a place of the mapping.
func members(pointer string) []string {
	t := reflect.TypeFor[Orders]()
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		switch {
		case step == "":
		case t.Kind() == reflect.Map:
			t = t.Elem()
		default:
			for i := range t.NumField() {
				if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name == step {
					t = t.Field(i).Type
					break
				}
			}
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	var names []string
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

var slug = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (m *Orders) check() error {
	refuse := func(format string, args ...any) error { return ErrMapping.Say(format, args...) }
	if !slug.MatchString(m.Source) {
		return refuse(`"source" names whose ids these are, in small letters, digits and hyphens, such as "online-retail".`)
	}
	if b := m.Brand; b != nil {
		if !slug.MatchString(b.Slug) || strings.TrimSpace(b.Name) == "" || utf8.RuneCountInString(b.Name) > 100 {
			return refuse(`"brand" needs a "slug" in small letters, digits and hyphens, and a "name" of at most 100 characters.`)
		}
		if !b.Currency.Valid() {
			return refuse(`"brand" needs a "currency" such as "GBP".`)
		}
		if _, err := loadZone(b.TimeZone); err != nil {
			return refuse(`"brand" needs a "time_zone" such as "Europe/London".`)
		}
		if m.Currency == "" {
			m.Currency = b.Currency
		}
	}
	for _, name := range sortedKeys(m.Columns) {
		k := slices.Index(keyNames[:], name)
		if k < 0 {
			return refuse(`"columns" in the mapping has no %q. It knows: %s.`, name, strings.Join(keyNames[:], ", "))
		}
		c := m.Columns[name]
		if c.Name == "" {
			return refuse(`The column of %q has no name.`, name)
		}
		if !slices.Contains(cleaning, c.Clean) {
			return refuse(`The column of %q has the cleaning rule %q. Known rules: %s.`, name, c.Clean, strings.Join(cleaning[1:], ", "))
		}
	}
	has := func(k Key) bool { _, ok := m.Columns[keyNames[k]]; return ok }
	switch {
	case !has(OrderID) || !has(When):
		return refuse(`"columns" must name "order_id" and "date".`)
	case !has(CustomerID) && !has(Email) && !has(Phone):
		return refuse(`"columns" must name at least one of "customer_id", "email" and "phone".`)
	case !has(UnitPrice) && !has(LineTotal):
		return refuse(`"columns" must name "unit_price" or "line_total".`)
	case !has(Currency) && !m.Currency.Valid():
		return refuse(`Say the currency: "currency" with a code such as "GBP", a "currency" column, or that of "brand".`)
	case m.Currency != "" && !m.Currency.Valid():
		return refuse(`"currency" must be a code in use, such as "GBP".`)
	case m.OrderColumns != "" && m.OrderColumns != "every_line" && m.OrderColumns != "first_line":
		return refuse(`"order_columns" is "every_line" or "first_line".`)
	case m.Cancellation.NegativeQuantity && !has(Quantity):
		return refuse(`"cancellation" looks at the quantity, so "columns" must name "quantity".`)
	}
	m.words = map[string]string{}
	for _, word := range sortedKeys(m.Statuses) {
		if !slices.Contains(Statuses[:], m.Statuses[word]) {
			return refuse(`"statuses" gives %q for %q. Known: %s.`, m.Statuses[word], word, strings.Join(Statuses[:], ", "))
		}
		folded := text.Fold(word)
		if _, twice := m.words[folded]; twice {
			return refuse(`"statuses" has %q twice.`, word)
		}
		m.words[folded] = m.Statuses[word]
	}
	if err := m.checkDate(); err != nil {
		return err
	}
	return m.checkFile()
}

func (m *Orders) checkDate() error {
	d := &m.Date
	if d.TimeZone == "" && m.Brand != nil {
		d.TimeZone = m.Brand.TimeZone
	}
	var err error
	if m.zone, err = loadZone(d.TimeZone); err != nil {
		return ErrMapping.Say(`"date" needs a "time_zone" such as "Europe/London".`).Because(err)
	}
	switch d.Layout {
	case "rfc3339":
		d.Layout = time.RFC3339
	case "unix", "unix_ms":
		return nil
	}
	day := time.Date(2019, 11, 23, 0, 0, 0, 0, time.UTC)
	if back, err := time.Parse(d.Layout, day.Format(d.Layout)); err != nil || back.Year() != 2019 || back.YearDay() != day.YearDay() {
		return ErrMapping.Say(`"date" needs a "layout" with year, month and day: write 2006-01-02 15:04:05 in the form of the file (for 31/12/2026 write 02/01/2006), or rfc3339, unix, unix_ms.`)
	}
	return nil
}

func (m *Orders) checkFile() error {
	if !slices.Contains([]string{"", "csv", "jsonl"}, m.File.Format) {
		return ErrMapping.Say(`"format" in "file" is "csv" or "jsonl".`)
	}
	if !slices.Contains([]string{"", ",", ";", "\t", "|"}, m.File.Delimiter) {
		return ErrMapping.Say(`"delimiter" in "file" is one of , ; | or a tab.`)
	}
	if !slices.Contains([]string{"", "utf-8", "windows-1252", "utf-16le", "utf-16be"}, m.File.Encoding) {
		return ErrMapping.Say(`"encoding" in "file" is "utf-8", "windows-1252", "utf-16le" or "utf-16be".`)
	}
	for _, s := range []string{m.Number.Thousands, m.Number.Point} {
		if utf8.RuneCountInString(s) > 1 || s != "" && strings.ContainsAny(s, "0123456789+-") {
			return ErrMapping.Say(`"thousands" and "point" in "number" are one character each.`)
		}
	}
	if st := m.Style(); st.Thousands != 0 && (st.Thousands == st.Point || st.Point == 0 && st.Thousands == '.') {
		return ErrMapping.Say(`"thousands" and "point" in "number" must differ.`)
	}
	return nil
}

// Style is how the file writes numbers.
func (m *Orders) Style() money.Style {
	first := func(s string) rune {
		if s == "" {
			return 0
		}
		r, _ := utf8.DecodeRuneInString(s)
		return r
	}
	return money.Style{Thousands: first(m.Number.Thousands), Point: first(m.Number.Point)}
}

// Status is what a word of the file means for an order; capitals do not matter.
func (m *Orders) Status(word string) (string, bool) {
	folded := text.Fold(word)
	if s, ok := m.words[folded]; ok {
		return s, true
	}
	return folded, slices.Contains(Statuses[:], folded)
}

// Zone is where the clock of the file stands.
func (m *Orders) Zone() *time.Location { return m.zone }

// OrderWide says that what concerns the whole order may stand on one of its lines only.
func (m *Orders) OrderWide() bool { return m.OrderColumns == "first_line" }

// Reading is how to open the file.
func (m *Orders) Reading() tabular.Options {
	o := tabular.Options{Format: tabular.Format(m.File.Format), Encoding: tabular.Encoding(m.File.Encoding), StripGuard: true}
	if m.File.Delimiter != "" {
		o.Delimiter = m.File.Delimiter[0]
	}
	for _, name := range sortedKeys(m.Columns) {
		if c := m.Columns[name].Name; !slices.Contains(o.Columns, c) {
			o.Columns = append(o.Columns, c)
		}
	}
	return o
}

func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("no time zone")
	}
	return time.LoadLocation(name)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
