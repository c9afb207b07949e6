package tabular

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer writes CSV for people and programs: RFC 4180 with CRLF, UTF-8. A cell that a spreadsheet would run as a formula
// gets a leading ' (see guard); Options.StripGuard takes it away again, and the two are exact opposites.
//
//	w.Text(name); w.Typed(total.Plain()); w.End()
//
// Errors are kept and given by Flush.
type Writer struct {
	w     *bufio.Writer
	cells int
	empty bool // the row so far is one empty cell
}

// NewWriter begins a file.
func NewWriter(w io.Writer) *Writer { return &Writer{w: bufio.NewWriterSize(w, 64<<10)} }

// Text writes a cell with what somebody else may have typed.
func (w *Writer) Text(s string) { w.cell(s, guarded(s)) }

// Typed writes a cell whose form is ours: a number, a date, an E.164 telephone number. A sign is left as it is when only
// digits follow; anything else is treated as text.
func (w *Writer) Typed(s string) { w.cell(s, guarded(s) && !signedNumber(s)) }

// End ends the row.
func (w *Writer) End() {
	if w.empty { // else it would read as a blank line
		_, _ = w.w.WriteString(`""`)
	}
	_, _ = w.w.WriteString("\r\n")
	w.cells, w.empty = 0, false
}

// Row writes a whole row of text cells.
func (w *Writer) Row(cells ...string) {
	for _, c := range cells {
		w.Text(c)
	}
	w.End()
}

// Flush hands everything on and gives the first error since the beginning.
func (w *Writer) Flush() error { return w.w.Flush() }

func (w *Writer) cell(s string, guard bool) {
	if w.cells > 0 {
		_ = w.w.WriteByte(',')
	}
	w.cells++
	w.empty = w.cells == 1 && s == ""
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	// Also the other delimiters are quoted, so that no reader takes one of them for the file's.
	quote := strings.ContainsAny(s, "\",;\t|\r\n") || s != "" && (s[0] == ' ' || s[len(s)-1] == ' ')
	if quote {
		_ = w.w.WriteByte('"')
	}
	if guard {
		_ = w.w.WriteByte('\'')
	}
	if !quote {
		_, _ = w.w.WriteString(s)
		return
	}
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		_, _ = w.w.WriteString(s[:i+1])
		_ = w.w.WriteByte('"')
		s = s[i+1:]
	}
	_, _ = w.w.WriteString(s)
	_ = w.w.WriteByte('"')
}

// guarded says whether a cell needs a leading ': it begins with = + - @ TAB CR LF NUL or a full-width form of the first
// four, or with quotes ' and then one of these. The second half makes stripping exact: '=x becomes ”=x, and back.
func guarded(s string) bool {
	s = strings.TrimLeft(s, "'")
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return true
	case 0xef: // ＝ ＋ － ＠
		r, _ := utf8.DecodeRuneInString(s)
		return r == '＝' || r == '＋' || r == '－' || r == '＠'
	}
	return false
}

// unguard takes away the ' of a guarded cell.
func unguard(cell []byte) []byte {
	if len(cell) < 2 || cell[0] != '\'' || !guarded(string(bytes.TrimLeft(cell, "'"))) {
		return cell
	}
	return cell[1:]
}

// signedNumber is a sign, digits, and at most one point among them.
func signedNumber(s string) bool {
	if len(s) < 2 || s[0] != '-' && s[0] != '+' {
		return false
	}
	points := 0
	for _, c := range []byte(s[1:]) {
		if c == '.' {
			points++
		} else if c < '0' || c > '9' {
			return false
		}
	}
	return points <= 1 && s[1] != '.' && s[len(s)-1] != '.'
}
