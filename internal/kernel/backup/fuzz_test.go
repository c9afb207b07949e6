package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/secret"
)

// A file of keys that is not as it was written, to the byte, is refused with a sentence: nothing in it is believed without the seal.
func FuzzAChangedFileOfKeysIsRefused(f *testing.F) {
	folder := f.TempDir()
	master, err := secret.LoadMaster(filepath.Join(folder, "master.key"))
	if err != nil {
		f.Fatal(err)
	}
	header, err := json.Marshal(Header{Format: Format, ID: "bkp_1", Engine: "SQLite", Bytes: 5})
	if err != nil {
		f.Fatal(err)
	}
	row, err := json.Marshal(secret.Wrapped{Person: "usr_1", Key: "k1.AAAA"})
	if err != nil {
		f.Fatal(err)
	}
	text := append(append(append(header, '\n'), row...), '\n')
	sum := sha256.Sum256(text)
	body, err := json.Marshal(seal{Identity: "AGE-SECRET-KEY-1NONE", Above: hex.EncodeToString(sum[:]), Keys: 1})
	if err != nil {
		f.Fatal(err)
	}
	box, err := master.SealSystem(sealName("bkp_1"), body)
	if err != nil {
		f.Fatal(err)
	}
	last, err := json.Marshal(sealed{Seal: box})
	if err != nil {
		f.Fatal(err)
	}
	good := string(text) + string(last) + "\n"
	path := filepath.Join(folder, "desk.backup")
	opened := func(t testing.TB, text string) error {
		t.Helper()
		if err := os.WriteFile(path+KeysEnding, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := &Backup{path: path}
		_, err := b.readKeys(master)
		return err
	}
	if err := opened(f, good); err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{good, "", "\n", "{}\n", string(header) + "\n", good[:len(good)-1], good + good, good + "x", string(header) + "\n" + string(last) + "\n", `{"format":"steward backup 1","tables":[[]]}` + "\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := opened(t, text)
		if e, is := errors.AsType[*errs.Error](err); err != nil && (!is || e.Kind != errs.Invalid || e.Detail == "") {
			t.Errorf("%q is refused with %v", text, err)
		}
		if err == nil && text != good {
			t.Errorf("%q is believed", text)
		}
	})
}
