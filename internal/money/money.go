// Package money is amounts that are always right: integer minor units with a currency, never a float.
//
// Files and people write decimals; they are read exactly (Decimal), multiplied exactly, and rounded once, half away from
// zero, to the minor units of the currency (ISO 4217: JPY has none, GBP two digits, KWD three). Sums are checked: an
// amount that does not fit is refused, never wrapped. In JSON an amount is {"amount":1050,"currency":"GBP"}.
package money

import (
	"encoding/json"
	"math"
	"math/bits"

	jsonx "github.com/go-json-experiment/json"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Amount is a sum of money in minor units: 1050 GBP is ten pounds fifty.
type Amount struct {
	Minor    int64
	Currency Currency
}

// ErrMixed refuses arithmetic over two currencies.
var ErrMixed = errs.New(errs.Conflict, "currency_mixed", "These amounts are in two currencies. Convert one of them first.")

// Of is an amount of minor units.
func Of(minor int64, c Currency) Amount { return Amount{Minor: minor, Currency: c} }

// Parse reads a decimal such as "12.345" exactly and rounds it half away from zero to the currency's minor units.
func Parse(s string, c Currency) (Amount, error) { return Style{}.Parse(s, c) }

// Parse reads an amount written in this style.
func (st Style) Parse(s string, c Currency) (Amount, error) {
	if !c.Valid() {
		return Amount{}, ErrCurrency
	}
	d, err := st.Decimal(s)
	if err != nil {
		return Amount{}, err
	}
	return Round(d, c)
}

// Round is the decimal in minor units of the currency, half away from zero.
func Round(d Decimal, c Currency) (Amount, error) {
	minor, err := toMinor(0, d.abs, int(d.scale)-c.Digits(), d.neg)
	return Amount{Minor: minor, Currency: c}, err
}

// Add is the sum of two amounts of one currency.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrMixed
	}
	sum, ok := AddMinor(a.Minor, b.Minor)
	if !ok {
		return Amount{}, ErrTooLarge
	}
	return Amount{sum, a.Currency}, nil
}

// Sub is the difference of two amounts of one currency.
func (a Amount) Sub(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrMixed
	}
	diff := a.Minor - b.Minor
	if (diff < a.Minor) != (b.Minor > 0) {
		return Amount{}, ErrTooLarge
	}
	return Amount{diff, a.Currency}, nil
}

// AddMinor is a + b, and whether it fits.
func AddMinor(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// Neg is the amount with the other sign.
func (a Amount) Neg() (Amount, error) {
	if a.Minor == math.MinInt64 {
		return Amount{}, ErrTooLarge
	}
	return Amount{-a.Minor, a.Currency}, nil
}

// Mul is the amount times a quantity, rounded half away from zero. For a line whose unit price has more digits than the
// currency use Extend, which rounds only once.
func (a Amount) Mul(quantity Decimal) (Amount, error) {
	hi, lo := bits.Mul64(magnitude(a.Minor), quantity.abs)
	minor, err := toMinor(hi, lo, int(quantity.scale), (a.Minor < 0) != quantity.neg)
	return Amount{minor, a.Currency}, err
}

// Div is the amount over n, half away from zero: an average. Over nothing it is zero.
func (a Amount) Div(n int64) Amount {
	if n == 0 {
		return Amount{0, a.Currency}
	}
	abs, by := magnitude(a.Minor), magnitude(n)
	q, r := abs/by, abs%by
	if r >= by-r {
		q++
	}
	if (a.Minor < 0) != (n < 0) {
		return Amount{-int64(q), a.Currency}
	}
	return Amount{int64(min(q, math.MaxInt64)), a.Currency} // only MinInt64 ÷ -1 is capped
}

// Plain is the amount without currency, as in a CSV cell: "25.00", "-0.05", "1200" (JPY).
func (a Amount) Plain() string { return string(a.Append(nil)) }

// Append adds the plain form to dst.
func (a Amount) Append(dst []byte) []byte {
	if a.Minor < 0 {
		dst = append(dst, '-')
	}
	return appendPlain(dst, magnitude(a.Minor), a.Currency.Digits())
}

// String is for logs and tests: "25.00 GBP". Pages format for the brand's locale.
func (a Amount) String() string { return a.Plain() + " " + string(a.Currency) }

type wire struct {
	Amount   *int64    `json:"amount"`
	Currency *Currency `json:"currency"`
}

// ErrJSON refuses anything else than the one form.
var ErrJSON = errs.New(errs.Invalid, "money_unreadable", `Write money as {"amount":1050,"currency":"GBP"}, in minor units.`)

// MarshalJSON writes {"amount":1050,"currency":"GBP"}.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(wire{&a.Minor, &a.Currency}) }

// UnmarshalJSON reads that form and nothing else: no unknown or repeated names, no fraction, no unknown currency.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var w wire
	if err := jsonx.Unmarshal(b, &w, jsonx.RejectUnknownMembers(true)); err != nil {
		return ErrJSON.Because(err)
	}
	if w.Amount == nil || w.Currency == nil {
		return ErrJSON
	}
	if !w.Currency.Valid() {
		return ErrCurrency
	}
	*a = Amount{*w.Amount, *w.Currency}
	return nil
}
