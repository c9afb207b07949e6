package ui

import (
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
)

// MinorDigits is how many digits the minor unit of a currency has by ISO 4217: 2 for GBP, 0 for JPY, 3 for KWD.
func MinorDigits(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// Symbol is the sign of a currency that stands before an amount; a currency without one of its own gets its
// code and a space that does not break.
func Symbol(currency string) string {
	switch currency {
	case "GBP":
		return "£"
	case "EUR":
		return "€"
	case "USD":
		return "$"
	case "JPY":
		return "¥"
	case "INR":
		return "₹"
	case "AUD":
		return "A$"
	case "CAD":
		return "CA$"
	case "NZD":
		return "NZ$"
	}
	return currency + "\u00a0"
}

// Amount is money without its unit, for columns whose head names it: 180000 GBP is "1,800.00".
func Amount(minor int64, currency string) string {
	digits := MinorDigits(currency)
	sign, units := "", magnitude(minor)
	if minor < 0 {
		sign = "−"
	}
	text := strconv.FormatUint(units, 10)
	for len(text) <= digits {
		text = "0" + text
	}
	whole, part := text[:len(text)-digits], text[len(text)-digits:]
	if digits == 0 {
		return sign + grouped(whole)
	}
	return sign + grouped(whole) + "." + part
}

// Money is a figure: "£1,800.00", "−£3.50", "CHF 12.00".
func Money(minor int64, currency string) string {
	if minor < 0 {
		return "−" + Symbol(currency) + strings.TrimPrefix(Amount(minor, currency), "−")
	}
	return Symbol(currency) + Amount(minor, currency)
}

// MoneyISO is money about to move, or that came from elsewhere: "25.00 GBP".
func MoneyISO(minor int64, currency string) string {
	return Amount(minor, currency) + "\u00a0" + currency
}

// Count is a whole number with separators: "24,816".
func Count(n int64) string {
	if n < 0 {
		return "−" + grouped(strconv.FormatUint(magnitude(n), 10))
	}
	return grouped(strconv.FormatInt(n, 10))
}

// Counted is a number with its noun: Counted(1, "order", "orders") is "1 order".
func Counted(n int64, one, many string) string {
	if n == 1 {
		return Count(n) + " " + one
	}
	return Count(n) + " " + many
}

// Percent is a share with at most one decimal: Percent(22904, 24816) is "92.3%". Of nothing it is "–".
func Percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	text := strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 1, 64)
	return strings.TrimSuffix(text, ".0") + "%"
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1 // also right for the smallest number
	}
	return uint64(n)
}

func grouped(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	first := len(digits) % 3
	b.WriteString(digits[:first])
	for i := first; i < len(digits); i += 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// NameOf is how a person is called on screen: the name, or "Customer 14646" for one without.
func NameOf(name, number string) string {
	if strings.TrimSpace(name) != "" {
		return name
	}
	return "Customer " + number
}

// Initials are the first letters of the first and the last word: "Ada Okafor" is "AO". A name without a
// letter (an archived person, "Customer 14646" aside) gives nothing, and an avatar then shows a figure.
func Initials(name string) string {
	if strings.HasPrefix(name, "[archived-") {
		return ""
	}
	words := strings.Fields(name)
	var first, last string
	for _, word := range words {
		letter := firstLetter(word)
		if letter == "" {
			continue
		}
		if first == "" {
			first = letter
		} else {
			last = letter
		}
	}
	return first + last
}

func firstLetter(word string) string {
	for i, r := range word {
		if unicode.IsLetter(r) {
			// a letter keeps the marks that follow it
			end := i + len(string(r))
			for _, mark := range word[end:] {
				if !unicode.Is(unicode.Mn, mark) || end > i+8 {
					break
				}
				end += len(string(mark))
			}
			return strings.ToUpper(word[i:end])
		}
	}
	return ""
}

// avatarClass gives a person the same one of five colours everywhere.
func avatarClass(seed string) string {
	if seed == "" {
		return ""
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed)) // a hash does not fail
	return "a" + strconv.Itoa(int(h.Sum32()%5)+1)
}

// LowerFirst begins a word as inside of a sentence.
func LowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
