package device

import (
	_ "embed"
	"encoding/binary"
	"net/netip"
)

// ipv6 is where the country changes within 2000::/3, by /32: four bytes of address, two letters. generate.go makes it from
// the data within iploc, because iploc's own search unpacks 11 MB into the heap at the first address and keeps them.
//
// The data is IP2Location LITE (CC BY-SA 4.0): see ipv6.NOTICE.txt.
//
//go:generate go run generate.go
//go:embed ipv6.bin
var ipv6 string

const record = 6

// country6 gives the country that holds most of the address's /32.
func country6(addr netip.Addr) string {
	raw := addr.As16()
	if raw[0]>>5 != 1 { // not 2000::/3
		return ""
	}
	wanted := binary.BigEndian.Uint32(raw[:4])
	low, high := 0, len(ipv6)/record // the first record after the address
	for low < high {
		middle := (low + high) / 2
		if binary.BigEndian.Uint32([]byte(ipv6[middle*record:middle*record+4])) > wanted {
			high = middle
		} else {
			low = middle + 1
		}
	}
	if low == 0 {
		return ""
	}
	return ipv6[low*record-2 : low*record]
}
