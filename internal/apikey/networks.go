package apikey

import (
	"net/netip"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// mostNetworks is how many a key can name.
const mostNetworks = 20

// ErrElsewhere refuses a key that is used from outside of its networks. It is an event in the log: the key may have been stolen.
var ErrElsewhere = errs.New(errs.Forbidden, "api_key_elsewhere", "This API key is not taken from your network. Use it from one of the networks that it was made for, or make another key.")

// cleanNetworks reads networks as people write them, 203.0.113.7 or 203.0.113.0/24, and gives them in one form.
func cleanNetworks(typed []string) (clean []string, problem string) {
	for _, one := range typed {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			addr, other := netip.ParseAddr(one)
			if other != nil || addr.Zone() != "" {
				return nil, "Write addresses or networks, such as 203.0.113.7 or 2001:db8::/48. What cannot be read: " + short(one) + "."
			}
			p = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		if p.Addr().Is4In6() { // nobody is seen to come from one of these: addresses are compared as IPv4
			if p.Bits() < 96 {
				return nil, "Write IPv4 networks as 203.0.113.0/24. What cannot be read: " + short(one) + "."
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		clean = append(clean, p.Masked().String())
	}
	if len(clean) > mostNetworks {
		return nil, "A key can name at most 20 networks."
	}
	return clean, ""
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// FromNetworks lists the networks from which the key is taken; none is anywhere.
func (k *Key) FromNetworks() []string { return strings.Fields(k.Networks) }

// takenFrom says whether the key is taken from an address.
func (k *Key) takenFrom(ip string) bool {
	if k.Networks == "" {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, n := range k.FromNetworks() {
		if p, err := netip.ParsePrefix(n); err == nil && p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// elsewhere refuses, as the key, so that the log says whose key was used from outside of its networks.
var elsewhere = &op.Query[op.None, op.None]{
	Name: "apikey.elsewhere", Summary: "Refuse an API key that is used from outside of its networks", Own: true,
	Do: func(*op.View, op.None) (op.None, error) { return op.None{}, ErrElsewhere },
}
