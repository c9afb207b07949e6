//go:build unix

package secret

import (
	"os"
	"syscall"
)

// alone waits until no other process writes the file; closing it lets the next one in.
func alone(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }
