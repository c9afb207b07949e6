package importing

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/stewardhq/steward/internal/commerce/orderfile"
)

// waiting keeps rejected rows in a file that nobody else can open, however many there are.
type waiting struct {
	dir  string
	file *os.File
	w    *bufio.Writer
	enc  *gob.Encoder
}

func (q *waiting) add(in orderfile.Rejection) error {
	if q.file == nil {
		f, err := os.CreateTemp(q.dir, "steward-rejects-*")
		if err != nil {
			return fmt.Errorf("making a spool file: %w", err)
		}
		_ = os.Remove(f.Name()) // the open file lives on
		q.file, q.w = f, bufio.NewWriter(f)
		q.enc = gob.NewEncoder(q.w)
	}
	return q.enc.Encode(in)
}

// each gives the rows in order, and the file back.
func (q *waiting) each(do func(orderfile.Rejection)) (err error) {
	if q.file == nil {
		return nil
	}
	defer func() {
		err = errors.Join(err, q.file.Close())
		_ = os.Remove(q.file.Name())
	}()
	if err := q.w.Flush(); err != nil {
		return err
	}
	if _, err := q.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	dec := gob.NewDecoder(bufio.NewReader(q.file))
	for {
		var in orderfile.Rejection
		if err := dec.Decode(&in); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		do(in)
	}
}
