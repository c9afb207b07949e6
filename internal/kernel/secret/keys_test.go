package secret

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// each runs a test with the options of a fresh key store in either database. Each OpenKeys on them is like another process.
func each(t *testing.T, test func(t *testing.T, o Options)) {
	t.Helper()
	t.Parallel()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, engine, fstest.MapFS{})
			test(t, Options{Store: store.Options{URL: url, SearchPath: "steward_keys", Writers: 4}, Master: master(t)})
		})
	}
}

func openKeys(t testing.TB, o Options) *Keys {
	t.Helper()
	k, err := OpenKeys(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func sealed(t testing.TB, k *Keys, person, plain string) string {
	t.Helper()
	if err := k.Ensure(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	box, err := k.Seal(t.Context(), person, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSealedValueOpensForItsPersonOnly(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		k := openKeys(t, o)
		box := sealed(t, k, "usr_ada", "ada@example.com")
		if again := sealed(t, k, "usr_ada", "ada@example.com"); again == box {
			t.Error("the same value gives the same box")
		}
		sealed(t, k, "usr_bob", "x")
		for _, keys := range []*Keys{k, openKeys(t, o)} { // from memory, and from the store
			plain, err := keys.Open(t.Context(), "usr_ada", box)
			if err != nil || string(plain) != "ada@example.com" {
				t.Errorf("%q, %v", plain, err)
			}
			if _, err := keys.Open(t.Context(), "usr_bob", box); !errors.Is(err, ErrTampered) {
				t.Errorf("Bob opens Ada's box: %v", err)
			}
		}
		for i := range len(box) {
			changed := box[:i] + string('A'+(box[i]+1)%26) + box[i+1:]
			if changed == box {
				continue
			}
			if _, err := k.Open(t.Context(), "usr_ada", changed); !errors.Is(err, ErrTampered) {
				t.Fatalf("a box changed at %d: %v", i, err)
			}
		}
	})
}

func TestNoKeyIsMadeBySealing(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		k := openKeys(t, o)
		if _, err := k.Seal(t.Context(), "usr_ada", nil); !errors.Is(err, ErrNoKey) {
			t.Errorf("sealed for somebody without a key: %v", err)
		}
		if _, err := k.Open(t.Context(), "usr_ada", "p1.AAAA"); !errors.Is(err, ErrErased) {
			t.Errorf("opened for somebody without a key: %v", err)
		}
		if _, err := k.Seal(t.Context(), "", nil); err == nil {
			t.Error("sealed for nobody")
		}
		if err := k.Destroy(t.Context(), ""); err == nil {
			t.Error("destroyed nobody's key")
		}
	})
}

func TestDestroyedKeyIsGoneForGood(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		o.Life = 50 * time.Millisecond
		k, other := openKeys(t, o), openKeys(t, o)
		box := sealed(t, k, "usr_ada", "Ada")
		bobs := sealed(t, k, "usr_bob", "Bob")
		if _, err := other.Open(t.Context(), "usr_ada", box); err != nil {
			t.Fatal(err)
		}
		for range 2 { // it can be repeated
			if err := k.Destroy(t.Context(), "usr_ada", "usr_never"); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.Ensure(t.Context(), "usr_ada", "usr_bob", "usr_never"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
		for _, keys := range []*Keys{k, other, openKeys(t, o)} {
			for _, person := range []string{"usr_ada", "usr_never"} {
				if _, err := keys.Open(t.Context(), person, box); !errors.Is(err, ErrErased) {
					t.Errorf("opened: %v", err)
				}
				if _, err := keys.Seal(t.Context(), person, nil); !errors.Is(err, ErrErased) {
					t.Errorf("sealed anew: %v", err)
				}
			}
			if plain, err := keys.Open(t.Context(), "usr_bob", bobs); err != nil || string(plain) != "Bob" {
				t.Errorf("Bob went with Ada: %v", err)
			}
		}
	})
}

func TestManyProcessesMakeOneKeyForEachPerson(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		openKeys(t, o) // makes the schema
		persons := make([]string, 450)
		for i := range persons {
			persons[i] = fmt.Sprintf("usr_%03d", i)
		}
		var processes [4]*Keys
		for i := range processes {
			processes[i] = openKeys(t, o)
		}
		var wg sync.WaitGroup
		for i, k := range processes {
			wg.Go(func() {
				mine := append(persons[i*100:len(persons):len(persons)], persons[:i*100]...) // each begins elsewhere
				if err := k.Ensure(t.Context(), append(mine, mine...)...); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, person := range persons {
			box, err := processes[0].Seal(t.Context(), person, []byte(person))
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range processes {
				if plain, err := k.Open(t.Context(), person, box); err != nil || string(plain) != person {
					t.Fatalf("two keys for %s: %v", person, err)
				}
			}
		}
	})
}

func TestKeyStoreRefusesAnotherMasterKey(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		openKeys(t, o)
		o.Master = master(t)
		if _, err := OpenKeys(t.Context(), o); !errors.Is(err, ErrOtherMaster) {
			t.Errorf("%v", err)
		}
		o.Master = nil
		if _, err := OpenKeys(t.Context(), o); err == nil {
			t.Error("opened without a master key")
		}
	})
}

func TestStoreHoldsNoKeyInTheClear(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		k := openKeys(t, o)
		sealed(t, k, "usr_ada", "x")
		sealed(t, k, "usr_bob", "x")
		key, _ := k.cache.get("usr_ada")
		wrapped := func(person string) string {
			s, err := store.Value[string](k.db.Read(t.Context()).QueryRow("select wrapped from person_keys where person = $1", person))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(wrapped("usr_ada"), boxKey))
		if strings.Contains(string(raw), string(key[:8])) {
			t.Error("the key stands in the store")
		}
		// Bob's row under Ada's name: the wrapping is bound to the person.
		err := txn.Write(t.Context(), k.db, func(tx *store.Tx) error {
			_, err := tx.Exec("update person_keys set wrapped = $1 where person = 'usr_ada'", wrapped("usr_bob"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		k.Forget()
		if _, err := k.Seal(context.Background(), "usr_ada", nil); !errors.Is(err, ErrTampered) {
			t.Errorf("Bob's key was taken for Ada's: %v", err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	m, err := LoadMaster(filepath.Join(b.TempDir(), "k"))
	if err != nil {
		b.Fatal(err)
	}
	k := openKeys(b, Options{Store: store.Options{URL: "sqlite:" + filepath.Join(b.TempDir(), "keys.db")}, Master: m})
	sealed(b, k, "usr_ada", "")
	plain := []byte("ada.lovelace@example.com")
	for b.Loop() {
		if _, err := k.Seal(b.Context(), "usr_ada", plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnsure200(b *testing.B) {
	m, err := LoadMaster(filepath.Join(b.TempDir(), "k"))
	if err != nil {
		b.Fatal(err)
	}
	k := openKeys(b, Options{Store: store.Options{URL: "sqlite:" + filepath.Join(b.TempDir(), "keys.db")}, Master: m})
	persons := make([]string, 200)
	n := 0
	for b.Loop() {
		for i := range persons {
			n++
			persons[i] = fmt.Sprintf("usr_%09d", n)
		}
		if err := k.Ensure(b.Context(), persons...); err != nil {
			b.Fatal(err)
		}
	}
}
