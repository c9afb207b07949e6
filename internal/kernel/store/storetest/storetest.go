// Package storetest gives each test a database of its own, on both engines. Production code does not import it.
//
//	func TestEmailIsUniqueInABrand(t *testing.T) {
//		storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { … })
//	}
//
// The schema is migrated once, into a template, and copied for each test: a file on SQLite, "create database … template" on
// PostgreSQL. SQLite always runs. PostgreSQL runs on the server named by STEWARD_TEST_POSTGRES (a postgres:// URL that may make
// databases), or else on one started from the binaries in PATH or /usr/lib/postgresql (server.go). Where there is neither, its
// half is skipped, unless STEWARD_TEST_REQUIRE contains "postgres": then the test fails.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// Engines are both databases, SQLite first.
var Engines = []store.Dialect{store.SQLite, store.PostgreSQL}

// Each runs a test on both databases, in parallel, each with a fresh database that has the schema of fsys.
func Each(t *testing.T, fsys fs.FS, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	for _, engine := range Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			test(t, New(t, engine, fsys))
		})
	}
}

// New opens a fresh database with the schema of fsys. It is closed and removed after the test.
func New(t testing.TB, engine store.Dialect, fsys fs.FS) *store.DB {
	t.Helper()
	return Open(t, store.Options{URL: URL(t, engine, fsys)})
}

// Open opens a database until the end of the test.
func Open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// URL makes a fresh database with the schema of fsys and gives its address, for a test that runs a whole program.
func URL(t testing.TB, engine store.Dialect, fsys fs.FS) string {
	t.Helper()
	if engine == store.PostgreSQL {
		return postgresURL(t, fsys)
	}
	template, err := liteTemplate(fsys)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "steward.db")
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// liteTemplates are migrated databases, as bytes, by the fingerprint of their schema.
var liteTemplates = struct {
	sync.Mutex
	files map[string][]byte
}{files: map[string][]byte{}}

func liteTemplate(fsys fs.FS) ([]byte, error) {
	key, err := fingerprint(fsys)
	if err != nil {
		return nil, err
	}
	liteTemplates.Lock()
	defer liteTemplates.Unlock()
	if file := liteTemplates.files[key]; file != nil {
		return file, nil
	}
	dir, err := os.MkdirTemp("", "steward-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:"+path, fsys); err != nil {
		return nil, err
	}
	file, err := os.ReadFile(path) //nolint:gosec // our own temporary file
	if err != nil {
		return nil, err
	}
	liteTemplates.files[key] = file
	return file, nil
}

func migrate(url string, fsys fs.FS) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{URL: url, Readers: 1, Writers: 2})
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx, db, fsys); err != nil {
		_ = db.Close()
		return err
	}
	return db.Close()
}

// fingerprint tells one schema from another, across processes.
func fingerprint(fsys fs.FS) (string, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}
