package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/money"
)

func TestParseRoundsOnceHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		in   string
		cur  money.Currency
		want int64
	}{
		{"12.345", money.GBP, 1235}, {"-12.345", money.GBP, -1235}, {"12.344999999999", money.GBP, 1234}, {"12.3450000000001", money.GBP, 1235},
		{"0.005", money.GBP, 1}, {"-0.005", money.GBP, -1}, {"0.0049", money.GBP, 0}, {"-0.0", money.GBP, 0},
		{"25", money.GBP, 2500}, {".5", money.GBP, 50}, {"5.", money.GBP, 500}, {"+1.50", money.USD, 150},
		{"1050", money.JPY, 1050}, {"0.5", money.JPY, 1}, {"-1.5", money.JPY, -2}, {"1.2345", money.KWD, 1235},
		{"92233720368547758.07", money.GBP, math.MaxInt64}, {"1.10000000000000000000000000", money.GBP, 110},
	} {
		got, err := money.Parse(c.in, c.cur)
		if err != nil || got != money.Of(c.want, c.cur) {
			t.Errorf("Parse(%q, %s) = %v, %v; want %d", c.in, c.cur, got, err, c.want)
		}
	}
}

func TestParseRefusesWhatIsNotOneExactNumber(t *testing.T) {
	for _, in := range []string{"", "-", ".", "1e3", "1,000", "1 000", "£5", "--1", "1.2.3", "0x10", "NaN", "Inf", "١٢", "12\x00", "\xff", " 1"} {
		if a, err := money.Parse(in, money.GBP); !errors.Is(err, money.ErrNotNumber) {
			t.Errorf("Parse(%q) = %v, %v", in, a, err)
		}
	}
	for _, in := range []string{"92233720368547758.08", "-92233720368547758.08", "99999999999999999999", strings.Repeat("9", 5000), "0.1234567890123456789"} {
		if a, err := money.Parse(in, money.GBP); !errors.Is(err, money.ErrTooLarge) {
			t.Errorf("Parse(%q) = %v, %v", in, a, err)
		}
	}
	if _, err := money.Parse("1", "XXX"); !errors.Is(err, money.ErrCurrency) {
		t.Error(err)
	}
}

func TestThousandsGroupByThreeOrAreRefused(t *testing.T) {
	english, german, french := money.Style{Thousands: ','}, money.Style{Thousands: '.', Point: ','}, money.Style{Thousands: '\u202f', Point: ','}
	for _, c := range []struct {
		st   money.Style
		in   string
		want int64
	}{
		{english, "1,234,567.89", 123456789}, {english, "1234567.89", 123456789}, {english, "12,345", 1234500}, {english, "-1,000.5", -100050},
		{german, "1.234,56", 123456}, {german, "0,5", 50}, {french, "12\u202f345,60", 1234560},
	} {
		if got, err := c.st.Parse(c.in, money.GBP); err != nil || got.Minor != c.want {
			t.Errorf("%q = %v, %v; want %d", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"1,23", "1,2345", ",123", "1,,234", "1,234,", "1234,567", "1.234,5", "12,3456,789"} {
		if got, err := english.Parse(in, money.GBP); err == nil {
			t.Errorf("%q was read as %v", in, got)
		}
	}
}

func TestLinesAreRoundedAfterTheProductNotBefore(t *testing.T) {
	for _, c := range []struct {
		price, qty string
		cur        money.Currency
		want       int64
	}{
		{"0.001", "100000", money.GBP, 10000}, {"0.125", "1", money.GBP, 13}, {"0.125", "-1", money.GBP, -13}, {"2.55", "6", money.GBP, 1530},
		{"1.333", "3", money.GBP, 400}, {"10", "0.5", money.JPY, 5}, {"1.5", "1.5", money.JPY, 2}, {"0.0005", "1", money.KWD, 1}, {"0", "80995", money.GBP, 0},
		{"0.000000000000000001", "0.000000000000000001", money.GBP, 0}, {"0.5", "0.01", money.GBP, 1},
	} {
		p, q := decimal(t, c.price), decimal(t, c.qty)
		if got, err := money.Extend(p, q, c.cur); err != nil || got.Minor != c.want {
			t.Errorf("%s × %s = %v, %v; want %d", c.price, c.qty, got, err, c.want)
		}
	}
	if _, err := money.Extend(decimal(t, "9999999999999999"), decimal(t, "9999999999999999"), money.GBP); !errors.Is(err, money.ErrTooLarge) {
		t.Error(err)
	}
	if got, _ := money.Of(105, money.GBP).Mul(decimal(t, "0.5")); got.Minor != 53 {
		t.Error(got)
	}
}

func TestSumsAreCheckedAndNeverMixCurrencies(t *testing.T) {
	top, one := money.Of(math.MaxInt64, money.GBP), money.Of(1, money.GBP)
	bottom := money.Of(math.MinInt64, money.GBP)
	for name, f := range map[string]func() (money.Amount, error){
		"top+1": func() (money.Amount, error) { return top.Add(one) }, "bottom-1": func() (money.Amount, error) { return bottom.Sub(one) },
		"-bottom": bottom.Neg, "1-bottom": func() (money.Amount, error) { return one.Sub(bottom) },
		"bottom+bottom": func() (money.Amount, error) { return bottom.Add(bottom) }, "top*2": func() (money.Amount, error) { return top.Mul(money.Whole(2)) },
	} {
		if a, err := f(); !errors.Is(err, money.ErrTooLarge) {
			t.Errorf("%s = %v, %v", name, a, err)
		}
	}
	if _, err := one.Add(money.Of(1, money.USD)); !errors.Is(err, money.ErrMixed) {
		t.Error(err)
	}
	if a, err := money.Of(-3, money.GBP).Sub(money.Of(-5, money.GBP)); err != nil || a.Minor != 2 {
		t.Error(a, err)
	}
}

func TestAveragesRoundHalfAwayFromZero(t *testing.T) {
	for _, c := range [][3]int64{{5, 2, 3}, {-5, 2, -3}, {5, -2, -3}, {4, 3, 1}, {7, 0, 0}, {math.MinInt64, 1, math.MinInt64}, {math.MinInt64, -1, math.MaxInt64}, {math.MaxInt64, math.MaxInt64, 1}, {1, math.MinInt64, 0}} {
		if got := money.Of(c[0], money.GBP).Div(c[1]); got.Minor != c[2] {
			t.Errorf("%d ÷ %d = %d, want %d", c[0], c[1], got.Minor, c[2])
		}
	}
}

func TestPlainForm(t *testing.T) {
	for _, c := range []struct {
		a    money.Amount
		want string
	}{
		{money.Of(2500, money.GBP), "25.00"}, {money.Of(-5, money.GBP), "-0.05"}, {money.Of(1200, money.JPY), "1200"}, {money.Of(1050, money.KWD), "1.050"},
		{money.Of(0, money.GBP), "0.00"}, {money.Of(math.MinInt64, money.GBP), "-92233720368547758.08"},
	} {
		if c.a.Plain() != c.want {
			t.Errorf("%d = %q, want %q", c.a.Minor, c.a.Plain(), c.want)
		}
	}
}

func TestJSONHasOneFormOnly(t *testing.T) {
	b, err := json.Marshal(money.Of(1050, money.GBP))
	if err != nil || string(b) != `{"amount":1050,"currency":"GBP"}` {
		t.Fatalf("%s %v", b, err)
	}
	var back money.Amount
	if err := json.Unmarshal(b, &back); err != nil || back != money.Of(1050, money.GBP) {
		t.Fatal(back, err)
	}
	for _, in := range []string{`10.50`, `{"amount":10.5,"currency":"GBP"}`, `{"amount":"1050","currency":"GBP"}`, `{"amount":1,"amount":2,"currency":"GBP"}`,
		`{"amount":1,"currency":"GBP","x":1}`, `{"Amount":1,"currency":"GBP"}`, `{"amount":1}`, `{"currency":"GBP"}`, `{"amount":9223372036854775808,"currency":"GBP"}`, `{"amount":1,"currency":"gbp"}`, `null`} {
		kept := money.Of(7, money.USD)
		if err := kept.UnmarshalJSON([]byte(in)); err == nil || kept != money.Of(7, money.USD) {
			t.Errorf("%s was read as %v, %v", in, kept, err)
		}
	}
}

func TestCurrenciesHaveTheirMinorUnits(t *testing.T) {
	for c, d := range map[money.Currency]int{"GBP": 2, "JPY": 0, "KWD": 3, "ISK": 0, "TND": 3, "MRU": 2, "CHF": 2} {
		if !c.Valid() || c.Digits() != d {
			t.Errorf("%s: %d", c, c.Digits())
		}
	}
	if c, err := money.ParseCurrency(" gbp "); err != nil || c != money.GBP || c.Symbol() != "£" {
		t.Error(c, err)
	}
	for _, s := range []string{"", "XYZ", "GB", "€", "CLF"} {
		if _, err := money.ParseCurrency(s); err == nil {
			t.Error(s)
		}
	}
}

// FuzzParse compares with big.Rat, which is exact.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"12.345", "-0.005", "1e5", "", "99999999999999999999.5", "1.", "000.0050000"} {
		f.Add(s, "3")
	}
	f.Fuzz(func(t *testing.T, s, by string) {
		d, err := money.ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is no number and was read as %s", s, d)
		}
		if back, err := money.ParseDecimal(d.String()); err != nil || back.String() != d.String() {
			t.Fatalf("%q → %s → %s %v", s, d, back, err)
		}
		check(t, want, func() (money.Amount, error) { return money.Parse(s, money.GBP) })
		q, err := money.ParseDecimal([]byte(by))
		if err != nil {
			return
		}
		factor, _ := new(big.Rat).SetString(by)
		check(t, new(big.Rat).Mul(want, factor), func() (money.Amount, error) { return money.Extend(d, q, money.GBP) })
	})
}

// check compares f with exact × 100, rounded half away from zero.
func check(t *testing.T, exact *big.Rat, f func() (money.Amount, error)) {
	t.Helper()
	got, err := f()
	r := new(big.Rat).Mul(exact, big.NewRat(200, 1)) // twice the minor units
	abs := new(big.Int).Quo(new(big.Int).Add(new(big.Int).Quo(new(big.Int).Abs(r.Num()), r.Denom()), big.NewInt(1)), big.NewInt(2))
	if r.Sign() < 0 {
		abs.Neg(abs)
	}
	if fits := abs.IsInt64() && abs.Int64() != math.MinInt64; fits != (err == nil) || fits && abs.Int64() != got.Minor {
		t.Fatalf("%s: got %v, %v; want %s", exact, got, err, abs)
	}
}

func decimal(t *testing.T, s string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(s)
	if err != nil {
		t.Fatal(s, err)
	}
	return d
}
