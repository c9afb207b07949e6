package op_test

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
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

func (w *world) count(chain string) int64 {
	w.t.Helper()
	n, err := audit.Count(w.db.Read(context.Background()), audit.Filter{Chains: []string{chain}})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
