//go:build unix

package audit

import (
	"os"
	"syscall"
)

// lockFile keeps other processes from the file until it is closed.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }
