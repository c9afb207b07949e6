package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// csvRows reads RFC 4180 with its usual liberties: LF or CRLF, a quote inside an unquoted cell is itself, a last line
// without an end. Blank lines are skipped. Cells are slices of the window wherever nothing had to be unquoted.
type csvRows struct {
	*window
	o        Options
	delim    byte
	header   []string
	row      Row
	cells    [][]byte
	doubled  []int // cells that contain "" and must be unquoted
	reason   string
	scratch  []byte
	line     int64 // the line on which the next row begins
	rows     int64
	rejected int64
	wide     bool // valid multi-byte UTF-8 was seen
}

func openCSV(w *window, o Options) (Rows, error) {
	c := &csvRows{window: w, o: o, delim: o.Delimiter, line: 1}
	if c.delim == 0 {
		c.delim = c.detect()
	}
	row, err := c.read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		return nil, err
	case row.Reject == reasonNUL:
		return nil, ErrEncoding
	case row.Reject != "":
		return nil, ErrHeader.Say("The first row of this file cannot be read as column names: %s.", row.Reject)
	}
	for _, cell := range row.Cells {
		c.header = append(c.header, strings.TrimSpace(string(cell)))
	}
	c.cells = make([][]byte, 0, len(c.header)+1)
	return c, nil
}

func (c *csvRows) Header() []string { return c.header }
func (c *csvRows) Notes() []string  { return c.notes }
func (c *csvRows) Progress() Progress {
	return Progress{Bytes: c.file.n, Lines: c.line - 1, Rows: c.rows, Rejected: c.rejected}
}

func (c *csvRows) Next() (*Row, error) {
	row, err := c.read()
	if err != nil {
		return nil, err
	}
	if c.rows++; c.o.MaxRows > 0 && c.rows > c.o.MaxRows {
		return nil, ErrTooLarge
	}
	if row.Reject == "" && len(row.Cells) != len(c.header) {
		row.Reject = fmt.Sprintf("the row has %s where the header has %d", count(len(row.Cells), "cell"), len(c.header))
	}
	if row.Reject != "" {
		c.rejected++
	} else if c.o.StripGuard {
		for i, cell := range row.Cells {
			row.Cells[i] = unguard(cell)
		}
	}
	return row, nil
}

// read is the next row that is not blank, of whatever length.
func (c *csvRows) read() (*Row, error) {
	for {
		n, whole := c.parse(c.unread(), c.eof)
		switch {
		case whole && n == 0:
			return nil, io.EOF
		case whole:
			raw := c.unread()[:n]
			c.r += n
			begins := c.line
			c.line += int64(bytes.Count(raw, newline))
			if c.eof && c.r == c.w && raw[n-1] != '\n' {
				c.line++
			}
			if len(c.cells) == 1 && c.reason == "" && raw[0] != '"' && len(c.cells[0]) == 0 {
				continue // a blank line
			}
			c.row = Row{Line: begins}
			c.finish(raw)
			return &c.row, nil
		case c.w-c.r > MaxRow:
			return c.stepOver()
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

var newline = []byte{'\n'}

// parse splits the first row of data. It answers false when the row goes on beyond data; nothing is changed then.
func (c *csvRows) parse(data []byte, eof bool) (n int, whole bool) {
	c.cells, c.doubled, c.reason = c.cells[:0], c.doubled[:0], ""
	end := bytes.IndexByte(data, '\n')
	switch {
	case end >= 0:
		n = end + 1
	case eof:
		end, n = len(data), len(data)
	default:
		return 0, false
	}
	line := data[:end]
	if bytes.IndexByte(line, '"') >= 0 {
		return c.parseQuoted(data, eof)
	}
	line = trimCR(line)
	for len(c.cells) <= MaxColumns {
		i := bytes.IndexByte(line, c.delim)
		if i < 0 {
			c.cells = append(c.cells, line)
			break
		}
		c.cells = append(c.cells, line[:i])
		line = line[i+1:]
	}
	return n, true
}

func (c *csvRows) parseQuoted(data []byte, eof bool) (n int, whole bool) {
	i := 0
	for {
		spoiled := false
		if i < len(data) && data[i] == '"' {
			start, end := i+1, i+1
			double := false
			for {
				k := bytes.IndexByte(data[end:], '"')
				if k < 0 && !eof {
					return 0, false
				}
				if k < 0 {
					c.add(data[start:], double)
					c.reason = fmt.Sprintf("a quote opened in cell %d is never closed, so everything after it in the file belongs to this row", len(c.cells))
					return len(data), true
				}
				end += k
				if end+1 == len(data) && !eof {
					return 0, false
				}
				if end+1 == len(data) || data[end+1] != '"' {
					break
				}
				double = true
				end += 2
			}
			c.add(data[start:end], double)
			i = end + 1
			rest := data[i:]
			switch {
			case len(rest) == 0:
				return i, true
			case rest[0] == c.delim:
				i++
				continue
			case rest[0] == '\n':
				return i + 1, true
			case rest[0] == '\r' && len(rest) == 1 && !eof:
				return 0, false
			case rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n'):
				return min(i+2, len(data)), true
			}
			// The cell is lost, but where it ends is still found: at the next delimiter.
			c.reason = fmt.Sprintf("text follows the closing quote of cell %d", len(c.cells))
			spoiled = true
		}
		k := i
		for k < len(data) && data[k] != c.delim && data[k] != '\n' {
			k++
		}
		if k == len(data) && !eof {
			return 0, false
		}
		last := k == len(data) || data[k] == '\n'
		if !spoiled {
			cell := data[i:k]
			if last {
				cell = trimCR(cell)
			}
			c.add(cell, false)
		}
		if last {
			return min(k+1, len(data)), true
		}
		i = k + 1
	}
}

func (c *csvRows) add(cell []byte, double bool) {
	if len(c.cells) > MaxColumns {
		return
	}
	if double {
		c.doubled = append(c.doubled, len(c.cells))
	}
	c.cells = append(c.cells, cell)
}

// finish judges a whole row: limits, NUL bytes, encoding; then it unquotes.
func (c *csvRows) finish(raw []byte) {
	c.row.Cells = c.cells
	c.scratch = c.scratch[:0]
	switch {
	case c.reason != "":
	case len(raw) > MaxRow:
		c.reason = reasonRow
	case len(c.cells) > MaxColumns:
		c.reason = fmt.Sprintf("the row has more than %d cells", MaxColumns)
	case bytes.IndexByte(raw, 0) >= 0:
		c.reason = reasonNUL
	}
	plain := isASCII(raw)
	valid := plain || utf8.Valid(raw)
	for _, i := range c.doubled { // only now: this moves bytes within raw
		c.cells[i] = unquote(c.cells[i])
	}
	if !plain {
		c.decode(valid)
	}
	for i, cell := range c.cells {
		if len(cell) > MaxCell {
			if c.reason == "" {
				c.reason = reasonCell(i + 1)
			}
			c.cells[i] = nil // nobody keeps it, not even the file of rejected rows
		}
	}
	c.row.Reject = c.reason
}

const (
	reasonNUL = "the row contains a NUL byte"
	reasonRow = "the row is longer than 1 MiB"
)

func reasonCell(n int) string { return fmt.Sprintf("cell %d is longer than 32 KiB", n) }

// stepOver skips a row that is too long to hold, in flat memory, following its quotes to find where it ends. What the
// row had before the cell that broke the limit is kept for the file of rejected rows.
func (c *csvRows) stepOver() (*Row, error) {
	c.row = Row{Line: c.line, Reject: reasonRow}
	c.partial()
	quoted, start, closing := false, true, false // inside quotes; at the start of a cell; just after a quote inside quotes
	for {
		data := c.unread()
		for i := 0; i < len(data); i++ {
			b := data[i]
			switch {
			case quoted && b != '"':
				next := bytes.IndexByte(data[i:], '"')
				if next < 0 {
					next = len(data) - i
				}
				c.line += int64(bytes.Count(data[i:i+next], newline))
				i += next - 1
			case quoted:
				quoted, closing = false, true
			case b == '"' && (start || closing):
				quoted, closing = true, false
			case b == '\n':
				c.line++
				c.r += i + 1
				return &c.row, nil
			default:
				closing = false
			}
			start = b == c.delim && !quoted
		}
		c.r = c.w
		if c.eof {
			c.line++
			if quoted {
				c.row.Reject = "a quote opened in this row is never closed, so everything after it in the file belongs to it"
			}
			return &c.row, nil
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// partial copies the cells of an endless row that are whole, and names the cell that is to blame if there is one.
func (c *csvRows) partial() {
	head := bytes.Clone(c.unread()[:MaxRow])
	c.parse(head, true)
	for _, i := range c.doubled {
		c.cells[i] = unquote(c.cells[i])
	}
	for i, cell := range c.cells {
		if len(cell) > MaxCell {
			c.row.Reject = reasonCell(i + 1)
			c.cells = c.cells[:i]
			break
		}
	}
	for i, cell := range c.cells {
		c.cells[i] = bytes.ToValidUTF8(cell, []byte("\uFFFD"))
	}
	c.row.Cells = c.cells
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// unquote makes "" one ", in place.
func unquote(cell []byte) []byte {
	out := cell[:0]
	for i := 0; i < len(cell); i++ {
		out = append(out, cell[i])
		if cell[i] == '"' {
			i++
		}
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
