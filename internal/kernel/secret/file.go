package secret

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// File reads the 32 bytes of a key from a file that only its owner may read, and makes it at first use. Two processes that
// make it at once end up with the same key, and a crash leaves no half key: the file appears whole or not at all.
// The name is what the key is for, in sentences: "master key".
func File(path, name string) (*[32]byte, error) {
	key, err := readFile(path, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the %s %s: %w", name, path, err)
	}
	return readFile(path, name)
}

func readFile(path, name string) (*[32]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the %s: %w", name, err)
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the %s: %w", name, err)
	}
	switch mode := about.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("the %s %s is not a file: give the path of a file", name, path)
	case runtime.GOOS != "windows" && mode.Perm()&0o077 != 0:
		return nil, fmt.Errorf("the %s %s can be read or written by others (mode %04o): make it yours alone with: chmod 600 %s", name, path, mode.Perm(), path)
	case about.Size() != 32:
		return nil, fmt.Errorf("the %s %s has %d bytes instead of 32: put the right file back; a new key opens nothing that the old one sealed", name, path, about.Size())
	}
	key := new([32]byte)
	if _, err := f.ReadAt(key[:], 0); err != nil {
		return nil, fmt.Errorf("read the %s %s: %w", name, path, err)
	}
	return key, nil
}

// makeFile writes a draft beside path and links it into place; the link fails when somebody else was first.
func makeFile(path string) (err error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	defer clear(key)
	dir := filepath.Dir(path)
	draft, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(key)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name in a folder last through a power cut. Windows has no such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
