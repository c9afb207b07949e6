package entry

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// A test of a whole process runs this very binary again, as the program.
func TestMain(m *testing.M) {
	switch os.Getenv("STEWARD_TEST_AS_PROGRAM") {
	case "1":
		os.Exit(app.Main(os.Args[1:], app.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}))
	case "doing":
		os.Exit(doing(os.Args[1], os.Args[2:]))
	}
	os.Exit(m.Run())
}

// process is a `steward serve` of its own over the world's database.
func process(t *testing.T, c app.Config) (address string, kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	address = "http://localhost:" + port
	cmd := exec.Command(exe, "serve")
	cmd.Env = append(os.Environ(), "STEWARD_TEST_AS_PROGRAM=1", "STEWARD_DATABASE="+c.Database, "STEWARD_DATA="+c.Data, "STEWARD_LISTEN=127.0.0.1:"+port,
		"STEWARD_PUBLIC_URL="+address, "STEWARD_MASTER_KEY_FILE="+c.MasterKeyFile)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "Steward serves ") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return address, kill
		}
	}
	t.Fatalf("steward serve ended before it answered:\n%s", complaint.String())
	return "", nil
}

// Somebody is killed in the middle of letting people in: each account is wholly in one state, and the chain of the log holds.
func TestAKilledServerLeavesWholeAccounts(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes: left to the runs without -short")
	}
	world.Each(t, func(t *testing.T, w *world.World) {
		const rounds = 4
		w.Later(time.Since(world.Now)) // the processes live by the real clock
		var tokens, emails []string
		for i := range rounds * 4 {
			in := account.NewStaff{Email: "new" + string(rune('a'+i)) + "@example.org", FirstName: "New", LastName: "Comer", Assignment: account.Assignment{Role: access.Support.Key, Places: []account.Place{{Brand: w.Place("aurora").ID}}}}
			added, err := op.Do(t.Context(), w.Door, w.As("bruno"), account.Invite, in)
			if err != nil {
				t.Fatal(err)
			}
			tokens, emails = append(tokens, added.Token), append(emails, in.Email)
		}
		for round := range rounds {
			address, kill := process(t, w.Config)
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			w.Site.Public = u
			h := &house{World: w, t: t, url: address}
			done := make(chan struct{}, 8)
			for i := range 4 {
				go func() {
					b := h.browser()
					_, _ = b.send(http.MethodGet, "/invitation?token="+tokens[round*4+i], nil)
					for { // again while too many passwords are hashed at once
						a, err := b.send(http.MethodPost, "/invitation", formOf([]string{"first_name", "New", "last_name", "Comer", "password", fresh}))
						if err != nil || a.status != http.StatusTooManyRequests {
							break
						}
						time.Sleep(20 * time.Millisecond)
					}
					done <- struct{}{}
				}()
				go func() {
					b, m := h.browser(), w.World.Staff[4+i]
					_, _ = b.send(http.MethodPost, "/admin/sign-in", formOf([]string{"email", m.Email, "password", m.Password}))
					if code, err := auth.AppCode(m.TOTPSecret, time.Now()); err == nil {
						_, _ = b.send(http.MethodPost, "/admin/sign-in/second", formOf([]string{"code", code}))
					}
					done <- struct{}{}
				}()
			}
			left := 8
			switch round {
			case 0: // when the first is through
				<-done
				left--
			case rounds - 1: // when all are
				for ; left > 0; left-- {
					<-done
				}
			default:
				time.Sleep(rand.N(500 * time.Millisecond))
			}
			kill()
			for range left {
				<-done
			}
		}
		h := &house{World: w, t: t}
		in := 0
		for _, email := range emails {
			var id user.ID
			if err := h.Store.Read(t.Context()).QueryRow("select user_id from staff_emails where email_norm = $1", email).Scan(&id); err != nil {
				t.Fatal(err)
			}
			accepted := h.number("select count(*) from invitations where user_id = $1 and accepted_at <> 0", string(id)) == 1
			password := h.number("select count(*) from credentials where user_id = $1 and password_hash <> ''", string(id)) == 1
			active := h.account(id).Status == user.Active
			if active {
				in++
			}
			if accepted != active || password != active {
				t.Errorf("%s: accepted %v, active %v, a password %v", email, accepted, active, password)
			}
		}
		if in == 0 {
			t.Error("nobody was let in, so nothing was killed in the middle")
		}
		t.Logf("%d of %d were let in", in, len(emails))
		if n := h.number("select count(*) from sessions s where not exists (select 1 from sign_ins i where i.user_id = s.user_id and i.outcome = 'ok')"); n != 0 {
			t.Errorf("%d sessions without a sign-in", n)
		}
		if n := h.number("select count(*) from tickets where used_at <> 0 and not exists (select 1 from sessions s where s.user_id = tickets.user_id)"); n != 0 {
			t.Errorf("%d tickets are used up, and nobody is in", n)
		}
		var out bytes.Buffer
		env := map[string]string{"STEWARD_DATABASE": w.Config.Database, "STEWARD_DATA": w.Config.Data, "STEWARD_PUBLIC_URL": "http://localhost:8080", "STEWARD_MASTER_KEY_FILE": w.Config.MasterKeyFile}
		if code := app.Run(t.Context(), []string{"audit", "verify"}, app.Terminal{In: strings.NewReader(""), Out: &out, Err: &out, Env: func(name string) string { return env[name] }}); code != app.Done {
			t.Errorf("steward audit verify exits with %d:\n%s", code, out.String())
		}
	})
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
