//go:build !unix

package directory_test

import "time"

func cpu() time.Duration { return 0 }
