package app_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// killed runs a command in a process of its own and kills it after a while, unless it has ended by then.
func (p *place) killed(after time.Duration, args ...string) (ended bool) {
	p.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(p.t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), "STEWARD_TEST_AS_PROGRAM=1")
	for name, value := range p.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.Wait() == nil
}

// kills gives the moments of some kills, spread over how long the command takes when it is left alone.
func kills(whole time.Duration, n int) (all []time.Duration) {
	for i := range n {
		all = append(all, whole*time.Duration(i)/time.Duration(n)+rand.N(whole/time.Duration(n)))
	}
	return all
}

func TestAKilledBackupLeavesABackupOrNone(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for half a minute: left to the runs without -short")
	}
	t.Parallel()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			w := world.On(t, engine)
			source := &place{t: t, engine: engine, config: w.Config}
			dir := t.TempDir()
			began := time.Now()
			source.killed(time.Minute, "backup", filepath.Join(dir, "whole"))
			for i, after := range kills(2*time.Since(began), 8) {
				file := filepath.Join(dir, "backup-"+string(rune('a'+i)))
				source.killed(after, "backup", file)
				if _, err := os.Stat(file); err == nil {
					p := elsewhere(t, w)
					p.done("restore", file)
				}
			}
			source.done("backup", filepath.Join(dir, "last"))
			left, _ := filepath.Glob(filepath.Join(source.config.Data, ".backup-*"))
			if len(left) > 0 {
				t.Errorf("unencrypted copies are left: %v", left)
			}
		})
	}
}

func TestAKilledRestoreLeavesTheOldInstallationOrTheNew(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for half a minute: left to the runs without -short")
	}
	t.Parallel()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			w := world.On(t, engine)
			gone := zora(t, w) // is in both backups, and erased by now
			before := backedUp(t, w)
			old := names(t, w.App)
			if err := rename(w, "Aurora Later"); err != nil {
				t.Fatal(err)
			}
			later := names(t, w.App)
			second := backedUp(t, w)
			if err := w.Journal.Append(string(gone), w.Door.Now()); err != nil {
				t.Fatal(err)
			}
			p := elsewhere(t, w)
			began := time.Now()
			p.done("restore", before, "--journal", w.Journal.Path()) // which stays in place from then on
			now, seen := old, map[string]int{}
			for i, after := range kills(4*time.Since(began), 12) {
				file, then := second, later
				if now == later {
					file, then = before, old
				}
				p.killed(after, "restore", file, "--replace")
				if engine == store.PostgreSQL {
					time.Sleep(50 * time.Millisecond) // until the server has seen that the connection is gone
				}
				a, err := app.Open(t.Context(), p.config, app.Options{Work: true, Migrate: true}) // as a server, which goes on with a replay
				if err != nil {
					t.Fatalf("kill %d after %s: %v", i, after, err)
				}
				whole(t, w, a)
				if u, err := user.Find(a.Store.Read(t.Context()), gone); err != nil || u.Status != user.Erased {
					t.Errorf("kill %d after %s: who was erased is back: %+v, %v", i, after, u, err)
				}
				got := names(t, a)
				if got != now && got != then {
					t.Errorf("kill %d after %s: neither old nor new: %s", i, after, got)
				}
				if got == then {
					seen["new"]++
				} else {
					seen["old"]++
				}
				now = got
				if err := a.Close(); err != nil {
					t.Fatal(err)
				}
				p.done("audit", "verify")
			}
			p.clean(zorasMarks...)
			entries, _ := os.ReadDir(p.config.Data)
			for _, e := range entries {
				if strings.Contains(e.Name(), ".restore") || e.Name() == "restore.json" {
					t.Errorf("left behind: %s", e.Name())
				}
			}
			t.Logf("%v", seen)
		})
	}
}
