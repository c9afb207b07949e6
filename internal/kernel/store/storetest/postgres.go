package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// admin is the server that this process tests on, found once.
var admin = sync.OnceValues(func() (string, error) {
	if address := os.Getenv("STEWARD_TEST_POSTGRES"); address != "" {
		return address, nil
	}
	return sharedServer()
})

func postgresURL(t testing.TB, fsys fs.FS) string {
	t.Helper()
	address, err := admin()
	if errors.Is(err, errNoServer) && !strings.Contains(os.Getenv("STEWARD_TEST_REQUIRE"), "postgres") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := fingerprint(fsys)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	template, err := postgresTemplate(ctx, conn, address, key, fsys)
	if err != nil {
		t.Fatal(err)
	}
	name := "steward_test_" + strings.ToLower(rand.Text()[:16])
	if _, err := conn.Exec(ctx, "create database "+name+" template "+template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return // the server is gone, and the database with it
		}
		defer func() { _ = conn.Close(ctx) }()
		if _, err := conn.Exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return inDatabase(address, name)
}

// templates are those that this process has seen.
var templates sync.Map

// postgresTemplate gives the name of a database with the schema of fsys. The first process that needs it makes it, under another
// name until it is whole.
func postgresTemplate(ctx context.Context, conn *pgx.Conn, address, key string, fsys fs.FS) (name string, err error) {
	name = "steward_template_" + key
	if _, seen := templates.Load(name); seen {
		return name, nil
	}
	const making = 0x74656d706c617465 // "template"
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(making)); err != nil {
		return "", err
	}
	defer func() {
		_, end := conn.Exec(ctx, "select pg_advisory_unlock($1)", int64(making))
		err = errors.Join(err, end)
	}()
	var there bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&there); err != nil {
		return "", err
	}
	if !there {
		half := name + "_half"
		for _, sql := range []string{"drop database if exists " + half + " with (force)", "create database " + half + " template template0"} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return "", err
			}
		}
		if err := migrate(inDatabase(address, half), fsys); err != nil {
			return "", err
		}
		if _, err := conn.Exec(ctx, "alter database "+half+" rename to "+name); err != nil {
			return "", err
		}
	}
	templates.Store(name, true)
	return name, nil
}

// inDatabase is the address of another database on the same server.
func inDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Path = "/" + name
	return u.String()
}
