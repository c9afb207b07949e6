package store

import (
	"context"
	"errors"
)

// copyFile works on a connection of its own: readers may not write, also not into another file. Writers go on meanwhile; the log
// cannot start over until the copy is made.
func (l *lite) copyFile(ctx context.Context, path string) error {
	one, err := l.pool(1, "deferred", []string{"busy_timeout(5000)", "cache_size(-8192)", "temp_store(2)", "mmap_size(2147418112)"})
	if err != nil {
		return err
	}
	_, err = one.ExecContext(ctx, "vacuum into $1", path)
	return errors.Join(trouble(err, "vacuum into"), one.Close())
}
