package backup

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"

	"filippo.io/age"
	"github.com/stewardhq/steward/internal/kernel/secret"
)

// Backup is an opened backup: both files were read to their ends and are as they were written.
type Backup struct {
	Header
	Persons int64 // rows of the key store

	path     string
	auditKey []byte
	file     *os.File
	zip      *zip.Reader
}

// Open verifies FILE and the file of keys beside it, with the master key, and opens it. Close it.
func Open(path string, master *secret.Master) (*Backup, error) {
	b := &Backup{path: path}
	s, err := b.readKeys(master)
	if err != nil {
		return nil, err
	}
	if b.file, err = open(path); err != nil {
		return nil, err
	}
	if err := b.readData(s); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// readData reads all of FILE.
func (b *Backup) readData(s seal) error {
	sum := sha256.New()
	n, err := io.Copy(sum, b.file)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	identity, err := age.ParseX25519Identity(s.Identity)
	if err != nil {
		return ErrFormat.Because(err)
	}
	plain, size, err := age.DecryptReaderAt(b.file, n, identity)
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return ErrOther.Because(err)
	case n != b.Bytes || hex.EncodeToString(sum.Sum(nil)) != b.SHA256:
		return ErrDamaged.Because(err)
	case err != nil:
		return ErrFormat.Because(err)
	}
	if b.zip, err = zip.NewReader(plain, size); err != nil {
		return ErrFormat.Because(err)
	}
	return nil
}

// Close closes the file.
func (b *Backup) Close() error { return b.file.Close() }

func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoFile.Because(err)
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(ErrFormat.Because(err), f.Close())
	}
	return f, nil
}

// lines reads FILE.keys line by line and sums them up.
type lines struct {
	from *bufio.Reader
	sum  hash.Hash
}

const longest = 1 << 20 // of a line; the header with every column is some KiB

func (l *lines) next() (text []byte, err error) {
	for {
		part, err := l.from.ReadSlice('\n')
		text = append(text, part...)
		if err == nil {
			return bytes.TrimSuffix(text, []byte("\n")), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) || len(text) > longest {
			return nil, ErrDamaged.Because(err)
		}
	}
}

func (l *lines) add(text []byte) {
	l.sum.Write(text)
	l.sum.Write([]byte{'\n'})
}

// readKeys reads all of FILE.keys: the header, and the seal that vouches for it.
func (b *Backup) readKeys(master *secret.Master) (s seal, err error) {
	f, err := open(b.path + KeysEnding)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l := &lines{from: bufio.NewReaderSize(f, 64<<10), sum: sha256.New()}
	text, err := l.next()
	if err != nil {
		return s, ErrFormat.Because(err)
	}
	if json.Unmarshal(text, &b.Header) != nil || b.Format != Format {
		return s, ErrFormat
	}
	l.add(text)
	for {
		if text, err = l.next(); err != nil {
			return s, err
		}
		var last sealed
		if bytes.HasPrefix(text, []byte(`{"seal":`)) && json.Unmarshal(text, &last) == nil {
			if s, err = unseal(master, b.ID, last.Seal); err != nil {
				return s, err
			}
			break
		}
		l.add(text)
		b.Persons++
	}
	if _, err := l.from.ReadByte(); !errors.Is(err, io.EOF) || s.Keys != b.Persons || s.Above != hex.EncodeToString(l.sum.Sum(nil)) {
		return s, ErrDamaged
	}
	b.auditKey = s.AuditKey
	return s, nil
}

func unseal(master *secret.Master, id, box string) (s seal, err error) {
	text, err := master.OpenSystem(sealName(id), box)
	if err != nil {
		return s, ErrMaster.Because(err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, ErrFormat.Because(err)
	}
	return s, nil
}

// keys gives the rows of the key store. What goes wrong is told after the last.
func (b *Backup) keys(master *secret.Master, failed *error) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		*failed = b.eachKey(master, yield)
	}
}

func (b *Backup) eachKey(master *secret.Master, yield func([]any) bool) (err error) {
	f, err := open(b.path + KeysEnding)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l := &lines{from: bufio.NewReaderSize(f, 64<<10), sum: sha256.New()}
	if _, err := l.next(); err != nil {
		return err
	}
	for range b.Persons {
		text, err := l.next()
		if err != nil {
			return err
		}
		var w secret.Wrapped
		if err := json.Unmarshal(text, &w); err != nil {
			return ErrDamaged.Because(err)
		}
		if w.Person == "" && !master.Fits(w) {
			return ErrMaster
		}
		if !yield([]any{w.Person, w.Key, w.MadeAt}) {
			return nil
		}
	}
	return nil
}

// unpack gives one file of the zip file, or fs.ErrNotExist.
func (b *Backup) unpack(name string, to func(io.Reader) error) (err error) {
	from, err := b.zip.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	return to(from)
}
