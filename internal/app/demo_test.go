package app

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
)

const at = "Steward is at "

func credentials(t *testing.T, dir string) (all []Credential) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, credentialsFile))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheDemoServesAFilledDeskAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	args := []string{"demo", "--dir", dir, "--customers", "300", "--listen", "127.0.0.1:" + port(t)}
	first := start(t, args...)
	base := first.address(at)
	status, page := get(t, base+"/admin/sign-in")
	if status != 200 || !strings.Contains(page, "Ada Okafor") || !strings.Contains(page, "Kim Nguyen") {
		t.Errorf("the sign-in page: %d\n%s", status, page)
	}
	if status, page := get(t, base+"/dev/mail"); status != 200 || !strings.Contains(page, "active again") {
		t.Errorf("/dev/mail: %d, without the mail of what happened", status)
	}
	all := credentials(t, dir)
	if len(all) != 15 {
		t.Errorf("%d people", len(all))
	}
	for _, c := range all {
		if c.Name == "" || c.Role == "" || c.Scope == "" || c.Email == "" || c.Password == "" || !strings.HasPrefix(c.APIKey, "stw_") || len(c.TOTPSecret) != 32 {
			t.Errorf("%+v", c)
		}
		if !strings.Contains(first.out.String(), c.Email) {
			t.Errorf("%s is not among the printed sign-ins", c.Email)
		}
		if status, body := get(t, base+"/v1/brands", "Authorization", "Bearer "+c.APIKey); status != 200 {
			t.Errorf("the key of %s: %d %s", c.Name, status, body)
		}
	}
	for _, name := range []string{credentialsFile, "steward.db", "keys.db", "master.key", "audit.key", demoMarkFile} {
		if m := mode(t, dir, name); m != 0o600 {
			t.Errorf("%s has mode %04o", name, m)
		}
	}
	first.end()

	began := time.Now()
	second := start(t, args...)
	base = second.address(at)
	if took := time.Since(began); took > 3*time.Second && !testing.Short() { // the race detector is slow
		t.Errorf("answers after %s", took)
	}
	again := credentials(t, dir)
	for i := range all {
		if all[i] != again[i] {
			t.Errorf("started again, %s has other credentials", all[i].Name)
		}
	}
	if status, _ := get(t, base+"/v1/brands", "Authorization", "Bearer "+again[0].APIKey); status != 200 {
		t.Error("the key does not work any more")
	}
	if code, _, errs := ran(t, nil, args...); code != Failed || !strings.Contains(errs, "another demo runs") {
		t.Errorf("a second demo at once in the folder: %d, %s", code, errs)
	}
	second.end()
	if out := done(t, "audit", "verify", "--data", dir); !strings.Contains(out, "Everything holds") {
		t.Error(out)
	}

	third := start(t, append(args, "--fresh")...)
	third.address(at)
	if fresh := credentials(t, dir); fresh[0].ID == all[0].ID || fresh[0].Email != all[0].Email || fresh[0].Password != all[0].Password {
		t.Error("made anew, the people should have other ids, and the same addresses and passwords")
	}
	third.end()
}

func TestTheDemoTakesTheNextFreePort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	r := start(t, "demo", "--dir", t.TempDir(), "--customers", "0", "--listen", taken.Addr().String())
	base := r.address(at)
	if strings.HasSuffix(base, strings.TrimPrefix(taken.Addr().String(), "127.0.0.1")) {
		t.Error("it says that it is at a port that is taken:", base)
	}
	if status, _ := get(t, base+"/healthz"); status != 200 {
		t.Error("it is not at", base)
	}
	r.end()
}

func TestTheDemoRefusesWhatItDidNotMake(t *testing.T) {
	t.Parallel()
	foreign := t.TempDir()
	done(t, "migrate", "--data", foreign)
	marked := t.TempDir()
	done(t, "migrate", "--data", marked)
	if err := (&demoMark{MadeBy: "steward demo", Whole: true}).write(marked); err != nil {
		t.Fatal(err)
	}
	scribbled := t.TempDir()
	if err := os.WriteFile(filepath.Join(scribbled, demoMarkFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"an installation": foreign, "one with the demo's mark": marked, "another file of the name": scribbled} {
		before, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, more := range [][]string{nil, {"--fresh"}} {
			if name == "one with the demo's mark" && more != nil {
				continue // that is what --fresh is for
			}
			code, _, errs := ran(t, nil, append([]string{"demo", "--dir", dir, "--listen", "127.0.0.1:" + port(t)}, more...)...)
			if code != Failed || !strings.Contains(errs, "nothing was changed") {
				t.Errorf("%s: exit code %d, %s", name, code, errs)
			}
		}
		for _, e := range before {
			if _, err := os.Stat(filepath.Join(dir, e.Name())); err != nil {
				t.Errorf("%s: %s is gone", name, e.Name())
			}
		}
	}
}

// The environment of a real installation must not lead the demo to its database.
func TestTheDemoTakesNoSettingsOfARealInstallation(t *testing.T) {
	t.Parallel()
	real := t.TempDir()
	done(t, "migrate", "--data", real)
	before, err := os.ReadFile(filepath.Join(real, "steward.db"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out := &said{}
	code := make(chan int, 1)
	go func() {
		env := map[string]string{"STEWARD_DATA": real, "STEWARD_DATABASE": "sqlite:" + filepath.Join(real, "steward.db")}
		code <- Run(ctx, []string{"demo", "--dir", t.TempDir(), "--customers", "0", "--listen", "127.0.0.1:" + port(t)}, Terminal{Out: out, Err: out, Env: func(n string) string { return env[n] }})
	}()
	(&running{t: t, out: out, stop: stop, code: code}).address(at)
	stop()
	if c := <-code; c != Done {
		t.Error(c, out)
	}
	after, err := os.ReadFile(filepath.Join(real, "steward.db"))
	if err != nil || string(after) != string(before) {
		t.Error("the real database was touched", err)
	}
}

func TestADemoThatWasKilledIsFinishedByTheNextStart(t *testing.T) {
	t.Parallel()
	dir, args := killedDemo(t)
	r := start(t, args...)
	base := r.address(at)
	if !strings.Contains(r.out.String(), "not finished") {
		t.Error(r.out)
	}
	if n := customersOf(dir); n != killedDemoSize {
		t.Errorf("%d customers", n)
	}
	if status, _ := get(t, base+"/v1/brands", "Authorization", "Bearer "+credentials(t, dir)[0].APIKey); status != 200 {
		t.Error("the key does not work")
	}
	r.end()
	if out := done(t, "audit", "verify", "--data", dir); !strings.Contains(out, "Everything holds") {
		t.Error(out)
	}
}

// killedDemoSize takes some seconds to make, so that there is a middle.
const killedDemoSize = 6_000

// killedDemo is a demo that was killed in the middle of being made. A machine that is fast, or busy, may be past the middle before
// the signal comes: then it is tried again in another folder.
func killedDemo(t *testing.T) (dir string, args []string) {
	t.Helper()
	for range 5 {
		dir = filepath.Join(t.TempDir(), "demo")
		args = []string{"demo", "--dir", dir, "--customers", strconv.Itoa(killedDemoSize), "--listen", "127.0.0.1:" + port(t)}
		c := launch(t, args...)
		c.until("Making the demo in")
		begun := watchCustomers(t, dir)
		for deadline := time.Now().Add(time.Minute); begun() < 500; time.Sleep(5 * time.Millisecond) { // until it is at it
			if time.Now().After(deadline) {
				t.Fatal("no customers came")
			}
		}
		c.signal(syscall.SIGKILL)
		if n := customersOf(dir); n < killedDemoSize {
			return dir, args
		}
	}
	t.Fatal("five times, the demo was made before it could be killed")
	return "", nil
}

// watchCustomers counts them again and again through one connection: opening and closing waits for who writes.
func watchCustomers(t *testing.T, dir string) func() int64 {
	t.Helper()
	var db *store.DB
	t.Cleanup(func() {
		if db != nil {
			_ = db.Close()
		}
	})
	return func() int64 {
		path := filepath.Join(dir, "steward.db")
		if _, err := os.Stat(path); db == nil && err == nil {
			db, _ = store.Open(context.Background(), store.Options{URL: "sqlite:" + path, Readers: 1})
		}
		if db == nil {
			return 0
		}
		n, _ := store.Value[int64](db.Read(context.Background()).QueryRow("select count(*) from customers")) // no table yet: none
		return n
	}
}

func customersOf(dir string) int64 {
	path := filepath.Join(dir, "steward.db")
	if _, err := os.Stat(path); err != nil {
		return 0
	}
	db, err := store.Open(context.Background(), store.Options{URL: "sqlite:" + path, Readers: 1})
	if err != nil {
		return 0
	}
	defer func() { _ = db.Close() }()
	n, err := store.Value[int64](db.Read(context.Background()).QueryRow("select count(*) from customers"))
	if err != nil {
		return 0
	}
	return n
}
