package tabular

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ReasonColumn is the last column of a file of rejected rows.
const ReasonColumn = "reason"

// Rejects writes the rows that could not be used as a file of their own: the original columns and why. Repaired, that
// file can be imported as it is.
type Rejects struct {
	w       *Writer
	columns int
}

// NewRejects begins the file. A last column "reason" of an earlier round is replaced.
func NewRejects(w io.Writer, header []string) *Rejects {
	if n := len(header); n > 0 && header[n-1] == ReasonColumn {
		header = header[:n-1]
	}
	r := &Rejects{w: NewWriter(w), columns: len(header)}
	for _, name := range header {
		r.w.Text(name)
	}
	r.w.Text(ReasonColumn)
	r.w.End()
	return r
}

// Write adds a row. Cells that are missing are left empty; cells beyond the header are told in the reason.
func (r *Rejects) Write(line int64, cells [][]byte, reason string) {
	for i := range r.columns {
		if i < len(cells) {
			r.w.Typed(string(cells[i]))
		} else {
			r.w.Text("")
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "line %d: %s", line, reason)
	for i := r.columns + 1; i < len(cells) && b.Len() < 1000; i++ {
		fmt.Fprintf(&b, "; beyond the header: %q", clip(cells[i]))
	}
	r.w.Text(b.String())
	r.w.End()
}

// Flush hands everything on and gives the first error since the beginning.
func (r *Rejects) Flush() error { return r.w.Flush() }

// clip shortens a value for a sentence.
func clip(b []byte) string {
	const most = 60
	if len(b) <= most {
		return string(b)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(b[cut]) {
		cut--
	}
	return string(b[:cut]) + "…"
}
