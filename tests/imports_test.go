package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tier is a group of packages in the import law.
type tier struct {
	name string
	// sideBySide: the packages do not know each other. Otherwise each may import those that stand before it.
	sideBySide bool
	// packages in their order, below internal/ unless they say otherwise. "web/admin/..." takes in every package below it.
	packages []string
}

// law says who may import whom: a package imports only what stands above it in this table (lower tiers first, and inside a
// tier what comes before it), so nothing ever reaches up. Whoever makes a package gives it a place here.
var law = []tier{
	{name: "the language of refusals", packages: []string{"kernel/errs"}},
	{name: "pure leaves", packages: []string{"money/...", "text/...", "tabular/..."}},
	{name: "kernel", packages: []string{
		"kernel/id", "kernel/internal/txn", "kernel/store/...",
		"kernel/secret/...", "kernel/access/...", "kernel/audit/...", "kernel/field/...", "kernel/column/...", "kernel/jobs/...",
		"kernel/backup/...", "kernel/op/...",
	}},
	{name: "the schema", packages: []string{"schema"}},
	{name: "domains", packages: []string{
		"auth/password", "setting", "security",
		"brand/...", "role/...", "user/...", "ledger/...",
		"session/...", "mailing/...", "apikey/...", "export/...", "consent/...",
		"auth/...", "invite/...",
		"account/...",
		"customer/...", "company/...",
		"commerce/...",
		"loyalty/...", "wallet/...", "coupon/...",
		"segment/...", "campaign/...",
		"risk/...",
		"directory/...",
		"record/...",
		"merge/...", "privacy/...", "subject/...",
		"installation/...",
	}},
	{name: "the world outside", sideBySide: true, packages: []string{"integration/..."}},
	{name: "components", packages: []string{"web/ui/...", "web", "web/personal/..."}},
	{name: "adapters", sideBySide: true, packages: []string{
		"web/admin/...", "web/portal/...", "web/account/...", "web/story/...", "web/devmail/...", "web/signin/...",
		"api/...", "scim/...", "cli/...", "webhook/...",
	}},
	{name: "worlds", packages: []string{"seed/..."}},
	{name: "the whole", packages: []string{"app/..."}},
	{name: "test kit", packages: []string{"world/..."}},
	{name: "programs", sideBySide: true, packages: []string{"/cmd/..."}},
}

// besides are the rules that the order cannot say.
var besides = []struct {
	why       string
	forbidden func(to edge) bool // the imports that are meant
	allowed   []string           // packages that may all the same, with what is below them; "…test" is a way to end
	testsToo  bool               // also in _test.go files
}{
	{
		why: "only the store (and jobs, for River) speaks to a database driver: everybody else writes through the door and reads through store.Reader",
		forbidden: func(to edge) bool {
			return to.To == "database/sql" || under(to.To, "github.com/jackc/pgx/v5") || under(to.To, "modernc.org/sqlite") ||
				under(to.To, "github.com/riverqueue/river") || under(to.To, "github.com/pressly/goose/v3")
		},
		allowed: []string{"internal/kernel/store", "internal/kernel/jobs"},
	},
	{
		why:       "only the kernel makes the key that opens a write transaction",
		forbidden: func(to edge) bool { return to.internalTo() == "internal/kernel/internal/txn" },
		allowed:   []string{"internal/kernel"},
		testsToo:  true,
	},
	{
		why:       "nobody imports app but the program and the tests: whoever needs the whole is handed the part that it needs",
		forbidden: func(to edge) bool { return under(to.internalTo(), "internal/app") },
		allowed:   []string{"cmd/steward", "internal/app", "internal/world", "tests"},
	},
	{
		why:       "only tabular writes CSV, because it takes the power out of cells that a spreadsheet would run as formulas",
		forbidden: func(to edge) bool { return to.To == "encoding/csv" },
		allowed:   []string{"internal/tabular"},
	},
	{
		why:       "world is for tests",
		forbidden: func(to edge) bool { return under(to.internalTo(), "internal/world") },
		allowed:   []string{"internal/world", "tests"},
	},
	{
		why:       "testing and the browser are for tests and their kits: world, and packages whose name ends in test",
		forbidden: func(to edge) bool { return under(to.To, "github.com/chromedp/chromedp") || under(to.To, "testing") },
		allowed:   []string{"internal/world", "tests", "…test"},
	},
}

// temporary packages stand outside the law. Empty is how it should be.
var temporary = []string{}

// under is true for the path itself and for what is below it.
func under(path, top string) bool { return path == top || strings.HasPrefix(path, top+"/") }

// place is where a package stands in the law.
type place struct {
	tier, index int
	entry       string // as the table writes it
}

// isOneOf is true when the package is the named one, below it, or ends as the name says.
func (p *pkg) isOneOf(name string) bool {
	if ending, ok := strings.CutPrefix(name, "…"); ok {
		return strings.HasSuffix(p.Path, ending)
	}
	return under(p.Path, name)
}

// find gives the place of a package: its own line if it has one, else the line of the longest "…/..." above it.
func find(law []tier, path string) (place, bool) {
	best, found, length := place{}, false, -1
	for ti, t := range law {
		for i, entry := range t.packages {
			full := "internal/" + entry
			if rest, elsewhere := strings.CutPrefix(entry, "/"); elsewhere {
				full = rest
			}
			top, family := strings.CutSuffix(full, "/...")
			own := 0
			if !family && path == full {
				own = 1 // a line of its own beats its family's
			}
			if (path == full || family && under(path, top)) && len(top)*2+own > length {
				best, found, length = place{ti, i, entry}, true, len(top)*2+own
			}
		}
	}
	return best, found
}

// breaks says why one package may not import another, and "" when it may.
func breaks(law []tier, from, to string) string {
	a, known := find(law, from)
	if !known {
		return "" // reported by TestEveryPackageHasItsPlace
	}
	b, known := find(law, to)
	if !known {
		return ""
	}
	switch {
	case a == b:
		return "" // the same family
	case b.tier > a.tier:
		return fmt.Sprintf("%s (%s) is above %s (%s), and imports go only down", to, law[b.tier].name, from, law[a.tier].name)
	case b.tier == a.tier && law[a.tier].sideBySide:
		return fmt.Sprintf("both are %s, which do not know each other: what they share belongs lower", law[a.tier].name)
	case b.tier == a.tier && b.index > a.index:
		return fmt.Sprintf("among the %s, %s stands after %s: %s", law[a.tier].name, to, from, strings.Join(law[a.tier].packages[a.index:b.index+1], " < "))
	}
	return ""
}

// broken lists what a set of packages does against the law, one line for each import.
func broken(law []tier, all []*pkg) []string {
	var lines []string
	complain := func(p *pkg, e edge, why string) {
		lines = append(lines, fmt.Sprintf("%s: %s imports %s: %s", e.At, p.Path, e.To, why))
	}
	for _, p := range all {
		if slices.Contains(temporary, p.Path) {
			continue
		}
		for _, e := range p.Imports {
			if to := e.internalTo(); to != "" {
				if why := breaks(law, p.Path, to); why != "" {
					complain(p, e, why)
				}
			}
		}
		for _, rule := range besides {
			if slices.ContainsFunc(rule.allowed, p.isOneOf) {
				continue
			}
			edges := p.Imports
			if rule.testsToo {
				edges = slices.Concat(p.Imports, p.TestImports)
			}
			for _, e := range edges {
				if rule.forbidden(e) {
					complain(p, e, rule.why)
				}
			}
		}
	}
	return lines
}

func TestImportsOnlyGoDown(t *testing.T) {
	t.Parallel()
	for _, line := range broken(law, packages(t)) {
		t.Error(line)
	}
}

func TestEveryPackageHasItsPlace(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if !under(p.Path, "internal") && !under(p.Path, "cmd") {
			continue
		}
		if _, known := find(law, p.Path); !known && !slices.Contains(temporary, p.Path) {
			t.Errorf("%s has no place in the import law. Say where it stands: add it to the table `law` in tests/imports_test.go, "+
				"after everything that it imports and before everything that imports it.", p.Path)
		}
	}
}

func TestTheLawFindsWhatItForbids(t *testing.T) {
	t.Parallel()
	imports := func(from, to string) *pkg {
		if strings.HasPrefix(to, "internal/") {
			to = module + "/" + to
		}
		return &pkg{Path: from, Imports: []edge{{To: to, At: from + "/x.go:3"}}}
	}
	for _, c := range []struct {
		from, to string
		want     string // part of the complaint; "" when it is allowed
	}{
		{"internal/customer", "internal/user", ""},
		{"internal/user", "internal/customer", "among the domains"},
		{"internal/kernel/store", "internal/kernel/op", "among the kernel"},
		{"internal/kernel/op", "internal/user", "imports go only down"},
		{"internal/money", "internal/kernel/store", "imports go only down"},
		{"internal/customer", "internal/api", "imports go only down"},
		{"internal/api", "internal/customer", ""},
		{"internal/api", "internal/web/admin", "do not know each other"},
		{"internal/web/admin", "internal/web/portal", "do not know each other"},
		{"internal/web/admin", "internal/web/admin/page", ""},
		{"internal/web/admin", "internal/web/ui", ""},
		{"internal/web/ui", "internal/web/admin", "imports go only down"},
		{"internal/auth", "internal/auth/password", ""},
		{"internal/auth/password", "internal/auth", "among the domains"},
		{"internal/api", "internal/app", "imports go only down"},
		{"cmd/steward", "internal/app", ""},
		{"internal/seed", "internal/world", "imports go only down"},
		{"cmd/steward", "internal/world", "world is for tests"},
		{"internal/customer", "database/sql", "database driver"},
		{"internal/customer", "database/sql/driver", ""}, // names how a value is stored, opens nothing
		{"internal/customer", "github.com/jackc/pgx/v5/pgxpool", "database driver"},
		{"internal/kernel/jobs", "github.com/riverqueue/river", ""},
		{"internal/kernel/store", "modernc.org/sqlite", ""},
		{"internal/kernel/op", "modernc.org/sqlite", "database driver"},
		{"internal/kernel/op", "internal/kernel/internal/txn", ""},
		{"internal/user", "internal/kernel/internal/txn", "makes the key"},
		{"internal/user", "github.com/chromedp/chromedp", "for tests"},
		{"internal/user", "testing", "for tests"},
		{"internal/kernel/store/storetest", "testing", ""},
		{"internal/user", "github.com/jackc/pgx/v5x", ""},
	} {
		lines := broken(law, []*pkg{imports(c.from, c.to)})
		switch {
		case c.want == "" && len(lines) > 0:
			t.Errorf("%s may import %s, but: %s", c.from, c.to, lines[0])
		case c.want != "" && len(lines) == 0:
			t.Errorf("%s imports %s and nobody noticed", c.from, c.to)
		case c.want != "" && !strings.Contains(lines[0], c.want):
			t.Errorf("%s imports %s: the complaint %q does not say %q", c.from, c.to, lines[0], c.want)
		}
	}
	if _, known := find(law, "internal/helpers"); known {
		t.Error("internal/helpers has a place in the law without standing in it")
	}
}

func TestTheLawNamesEveryPackageOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tier := range law {
		for _, entry := range tier.packages {
			if seen[entry] {
				t.Errorf("%s stands twice in the law", entry)
			}
			seen[entry] = true
		}
	}
}
