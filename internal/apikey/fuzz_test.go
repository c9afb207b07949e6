package apikey

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// A network that was taken stays as it is when it is read again, and takes every address of its own, in whichever of its spellings.
func FuzzANetworkTakesItsOwnAddresses(f *testing.F) {
	for _, typed := range []string{"203.0.113.7", "203.0.113.0/24", "2001:db8::/48", "::ffff:203.0.113.7", "::ffff:203.0.113.0/120", "::ffff:0:0/90", "fe80::1%eth0", "0.0.0.0/0", "::/0", "10.0.0.1/33", "", " 10.0.0.0/8 ", "1.2.3.4\n5.6.7.8"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		clean, problem := cleanNetworks([]string{typed})
		if problem != "" || len(clean) == 0 {
			return
		}
		if again, problem := cleanNetworks(clean); problem != "" || !slices.Equal(again, clean) {
			t.Errorf("%q is kept as %q, and that as %q %s", typed, clean, again, problem)
		}
		k := Key{Networks: strings.Join(clean, " ")}
		if got := k.FromNetworks(); !slices.Equal(got, clean) {
			t.Fatalf("%q is kept as %q, and read as %q", typed, clean, got)
		}
		one, _, _ := strings.Cut(strings.TrimSpace(typed), "/")
		addr, err := netip.ParseAddr(one)
		if err != nil {
			t.Fatalf("%q was taken: %v", typed, err)
		}
		for _, spelling := range []netip.Addr{addr, addr.Unmap()} {
			if !k.takenFrom(spelling.String()) {
				t.Errorf("a key for %q is not taken from %s", typed, spelling)
			}
		}
	})
}
