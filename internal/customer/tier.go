package customer

import (
	"time"

	"github.com/stewardhq/steward/internal/money"
)

// Level is a tier as narrow rows keep it.
type Level int64

// The tiers.
const (
	Bronze Level = iota
	Silver
	Gold
	Platinum
)

// Levels lists the tiers, lowest first.
var Levels = []Level{Bronze, Silver, Gold, Platinum}

var levelNames = [...]string{"bronze", "silver", "gold", "platinum"}

// String is the tier's name for programs.
func (l Level) String() string {
	if l < Bronze || l > Platinum {
		return ""
	}
	return levelNames[l]
}

// Label is the tier's name for people.
func (l Level) Label() string {
	if l < Bronze || l > Platinum {
		return ""
	}
	return [...]string{"Bronze", "Silver", "Gold", "Platinum"}[l]
}

// MarshalText writes the tier's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Thresholds are the lifetime spends, in minor units, from which Silver, Gold and Platinum are earned.
type Thresholds [3]int64

// DefaultThresholds are 50, 500 and 5,000 of a currency's units, until a brand sets others.
func DefaultThresholds(c money.Currency) Thresholds {
	return DefaultSettings().Thresholds(c)
}

// Earned is the tier of a lifetime spend, expiry apart. Bands are half-open: 50 is Silver. Below zero is Bronze.
func (t Thresholds) Earned(lifetime int64) Level {
	level := Bronze
	for i, from := range t {
		if lifetime >= from {
			level = Levels[i+1]
		}
	}
	return level
}

// Tier is the tier on a day, and the first instant at which it is another one unless something happens (0: never).
//
//	last paid order in 2024, lifetime Gold     Gold until 31 Dec 2025, Silver until 31 Dec 2026, then Bronze
//
// A paid order holds what lifetime spend earns until 31 December of the year after it. Each further year without one takes one
// tier, down to Bronze, which has no expiry. The next paid order gives back what lifetime spend earns. Whose spend came from a
// previous platform and who has no paid order here is held by the day it was recorded: lastPaid is then that day. Without
// either there is nothing that could hold a tier, and it is Bronze.
//
// lastPaid is in epoch milliseconds; years are those of today's location, which is the brand's zone.
func Tier(lifetime, lastPaid int64, today time.Time, t Thresholds) (Level, int64) {
	if lastPaid == 0 {
		return Bronze, 0
	}
	year := today.Year()
	holds := time.UnixMilli(lastPaid).In(today.Location()).Year() + 1 // the last year in which nothing is lost
	level := t.Earned(lifetime)
	if lost := year - holds; lost > 0 {
		level = max(Bronze, level-Level(lost))
	}
	if level == Bronze {
		return Bronze, 0
	}
	return level, time.Date(max(year, holds)+1, time.January, 1, 0, 0, 0, 0, today.Location()).UnixMilli()
}

// NextTier is the tier above the earned one and what is missing to it; false at the top.
func NextTier(lifetime int64, t Thresholds) (next Level, missing int64, ok bool) {
	earned := t.Earned(lifetime)
	if earned == Platinum {
		return Platinum, 0, false
	}
	return earned + 1, t[earned] - lifetime, true
}

// roll gives the statistics their tier of the day.
func (s *Stats) roll(importedAt int64, today time.Time, t Thresholds) {
	held := s.LastOrderAt
	if held == 0 {
		held = importedAt
	}
	s.Tier, s.TierUntil = Tier(s.Lifetime, held, today, t)
}
