package text

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// What can be wrong with a few lines of text.
var (
	ErrLinesTooLong = errs.New(errs.Invalid, "text_too_long", "This text is too long. Shorten it.")
	ErrLinesControl = errs.New(errs.Invalid, "text_control", "This text contains control characters or characters that change the direction of the text around it. Type it again without them.")
)

// CleanLines is a few lines of plain text as they are stored, such as an address: NFC, line breaks as \n, at most max characters.
func CleanLines(s string, max int) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrNameEncoding
	}
	s = norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")))
	for _, r := range s {
		if r != '\n' && deceives(r) {
			return "", ErrLinesControl
		}
	}
	if utf8.RuneCountInString(s) > max {
		return "", ErrLinesTooLong.Say("This text has more than %d characters. Shorten it.", max)
	}
	return s, nil
}
