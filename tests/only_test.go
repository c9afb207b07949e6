package tests

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// only are functions that one place alone may call, each with the reason. A package that stands in `by` may, and what is below it;
// one that ends in "…test" is a kit for tests.
var only = []struct {
	pkg, name string
	by        []string
	why       string
	testsToo  bool // also in _test.go files
}{
	{"internal/session", "Start", []string{"internal/auth"},
		"a session begins in auth.authenticate alone, which applies status, waiting and roles (security.md A-LOG 2)", true},
	{"internal/kernel/store", "Migrate", []string{"internal/app", "internal/kernel", "…test"},
		"the schema changes at a start or by `steward migrate`, and nowhere else", false},
	{"internal/kernel/jobs", "Migrate", []string{"internal/app", "internal/kernel"},
		"the queue's tables change with the schema", false},
	{"internal/kernel/audit", "Append", []string{"internal/kernel/op", "internal/kernel/audit"},
		"an entry of the log is written by the engine, in the transaction of what it tells", true},
	{"internal/kernel/op", "HostOperator", []string{"internal/app", "internal/seed", "internal/world", "tests", "internal/cli"},
		"the operator may do everything, so only what runs at the machine's own command line acts as one", false},
	{"internal/auth", "SetHash", []string{"internal/account", "internal/auth", "internal/customer"},
		"a password is set where it was checked and hashed", true},
}

// calls lists who names a function of a package, as package.Function, in the Go files of the module.
func calls(t *testing.T, visit func(file string, isTest bool, from string, pkgPath, name string, at int)) {
	t.Helper()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); file != root && (strings.HasPrefix(n, ".") || strings.HasPrefix(n, "_") || n == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		imported := map[string]string{} // the name in this file → the package's path in the module
		for _, i := range f.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			ours, is := strings.CutPrefix(to, module+"/")
			if !is {
				continue
			}
			name := path.Base(ours)
			if i.Name != nil {
				name = i.Name.Name
			}
			imported[name] = ours
		}
		here := path.Dir(rel)
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, is := n.X.(*ast.Ident); is && imported[x.Name] != "" {
					visit(rel, strings.HasSuffix(rel, "_test.go"), here, imported[x.Name], n.Sel.Name, fset.Position(n.Pos()).Line)
				}
			case *ast.CallExpr:
				if x, is := n.Fun.(*ast.Ident); is { // of its own package, without a name before it
					visit(rel, strings.HasSuffix(rel, "_test.go"), here, here, x.Name, fset.Position(n.Pos()).Line)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatOnePlaceMayDoIsDoneNowhereElse(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	calls(t, func(file string, isTest bool, from, pkgPath, name string, line int) {
		for _, rule := range only {
			if rule.pkg != pkgPath || rule.name != name {
				continue
			}
			found[rule.pkg+"."+rule.name]++
			if isTest && !rule.testsToo {
				continue
			}
			p := &pkg{Path: from}
			if from == rule.pkg && rule.pkg != "internal/session" || slices.ContainsFunc(rule.by, p.isOneOf) {
				continue
			}
			t.Errorf("%s:%d names %s.%s: %s", file, line, rule.pkg, rule.name, rule.why)
		}
	})
	for _, rule := range only {
		if found[rule.pkg+"."+rule.name] == 0 {
			t.Errorf("nobody names %s.%s any more: the rule guards nothing, correct it or take it out", rule.pkg, rule.name)
		}
	}
}

// An operation that is not in the catalogue is refused when it runs; here it is found before.
func TestEveryDeclaredOperationIsInItsDomainsList(t *testing.T) {
	t.Parallel()
	declared, listed := map[string]string{}, map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.Dir(file)
		for _, decl := range f.Decls {
			g, is := decl.(*ast.GenDecl)
			if !is || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, value := range v.Values {
					if name := v.Names[i].Name; isOperation(value) {
						declared[dir+"."+name] = fmt.Sprintf("%s:%d", file, fset.Position(v.Pos()).Line)
					}
					if v.Names[i].Name == "Operations" || strings.HasSuffix(v.Names[i].Name, "Operations") {
						ast.Inspect(value, func(n ast.Node) bool {
							if id, is := n.(*ast.Ident); is {
								listed[dir+"."+id.Name] = true
							}
							return true
						})
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(declared) < 20 {
		t.Fatalf("found only %d operations: the test looks in the wrong place", len(declared))
	}
	for name, at := range declared {
		base := filepath.Base(name)
		if !listed[name] && apart[base] == "" {
			t.Errorf("%s: %s is declared and not in its package's list of operations, so the door refuses it", at, base)
		}
	}
}

// apart are operations that are in the catalogue only sometimes.
var apart = map[string]string{
	"mailing.Latest": "only the demo shows mail",
}

// isOperation is true for &op.Action[…]{…}, &op.Query[…]{…} and &op.Upkeep[…]{…}.
func isOperation(e ast.Expr) bool {
	u, is := e.(*ast.UnaryExpr)
	if !is {
		return false
	}
	lit, is := u.X.(*ast.CompositeLit)
	if !is {
		return false
	}
	typ := lit.Type
	switch x := typ.(type) {
	case *ast.IndexListExpr:
		typ = x.X
	case *ast.IndexExpr:
		typ = x.X
	}
	sel, is := typ.(*ast.SelectorExpr)
	if !is {
		return false
	}
	x, is := sel.X.(*ast.Ident)
	return is && x.Name == "op" && slices.Contains([]string{"Action", "Query", "Upkeep"}, sel.Sel.Name)
}
