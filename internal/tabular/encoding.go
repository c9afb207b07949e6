package tabular

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const reasonUTF8 = "the row is not valid UTF-8"

// decode sees to it that the cells of a row with bytes beyond ASCII are valid UTF-8, or rejects the row; valid says
// whether the whole row is UTF-8.
//
// A file without a byte order mark is taken for UTF-8 as long as it is. At the first row that is not, the file is
// Windows-1252 from there on, if nothing before and little after speaks for UTF-8; else only this row is damaged.
func (c *csvRows) decode(valid bool) {
	if c.enc != Windows1252 {
		if valid {
			c.wide = true
			return
		}
		if c.enc == UTF8 || c.wide || looksUTF8(c.unread()) {
			c.spoil(reasonUTF8)
			return
		}
		c.enc = Windows1252
		c.note(fmt.Sprintf("Line %d is not UTF-8. From there the file was read as Windows-1252: look at a name with an accent to see that this is right.", c.row.Line))
	}
	for i, cell := range c.cells {
		if isASCII(cell) {
			continue
		}
		start := len(c.scratch)
		for _, b := range cell {
			r := rune(b)
			if b >= utf8.RuneSelf {
				if r = charmap.Windows1252.DecodeByte(b); r == utf8.RuneError {
					c.spoil("the row has a byte that is not in Windows-1252")
				}
			}
			c.scratch = utf8.AppendRune(c.scratch, r)
		}
		c.cells[i] = c.scratch[start:len(c.scratch):len(c.scratch)]
	}
}

// spoil rejects the row and makes its cells fit to be written to the file of rejected rows.
func (c *csvRows) spoil(reason string) {
	if c.reason == "" {
		c.reason = reason
	}
	for i, cell := range c.cells {
		c.cells[i] = bytes.ToValidUTF8(cell, []byte("\uFFFD"))
	}
}

// looksUTF8 says whether the bytes that follow have more characters of UTF-8 than bytes that contradict it.
func looksUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good > bad
}

// isASCII looks at eight bytes at a time: it runs over every byte of every file.
func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
