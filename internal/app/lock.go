package app

import (
	"fmt"
	"os"
	"path/filepath"
)

const lockName = "demo.lock"

// lockFolder makes the folder and holds it, so that two demos do not fill one.
func lockFolder(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the demo: %w; name another one with --dir", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if !lock(f) {
		_ = f.Close()
		return nil, fmt.Errorf("another demo runs in %s: end it, or name another folder with --dir", dir)
	}
	return f.Close, nil
}
