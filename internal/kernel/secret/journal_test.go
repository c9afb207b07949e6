package secret

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func journal(t *testing.T) *Journal {
	t.Helper()
	j, err := OpenJournal(filepath.Join(t.TempDir(), JournalFile))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func appended(t *testing.T, j *Journal, persons ...string) {
	t.Helper()
	for i, person := range persons {
		if err := j.Append(person, noon.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}

func has(t *testing.T, j *Journal, person string) bool {
	t.Helper()
	ok, err := j.Has(person)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestErasedPersonIsRememberedWithoutTheId(t *testing.T) {
	j := journal(t)
	appended(t, j, "usr_ada", "usr_bob", "usr_ada")
	if !has(t, j, "usr_ada") || !has(t, j, "usr_bob") || has(t, j, "usr_cyd") {
		t.Error("the journal remembers somebody else")
	}
	all, err := j.All()
	if err != nil || len(all) != 2 || !all[0].At.Equal(noon) || all[1].Person != Tombstone("usr_bob") {
		t.Errorf("%v, %v", all, err)
	}
	text, _ := os.ReadFile(j.Path())
	if bytes.Contains(text, []byte("usr_")) || bytes.Count(text, []byte("\n")) != 2 {
		t.Errorf("journal:\n%s", text)
	}
	about, _ := os.Stat(j.Path())
	if about.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", about.Mode())
	}
	if err := j.Append("", noon); err == nil {
		t.Error("nobody was erased")
	}
}

// A crash can cut the last line anywhere; whoever stands before it stays, and the next erasure finds a clean end.
func TestLineCutByACrashIsCompleted(t *testing.T) {
	whole := journal(t)
	appended(t, whole, "usr_ada", "usr_bob")
	text, _ := os.ReadFile(whole.Path())
	first := bytes.IndexByte(text, '\n') + 1
	for cut := first; cut <= len(text); cut++ {
		j := journal(t)
		if err := os.WriteFile(j.Path(), text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		bob := cut >= len(text)-1
		if !has(t, j, "usr_ada") || has(t, j, "usr_bob") != bob {
			t.Fatalf("cut at %d: somebody is wrong", cut)
		}
		appended(t, j, "usr_cyd")
		if !has(t, j, "usr_ada") || !has(t, j, "usr_cyd") || has(t, j, "usr_bob") != bob {
			t.Fatalf("cut at %d: somebody is wrong after the next erasure", cut)
		}
		if after, _ := os.ReadFile(j.Path()); bytes.Count(after, []byte("\n")) != bytes.Count(after, []byte("{")) {
			t.Fatalf("cut at %d:\n%s", cut, after)
		}
	}
}

func TestChangedLineIsRefusedAndStays(t *testing.T) {
	whole := journal(t)
	appended(t, whole, "usr_ada", "usr_bob")
	text, _ := os.ReadFile(whole.Path())
	first := bytes.IndexByte(text, '\n')
	j := &Journal{path: filepath.Join(t.TempDir(), JournalFile)}
	for at := range first {
		broken := bytes.Clone(text)
		broken[at] ^= 1
		if err := os.WriteFile(j.path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Has("usr_bob"); !errors.Is(err, ErrJournal) {
			t.Fatalf("byte %d: %v", at, err)
		}
		if _, err := OpenJournal(j.path); !errors.Is(err, ErrJournal) {
			t.Fatalf("byte %d: %v", at, err)
		}
		if err := j.Append("usr_cyd", noon); !errors.Is(err, ErrJournal) {
			t.Fatalf("byte %d: %v", at, err)
		}
		if after, _ := os.ReadFile(j.path); !bytes.Equal(after, broken) {
			t.Fatalf("byte %d: a refused journal was written", at)
		}
	}
	if err := os.WriteFile(j.path, []byte("\n"+string(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.All(); !errors.Is(err, ErrJournal) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("an empty line: %v", err)
	}
}

func TestJournalsAreJoined(t *testing.T) {
	one, two := journal(t), journal(t)
	appended(t, one, "usr_ada", "usr_bob")
	appended(t, two, "usr_bob", "usr_cyd")
	others, err := ReadJournal(two.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Absorb(others...); err != nil {
		t.Fatal(err)
	}
	if all, err := one.All(); err != nil || len(all) != 3 || !has(t, one, "usr_cyd") {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := ReadJournal(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent journal: %v", err)
	}
}

func TestErasuresAtOnceAreAllWritten(t *testing.T) {
	path := journal(t).Path()
	var wg sync.WaitGroup
	for _, person := range strings.Split("abcdefghijklmnopqrstuvwx", "") {
		wg.Go(func() {
			if err := (&Journal{path: path}).Append("usr_"+person, noon); err != nil { // like another process
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all, err := ReadJournal(path); err != nil || len(all) != 24 {
		t.Errorf("%d, %v", len(all), err)
	}
}
