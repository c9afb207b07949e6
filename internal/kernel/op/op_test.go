package op_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
)

// A thing stands for whatever domains keep: some of it plain, some personal, some secret, some mere bookkeeping.
type thing struct {
	ID      string `db:"id,key"`
	Version int64  `db:"version,version"`
	Brand   string `db:"brand"   audit:"plain"`
	Title   string `db:"title"   audit:"plain"`
	Owner   string `db:"owner"   audit:"person"`
	Secret  string `db:"secret"  audit:"secret"`
	Seen    int64  `db:"seen"    audit:"upkeep"`
}

func (t *thing) Subject() op.Subject {
	return op.Subject{Kind: "thing", ID: t.ID, Scope: access.Brand(t.Brand), Person: "usr_owner", Seen: []access.Permission{access.SettingsView}}
}
func (t *thing) Subjects() []op.Subject { return []op.Subject{t.Subject()} }

var things = op.Audited[thing]("things")

const thingsSQL = `create table things (id {{.Text}} not null primary key, version {{.Int}} not null, brand {{.Text}} not null,
	title {{.Text}} not null, owner {{.Text}} not null, secret {{.Text}} not null, seen {{.Int}} not null) {{.Strict}};`

type edit struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Owner  string `json:"owner"`
	Secret string `json:"secret"`
	Reason string `json:"reason"`
}

func (e edit) Why() string { return e.Reason }

func findThing(tx *op.Tx, e edit) (*thing, error) { return things.Find(tx, e.ID) }

func change(tx *op.Tx, t *thing, e edit) (string, error) {
	if e.Title == "taken" {
		return "", errs.Field("title", "That title is not to be had.")
	}
	t.Title, t.Owner, t.Secret = e.Title, e.Owner, e.Secret
	return t.Title, things.Update(tx, t)
}

var (
	makeThing = &op.Action[thing, op.Place, op.None]{
		Name: "thing.create", Summary: "Make a thing", Allow: access.SettingsEdit,
		Target: func(_ *op.Tx, t thing) (op.Place, error) {
			return op.Place{Kind: "brand", ID: t.Brand, Scope: access.Brand(t.Brand)}, nil
		},
		Do: func(tx *op.Tx, _ op.Place, t thing) (op.None, error) { return op.None{}, things.Insert(tx, &t) },
	}
	editThing   = &op.Action[edit, *thing, string]{Name: "thing.edit", Summary: "Edit a thing", Allow: access.SettingsEdit, Target: findThing, Do: change}
	borrowThing = &op.Action[edit, *thing, string]{Name: "thing.borrow", Summary: "Edit a thing as somebody else", Allow: access.SettingsEdit, While: op.Writing, Target: findThing, Do: change}
	guardThing  = &op.Action[edit, *thing, string]{
		Name: "thing.guarded_edit", Summary: "Edit a thing after a step-up", Allow: access.SettingsEdit, StepUp: true, Target: findThing, Do: change,
		Confirm: func(t *thing, e edit) op.Confirmation { return op.Confirmation{Title: "Rename to " + e.Title} },
	}
	breakThing = &op.Action[edit, *thing, string]{
		Name: "thing.break", Summary: "Fail after writing", Allow: access.SettingsEdit, Target: findThing,
		Do: func(tx *op.Tx, t *thing, e edit) (string, error) {
			if _, err := change(tx, t, e); err != nil {
				return "", err
			}
			return "", errs.Field("title", "That title is not to be had.")
		},
	}
	seeThing = &op.Upkeep[string, op.None]{
		Name: "thing.seen", Summary: "Note that a thing was seen",
		Do: func(tx *op.Tx, id string) (op.None, error) {
			t, err := things.Find(tx, id)
			if err != nil {
				return op.None{}, err
			}
			t.Seen = tx.Now().UnixMilli()
			return op.None{}, things.Update(tx, t)
		},
	}
	cheat = &op.Upkeep[string, op.None]{
		Name: "thing.cheat", Summary: "Write more than bookkeeping",
		Do: func(tx *op.Tx, id string) (op.None, error) {
			t, err := things.Find(tx, id)
			if err != nil {
				return op.None{}, err
			}
			t.Title = "mine"
			return op.None{}, things.Update(tx, t)
		},
	}
	swapThings = &op.Action[pair, *thing, op.None]{
		Name: "thing.swap", Summary: "Write two things, one after the other", Allow: access.SettingsEdit,
		Target: func(tx *op.Tx, in pair) (*thing, error) { return things.Find(tx, in.First) },
		Do: func(tx *op.Tx, first *thing, in pair) (op.None, error) {
			time.Sleep(5 * time.Millisecond)
			second, err := things.Find(tx, in.Second)
			if err != nil {
				return op.None{}, err
			}
			first.Title, second.Title = in.Title, in.Title
			return op.None{}, errors.Join(things.Update(tx, first), things.Update(tx, second))
		},
	}
	aimless = &op.Action[edit, nothing, string]{
		Name: "thing.aimless", Summary: "Name no subject", Allow: access.SettingsEdit,
		Target: func(*op.Tx, edit) (nothing, error) { return nothing{}, nil },
		Do: func(tx *op.Tx, _ nothing, e edit) (string, error) {
			t, err := things.Find(tx, e.ID)
			if err != nil {
				return "", err
			}
			return change(tx, t, e)
		},
	}
	careless = &op.Query[string, int]{
		Name: "thing.careless", Summary: "Read without asking", Allow: access.SettingsView,
		Do: func(v *op.View, id string) (int, error) { return 1, nil },
	}
)

type pair struct{ First, Second, Title string }

type nothing struct{}

func (nothing) Subjects() []op.Subject { return nil }

// world is a door with one thing in brand B1 and a few people.
type world struct {
	t     *testing.T
	db    *store.DB
	door  *op.Door
	keys  *secret.Keys
	mu    sync.Mutex
	now   time.Time
	codes []op.CodeMail
	app   *app
}

func onBoth(t *testing.T, test func(*testing.T, *world)) {
	fsys := fstest.MapFS{"9000_things.sql": {Data: []byte(thingsSQL)}}
	files, err := fs.Glob(schema.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(schema.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: text}
	}
	storetest.Each(t, fsys, func(t *testing.T, db *store.DB) {
		w := &world{t: t, db: db, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), app: &app{}}
		dir := t.TempDir()
		master, err := secret.LoadMaster(filepath.Join(dir, "master.key"))
		if err != nil {
			t.Fatal(err)
		}
		w.keys, err = secret.OpenKeys(t.Context(), secret.Options{Store: store.Options{URL: "sqlite:" + filepath.Join(dir, "keys.db")}, Master: master})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.keys.Close() })
		w.door, err = op.New(op.Options{
			Store: db, Keys: w.keys, Master: master, Jobs: &jobs.Queue{}, Clock: w.clock, Prover: w.app,
			SendCode: func(_ *op.Tx, m op.CodeMail) error { w.codes = append(w.codes, m); return nil },
		}, makeThing, editThing, borrowThing, guardThing, breakThing, seeThing, cheat, careless, swapThings, aimless)
		if err != nil {
			t.Fatal(err)
		}
		_, err = op.Do(t.Context(), w.door, admin("usr_ada", "B1"), makeThing, thing{ID: "t1", Brand: "B1", Title: "one", Owner: "Olu", Secret: "s1"})
		if err != nil {
			t.Fatal(err)
		}
		test(t, w)
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func admin(id, brand string) *op.Caller { return staff(id, "admin", access.Brand(brand)) }

func staff(id, key string, at access.Scope) *op.Caller {
	role, _ := access.BuiltInRole(key)
	return &op.Caller{
		Kind: op.Person, ID: id, Person: id, Home: at, Session: "ses_" + id, IP: "203.0.113.9", Agent: "Test",
		Grants: access.Resolve(access.Grant{ID: "g", Role: role, Scope: at}),
	}
}

func (w *world) thing() thing {
	w.t.Helper()
	t, err := things.Find(w.db.Read(context.Background()), "t1")
	if err != nil {
		w.t.Fatal(err)
	}
	return *t
}

func (w *world) events(chain string) []audit.Entry {
	w.t.Helper()
	all, _, err := audit.List(w.db.Read(context.Background()), audit.Filter{Chains: []string{chain}, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) refusedUnchanged(err error, want *errs.Error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Errorf("got %v, want %s", err, want.Code)
	}
	if got := w.thing(); got.Title != "one" || got.Version != 1 {
		w.t.Errorf("a refused attempt changed the thing: %+v", got)
	}
}

func TestAnEditIsOneEventWithBeforeAndAfter(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), editThing, edit{ID: "t1", Title: "two", Owner: "Ola", Secret: "s2", Reason: "asked by phone"})
		if err != nil {
			t.Fatal(err)
		}
		e := w.events("B1")[0]
		if e.Op != "thing.edit" || e.Actor.ID != "usr_ada" || e.Reason == nil || len(e.Changes) != 3 {
			t.Fatalf("event %+v", e.Event)
		}
		for _, c := range e.Changes {
			switch c.Field {
			case "title":
				if string(c.Before.Plain) != `"one"` || string(c.After.Plain) != `"two"` {
					t.Errorf("title %s → %s", c.Before.Plain, c.After.Plain)
				}
			case "owner":
				if c.Before.Sealed == nil || c.After.Plain != nil {
					t.Error("a personal value stands in the clear")
				}
				if plain, err := w.keys.Open(t.Context(), c.After.Sealed.Person, c.After.Sealed.Box); err != nil || string(plain) != `"Ola"` {
					t.Errorf("sealed owner reads %s, %v", plain, err)
				}
			case "secret":
				if c.Before != nil || c.After != nil {
					t.Error("a secret stands in the log")
				}
			}
		}
		if v := w.thing().Version; v != 2 {
			t.Errorf("version %d after one edit", v)
		}
	})
}

func TestTheSameValuesAgainAreNoEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), editThing, edit{ID: "t1", Title: "one", Owner: "Olu", Secret: "s1"})
		if err != nil || len(w.events("B1")) != n || w.thing().Version != 1 {
			t.Errorf("err %v, %d events where there were %d, version %d", err, len(w.events("B1")), n, w.thing().Version)
		}
	})
}

func TestHiddenAndAbsentAnswerTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		eve := admin("usr_eve", "B10") // the brand next door, whose id begins the same
		_, hidden := op.Do(t.Context(), w.door, eve, editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(hidden, errs.ErrNotFound)
		_, absent := op.Do(t.Context(), w.door, eve, editThing, edit{ID: "t0", Title: "x"})
		if errs.Of(hidden).Detail != errs.Of(absent).Detail || errs.Of(hidden).Code != errs.Of(absent).Code {
			t.Errorf("hidden %v, absent %v", hidden, absent)
		}
		refused := w.events("B10")
		if len(refused) != 1 || refused[0].Outcome != audit.Refused || len(refused[0].Subjects) != 0 {
			t.Errorf("recorded %+v", refused)
		}
	})
}

func TestRefusalsAreRecordedAndChangeNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		reader := staff("usr_ron", "read_only", access.Brand("B1"))
		_, err := op.Do(t.Context(), w.door, reader, editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, op.ErrForbidden)
		if e := w.events("B1")[0]; e.Outcome != audit.Refused || e.Actor.ID != "usr_ron" || e.Facts["permission"] != "settings.edit" {
			t.Errorf("event %+v", e.Event)
		}
		_, err = op.Do(t.Context(), w.door, op.Nobody("203.0.113.9", "", ""), editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, op.ErrSignIn)
	})
}

func TestTheSameRefusalWithinAMinuteIsCountedOnOneEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		reader := staff("usr_ron", "read_only", access.Brand("B1"))
		for range 7 {
			_, _ = op.Do(t.Context(), w.door, reader, editThing, edit{ID: "t1", Title: "x"})
		}
		if got := len(w.events("B1")) - n; got != 1 {
			t.Fatalf("%d events at once", got)
		}
		if err := w.door.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := w.events("B1")[0]; e.Counts["repeated"] != 6 {
			t.Errorf("counted %v", e.Counts)
		}
	})
}

func TestAFailureAfterWritingUndoesEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), breakThing, edit{ID: "t1", Title: "x"})
		if errs.Of(err).Code != "invalid" || w.thing().Title != "one" || len(w.events("B1")) != n {
			t.Errorf("err %v, thing %+v", err, w.thing())
		}
	})
}

func TestTheDoorFailsClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		_, err := op.Do(t.Context(), w.door, nil, editThing, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, errs.ErrFault)
		unlisted := &op.Action[edit, *thing, string]{Name: "thing.unlisted", Summary: "x", Allow: access.SettingsEdit, Target: findThing, Do: change}
		_, err = op.Do(t.Context(), w.door, ada, unlisted, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, errs.ErrFault)
		_, err = op.Keep(t.Context(), w.door, ada, cheat, "t1")
		w.refusedUnchanged(err, errs.ErrFault)
		_, err = op.Ask(t.Context(), w.door, ada, careless, "t1")
		w.refusedUnchanged(err, errs.ErrFault)
	})
}

func TestAnUpkeepWritesItsOwnColumnsWithoutAnEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := len(w.events("B1"))
		if _, err := op.Keep(t.Context(), w.door, op.SystemActor("clock"), seeThing, "t1"); err != nil {
			t.Fatal(err)
		}
		if got := w.thing(); got.Seen == 0 || got.Version != 1 || len(w.events("B1")) != n {
			t.Errorf("after upkeep: %+v", got)
		}
	})
}

func TestAStepUpConfirmsExactlyWhatWasAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		in := edit{ID: "t1", Title: "two", Owner: "Olu", Secret: "s1"}
		_, err := op.Do(t.Context(), w.door, ada, guardThing, in)
		w.refusedUnchanged(err, op.ErrStepUpRequired)
		proof := op.Proof{ID: errs.Of(err).Extra["step_up"].(string), Code: w.codes[0].Code}

		other := in
		other.Title = "three"
		_, err = op.Do(t.Context(), w.door, ada, guardThing, other, op.With(proof))
		w.refusedUnchanged(err, op.ErrStepUpMismatch)

		wrong := proof
		wrong.Code = "000000"
		if wrong.Code == proof.Code {
			wrong.Code = "000001"
		}
		_, _, err = w.door.Confirm(t.Context(), ada, wrong)
		w.refusedUnchanged(err, op.ErrStepUpWrong)
		_, _, err = w.door.Confirm(t.Context(), admin("usr_eve", "B1"), proof)
		w.refusedUnchanged(err, errs.ErrNotFound)

		if _, _, err = w.door.Confirm(t.Context(), ada, proof); err != nil || w.thing().Title != "two" {
			t.Fatalf("confirm: %v, title %s", err, w.thing().Title)
		}
		if e := w.events("B1")[0]; e.StepUp != proof.ID {
			t.Errorf("the event does not name the step-up: %+v", e.Event)
		}
		if _, _, err = w.door.Confirm(t.Context(), ada, proof); !errors.Is(err, op.ErrStepUpExpired) {
			t.Errorf("used again: %v", err)
		}
	})
}

func TestNobodyIsSentACodeForWhatIsRefusedAnyway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), guardThing, edit{ID: "t1", Title: "taken"})
		if errs.Of(err).Code != "invalid" || len(w.codes) != 0 {
			t.Errorf("%v, and %d codes were sent", err, len(w.codes))
		}
		w.refusedUnchanged(err, errs.Of(errs.Field("title", "")))
	})
}

func TestAStepUpCodeDiesAfterFiveMinutesAndFiveTries(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		in := edit{ID: "t1", Title: "two"}
		_, err := op.Do(t.Context(), w.door, ada, guardThing, in)
		proof := op.Proof{ID: errs.Of(err).Extra["step_up"].(string), Code: w.codes[0].Code}
		w.later(5*time.Minute + time.Second)
		_, _, err = w.door.Confirm(t.Context(), ada, proof)
		w.refusedUnchanged(err, op.ErrStepUpExpired)

		_, err = op.Do(t.Context(), w.door, ada, guardThing, in)
		proof = op.Proof{ID: errs.Of(err).Extra["step_up"].(string), Code: w.codes[1].Code}
		var wait sync.WaitGroup
		for range 20 { // in parallel: every guess counts before it is looked at
			wait.Go(func() {
				_, _, _ = w.door.Confirm(context.Background(), ada, op.Proof{ID: proof.ID, Code: "x"})
			})
		}
		wait.Wait()
		_, _, err = w.door.Confirm(t.Context(), ada, proof)
		w.refusedUnchanged(err, op.ErrStepUpExpired)
	})
}

func TestARepeatWithTheSameKeyAnswersTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		in := edit{ID: "t1", Title: "two"}
		for range 3 {
			out, err := op.Do(t.Context(), w.door, ada, editThing, in, op.Once("k1"))
			if err != nil || out != "two" {
				t.Fatalf("%q, %v", out, err)
			}
		}
		if v := w.thing().Version; v != 2 {
			t.Errorf("version %d: it ran more than once", v)
		}
		in.Title = "three"
		if _, err := op.Do(t.Context(), w.door, ada, editThing, in, op.Once("k1")); !errors.Is(err, op.ErrKeyReused) {
			t.Errorf("another body with the same key: %v", err)
		}
	})
}

func TestOperationsThatWaitForEachOtherBothEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		for _, id := range []string{"x", "y"} {
			if _, err := op.Do(t.Context(), w.door, ada, makeThing, thing{ID: id, Brand: "B1", Title: "one"}); err != nil {
				t.Fatal(err)
			}
		}
		var wait sync.WaitGroup
		for i := range 4 { // half of them take x and then y, the others y and then x
			wait.Go(func() {
				first, second := "x", "y"
				if i%2 == 1 {
					first, second = second, first
				}
				if _, err := op.Do(context.Background(), w.door, ada, swapThings, pair{first, second, fmt.Sprint("round ", i)}); err != nil {
					t.Errorf("%s then %s: %v", first, second, err)
				}
			})
		}
		wait.Wait()
	})
}

func TestATargetWithoutSubjectsIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, err := op.Do(t.Context(), w.door, admin("usr_ada", "B1"), aimless, edit{ID: "t1", Title: "x"})
		w.refusedUnchanged(err, errs.ErrFault)
	})
}

func TestTheSameCallTwiceAtOnceRunsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				out, err := op.Do(context.Background(), w.door, ada, editThing, edit{ID: "t1", Title: "two"}, op.Once("k2"))
				if err != nil || out != "two" {
					t.Errorf("%q, %v", out, err)
				}
			})
		}
		wait.Wait()
		if v := w.thing().Version; v != 2 {
			t.Errorf("version %d: it ran more than once", v)
		}
	})
}

func TestABulkJudgesAndRecordsEachRowByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		for i := range 150 {
			if _, err := op.Do(t.Context(), w.door, ada, makeThing, thing{ID: fmt.Sprintf("b%d", i), Brand: "B1", Title: "bulk"}); err != nil {
				t.Fatal(err)
			}
		}
		events := w.count("B1")
		asked, done, refused := 0, 0, 0
		who := func(context.Context) (*op.Caller, error) { asked++; return ada, nil }
		inputs := func(yield func(edit) bool) {
			for i := range 151 { // the last one is not there
				if !yield(edit{ID: fmt.Sprintf("b%d", i), Title: "changed"}) {
					return
				}
			}
		}
		err := op.DoEach(t.Context(), w.door, who, editThing, "blk_1", inputs, func(rows []op.Outcome[edit, string]) error {
			for _, r := range rows {
				if r.Err != nil {
					refused++
				} else {
					done++
				}
			}
			return nil
		})
		if err != nil || asked != 2 || done != 150 || refused != 1 {
			t.Fatalf("err %v, asked %d times, %d done, %d refused", err, asked, done, refused)
		}
		if got := w.count("B1") - events; got != 151 {
			t.Errorf("%d events for 151 rows", got)
		}
		if e := w.events("B1")[1]; e.Bulk != "blk_1" || e.Op != "thing.edit" {
			t.Errorf("event %+v", e.Event)
		}
	})
}

func TestARowThatFailsLeavesNothingOfItsOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		who := func(context.Context) (*op.Caller, error) { return ada, nil }
		n := len(w.events("B1"))
		err := op.DoEach(t.Context(), w.door, who, breakThing, "blk_2", slices.Values([]edit{{ID: "t1", Title: "x"}}), func(rows []op.Outcome[edit, string]) error {
			if errs.Of(rows[0].Err).Code != "invalid" {
				t.Errorf("outcome %v", rows[0].Err)
			}
			return nil
		})
		if err != nil || w.thing().Title != "one" || len(w.events("B1")) != n {
			t.Errorf("err %v, thing %+v, %d events where there were %d", err, w.thing(), len(w.events("B1")), n)
		}
	})
}

func (w *world) count(chain string) int64 {
	w.t.Helper()
	n, err := audit.Count(w.db.Read(context.Background()), audit.Filter{Chains: []string{chain}})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
