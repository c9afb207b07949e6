package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"golang.org/x/text/unicode/norm"
)

// Field is the name of the field that refusals of Check speak of.
const Field = "password"

// Context is what an attacker knows about the person: a password made of it is refused.
type Context struct {
	Staff     bool // the length for staff, not for customers
	Name      string
	Email     string
	Phone     string
	BrandName string
	Other     []string // further words: the installation's host name, the company
	Extra     *List    // the operator's own file, or nil
}

// Check says what is wrong with a candidate and what to do instead, as a refusal of the field "password". It tells one thing
// at a time, the most useful first. The candidate itself is never in the sentence.
func (p Policy) Check(candidate string, about Context) error {
	if !utf8.ValidString(candidate) {
		return errs.Field(Field, "This password has characters that cannot be read. Type it again.")
	}
	if len(candidate) > Longest*utf8.UTFMax*3 { // before any work that grows with it
		return errs.Field(Field, "This password is too long. Use at most %d characters.", p.Max)
	}
	candidate = norm.NFC.String(candidate)
	length := utf8.RuneCountInString(candidate)
	switch {
	case length == 0:
		return errs.Field(Field, "Type a password of at least %d characters.", p.Min(about.Staff))
	case length < p.Min(about.Staff):
		return errs.Field(Field, "This password is too short: use at least %d characters. Three or four unrelated words are easy to remember.", p.Min(about.Staff))
	case length > p.Max:
		return errs.Field(Field, "This password is too long. Use at most %d characters.", p.Max)
	case strings.ContainsFunc(candidate, unicode.IsControl):
		return errs.Field(Field, "This password has a control character (a tab or a line break), which some keyboards cannot type. Leave it out.")
	}
	if missing := p.Require.missing(candidate); len(missing) > 0 {
		return errs.Field(Field, "This password lacks %s. Add what is missing.", list(missing))
	}
	known := about.words()
	if p.Blocklist {
		switch {
		case isCommon(candidate) || about.Extra.Has(candidate):
			return errs.Field(Field, "This password is one of those that attackers try first. Choose another: three or four unrelated words are easy to remember.")
		case madeOf(candidate, known):
			return errs.Field(Field, "This password is made of your name, your address or the name of the shop. Choose words that have nothing to do with you.")
		}
	}
	if p.MinScore > 0 && Score(candidate, known) < p.MinScore {
		return errs.Field(Field, "This password is easy to guess. Make it longer, or use three or four unrelated words instead of one word with changes.")
	}
	return nil
}

func (r Required) missing(candidate string) []string {
	lacks := r
	for _, c := range candidate {
		switch {
		case unicode.IsLower(c):
			lacks.Lower, lacks.Letter = false, false
		case unicode.IsUpper(c):
			lacks.Upper, lacks.Letter = false, false
		case unicode.IsLetter(c):
			lacks.Letter = false
		case unicode.IsDigit(c):
			lacks.Digit = false
		default:
			lacks.Symbol = false
		}
	}
	return lacks.names()
}

// words are the parts of the context that are long enough to mean something, folded.
func (c Context) words() []string {
	local, domain, _ := strings.Cut(c.Email, "@")
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 {
		domain = domain[:dot] // "example" tells something, "com" does not
	}
	var out []string
	if email := fold(c.Email); local != "" && len(email) <= 254 {
		out = append(out, email)
	}
	for _, source := range append([]string{c.Name, local, domain, c.Phone, c.BrandName}, c.Other...) {
		source = fold(source[:min(len(source), 512)]) // a name of a megabyte must not make a megabyte of work
		parts := strings.FieldsFunc(source, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if len(parts) > 1 {
			parts = append(parts, strings.Join(parts, ""), source)
		}
		for _, word := range parts {
			if utf8.RuneCountInString(word) >= 3 && len(out) < 64 {
				out = append(out, word)
			}
		}
	}
	return out
}

// madeOf tells whether little is left of the candidate without the context's words, digits and punctuation: fewer than
// four letters. "Ada-Lovelace-1815!" is made of the name; "Ada likes purple elephants" is not.
func madeOf(candidate string, words []string) bool {
	plain := []rune(fold(candidate))
	for _, read := range []string{string(plain), unleet(string(plain))} {
		rest, hit := read, false
		for _, word := range longestFirst(words) {
			if strings.Contains(rest, word) {
				hit = true
				rest = strings.ReplaceAll(rest, word, strings.Repeat(" ", utf8.RuneCountInString(word)))
			}
		}
		letters := 0 // a digit that was read as a letter is still a digit
		for i, r := range []rune(rest) {
			if unicode.IsLetter(r) && unicode.IsLetter(plain[i]) {
				letters++
			}
		}
		if hit && letters < 4 {
			return true
		}
	}
	return false
}
