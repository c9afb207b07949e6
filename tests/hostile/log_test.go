package hostile

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/world"
)

func TestTheLogRefusesEveryStatementThatWouldChangeIt(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		do := beneath(t, w)
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

// Who owns the machine can drop the triggers. They cannot be stopped, and are seen.
func TestWhateverIsDoneToTheLogIsNamedByTheCommand(t *testing.T) {
	calm(t)
	for _, c := range []struct {
		kind  audit.Kind
		n     int64 // the first entry that does not hold
		after []string
	}{
		{audit.Edited, 3, []string{"update audit_events set body = replace(body, 'location', 'locatiom') where chain = $chain and n = 3"}},
		{audit.Edited, 4, []string{"update audit_events set op = 'user.nothing' where chain = $chain and n = 4"}},
		{audit.Deleted, 5, []string{"delete from audit_events where chain = $chain and n = 5"}},
		{audit.Reordered, 2, []string{
			"update audit_events set n = 100002 where chain = $chain and n = 2",
			"update audit_events set n = 2 where chain = $chain and n = 3",
			"update audit_events set n = 3 where chain = $chain and n = 100002",
		}},
		{audit.TailCut, 0, []string{
			"delete from audit_events where chain = $chain and n > (select max(n) - 3 from audit_events where chain = $chain)",
			"update audit_heads set n = n - 3, hash = (select e.hash from audit_events e where e.chain = audit_heads.chain order by e.n desc limit 1) where chain = $chain",
		}},
		{audit.TailCut, 0, []string{"delete from audit_events where chain = $chain and n > (select max(n) - 3 from audit_events where chain = $chain)"}},
	} {
		t.Run(fmt.Sprintf("%s %d", c.kind, len(c.after)), func(t *testing.T) {
			world.Each(t, func(t *testing.T, w *world.World) {
				if code, out := steward(t, w.Config, "audit", "checkpoint"); code != app.Done {
					t.Fatalf("steward audit checkpoint exits with %d: %s", code, out)
				}
				verified(t, w.Config)
				chain := string(w.Place("aurora").ID)
				do := beneath(t, w)
				for _, statement := range slices.Concat(untriggered(w.Store.Dialect()), c.after) {
					if err := do(replaced(statement, chain)); err != nil {
						t.Fatalf("%s: %v", statement, err)
					}
				}
				code, out := steward(t, w.Config, "audit", "verify")
				if code != app.Failed {
					t.Errorf("steward audit verify exits with %d and says:\n%s", code, out)
				}
				_, out = steward(t, w.Config, "audit", "verify", "--json")
				var report audit.Report
				if err := json.NewDecoder(reader(out)).Decode(&report); err != nil {
					t.Fatalf("%v in %s", err, out)
				}
				found := slices.ContainsFunc(report.Findings, func(f audit.Finding) bool {
					return f.Chain == chain && f.Kind == c.kind && (c.n == 0 || f.N == c.n) && f.Sentence != ""
				})
				if !found {
					t.Errorf("want %s at %d of %s, found %+v", c.kind, c.n, chain, report.Findings)
				}
			})
		})
	}
}

// untriggered is what somebody does first.
func untriggered(d store.Dialect) (drop []string) {
	if d == store.PostgreSQL {
		return []string{"alter table audit_events disable trigger all", "alter table audit_subjects disable trigger all"}
	}
	for _, trigger := range []string{"events_kept", "events_fixed", "events_next", "subjects_kept", "subjects_fixed", "subjects_new"} {
		drop = append(drop, "drop trigger if exists audit_"+trigger)
	}
	return drop
}
