package smtp

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a mailbox and the name that is shown for it.
type Address struct {
	Name  string // may be empty
	Email string
}

// What is wrong with an address, for the person who typed it.
var (
	errAddressShape   = errors.New("an e-mail address looks like name@example.com")
	errAddressLong    = errors.New("an e-mail address has at most 64 characters before the @ and 254 in all")
	errAddressQuoted  = errors.New("an e-mail address in quotation marks cannot be used here")
	errAddressControl = errors.New("the e-mail address has a space, a line break or another invisible character in it: leave it out")
	errAddressDomain  = errors.New("what stands behind the @ is not the name of a mail domain")
)

// CheckAddress says what is wrong with a bare address (no name, no angle brackets), or nil. An address that passes is sent
// to byte for byte; international domains are sent to in their ASCII form.
func CheckAddress(email string) error {
	_, err := envelope(email)
	return err
}

// envelope gives the form that SMTP hears. The address is taken apart by another parser at the end, and must come out whole:
// where two readings of an address differ, mail goes to a stranger.
func envelope(email string) (string, error) {
	if !utf8.ValidString(email) || strings.ContainsFunc(email, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		return "", errAddressControl
	}
	if len(email) > 254 {
		return "", errAddressLong
	}
	if strings.ContainsRune(email, '"') {
		return "", errAddressQuoted
	}
	local, domain, found := strings.Cut(email, "@")
	if !found || local == "" || strings.ContainsRune(domain, '@') {
		return "", errAddressShape
	}
	if len(local) > 64 {
		return "", errAddressLong
	}
	// RFC 5322's atext, and letters of other scripts (RFC 6531); dots only between.
	for _, atom := range strings.Split(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool {
			return r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
		}) {
			return "", errAddressShape
		}
	}
	host, err := idna.Lookup.ToASCII(domain)
	if err != nil || checkDomain(host) != nil {
		return "", errAddressDomain
	}
	out := local + "@" + host
	if len(out) > 254 {
		return "", errAddressLong
	}
	again, err := mail.ParseAddress("<" + out + ">")
	if err != nil || again.Address != out || again.Name != "" {
		return "", errAddressShape
	}
	return out, nil
}

// checkDomain accepts host names: labels of letters, digits and hyphens, not all digits at the end (that is an address).
func checkDomain(domain string) error {
	labels := strings.Split(domain, ".")
	if len(domain) > 253 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return errAddressDomain
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return errAddressDomain
		}
		for _, c := range []byte(label) {
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return errAddressDomain
			}
		}
	}
	return nil
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// oneLine makes a header's text of anything: control characters, line and paragraph separators become one space, and what
// turns the direction of the text around without being seen goes.
func oneLine(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		s = strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return s
}
