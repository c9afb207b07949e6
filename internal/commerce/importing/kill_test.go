package importing_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
)

// A child of the test imports until it is killed.
const childEnv = "STEWARD_TEST_IMPORT_CHILD" // database, folder of keys, file

func TestMain(m *testing.M) {
	if child := os.Getenv(childEnv); child != "" {
		os.Exit(childImport(strings.Split(child, "\n")))
	}
	os.Exit(m.Run())
}

func childImport(args []string) int {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{URL: args[0]})
	if err != nil {
		println(err.Error())
		return 1
	}
	d, _, err := openDoor(db, args[1], func() time.Time { return today })
	if err != nil {
		println(err.Error())
		return 1
	}
	_, err = importRetail(ctx, d, args[2], importing.Options{Memory: 64 << 10, Progress: func(p importing.Progress) {
		if !p.Reading {
			_, _ = os.Stdout.WriteString(".") // the parent counts them
		}
	}})
	if err != nil {
		println(err.Error())
		return 1
	}
	return 0
}

// headOfRetail is the first rows of the real file, as a file.
func headOfRetail(t *testing.T, bytesOf int64) string {
	t.Helper()
	head := firstLines(t, retailPath(t), bytesOf)
	path := filepath.Join(t.TempDir(), "head.csv")
	if err := os.WriteFile(path, []byte(head[:strings.LastIndexByte(head, '\n')+1]), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnImportThatIsKilledGoesOnAndEndsTheSame(t *testing.T) {
	path := headOfRetail(t, 3<<20)
	t.Parallel()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			whole := storetest.New(t, engine, schema.FS)
			if _, err := importRetail(t.Context(), door(t, whole), path, importing.Options{Memory: 64 << 10}); err != nil {
				t.Fatal(err)
			}
			want := dump(t, whole, nil)
			for round := range 2 {
				url, keys := storetest.URL(t, engine, schema.FS), t.TempDir()
				kills := killed(t, url, keys, path)
				db := storetest.Open(t, store.Options{URL: url})
				d, end, err := openDoor(db, keys, func() time.Time { return today })
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(end)
				r, err := importRetail(t.Context(), d, path, importing.Options{Memory: 64 << 10})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("round %d: killed %d times, resumed %v, counts %+v", round, kills, r.Resumed, r.Counts)
				compare(t, "killed and started again", want, dump(t, db, nil))
				verify(t, db)
			}
		})
	}
}

// killed runs the import as a process of its own, several times, and kills it after some batches: at the moment when one is done,
// or a little later, in the midst of the next.
func killed(t *testing.T, url, keys, path string) (kills int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		cmd := exec.Command(exe, "-test.run=^$") //nolint:gosec // ourselves
		cmd.Env = append(os.Environ(), childEnv+"="+url+"\n"+keys+"\n"+path)
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.CopyN(io.Discard, out, int64(1+rand.IntN(20)))
		time.Sleep(time.Duration(rand.IntN(25)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			kills++
		}
		if said.Len() > 0 {
			t.Fatalf("the child said %s", said.String())
		}
	}
	return kills
}

// verify walks the audit chains.
func verify(t *testing.T, db *store.DB) {
	t.Helper()
	report, err := audit.Verify(t.Context(), db)
	if err != nil || !report.OK {
		t.Errorf("the audit log after the kills: %v, %v", report, err)
	}
}
