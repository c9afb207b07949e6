package apikey

import (
	"slices"
	"testing"
)

func TestAKeyIsTakenFromItsNetworksOnly(t *testing.T) {
	t.Parallel()
	k := Key{Networks: "203.0.113.0/24 2001:db8::/48 198.51.100.7/32"}
	for ip, want := range map[string]bool{
		"203.0.113.9": true, "::ffff:203.0.113.9": true, "2001:db8::1": true, "198.51.100.7": true,
		"203.0.114.1": false, "2001:db9::1": false, "198.51.100.8": false, "": false, "no address": false,
	} {
		if k.takenFrom(ip) != want {
			t.Errorf("from %q: %v", ip, !want)
		}
		if !(&Key{}).takenFrom(ip) {
			t.Errorf("a key without networks is not taken from %q", ip)
		}
	}
}

func TestNetworksAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	clean, problem := cleanNetworks([]string{" 203.0.113.9/24 ", "", "198.51.100.7", "::ffff:192.0.2.1", "2001:db8::1/48"})
	if want := []string{"203.0.113.0/24", "198.51.100.7/32", "192.0.2.1/32", "2001:db8::/48"}; problem != "" || !slices.Equal(clean, want) {
		t.Errorf("%v, %q", clean, problem)
	}
	for _, wrong := range []string{"example.com", "203.0.113.0/33", "10.0.0", "fe80::1%eth0", "*"} {
		if _, problem := cleanNetworks([]string{wrong}); problem == "" {
			t.Errorf("%q was taken", wrong)
		}
	}
	if _, problem := cleanNetworks(slices.Repeat([]string{"192.0.2.1"}, 21)); problem == "" {
		t.Error("21 networks were taken")
	}
}
