package secret

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"
)

// JournalFile is the name of the erasure journal in the data folder.
const JournalFile = "erasures.journal"

// Journal remembers who was erased, outside of the databases: a backup made before an erasure brings the person back, and the
// journal is how the restored copy learns that they have to go again. It holds no names and no ids, only hashes of ids: an id
// has 74 random bits, so nobody finds the person by trying.
//
// One line of JSON for each erasure, appended and brought to the disk before Append returns. A crash can leave the last line
// without its end; readers leave such a rest out, and the next Append removes it, or ends it when only the line's end is missing.
// Any other line that is not as it was written is ErrJournal: then somebody would be forgotten who must not be.
type Journal struct {
	path string
	mu   sync.Mutex
}

// Erasure is one line of the journal.
type Erasure struct {
	Person string    // Tombstone of the person's id
	At     time.Time // to the second
}

// ErrJournal means that a line of the journal cannot be believed.
var ErrJournal = errors.New("the erasure journal was changed: put back the file as it was, from where you keep its copies")

// line is an erasure as it is written. Sum finds a line that was changed by accident.
type line struct {
	Person string `json:"person"`
	At     string `json:"at"`
	Sum    string `json:"sum"`
}

// Tombstone is what the journal keeps of a person's id.
func Tombstone(person string) string {
	sum := sha256.Sum256([]byte("steward erasure v1\x00" + person))
	return hex.EncodeToString(sum[:])
}

// OpenJournal opens the journal at a path and makes it, for its owner alone, when there is none.
func OpenJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the erasure journal: %w", err)
	}
	if err := errors.Join(f.Close(), syncDir(filepath.Dir(path))); err != nil {
		return nil, fmt.Errorf("open the erasure journal: %w", err)
	}
	j := &Journal{path: path}
	_, err = j.All()
	return j, err
}

// ReadJournal reads a journal that lies somewhere else, such as beside a backup. An absent one is fs.ErrNotExist.
func ReadJournal(path string) ([]Erasure, error) { return (&Journal{path: path}).All() }

// Path is where the journal lies.
func (j *Journal) Path() string { return j.path }

// Append writes down that a person was erased. When it returns nil, the line is on the disk. It can be repeated: who is in the
// journal already is not written again, so that the first date stands.
func (j *Journal) Append(person string, at time.Time) error {
	if person == canary {
		return errors.New("secret: an erasure needs a person")
	}
	return j.Absorb(Erasure{Person: Tombstone(person), At: at})
}

// Absorb takes over erasures from another journal; those that are known already stay as they are.
func (j *Journal) Absorb(all ...Erasure) (err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f, err := os.OpenFile(j.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("write the erasure journal: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("write the erasure journal: %w", err)
		}
	}()
	if err := alone(f); err != nil { // until it is closed
		return err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	known, whole, err := parse(text)
	if err != nil {
		return err
	}
	var add []byte
	if whole > len(text) { // only the end of the last line is missing
		add = append(add, '\n')
	}
	for _, e := range all {
		if !slices.ContainsFunc(known, func(k Erasure) bool { return k.Person == e.Person }) {
			known, add = append(known, e), append(add, e.spell()...)
		}
	}
	if whole < len(text) {
		if err := f.Truncate(int64(whole)); err != nil {
			return err
		}
	}
	if _, err := f.WriteAt(add, int64(min(whole, len(text)))); err != nil {
		return err
	}
	return errors.Join(f.Sync(), syncDir(filepath.Dir(j.path)))
}

// Has says whether a person was erased.
func (j *Journal) Has(person string) (bool, error) {
	all, err := j.All()
	mark := Tombstone(person)
	return slices.ContainsFunc(all, func(e Erasure) bool { return e.Person == mark }), err
}

// All gives every erasure in the order in which it was written down.
func (j *Journal) All() ([]Erasure, error) {
	text, err := os.ReadFile(j.path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no erasure journal: %w", err)
		}
		return nil, fmt.Errorf("read the erasure journal: %w", err)
	}
	all, _, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.path, err)
	}
	return all, nil
}

func (e Erasure) spell() []byte {
	at := e.At.UTC().Format(time.RFC3339)
	text, _ := json.Marshal(line{Person: e.Person, At: at, Sum: checksum(e.Person, at)})
	return append(text, '\n')
}

// parse reads the lines. whole is how many bytes stand when a rest without an end is cut; one more than there are when the last
// line is complete but for its end.
func parse(text []byte) (all []Erasure, whole int, err error) {
	for n := 1; whole < len(text); n++ {
		raw, _, ended := bytes.Cut(text[whole:], []byte{'\n'})
		e, ok := read(raw)
		switch {
		case ok:
			all = append(all, e)
			whole += len(raw) + 1
		case !ended:
			return all, whole, nil
		default:
			return nil, 0, fmt.Errorf("line %d: %w", n, ErrJournal)
		}
	}
	return all, whole, nil
}

var tombstone = regexp.MustCompile(`^[0-9a-f]{64}$`)

func read(raw []byte) (e Erasure, ok bool) {
	var l line
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&l) != nil || !tombstone.MatchString(l.Person) || l.Sum != checksum(l.Person, l.At) {
		return e, false
	}
	at, err := time.Parse(time.RFC3339, l.At)
	if err != nil {
		return e, false
	}
	e = Erasure{Person: l.Person, At: at.UTC()}
	return e, string(e.spell()) == string(raw)+"\n"
}

func checksum(person, at string) string {
	sum := sha256.Sum256([]byte(person + " " + at))
	return hex.EncodeToString(sum[:4])
}
