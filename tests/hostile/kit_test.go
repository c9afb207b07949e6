// Package hostile is what happens to the whole when somebody or something works against it: parallel edits, processes killed in the
// middle, a log that was tampered with, a database that goes away, and requests that no page of ours would send.
package hostile

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // tests write beneath the program, as somebody with the file would

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// whole is true when campaigns run at their full length (make soak).
func whole() bool { return os.Getenv("STEWARD_SOAK") != "" }

// calm leaves a test in which nothing runs side by side to the runs without -short: the race detector would find nothing in it.
func calm(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("nothing runs side by side here: left to the runs without -short")
	}
}

// beneath is somebody who writes the database beneath the program.
func beneath(t *testing.T, w *world.World) func(statement string, args ...any) error {
	t.Helper()
	address := w.Config.Database
	if w.Store.Dialect() == store.PostgreSQL {
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		return func(statement string, args ...any) error {
			_, err := conn.Exec(t.Context(), statement, args...)
			return err
		}
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(statement string, args ...any) error { _, err := db.Exec(statement, args...); return err }
}

// steward runs a command of the program, and gives its exit code and what it said.
func steward(t *testing.T, c app.Config, args ...string) (code int, out string) {
	t.Helper()
	var said bytes.Buffer
	code = app.Run(t.Context(), args, app.Terminal{In: strings.NewReader(""), Out: &said, Err: &said, Env: environment(c)})
	return code, said.String()
}

func environment(c app.Config) func(string) string {
	set := settings(c)
	return func(name string) string { return set[name] }
}

func settings(c app.Config) map[string]string {
	return map[string]string{
		"STEWARD_DATABASE": c.Database, "STEWARD_DATA": c.Data, "STEWARD_LISTEN": c.Listen, "STEWARD_PUBLIC_URL": c.PublicURL,
		"STEWARD_MASTER_KEY_FILE": c.MasterKeyFile,
	}
}

// verified fails the test unless `steward audit verify` finds nothing.
func verified(t *testing.T, c app.Config) {
	t.Helper()
	if code, out := steward(t, c, "audit", "verify"); code != app.Done {
		t.Errorf("steward audit verify exits with %d:\n%s", code, out)
	}
}

// program builds the real binary, once for the tests of this package.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "steward")
	out, err := exec.Command("go", "build", "-o", path, "github.com/stewardhq/steward/cmd/steward").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

var binaries string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "steward-hostile-")
	if err != nil {
		panic(err)
	}
	binaries = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// child is a `steward serve` in a process of its own.
type child struct {
	cmd *exec.Cmd
	url string
}

// serve starts one and waits until it answers.
func serve(t *testing.T, c app.Config) *child {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	c.Listen, c.PublicURL = "127.0.0.1:"+port, "http://localhost:"+port
	k := &child{cmd: exec.Command(path, "serve"), url: c.PublicURL}
	k.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	for name, value := range settings(c) {
		k.cmd.Env = append(k.cmd.Env, name+"="+value)
	}
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	k.cmd.Stderr = &complaint
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "Steward serves ") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return k
		}
	}
	_ = k.cmd.Wait()
	t.Fatalf("steward serve ended before it answered:\n%s", complaint.String())
	return nil
}

// kill ends the process as a power cut would: it hears nothing of it.
func (k *child) kill() {
	if k.cmd.ProcessState == nil {
		_ = k.cmd.Process.Kill()
		_ = k.cmd.Wait()
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// newKey is the token of an API key that acts for somebody.
func newKey(t *testing.T, door *op.Door, owner user.ID, at access.Scope, may ...access.Permission) string {
	t.Helper()
	made, err := op.Do(t.Context(), door, op.HostOperator("test"), apikey.Create, apikey.New{
		Name: "Hostile ground", Scope: at, Permissions: access.Of(may...), Owner: owner, Source: "shop",
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.Token
}

// answer is what a program was answered.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.text) }

func (a answer) says(field string) string { s, _ := a.body[field].(string); return s }

// call asks the API. Headers stand in pairs.
func call(client *http.Client, method, address, token, body string, headers ...string) (a answer, err error) {
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return send(client, r)
}

func send(client *http.Client, r *http.Request) (a answer, err error) {
	res, err := client.Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return a, err
	}
	a = answer{status: res.StatusCode, header: res.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.body)
	return a, nil
}

// visitor is a browser without a window: cookies, and no redirects that nobody looked at.
func visitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// signedIn is a visitor who has signed in as somebody.
func signedIn(t *testing.T, w *world.World, server, who string) *http.Client {
	t.Helper()
	v := visitor(t)
	w.Enter(v, server, who)
	return v
}

func post(client *http.Client, address string, form url.Values, headers ...string) (answer, error) {
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return send(client, r)
}

// unchanged fails the test when what fn does changes anything but the log and the bookkeeping of who was here.
func unchanged(t *testing.T, db *store.DB, what string, fn func()) {
	t.Helper()
	all, err := dump.Tables(db.Read(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	tables := dump.Without(all, "audit_events", "audit_subjects", "audit_heads", "step_ups", "mails", "sessions.last_seen_at", "sessions.idle_until",
		"users.last_seen_at", "people.last_seen_at", "api_keys.last_used_at")
	before, err := dump.Take(db.Read(t.Context()), tables)
	if err != nil {
		t.Fatal(err)
	}
	fn()
	after, err := dump.Take(db.Read(t.Context()), tables)
	if err != nil {
		t.Fatal(err)
	}
	if differ := before.Diff(after); len(differ) > 0 {
		t.Errorf("%s was refused, and yet this changed: %s", what, strings.Join(differ, ", "))
	}
}
