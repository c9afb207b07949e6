package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/world"
)

// serving is a server in a process of its own, on a world's database and folder.
func serving(t *testing.T, w *world.World) *exec.Cmd {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := socket.Addr().String()
	_ = socket.Close()
	cmd := exec.CommandContext(context.Background(), os.Args[0], "serve", "--data", w.Config.Data, "--listen", at) //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), "STEWARD_TEST_AS_PROGRAM=1", "STEWARD_DATABASE="+w.Config.Database)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return cmd
}

func TestAnExportThatWasKilledIsFinishedWhole(t *testing.T) {
	const orders = 12_000
	world.Each(t, func(t *testing.T, w *world.World) {
		id := w.Customer("maya")
		for n := 0; n < orders; n += 500 {
			b := commerce.Batch{Brand: w.Place("aurora").ID, Source: "till"}
			for i := range 500 {
				b.Records = append(b.Records, commerce.Record{Order: &commerce.NewOrder{
					ExternalID: fmt.Sprint("bulk-", n+i), Customer: customer.Who{User: id}, Status: commerce.Paid,
					PlacedAt: world.Now.Add(-time.Duration(n+i+1) * time.Minute), Total: money.Of(5_00, "GBP"),
				}})
			}
			if _, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), commerce.Ingest, b); err != nil {
				t.Fatal(err)
			}
		}
		state := func(e export.ID) string {
			s, err := store.Value[string](w.Store.Read(context.Background()).QueryRow("select state from exports where id = $1", string(e)))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		files := func(pattern string) []string {
			found, _ := filepath.Glob(filepath.Join(w.Exports.Dir, pattern))
			return found
		}
		// half asks for an export and kills the server that makes it; false: it was ready before the signal came.
		half := func() (asked export.ID, killed bool) {
			ask := directory.ActivityExport{User: id, Kinds: []directory.LineKind{directory.LineOrder}, Purpose: "support"}
			_, err := op.Do(t.Context(), w.Door, w.As("ines"), directory.ExportActivity, ask)
			proof, _ := errs.Of(err).Extra["step_up"].(string)
			asked, err = op.Do(t.Context(), w.Door, w.As("ines"), directory.ExportActivity, ask, op.With(op.Proof{ID: proof, Code: w.Code()}))
			if err != nil {
				t.Fatal(err)
			}
			first := serving(t, w)
			for deadline := time.Now().Add(time.Minute); len(files("*.tmp")) == 0 && state(asked) != "ready"; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("nothing was begun; it is %s", state(asked))
				}
			}
			time.Sleep(30 * time.Millisecond)
			if err := first.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = first.Wait()
			return asked, state(asked) == "running" && len(files("*.tmp")) == 1
		}
		asked, killed := half()
		for range 4 {
			if killed {
				break
			}
			w.Later(time.Minute) // for another code
			asked, killed = half()
		}
		if !killed {
			t.Fatalf("five times, it was not killed in the middle: it is %s with %v", state(asked), files("*"))
		}
		if _, err := w.Exports.Open(t.Context(), w.As("ines"), asked); !errors.Is(err, export.ErrNotReady) {
			t.Errorf("half a file: %v", err)
		}

		serving(t, w)
		for deadline := time.Now().Add(90 * time.Second); state(asked) != "ready"; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it is %s", state(asked))
			}
		}
		if left := files("*.tmp"); len(left) != 0 {
			t.Errorf("%v stays", left)
		}
		f, err := w.Exports.Open(t.Context(), w.As("ines"), asked)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		text, err := io.ReadAll(f)
		if got := strings.Count(string(text), "\r\n") - 1; err != nil || got < orders {
			t.Errorf("%d rows of %d: %v", got, orders, err)
		}
	})
}
