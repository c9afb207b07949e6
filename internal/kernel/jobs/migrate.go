package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// migrating is the lock on PostgreSQL that one node holds while it migrates: River has none of its own.
const migrating = 0x537465776172644a // "StewardJ"

// Migrate brings River's tables up to date. Ours stand in internal/schema. Doing it again changes nothing.
func Migrate(ctx context.Context, db *store.DB) (err error) {
	handles := txn.Handles(db)
	if handles.PG == nil {
		// In one transaction of ours: it holds the writer, so that two processes that start at once do it one after the other.
		return txn.Write(ctx, db, func(tx *store.Tx) error {
			m, err := migrator(riversqlite.New(handles.SQL))
			if err != nil {
				return err
			}
			native, _ := tx.Native()
			//lint:ignore SA1019 what cannot share a transaction is a type of PostgreSQL's
			if _, err := m.MigrateTx(context.WithoutCancel(ctx), native, rivermigrate.DirectionUp, nil); err != nil {
				return fmt.Errorf("migrate the job queue: %w", err)
			}
			return nil
		})
	}
	conn, err := handles.PG.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(migrating)); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	defer func() {
		_, end := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(migrating))
		err = errors.Join(err, end)
	}()
	m, err := migrator(riverpgxv5.New(handles.PG))
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil { // not in one transaction: it adds values to a type and uses them
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// Pending lists River's migrations that Migrate would run.
func Pending(ctx context.Context, db *store.DB) ([]string, error) {
	handles := txn.Handles(db)
	if handles.PG != nil {
		return pending(ctx, riverpgxv5.New(handles.PG))
	}
	return pending(ctx, riversqlite.New(handles.SQL))
}

func migrator[T any](driver riverdriver.Driver[T]) (*rivermigrate.Migrator[T], error) {
	return rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

func pending[T any](ctx context.Context, driver riverdriver.Driver[T]) ([]string, error) {
	m, err := migrator(driver)
	if err != nil {
		return nil, err
	}
	there, err := m.ExistingVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the migrations of the job queue: %w", err)
	}
	applied := map[int]bool{}
	for _, v := range there {
		applied[v.Version] = true
	}
	var names []string
	for _, v := range m.AllVersions() {
		if !applied[v.Version] {
			names = append(names, fmt.Sprintf("river %03d %s", v.Version, v.Name))
		}
	}
	return names, nil
}
