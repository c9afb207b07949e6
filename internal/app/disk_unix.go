//go:build linux || darwin || freebsd

package app

import (
	"path/filepath"
	"syscall"
)

// freeDisk is how many bytes are free where a folder is, or would be.
func freeDisk(dir string) (int64, bool) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		var s syscall.Statfs_t
		if syscall.Statfs(dir, &s) == nil {
			return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // the types differ by system
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return 0, false
}
