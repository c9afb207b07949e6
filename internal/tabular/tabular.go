// Package tabular reads and writes tables as files: CSV and JSON Lines in, CSV out.
//
// Reading is one pass with flat memory, whatever the file. A row that cannot be read is handed over with a reason and
// its line number, and reading goes on with the next; a cell of a gigabyte is stepped over, not stored. What had to be
// guessed (delimiter, encoding) is in Notes, for the report that a person reads.
//
//	rows, err := tabular.Open(file, tabular.Options{StripGuard: true})
//	for {
//		row, err := rows.Next()
//		if err == io.EOF { break }
//		if row.Reject != "" { rejects.Write(row.Line, row.Cells, row.Reject); continue }
//		use(row.Cells) // valid until the next call of Next
//	}
//
// Every CSV file that Steward writes goes through Writer, which neutralises formulas.
package tabular

import (
	"io"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// The limits of any table. A row beyond them is rejected; a header beyond them refuses the file.
const (
	MaxCell    = 32 << 10 // bytes in one cell
	MaxRow     = 1 << 20  // bytes in one row, quotes and all
	MaxColumns = 1000
)

// Rows is a table being read. It is used by one goroutine.
type Rows interface {
	// Header is the column names. Two columns may share a name.
	Header() []string
	// Next is the next row, good or to be rejected. At the end the error is io.EOF; any other error ends the reading.
	// The row and its cells are valid until the next call.
	Next() (*Row, error)
	// Progress says how far the reading is.
	Progress() Progress
	// Notes are sentences about what had to be guessed.
	Notes() []string
}

// Row is one row of a table.
type Row struct {
	Line   int64    // the line of the file on which it begins, counted from 1
	Cells  [][]byte // valid UTF-8; as many as the header has, unless the row is rejected
	Reject string   // why the row cannot be used; empty for a good row
}

// Progress is how far a file is read.
type Progress struct {
	Bytes    int64 // of the file as it lies there, so compressed bytes of a compressed file
	Lines    int64 // lines of the file, the header included
	Rows     int64 // rows after the header, the rejected ones included
	Rejected int64
}

// Format is how a table is written down.
type Format string

// The formats. Auto looks at the first byte: a { begins JSON Lines.
const (
	Auto      Format = ""
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
)

// Encoding is how characters became bytes.
type Encoding string

// The encodings. Detect takes a byte order mark, else UTF-8, else Windows-1252 from the first byte that only it explains.
const (
	Detect      Encoding = ""
	UTF8        Encoding = "utf-8"
	Windows1252 Encoding = "windows-1252"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
)

// Options of reading. The zero value detects everything and has no limit beside those of a row.
type Options struct {
	Format     Format
	Encoding   Encoding
	Delimiter  byte     // of CSV: , ; tab or |; 0 detects it
	Columns    []string // of JSON Lines: the names to read, others are ignored; empty takes those of the first object
	StripGuard bool     // take away the ' that Writer puts before what a spreadsheet would run
	MaxBytes   int64    // of uncompressed content; 0 is no limit
	MaxRows    int64    // 0 is no limit
}

// Why a whole file cannot be read.
var (
	ErrEmpty    = errs.New(errs.Invalid, "file_empty", "This file is empty. It needs a first row with the names of the columns.")
	ErrHeader   = errs.New(errs.Invalid, "file_header", "The first row of this file cannot be read as column names.")
	ErrKind     = errs.New(errs.WrongType, "file_kind", "This is a spreadsheet or an archive. Save it as CSV (UTF-8) and try again.")
	ErrEncoding = errs.New(errs.Invalid, "file_encoding", "This file contains NUL bytes, as UTF-16 without a byte order mark does. Save it as CSV (UTF-8) and try again.")
	ErrBroken   = errs.New(errs.Invalid, "file_broken", "This file ends in the middle or is damaged. Send or download it again.")
	ErrTooLarge = errs.New(errs.TooLarge, "file_too_large", "This file is larger than what is taken here. Split it, or use `steward import` on the server.")
)

// Open begins to read a table: plain or gzip, CSV or JSON Lines. It reads as far as the header.
func Open(src io.Reader, o Options) (Rows, error) {
	w, err := open(src, o)
	if err != nil {
		return nil, err
	}
	if err := w.fill(); err != nil {
		return nil, err
	}
	first, ok := w.firstByte()
	if !ok {
		return nil, ErrEmpty
	}
	if o.Format == JSONLines || o.Format == Auto && first == '{' {
		return openJSON(w, o)
	}
	return openCSV(w, o)
}
