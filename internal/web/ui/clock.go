package ui

import (
	"strconv"
	"time"
)

// A Clock is the moment a page is made and the brand's time zone: everything that a page says about time
// is said against it.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

func (c Clock) local(t time.Time) time.Time {
	if c.Zone == nil {
		return t.UTC()
	}
	return t.In(c.Zone)
}

// Date is "17 Nov 2026".
func (c Clock) Date(t time.Time) string { return c.local(t).Format("2 Jan 2006") }

// Time is "05:48".
func (c Clock) Time(t time.Time) string { return c.local(t).Format("15:04") }

// Exact is what a hover shows: "17 Nov 2026, 05:48:12 GMT".
func (c Clock) Exact(t time.Time) string { return c.local(t).Format("2 Jan 2006, 15:04:05 MST") }

// Moment is a date with its time, in a sentence: "17 Nov 2026, 05:48".
func (c Clock) Moment(t time.Time) string { return c.local(t).Format("2 Jan 2006, 15:04") }

// Relative is "now", "12 min ago", "2 h ago", "yesterday", "6 days ago", and from then on the date;
// forwards "in 5 min", "tomorrow", "in 6 days". Days are days of the calendar in the clock's zone.
func (c Clock) Relative(t time.Time) string {
	gap := c.Now.Sub(t)
	future := gap < 0
	if future {
		gap = -gap
	}
	days := c.daysBetween(t)
	switch {
	case gap < time.Minute:
		return "now"
	case gap < time.Hour:
		return around(int(gap/time.Minute), "min", future)
	case days == 0:
		return around(int(gap/time.Hour), "h", future)
	case days == 1 && future:
		return "tomorrow"
	case days == 1:
		return "yesterday"
	case days <= 6:
		return around(days, "days", future)
	}
	return c.Date(t)
}

// DayHead is the head over the entries of a day: "Today, Friday 20 November", "Thursday 19 November", with
// the year when it is another.
func (c Clock) DayHead(t time.Time) string {
	day := c.local(t)
	text := day.Format("Monday 2 January")
	if day.Year() != c.local(c.Now).Year() {
		return day.Format("Monday 2 January 2006")
	}
	if c.daysBetween(t) == 0 {
		return "Today, " + text
	}
	return text
}

// SameDay says whether two moments stand under the same day head.
func (c Clock) SameDay(a, b time.Time) bool {
	return c.local(a).Format(time.DateOnly) == c.local(b).Format(time.DateOnly)
}

func (c Clock) daysBetween(t time.Time) int {
	a, b := midnight(c.local(t)), midnight(c.local(c.Now))
	days := int(b.Sub(a) / (24 * time.Hour))
	return max(days, -days)
}

// midnight counts calendar days without the hour that a clock change takes or gives.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func around(n int, unit string, future bool) string {
	if future {
		return "in " + strconv.Itoa(n) + " " + unit
	}
	return strconv.Itoa(n) + " " + unit + " ago"
}

func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }
