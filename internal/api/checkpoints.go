package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/record"
)

// Checkpoint is a signed line of the checkpoint file, byte for byte as it stands there: its signature is over these bytes.
type Checkpoint struct{ jsontext.Value }

type checkpointList struct {
	InBrand
	Uncounted
}

func checkpoints(t *table) {
	Query(t, "GET /v1/audit-checkpoints", record.Chains,
		func(c *Call, w checkpointList) (brand.ID, error) { return c.Home(w.Named) },
		func(c *Call, w checkpointList, readable []record.Chain) (List[Checkpoint], error) {
			size, err := w.size()
			if err != nil {
				return List[Checkpoint]{}, err
			}
			mine := map[string]bool{}
			for _, chain := range readable {
				mine[chain.ID] = true
			}
			return c.checkpoints(w, size, mine)
		}, says("List the signed checkpoints of the audit log, newest first"))
}

// block is how much of the file is read at once, and furthest how much for one page. The file grows by a line a minute.
const (
	block    = 64 << 10
	furthest = 8 << 20
)

// checkpoints reads the file from its end, or from where the page before ended.
func (c *Call) checkpoints(w checkpointList, size int, mine map[string]bool) (l List[Checkpoint], err error) {
	l.Data = []Checkpoint{}
	f, err := os.Open(c.Checkpoints)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("open checkpoints: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return l, err
	}
	if w.Cursor != "" {
		at, _, err := c.openCursor(w.Cursor, w.Named)
		if err != nil || int64(at) > end {
			return l, field.ErrCursor
		}
		end = int64(at)
	}
	begin := end
	err = backwards(f, end, func(line []byte, from int64) bool {
		var p audit.Checkpoint
		if json.Unmarshal(line, &p) == nil && mine[p.Chain] {
			if len(l.Data) == size {
				return false
			}
			l.Data = append(l.Data, Checkpoint{bytes.Clone(line)})
		}
		begin = from
		return true
	})
	if err == nil && begin > 0 {
		next := c.sealCursor(int(begin), "", w.Named)
		l.Next = &next
	}
	return l, err
}

// backwards hands on the whole lines of a file that end before end, the last first, with where each begins, until told to stop.
func backwards(f io.ReaderAt, end int64, line func(text []byte, from int64) bool) error {
	var tail []byte
	for at, read := end, int64(0); at > 0 && read < furthest; {
		n := min(block, at)
		part := make([]byte, n, n+int64(len(tail)))
		if _, err := f.ReadAt(part, at-n); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read checkpoints: %w", err)
		}
		part, at, read = append(part, tail...), at-n, read+n
		for {
			i := bytes.LastIndexByte(bytes.TrimSuffix(part, []byte("\n")), '\n')
			if i < 0 && at > 0 {
				break
			}
			if text := bytes.TrimSuffix(part[i+1:], []byte("\n")); len(text) > 0 && !line(text, at+int64(i)+1) {
				return nil
			}
			if part = part[:i+1]; i < 0 {
				break
			}
		}
		tail = part
	}
	return nil
}
