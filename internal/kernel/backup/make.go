package backup

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Source is the installation that is copied. It may be in use.
type Source struct {
	Store       *store.DB
	Keys        *secret.Keys
	Master      *secret.Master
	Schema      fs.FS
	Data        string // folder, where the unencrypted copy of SQLite lies meanwhile
	Journal     string // file
	Checkpoints string // file, may be absent
	AuditKey    string // file, may be absent
	Tell        func(done, all int64, what string)
}

// Made is a backup that was written.
type Made struct {
	Header
	Keys  int64    // rows of the key store
	Files []string // FILE, FILE.keys, FILE.journal
}

// names of what is in the zip file.
const (
	inDatabase    = "steward.db"
	inTables      = "tables/" // and the table's name
	inCheckpoints = "audit-checkpoints.jsonl"
	tableEnding   = ".copy"
)

// Make writes a backup. The files get their names when all of them are whole and on the disk, FILE last: a kill leaves no FILE.
func Make(ctx context.Context, s Source, path string) (made Made, err error) {
	release, err := exclusive(filepath.Join(s.Data, lockFile))
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := sweep(s.Data); err != nil {
		return made, err
	}
	made.Files = []string{path, path + KeysEnding, path + JournalEnding}
	if err := free(made.Files); err != nil {
		return made, err
	}
	defer func() {
		for _, name := range made.Files { // those that did not get their names
			_ = os.Remove(name + draftEnding)
		}
	}()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return made, err
	}
	made.Header = Header{Format: Format, ID: strings.ToLower(rand.Text()[:16]), MadeAt: time.Now().UTC().Truncate(time.Second),
		Engine: s.Store.Dialect().String(), Recipient: identity.Recipient().String()}
	if err := s.writeData(ctx, path+draftEnding, identity, &made.Header); err != nil {
		return made, fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if made.Keys, err = s.writeKeys(ctx, path+KeysEnding+draftEnding, identity, &made.Header); err != nil { // after the database, see secret.Keys.Copy
		return made, fmt.Errorf("write %s: %w", filepath.Base(path)+KeysEnding, err)
	}
	if err := copyJournal(s.Journal, path+JournalEnding+draftEnding); err != nil {
		return made, err
	}
	if err := free(made.Files); err != nil {
		return made, err
	}
	for _, name := range slices.Backward(made.Files) {
		if err := os.Rename(name+draftEnding, name); err != nil {
			return made, err
		}
	}
	return made, syncDir(filepath.Dir(path))
}

// free wants none of the files to be there.
func free(names []string) error {
	for _, name := range names {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			return ErrThere.Because(fmt.Errorf("%q", name))
		}
	}
	return nil
}

// draft makes a file for its owner alone, over whatever a killed backup left of it.
func draft(name string) (*os.File, error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
}

// written is a file with a checksum of what goes through it.
type written struct {
	file *os.File
	buf  *bufio.Writer
	sum  hash.Hash
	n    int64
}

func begin(name string) (*written, error) {
	f, err := draft(name)
	if err != nil {
		return nil, err
	}
	return &written{file: f, buf: bufio.NewWriterSize(f, 1<<20), sum: sha256.New()}, nil
}

func (w *written) Write(b []byte) (int, error) {
	w.sum.Write(b)
	n, err := w.buf.Write(b)
	w.n += int64(n)
	return n, err
}

func (w *written) end() error { return errors.Join(w.buf.Flush(), w.file.Sync(), w.file.Close()) }

func (s *Source) writeData(ctx context.Context, name string, identity *age.X25519Identity, h *Header) (err error) {
	w, err := begin(name)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, w.end()); err == nil {
			h.Bytes, h.SHA256 = w.n, hex.EncodeToString(w.sum.Sum(nil))
		}
	}()
	closing, err := age.Encrypt(w, identity.Recipient())
	if err != nil {
		return err
	}
	z := zip.NewWriter(closing)
	z.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	if err := s.writeZip(ctx, z, h); err != nil {
		return err
	}
	return errors.Join(z.Close(), closing.Close())
}

// writeZip takes the checkpoints first: one that is newer than the copied database would say that entries were cut off.
func (s *Source) writeZip(ctx context.Context, z *zip.Writer, h *Header) error {
	if err := s.writeCheckpoints(z); err != nil {
		return err
	}
	if s.Store.Dialect() == store.SQLite {
		return s.writeLite(ctx, z, h)
	}
	return s.writePostgres(ctx, z, h)
}

func (s *Source) writeCheckpoints(z *zip.Writer) (err error) {
	from, err := os.Open(s.Checkpoints)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := z.Create(inCheckpoints)
	if err == nil {
		_, err = io.Copy(to, from) // a last line that is being written just now is a torn one: no evidence of anything
	}
	return err
}

// copyJournal copies the journal as far as it is whole. An installation in which nobody was erased yet has an empty one.
func copyJournal(from, to string) error {
	f, err := draft(to)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	j, err := secret.OpenJournal(to)
	if err != nil {
		return err
	}
	all, err := secret.ReadJournal(from)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return j.Absorb(all...)
}

func (s *Source) tell(done, all int64, what string) {
	if s.Tell != nil {
		s.Tell(done, all, what)
	}
}

// telling counts what goes through.
type telling struct {
	io.Reader
	s         *Source
	ctx       context.Context //nolint:containedctx // a reader has nowhere else to hear of its end
	done, all int64
}

func (t *telling) Read(b []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := t.Reader.Read(b)
	t.done += int64(n)
	t.s.tell(t.done, t.all, "bytes of the database")
	return n, err
}

func (s *Source) writeLite(ctx context.Context, z *zip.Writer, h *Header) (err error) {
	s.tell(0, 0, "copying the database")
	scratch, err := os.CreateTemp(s.Data, scratchPattern) // mode 0600
	if err != nil {
		return err
	}
	name := scratch.Name()
	defer func() { err = errors.Join(err, scratch.Close(), sweep(s.Data)) }()
	if err := s.Store.CopyFile(ctx, name); err != nil {
		return err
	}
	if err := describe(ctx, name, s.Schema, h); err != nil {
		return fmt.Errorf("the copy of the database: %w", err)
	}
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	to, err := z.Create(inDatabase)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, &telling{Reader: from, s: s, ctx: ctx, all: info.Size()})
	return err
}

// describe opens a copy of SQLite, wants it sound, and fills in what a header says of it. Then, if wanted, it changes the copy.
func describe(ctx context.Context, name string, schema fs.FS, h *Header, then ...func(*store.DB) error) (err error) {
	db, err := store.Open(ctx, store.Options{URL: "sqlite:" + name, Readers: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := look(db.Read(ctx), schema, h); err != nil {
		return err
	}
	for _, fn := range then {
		if err := fn(db); err != nil {
			return err
		}
	}
	return nil
}

func look(r store.Reader, schema fs.FS, h *Header) error {
	found, err := store.Value[string](r.QueryRow("pragma quick_check(1)"))
	if err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("it is damaged: %s", found)
	}
	if err := versions(r, h); err != nil {
		return err
	}
	tables, err := wanted(r, schema)
	for _, table := range tables {
		if err != nil {
			return err
		}
		c := store.Copied{Table: table}
		c.Rows, err = store.Value[int64](r.QueryRow("select count(*) from " + table))
		h.Tables = append(h.Tables, c)
	}
	return err
}

func versions(r store.Reader, h *Header) (err error) {
	if h.Schema, err = store.Version(r); err != nil {
		return err
	}
	h.Queue, err = jobs.Version(r)
	return err
}

// wanted are the tables that a backup holds.
func wanted(r store.Reader, schema fs.FS) ([]string, error) {
	tables, err := store.Tables(schema, r.Dialect())
	if err != nil {
		return nil, err
	}
	tables = slices.DeleteFunc(tables, func(t string) bool { return slices.Contains(jobs.FleetingTables, t) })
	return store.Present(r, append(tables, jobs.CopiedTables...))
}

func (s *Source) writePostgres(ctx context.Context, z *zip.Writer, h *Header) error {
	return s.Store.Snapshot(ctx, func(r store.Reader) error {
		if err := versions(r, h); err != nil {
			return err
		}
		tables, err := wanted(r, s.Schema)
		if err != nil {
			return err
		}
		n := 0
		h.Tables, err = store.CopyOut(r, tables, func(table string) (io.Writer, error) {
			s.tell(int64(n), int64(len(tables)), "tables, now "+table)
			n++
			return z.Create(inTables + table + tableEnding)
		})
		return err
	})
}

func (s *Source) writeKeys(ctx context.Context, name string, identity *age.X25519Identity, h *Header) (n int64, err error) {
	w, err := begin(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.end()) }()
	if h.KeyStore, err = s.Keys.Version(ctx); err != nil {
		return 0, err
	}
	lines := json.NewEncoder(w)
	if err := lines.Encode(h); err != nil {
		return 0, err
	}
	err = s.Keys.Copy(ctx, func(k secret.Wrapped) error {
		n++
		s.tell(n, 0, "keys of persons")
		return lines.Encode(k)
	})
	if err != nil {
		return n, err
	}
	closing := seal{Identity: identity.String(), Above: hex.EncodeToString(w.sum.Sum(nil)), Keys: n}
	closing.AuditKey, err = os.ReadFile(s.AuditKey)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return n, err
	}
	text, err := json.Marshal(closing)
	if err != nil {
		return n, err
	}
	box, err := s.Master.SealSystem(sealName(h.ID), text)
	if err != nil {
		return n, err
	}
	return n, lines.Encode(sealed{box})
}

// sealName binds the seal to its backup.
func sealName(id string) string { return "backup " + id }
