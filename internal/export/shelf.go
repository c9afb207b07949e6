package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Shelf is the folder where the files lie, each sealed with its own key. Several nodes share one folder.
type Shelf struct {
	Door  *op.Door
	Dir   string
	Kinds []Kind
}

// half ends the name of a file that is not whole yet.
const half = ".tmp"

func (s *Shelf) kind(name string) (Kind, bool) {
	for _, k := range s.Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// File is a file to hand out. Close it.
type File struct {
	io.Reader
	Name  string // what its owner saves it as
	Type  string
	Bytes int64

	file *os.File
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Open hands a file to the caller, if it is theirs and they may still have it.
func (s *Shelf) Open(ctx context.Context, c *op.Caller, exportID ID) (*File, error) {
	o, err := op.Ask(ctx, s.Door, c, Open, exportID)
	if err != nil {
		return nil, err
	}
	kind, known := s.kind(o.Export.Kind)
	if !known {
		return nil, ErrNoFile
	}
	key, err := age.ParseX25519Identity(o.identity)
	if err != nil {
		return nil, fmt.Errorf("the key of %s: %w", exportID, err)
	}
	file, err := os.Open(filepath.Join(s.Dir, o.Export.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoFile
	}
	if err != nil {
		return nil, fmt.Errorf("open the file of %s: %w", exportID, err)
	}
	plain, err := age.Decrypt(bufio.NewReaderSize(file, 64<<10), key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the file of %s: %w", exportID, err), file.Close())
	}
	return &File{Reader: plain, Name: o.Export.saveAs(kind.Ending), Type: kind.Type, Bytes: o.Export.Bytes, file: file}, nil
}

// write makes a file whole or not at all: beside its name, on the disk for certain, then by its name. It says how many bytes it has
// in plain.
func (s *Shelf) write(name, identity string, fill func(io.Writer) error) (size int64, err error) {
	key, err := age.ParseX25519Identity(identity)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return 0, fmt.Errorf("make the folder of exports: %w", err)
	}
	path := filepath.Join(s.Dir, name)
	file, err := os.OpenFile(path+half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("make the file of an export: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(path+half)))
		}
	}()
	size, err = fillSealed(file, key.Recipient(), fill)
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	if err := os.Rename(path+half, path); err != nil {
		return 0, fmt.Errorf("name the file of an export: %w", err)
	}
	return size, nil
}

func fillSealed(file *os.File, to age.Recipient, fill func(io.Writer) error) (int64, error) {
	buffer := bufio.NewWriterSize(file, 64<<10)
	sealed, err := age.Encrypt(buffer, to)
	if err != nil {
		return 0, err
	}
	plain := &counting{w: sealed}
	if err := fill(plain); err != nil {
		return 0, err
	}
	return plain.n, errors.Join(sealed.Close(), buffer.Flush(), file.Sync())
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (s *Shelf) remove(name string) error {
	return ignoreMissing(os.Remove(filepath.Join(s.Dir, name)))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep is the job that ends what has run out, and deletes what no export speaks for.
type Sweep struct{}

// Kind names the job.
func (Sweep) Kind() string { return "export.sweep" }

// Sweep tidies the rows, then the folder. The folder is read before the rows: a file that is begun in between has its row already.
func (s *Shelf) Sweep(ctx context.Context, _ *jobs.Job[Sweep]) error {
	if _, err := op.Keep(ctx, s.Door, actor, tidy, op.None{}); err != nil {
		return err
	}
	files, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the folder of exports: %w", err)
	}
	keep, err := op.Ask(ctx, s.Door, actor, live, op.None{})
	if err != nil {
		return err
	}
	for _, f := range files {
		name, unfinished := strings.CutSuffix(f.Name(), half)
		if state := keep[name]; state == Running || state == Ready && !unfinished {
			continue
		}
		if err := s.remove(f.Name()); err != nil {
			return fmt.Errorf("delete an export: %w", err)
		}
	}
	return nil
}

// live are the files that are being made or can be had.
var live = &op.Query[op.None, map[string]State]{
	Name: "export.live", Summary: "List the files of exports that are kept", Open: true,
	Do: func(v *op.View, _ op.None) (map[string]State, error) {
		if err := ours(v); err != nil {
			return nil, err
		}
		rows, err := Table.All(v, "where state in ('waiting', 'running', 'ready')")
		files := make(map[string]State, len(rows))
		for _, e := range rows {
			files[e.File] = e.State
		}
		return files, err
	},
}

// tidy ends exports whose files have run out, and those whose job ended without saying so; rows are forgotten after 30 days.
var tidy = &op.Upkeep[op.None, op.None]{
	Name: "export.tidy", Summary: "End exports that have run out",
	Do: func(tx *op.Tx, _ op.None) (op.None, error) {
		now := tx.Now().UnixMilli()
		out, err := Table.All(tx, "where state = 'ready' and expires_at <= $1", now)
		if err != nil {
			return op.None{}, err
		}
		for i := range out {
			if err := out[i].over(tx, Expired, ""); err != nil {
				return op.None{}, err
			}
		}
		going, err := Table.All(tx, "where state in ('waiting', 'running')")
		if err != nil {
			return op.None{}, err
		}
		for i := range going {
			if err := going[i].reconcile(tx); err != nil {
				return op.None{}, err
			}
		}
		_, err = Table.Clear(tx, "where made_at < $1 and state in ('failed', 'expired', 'cancelled')", now-kept.Milliseconds())
		return op.None{}, err
	},
}

// reconcile ends an export whose job has ended: the process was killed in its last attempt, or the job was cancelled as a job.
func (e *Export) reconcile(tx *op.Tx) error {
	run, err := jobs.Status(tx, e.Job)
	switch {
	case errors.Is(err, jobs.ErrNoRun):
		return e.over(tx, Failed, "interrupted")
	case err != nil:
		return err
	case run.State == jobs.Cancelled:
		return e.over(tx, Cancelled, "")
	case run.State.Ended():
		return e.over(tx, Failed, run.Code)
	}
	return nil
}
