// Package text is how Steward reads what people type: names in every script, e-mail addresses, telephone numbers, and
// the words of a search.
//
// Three rules. What is stored is what was typed, as Unicode NFC. What is compared (search, uniqueness) is a folded form
// beside it. What could deceive a reader or break a header (control characters, bidi overrides) is refused with a
// sentence, never silently removed.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Fold is the form that search compares: lower case, without accents, compatibility forms made plain, typographic
// apostrophes and dashes made plain, invisible characters gone, runs of spaces made one. Letters that carry a stroke or
// are joined read as people without them on the keyboard type them (ß ss, æ ae, ø o, ł l, ı i). Other scripts stay
// themselves: only their optional points are dropped (Hebrew niqqud, Arabic harakat), and й, ё read as и, е.
// Folding twice gives the same, and the result is always valid UTF-8.
func Fold(s string) string {
	if ascii(s) {
		return foldASCII(s)
	}
	// NFKD can reveal a capital and lower-casing can reveal something to decompose (a few letters of mathematics), so
	// the two alternate until nothing changes; two rounds are enough for every assigned character, three are for safety.
	s = strings.ToValidUTF8(s, "\uFFFD")
	for range 3 {
		next := norm.NFC.String(foldRunes(norm.NFKD.String(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

func foldASCII(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c <= ' ' || c == 0x7f:
			gap = b.Len() > 0
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '`':
			c = '\''
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteByte(c)
	}
	return b.String()
}

func foldRunes(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			gap = b.Len() > 0
			continue
		case unicode.Is(droppedMarks, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		r = unicode.ToLower(r)
		if plain, ok := plainLetters[r]; ok {
			b.WriteString(plain)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// droppedMarks are the marks that people leave out when they search. The vowel signs of Indic scripts, the voicing marks
// of kana and the like are letters to their readers and stay.
var droppedMarks = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0300, Hi: 0x036f, Stride: 1}, {Lo: 0x0483, Hi: 0x0487, Stride: 1}, // diacritics
	{Lo: 0x0591, Hi: 0x05bd, Stride: 1}, {Lo: 0x05bf, Hi: 0x05bf, Stride: 1}, {Lo: 0x05c1, Hi: 0x05c2, Stride: 1}, {Lo: 0x05c4, Hi: 0x05c5, Stride: 1}, {Lo: 0x05c7, Hi: 0x05c7, Stride: 1},
	{Lo: 0x0610, Hi: 0x061a, Stride: 1}, {Lo: 0x0640, Hi: 0x0640, Stride: 1}, {Lo: 0x064b, Hi: 0x065f, Stride: 1}, {Lo: 0x0670, Hi: 0x0670, Stride: 1},
	{Lo: 0x1ab0, Hi: 0x1aff, Stride: 1}, {Lo: 0x1dc0, Hi: 0x1dff, Stride: 1}, {Lo: 0x20d0, Hi: 0x20ff, Stride: 1}, {Lo: 0xfe20, Hi: 0xfe2f, Stride: 1},
}}

// plainLetters are letters that NFKD leaves whole, as people type them without the key.
var plainLetters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ə': "e",
	'ɓ': "b", 'ɗ': "d", 'ɖ': "d", 'ƙ': "k", 'ƴ': "y", 'ɲ': "n", 'ɛ': "e", 'ɔ': "o", 'ĸ': "k", 'ſ': "s", 'ȷ': "j", 'ς': "σ",
	'’': "'", '‘': "'", 'ʼ': "'", 'ʻ': "'", 'ʹ': "'", 'ʾ': "'", 'ʿ': "'", '`': "'", '´': "'", '‛': "'", '＇': "'", '“': `"`, '”': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-",
}

// The limits of one search.
const (
	MaxQuery = 200 // characters
	MaxWords = 10
)

// ErrQuery refuses a search that no person would type.
var ErrQuery = errs.New(errs.Invalid, "search_too_long", "Search for at most 10 words and 200 characters.")

// Words are the folded, distinct words of a search in the order typed. Every one of them must match somewhere.
func Words(query string) ([]string, error) {
	if utf8.RuneCountInString(query) > MaxQuery {
		return nil, ErrQuery
	}
	var words []string
	seen := map[string]bool{}
	for _, w := range strings.Fields(Fold(query)) {
		if !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	if len(words) > MaxWords {
		return nil, ErrQuery
	}
	return words, nil
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
