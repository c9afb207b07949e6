package money

import (
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Currency is an ISO 4217 code of the table below, such as "GBP". The empty value is no currency and is never valid.
type Currency string

// The currencies that code and tests name. Every other one comes from ParseCurrency.
const (
	GBP Currency = "GBP"
	USD Currency = "USD"
	EUR Currency = "EUR"
	JPY Currency = "JPY"
	KWD Currency = "KWD"
)

// ErrCurrency refuses a code that is not in use.
var ErrCurrency = errs.New(errs.Invalid, "currency_unknown", "Give a currency in use by its ISO 4217 code, such as GBP, USD or EUR.")

// ParseCurrency reads a code; case and surrounding spaces do not matter.
func ParseCurrency(code string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(code)))
	if !c.Valid() {
		return "", ErrCurrency
	}
	return c, nil
}

// Valid says whether the code is in the table.
func (c Currency) Valid() bool { _, ok := currencies[c]; return ok }

// Digits is the number of minor digits: 2 for GBP, 0 for JPY, 3 for KWD. An invalid currency has 2.
func (c Currency) Digits() int {
	switch c { // the everyday ones, without a map
	case GBP, USD, EUR:
		return 2
	}
	if d, ok := currencies[c]; ok {
		return int(d)
	}
	return 2
}

// Symbol is what stands before an amount: "£", "$", or the code where no sign is unambiguous enough.
func (c Currency) Symbol() string {
	if s, ok := symbols[c]; ok {
		return s
	}
	return string(c)
}

// The active codes of ISO 4217 by their minor digits. Left out: funds, metals, test codes, and the two accounting units
// with four digits (CLF, UYW), in which no shop sells.
const (
	digits0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	digits2 = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC " +
		"CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES " +
		"KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK " +
		"NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL " +
		"THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
	digits3 = "BHD IQD JOD KWD LYD OMR TND"
)

var currencies = table()

func table() map[Currency]uint8 {
	m := map[Currency]uint8{}
	for codes, digits := range map[string]uint8{digits0: 0, digits2: 2, digits3: 3} {
		for _, code := range strings.Fields(codes) {
			m[Currency(code)] = digits
		}
	}
	return m
}

var symbols = map[Currency]string{
	"AUD": "A$", "BRL": "R$", "CAD": "CA$", "CNY": "CN¥", "CZK": "Kč", "EUR": "€", "GBP": "£", "HKD": "HK$", "ILS": "₪", "INR": "₹",
	"JPY": "¥", "KRW": "₩", "MXN": "MX$", "NGN": "₦", "NZD": "NZ$", "PHP": "₱", "PLN": "zł", "SGD": "S$", "THB": "฿", "TRY": "₺",
	"TWD": "NT$", "UAH": "₴", "USD": "$", "VND": "₫", "ZAR": "R",
}
