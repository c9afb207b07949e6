package audit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
)

// many appends 300 events to three chains, with times that often fall together.
func many(t *testing.T, db *store.DB) (all []*Event) {
	t.Helper()
	chains := []string{"brd_a", "brd_b", "platform"}
	ops := []string{"user.edit", "user.suspend", "users.view", "role.grant"}
	for i := range 300 {
		e := event(chains[i%7%3], noon+int64(i/10)*1000)
		e.Op = ops[i%4]
		if i%11 == 0 {
			e.Outcome = Refused
		}
		switch i % 5 {
		case 1:
			e.Actor = Actor{Kind: "key", ID: "key_1", Person: "usr_kim"}
		case 2:
			e.Actor = Actor{Kind: "system", ID: "purge"}
		case 3:
			e.Actor.OnBehalf = "usr_bob"
		}
		if i%3 == 0 {
			e.Subjects = []Subject{{Kind: "order", ID: "ord_1", Scope: "/", Person: "usr_cyd"}}
		}
		all = append(all, e)
	}
	write(t, db, func(tx *store.Tx) error { return AppendAll(tx, all) })
	return all
}

func TestListGivesWhatTheFilterSays(t *testing.T) {
	storetest.Each(t, tables, func(t *testing.T, db *store.DB) {
		all := many(t, db)
		r := db.Read(t.Context())
		every := []string{"platform", "brd_a", "brd_b", "brd_a"}
		about := func(id string) func(*Event) bool {
			return func(e *Event) bool {
				for _, x := range touched(e) {
					if x.id == id {
						return true
					}
				}
				return false
			}
		}
		for name, c := range map[string]struct {
			filter Filter
			match  func(*Event) bool
		}{
			"all":             {Filter{Chains: every}, func(*Event) bool { return true }},
			"one chain":       {Filter{Chains: every[:1]}, func(e *Event) bool { return e.Chain == "platform" }},
			"no chain":        {Filter{}, func(*Event) bool { return false }},
			"unknown chain":   {Filter{Chains: []string{"brd_x"}}, func(*Event) bool { return false }},
			"op":              {Filter{Chains: every, Op: "user.edit"}, func(e *Event) bool { return e.Op == "user.edit" }},
			"area":            {Filter{Chains: every, Op: "user."}, func(e *Event) bool { return strings.HasPrefix(e.Op, "user.") }},
			"unknown area":    {Filter{Chains: every, Op: "use."}, func(*Event) bool { return false }},
			"user":            {Filter{Chains: every, Actor: "usr_kim"}, func(e *Event) bool { return e.Actor.ID == "usr_kim" }},
			"key":             {Filter{Chains: every, Actor: "key_1"}, func(e *Event) bool { return e.Actor.ID == "key_1" }},
			"system":          {Filter{Chains: every, Actor: "purge"}, func(e *Event) bool { return e.Actor.ID == "purge" }},
			"person":          {Filter{Chains: every, Person: "usr_kim"}, func(e *Event) bool { return e.Actor.Kind != "system" }},
			"subject":         {Filter{Chains: every, Subject: "ord_1"}, about("ord_1")},
			"its person":      {Filter{Chains: every, Subject: "usr_cyd"}, about("usr_cyd")},
			"on behalf":       {Filter{Chains: every, Subject: "usr_bob"}, about("usr_bob")},
			"refused":         {Filter{Chains: every, Outcome: Refused}, func(e *Event) bool { return e.Outcome == Refused }},
			"done":            {Filter{Chains: every, Outcome: Done}, func(e *Event) bool { return e.Outcome == Done }},
			"key of a person": {Filter{Chains: every, Person: "usr_kim", Actor: "key_1"}, func(e *Event) bool { return e.Actor.ID == "key_1" }},
			"key of nobody":   {Filter{Chains: every, Person: "usr_bob", Actor: "key_1"}, func(*Event) bool { return false }},
			"user, refused": {Filter{Chains: every, Actor: "usr_kim", Outcome: Refused, Op: "user."}, func(e *Event) bool {
				return e.Actor.ID == "usr_kim" && e.Outcome == Refused && strings.HasPrefix(e.Op, "user.")
			}},
			"area, refused": {Filter{Chains: every, Outcome: Refused, Op: "role."}, func(e *Event) bool { return e.Outcome == Refused && e.Op == "role.grant" }},
			"times": {Filter{Chains: every, From: noon + 5000, To: noon + 9000}, func(e *Event) bool {
				return e.At >= noon+5000 && e.At < noon+9000
			}},
			"from the future": {Filter{Chains: every, From: noon + 1_000_000}, func(*Event) bool { return false }},
			"everything at once": {Filter{Chains: every, Op: "user.", Subject: "usr_ada", Outcome: Done, Person: "usr_kim", Actor: "key_1", From: noon, To: noon + 25_000}, func(e *Event) bool {
				return strings.HasPrefix(e.Op, "user.") && about("usr_ada")(e) && e.Outcome == Done && e.Actor.ID == "key_1" && e.At < noon+25_000
			}},
		} {
			want := map[string]bool{}
			for _, e := range all {
				if c.match(e) {
					want[e.ID] = true
				}
			}
			total, err := Count(r, c.filter)
			if err != nil || total != int64(len(want)) {
				t.Errorf("%s: counted %d of %d, %v", name, total, len(want), err)
			}
			c.filter.Limit = 7
			var before Entry
			for pages := 0; ; pages++ {
				page, next, err := List(r, c.filter)
				if err != nil || pages > 60 {
					t.Fatalf("%s: page %d: %v", name, pages, err)
				}
				for _, e := range page {
					if !want[e.ID] {
						t.Fatalf("%s: %s comes twice, or should not", name, e.ID)
					}
					delete(want, e.ID)
					if before.ID != "" && (e.At > before.At || e.At == before.At && (e.Chain > before.Chain || e.Chain == before.Chain && e.N >= before.N)) {
						t.Fatalf("%s: %s/%d after %s/%d", name, e.Chain, e.N, before.Chain, before.N)
					}
					before = e
				}
				if next == (Cursor{}) {
					break
				}
				c.filter.After = next
			}
			if len(want) > 0 {
				t.Errorf("%s: %d are missing", name, len(want))
			}
		}
	})
}

// TestListWalksAnIndex keeps the planner honest: no scan of the table, and no sorting of what may be a million entries.
func TestListWalksAnIndex(t *testing.T) {
	db := storetest.New(t, store.SQLite, tables)
	many(t, db)
	r := db.Read(t.Context())
	for want, f := range map[string]Filter{
		"SEARCH e USING PRIMARY KEY (chain=? AND n<?)":                  {After: Cursor{At: noon, Chain: "brd_a", N: 20}},
		"INDEX audit_events_op (chain=? AND op=?":                       {Op: "user.edit"},
		"INDEX audit_events_person (person=? AND chain=?":               {Person: "usr_kim"},
		"INDEX audit_events_person (person=? AND chain=? ":              {Actor: "usr_kim"},
		"INDEX audit_events_actor (actor_id=? AND chain=?":              {Actor: "purge"},
		"INDEX audit_events_refused (chain=?":                           {Outcome: Refused},
		"SEARCH s USING PRIMARY KEY (subject_id=? AND chain=?":          {Subject: "usr_ada"},
		"SEARCH s USING PRIMARY KEY (subject_id=? AND chain=? AND n>? ": {Subject: "usr_ada", From: noon + 3000},
	} {
		f.Chains = []string{"brd_a"}
		walks, err := f.walks(r)
		if err != nil || len(walks) != 1 {
			t.Fatalf("%d walks, %v", len(walks), err)
		}
		w := walks[0]
		plan, err := store.All(r, func(row store.Row) (s string, err error) {
			var a, b, c int
			return s, row.Scan(&a, &b, &c, &s)
		}, fmt.Sprintf("explain query plan select e.at, e.chain, e.n, e.body, e.hash from %s order by %s desc limit 51", w.from, w.number), w.args...)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "; ")
		if !strings.Contains(text, strings.TrimSpace(want)) || strings.Contains(text, "TEMP B-TREE") || strings.Contains(text, "SCAN") {
			t.Errorf("%+v\n%s\nwant %s", f, text, want)
		}
	}
}
