package api

import (
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Time is a moment as it stands outside: RFC 3339 in UTC, to the millisecond. Inside it is epoch milliseconds; 0, never, is null.
type Time int64

// MarshalJSON writes the moment.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + t.String() + `"`), nil
}

func (t Time) String() string { return time.UnixMilli(int64(t)).UTC().Format(time.RFC3339Nano) }

// UnmarshalText reads a moment with any offset.
func (t *Time) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil || at.Year() < 1900 || at.Year() > 9999 {
		return errs.New(errs.Invalid, "time", "Write a moment as 2026-11-20T09:30:00Z.")
	}
	*t = Time(at.UnixMilli())
	return nil
}

// Page is how much of a list is asked for.
type Page struct {
	Limit  *int   `query:"limit" json:"-" minimum:"1" maximum:"200" default:"50" description:"How many entries, at most 200."`
	Cursor string `query:"cursor" json:"-" description:"next_cursor of the page before."`
	Total  *bool  `query:"total" json:"-" default:"true" description:"false leaves the total out, which is faster."`
}

// Uncounted is Page for a list that nobody counts: its total is always left out.
type Uncounted struct {
	Limit  *int   `query:"limit" json:"-" minimum:"1" maximum:"200" default:"50" description:"How many entries, at most 200."`
	Cursor string `query:"cursor" json:"-" description:"next_cursor of the page before."`
	Total  *bool  `query:"total" json:"-" description:"This list is not counted: its total is always left out."`
}

func (u Uncounted) size() (int, error) { return Page{Limit: u.Limit}.size() }

// How many entries a page has.
const (
	usualPage = 50
	mostPage  = 200
)

// size is the number of entries asked for.
func (p Page) size() (int, error) {
	switch {
	case p.Limit == nil:
		return usualPage, nil
	case *p.Limit < 1 || *p.Limit > mostPage:
		return 0, errs.Field("limit", "A page has 1 to %d entries.", mostPage)
	}
	return *p.Limit, nil
}

func (p Page) wantsTotal() bool { return p.Total == nil || *p.Total }

// List is a page of a list. The total is exact, over all pages.
type List[T any] struct {
	Data []T     `json:"data" required:"true"`
	Next *string `json:"next_cursor" required:"true" description:"Where the next page begins; null on the last."`
	Sum  *int64  `json:"total,omitzero" description:"How many there are in all; absent with total=false."`
}

// moment is a time.Time outside; the zero one is never.
func moment(at time.Time) Time {
	if at.IsZero() {
		return 0
	}
	return Time(at.UnixMilli())
}
