package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// ErrPhone refuses what is no telephone number.
var ErrPhone = errs.New(errs.Invalid, "phone_unreadable", "Write a telephone number with 5 to 15 digits, such as +44 20 7946 0018.")

// NormPhone is the comparable form of a telephone number: digits, with a leading + where the country code was given
// (00 counts as +). Keep the typed form beside it for people. Without a country code it stays without one: which
// country is meant is not known here. Empty stays empty.
func NormPhone(s string) (string, error) {
	if len(s) > 200 {
		return "", ErrPhone
	}
	s = strings.TrimSpace(norm.NFKC.String(s))
	if s == "" {
		return "", nil
	}
	if strings.HasPrefix(s, "+") {
		s = strings.Replace(s, "(0)", "", 1) // +44 (0)20 …: the trunk 0 is not dialled after a country code
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" \u00a0-\u2010\u2011\u2013()./", r):
		default:
			return "", ErrPhone
		}
	}
	n := b.String()
	if after, ok := strings.CutPrefix(n, "00"); ok {
		n = "+" + after
	}
	if digits := len(strings.TrimPrefix(n, "+")); digits < 5 || digits > 15 {
		return "", ErrPhone
	}
	return n, nil
}
