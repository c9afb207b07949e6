package consent

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
)

// The address of a policy becomes a link on the page where people register: it leads to a host, by https, and to nothing else.
func FuzzAPolicysAddressLeadsToAHost(f *testing.F) {
	for _, typed := range []string{"https://shop.example/privacy", "javascript:alert(1)", "https://", "https://:443", "https:///x", "HTTPS://shop.example", "https://a@b", "https://shop.example/\"onclick=", "//shop.example", "https:shop.example", "https://shop.example/\u2028", " https://x ", "https://[::1]/"} {
		f.Add(typed, "2026-11")
	}
	f.Fuzz(func(t *testing.T, address, version string) {
		p, err := PolicyChange{Version: version, URL: address}.policy()
		if err != nil || p.URL == "" {
			return
		}
		u, err := url.Parse(p.URL)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || !strings.HasPrefix(strings.ToLower(p.URL), "https://") {
			t.Errorf("%q was taken: %v %v", address, u, err)
		}
		if strings.ContainsFunc(p.Version+p.URL, unicode.IsControl) || p.Version == "" {
			t.Errorf("%q, %q was taken", address, version)
		}
	})
}
