package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Email is an address in its two forms. Mail goes to Address; Key alone decides whether two addresses are the same.
type Email struct {
	Address string // as typed, NFC, with the domain in lower-case ASCII
	Key     string // Address with the local part case-folded: unique in a brand
}

// ErrEmail refuses an address; its sentence says what is wrong with it.
var ErrEmail = errs.New(errs.Invalid, "email_unreadable", "Write an e-mail address such as ada@example.com.")

// NormEmail is the Key of an address: what uniqueness and look-ups compare.
func NormEmail(s string) (string, error) {
	e, err := ParseEmail(s)
	return e.Key, err
}

// ParseEmail reads one bare address (no display name, no quoted local part). Look-alike forms that Unicode itself calls
// equivalent (full-width letters, ligatures) are refused rather than mapped: the mailbox they name is not the one they
// look like. Local parts in other scripts are fine.
func ParseEmail(s string) (Email, error) {
	if len(s) > 2000 { // before any work on it
		return Email{}, ErrEmail.Say("An e-mail address can have at most 254 bytes.")
	}
	if !utf8.ValidString(s) {
		return Email{}, ErrEmail.Say("This e-mail address is not readable as UTF-8 text.")
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if s == "" {
		return Email{}, ErrEmail
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
			return Email{}, ErrEmail.Say("An e-mail address cannot contain spaces, line breaks or invisible characters.")
		}
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return Email{}, ErrEmail.Say("An e-mail address needs an @, as in ada@example.com.")
	}
	local, domain := s[:at], s[at+1:]
	if err := checkLocal(local); err != nil {
		return Email{}, err
	}
	domain, err := asciiDomain(domain)
	if err != nil {
		return Email{}, err
	}
	// Folding can reveal letters that compose or fold again, so it is repeated until it stands still.
	folded := local
	for range 3 {
		folded = norm.NFC.String(cases.Fold().String(folded))
	}
	e := Email{Address: local + "@" + domain, Key: folded + "@" + domain}
	if len(local) > 64 || len(folded) > 64 {
		return Email{}, ErrEmail.Say("The part before the @ can have at most 64 bytes.")
	}
	if len(e.Address) > 254 || len(e.Key) > 254 {
		return Email{}, ErrEmail.Say("An e-mail address can have at most 254 bytes.")
	}
	return e, nil
}

func checkLocal(local string) error {
	switch {
	case local == "":
		return ErrEmail.Say("Something must stand before the @.")
	case local[0] == '"':
		return ErrEmail.Say("Quoted e-mail addresses are not accepted.")
	case strings.HasPrefix(local, "."), strings.HasSuffix(local, "."), strings.Contains(local, ".."):
		return ErrEmail.Say("The part before the @ cannot begin or end with a dot or have two in a row.")
	case norm.NFKC.String(local) != local:
		return ErrEmail.Say("The part before the @ contains a character that imitates another, such as a full-width letter. Type it plainly.")
	}
	for _, r := range local {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r):
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)):
		default:
			return ErrEmail.Say("The part before the @ cannot contain %q.", r)
		}
	}
	return nil
}

var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.Transitional(false))

func asciiDomain(domain string) (string, error) {
	bad := ErrEmail.Say("The part after the @ must be a domain, such as example.com.")
	if domain == "" || norm.NFKC.String(domain) != domain {
		return "", bad
	}
	d, err := domains.ToASCII(domain)
	if err != nil {
		return "", bad.Because(err)
	}
	last := strings.LastIndexByte(d, '.')
	if last <= 0 || last == len(d)-1 || strings.IndexFunc(d[last+1:], func(r rune) bool { return r < '0' || r > '9' }) < 0 {
		return "", bad // no dot, a dot at the end, or an IP address
	}
	return d, nil
}
