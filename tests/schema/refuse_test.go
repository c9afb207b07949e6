package schema

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the test writes beneath the program, as somebody with the file would

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/world"
)

// by is somebody who writes the database beneath the program.
func by(t *testing.T, w *world.World) func(statement string) error {
	t.Helper()
	url := w.Config.Database
	if w.Store.Dialect() == store.PostgreSQL {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(t.Context()) })
		return func(statement string) error { _, err := conn.Exec(t.Context(), statement); return err }
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(statement string) error { _, err := db.Exec(statement); return err }
}

func TestTheLogRefusesEveryStatementThatWouldChangeIt(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		do := by(t, w)
		before := len(w.Events("platform"))
		if before == 0 {
			t.Fatal("the log is empty")
		}
		statements := []string{
			"update audit_events set body = '{}'",
			"update audit_events set outcome = 'done' where chain = 'platform' and n = 1",
			"delete from audit_events",
			"delete from audit_events where n = (select max(n) from audit_events)",
			"update audit_subjects set subject_id = 'usr_nobody'",
			"delete from audit_subjects",
		}
		if w.Store.Dialect() == store.PostgreSQL {
			statements = append(statements, "truncate audit_events", "truncate audit_subjects", "truncate audit_events cascade",
				"insert into audit_events select * from audit_events where n = 1 on conflict (chain, n) do update set body = '{}'")
		} else {
			statements = append(statements,
				"insert or replace into audit_events select chain, n, id, at, op, outcome, actor_kind, actor_id, person, '{}', hash from audit_events where n = 1",
				"insert or replace into audit_subjects select subject_id, chain, n, 'other' from audit_subjects")
		}
		for _, statement := range statements {
			if err := do(statement); err == nil {
				t.Errorf("%q was done: the log can be changed", statement)
			}
		}
		if after := len(w.Events("platform")); after != before {
			t.Errorf("the log had %d entries and has %d", before, after)
		}
	})
}
