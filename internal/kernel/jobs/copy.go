package jobs

import (
	"context"
	"fmt"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// CopiedTables are those of River's tables that a backup of PostgreSQL holds; the others say which process is alive just now.
var CopiedTables = []string{"river_queue", "river_job"}

// FleetingTables are those of our own that say the same, and have no business in a backup.
var FleetingTables = []string{"job_nodes"}

const queueVersions = "river_migration"

// Version is the number of River's last migration that a database has had, 0 without any.
func Version(r store.Reader) (int, error) {
	there, err := store.Present(r, []string{queueVersions})
	if err != nil || len(there) == 0 {
		return 0, err
	}
	return store.Value[int](r.QueryRow("select coalesce(max(version), 0) from " + queueVersions))
}

// Unbuild drops River's tables, types and functions in a transaction. PostgreSQL only.
func Unbuild(tx *store.Tx) error {
	drops, err := store.All(tx, func(r store.Row) (string, error) { return store.Value[string](r) }, `
		select 'drop table if exists ' || oid::regclass || ' cascade' from pg_class
			where relnamespace = current_schema()::regnamespace and relkind = 'r' and relname like 'river\_%'
		union all select 'drop function if exists ' || oid::regprocedure || ' cascade' from pg_proc
			where pronamespace = current_schema()::regnamespace and proname like 'river\_%'
		union all select 'drop type if exists ' || oid::regtype || ' cascade' from pg_type
			where typnamespace = current_schema()::regnamespace and typtype = 'e' and typname like 'river\_%'`)
	for _, sql := range drops {
		if err == nil {
			_, err = tx.Exec(sql)
		}
	}
	return err
}

// Build makes River's tables of a version in a transaction. PostgreSQL only, and in a schema that has none of them: the values
// that a migration adds to a type can be used at once only when the type is as new.
func Build(ctx context.Context, db *store.DB, tx *store.Tx, upTo int) error {
	handles := txn.Handles(db)
	if handles.PG == nil {
		return store.ErrNotHere
	}
	m, err := migrator(riverpgxv5.New(handles.PG))
	if err != nil {
		return err
	}
	_, native := tx.Native()
	//lint:ignore SA1019 the types are new in this transaction, see above
	if _, err := m.MigrateTx(ctx, native, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: upTo}); err != nil {
		return fmt.Errorf("make the job queue of version %d: %w", upTo, err)
	}
	return nil
}
