package device

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestBrowsersAreNamedAsPeopleNameThem(t *testing.T) {
	for userAgent, want := range map[string]string{
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                                    "Chrome 141 on Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36":                                    "Chrome 141 on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.3537.57":                  "Edge 141 on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":                              "Safari 26 on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1":            "Safari 26 on iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1":     "Chrome 141 on iPhone",
		"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":                     "Safari 17 on iPad",
		"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0":                                                                             "Firefox 143 on Linux",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36":                                     "Chrome 141 on ChromeOS",
		"Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": "Samsung Browser 28 on Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0":                      "Opera 124 on Windows",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36":                                      "Chrome without a window 141 on Linux",
		"curl/8.14.1":               "curl 8",
		"Go-http-client/1.1":        "Go-http-client 1",
		"python-requests/2.32.3":    "python-requests 2",
		"PostmanRuntime/7.43.0":     "PostmanRuntime 7",
		"":                          Unknown,
		"   ":                       Unknown,
		"\x00\x01\x02":              Unknown,
		"Mozilla/5.0":               Unknown,
		"<script>alert(1)</script>": Unknown,
		"=cmd|' /C calc'!A0":        Unknown,
	} {
		if got := Describe(userAgent); got != want {
			t.Errorf("%q is %q, not %q", userAgent, got, want)
		}
	}
}

func TestWhatIsStoredIsShortAndHarmless(t *testing.T) {
	for given, want := range map[string]string{
		"curl/8\r\nX-Injected: 1":       "curl/8 X-Injected: 1",
		"  a \t\x1b[31m b \u202e c\xff": "a [31m b c",
		strings.Repeat("é", 1000):       strings.Repeat("é", Longest/2),
		strings.Repeat(" a", 1<<20):     strings.TrimSpace(strings.Repeat(" a", Longest/2)),
	} {
		if got := Clean(given); got != want {
			t.Errorf("%.40q: %.60q", given, got)
		}
	}
}

func FuzzAnythingIsDescribedInAShortLine(f *testing.F) {
	f.Add("Mozilla/5.0 (Linux; Android 10; K) Chrome/141.0.0.0")
	f.Add("Mozilla/5.0 (iPhone; CPU iPhone OS ")
	f.Add("Instagram 1 (((((;;;/:")
	f.Fuzz(func(t *testing.T, userAgent string) {
		clean := Clean(userAgent)
		if len(clean) > Longest || !utf8.ValidString(clean) || Clean(clean) != clean {
			t.Errorf("%q became %q", userAgent, clean)
		}
		got := Describe(userAgent)
		if got == "" || len(got) > 80 || strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsAny(got, "<>\"'&") {
			t.Errorf("%q is described as %q", userAgent, got)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkDescribe(b *testing.B) {
	for b.Loop() {
		Describe("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36")
	}
}
