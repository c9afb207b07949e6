package audit

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stewardhq/steward/internal/kernel/internal/txn"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/schema"
)

// tables is the schema that this package needs, without the rest of the house.
var tables = func() fstest.MapFS {
	const name = "0001_kernel_audit.sql"
	text, err := schema.FS.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return fstest.MapFS{name: {Data: text}}
}()

const goldenHash = "254cbf7424fcf1645e3030384f786922c53c9a1bfc3b33f1ff098d0d28a4087b" // computed with Python's hashlib

const noon = int64(1_772_366_400_000) // 1 March 2026, 12:00 UTC

// event is something that Kim did to Ada.
func event(chain string, at int64) *Event {
	return &Event{
		Chain: chain, At: at, Op: "user.edit", Outcome: Done,
		Actor:    Actor{Kind: "user", ID: "usr_kim", Session: "ses_1"},
		Subjects: []Subject{{Kind: "user", ID: "usr_ada", Scope: "/brd_a", Person: "usr_ada"}},
		Changes:  []Change{{Kind: "user", ID: "usr_ada", Field: "city", Before: &Value{Plain: json.RawMessage(`"York"`)}, After: &Value{Plain: json.RawMessage(`"Kraków <b>"`)}}},
	}
}

func write(t testing.TB, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := txn.Write(t.Context(), db, fn); err != nil {
		t.Fatal(err)
	}
}

// grow appends n events to a chain, one second after another.
func grow(t testing.TB, db *store.DB, chain string, n int) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		last, err := store.Value[int64](tx.QueryRow("select coalesce(max(n), 0) from audit_events where chain = $1", chain))
		if err != nil {
			return err
		}
		events := make([]*Event, n)
		for i := range events {
			events[i] = event(chain, noon+1000*(last+int64(i)))
		}
		return AppendAll(tx, events)
	})
}

func verify(t testing.TB, db *store.DB, anchors ...*Anchors) *Report {
	t.Helper()
	report, err := Verify(t.Context(), db, anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func holds(t testing.TB, db *store.DB, anchors ...*Anchors) *Report {
	t.Helper()
	report := verify(t, db, anchors...)
	if !report.OK {
		t.Fatalf("it does not hold:\n%s", report)
	}
	return report
}

func TestCanonicalFormIsFixed(t *testing.T) {
	e := event("brd_a", noon)
	e.Schema, e.N, e.ID = 1, 1, "aud_1"
	body, err := encode(e)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":1,"chain":"brd_a","n":1,"id":"aud_1","at":1772366400000,"op":"user.edit","outcome":"done",` +
		`"actor":{"kind":"user","id":"usr_kim","session":"ses_1"},"subjects":[{"kind":"user","id":"usr_ada","scope":"/brd_a","person":"usr_ada"}],` +
		`"changes":[{"kind":"user","id":"usr_ada","field":"city","before":{"plain":"York"},"after":{"plain":"Kraków <b>"}}]}`
	if string(body) != want {
		t.Errorf("canonical form:\n%s\nwant:\n%s", body, want)
	}
	sum := Hash(1, origin[:], body)
	if got := hex.EncodeToString(sum[:]); got != goldenHash {
		t.Errorf("hash %s, want %s", got, goldenHash)
	}
}

func TestEventThatSaysTooLittleIsRefused(t *testing.T) {
	for what, spoil := range map[string]func(*Event){
		"chain": func(e *Event) { e.Chain = "" }, "op": func(e *Event) { e.Op = "" }, "actor": func(e *Event) { e.Actor = Actor{} },
		"outcome": func(e *Event) { e.Outcome = "maybe" }, "time": func(e *Event) { e.At = 0 },
	} {
		e := event("brd_a", noon)
		if spoil(e); e.check() == nil {
			t.Errorf("an event without %s is accepted", what)
		}
	}
	e := event("brd_a", noon)
	e.Changes[0].After.Plain = json.RawMessage("\"\xff\"")
	if _, err := encode(e); err == nil {
		t.Error("a value that is not UTF-8 is accepted")
	}
}

func TestTouchedNamesEachOnce(t *testing.T) {
	e := &Event{Actor: Actor{OnBehalf: "usr_bob"}, Subjects: []Subject{
		{Kind: "order", ID: "ord_1", Person: "usr_ada"}, {Kind: "company", ID: "usr_ada"}, {Kind: "order", ID: "ord_1"}, {Kind: "brand", ID: ""}, {Kind: "x", ID: "y", Person: "usr_bob"}}}
	got := fmt.Sprint(touched(e))
	if want := "[{ord_1 order} {usr_ada company} {y x} {usr_bob user}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	body, _ := encode(event("brd_a", noon))
	f.Add(body)
	whole := typical("brd_a", noon)
	whole.Subjects = append(whole.Subjects, Subject{Kind: "order", ID: "ord_1"}, Subject{Kind: "é", ID: "<", Person: "usr_x"})
	whole.Actor.OnBehalf, whole.Actor.Person = "usr_y", "usr_z"
	long, _ := encode(whole)
	f.Add(long)
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"changes":[{"after":{"plain":null}}],"facts":{"a":"\u0000"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Decode(body)
		if err != nil {
			return
		}
		if e.Schema < 1 {
			t.Error("an event without a schema version")
		}
		once, err := encode(e)
		if err != nil {
			return // raw values that are no UTF-8
		}
		if b, err := bones(once); err != nil || columnsOf(b) != columnsOf(e) || fmt.Sprint(touched(b)) != fmt.Sprint(touched(e)) {
			t.Errorf("verification reads other facts of %s: %v", once, err)
		}
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v", err)
		}
		if twice, _ := encode(again); string(twice) != string(once) {
			t.Errorf("%s\nbecame\n%s", once, twice)
		}
	})
}
