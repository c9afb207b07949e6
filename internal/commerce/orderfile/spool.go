package orderfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// fan is how many files a spool spreads over: orders go by six bits of a hash of their id. A partition that is still too
// large is spread again by the next six. The hash is cryptographic, so that no file can be made whose ids all fall
// together.
const fan = 64

// spool keeps entries: in mem while they are few, then in files.
type spool struct {
	dir   string
	limit int64
	level int
	mem   []byte
	parts []*part
	last  []byte // the id of the last entry and where it went: lines of an order mostly follow each other
	lastN int
}

// part is one spool file. Where the system allows it the file has no name any more: nobody can open it, and a killed
// import leaves nothing behind.
type part struct {
	f     *os.File
	named bool // the system could not take its name away
	w     *bufio.Writer
	size  int64
	first []byte // the id of its first entry
	mixed bool   // it has entries of another order, too
}

// entry is one row, or the mark that a row of this order could not be read:
//
//	length · line · cells+1, or 0 for the mark · id · cells
//
// all numbers are varints, all text has its length before it.
type entry struct {
	line  int64
	mark  bool
	id    []byte
	cells []byte // still encoded
	n     int    // how many cells
}

func appendEntry(dst []byte, line int64, id []byte, mark bool, cells [][]byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(line))
	if mark {
		dst = append(dst, 0)
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(cells)+1))
	}
	dst = appendBytes(dst, id)
	for _, c := range cells {
		if mark {
			break
		}
		dst = appendBytes(dst, c)
	}
	return dst
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func decodeEntry(b []byte) (e entry) {
	line, n := binary.Uvarint(b)
	b = b[n:]
	cells, n := binary.Uvarint(b)
	b = b[n:]
	e.line, e.mark, e.n = int64(line), cells == 0, max(int(cells)-1, 0)
	e.id, e.cells = cutBytes(b)
	return e
}

func cutBytes(b []byte) (field, rest []byte) {
	l, n := binary.Uvarint(b)
	return b[n : n+int(l)], b[n+int(l):]
}

func (e entry) decodeCells(into [][]byte) [][]byte {
	into, rest := into[:0], e.cells
	for range e.n {
		var c []byte
		c, rest = cutBytes(rest)
		into = append(into, c)
	}
	return into
}

// add keeps an encoded entry of the order id.
func (s *spool) add(encoded, id []byte) error {
	if s.parts == nil {
		if int64(len(s.mem)+len(encoded)) <= s.limit {
			s.mem = binary.AppendUvarint(s.mem, uint64(len(encoded)))
			s.mem = append(s.mem, encoded...)
			return nil
		}
		if err := s.spread(); err != nil {
			return err
		}
	}
	return s.put(encoded, id)
}

// spread moves from memory to files.
func (s *spool) spread() error {
	for range fan {
		f, err := os.CreateTemp(s.dir, "steward-orders-*")
		if err != nil {
			return fmt.Errorf("making a spool file: %w", err)
		}
		named := os.Remove(f.Name()) != nil // the open file lives on; where that is not possible, close removes it
		s.parts = append(s.parts, &part{f: f, named: named, w: bufio.NewWriterSize(f, 16<<10)})
	}
	mem := s.mem
	s.mem = nil
	for len(mem) > 0 {
		var b []byte
		b, mem = cutBytes(mem)
		if err := s.put(b, decodeEntry(b).id); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) put(encoded, id []byte) error {
	if s.last == nil || string(s.last) != string(id) {
		sum := sha256.Sum256(id)
		s.lastN = int(binary.LittleEndian.Uint64(sum[:])>>(6*s.level)) & (fan - 1)
		s.last = append(s.last[:0], id...)
		p := s.parts[s.lastN]
		if p.first == nil {
			p.first = append([]byte{}, id...)
		} else if string(p.first) != string(id) {
			p.mixed = true
		}
	}
	p := s.parts[s.lastN]
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(len(encoded)))
	p.size += int64(n + len(encoded))
	if _, err := p.w.Write(head[:n]); err != nil {
		return fmt.Errorf("writing a spool file: %w", err)
	}
	if _, err := p.w.Write(encoded); err != nil {
		return fmt.Errorf("writing a spool file: %w", err)
	}
	return nil
}

func (s *spool) flush() error {
	for _, p := range s.parts {
		if err := p.w.Flush(); err != nil {
			return fmt.Errorf("writing a spool file: %w", err)
		}
	}
	return nil
}

func (s *spool) close() error {
	var errs []error
	for _, p := range s.parts {
		errs = append(errs, p.f.Close())
		if p.named {
			errs = append(errs, os.Remove(p.f.Name()))
		}
	}
	s.parts, s.mem = nil, nil
	return errors.Join(errs...)
}

// load is the whole part in memory.
func (p *part) load() ([]byte, error) {
	b := make([]byte, p.size)
	if _, err := io.ReadFull(io.NewSectionReader(p.f, 0, p.size), b); err != nil {
		return nil, fmt.Errorf("reading a spool file: %w", err)
	}
	return b, nil
}

// each gives the entries of a part that is too large to load.
func (p *part) each(do func(encoded []byte) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(p.f, 0, p.size), 256<<10)
	var buf []byte
	for {
		l, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a spool file: %w", err)
		}
		if uint64(cap(buf)) < l {
			buf = make([]byte, l)
		}
		buf = buf[:l]
		if _, err := io.ReadFull(in, buf); err != nil {
			return fmt.Errorf("reading a spool file: %w", err)
		}
		if err := do(buf); err != nil {
			return err
		}
	}
}
