package e2e

import (
	"bufio"
	"flag"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/tests/browser"
)

func escape(s string) string { return url.QueryEscape(s) }

var updateScreenshots = flag.Bool("update-screenshots", false, "write the pictures of the README again, into docs/img")

// The pictures of the README are what the demo looks like, in both themes. Without the flag, the demo is looked at and nothing is
// written.
func TestTheDemoLooksAsTheReadmeShowsIt(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a whole demo: left to the runs without -short")
	}
	t.Parallel()
	b := browser.New(t)
	customers := "300"
	if *updateScreenshots {
		customers = "5000"
	}
	b = b.At(demo(t, customers))
	b.SetPatience(60 * time.Second)
	ada := seed.People()[0]
	b.Goto("/admin/sign-in")
	b.Axe(t)
	b.Click("//button[contains(., '" + ada.FirstName + " " + ada.LastName + "')]")
	b.WaitPath("/admin")
	b.Axe(t)
	b.SetSize(1280, 800)
	for _, shot := range []struct{ name, path string }{
		{"customers", "/admin/customers?sort=-lifetime_spend"},
	} {
		for _, dark := range []bool{false, true} {
			b.SetDark(dark)
			b.Goto(shot.path)
			b.WaitText("Maya Whitaker")
			b.Axe(t)
			if *updateScreenshots {
				b.Screenshot(filepath.Join("..", "..", "docs", "img", shot.name+map[bool]string{true: "-dark", false: "-light"}[dark]+".png"))
			}
		}
	}
}

// demo runs `steward demo` in a process of its own, and gives its address.
func demo(t *testing.T, customers string) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "steward")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/stewardhq/steward/cmd/steward").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(program, "demo", "--listen", address, "--dir", filepath.Join(dir, "demo"), "--customers", customers)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			for _, word := range strings.Fields(lines.Text()) {
				if strings.HasPrefix(word, "http://localhost:") {
					select {
					case found <- strings.TrimRight(word, "/."):
					default:
					}
				}
			}
		}
	}()
	select {
	case at := <-found:
		return at
	case <-time.After(3 * time.Minute):
		t.Fatal("the demo says no address in three minutes")
	}
	return ""
}
