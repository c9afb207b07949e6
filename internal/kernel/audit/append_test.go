package audit

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

func TestAppendedChainsVerify(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		holds(t, db) // nothing holds
		grow(t, db, "platform", 3)
		grow(t, db, "brd_a", 600) // more than two pieces
		grow(t, db, "brd_a", 1)
		write(t, db, func(tx *store.Tx) error {
			a, p := event("brd_a", noon), event("platform", noon)
			a.Actor = Actor{Kind: "system", ID: "purge"}
			p.Subjects, p.Actor.OnBehalf, p.Outcome = nil, "usr_bob", Refused
			return AppendAll(tx, []*Event{p, a})
		})
		report := holds(t, db)
		if report.Entries != 606 || len(report.Chains) != 2 || len(report.Notes) != 1 || report.Chains[0].Last != 602 {
			t.Errorf("%+v", report)
		}
	})
}

func TestAppendNumbersAndKeepsTheOrderOfTime(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		shared := map[string]string{"source": "csv"}
		first, early, close := event("brd_a", noon), event("brd_a", noon-60_000), event("brd_a", noon-1)
		early.Facts = shared
		write(t, db, func(tx *store.Tx) error { return AppendAll(tx, []*Event{first, early, close}) })
		if first.N != 1 || early.N != 2 || close.N != 3 || first.Schema != 1 || !id.Valid(id.Audit, first.ID) {
			t.Errorf("%+v", first)
		}
		if early.At != noon || early.Facts["happened_at"] != "2026-03-01T11:59:00.000Z" || early.Facts["source"] != "csv" || len(shared) != 1 {
			t.Errorf("an early event: %+v", early)
		}
		if close.At != noon || close.Facts != nil {
			t.Errorf("an event a moment early: %+v", close)
		}
		e, err := Get(db.Read(t.Context()), first.ID, "brd_a")
		if err != nil || e.Op != "user.edit" || len(e.Hash) != 32 {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := Get(db.Read(t.Context()), first.ID, "platform"); err == nil {
			t.Error("an entry of another chain is shown")
		}
		holds(t, db)
	})
}

func TestUndoneTransactionLeavesNoEntry(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		grow(t, db, "brd_a", 2)
		errNo := errors.New("no")
		err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
			return errors.Join(Append(tx, event("brd_a", noon)), Append(tx, event("brd_new", noon)), errNo)
		})
		if !errors.Is(err, errNo) {
			t.Fatal(err)
		}
		grow(t, db, "brd_a", 1)
		if r := holds(t, db); r.Entries != 3 {
			t.Errorf("%d entries", r.Entries)
		}
	})
}

func TestFiftyAtOnceLeaveNoHole(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				for j := range 4 {
					err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
						a, b := event("brd_a", noon+int64(j)), event("brd_b", noon)
						a.Actor.ID = fmt.Sprintf("usr_%d", i)
						if i%2 == 0 {
							return AppendAll(tx, []*Event{b, a, event("brd_a", noon)})
						}
						return AppendAll(tx, []*Event{a, b})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r := holds(t, db)
		if r.Chains[0].Last != 300 || r.Chains[1].Last != 200 {
			t.Errorf("%+v", r.Chains)
		}
	})
}

func TestDatabaseRefusesChanges(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		grow(t, db, "brd_a", 3)
		statements := []string{
			"update audit_events set op = 'x' where n = 1",
			"update audit_events set n = 9 where n = 3",
			"delete from audit_events where n = 3",
			"delete from audit_events",
			"update audit_subjects set kind = 'x'",
			"delete from audit_subjects where n = 1",
			`insert into audit_events select chain, n, id || 'x', at, op, outcome, actor_kind, actor_id, person, body, hash from audit_events where n = 1
				on conflict (chain, n) do update set op = 'x'`,
		}
		if db.Dialect() == store.PostgreSQL {
			statements = append(statements, "truncate audit_events", "truncate audit_subjects", "set local session_replication_role = replica; delete from audit_events")
		} else {
			statements = append(statements,
				"insert or replace into audit_events select chain, n, id, at, 'x', outcome, actor_kind, actor_id, person, body, hash from audit_events where n = 2",
				"insert or replace into audit_events select chain, 4, id, at, 'x', outcome, actor_kind, actor_id, person, body, hash from audit_events where n = 2",
				"insert or replace into audit_events select chain, 7, 'aud_x', at, 'x', outcome, actor_kind, actor_id, person, body, hash from audit_events where n = 2",
				"insert or replace into audit_events (chain, n, id, at, op, outcome, actor_kind, actor_id, person, body, hash) select chain, 1, 'aud_x', at, 'x', outcome, actor_kind, actor_id, person, body, hash from audit_events where n = 2",
				"insert or replace into audit_subjects select subject_id, chain, n, 'x' from audit_subjects where n = 1",
				"replace into audit_subjects select subject_id, chain, n, 'x' from audit_subjects where n = 1")
		}
		for _, sql := range statements {
			err := txn.Write(t.Context(), db, func(tx *store.Tx) error {
				for one := range strings.SplitSeq(sql, "; ") {
					if _, err := tx.Exec(one); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), "audit entries are") {
				t.Errorf("%s: %v", sql, err)
			}
		}
		if r := holds(t, db); r.Entries != 3 {
			t.Errorf("%d entries", r.Entries)
		}
	})
}

func TestErasedPersonLeavesAChainThatHolds(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		master, err := secret.LoadMaster(filepath.Join(t.TempDir(), "master.key"))
		if err != nil {
			t.Fatal(err)
		}
		keys, err := secret.OpenKeys(t.Context(), secret.Options{Master: master, Store: store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "keys.db")}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = keys.Close() }()
		if err := keys.Ensure(t.Context(), "usr_ada"); err != nil {
			t.Fatal(err)
		}
		box, err := keys.Seal(t.Context(), "usr_ada", []byte(`"Lovelace"`))
		if err != nil {
			t.Fatal(err)
		}
		e := event("brd_a", noon)
		e.Changes[0].After = &Value{Sealed: &Sealed{Person: "usr_ada", Box: box}}
		write(t, db, func(tx *store.Tx) error { return Append(tx, e) })

		read := func() (string, error) {
			got, err := Get(db.Read(t.Context()), e.ID, "brd_a")
			if err != nil {
				t.Fatal(err)
			}
			sealed := got.Changes[0].After.Sealed
			plain, err := keys.Open(t.Context(), sealed.Person, sealed.Box)
			return string(plain), err
		}
		if plain, err := read(); err != nil || plain != `"Lovelace"` {
			t.Errorf("%q, %v", plain, err)
		}
		if err := keys.Destroy(t.Context(), "usr_ada"); err != nil {
			t.Fatal(err)
		}
		if _, err := read(); !errors.Is(err, secret.ErrErased) {
			t.Errorf("after erasing: %v", err)
		}
		holds(t, db)
	})
}
