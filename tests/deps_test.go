package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const dependencies = "docs/dependencies.md"

// moduleRow is a line of a table in docs/dependencies.md: | `module` | licence | why |
var moduleRow = regexp.MustCompile("^\\| `([a-z0-9.-]+\\.[a-z]+/[^`]+)` \\| ([^|]+) \\| ([^|]+) \\|$")

// binaryModules reads the modules of the tables headed "In the binary", with the reason for each.
func binaryModules(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, dependencies))
	if err != nil {
		t.Fatal(err)
	}
	reasons, inBinary := map[string]string{}, false
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "## ") {
			inBinary = strings.HasPrefix(line, "## In the binary")
		}
		row := moduleRow.FindStringSubmatch(line)
		if row == nil || !inBinary {
			continue
		}
		if _, twice := reasons[row[1]]; twice {
			t.Errorf("%s: %s stands there twice", dependencies, row[1])
		}
		reasons[row[1]] = strings.TrimSpace(row[3])
		if reasons[row[1]] == "" || strings.TrimSpace(row[2]) == "" {
			t.Errorf("%s: %s needs a licence and a reason", dependencies, row[1])
		}
	}
	if len(reasons) == 0 {
		t.Fatalf("%s: no table under a heading \"In the binary\"", dependencies)
	}
	return reasons
}

func TestTheBinaryIsMadeOfWhatWeChose(t *testing.T) {
	t.Parallel()
	packages(t) // so that go test does not answer from its cache after an import has changed
	if _, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./cmd/steward")
	list.Dir = root
	var complaint strings.Builder
	list.Stderr = &complaint
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.String())
	}
	linked := strings.Fields(string(out))
	slices.Sort(linked)
	linked = slices.Compact(linked)
	reasons := binaryModules(t)
	for _, m := range linked {
		if _, known := reasons[m]; !known && m != module {
			t.Errorf("the binary links %s, and %s does not say why. Give it a line there with its licence and the reason, or do without it.", m, dependencies)
		}
	}
	_, err = os.Stat(filepath.Join(root, "internal/pins"))
	building := err == nil // modules are held for code that is not there yet
	for m := range reasons {
		if slices.Contains(linked, m) {
			continue
		}
		if building {
			t.Logf("%s gives a reason for %s, which the binary does not link yet", dependencies, m)
		} else {
			t.Errorf("%s gives a reason for %s, which the binary no longer links: take the line out", dependencies, m)
		}
	}
}

func TestEveryModuleThatWeRequireHasAReason(t *testing.T) {
	t.Parallel()
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, dependencies))
	if err != nil {
		t.Fatal(err)
	}
	direct := regexp.MustCompile(`(?m)^\s*(?:require )?([a-z0-9.-]+\.[a-z]+/\S+) v\S+(?: // indirect)?$`)
	found := direct.FindAllStringSubmatch(string(gomod), -1)
	if len(found) == 0 {
		t.Fatal("go.mod requires nothing: the test reads it wrongly")
	}
	for _, m := range found {
		if !strings.Contains(string(page), "`"+m[1]+"`") {
			t.Errorf("go.mod requires %s, and %s does not say why", m[1], dependencies)
		}
	}
}
