package secret

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func master(t testing.TB) *Master {
	t.Helper()
	m, err := LoadMaster(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMasterKeyIsMadeOnceForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	var all [16]*Master
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			m, err := LoadMaster(path)
			if err != nil {
				t.Error(err)
			}
			all[i] = m
		})
	}
	wg.Wait()
	for _, m := range all {
		if *m.key() != *all[0].key() {
			t.Fatal("two processes made two keys")
		}
	}
	about, err := os.Stat(path)
	if err != nil || about.Mode().Perm() != 0o600 || about.Size() != 32 {
		t.Errorf("key file: %v, %v", about.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("drafts are left beside the key: %v", left)
	}
}

func TestKeyFileThatOthersCanReadIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o620} {
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, make([]byte, 32), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadMaster(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}

func TestWrongKeyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, make([]byte, 31), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{short, dir, filepath.Join(dir, "absent", "key")} {
		if _, err := LoadMaster(path); err == nil {
			t.Errorf("%s is taken for a key", path)
		}
	}
}

func TestPurposesHaveKeysOfTheirOwn(t *testing.T) {
	m := master(t)
	if m.Derive("a") == m.Derive("b") || (&Master{key: m.key}).Derive("a") != m.Derive("a") || m.Derive("a") == *m.key() {
		t.Error("derived keys are not one for each purpose")
	}
	mac := func(purpose string, parts ...string) string {
		raw := make([][]byte, len(parts))
		for i, p := range parts {
			raw[i] = []byte(p)
		}
		return hex.EncodeToString(m.MAC(purpose, raw...))
	}
	seen := map[string]bool{}
	for _, s := range []string{mac("a", "x", "yz"), mac("a", "xy", "z"), mac("a", "xyz"), mac("b", "xyz"), mac("a", "xyz", ""), mac("a")} {
		if seen[s] {
			t.Error("two different inputs have one MAC")
		}
		seen[s] = true
	}
}

func TestSystemValueOpensUnderItsNameOnly(t *testing.T) {
	m := master(t)
	box, err := m.SealSystem("mail.password", []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := m.OpenSystem("mail.password", box)
	if err != nil || string(plain) != "hunter2" {
		t.Errorf("%q, %v", plain, err)
	}
	for name, box := range map[string]string{"webhook.secret": box, "mail.password": "p1." + box[3:], "": box} {
		if _, err := m.OpenSystem(name, box); !errors.Is(err, ErrTampered) {
			t.Errorf("%q opens %q: %v", name, box, err)
		}
	}
	if _, err := master(t).OpenSystem("mail.password", box); !errors.Is(err, ErrTampered) {
		t.Error("another installation opens it")
	}
}

// holder is how a key gets printed by mistake: as an unexported field of something else.
type holder struct {
	m    *Master
	copy Master
	k    *Keys
	keys Keys
}

func TestNoWayOfPrintingPrintsAKey(t *testing.T) {
	m := &Master{key: hold((*[32]byte)([]byte("KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKE")))}
	k := &Keys{master: m, wrap: m.key, cache: newCache(4, time.Minute)}
	k.cache.put(0, "usr_ada", m.key())
	var out strings.Builder
	things := []any{m, *m, k, *k, holder{m, *m, k, *k}, &holder{m, *m, k, *k}, []*Master{m}, map[string]Master{"a": *m}, struct{ M *Master }{m}, struct{ M Master }{*m}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U"} {
		for _, thing := range things {
			fmt.Fprintf(&out, verb+"\n", thing)
		}
	}
	for _, thing := range things {
		fmt.Fprintln(&out, thing)
		text, _ := json.Marshal(thing)
		out.Write(text)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "thing", thing)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "thing", thing)
	}
	fmt.Fprintln(&out, m.String(), m.GoString())
	for _, leak := range []string{"KEYKEY", "4b45594b4559", "4B45594B4559", "75 69 89", "75, 69, 89", "0x4b, 0x45", "0x4b 0x45", "U+004B", "K E Y"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the key is printed as %q", leak)
		}
	}
	if !strings.Contains(out.String(), "[secret]") {
		t.Error("nothing says [secret]")
	}
}

func TestTokensAndCodes(t *testing.T) {
	plain, hash := Token()
	if len(plain) != 43 || len(hash) != 64 || HashToken(plain) != hash || strings.ContainsAny(plain, "+/=") {
		t.Errorf("%q, %q", plain, hash)
	}
	if HashToken("abc") != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error("HashToken is not SHA-256 in hex")
	}
	if other, _ := Token(); other == plain {
		t.Error("the same token twice")
	}
	var counts [10]int
	for range 20_000 {
		code := Code(6)
		if len(code) != 6 {
			t.Fatalf("%q has not six digits", code)
		}
		for _, d := range code {
			counts[d-'0']++
		}
	}
	for d, n := range counts { // 12,000 expected, deviation 104: six of them
		if n < 11_376 || n > 12_624 {
			t.Errorf("digit %d came %d times", d, n)
		}
	}
	if Code(0) != "" || !Equal("a", "a") || Equal("a", "b") || Equal("a", "ab") {
		t.Error("Code(0) or Equal")
	}
}

func TestCacheIsBoundedForgetsAndZeroes(t *testing.T) {
	c := newCache(2, time.Minute)
	now := time.Now()
	c.now = func() time.Time { return now }
	key := [32]byte{1}
	put := func(person string) { c.put(c.reading(), person, &key) }
	put("ada")
	ada := c.of["ada"].Value.(*kept)
	put("bob")
	c.get("ada")
	put("cyd") // bob was used longest ago
	if _, ok := c.get("bob"); ok {
		t.Error("bob is kept beyond the bound")
	}
	if k, ok := c.get("ada"); !ok || k != key {
		t.Error("ada, used last, was dropped")
	}
	turn := c.reading()
	c.forget("ada")
	if ada.key != [32]byte{} {
		t.Error("a dropped key is not zeroed")
	}
	if c.put(turn, "ada", &key); len(c.of) != 1 {
		t.Error("a key read before the forgetting came in after it")
	}
	now = now.Add(time.Minute)
	if _, ok := c.get("cyd"); ok {
		t.Error("an old entry is believed")
	}
	put("ada")
	if c.forget(); len(c.of) != 0 || c.recent.Len() != 0 {
		t.Error("forgetting everybody leaves somebody")
	}
}

func FuzzOpenBox(f *testing.F) {
	key := [32]byte{7}
	box, _ := seal(&key, boxPerson, "usr_ada", []byte("Ada"))
	f.Add(box)
	f.Add("p1.")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := open(&key, boxPerson, "usr_ada", text)
		if err == nil && text != box && string(plain) != "Ada" {
			t.Errorf("%q opens", text)
		}
	})
}
