package jobs

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// engine is River's client, whose type has the driver's transaction in it.
type engine interface {
	insert(tx *store.Tx, jobs []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	get(tx *store.Tx, id int64) (*rivertype.JobRow, error)
	cancel(tx *store.Tx, id int64) (*rivertype.JobRow, error)
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Stopped() <-chan struct{}
}

// client is River on one database. Inside a transaction it is handed ours; the rest it does on the handle that writes.
type client[T any] struct {
	*river.Client[T]
	native func(*store.Tx) (context.Context, T)
}

// newEngine makes River's client. On SQLite it shares the one connection that writes: with its own it would meet SQLITE_BUSY.
func newEngine(db *store.DB, config *river.Config) (engine, error) {
	handles := txn.Handles(db)
	if handles.PG != nil {
		return newClient(riverpgxv5.New(handles.PG), config, func(tx *store.Tx) (context.Context, pgx.Tx) {
			_, native := tx.Native()
			return tx.Context(), native
		})
	}
	return newClient(riversqlite.New(handles.SQL), config, func(tx *store.Tx) (context.Context, *sql.Tx) {
		native, _ := tx.Native()
		return context.WithoutCancel(tx.Context()), native // SQLite rolls all of it back when a statement is interrupted
	})
}

func newClient[T any](driver riverdriver.Driver[T], config *river.Config, native func(*store.Tx) (context.Context, T)) (engine, error) {
	c, err := river.NewClient(driver, config)
	if err != nil {
		return nil, err
	}
	return &client[T]{c, native}, nil
}

func (c *client[T]) insert(tx *store.Tx, jobs []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
	ctx, native := c.native(tx)
	return c.InsertManyTx(ctx, native, jobs)
}

func (c *client[T]) get(tx *store.Tx, id int64) (*rivertype.JobRow, error) {
	ctx, native := c.native(tx)
	return c.JobGetTx(ctx, native, id)
}

func (c *client[T]) cancel(tx *store.Tx, id int64) (*rivertype.JobRow, error) {
	ctx, native := c.native(tx)
	return c.JobCancelTx(ctx, native, id)
}
