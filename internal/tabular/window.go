package tabular

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// window is the part of the uncompressed file that is in memory: it slides, and grows only to hold one whole row.
type window struct {
	src   io.Reader
	file  *counter
	buf   []byte
	r, w  int // buf[r:w] is unread
	eof   bool
	err   error // what ended the reading, if not the end
	total int64
	max   int64
	enc   Encoding
	notes []string
}

const windowSize = 256 << 10

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) { n, err := c.r.Read(p); c.n += int64(n); return n, err }

// open finds out about compression and encoding from the first bytes.
func open(src io.Reader, o Options) (*window, error) {
	file := &counter{r: src}
	w := &window{file: file, max: o.MaxBytes, enc: o.Encoding, buf: make([]byte, windowSize)}
	in := bufio.NewReaderSize(file, 64<<10)
	head, _ := in.Peek(4)
	if len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, ErrBroken.Because(err)
		}
		in = bufio.NewReaderSize(z, 64<<10)
		head, _ = in.Peek(4)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return nil, ErrKind
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
		w.enc = UTF8
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		_, _ = in.Discard(2)
		w.enc = UTF16LE
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		_, _ = in.Discard(2)
		w.enc = UTF16BE
	}
	w.src = in
	if w.enc == UTF16LE || w.enc == UTF16BE {
		order := unicode.LittleEndian
		if w.enc == UTF16BE {
			order = unicode.BigEndian
		}
		w.src = transform.NewReader(in, unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder())
		w.note("The file is UTF-16 and was read as such.")
		w.enc = UTF8
	}
	return w, nil
}

func (w *window) note(s string) { w.notes = append(w.notes, s) }

func (w *window) unread() []byte { return w.buf[w.r:w.w] }

// fill brings more of the file into the window: it slides first, and grows when one row fills it whole.
func (w *window) fill() error {
	if w.err != nil {
		return w.err
	}
	if w.eof {
		return nil
	}
	if w.r > 0 {
		w.w = copy(w.buf, w.buf[w.r:w.w])
		w.r = 0
	}
	if w.w == len(w.buf) {
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	// A full window rather than one read: a row is looked at again after every fill.
	for w.w < len(w.buf) {
		n, err := w.src.Read(w.buf[w.w:])
		w.w += n
		w.total += int64(n)
		if w.max > 0 && w.total > w.max {
			w.err = ErrTooLarge
			return w.err
		}
		if err == io.EOF {
			w.eof = true
			break
		}
		if err != nil { // rows that came before it are still given
			w.err = broken(err)
			break
		}
	}
	return nil
}

// broken says that the content is damaged when decompression says so; an error of the disk or network stays itself.
func broken(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &corrupt) {
		return ErrBroken.Because(err)
	}
	return err
}

// firstByte is the first byte that is no white space.
func (w *window) firstByte() (byte, bool) {
	b := bytes.TrimLeft(w.unread(), " \t\r\n")
	if len(b) == 0 {
		return 0, false
	}
	return b[0], true
}
