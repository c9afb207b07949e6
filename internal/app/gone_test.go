package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/subject"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// told is a log that can be read.
type told struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (t *told) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.Write(b)
}

func (t *told) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}

// TestOfWhoIsErasedNothingIsInAnyCopy is the promise of the privacy page in one go: a person full of marks, who signed in and failed to, was
// searched for, ordered, asked for a copy of their data and was edited, is archived and erased. Then no mark is in the database, its
// log, the key store, the exports, the program's log, the planner's statistics, nor in a backup made afterwards; and a backup made before
// is restored without them.
func TestOfWhoIsErasedNothingIsInAnyCopy(t *testing.T) {
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			log := &told{}
			w := world.Logged(t, engine, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
			w.Eraser.Steady = func() time.Duration { return w.Door.Now().Sub(world.Now) }
			p := &place{t: t, engine: engine, config: w.Config}
			id := lives(t, w)
			if err := w.Store.Optimize(t.Context()); err != nil {
				t.Fatal(err)
			}
			if there := p.marks(w); len(there) < 4 {
				t.Fatalf("only in %v before: the test looks in the wrong place", there)
			}
			if strings.Contains(strings.ToLower(log.String()), "zq") {
				t.Errorf("the log tells names: %s", log)
			}
			before := backedUp(t, w)

			if _, err := op.Do(t.Context(), w.Door, root, privacy.Archive, privacy.Archival{User: id, Reason: privacy.GDPRRequest, Note: "Zqnote"}); err != nil {
				t.Fatal(err)
			}
			run := func() {
				t.Helper()
				if err := w.Eraser.Run(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
			run()
			w.Later(30*24*time.Hour + time.Minute)
			if err := w.Exports.Sweep(t.Context(), nil); err != nil { // of the file that ran out
				t.Fatal(err)
			}
			run()
			if u, err := user.Find(w.Store.Read(t.Context()), id); err != nil || u.Status != user.Erased {
				t.Fatalf("%+v, %v", u, err)
			}
			if there := p.marks(w); len(there) > 0 {
				t.Errorf("still in %v", there)
			}
			if strings.Contains(strings.ToLower(log.String()), "zq") {
				t.Errorf("the log tells names: %s", log)
			}

			after := backedUp(t, w)
			for _, ending := range []string{"", ".keys", ".journal"} {
				text, err := os.ReadFile(after + ending)
				if err != nil || bytes.Contains(bytes.ToLower(text), []byte("zqfirst")) {
					t.Errorf("the backup made afterwards, %s: %v", ending, err)
				}
			}
			for name, file := range map[string]string{"made afterwards": after, "made before": before} {
				copied := elsewhere(t, w)
				copied.done("restore", file, "--journal", w.Journal.Path())
				copied.clean(zorasMarks...)
				a := copied.open()
				if u, err := user.Find(a.Store.Read(t.Context()), id); err != nil || u.Status != user.Erased {
					t.Errorf("from the backup %s: %+v, %v", name, u, err)
				}
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if engine == store.PostgreSQL {
				inFiles(t, w)
			}
		})
	}
}

// lives makes a customer who does what customers do.
func lives(t *testing.T, w *world.World) user.ID {
	t.Helper()
	ctx, id, aurora := t.Context(), zora(t, w), w.Place("aurora").ID
	w.Customer("maya")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, was := range []string{"Zqearlier", "Zqfirst"} {
		_, err := op.Do(ctx, w.Door, root, account.Edit, account.Changes{User: id, FirstName: &was})
		must(err)
	}
	_, err := op.Do(ctx, w.Door, root, commerce.Put, commerce.One{Brand: aurora, Source: "shop", Record: commerce.Record{Order: &commerce.NewOrder{
		ExternalID: "#7001", Customer: customer.Who{ExternalID: "zqext-1", Email: "zqmail@zqhost.example"}, PlacedAt: w.Door.Now().Add(-time.Hour), Status: "paid", Total: money.Of(4200, "GBP"),
	}}})
	must(err)
	from := op.Nobody("203.0.113.201", "Zqagent/1.0", "req_test")
	sent, err := w.Desk.SendCode(ctx, from, auth.Ask{Audience: session.Account, Brand: aurora, Email: "zqmail@zqhost.example"})
	must(err)
	_, err = w.Desk.SignInCode(ctx, from, auth.Answer{Audience: session.Account, Brand: aurora, Browser: sent.Browser, Code: w.Code()})
	must(err)
	server := w.Serve() // and over HTTP: a wrong password, a forgotten one, a registration with the address, a search by staff
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, form := range map[string]url.Values{
		"/account/aurora/sign-in":        {"email": {"zqmail@zqhost.example"}, "password": {"Zqfirst is wrong"}},
		"/account/aurora/sign-in/forgot": {"email": {"zqmail@zqhost.example"}},
		"/account/aurora/sign-up":        {"email": {"zqmail@zqhost.example"}, "first_name": {"Zqfirst"}, "last_name": {"Zqlast"}, "password": {"quiet otters drift by 12"}},
		"/admin/sign-in":                 {"email": {"zqmail@zqhost.example"}, "password": {"x"}},
	} {
		res, err := client.PostForm(server.URL+path, form)
		must(err)
		must(res.Body.Close())
	}
	res, err := client.Get(server.URL + "/admin/customers?q=zqfirst&email=zqmail@zqhost.example")
	must(err)
	must(res.Body.Close())

	ada := w.As("ada")
	made, err := op.Do(ctx, w.Door, ada, subject.Export, subject.Asked{User: id})
	if errors.Is(err, op.ErrStepUpRequired) {
		proof, _ := errs.Of(err).Extra["step_up"].(string)
		made, err = op.Do(ctx, w.Door, ada, subject.Export, subject.Asked{User: id}, op.With(op.Proof{ID: proof, Code: w.Code()}))
	}
	must(err)
	must(w.Exports.Make(ctx, &jobs.Job[export.Make]{Args: export.Make{Export: made}, Attempt: 1, Attempts: 3}))
	return id
}

// marks lists where of a world's own there are marks: files, rows, and what PostgreSQL's planner keeps of the values.
func (p *place) marks(w *world.World) (in []string) {
	p.t.Helper()
	all := p.state()
	if file, lite := strings.CutPrefix(w.Config.Database, "sqlite:"); lite {
		for _, ending := range []string{"", "-wal", "-shm"} {
			text, err := os.ReadFile(file + ending)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				p.t.Fatal(err)
			}
			all["database"+ending] = string(text)
		}
	} else {
		stats, err := store.All(w.Store.Read(context.Background()), store.Value[string],
			"select tablename || '.' || attname || ': ' || coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '') from pg_stats where schemaname = 'public'")
		if err != nil {
			p.t.Fatal(err)
		}
		for _, s := range stats {
			name, _, _ := strings.Cut(s, ":")
			all["statistics of "+name] = s
		}
	}
	for name, text := range all {
		text = strings.ToLower(text)
		for _, m := range zorasMarks {
			if strings.Contains(text, m) {
				in = append(in, fmt.Sprintf("%s: %s", name, m))
			}
		}
	}
	return in
}

// inFiles looks into the files of PostgreSQL itself, where the test may read them. What a vacuum leaves in the gaps of pages nobody can
// ask for, and the server overwrites it in its own time; once the tables are written anew it is gone from them.
func inFiles(t *testing.T, w *world.World) {
	t.Helper()
	r := w.Store.Read(t.Context())
	folder, err := store.Value[string](r.QueryRow("select current_setting('data_directory') || '/base/' || oid from pg_database where datname = current_database()"))
	if err != nil {
		t.Logf("the server does not say where its files are: %v", err)
		return
	}
	if _, err := os.ReadDir(folder); err != nil {
		t.Logf("the files of the server cannot be read: %v", err)
		return
	}
	found := func() (in []string) {
		if err := checkpoint(t, w.Config.Database); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil {
				continue // dropped just now
			}
			text = bytes.ToLower(text)
			for _, m := range zorasMarks {
				if n := bytes.Count(text, []byte(m)); n > 0 {
					relation, err := store.Value[string](r.QueryRow("select coalesce((select relname::text from pg_class where pg_relation_filenode(oid) = $1), '?')", atoi(e.Name())))
					if err != nil {
						t.Fatal(err)
					}
					if relation != "pg_statistic" { // the planner's samples before the last: the server's own to overwrite
						in = append(in, fmt.Sprintf("%s: %s, %d times", relation, m, n))
					}
				}
			}
		}
		return in
	}
	t.Logf("after the eraser's vacuum, in gaps of pages: %d marks", len(found()))
	tables, err := store.Tables(schema.FS, w.Store.Dialect())
	if err == nil {
		tables, err = store.Present(r, tables)
	}
	if err = errors.Join(err, w.Store.Compact(t.Context(), tables...)); err != nil {
		t.Fatal(err)
	}
	if in := found(); len(in) > 0 {
		t.Errorf("after the tables were written anew, in files: %v", in)
	}
}

func checkpoint(t *testing.T, address string) error {
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(t.Context(), "checkpoint")
	return errors.Join(err, conn.Close(t.Context()))
}

func atoi(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}
