package ui

import (
	"math"
	"net/url"
	"testing"
	"time"
)

func TestMoneyHasTheDigitsOfItsCurrency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor              int64
		currency           string
		amount, money, iso string
	}{
		{180000, "GBP", "1,800.00", "£1,800.00", "1,800.00\u00a0GBP"},
		{2500, "GBP", "25.00", "£25.00", "25.00\u00a0GBP"},
		{5, "EUR", "0.05", "€0.05", "0.05\u00a0EUR"},
		{0, "USD", "0.00", "$0.00", "0.00\u00a0USD"},
		{-350, "GBP", "−3.50", "−£3.50", "−3.50\u00a0GBP"},
		{-5, "GBP", "−0.05", "−£0.05", "−0.05\u00a0GBP"},
		{1234567, "JPY", "1,234,567", "¥1,234,567", "1,234,567\u00a0JPY"},
		{1234567, "KWD", "1,234.567", "KWD\u00a01,234.567", "1,234.567\u00a0KWD"},
		{100, "CHF", "1.00", "CHF\u00a01.00", "1.00\u00a0CHF"},
		{math.MaxInt64, "GBP", "92,233,720,368,547,758.07", "£92,233,720,368,547,758.07", "92,233,720,368,547,758.07\u00a0GBP"},
		{math.MinInt64, "GBP", "−92,233,720,368,547,758.08", "−£92,233,720,368,547,758.08", "−92,233,720,368,547,758.08\u00a0GBP"},
	} {
		if got := Amount(c.minor, c.currency); got != c.amount {
			t.Errorf("Amount(%d, %s) = %q", c.minor, c.currency, got)
		}
		if got := Money(c.minor, c.currency); got != c.money {
			t.Errorf("Money(%d, %s) = %q", c.minor, c.currency, got)
		}
		if got := MoneyISO(c.minor, c.currency); got != c.iso {
			t.Errorf("MoneyISO(%d, %s) = %q", c.minor, c.currency, got)
		}
	}
}

func TestCountsAreReadable(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 24816: "24,816", 1204118: "1,204,118", -1000: "−1,000", math.MinInt64: "−9,223,372,036,854,775,808"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q", n, got)
		}
	}
	if got := Counted(1, "order", "orders"); got != "1 order" {
		t.Error(got)
	}
	if got := Counted(1200, "order", "orders"); got != "1,200 orders" {
		t.Error(got)
	}
	for _, c := range []struct {
		part, whole int64
		want        string
	}{{22904, 24816, "92.3%"}, {1, 2, "50%"}, {1, 0, "–"}, {0, 5, "0%"}} {
		if got := Percent(c.part, c.whole); got != c.want {
			t.Errorf("Percent(%d, %d) = %q", c.part, c.whole, got)
		}
	}
}

func TestInitialsOfAnyName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ada Okafor": "AO", "Lucía Fernández Ortiz": "LO", "Rosa Van der Merwe": "RM", "Grzegorz Łukasik": "GŁ", "élodie": "É", "": "", "   ": "", "[archived-01JB7K2M9Q]": "",
		"123 456": "", "😀 🎉": "", "<script>": "S", "e\u0301va o\u0301": "E\u0301O\u0301", "李 小龙": "李小", "O'Brien": "O", "\u202eabc": "A",
	} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
	if NameOf("", "14646") != "Customer 14646" || NameOf(" ", "1") != "Customer 1" || NameOf("Ada", "1") != "Ada" {
		t.Error("nameless")
	}
	if first, again := avatarClass("ada"), avatarClass("ada"); first != again || avatarClass("") != "" {
		t.Error("a person changes colour")
	}
}

func TestRelativeTimesUpToSixDays(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("no time zones here")
	}
	c := Clock{Now: time.Date(2026, 11, 20, 8, 2, 0, 0, london), Zone: london}
	for _, k := range []struct {
		t    time.Time
		want string
	}{
		{c.Now, "now"},
		{c.Now.Add(-59 * time.Second), "now"},
		{c.Now.Add(-12 * time.Minute), "12 min ago"},
		{c.Now.Add(-5 * time.Hour), "5 h ago"},
		{c.Now.Add(-9 * time.Hour), "yesterday"},
		{c.Now.Add(-20*time.Minute).AddDate(0, 0, -2), "2 days ago"},
		{time.Date(2026, 11, 14, 0, 1, 0, 0, london), "6 days ago"},
		{time.Date(2026, 11, 13, 23, 59, 0, 0, london), "13 Nov 2026"},
		{c.Now.Add(5 * time.Minute), "in 5 min"},
		{c.Now.Add(3 * time.Hour), "in 3 h"},
		{c.Now.AddDate(0, 0, 1), "tomorrow"},
		{c.Now.AddDate(0, 0, 6), "in 6 days"},
		{c.Now.AddDate(0, 0, 7), "27 Nov 2026"},
	} {
		if got := c.Relative(k.t); got != k.want {
			t.Errorf("%s is %q, want %q", k.t, got, k.want)
		}
	}
	// days are days of the calendar also where the clock changes (25 Oct 2026, 25 hours)
	after := Clock{Now: time.Date(2026, 10, 26, 0, 30, 0, 0, london), Zone: london}
	if got := after.Relative(time.Date(2026, 10, 25, 0, 10, 0, 0, london)); got != "yesterday" {
		t.Errorf("over the change of the clock: %q", got)
	}
	if got := c.DayHead(c.Now); got != "Today, Friday 20 November" {
		t.Error(got)
	}
	if got := c.DayHead(c.Now.AddDate(-1, 0, 0)); got != "Thursday 20 November 2025" {
		t.Error(got)
	}
	if !c.SameDay(c.Now, c.Now.Add(time.Hour)) || c.SameDay(c.Now, c.Now.Add(-9*time.Hour)) {
		t.Error("same day")
	}
}

func TestTimesAreOfTheBrandsZone(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*3600)
	c := Clock{Now: time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC), Zone: tokyo}
	if got := c.Date(c.Now); got != "21 Nov 2026" {
		t.Error(got)
	}
	if got := c.Exact(c.Now); got != "21 Nov 2026, 05:00:00 JST" {
		t.Error(got)
	}
}

func TestLinksKeepTheStateOfThePage(t *testing.T) {
	t.Parallel()
	a := Address{Path: "/admin/customers", Query: url.Values{"status": {"active", "banned"}, "q": {"ada okafor"}, "spend[gte]": {"50"}, "cursor": {"xyz"}, "empty": {""}}, Sort: "-last_order"}
	for got, want := range map[string]string{
		a.Without("status"):                    "/admin/customers?q=ada+okafor&spend[gte]=50",
		a.Without("status", "q", "spend[gte]"): "/admin/customers",
		a.With("tier", "gold"):                 "/admin/customers?q=ada+okafor&spend[gte]=50&status=active&status=banned&tier=gold",
		a.With("q", ""):                        "/admin/customers?spend[gte]=50&status=active&status=banned",
		a.SortedBy("last_order", true):         "/admin/customers?q=ada+okafor&sort=last_order&spend[gte]=50&status=active&status=banned",
		a.SortedBy("spend", true):              "/admin/customers?q=ada+okafor&sort=-spend&spend[gte]=50&status=active&status=banned",
		a.SortedBy("name", false):              "/admin/customers?q=ada+okafor&sort=name&spend[gte]=50&status=active&status=banned",
		a.Cursor("abc"):                        "/admin/customers?cursor=abc&q=ada+okafor&spend[gte]=50&status=active&status=banned",
	} {
		if got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	if a.Query.Get("cursor") != "xyz" || len(a.Query["status"]) != 2 {
		t.Error("the page's own query was changed")
	}
}
