package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonRows reads JSON Lines: one object on each line. Names are exact, none may stand twice, and text must be UTF-8.
// null and an absent name are an empty cell; numbers stay as written; lists and objects are given as their JSON.
type jsonRows struct {
	*window
	o        Options
	header   []string
	index    map[string]int
	fixed    bool // the names were given, so others are ignored
	dec      *jsontext.Decoder
	row      Row
	cells    [][]byte
	scratch  []byte
	again    bool // the first row was read for its names and is given again
	line     int64
	rows     int64
	rejected int64
}

func openJSON(w *window, o Options) (Rows, error) {
	j := &jsonRows{window: w, o: o, dec: jsontext.NewDecoder(bytes.NewReader(nil)), header: o.Columns, fixed: len(o.Columns) > 0, index: map[string]int{}, line: 1}
	for i, name := range o.Columns {
		j.index[name] = i
	}
	if j.fixed {
		return j, nil
	}
	_, err := j.read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		return nil, err
	case j.row.Reject != "":
		return nil, ErrHeader.Say("The first line of this file cannot be read: %s.", j.row.Reject)
	}
	j.fixed, j.again = false, true
	return j, nil
}

func (j *jsonRows) Header() []string { return j.header }
func (j *jsonRows) Notes() []string  { return j.notes }
func (j *jsonRows) Progress() Progress {
	return Progress{Bytes: j.file.n, Lines: j.line - 1, Rows: j.rows, Rejected: j.rejected}
}

func (j *jsonRows) Next() (*Row, error) {
	if j.again {
		j.again = false
	} else if _, err := j.read(); err != nil {
		return nil, err
	}
	if j.rows++; j.o.MaxRows > 0 && j.rows > j.o.MaxRows {
		return nil, ErrTooLarge
	}
	if j.row.Reject != "" {
		j.rejected++
	} else if j.o.StripGuard {
		for i, cell := range j.row.Cells {
			j.row.Cells[i] = unguard(cell)
		}
	}
	return &j.row, nil
}

// read takes the next line that is not blank.
func (j *jsonRows) read() (*Row, error) {
	long := false // a line beyond the limit is being stepped over
	for {
		data := j.unread()
		end := bytes.IndexByte(data, '\n')
		n := end + 1
		if end < 0 && j.eof {
			end, n = len(data), len(data)
			if n == 0 && !long {
				return nil, io.EOF
			}
		}
		if end < 0 {
			if len(data) > MaxRow {
				long = true
				j.r = j.w
			}
			if err := j.fill(); err != nil {
				return nil, err
			}
			continue
		}
		j.r += n
		j.row = Row{Line: j.line}
		j.line++
		switch line := bytes.TrimSpace(data[:end]); {
		case long || len(line) > MaxRow:
			j.row.Reject = reasonRow
		case len(line) == 0:
			continue
		default:
			j.row.Reject = j.object(line)
		}
		return &j.row, nil
	}
}

// object reads one line into cells and says what is wrong with it.
func (j *jsonRows) object(line []byte) string {
	for len(j.cells) < len(j.header) {
		j.cells = append(j.cells, nil)
	}
	clear(j.cells)
	j.scratch = j.scratch[:0]
	j.row.Cells = j.cells
	if bytes.IndexByte(line, 0) >= 0 {
		return reasonNUL
	}
	j.dec.Reset(bytes.NewReader(line))
	if t, err := j.dec.ReadToken(); err != nil || t.Kind() != '{' {
		return "the line is no JSON object"
	}
	for j.dec.PeekKind() == '"' {
		t, err := j.dec.ReadToken()
		if err != nil {
			return jsonReason(err)
		}
		name := t.String()
		v, err := j.dec.ReadValue()
		if err != nil {
			return jsonReason(err)
		}
		i, known := j.index[name]
		if !known && j.rows == 0 && !j.again && len(j.o.Columns) == 0 { // the first object makes the header
			if len(j.header) == MaxColumns {
				return fmt.Sprintf("the row has more than %d names", MaxColumns)
			}
			i, known = len(j.header), true
			j.index[name] = i
			j.header = append(j.header, name)
			j.cells = append(j.cells, nil)
			j.row.Cells = j.cells
		}
		switch {
		case known:
			if reason := j.cell(i, v); reason != "" {
				return reason
			}
		case !j.fixed:
			return fmt.Sprintf("the first line of the file has no %q", clip([]byte(name)))
		}
	}
	if _, err := j.dec.ReadToken(); err != nil {
		return jsonReason(err)
	}
	if _, err := j.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return "more than one JSON value stands on the line"
	}
	return ""
}

func (j *jsonRows) cell(i int, v jsontext.Value) string {
	if v.Kind() == 'n' {
		return ""
	}
	start := len(j.scratch)
	if v.Kind() == '"' {
		var err error
		if j.scratch, err = jsontext.AppendUnquote(j.scratch, v); err != nil {
			return jsonReason(err)
		}
	} else {
		j.scratch = append(j.scratch, v...)
	}
	cell := j.scratch[start:len(j.scratch):len(j.scratch)]
	switch {
	case len(cell) > MaxCell:
		return reasonCell(i + 1)
	case bytes.IndexByte(cell, 0) >= 0:
		return reasonNUL
	}
	j.cells[i] = cell
	return ""
}

func jsonReason(err error) string {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return "a name stands twice in the object"
	}
	return "the line is no valid JSON"
}
