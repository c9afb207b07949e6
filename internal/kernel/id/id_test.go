package id

import (
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)

func TestNewIsValidAndTellsItsTime(t *testing.T) {
	s := New(User, noon)
	if len(s) != 30 || !Valid(User, s) || Valid(Brand, s) || strings.ToUpper(s[4:]) != s[4:] {
		t.Errorf("%q is not a user's id", s)
	}
	if at, ok := Time(s); !ok || !at.Equal(noon) {
		t.Errorf("Time(%q) = %v, %v", s, at, ok)
	}
}

func TestIdsOfOneMomentAscend(t *testing.T) {
	before := ""
	for range 100_000 {
		s := New(Audit, noon)
		if s <= before {
			t.Fatalf("%q follows %q", s, before)
		}
		before = s
	}
	if at, _ := Time(before); !at.Equal(noon) {
		t.Errorf("counting up moved the time to %v", at)
	}
}

func TestIdsOfManyAreDifferent(t *testing.T) {
	var all sync.Map
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10_000 {
				if _, twice := all.LoadOrStore(New(User, time.Now()), true); twice {
					t.Error("the same id twice")
				}
			}
		})
	}
	wg.Wait()
}

func TestOtherTextIsNoID(t *testing.T) {
	good := New(User, noon)
	for _, s := range []string{"", "usr_", good[4:], strings.ToLower(good), good + "0", good[:29], good[:29] + "U", "usr_8" + good[5:],
		"usr_" + strings.Repeat("0", 26), "brd_" + good[4:], good[:29] + "é"} {
		if Valid(User, s) {
			t.Errorf("%q counts as a user's id", s)
		}
	}
	if _, ok := Time("usr_nonsense"); ok {
		t.Error("nonsense has a time")
	}
}

func FuzzValid(f *testing.F) {
	f.Add(New(User, noon))
	f.Add("usr_")
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := Time(s); Valid(User, s) && (!ok || at.IsZero()) {
			t.Errorf("%q is valid without a time", s)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(User, noon)
	}
}
