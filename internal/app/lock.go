package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stewardhq/steward/internal/kernel/backup"
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

// folderLock is held by everything that works with a data folder: shared, so that commands run beside a server, and by a restore
// alone.
const folderLock = "steward.lock"

func lockFile(c *Config) (*os.File, error) {
	return os.OpenFile(filepath.Join(c.Data, folderLock), os.O_CREATE|os.O_RDWR, 0o600)
}

// takeFolder holds the data folder alone.
func takeFolder(c *Config) (release func() error, err error) {
	f, err := lockFile(c)
	if err != nil {
		return nil, err
	}
	if !lock(f) {
		return nil, errors.Join(backup.ErrInUse, f.Close())
	}
	return f.Close, nil
}

// errRestoring refuses to work with a folder that a restore has taken.
var errRestoring = errors.New("a restore is going on in this data folder: wait until it has ended")

// joinFolder holds the data folder together with others. What a killed backup or restore left behind is settled meanwhile, by
// settle: alone, because then nobody else may look.
func joinFolder(ctx context.Context, c *Config, settle func() error) (release func() error, err error) {
	f, err := lockFile(c)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	for deadline := time.Now().Add(folderPatience); backup.Unfinished(c.Data); {
		if lock(f) {
			if err := settle(); err != nil {
				return nil, err
			}
			break
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return nil, errRestoring
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !lockShared(f) {
		return nil, errRestoring
	}
	return f.Close, nil
}

const folderPatience = 5 * time.Second
