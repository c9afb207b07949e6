// Package testdata finds the shared test inputs that nobody here wrote: the retail history, names, naughty strings,
// awkward CSV files. They lie in ../shared/data beside the repository, or where STEWARD_TEST_DATA says.
//
// A newcomer has none of them, so their tests skip and say so. CI has them and sets STEWARD_TEST_REQUIRE=data (a list;
// other words name other things), and then a missing file fails instead.
package testdata

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Path is the place of one shared input, such as "names/common-surnames-by-country.csv". It skips or fails the test when
// the input is absent.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("STEWARD_TEST_DATA")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "data")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if strings.Contains(os.Getenv("STEWARD_TEST_REQUIRE"), "data") {
			t.Fatalf("shared test data is required here and absent: %v", err)
		}
		t.Skipf("shared test data is absent (set STEWARD_TEST_DATA to its folder): %v", err)
	}
	return path
}

// Read is the content of one shared input.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// root is the repository: the nearest folder above the test that has a go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
