package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryCommandHasHelpWithAnExampleThatParses(t *testing.T) {
	t.Parallel()
	list := done(t, "help")
	for _, c := range commands() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.summary == "" || !strings.Contains(list, c.name+" ") || !strings.Contains(list, c.summary) {
				t.Error("`steward help` does not say what it does")
			}
			words := strings.Fields(c.name)
			for _, args := range [][]string{append(words, "--help"), append(words, "-h"), append([]string{"help"}, words...)} {
				if out := done(t, args...); !strings.Contains(out, "Example:\n  "+c.example+"\n") || !strings.Contains(out, "Usage: steward "+c.name) {
					t.Errorf("%v says\n%s", args, out)
				}
			}
			_, command, _ := strings.Cut(c.example, "steward ")
			example := strings.Fields(strings.TrimSpace(strings.Split(command, ">")[0]))
			found, rest := find(example)
			if found == nil || found.name != c.name {
				t.Fatalf("the example is of another command: %s", c.example)
			}
			if _, _, err := found.parse(rest); err != nil {
				t.Errorf("the example does not parse: %v", err)
			}
		})
	}
}

func TestWrongUseIsToldApartFromFailure(t *testing.T) {
	t.Parallel()
	dir, made, nowhere := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "nowhere")
	done(t, "migrate", "--data", made)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"frobnicate", Misused, "no command"},
		{"audit", Misused, "audit verify, audit checkpoint"},
		{"admin", Misused, "admin create, admin reset"},
		{"serve --nonsense", Misused, "--help"},
		{"serve now", Misused, `"now" is too much`},
		{"import orders", Misused, "FILE is missing"},
		{"import orders x.csv", Misused, "--map is missing"},
		{"import orders x.csv --map nowhere.json", Failed, "mapping"},
		{"seed --customers -1", Misused, "--customers"},
		{"seed --as-of yesterday", Misused, "--as-of"},
		{"demo --as-of 2999-01-01", Misused, "future"},
		{"demo --listen 0.0.0.0:8080", Misused, "this machine only"},
		{"admin create", Misused, "--email is missing"},
		{"admin reset --email nobody@example.com --data " + made, Failed, "nobody on the staff signs in with nobody@example.com"},
		{"admin reset --email nobody@example.com --data " + nowhere, Failed, "there is no database at " + nowhere},
		{"audit verify --data " + nowhere, Failed, "there is no database at " + nowhere},
		{"audit checkpoint --data " + nowhere, Failed, "there is no database at " + nowhere},
		{"backup " + dir + "/copy --data " + nowhere, Failed, "STEWARD_DATABASE"},
		{"access explain --user a@example.com --permission customers.edit --data " + nowhere, Failed, "STEWARD_DATABASE"},
		{"access explain --permission customers.edit", Misused, "--user is missing"},
		{"access explain --user a --permission customers.fly", Misused, "--permission"},
		{"migrate --database mysql://x --data " + dir, Failed, "sqlite:"},
		{"serve --listen 8080 --data " + dir, Failed, "127.0.0.1:8080"},
	} {
		code, out, errs := ran(t, nil, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errs, c.says) || out != "" {
			t.Errorf("steward %s: exit code %d, says %q%q; want %d and %q", c.args, code, out, errs, c.code, c.says)
		}
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("who asked for an installation that is not there has made one")
	}
}

func TestFlagsAndWordsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"orders.csv --map m.json --dry-run", "--map m.json orders.csv --dry-run", "--map=m.json --dry-run orders.csv", "--dry-run --map m.json -- orders.csv"} {
		_, words, err := importOrdersCommand.parse(strings.Fields(args))
		if err != nil || len(words) != 1 || words[0] != "orders.csv" {
			t.Errorf("%s: %v, %v", args, words, err)
		}
	}
	if _, words, err := importOrdersCommand.parse([]string{"--map", "m", "--", "--odd.csv"}); err != nil || words[0] != "--odd.csv" {
		t.Error(words, err)
	}
}

func TestProgramsGetJSON(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	for _, args := range []string{
		"version --json", "migrate --json", "migrate --status --json", "seed --customers 20 --json --as-of 2026-11-19", "audit verify --json", "audit checkpoint --json", "doctor --json", "openapi",
		"access explain --user kim@aurora.example --permission customers.edit --scope brand/aurora --json", "admin reset --email kim@aurora.example --json",
	} {
		all := strings.Fields(args)
		if all[0] != "version" && all[0] != "openapi" {
			all = append(all, "--data", dir)
		}
		var v any
		if out := done(t, all...); json.Unmarshal([]byte(out), &v) != nil {
			t.Errorf("steward %s says %s", args, out)
		}
	}
}

func TestTheVersionIsToldAsPeopleAskForIt(t *testing.T) {
	t.Parallel()
	want := done(t, "version")
	for _, word := range []string{"--version", "-version"} {
		if out := done(t, word); out != want {
			t.Errorf("%s says %s", word, out)
		}
	}
}
