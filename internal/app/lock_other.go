//go:build !unix

package app

import "os"

// lock holds nothing here: SQLite itself keeps two writers apart.
func lock(*os.File) bool { return true }

func lockShared(*os.File) bool { return true }
