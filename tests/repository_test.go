// Package tests checks what is true of the repository as a whole: who may import whom, what the binary is made of, that
// every package says what it is for, that nothing of a machine has slipped into a file, and that no link leads nowhere.
//
// It reads the sources itself instead of asking the go command, so that `go test` notices a changed file and never answers
// from its cache.
package tests

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the path that go.mod declares.
const module = "github.com/stewardhq/steward"

// root is the folder of go.mod, seen from here.
const root = ".."

// pkg is one Go package of the main module.
type pkg struct {
	Path        string // inside the module: internal/user
	Name        string // of the package clause
	Doc         string // the comment above a package clause, of any file
	Imports     []edge // of the files that are built into programs
	TestImports []edge // of _test.go files, inside and outside the package
	Files       int    // files that are built into programs
}

// edge is one import, with the place where it stands.
type edge struct{ To, At string }

// internalTo says which package of ours the import means, and "" for everybody else's.
func (e edge) internalTo() string {
	to, ours := strings.CutPrefix(e.To, module+"/")
	if !ours {
		return ""
	}
	return to
}

var loadPackages = sync.OnceValues(func() ([]*pkg, error) {
	byPath := map[string]*pkg{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if file == root {
				return nil
			}
			if name := d.Name(); strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil {
				return fs.SkipDir // a module of its own: tools, linters
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		return addFile(byPath, file)
	})
	all := make([]*pkg, 0, len(byPath))
	for _, p := range byPath {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *pkg) int { return cmp.Compare(a.Path, b.Path) })
	return all, err
})

// addFile reads one file's package clause and imports into its package.
func addFile(byPath map[string]*pkg, file string) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return err
	}
	if f.Name.Name == "ignore" || ignored(f) {
		return nil
	}
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	p := byPath[path.Dir(rel)]
	if p == nil {
		p = &pkg{Path: path.Dir(rel)}
		byPath[p.Path] = p
	}
	isTest := strings.HasSuffix(rel, "_test.go")
	if !isTest || p.Name == "" {
		p.Name = strings.TrimSuffix(f.Name.Name, "_test")
	}
	if doc := f.Doc.Text(); doc != "" && !ast.IsGenerated(f) {
		p.Doc = doc
	}
	for _, imported := range f.Imports {
		to, err := strconv.Unquote(imported.Path.Value)
		if err != nil {
			return err
		}
		e := edge{To: to, At: rel + ":" + strconv.Itoa(fset.Position(imported.Pos()).Line)}
		if isTest {
			p.TestImports = append(p.TestImports, e)
		} else {
			p.Imports = append(p.Imports, e)
		}
	}
	if !isTest {
		p.Files++
	}
	return nil
}

// ignored is true for a program that stands beside a package and is run by hand (//go:build ignore).
func ignored(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:build ") && strings.Contains(c.Text, "ignore") {
				return true
			}
		}
	}
	return false
}

// packages are all Go packages of the main module, sorted by path.
func packages(t *testing.T) []*pkg {
	t.Helper()
	all, err := loadPackages()
	if err != nil {
		t.Fatalf("reading the packages: %v", err)
	}
	if len(all) < 3 {
		t.Fatalf("found only %d packages below %s: the tests look in the wrong place", len(all), root)
	}
	return all
}

// files are the files that belong to the repository: tracked, or new and not ignored. Paths use slashes and start at the root.
func files(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skip("this is no git checkout, so nobody can say which files belong to the repository")
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("git lists no files: the tests look in the wrong place")
	}
	return names
}

// text reads a file of the repository, and says false for one that is not text.
func text(t *testing.T, name string) (string, bool) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.Index(b[:min(len(b), 8000)], 0); i >= 0 {
		return "", false
	}
	return string(b), true
}
