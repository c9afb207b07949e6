//go:build unix

package app

import (
	"os"
	"syscall"
)

// lock holds a file for this process alone; it is free again when the process ends, whatever way that is.
func lock(f *os.File) bool { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil }

// lockShared holds a file together with others that do the same. A lock that is held alone becomes a shared one.
func lockShared(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil
}
