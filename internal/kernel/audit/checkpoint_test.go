package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// lite gives a checkpointer on SQLite, for what is about the file.
func lite(t *testing.T) (*store.DB, *Checkpointer) {
	t.Helper()
	t.Parallel()
	db := storetest.New(t, store.SQLite, tables)
	at := noon
	return db, checkpointer(t, db, &at)
}

func TestOnlyChainsThatMovedAreSigned(t *testing.T) {
	db, c := lite(t)
	mustWrite(t, c, 0)
	grow(t, db, "brd_a", 2)
	grow(t, db, "brd_b", 2)
	mustWrite(t, c, 2)
	mustWrite(t, c, 0)
	grow(t, db, "brd_a", 1)
	mustWrite(t, c, 1)
	a := anchorsOf(t, c)
	if len(a.Checkpoints) != 3 || a.Checkpoints[2].N != 3 || a.Checkpoints[2].Number != 3 || len(a.Problems) != 0 {
		t.Errorf("%+v", a)
	}
	about, err := os.Stat(c.Path)
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", about.Mode(), err)
	}
	holds(t, db, a)
}

func TestTornLineIsReplaced(t *testing.T) {
	db, c := lite(t)
	grow(t, db, "brd_a", 2)
	mustWrite(t, c, 1)
	whole := readFile(t, c.Path)
	grow(t, db, "brd_a", 1)
	mustWrite(t, c, 1)
	both := readFile(t, c.Path)
	for size := len(whole) + 1; size < len(both); size += 7 { // killed while it was writing, anywhere in the second line
		if err := os.WriteFile(c.Path, []byte(both[:size]), 0o600); err != nil {
			t.Fatal(err)
		}
		a := anchorsOf(t, c)
		if !a.Torn || len(a.Checkpoints) != 1 || len(a.Problems) != 0 {
			t.Fatalf("cut at %d: %+v", size, a)
		}
		if r := holds(t, db, a); len(r.Notes) != 2 {
			t.Errorf("%s", r)
		}
		again := &Checkpointer{DB: db, Path: c.Path, Key: c.Key, Now: c.Now}
		mustWrite(t, again, 1)
		if readFile(t, c.Path) != both {
			t.Fatalf("cut at %d: the file is not as it was", size)
		}
	}
}

func TestTamperedCheckpointFileIsSeen(t *testing.T) {
	db, c := lite(t)
	for range 4 {
		grow(t, db, "brd_a", 1)
		mustWrite(t, c, 1)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(readFile(t, c.Path), "\n"), "\n")
	lines[3] += "\n"
	key := c.Key.Public().(ed25519.PublicKey)
	for name, file := range map[string]string{
		"line edited":      lines[0] + strings.Replace(lines[1], `"n":2`, `"n":3`, 1) + lines[2] + lines[3],
		"line taken out":   lines[0] + lines[2] + lines[3],
		"first taken out":  lines[1] + lines[2] + lines[3],
		"lines swapped":    lines[0] + lines[2] + lines[1] + lines[3],
		"line twice":       lines[0] + lines[1] + lines[1] + lines[2] + lines[3],
		"line put in":      lines[0] + "{}\n" + lines[1] + lines[2] + lines[3],
		"empty line":       lines[0] + "\n" + lines[1] + lines[2] + lines[3],
		"signature edited": strings.Replace(lines[0], `"signature":"`, `"signature":"A`, 1) + lines[1] + lines[2] + lines[3],
	} {
		a, err := readAnchors(strings.NewReader(file), key)
		if err != nil || len(a.Problems) == 0 {
			t.Errorf("%s: %v, %+v", name, err, a)
			continue
		}
		r := verify(t, db, a)
		if r.OK || r.Findings[len(r.Findings)-1].Kind != AnchorsChanged {
			t.Errorf("%s: %s", name, r)
		}
	}
	other := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	if a, err := ReadAnchors(c.Path, other); err != nil || len(a.Problems) != 4 || len(a.Checkpoints) != 0 {
		t.Errorf("another key: %+v, %v", a, err)
	}
}

func TestAlarmWhenTheChainIsNotWhatWasSigned(t *testing.T) {
	db, c := lite(t)
	grow(t, db, "brd_a", 5)
	grow(t, db, "platform", 1)
	mustWrite(t, c, 2)
	o := operator{t, db}

	cut(o, "3")
	if n, err := c.Write(t.Context()); !errors.Is(err, ErrAlarm) || n != 1 {
		t.Errorf("cut: %d, %v", n, err)
	}
	mustWrite(t, c, 0) // said once
	if r := verify(t, db, anchorsOf(t, c)); r.OK || r.Findings[0].Kind != TailCut || r.Findings[0].N != 4 {
		t.Errorf("the file forgot what was cut: %s", r)
	}
	grow(t, db, "brd_a", 1)
	o.do("update audit_events set body = replace(body, 'York', 'Bath') where n = 2 and chain = 'brd_a'")
	o.rehash(2)
	if n, err := c.Write(t.Context()); !errors.Is(err, ErrAlarm) || n != 1 {
		t.Errorf("rewritten: %d, %v", n, err)
	}
	o.do("update audit_heads set hash = " + badHash + " where chain = 'brd_a'")
	if n, err := c.Write(t.Context()); !errors.Is(err, ErrAlarm) || n != 0 {
		t.Errorf("head: %d, %v", n, err)
	}
}

func TestTwoProcessesShareOneFile(t *testing.T) {
	db, c := lite(t)
	other := &Checkpointer{DB: db, Path: c.Path, Key: c.Key, Now: c.Now}
	var wg sync.WaitGroup
	for range 10 {
		grow(t, db, "brd_a", 1)
		for _, each := range []*Checkpointer{c, other} {
			wg.Go(func() {
				if _, err := each.Write(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if a := anchorsOf(t, c); len(a.Checkpoints) != 10 || len(a.Problems) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestRunSignsOnceMoreAtTheEnd(t *testing.T) {
	db, c := lite(t)
	grow(t, db, "brd_a", 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { c.Run(ctx); close(done) }()
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not come back")
	}
	if a := anchorsOf(t, c); len(a.Checkpoints) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestPublicKeyAsText(t *testing.T) {
	key, err := SigningKey(filepath.Join(t.TempDir(), "audit.key"))
	if err != nil {
		t.Fatal(err)
	}
	text := PublicText(key)
	public, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "ed25519:"))
	if err != nil || !ed25519.PublicKey(public).Equal(key.Public()) || !strings.HasPrefix(text, "ed25519:") {
		t.Errorf("%q: %v", text, err)
	}
}

func FuzzReadAnchors(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	f.Add(string(Checkpoint{Number: 1, Chain: "brd_a", N: 1}.line(key)) + "\n")
	f.Add("{\n")
	f.Fuzz(func(t *testing.T, file string) {
		a, err := readAnchors(strings.NewReader(file), key.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range a.Checkpoints {
			if !c.holds(key.Public().(ed25519.PublicKey)) {
				t.Error("a checkpoint that is not signed")
			}
		}
	})
}
