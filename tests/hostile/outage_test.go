package hostile

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/world"
)

// server is a PostgreSQL of a test's own, which it may stop.
type server struct {
	t         *testing.T
	bin, data string
	port      string
	as        *syscall.Credential
}

func newServer(t *testing.T) *server {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		if strings.Contains(os.Getenv("STEWARD_TEST_REQUIRE"), "postgres") {
			t.Fatal("PostgreSQL is required here, and there is no initdb")
		}
		t.Skip("no PostgreSQL here: install it (apt-get install postgresql)")
	}
	dir, err := os.MkdirTemp("/tmp", "steward-outage-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &server{t: t, bin: filepath.Dir(found[len(found)-1]), data: filepath.Join(dir, "data"), port: freePort(t)}
	if err := os.Mkdir(s.data, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		who, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		for _, d := range []string{dir, s.data} {
			if err := os.Chown(d, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.run("initdb", "-D", s.data, "-U", "steward", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	t.Cleanup(func() { _ = s.command("pg_ctl", "-D", s.data, "-m", "immediate", "-w", "-s", "stop").Run() })
	s.start()
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.run("pg_ctl", "-D", s.data, "-l", filepath.Join(s.data, "log"), "-w", "-s",
		"-o", "-c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -p "+s.port, "start")
}

func (s *server) stop() {
	s.t.Helper()
	s.run("pg_ctl", "-D", s.data, "-m", "immediate", "-w", "-s", "stop")
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.data
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setsid: true}
	return cmd
}

func (s *server) run(name string, args ...string) {
	s.t.Helper()
	out, err := os.CreateTemp(s.t.TempDir(), "out") // a file, not a pipe: the server keeps it open
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd := s.command(name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		log, _ := os.ReadFile(filepath.Join(s.data, "log"))
		s.t.Fatalf("%s: %v\n%s%s", name, err, said, log)
	}
}

func TestADatabaseThatGoesAndComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and stops a database server: left to the runs without -short")
	}
	t.Parallel()
	pg := newServer(t)
	c := app.Config{
		Database: "postgres://steward@127.0.0.1:" + pg.port + "/postgres?sslmode=disable", Data: t.TempDir(),
		Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Log: "text",
	}
	if err := c.Settle(); err != nil {
		t.Fatal(err)
	}
	desk, err := app.Open(t.Context(), c, app.Options{Migrate: true, Work: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = desk.Close() })
	people, err := seed.Named(t.Context(), desk.Desk, world.CheapHash)
	if err != nil {
		t.Fatal(err)
	}
	w := &world.World{App: desk, World: people, T: t}
	web := httptest.NewUnstartedServer(nil)
	at, _ := url.Parse("http://" + web.Listener.Addr().String())
	desk.Site.Public = &url.URL{Scheme: "http", Host: "localhost:" + at.Port()}
	web.Config.Handler = desk.Handler()
	web.Start()
	t.Cleanup(web.Close)
	address := desk.Site.Public.String()
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}

	bruno := signedIn(t, w, address, "bruno")
	aurora := w.Place("aurora")
	token := newKey(t, desk.Door, w.Member("bruno").ID, aurora.ID.Scope(), access.CustomersView, access.CustomersEdit)
	list := func() answer {
		t.Helper()
		a, err := call(http.DefaultClient, "GET", address+"/v1/customers", token, "")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	create := func(name string) answer {
		t.Helper()
		a, err := call(http.DefaultClient, "POST", address+"/v1/customers", token, `{"external_id":"`+name+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	open := func() answer {
		t.Helper()
		r, err := http.NewRequest("GET", address+"/admin/customers", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := send(bruno, r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := list(); a.status != 200 {
		t.Fatalf("before: %s", a)
	}
	if a := open(); a.status != 200 {
		t.Fatalf("before: %d", a.status)
	}
	if a := create("before"); a.status != 201 {
		t.Fatalf("before: %s", a)
	}

	pg.stop()
	for what, a := range map[string]answer{"a list": list(), "a change": create("during"), "a list again": list()} {
		if a.status != http.StatusServiceUnavailable || a.says("code") != "database_unavailable" || !strings.Contains(a.says("detail"), "Try again") || a.header.Get("Retry-After") == "" {
			t.Errorf("%s without a database is answered %s (Retry-After %q)", what, a, a.header.Get("Retry-After"))
		}
	}
	began := time.Now()
	if a := open(); a.status != http.StatusServiceUnavailable || !strings.Contains(a.text, "The database does not answer just now") {
		t.Errorf("a page without a database is answered %d: %.300s", a.status, a.text)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a page without a database took %s", took)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503} {
		r, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, r.StatusCode, want)
		}
	}

	pg.start()
	// The server accepts connections: what failed while it was away has cost every pool its dead connections, and nobody has to wait
	// for that or to ask twice. One is forgiven.
	refused := 0
	recovers := func(what string, ask func() answer, want int) {
		t.Helper()
		a := ask()
		if a.status == http.StatusServiceUnavailable {
			refused++
			t.Logf("%s is refused: %.300s", what, a.text)
			a = ask()
		}
		if a.status != want {
			t.Errorf("%s, after the database is back, is answered %d and not %d: %.300s", what, a.status, want, a.text)
		}
	}
	recovers("a change", func() answer { return create("after") }, 201)
	recovers("a list", list, 200)
	recovers("a page", open, 200)
	recovers("the change that was refused with “nothing was changed”", func() answer { return create("during") }, 201)
	if refused > 1 {
		t.Errorf("%d were refused after the database was back", refused)
	}

	// It goes and comes while nobody looks: every connection of both pools is dead, and was in use just now.
	for round := range 2 {
		crowd := func(when string) (refused int) {
			var all sync.WaitGroup
			var n atomic.Int64
			for i := range 8 {
				all.Go(func() {
					a, err := call(http.DefaultClient, "POST", address+"/v1/customers", token, fmt.Sprintf(`{"external_id":"%s %d.%d"}`, when, round, i))
					if err == nil && a.status == http.StatusServiceUnavailable {
						n.Add(1)
						t.Logf("%s: %s", when, a)
					} else if err != nil || a.status != http.StatusCreated {
						t.Errorf("%s: %v %s", when, err, a)
					}
					if a, err := call(http.DefaultClient, "GET", address+"/v1/customers", token, ""); err != nil || a.status != http.StatusOK {
						t.Errorf("%s, a list: %v %s", when, err, a)
					}
				})
			}
			all.Wait()
			return int(n.Load())
		}
		if n := crowd("before it goes"); n > 0 {
			t.Errorf("%d changes were refused by a database that was there", n)
		}
		pg.stop()
		pg.start()
		if n := crowd("at once"); n > 1 {
			t.Errorf("%d of 8 changes were refused after the database was back", n)
		}
	}
	verified(t, c)
}
