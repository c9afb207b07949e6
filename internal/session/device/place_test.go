package device

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/phuslu/iploc"
)

func TestAddressesAreInTheirCountries(t *testing.T) {
	for addr, want := range map[string]string{
		"8.8.8.8": "United States", "212.58.244.20": "United Kingdom", "193.99.144.80": "Germany", "::ffff:193.99.144.80": "Germany",
		"2a02:2e0:3fe:1001:302::": "Germany", "2001:4860:4860::8888": "United States", "2400:cb00::1": "", "2001:da8::1": "China",
		"127.0.0.1": "this network", "::1": "this network", "10.1.2.3": "this network", "192.168.1.1": "this network", "172.16.0.1": "this network",
		"169.254.1.1": "this network", "100.64.0.1": "this network", "fd00::1": "this network", "fe80::1%eth0": "this network", "::ffff:10.0.0.1": "this network",
		"0.0.0.0": "an unknown place", "::": "an unknown place", "224.0.0.1": "an unknown place", "ff02::1": "an unknown place", "255.255.255.255": "an unknown place",
		"0.1.2.3": "an unknown place", "64:ff9b::1": "an unknown place", "ffff::1": "an unknown place", "1::1": "an unknown place",
	} {
		if got := Where(netip.MustParseAddr(addr)); want != "" && got.Name != want {
			t.Errorf("%s is %+v, not %s", addr, got, want)
		}
	}
	if Where(netip.Addr{}) != UnknownPlace {
		t.Error("no address is somewhere")
	}
}

func TestEveryCountryOfTheDataHasAName(t *testing.T) {
	seen := map[string]bool{}
	for n := uint64(0); n < 1<<32; n += 1 << 12 {
		var raw [4]byte
		binary.BigEndian.PutUint32(raw[:], uint32(n))
		if n >= 1<<24 {
			seen[strings.Clone(iploc.IPCountry(netip.AddrFrom4(raw)))] = true
		}
	}
	for at := 0; at < len(ipv6); at += record {
		seen[ipv6[at+4:at+record]] = true
	}
	for code := range seen {
		if Country(code) == "" && code != "ZZ" {
			t.Errorf("%s has no name", code)
		}
	}
	for _, code := range []string{"", "ZZ", "gb", "G", "GBR", "\nG", "n\n"} {
		if Country(code) != "" {
			t.Errorf("%q is %s", code, Country(code))
		}
	}
	if n := strings.Count(countries, "\n") - 1; n != 250 || Country("AD") != "Andorra" || Country("ZW") != "Zimbabwe" || Country("GB") != "United Kingdom" {
		t.Errorf("%d countries", n)
	}
}

// The extract is by /32; iploc itself is exact. They agree wherever a whole /32 has one country, and nearly always elsewhere.
func TestTheExtractAgreesWithTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	agree, all := 0, 0
	for range 200_000 {
		record := r.IntN(len(ipv6)/record) * record
		var raw [16]byte
		binary.BigEndian.PutUint32(raw[:], binary.BigEndian.Uint32([]byte(ipv6[record:]))+uint32(r.IntN(4)))
		binary.BigEndian.PutUint32(raw[4:], r.Uint32())
		addr := netip.AddrFrom16(raw)
		want := iploc.IPCountry(addr)
		if want == "ZZ" {
			continue
		}
		all++
		if country6(addr) == want {
			agree++
		}
	}
	t.Logf("%d of %d agree", agree, all)
	if all < 50_000 || float64(agree) < 0.98*float64(all) {
		t.Errorf("%d of %d agree", agree, all)
	}
}

func TestACallerIsAnAddressOrTheNetworkOfOneHousehold(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.77":           "203.0.113.77/32",
		"::ffff:203.0.113.77":    "203.0.113.77/32",
		"2001:db8:1:2:3::4":      "2001:db8:1:2::/64",
		"2001:db8:1:2:3::4%eth0": "2001:db8:1:2::/64",
	} {
		if got := RateKey(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if RateKey(netip.Addr{}).IsValid() {
		t.Error("no address has a network")
	}
}

// Looking up costs no heap, neither at the start nor after the first address of each kind.
func TestPlacesCostNoMemory(t *testing.T) {
	four, six := netip.MustParseAddr("193.99.144.80"), netip.MustParseAddr("2a02:2e0:3fe:1001:302::")
	if n := testing.AllocsPerRun(1000, func() { Where(four); Where(six) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("heap %d KiB", m.HeapAlloc>>10)
}

func BenchmarkWhere(b *testing.B) {
	four, six := netip.MustParseAddr("193.99.144.80"), netip.MustParseAddr("2a02:2e0:3fe:1001:302::")
	b.ReportAllocs()
	for b.Loop() {
		Where(four)
		Where(six)
	}
}
