// Package world is the test kit of the whole: world.New(t) is a running installation with the named people of the demo in it.
//
//	world.Each(t, func(t *testing.T, w *world.World) {
//		_, err := op.Do(t.Context(), w.Door, w.As("kim"), account.Deactivate, account.Of(w.Member("ada").ID))
//		…
//	})
//
// Real databases, real hashes (cheap ones), no mocks. Every test has a world of its own and runs beside the others.
package world

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
)

// Now is when a world begins: a Friday morning. Its clock stands still until Later.
var Now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// World is a running installation in a test.
type World struct {
	*app.App
	*seed.World
	T *testing.T

	mu  sync.Mutex
	now time.Time

	steps map[user.ID]int64  // of the last code of each app
	apps  map[user.ID]string // secrets of apps that were made on the way

	welcome   sync.Once
	customers map[string]user.ID
}

// Each runs a test in a world on SQLite, and in one on PostgreSQL where there is one.
func Each(t *testing.T, test func(t *testing.T, w *World)) {
	t.Helper()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			test(t, On(t, engine))
		})
	}
}

// New is a world on SQLite, for what does not depend on the database.
func New(t *testing.T) *World { t.Helper(); return On(t, store.SQLite) }

// On is a world on one database.
func On(t *testing.T, engine store.Dialect) *World {
	t.Helper()
	return Logged(t, engine, nil)
}

// Logged is a world whose log can be read.
func Logged(t *testing.T, engine store.Dialect, log *slog.Logger) *World {
	t.Helper()
	w := fresh(t, engine, log)
	var err error
	w.World, err = seed.Named(t.Context(), w.Desk, CheapHash)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Fresh is an installation on SQLite that has nobody in it: it waits for its first Super Admin.
func Fresh(t *testing.T) *World { t.Helper(); return fresh(t, store.SQLite, nil) }

func fresh(t *testing.T, engine store.Dialect, log *slog.Logger) *World {
	t.Helper()
	w := &World{T: t, now: Now, World: &seed.World{}}
	dir := t.TempDir()
	c := app.Config{Database: storetest.URL(t, engine, schema.FS), Data: dir, Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Log: "text"}
	if err := c.Settle(); err != nil {
		t.Fatal(err)
	}
	var err error
	w.App, err = app.Open(t.Context(), c, app.Options{Migrate: true, Clock: w.clock, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w.Desk.Step = 0 // the tests of how long answers take set it
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close the world: %v", err)
		}
	})
	return w
}

// CheapHash hashes a password at a cost that only tests may have.
func CheapHash(password string) (string, error) {
	salt := []byte("sixteen bytes ok")
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func (w *World) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Later lets time pass.
func (w *World) Later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Member gives a member of staff by key.
func (w *World) Member(key string) *seed.Staff {
	w.T.Helper()
	s := w.World.Member(key)
	if s == nil {
		w.T.Fatalf("world: nobody is called %s", key)
	}
	return s
}

// AppCode is a code of a member's authenticator app that was not used before. Where all of the moment are used, time passes.
func (w *World) AppCode(key string) string {
	w.T.Helper()
	m := w.Member(key)
	return w.code(m.ID, m.TOTPSecret)
}

func (w *World) code(u user.ID, secret string) string {
	w.T.Helper()
	const long = 30 // seconds
	present := w.Door.Now().Unix() / long
	w.mu.Lock()
	defer w.mu.Unlock()
	step := max(w.steps[u]+1, present-1)
	if ahead := step - present - 1; ahead > 0 {
		w.now = w.now.Add(time.Duration(ahead) * long * time.Second)
	}
	if w.steps == nil {
		w.steps = map[user.ID]int64{}
	}
	w.steps[u] = step
	code, err := auth.AppCode(secret, time.Unix(step*long, 0))
	if err != nil {
		w.T.Fatal(err)
	}
	return code
}

// Through takes a sign-in to its end: with a code of the person's app, or by making an app for who must have one.
func (w *World) Through(c *op.Caller, s auth.Signed, err error) (auth.Signed, error) {
	w.T.Helper()
	if err != nil || s.Next != auth.SecondFactor && s.Next != auth.Enrol {
		return s, err
	}
	ctx := context.Background()
	w.mu.Lock()
	secret := w.apps[s.User]
	w.mu.Unlock()
	for _, m := range w.World.Staff {
		if m.ID == s.User && secret == "" {
			secret = m.TOTPSecret
		}
	}
	if s.Next == auth.Enrol {
		h, err := w.Desk.Halfway(ctx, c, s.Ticket)
		if err != nil {
			return s, err
		}
		secret = h.Offer.Secret
		w.mu.Lock()
		if w.apps == nil {
			w.apps = map[user.ID]string{}
		}
		w.apps[s.User] = secret
		w.mu.Unlock()
		s, _, err = w.Desk.EnrolApp(ctx, c, s.Ticket, "Phone", w.code(s.User, secret))
		return s, err
	}
	return w.Desk.ShowSecond(ctx, c, s.Ticket, "totp", w.code(s.User, secret))
}

// Enter signs a member in at the served desk, and gives the address that they are led to. The client keeps its cookies.
func (w *World) Enter(client *http.Client, server, key string) string {
	w.T.Helper()
	browser, m := *client, w.Member(key)
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	send := func(path string, form url.Values) string {
		res, err := browser.PostForm(server+path, form)
		if err != nil {
			w.T.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusSeeOther {
			w.T.Fatalf("world: %s cannot sign in: %s is answered %d", key, path, res.StatusCode)
		}
		return res.Header.Get("Location")
	}
	to := send("/admin/sign-in", url.Values{"email": {m.Email}, "password": {m.Password}})
	if to == "/admin/sign-in/second" {
		to = send(to, url.Values{"code": {w.AppCode(key)}})
	}
	return to
}

// Customer gives a named customer by key, with their orders: maya (York, platinum), tariq (York, no order yet), jose (Leeds, with
// spend from a previous platform), siobhan (Hull by her first order), edwin (deactivated), nameless, in Meridian walt, anasofia,
// june, wei and others (see seed). They come when the first of them is asked for, so that a world without them is made faster.
func (w *World) Customer(key string) user.ID {
	w.T.Helper()
	w.welcome.Do(func() {
		var err error
		if w.customers, err = w.Welcome(context.Background(), w.Door, w.clock()); err != nil {
			w.T.Fatal(err)
		}
	})
	id, known := w.customers[key]
	if !known {
		w.T.Fatalf("world: no customer is called %s", key)
	}
	return id
}

// As is a caller: a member of staff signed in, with what they hold at this moment.
func (w *World) As(key string) *op.Caller {
	w.T.Helper()
	w.Member(key)
	c, err := w.Caller(w.Store.Read(context.Background()), key)
	if err != nil {
		w.T.Fatal(err)
	}
	c.Request = "req_test"
	return c
}

// Events are the audit events of a chain (a brand's id, or "platform"), newest first.
func (w *World) Events(chain string) []audit.Entry {
	w.T.Helper()
	all, _, err := audit.List(w.Store.Read(context.Background()), audit.Filter{Chains: []string{chain}, Limit: 200})
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

// Mails are the newest mails of the outbox, opened as the postman would.
func (w *World) Mails() (all []mailing.Read) {
	w.T.Helper()
	rows, err := mailing.Mails.All(w.Store.Read(context.Background()), "order by made_at desc, id desc limit 50")
	if err != nil {
		w.T.Fatal(err)
	}
	for _, m := range rows {
		r, err := op.Ask(context.Background(), w.Door, mailing.Actor, mailing.ForSending, m.ID)
		if err != nil && errs.Of(err).Kind == errs.Gone { // of or about somebody archived
			continue
		}
		if err != nil {
			w.T.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Code is the code of the newest mail that has one: what the person would type.
func (w *World) Code() string {
	w.T.Helper()
	for _, m := range w.Mails() {
		if m.Letter.Code != "" {
			return m.Letter.Code
		}
	}
	w.T.Fatal("world: no mail has a code")
	return ""
}

// Serve runs the installation's whole handler on a port of this machine. Its public URL is the server's own.
func (w *World) Serve() *httptest.Server {
	w.T.Helper()
	server := httptest.NewUnstartedServer(nil)
	u := &url.URL{Scheme: "http", Host: "localhost:" + portOf(server.Listener.Addr().String())}
	w.Site.Public = u
	server.Config.Handler = w.Handler()
	server.Start()
	server.URL = u.String()
	w.T.Cleanup(server.Close)
	return server
}

// AsDemo makes the world a demo: people to continue as, and mail that can be read.
func (w *World) AsDemo() {
	w.Site.Demo = &web.Demo{}
	for _, s := range w.World.Staff {
		w.Site.Demo.People = append(w.Site.Demo.People, web.DemoPerson{
			ID: string(s.ID), Name: s.FirstName + " " + s.LastName, Role: s.Role.Name, Sees: s.Sees, Email: s.Email, Password: s.Password, Secret: s.TOTPSecret,
		})
	}
}

func portOf(address string) string {
	u := url.URL{Host: address}
	return u.Port()
}

// File reads a file of the world's data folder.
func (w *World) File(name string) string {
	w.T.Helper()
	text, err := os.ReadFile(filepath.Join(w.Config.Data, name))
	if err != nil {
		w.T.Fatal(err)
	}
	return string(text)
}
