// Package txn holds the only function that opens a write transaction.
//
// It sits below internal/kernel/internal, so a package outside the kernel that imports it does not compile: no domain, page,
// command or job can change state except through the door in kernel/op.
package txn

import (
	"context"
	"errors"
	"fmt"
)

// Key proves that Write is asking. Its field is unexported, so nobody else can make one that is held.
type Key struct{ held bool }

// Held is false for every Key that Write did not make.
func (k Key) Held() bool { return k.held }

// Ending is how a transaction ends.
type Ending interface {
	Commit() error
	Rollback() error
}

// Write runs fn in one write transaction on db: all of it happens, or none.
func Write[T Ending](ctx context.Context, db interface {
	Begin(context.Context, Key) (T, error)
}, fn func(T) error) (err error) {
	tx, err := db.Begin(ctx, Key{held: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done { // an error or a panic
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	done = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Handles gives the handles that write without a Tx to the kernel's own machinery: River brings its transactions itself.
func Handles[H any](db interface{ Handles(Key) H }) H { return db.Handles(Key{held: true}) }
