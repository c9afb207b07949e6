package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/backup"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// place is where an installation is: an empty one, for a restore, or that of a world.
type place struct {
	t      *testing.T
	engine store.Dialect
	config app.Config
}

// elsewhere is a place with nothing in it but the master key of a world.
func elsewhere(t *testing.T, w *world.World) *place {
	t.Helper()
	p := &place{t: t, engine: w.Store.Dialect(), config: app.Config{
		Data: filepath.Join(t.TempDir(), "data"), MasterKeyFile: w.Config.MasterKeyFile,
		Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Log: "text error",
	}}
	p.config.Database = "sqlite:" + filepath.Join(p.config.Data, "steward.db")
	if p.engine == store.PostgreSQL {
		p.config.Database = storetest.URL(t, p.engine, fstest.MapFS{})
	}
	return p
}

func (p *place) env() map[string]string {
	return map[string]string{
		"STEWARD_DATABASE": p.config.Database, "STEWARD_DATA": p.config.Data, "STEWARD_MASTER_KEY_FILE": p.config.MasterKeyFile, "STEWARD_LOG": "text error",
	}
}

// run runs a command there.
func (p *place) run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	env := p.env()
	code = app.Run(p.t.Context(), args, app.Terminal{In: strings.NewReader(""), Out: &o, Err: &e, Env: func(name string) string { return env[name] }})
	return code, o.String(), e.String()
}

func (p *place) done(args ...string) string {
	p.t.Helper()
	code, out, errs := p.run(args...)
	if code != app.Done {
		p.t.Fatalf("steward %s: %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// refused wants a command to fail with a text, and nothing of the place to change.
func (p *place) refused(text string, args ...string) {
	p.t.Helper()
	before := p.state()
	code, out, errs := p.run(args...)
	if code == app.Done || !strings.Contains(errs, text) {
		p.t.Errorf("steward %s: %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	if after := p.state(); !maps.Equal(before, after) {
		p.t.Errorf("steward %s was refused and changed something:\n%v\n%v", strings.Join(args, " "), keys(before), keys(after))
	}
}

func keys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// state is every file of the place with its bytes, and every row of PostgreSQL. Locks and what SQLite keeps beside are left out.
func (p *place) state() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	_ = filepath.WalkDir(p.config.Data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, "-shm") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			p.t.Error(err)
		}
		all[strings.TrimPrefix(path, p.config.Data)] = string(text)
		return nil
	})
	if p.engine == store.PostgreSQL {
		for table, rows := range rowsOf(p.t, store.Options{URL: p.config.Database}) {
			all["table "+table] = rows
		}
	}
	return all
}

// rowsOf are the rows of every table of PostgreSQL, the key store's too.
func rowsOf(t *testing.T, o store.Options) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{"", "steward_keys"} {
		o.SearchPath = path
		if u, err := url.Parse(o.URL); err == nil { // by another name than a server's
			q := u.Query()
			q.Set("application_name", "test")
			u.RawQuery = q.Encode()
			o.URL = u.String()
		}
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Snapshot(t.Context(), func(r store.Reader) error {
			names, err := store.All(r, func(row store.Row) (string, error) { return store.Value[string](row) },
				"select relname::text from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'")
			if err != nil {
				return err
			}
			bufs := map[string]*bytes.Buffer{}
			_, err = store.CopyOut(r, names, func(table string) (io.Writer, error) {
				bufs[table] = &bytes.Buffer{}
				return bufs[table], nil
			})
			for table, b := range bufs {
				all[path+table] = b.String()
			}
			return err
		})
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// open opens the place's installation, as a command does.
func (p *place) open() *app.App {
	p.t.Helper()
	a, err := app.Open(p.t.Context(), p.config, app.Options{Migrate: true})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = a.Close() })
	return a
}

// backedUp makes a backup of a world and gives its FILE.
func backedUp(t *testing.T, w *world.World) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "desk.backup")
	if _, err := w.Backup(t.Context(), file, nil); err != nil {
		t.Fatal(err)
	}
	return file
}

// whole wants an installation to be sound: its log verifies, and people sign in.
func whole(t *testing.T, w *world.World, a *app.App) {
	t.Helper()
	anchors, err := a.Checkpoints.Anchors()
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(t.Context(), a.Store, anchors)
	if err != nil || !report.OK {
		t.Errorf("the log does not verify: %v\n%s", err, report)
	}
	ada := w.Member("ada")
	signed, err := a.Desk.SignIn(t.Context(), op.Nobody("203.0.113.9", "test", "req_test"), auth.Try{Email: ada.Email, Password: ada.Password, Brand: "platform"})
	if err != nil || signed.Token == "" && signed.Ticket == "" {
		t.Errorf("Ada cannot sign in: %+v, %v", signed, err)
	}
}

// names are the brands' names, newest change and all.
func names(t *testing.T, a *app.App) string {
	t.Helper()
	all, err := store.All(a.Store.Read(t.Context()), func(r store.Row) (string, error) { return store.Value[string](r) }, "select name from brands order by id")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, ", ")
}

func rename(w *world.World, name string) error {
	aurora := w.Place("aurora").ID
	_, err := op.Do(context.Background(), w.Door, op.HostOperator("test"), brand.Edit, brand.Change{Brand: aurora, Name: &name})
	return err
}

func TestARunningInstallationIsBackedUpAndComesBackWhole(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		maya := w.Customer("maya")
		if _, err := w.Checkpoints.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		stop, wrote := make(chan struct{}), 0
		var busy sync.WaitGroup
		busy.Go(func() {
			for ; ; wrote++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := rename(w, "Aurora "+time.Unix(int64(wrote), 0).UTC().Format("150405")); err != nil {
					t.Error(err)
					return
				}
			}
		})
		file := backedUp(t, w)
		close(stop)
		busy.Wait()
		if wrote == 0 {
			t.Error("nothing was written meanwhile")
		}
		for _, name := range []string{file, file + ".keys", file + ".journal"} {
			info, err := os.Stat(name)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
		p := elsewhere(t, w)
		var said struct {
			People      int64
			ErasedAgain int `json:"erased_again"`
		}
		if err := json.Unmarshal([]byte(p.done("restore", file, "--json")), &said); err != nil || said.ErasedAgain != 0 || said.People == 0 {
			t.Errorf("%+v, %v", said, err)
		}
		a := p.open()
		whole(t, w, a)
		if found, err := user.Find(a.Store.Read(t.Context()), maya); err != nil || found.LastName != "Whitaker" {
			t.Errorf("%+v, %v", found, err)
		}
		last, _, err := audit.List(a.Store.Read(t.Context()), audit.Filter{Chains: []string{"platform"}, Limit: 1})
		if err != nil || last[0].Op != "auth.sign_in" && last[0].Op != "installation.restore" {
			t.Errorf("%+v, %v", last, err)
		}
		steps, err := store.Status(t.Context(), a.Store, schema.FS)
		if err != nil || steps[len(steps)-1].Applied.IsZero() {
			t.Errorf("%v, %v", steps, err)
		}
		info, err := os.Stat(p.config.Data)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
		entries, _ := os.ReadDir(p.config.Data)
		for _, e := range entries {
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(e.Name(), ".restore") || strings.HasPrefix(e.Name(), ".backup") {
				t.Errorf("left in the data folder: %s, %v", e.Name(), info.Mode())
			}
		}
	})
}

func TestWhoWasErasedSinceTheBackupIsErasedAgain(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		maya := w.Customer("maya")
		before, err := user.Find(w.Store.Read(t.Context()), maya)
		if err != nil {
			t.Fatal(err)
		}
		file := backedUp(t, w)
		if err := w.Journal.Append(string(maya), w.Door.Now()); err != nil {
			t.Fatal(err)
		}
		p := elsewhere(t, w)
		out := p.done("restore", file, "--journal", w.Journal.Path())
		if !strings.Contains(out, "1 persons") {
			t.Error(out)
		}
		a := p.open()
		whole(t, w, a)
		after, err := user.Find(a.Store.Read(t.Context()), maya)
		if err != nil || after.Status != user.Erased {
			t.Errorf("%+v, %v", after, err)
		}
		if gone, err := a.Keys.Destroyed(t.Context(), string(maya)); err != nil || !gone {
			t.Errorf("the key is not destroyed: %v", err)
		}
		if has, err := a.Journal.Has(string(maya)); err != nil || !has {
			t.Errorf("the journal forgot: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		for name, text := range p.state() {
			for _, mark := range []string{before.LastName, before.Email, before.Phone, strings.ToLower(before.LastName)} {
				if mark != "" && strings.Contains(text, mark) {
					t.Errorf("%s still has %q", name, mark)
				}
			}
		}
	})
}

func TestARestoreWithoutAJournalIsRefusedUnlessTheRiskIsAccepted(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		file := backedUp(t, w)
		if err := os.Remove(file + ".journal"); err != nil {
			t.Fatal(err)
		}
		p := elsewhere(t, w)
		p.refused("--accept-erased-data-risk", "restore", file)
		p.refused("no erasure journal", "restore", file, "--journal", filepath.Join(t.TempDir(), "absent"), "--accept-erased-data-risk")
		if out := p.done("restore", file, "--accept-erased-data-risk"); !strings.Contains(out, "may be back") {
			t.Error(out)
		}
		whole(t, w, p.open())
	})
}

func TestARestoreIsRefusedAndChangesNothing(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		file := backedUp(t, w)
		p := elsewhere(t, w)
		// A copy of the backup, with one thing wrong.
		wrong := func(name string, change func(dir, file string)) string {
			dir := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, ending := range []string{"", ".keys", ".journal"} {
				copyFile(t, file+ending, filepath.Join(dir, "b"+ending))
			}
			change(dir, filepath.Join(dir, "b"))
			return filepath.Join(dir, "b")
		}
		flip := func(ending string, at func(size int64) int64) func(dir, file string) {
			return func(_, file string) {
				text, err := os.ReadFile(file + ending)
				if err != nil {
					t.Fatal(err)
				}
				text[at(int64(len(text)))] ^= 1
				if err := os.WriteFile(file+ending, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		cut := func(ending string, by int64) func(dir, file string) {
			return func(_, file string) {
				info, err := os.Stat(file + ending)
				if err == nil {
					err = os.Truncate(file+ending, info.Size()-by)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		other := backedUp(t, w)
		all := func(where string) {
			for name, c := range map[string]struct {
				change func(dir, file string)
				says   string
			}{
				"keys of another": {func(_, file string) { copyFile(t, other+".keys", file+".keys") }, "another backup"},
				"no keys":         {func(_, file string) { _ = os.Remove(file + ".keys") }, "missing"},
				"no file":         {func(_, file string) { _ = os.Remove(file) }, "missing"},
				"first byte":      {flip("", func(int64) int64 { return 0 }), "damaged"},
				"a byte within":   {flip("", func(n int64) int64 { return n / 2 }), "damaged"},
				"last byte":       {flip("", func(n int64) int64 { return n - 1 }), "damaged"},
				"cut":             {cut("", 1), "damaged"},
				"cut short":       {cut("", 4096), "damaged"},
				"header":          {flip(".keys", func(int64) int64 { return 1 }), "not a backup"},
				"a key":           {flip(".keys", func(n int64) int64 { return n / 2 }), "damaged"},
				"the seal":        {flip(".keys", func(n int64) int64 { return n - 10 }), "master key"},
				"keys cut":        {cut(".keys", 1), "damaged"},
				"keys cut short":  {cut(".keys", 2000), "damaged"},
				"empty":           {func(_, file string) { _ = os.Truncate(file, 0) }, "damaged"},
				"journal":         {func(_, file string) { _ = os.WriteFile(file+".journal", []byte("{}\n"), 0o600) }, "journal was changed"},
			} {
				p.refused(c.says, "restore", wrong(where+" "+name, c.change), "--replace")
			}
			if p.engine == store.SQLite {
				p.refused("no folder", "restore", filepath.Join(t.TempDir(), "x", "y"))
			}
			master := p.config.MasterKeyFile
			p.config.MasterKeyFile = filepath.Join(t.TempDir(), "none.key")
			p.refused("no master key", "restore", file, "--replace")
			if err := os.WriteFile(p.config.MasterKeyFile, []byte("another key of thirty-two bytes!"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.refused("master key does not open", "restore", file, "--replace")
			p.config.MasterKeyFile = master
		}
		all("empty place")
		p.done("restore", file)
		all("used place")
		p.refused("--replace", "restore", file)
		a := p.open()
		p.refused("Steward runs on this installation", "restore", file, "--replace")
		whole(t, w, a)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		otherKind := *p
		otherKind.config.Database = "sqlite:" + filepath.Join(t.TempDir(), "x.db")
		otherKind.engine = store.SQLite
		if p.engine == store.SQLite {
			otherKind.engine = store.PostgreSQL
			otherKind.config.Database = storetest.URL(t, store.PostgreSQL, fstest.MapFS{})
		}
		otherKind.refused("other kind of database", "restore", file, "--replace")
	})
}

func TestAReplacedInstallationIsAsItWasAtTheBackup(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		first := backedUp(t, w)
		was := names(t, w.App)
		if err := rename(w, "Aurora Later"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Checkpoints.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := backedUp(t, w)
		p := elsewhere(t, w)
		for _, c := range []struct{ file, names string }{{second, names(t, w.App)}, {first, was}, {second, names(t, w.App)}} {
			p.done("restore", c.file, "--replace")
			a := p.open()
			whole(t, w, a)
			if got := names(t, a); got != c.names {
				t.Errorf("%s instead of %s", got, c.names)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		}
		p.done("audit", "verify")
		p.done("doctor")
	})
}

func TestNothingOpensARestoredInstallationBeforeTheReplay(t *testing.T) {
	world.Each(t, func(t *testing.T, w *world.World) {
		maya := w.Customer("maya")
		file := backedUp(t, w)
		p := elsewhere(t, w)
		p.done("restore", file)
		// As if it had been killed before the replay.
		if err := os.WriteFile(filepath.Join(p.config.Data, "erasures.journal"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		a := p.open()
		if err := a.Journal.Append(string(maya), time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := backup.Mark(t.Context(), a.Store, backup.Pending{Backup: "test", MadeAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		p.refused("not replayed yet", "audit", "verify")
		p.refused("not replayed yet", "backup", filepath.Join(t.TempDir(), "b"))
		kept := filepath.Join(t.TempDir(), "journal")
		if err := os.Rename(filepath.Join(p.config.Data, "erasures.journal"), kept); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Open(t.Context(), p.config, app.Options{Work: true, Migrate: true}); err == nil || !strings.Contains(err.Error(), "there is no erasure journal") {
			t.Fatalf("a server starts without the journal: %v", err)
		}
		if err := os.Rename(kept, filepath.Join(p.config.Data, "erasures.journal")); err != nil {
			t.Fatal(err)
		}
		server, err := app.Open(t.Context(), p.config, app.Options{Work: true, Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		if after, err := user.Find(server.Store.Read(t.Context()), maya); err != nil || after.Status != user.Erased {
			t.Errorf("%+v, %v", after, err)
		}
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		p.done("audit", "verify")
	})
}

func TestBackupsTakeAnyFileNameAndWriteOverNothing(t *testing.T) {
	w := world.New(t)
	p := &place{t: t, config: w.Config}
	dir := t.TempDir()
	for _, name := range []string{
		"plain", " spaces  everywhere ", "-dash", "--replace", "Ünïcödé 備份 🗄", "quote's \"and\" $(more) `x`", "new\nline", "tab\t\x1b[31m", "%s %d %!", "*?[x]", "a.keys",
		strings.Repeat("long", 55),
	} {
		file := filepath.Join(dir, name)
		out := p.done("backup", "--", file)
		if strings.ContainsAny(out, "\x1b\t") {
			t.Errorf("the terminal is given what the name holds: %q", out)
		}
		for _, taken := range []string{file, file + ".keys", file + ".journal"} {
			was, err := os.ReadFile(taken)
			if err != nil {
				t.Fatal(err)
			}
			if code, _, errs := p.run("backup", "--", file); code == app.Done || !strings.Contains(errs, "already") {
				t.Errorf("%q is written over: %s", name, errs)
			}
			if now, err := os.ReadFile(taken); err != nil || !bytes.Equal(was, now) {
				t.Errorf("%q was changed", taken)
			}
		}
	}
	for name, says := range map[string]string{"": "not the name of a file", dir + "/": "not the name of a file", dir: "already", filepath.Join(dir, "no", "folder"): "no folder"} {
		if code, _, errs := p.run("backup", "--", name); code == app.Done || !strings.Contains(errs, says) {
			t.Errorf("%q: %s", name, errs)
		}
	}
	if entries, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestWhatAKilledBackupLeftIsSweptAway(t *testing.T) {
	w := world.New(t)
	p := elsewhere(t, w)
	p.done("restore", backedUp(t, w))
	for _, name := range []string{".backup-1.db", ".backup-1.db-wal", "steward.db.restore", "keys.db.restore-wal", "audit.key.restore"} {
		if err := os.WriteFile(filepath.Join(p.config.Data, name), []byte("Maya Whitaker"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.done("audit", "verify")
	for name, text := range p.state() {
		if text == "Maya Whitaker" {
			t.Errorf("%s is still there", name)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
