package security_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stewardhq/steward/internal/security"
)

// Whatever somebody types for a span: it is refused, or it is as long as they said, and reads back as itself.
func FuzzSpansAreAsLongAsTheyAreSaid(f *testing.F) {
	for _, typed := range []string{"30 minutes", "1 minute", "90 min.", "12h", " 14 Days ", "0 seconds", "", "-1 hours", "1e3 hours", "999999 days", "213504 days", "1 hour 30 minutes", "١٢ hours", "12 h..", "00012h", "+5 days"} {
		f.Add(typed)
	}
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	f.Fuzz(func(t *testing.T, typed string) {
		d, ok := security.ParseSpan(typed)
		if !ok {
			return
		}
		said := strings.ToLower(strings.TrimSpace(typed))
		at := strings.IndexFunc(said, unicode.IsLetter)
		n, err := strconv.ParseFloat(strings.Trim(said[:at], " ."), 64)
		if err != nil || d < 0 || float64(d) != n*float64(units[said[at]]) {
			t.Errorf("%q is %v (%v)", typed, d, err)
		}
		if again, ok := security.ParseSpan(security.Span(d)); !ok || again != d {
			t.Errorf("%q is %v, and its own words are %v", typed, d, again)
		}
		for _, k := range security.Knobs {
			p := security.Default()
			if k.Set(&p, typed) == "" && k.Say(p) == "" {
				t.Errorf("%s was set to %q and says nothing", k.Field, typed)
			}
		}
	})
}
