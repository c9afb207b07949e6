package password

import (
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Preset names a policy that somebody else has argued for.
type Preset string

// The presets. A policy whose knobs were turned keeps the name of the preset it started from.
const (
	NIST   Preset = "nist"   // the default: length and a blocklist, nothing else (SP 800-63B-4)
	PCI    Preset = "pci"    // what PCI DSS 4.0.1, 8.3 asks for
	Legacy Preset = "legacy" // what older rule books ask for
)

// Presets in the order in which a form offers them.
var Presets = []Preset{NIST, PCI, Legacy}

// Policy is plain data: what a password must be, how long it lives, and what failures cost. Zero days and counts mean never.
type Policy struct {
	Preset Preset `json:"preset"`

	MinStaff    int      `json:"min_staff"`    // code points
	MinCustomer int      `json:"min_customer"` // code points
	Max         int      `json:"max"`          // code points
	Require     Required `json:"require"`
	Blocklist   bool     `json:"blocklist"` // the embedded list, the operator's file, words of the context
	MinScore    int      `json:"min_score"` // zxcvbn, 0 to 4

	History         int  `json:"history"`           // how many old passwords may not come back
	ExpireDays      int  `json:"expire_days"`       // staff only
	ExpireOnlyAlone bool `json:"expire_only_alone"` // no expiry for who has a second factor

	Attempts Attempts `json:"attempts"`
}

// Required are the kinds of characters that must occur.
type Required struct {
	Lower  bool `json:"lower"`
	Upper  bool `json:"upper"`
	Letter bool `json:"letter"` // either case, or a script without cases
	Digit  bool `json:"digit"`
	Symbol bool `json:"symbol"` // anything else, spaces too
}

// Of gives the policy of a preset.
func Of(p Preset) (Policy, error) {
	nist := Policy{
		Preset: NIST, MinStaff: 12, MinCustomer: 10, Max: Longest, Blocklist: true, MinScore: 3,
		Attempts: Attempts{WaitFrom: 5, FirstWait: 30 * time.Second, LongestWait: time.Hour, DisableAt: 100},
	}
	switch p {
	case NIST:
		return nist, nil
	case PCI:
		pci := nist
		pci.Preset, pci.MinCustomer = PCI, 12
		pci.Require = Required{Letter: true, Digit: true}
		pci.History, pci.ExpireDays, pci.ExpireOnlyAlone = 4, 90, true
		pci.Attempts.LockAt, pci.Attempts.LockFor = 10, 30*time.Minute
		return pci, nil
	case Legacy:
		legacy := nist
		legacy.Preset, legacy.MinStaff, legacy.MinCustomer, legacy.MinScore = Legacy, 8, 8, 2
		legacy.Require = Required{Lower: true, Upper: true, Digit: true}
		legacy.History, legacy.ExpireDays = 5, 90
		legacy.Attempts.LockAt, legacy.Attempts.LockFor = 5, 15*time.Minute
		return legacy, nil
	}
	return Policy{}, errs.Field("preset", "There is no preset %q. Choose nist, pci or legacy.", p)
}

// Validate refuses a policy outside the bounds, naming every wrong knob.
func (p Policy) Validate() error {
	var w errs.Wrong
	if _, err := Of(p.Preset); err != nil {
		w.Add("preset", "There is no preset %q. Choose nist, pci or legacy.", p.Preset)
	}
	within := func(field string, value, least, most int, what string) {
		if value < least || value > most {
			w.Add(field, "%s must be from %d to %d.", what, least, most)
		}
	}
	within("min_staff", p.MinStaff, 8, 64, "The least length for staff")
	within("min_customer", p.MinCustomer, 8, 64, "The least length for customers")
	within("max", p.Max, 64, Longest, "The greatest length")
	within("min_score", p.MinScore, 0, 4, "The least strength")
	within("history", p.History, 0, 24, "The number of old passwords that may not come back")
	if p.ExpireDays != 0 {
		within("expire_days", p.ExpireDays, 30, 365, "The days until a password expires (0 for never)")
	}
	p.Attempts.validate(&w)
	return w.Err()
}

// Weakness is a knob that makes the installation weaker than the default, and the sentence that stands beside it.
type Weakness struct {
	Field    string `json:"field"` // the JSON name of the knob
	Sentence string `json:"sentence"`
}

// Weaknesses lists what is weaker than the preset nist. Rules that merely annoy are listed too where they are known to
// make people choose worse passwords: expiry and required characters.
func (p Policy) Weaknesses() []Weakness {
	var out []Weakness
	def, _ := Of(NIST)
	add := func(weaker bool, field, format string, args ...any) {
		if weaker {
			out = append(out, Weakness{field, fmt.Sprintf(format, args...)})
		}
	}
	add(p.MinStaff < def.MinStaff, "min_staff", "Weaker than the default of %d characters for staff: short passwords are guessed first.", def.MinStaff)
	add(p.MinCustomer < def.MinCustomer, "min_customer", "Weaker than the default of %d characters for customers: short passwords are guessed first.", def.MinCustomer)
	add(p.Max < def.Max, "max", "Shorter than the default of %d characters: long passphrases and some password managers are refused.", def.Max)
	add(!p.Blocklist, "blocklist", "Weaker than the default: the most common passwords are let in, and attackers try those first.")
	add(p.MinScore < def.MinScore, "min_score", "Weaker than the default strength of %d: passwords that a program guesses quickly are let in.", def.MinScore)
	add(p.Require != (Required{}), "require", "Required characters make passwords predictable (Password1!) and hard to remember; a greater length protects better.")
	add(p.ExpireDays != 0, "expire_days", "Passwords that expire are changed by counting up. Change them when there is a sign of theft instead.")
	return append(out, p.Attempts.weaknesses(def.Attempts)...)
}

// Min is the least length for this audience.
func (p Policy) Min(staff bool) int {
	if staff {
		return p.MinStaff
	}
	return p.MinCustomer
}

// Hint is what a form says under the field before anybody has typed.
func (p Policy) Hint(staff bool) string {
	hint := fmt.Sprintf("At least %d characters. Three or four unrelated words are strong and easy to remember.", p.Min(staff))
	if missing := p.Require.names(); len(missing) > 0 {
		hint += " It needs " + list(missing) + "."
	}
	return hint
}

// Expired tells whether a password set then must be changed now. Only staff passwords expire.
func (p Policy) Expired(set, now time.Time, staff, secondFactor bool) bool {
	if p.ExpireDays == 0 || !staff || p.ExpireOnlyAlone && secondFactor {
		return false
	}
	return !now.Before(set.AddDate(0, 0, p.ExpireDays))
}

func (r Required) names() []string {
	var out []string
	for _, kind := range []struct {
		wanted bool
		name   string
	}{{r.Lower, "a small letter"}, {r.Upper, "a capital letter"}, {r.Letter && !r.Lower && !r.Upper, "a letter"}, {r.Digit, "a digit"}, {r.Symbol, "a symbol or space"}} {
		if kind.wanted {
			out = append(out, kind.name)
		}
	}
	return out
}

func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
