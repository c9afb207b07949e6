package orderfile

import (
	"strconv"
	"unicode/utf8"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// quote shortens a value for a sentence.
func quote(b []byte) string {
	const most = 60
	if len(b) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(b[cut]) {
			cut--
		}
		return strconv.Quote(string(b[:cut]) + "…")
	}
	return strconv.Quote(string(b))
}

func detail(err error) string { return errs.Of(err).Detail }

func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}
