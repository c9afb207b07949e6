package customer_test

import (
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/money"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestATierIsEarnedByLifetimeSpendInHalfOpenBands(t *testing.T) {
	t.Parallel()
	pounds := customer.DefaultThresholds("GBP")
	for lifetime, want := range map[int64]customer.Level{
		-500: customer.Bronze, 0: customer.Bronze, 4_999: customer.Bronze, 5_000: customer.Silver, 49_999: customer.Silver,
		50_000: customer.Gold, 499_999: customer.Gold, 500_000: customer.Platinum,
	} {
		if got := pounds.Earned(lifetime); got != want {
			t.Errorf("%d earns %s, want %s", lifetime, got, want)
		}
	}
	for c, silver := range map[money.Currency]int64{"JPY": 50, "KWD": 50_000} {
		if got := customer.DefaultThresholds(c)[0]; got != silver {
			t.Errorf("Silver from %d in %s", got, c)
		}
	}
}

func TestATierFallsByOneForEachYearWithoutAPaidOrder(t *testing.T) {
	t.Parallel()
	london := zone(t, "Europe/London")
	paid := time.Date(2024, 6, 1, 12, 0, 0, 0, london).UnixMilli()
	for _, c := range []struct {
		day   string
		tier  customer.Level
		until string
	}{
		{"2024-06-01", customer.Platinum, "2026-01-01"},
		{"2025-12-31", customer.Platinum, "2026-01-01"},
		{"2026-01-01", customer.Gold, "2027-01-01"},
		{"2027-05-05", customer.Silver, "2028-01-01"},
		{"2028-01-01", customer.Bronze, ""},
		{"2050-01-01", customer.Bronze, ""},
	} {
		day, _ := time.ParseInLocation(time.DateOnly, c.day, london)
		tier, until := customer.Tier(500_000, paid, day, customer.DefaultThresholds("GBP"))
		got := ""
		if until != 0 {
			got = time.UnixMilli(until).In(london).Format(time.DateOnly)
		}
		if tier != c.tier || got != c.until {
			t.Errorf("on %s: %s until %q, want %s until %q", c.day, tier, got, c.tier, c.until)
		}
	}
}

func TestTheYearEndsWhereTheBrandIs(t *testing.T) {
	t.Parallel()
	newYork := zone(t, "America/New_York")
	paid := time.Date(2025, 1, 1, 3, 0, 0, 0, time.UTC).UnixMilli() // still 2024 in New York
	now := time.Date(2026, 1, 1, 4, 59, 0, 0, time.UTC)
	if tier, until := customer.Tier(5_000, paid, now.In(newYork), customer.DefaultThresholds("USD")); tier != customer.Silver || until != now.Add(time.Minute).UnixMilli() {
		t.Errorf("a minute before the year ends: %s until %d", tier, until)
	}
	if tier, _ := customer.Tier(5_000, paid, now.Add(time.Minute).In(newYork), customer.DefaultThresholds("USD")); tier != customer.Bronze {
		t.Errorf("as it ends: %s", tier)
	}
}

func TestTheNextTierSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	pounds := customer.DefaultThresholds("GBP")
	if next, missing, ok := customer.NextTier(12_345, pounds); next != customer.Gold || missing != 37_655 || !ok {
		t.Errorf("%s, %d, %v", next, missing, ok)
	}
	if next, missing, _ := customer.NextTier(-100, pounds); next != customer.Silver || missing != 5_100 {
		t.Errorf("from below zero: %s, %d", next, missing)
	}
	if _, _, ok := customer.NextTier(500_000, pounds); ok {
		t.Error("there is something above Platinum")
	}
}

func TestTheAverageIsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]int64{{101, 2, 51}, {100, 3, 33}, {200, 3, 67}, {0, 5, 0}, {7, 0, 0}} {
		if got := (customer.Stats{Gross: c[0], Orders: c[1]}).Average(); got != c[2] {
			t.Errorf("%d in %d orders: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
