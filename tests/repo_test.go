package tests

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// slips are traces of the machine on which somebody worked. None belongs in a repository that runs everywhere.
var slips = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a folder of somebody's machine", regexp.MustCompile(`(?:^|[\s"'=(:,` + "`" + `])(?:/root|/work|/home/[a-z][\w.-]*|/Users/[A-Za-z][\w.-]*|[A-Z]:\\\\?Users)[/\\]\w`)},
	{"a package registry or its proxy", regexp.MustCompile(`(?i)https?://[\w.-]*(?:registry|proxy|mirror|artifactory|nexus|verdaccio|goproxy|sumdb)[\w-]*\.[\w.-]*[\w/]`)},
	{"a setting of a package registry", regexp.MustCompile(`(?i)\b(?:GOPROXY|GONOSUMDB|GOSUMDB|GOPRIVATE|npm_config_registry|https?_proxy)\s*[:=]\s*["']?[\w/]`)},
	{"a private address", regexp.MustCompile(`(?:https?|postgres)://(?:[\w.:-]+@)?(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+`)},
}

// carried files are other people's, kept as they were published.
func carried(name string) bool {
	return strings.Contains(name, "/vendor/") || strings.Contains(name, ".min.") || strings.HasSuffix(name, "go.sum")
}

func TestNothingOfAMachineIsInAFile(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if carried(name) || name == "tests/repo_test.go" {
			continue
		}
		content, isText := text(t, name)
		if !isText {
			continue
		}
		for i, line := range strings.Split(content, "\n") {
			for _, slip := range slips {
				if found := slip.pattern.FindString(line); found != "" {
					t.Errorf("%s:%d: %s: %q. Take it out, or find it at run time.", name, i+1, slip.what, strings.TrimSpace(found))
				}
			}
		}
	}
}

func TestSlipsAreFound(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"cd /root/steward", `dir = "/home/kim/steward/x"`, "/work/repo/go.mod", `C:\Users\kim\x`,
		"https://registry.example.org/axe-core", "https://proxy.example.org/x", "GOPROXY=https://x", "export HTTPS_PROXY=x",
		"postgres://u:p@10.1.2.3:5432/x",
	} {
		if !slices.ContainsFunc(slips, func(s struct {
			what    string
			pattern *regexp.Regexp
		}) bool {
			return s.pattern.MatchString(bad)
		}) {
			t.Errorf("%q is not found", bad)
		}
	}
	for _, good := range []string{
		"/users/{user}/suspension", "GET /v1/users", "/home", "frame/work/x", "http://127.0.0.1:8080/", "STEWARD_TRUSTED_PROXIES=10.0.0.0/8",
		"the proxy in front", "postgres://steward@127.0.0.1:5432/steward", "https://example.org/root/x",
	} {
		for _, s := range slips {
			if found := s.pattern.FindString(good); found != "" {
				t.Errorf("%q is taken for %s", good, s.what)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if slices.Contains(temporary, p.Path) {
			continue
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command " + path.Base(p.Path) + " "
		}
		switch {
		case p.Doc == "":
			t.Errorf("%s has no doc comment. Write above one of its package clauses what a new colleague starts from: %q …", p.Path, "// "+strings.TrimSpace(want))
		case !strings.HasPrefix(p.Doc, want) && p.Name != "main":
			t.Errorf("%s: its doc comment starts with %q, not with %q", p.Path, firstWords(p.Doc), strings.TrimSpace(want))
		}
	}
}

func firstWords(s string) string {
	words := strings.Fields(s)
	return strings.Join(words[:min(3, len(words))], " ")
}

// Long files are not wrong, but two stories may live in one.
func TestLongFilesAreReported(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if carried(name) || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_templ.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		content, _ := text(t, name)
		if lines := strings.Count(content, "\n"); lines > 400 {
			t.Logf("%s has %d lines: do two stories live there?", name, lines)
		}
	}
}

func TestTheReadmeStartsANewcomer(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if os.IsNotExist(err) {
		t.Skip("there is no README yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"go run ./cmd/steward demo", "go test ./..."} {
		if !strings.Contains(string(b), command) {
			t.Errorf("README.md does not name %q", command)
		}
	}
}

func TestEveryDecisionIsListed(t *testing.T) {
	t.Parallel()
	const folder = "docs/decisions"
	list, _ := text(t, folder+"/README.md")
	all, err := filepath.Glob(filepath.Join(root, folder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{}
	for _, file := range all {
		name := filepath.Base(file)
		if name == "README.md" {
			continue
		}
		if !regexp.MustCompile(`^\d{4}-[a-z0-9-]+\.md$`).MatchString(name) {
			t.Errorf("%s/%s: a decision's file is named 0007-what-was-decided.md", folder, name)
			continue
		}
		if other, taken := numbers[name[:4]]; taken {
			t.Errorf("%s: %s and %s have the same number", folder, other, name)
		}
		numbers[name[:4]] = name
		if !strings.Contains(list, "("+name+")") {
			t.Errorf("%s/README.md does not list %s", folder, name)
		}
	}
}

var (
	fenced     = regexp.MustCompile("(?ms)^[ \t]*(```|~~~).*?^[ \t]*(```|~~~)[ \t]*$")
	code       = regexp.MustCompile("`[^`\n]*`")
	inlineLink = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)`)
	namedLink  = regexp.MustCompile(`(?m)^\s{0,3}\[[^\]^]+\]:\s*<?(\S+?)>?\s*$`)
	htmlLink   = regexp.MustCompile(`(?i)\b(?:href|src|srcset)="([^"\s]+)"`)
	heading    = regexp.MustCompile(`(?m)^#{1,6}\s+(.+?)\s*#*$`)
)

// links are the targets of a Markdown page, those in code left out.
func links(page string) []string {
	page = fenced.ReplaceAllString(page, "")
	page = code.ReplaceAllString(page, "``")
	var targets []string
	for _, form := range []*regexp.Regexp{inlineLink, namedLink, htmlLink} {
		for _, m := range form.FindAllStringSubmatch(page, -1) {
			targets = append(targets, m[1])
		}
	}
	return targets
}

// anchors are the names that a page's headings can be linked by.
func anchors(page string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		slug := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])
		name := slug
		for i := 1; names[name]; i++ {
			name = fmt.Sprintf("%s-%d", slug, i)
		}
		names[name] = true
	}
	return names
}

// deadLinks says which relative links of a page lead nowhere. read gives a file's content, false when there is none.
func deadLinks(name, page string, read func(string) (string, bool)) []string {
	var dead []string
	for _, target := range links(page) {
		if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") || strings.HasPrefix(target, "//") {
			continue
		}
		file, anchor, _ := strings.Cut(target, "#")
		file, _, _ = strings.Cut(file, "?")
		content := page
		if file != "" {
			at := path.Join(path.Dir(name), file)
			if strings.HasPrefix(file, "/") {
				at = strings.TrimPrefix(file, "/")
			}
			found := false
			if content, found = read(at); !found {
				dead = append(dead, fmt.Sprintf("%s links to %s, and there is no %s in the repository", name, target, at))
				continue
			}
			if !strings.HasSuffix(at, ".md") {
				continue
			}
		}
		if anchor != "" && !anchors(content)[anchor] {
			dead = append(dead, fmt.Sprintf("%s links to %s, and no heading there is called so", name, target))
		}
	}
	return dead
}

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := files(t)
	read := func(name string) (string, bool) {
		if slices.Contains(all, name) {
			content, _ := text(t, name)
			return content, true
		}
		folder := slices.ContainsFunc(all, func(f string) bool { return strings.HasPrefix(f, name+"/") })
		return "", folder
	}
	for _, name := range all {
		if !strings.HasSuffix(name, ".md") || carried(name) {
			continue
		}
		page, _ := text(t, name)
		for _, line := range deadLinks(name, page, read) {
			t.Error(line)
		}
	}
}

func TestDeadLinksAreFound(t *testing.T) {
	t.Parallel()
	read := func(name string) (string, bool) {
		return "# One page\n\n## The way in\n", name == "docs/one.md" || name == "img/a.png"
	}
	page := "# Start\n[a](docs/one.md) [b](docs/two.md) ![c](img/a.png) [d](docs/one.md#the-way-in) [e](docs/one.md#out) [f](#start) [g](#nowhere)\n" +
		"```\n[x](gone.md)\n```\n`[y](gone.md)` [z](https://example.org/gone) <img src=\"img/b.png\">\n\n[n]: docs/three.md\n"
	dead := deadLinks("README.md", page, read)
	want := []string{"docs/two.md", "docs/one.md#out", "#nowhere", "docs/three.md", "img/b.png"}
	if len(dead) != len(want) {
		t.Fatalf("found %d dead links, want %d: %q", len(dead), len(want), dead)
	}
	for i, line := range dead {
		if !strings.Contains(line, " "+want[i]+",") {
			t.Errorf("dead link %d is %q, want %s", i, line, want[i])
		}
	}
}
