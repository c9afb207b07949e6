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

// Prepare makes River's tables of a version in a schema of their own, in which a DB has its search path. It cannot be done in the
// transaction that fills them: a migration adds values to a type and uses them.
func Prepare(ctx context.Context, db *store.DB, upTo int) error {
	handles := txn.Handles(db)
	if handles.PG == nil {
		return store.ErrNotHere
	}
	m, err := migrator(riverpgxv5.New(handles.PG))
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: upTo}); err != nil {
		return fmt.Errorf("make the job queue of version %d: %w", upTo, err)
	}
	return nil
}

// Adopt moves what Prepare made in a schema into the present one, in a transaction, where none of it may be.
func Adopt(tx *store.Tx, from string) error {
	moves, err := store.All(tx, func(r store.Row) (string, error) { return store.Value[string](r) }, `
		select format('alter table %s set schema %I', oid::regclass, current_schema()) from pg_class
			where relnamespace = $1::text::regnamespace and relkind = 'r'
		union all select format('alter function %s set schema %I', oid::regprocedure, current_schema()) from pg_proc
			where pronamespace = $1::text::regnamespace
		union all select format('alter type %s set schema %I', oid::regtype, current_schema()) from pg_type
			where typnamespace = $1::text::regnamespace and typtype = 'e'`, from)
	for _, sql := range moves {
		if err == nil {
			_, err = tx.Exec(sql)
		}
	}
	return err
}
