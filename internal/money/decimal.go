package money

import (
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Decimal is an exact decimal number with at most 19 digits: a unit price before it is rounded, or a quantity.
// The zero value is 0.
type Decimal struct {
	abs   uint64
	scale uint8 // digits after the point, at most 18
	neg   bool
}

// What can be wrong with a number that people wrote.
var (
	ErrNotNumber = errs.New(errs.Invalid, "number_unreadable", "Write a number with digits and a decimal point, such as 12.50.")
	ErrTooLarge  = errs.New(errs.Invalid, "number_too_large", "That number is larger than Steward can count exactly.")
)

// Style is how a file writes numbers. The zero value is 1234.5; {Thousands: '.', Point: ','} also reads 1.234,5.
// Thousands may be left out of a number, but where they stand they must group by three.
type Style struct {
	Thousands rune // 0 for none
	Point     rune // 0 for '.'
}

// ParseDecimal reads a number exactly. Exponents, currency signs and inner spaces are refused.
func ParseDecimal[T ~string | ~[]byte](s T) (Decimal, error) { return Style{}.Decimal(string(s)) }

// Decimal reads a number written in this style.
func (st Style) Decimal(s string) (Decimal, error) {
	var d Decimal
	if st.Point == 0 {
		st.Point = '.'
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	var (
		digits, group   int // all digits; those since the last separator
		grouped, inFrac bool
		zeros           int // fractional zeros not yet known to matter
	)
	for i := 0; i < len(s); {
		c, n := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(s[i:])
		}
		i += n
		switch {
		case c >= '0' && c <= '9':
			digits++
			group++
			if inFrac {
				if c == '0' {
					zeros++
					continue
				}
				for ; zeros > 0; zeros-- {
					if !d.push(0, true) {
						return Decimal{}, ErrTooLarge
					}
				}
			}
			if !d.push(uint64(c-'0'), inFrac) {
				return Decimal{}, ErrTooLarge
			}
		case c == st.Point && !inFrac:
			if grouped && group != 3 {
				return Decimal{}, ErrNotNumber
			}
			inFrac = true
		case st.Thousands != 0 && c == st.Thousands && !inFrac:
			if group == 0 || group > 3 || grouped && group != 3 {
				return Decimal{}, ErrNotNumber
			}
			grouped, group = true, 0
		default:
			return Decimal{}, ErrNotNumber
		}
	}
	if digits == 0 || grouped && !inFrac && group != 3 {
		return Decimal{}, ErrNotNumber
	}
	d.neg = d.neg && d.abs != 0
	return d, nil
}

func (d *Decimal) push(digit uint64, frac bool) bool {
	hi, lo := bits.Mul64(d.abs, 10)
	sum, carry := bits.Add64(lo, digit, 0)
	if hi != 0 || carry != 0 || frac && d.scale == 18 {
		return false
	}
	d.abs = sum
	if frac {
		d.scale++
	}
	return true
}

// Whole is the decimal n.
func Whole(n int64) Decimal { return Decimal{abs: magnitude(n), neg: n < 0} }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.abs == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// Neg is the number with the other sign.
func (d Decimal) Neg() Decimal { d.neg = !d.neg && d.abs != 0; return d }

// String writes the number plainly, without needless zeros.
func (d Decimal) String() string { return string(d.Append(nil)) }

// Append adds the plain form to dst.
func (d Decimal) Append(dst []byte) []byte {
	if d.neg {
		dst = append(dst, '-')
	}
	return appendPlain(dst, d.abs, int(d.scale))
}

// Extend is unit price × quantity in the currency's minor units, rounded once, half away from zero: 0.125 × 1 is 0.13 and
// -0.125 × 1 is -0.13. The price is not rounded before: 0.001 × 100000 is 100.00.
func Extend(price, quantity Decimal, c Currency) (Amount, error) {
	hi, lo := bits.Mul64(price.abs, quantity.abs)
	minor, err := toMinor(hi, lo, int(price.scale)+int(quantity.scale)-c.Digits(), price.neg != quantity.neg)
	return Amount{Minor: minor, Currency: c}, err
}

// toMinor is ±(hi,lo) ÷ 10^shift as an int64, half away from zero; a negative shift multiplies.
func toMinor(hi, lo uint64, shift int, neg bool) (int64, error) {
	for ; shift < 0; shift++ {
		over, h := bits.Mul64(hi, 10)
		carry, l := bits.Mul64(lo, 10)
		sum, c := bits.Add64(h, carry, 0)
		if over != 0 || c != 0 {
			return 0, ErrTooLarge
		}
		hi, lo = sum, l
	}
	if shift > 0 {
		// Cutting all but one of the digits, and then adding 5 to the last, rounds half away: what was cut below the last
		// digit can only move the value up from a half, never across one.
		for cut := shift - 1; cut > 0; {
			step := min(cut, 19)
			hi, lo = div128(hi, lo, pow10[step])
			cut -= step
		}
		var carry uint64
		lo, carry = bits.Add64(lo, 5, 0)
		hi, lo = div128(hi+carry, lo, 10)
	}
	if hi != 0 || lo > math.MaxInt64 {
		return 0, ErrTooLarge
	}
	if neg {
		return -int64(lo), nil
	}
	return int64(lo), nil
}

func div128(hi, lo, by uint64) (qhi, qlo uint64) {
	qhi, r := hi/by, hi%by
	qlo, _ = bits.Div64(r, lo, by)
	return qhi, qlo
}

var pow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func appendPlain(dst []byte, abs uint64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendUint(dst, abs, 10)
	}
	dst = strconv.AppendUint(dst, abs/pow10[scale], 10)
	dst = append(dst, '.')
	frac := abs % pow10[scale]
	for i := scale - 1; i > 0 && frac < pow10[i]; i-- {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, frac, 10)
}
