package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Several files cannot get their names at once. So they are written under other names, and then a note that says what is to be
// done: from that moment on the restore has happened, whoever is killed, because the next to come does what the note says. Before
// that moment nothing has.
//
//	written      the files lie beside those that they will replace: thrown away by the next to come
//	noted        restore.json is there: carried out by the next to come. On PostgreSQL the transaction decides which of the two
//	carried out  the note is gone

// move puts a staged file in the place of another.
type move struct {
	Staged string `json:"staged"`
	Final  string `json:"final"`
	Aside  string `json:"aside,omitempty"` // where what was there before is kept; "" throws it away
}

const stagedEnding = ".restore"

func staged(final string) move { return move{Staged: final + stagedEnding, Final: final} }

// swap is the note.
type swap struct {
	Backup string `json:"backup"`
	Files  []move `json:"files"`
	Asks   bool   `json:"asks"` // whether the database was restored: only then it counts
}

const noteFile = "restore.json"

// logs are the files that SQLite has beside a database.
var logs = []string{"-wal", "-shm", "-journal"}

// declare writes the note. What it speaks of is on the disk already.
func declare(data string, s swap) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	for _, m := range s.Files {
		if err := syncDir(filepath.Dir(m.Staged)); err != nil {
			return err
		}
	}
	note := filepath.Join(data, noteFile)
	if err := write(note+draftEnding, strings.NewReader(string(text))); err != nil {
		return err
	}
	return errors.Join(os.Rename(note+draftEnding, note), syncDir(data))
}

// withdraw takes the note back: the database's transaction did not happen.
func withdraw(data string) error {
	return errors.Join(remove(filepath.Join(data, noteFile)), syncDir(data))
}

// Unfinished says whether a restore was killed in a way that leaves something to do in the data folder.
func Unfinished(data string) bool {
	_, err := os.Lstat(filepath.Join(data, noteFile))
	return err == nil
}

// Finish does what the note says, if there is one. happened answers whether the database was restored from a backup; it is asked
// on PostgreSQL only, and nil stands for yes.
func Finish(data string, happened func(backup string) (bool, error)) error {
	note := filepath.Join(data, noteFile)
	text, err := os.ReadFile(note)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s swap
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("read %s: %w", note, err)
	}
	if s.Asks && happened != nil {
		yes, err := happened(s.Backup)
		if err != nil {
			return err
		}
		if !yes {
			return errors.Join(Discard(s.Files), withdraw(data))
		}
	}
	for _, m := range s.Files {
		if err := m.carryOut(); err != nil {
			return fmt.Errorf("put %s in place: %w", m.Final, err)
		}
	}
	return withdraw(data)
}

// carryOut can be repeated. A staged file that is not there was put in place before, or is not in the backup. The logs of the
// replaced database go first: SQLite would play them into the new one.
func (m move) carryOut() error {
	if _, err := os.Lstat(m.Staged); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, log := range logs {
		if err := remove(m.Final + log); err != nil {
			return err
		}
	}
	if m.Aside != "" {
		if err := os.Rename(m.Final, m.Aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(os.Rename(m.Staged, m.Final), syncDir(filepath.Dir(m.Final)))
}

// Discard throws staged files away.
func Discard(files []move) (err error) {
	for _, m := range files {
		for _, ending := range append([]string{""}, logs...) {
			err = errors.Join(err, remove(m.Staged+ending))
		}
	}
	return err
}

// DiscardStaged throws away what a killed restore had written before its note.
func DiscardStaged(finals ...string) error {
	files := make([]move, len(finals))
	for i, final := range finals {
		files[i] = staged(final)
	}
	return Discard(files)
}

func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
