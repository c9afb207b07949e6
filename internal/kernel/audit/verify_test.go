package audit

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// operator is somebody who can write the database: the one who cannot be stopped and must be seen.
type operator struct {
	t  testing.TB
	db *store.DB
}

// do runs statements after taking the triggers away.
func (o operator) do(statements ...string) {
	o.t.Helper()
	drop := []string{"drop trigger if exists audit_events_kept", "drop trigger if exists audit_events_fixed", "drop trigger if exists audit_events_next",
		"drop trigger if exists audit_subjects_kept", "drop trigger if exists audit_subjects_fixed", "drop trigger if exists audit_subjects_new"}
	if o.db.Dialect() == store.PostgreSQL {
		drop = []string{"alter table audit_events disable trigger all", "alter table audit_subjects disable trigger all"}
	}
	write(o.t, o.db, func(tx *store.Tx) error {
		for _, sql := range append(drop, statements...) {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// renumber moves entries from n on by a distance, over numbers that nobody has.
func renumber(from, by string) []string {
	return []string{
		"update audit_events set n = n + 1000000 where chain = 'brd_a' and n >= " + from,
		"update audit_events set n = n - 1000000 + (" + by + ") where chain = 'brd_a' and n >= 1000000",
		"update audit_subjects set n = n + 1000000 where chain = 'brd_a' and n >= " + from,
		"update audit_subjects set n = n - 1000000 + (" + by + ") where chain = 'brd_a' and n >= 1000000",
	}
}

// rehash computes the hashes of a chain anew from n on, with the texts as they stand but for their numbers, and the head.
func (o operator) rehash(from int64) {
	o.t.Helper()
	o.do()
	write(o.t, o.db, func(tx *store.Tx) error {
		rows, err := store.All(tx, func(row store.Row) (*entryRow, error) { e := new(entryRow); return e, e.scan(row) },
			"select "+entryColumns+" from audit_events where chain = 'brd_a' order by n")
		if err != nil {
			return err
		}
		before := origin[:]
		for _, row := range rows {
			if row.n < from {
				before = row.hash
				continue
			}
			e, err := Decode(row.body)
			if err != nil {
				return err
			}
			e.N = row.n
			body, err := encode(e)
			if err != nil {
				return err
			}
			sum := Hash(e.N, before, body)
			before = sum[:]
			if _, err := tx.Exec("update audit_events set body = $1, hash = $2 where chain = 'brd_a' and n = $3", string(body), before, e.N); err != nil {
				return err
			}
			if _, err := tx.Exec("update audit_heads set n = $1, hash = $2, at = $3 where chain = 'brd_a'", e.N, before, e.At); err != nil {
				return err
			}
		}
		return nil
	})
}

// fake puts an entry of Eve's at n, with a hash that follows from the entry before when it is good.
func (o operator) fake(n int64, good bool) {
	o.t.Helper()
	o.do()
	write(o.t, o.db, func(tx *store.Tx) error {
		e := event("brd_a", noon+1000*(n-1))
		e.Schema, e.N, e.ID, e.Actor.ID = 1, n, "aud_fake", "usr_eve"
		body, err := encode(e)
		if err != nil {
			return err
		}
		before := origin[:]
		if n > 1 {
			if before, err = hashAt(tx, "brd_a", n-1); err != nil {
				return err
			}
		}
		sum := Hash(n, before, body)
		if !good {
			sum[0]++
		}
		_, err = tx.Exec(`insert into audit_events (chain, n, id, at, op, outcome, actor_kind, actor_id, person, body, hash)
			values ('brd_a', $1, 'aud_fake', $2, 'user.edit', 'done', 'user', 'usr_eve', 'usr_eve', $3, $4)`, n, e.At, string(body), sum[:])
		if err != nil {
			return err
		}
		_, err = tx.Exec("insert into audit_subjects (subject_id, chain, n, kind) values ('usr_ada', 'brd_a', $1, 'user')", n)
		return err
	})
}

const badHash = "(select hash from audit_events where chain = 'platform' and n = 1)"

func TestEveryTamperingIsNamed(t *testing.T) {
	// A chain of 10; signed at 4 and at 9.
	for name, c := range map[string]struct {
		tamper func(o operator)
		kind   Kind
		n      int64
	}{
		"text edited": {func(o operator) {
			o.do("update audit_events set body = replace(body, 'York', 'Bath') where chain = 'brd_a' and n = 6")
		}, Edited, 6},
		"text edited, first": {func(o operator) {
			o.do("update audit_events set body = replace(body, 'York', 'Bath') where chain = 'brd_a' and n = 1")
		}, Edited, 1},
		"text edited, last": {func(o operator) {
			o.do("update audit_events set body = replace(body, 'York', 'Bath') where chain = 'brd_a' and n = 10")
		}, Edited, 10},
		"text unreadable": {func(o operator) { o.do("update audit_events set body = '{' where chain = 'brd_a' and n = 3") }, Edited, 3},
		"hash edited": {func(o operator) {
			o.do("update audit_events set hash = " + badHash + " where chain = 'brd_a' and n = 7")
		}, Edited, 7},
		"time column edited": {func(o operator) { o.do("update audit_events set at = at + 1 where chain = 'brd_a' and n = 2") }, Edited, 2},
		"operation edited":   {func(o operator) { o.do("update audit_events set op = 'x' where chain = 'brd_a' and n = 2") }, Edited, 2},
		"outcome edited":     {func(o operator) { o.do("update audit_events set outcome = 'refused' where chain = 'brd_a' and n = 5") }, Edited, 5},
		"actor edited":       {func(o operator) { o.do("update audit_events set actor_id = 'usr_eve' where chain = 'brd_a' and n = 5") }, Edited, 5},
		"person edited":      {func(o operator) { o.do("update audit_events set person = '' where chain = 'brd_a' and n = 5") }, Edited, 5},
		"actor kind edited": {func(o operator) {
			o.do("update audit_events set actor_kind = 'system' where chain = 'brd_a' and n = 5")
		}, Edited, 5},
		"id edited":           {func(o operator) { o.do("update audit_events set id = 'aud_x' where chain = 'brd_a' and n = 5") }, Edited, 5},
		"subject row deleted": {func(o operator) { o.do("delete from audit_subjects where chain = 'brd_a' and n = 8") }, Edited, 8},
		"subject row edited": {func(o operator) {
			o.do("update audit_subjects set subject_id = 'usr_bob' where chain = 'brd_a' and n = 8")
		}, Edited, 8},
		"subject row put in": {func(o operator) {
			o.do("insert into audit_subjects (subject_id, chain, n, kind) values ('usr_x', 'brd_a', 9, 'user')")
		}, Edited, 9},
		"deleted": {func(o operator) { o.do("delete from audit_events where chain = 'brd_a' and n = 6") }, Deleted, 6},
		"deleted with subjects": {func(o operator) {
			o.do("delete from audit_events where chain = 'brd_a' and n = 6", "delete from audit_subjects where chain = 'brd_a' and n = 6")
		}, Deleted, 6},
		"three deleted": {func(o operator) { o.do("delete from audit_events where chain = 'brd_a' and n between 3 and 5") }, Deleted, 3},
		"first deleted": {func(o operator) { o.do("delete from audit_events where chain = 'brd_a' and n = 1") }, Deleted, 1},
		"deleted and renumbered": {func(o operator) {
			o.do(append([]string{"delete from audit_events where chain = 'brd_a' and n = 6", "delete from audit_subjects where chain = 'brd_a' and n = 6"}, renumber("7", "-1")...)...)
		}, Deleted, 6},
		"two deleted, renumbered": {func(o operator) {
			o.do(append([]string{"delete from audit_events where chain = 'brd_a' and n in (6, 7)", "delete from audit_subjects where chain = 'brd_a' and n in (6, 7)"}, renumber("8", "-2")...)...)
		}, Deleted, 6},
		"inserted":            {func(o operator) { o.do(renumber("5", "1")...); o.fake(5, false) }, Inserted, 5},
		"inserted, following": {func(o operator) { o.do(renumber("5", "1")...); o.fake(5, true) }, Inserted, 5},
		"inserted first":      {func(o operator) { o.do(renumber("1", "1")...); o.fake(1, true) }, Inserted, 1},
		"inserted at the end": {func(o operator) { o.fake(11, true) }, Inserted, 11},
		"inserted before all": {func(o operator) { o.fake(0, true) }, Inserted, 0},
		"neighbours swapped":  {func(o operator) { swap(o, "4", "5") }, Reordered, 4},
		"two swapped":         {func(o operator) { swap(o, "3", "8") }, Reordered, 3},
		"last two swapped":    {func(o operator) { swap(o, "9", "10") }, Reordered, 9},
		"tail cut": {func(o operator) {
			o.do("delete from audit_events where chain = 'brd_a' and n > 7", "delete from audit_subjects where chain = 'brd_a' and n > 7")
		}, TailCut, 8},
		"tail cut with its head":           {func(o operator) { cut(o, "7") }, TailCut, 8},
		"unsigned tail cut, subjects left": {func(o operator) { cut(o, "9", "keep subjects") }, TailCut, 10},
		"unsigned tail cut, head left":     {func(o operator) { o.do("delete from audit_events where chain = 'brd_a' and n = 10") }, TailCut, 10},
		"chain removed": {func(o operator) {
			o.do("delete from audit_events where chain = 'brd_a'", "delete from audit_subjects where chain = 'brd_a'", "delete from audit_heads where chain = 'brd_a'")
		}, TailCut, 1},
		"head's hash changed": {func(o operator) { o.do("update audit_heads set hash = " + badHash + " where chain = 'brd_a'") }, HeadChanged, 10},
		"head's time changed": {func(o operator) { o.do("update audit_heads set at = at + 1 where chain = 'brd_a'") }, HeadChanged, 10},
		"head put back":       {func(o operator) { o.do("update audit_heads set n = 5 where chain = 'brd_a'") }, HeadChanged, 5},
		"head removed":        {func(o operator) { o.do("delete from audit_heads where chain = 'brd_a'") }, HeadChanged, 10},
		"rewritten": {func(o operator) {
			o.do("update audit_events set body = replace(body, 'York', 'Bath') where chain = 'brd_a' and n = 6")
			o.rehash(6)
		}, Rewritten, 5}, // signed at 4 and 9: somewhere in 5 to 9
		"rewritten from the start": {func(o operator) {
			o.do("update audit_events set body = replace(body, 'York', 'Bath') where chain = 'brd_a' and n = 1")
			o.rehash(1)
		}, Rewritten, 1},
		"deleted and rewritten": {func(o operator) {
			o.do(append([]string{"delete from audit_events where chain = 'brd_a' and n = 3", "delete from audit_subjects where chain = 'brd_a' and n = 3"}, renumber("4", "-1")...)...)
			o.rehash(3)
		}, Rewritten, 1},
		"rolled back and gone on": {func(o operator) {
			cut(o, "6")
			grow(o.t, o.db, "brd_a", 6)
		}, RolledBack, 7},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
				signed := noon + 1000*3
				c10 := checkpointer(t, db, &signed)
				grow(t, db, "platform", 2)
				grow(t, db, "brd_a", 4)
				mustWrite(t, c10, 2)
				grow(t, db, "brd_a", 5)
				signed = noon + 1000*8
				if c.kind == RolledBack {
					signed = noon + 1000*5 // so that what comes after is younger
				}
				mustWrite(t, c10, 1)
				grow(t, db, "brd_a", 1)
				anchors := anchorsOf(t, c10)
				if r := holds(t, db, anchors); r.Chains[0].Anchored != 9 || r.Checkpoints != 3 {
					t.Fatalf("%+v", r)
				}
				c.tamper(operator{t, db})
				r := verify(t, db, anchors)
				if len(r.Findings) == 0 {
					t.Fatal("it was not seen")
				}
				f := r.Findings[0]
				if f.Chain != "brd_a" || f.Kind != c.kind || f.N != c.n {
					t.Errorf("want %s at %d, got:\n%s%+v", c.kind, c.n, r, r.Findings)
				}
				if len(r.Findings) > 1 {
					t.Logf("more than one finding:\n%s", r)
				}
				if !strings.Contains(f.Sentence, "brd_a") || strings.Contains(f.Sentence, "%!") {
					t.Errorf("not a sentence: %s", f.Sentence)
				}
			})
		})
	}
}

func swap(o operator, a, b string) {
	move := func(from, to string) []string {
		return []string{"update audit_events set n = " + to + " where chain = 'brd_a' and n = " + from, "update audit_subjects set n = " + to + " where chain = 'brd_a' and n = " + from}
	}
	o.do(append(append(move(a, "99"), move(b, a)...), move("99", b)...)...)
}

// cut takes the entries after n out and sets the head to n.
func cut(o operator, n string, keep ...string) {
	statements := []string{"delete from audit_events where chain = 'brd_a' and n > " + n,
		"update audit_heads set n = " + n + ", hash = (select hash from audit_events where chain = 'brd_a' and n = " + n + "), at = (select at from audit_events where chain = 'brd_a' and n = " + n + ") where chain = 'brd_a'"}
	if keep == nil {
		statements = append(statements, "delete from audit_subjects where chain = 'brd_a' and n > "+n)
	}
	o.do(statements...)
}

func TestOlderDatabaseIsToldFromACutTail(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		signed := noon + 10_000
		c := checkpointer(t, db, &signed)
		grow(t, db, "brd_a", 5)
		grow(t, db, "platform", 8)
		grow(t, db, "brd_b", 1)
		mustWrite(t, c, 3)
		anchors := anchorsOf(t, c)
		cut(operator{t, db}, "3")
		if r := verify(t, db, anchors); len(r.Findings) != 1 || r.Findings[0].Kind != TailCut || r.Findings[0].N != 4 {
			t.Errorf("one chain is short: %s", r)
		}
		operator{t, db}.do("delete from audit_events where chain = 'platform' and n > 2", "delete from audit_subjects where chain = 'platform' and n > 2",
			"update audit_heads set n = 2, hash = (select hash from audit_events where chain = 'platform' and n = 2), at = (select at from audit_events where chain = 'platform' and n = 2) where chain = 'platform'")
		r := verify(t, db, anchors)
		if len(r.Findings) != 2 || r.Findings[0].Kind != RolledBack || r.Findings[1].Kind != RolledBack || r.Findings[0].N != 4 || r.Findings[1].N != 3 {
			t.Errorf("all of it is older: %s", r)
		}
	})
}

func TestWithoutAnchorsTheReportSaysWhatItCannotSee(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		grow(t, db, "brd_a", 10)
		cut(operator{t, db}, "7")
		if r := holds(t, db, &Anchors{}, nil); len(r.Notes) != 1 || !strings.Contains(r.String(), "cut tail") {
			t.Errorf("%s", r)
		}
	})
}

func checkpointer(t testing.TB, db *store.DB, at *int64) *Checkpointer {
	t.Helper()
	dir := t.TempDir()
	key, err := SigningKey(filepath.Join(dir, "audit.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &Checkpointer{DB: db, Path: filepath.Join(dir, CheckpointFile), Key: key, Now: func() time.Time { return time.UnixMilli(*at) }}
}

func mustWrite(t testing.TB, c *Checkpointer, want int) {
	t.Helper()
	n, err := c.Write(t.Context())
	if err != nil || n != want {
		t.Fatalf("%d checkpoints, %v; want %d", n, err, want)
	}
}

func anchorsOf(t testing.TB, c *Checkpointer) *Anchors {
	t.Helper()
	a, err := ReadAnchors(c.Path, c.Key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
