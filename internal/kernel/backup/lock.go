package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	lockFile       = "backup.lock"
	scratchPattern = ".backup-*.db"
)

// exclusive holds a file for this process alone, until release or the end of the process.
func exclusive(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if !lock(f) {
		return nil, errors.Join(ErrRunning, f.Close())
	}
	return f.Close, nil
}

// Sweep removes what a killed backup left in the data folder: an unencrypted copy of the database. Not while one is being made.
func Sweep(data string) error {
	left, err := filepath.Glob(filepath.Join(escaped(data), scratchPattern))
	if err != nil || len(left) == 0 {
		return err
	}
	release, err := exclusive(filepath.Join(data, lockFile))
	if errors.Is(err, ErrRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(sweep(data), release())
}

func sweep(data string) error {
	left, err := filepath.Glob(filepath.Join(escaped(data), scratchPattern+"*")) // with the logs beside it
	for _, name := range left {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// escaped is a folder as Glob takes it by its letters.
func escaped(folder string) string {
	var name []rune
	for _, r := range folder {
		switch r {
		case '*', '?', '[', '\\':
			if os.PathSeparator == '/' {
				name = append(name, '\\')
			}
		}
		name = append(name, r)
	}
	return string(name)
}

// syncDir makes new names in a folder last through a power cut, where a folder can be told to.
func syncDir(folder string) error {
	if os.PathSeparator != '/' {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
