package device

import (
	"net/netip"

	"github.com/phuslu/iploc"
)

// Place is where an address seems to be.
type Place struct {
	Code string // ISO 3166-1 alpha-2, or empty when that is not known
	Name string // "United Kingdom", "this network", "an unknown place": fits behind "from" and in a cell
}

// The places that are not countries.
var (
	ThisNetwork  = Place{Name: "this network"}
	UnknownPlace = Place{Name: "an unknown place"}
)

// shared is the carriers' own network (RFC 6598), which netip does not count as private.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// Where gives the country of an address, from the data of IP2Location LITE within iploc. It costs no heap: IPv4 is searched
// where the linker put it, and IPv6 in our own extract (see ipv6.go).
func Where(addr netip.Addr) Place {
	addr = plain(addr)
	switch {
	case !addr.IsValid():
		return UnknownPlace
	case addr.IsPrivate(), addr.IsLoopback(), addr.IsLinkLocalUnicast(), shared.Contains(addr):
		return ThisNetwork
	case addr.IsUnspecified(), addr.IsMulticast(), addr.IsInterfaceLocalMulticast():
		return UnknownPlace
	}
	var code string
	if addr.Is4() {
		code = iploc.IPCountry(addr)
	} else {
		code = country6(addr)
	}
	if name := Country(code); name != "" {
		return Place{Code: code, Name: name}
	}
	return UnknownPlace
}

// RateKey is what is counted as one caller: the address, or the /64 for IPv6, of which anybody has a whole one. It is the zero prefix
// for what is not an address.
func RateKey(addr netip.Addr) netip.Prefix {
	addr = plain(addr)
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// plain takes off what makes two spellings of one address differ: IPv4 within IPv6, and the zone.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
