package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// MaxName is the longest name, in characters.
const MaxName = 100

// What can be wrong with a name.
var (
	ErrNameTooLong   = errs.New(errs.Invalid, "name_too_long", "A name has at most 100 characters.")
	ErrNameControl   = errs.New(errs.Invalid, "name_control", "A name cannot contain control characters, line breaks or characters that change the direction of the text around it.")
	ErrNameInvisible = errs.New(errs.Invalid, "name_invisible", "This name has no visible character. Leave it empty or write one.")
	ErrNameEncoding  = errs.New(errs.Invalid, "name_encoding", "This name is not readable as UTF-8 text.")
)

// CleanName is a name as it is stored: NFC, without surrounding spaces, in any script, emoji welcome. Empty stays empty.
func CleanName(s string) (string, error) {
	if len(s) > 40*MaxName {
		return "", ErrNameTooLong
	}
	if !utf8.ValidString(s) {
		return "", ErrNameEncoding
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	runes, visible := 0, false
	for _, r := range s {
		runes++
		switch {
		case deceives(r):
			return "", ErrNameControl
		case !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Variation_Selector, r) && !unicode.Is(blanks, r):
			visible = true
		}
	}
	switch {
	case runes > MaxName:
		return "", ErrNameTooLong
	case runes > 0 && !visible:
		return "", ErrNameInvisible
	}
	return s, nil
}

// deceives finds what could break a line, a header or the reading order. The marks LRM, RLM and ALM and the joiners stay:
// Persian names and emoji need them, and they change nothing outside the name.
func deceives(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff':
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x206f, r >= 0xfff9 && r <= 0xfffb:
		return true
	}
	return r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef || unicode.Is(unicode.Co, r) // not characters; private ones
}

// blanks look like nothing although they are letters or symbols: the Hangul fillers and the empty braille pattern.
var blanks = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1},
	{Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
}}
