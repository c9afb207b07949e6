package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A test of a whole process runs this very binary again, as the program.
func TestMain(m *testing.M) {
	if os.Getenv("STEWARD_TEST_AS_PROGRAM") == "1" {
		os.Exit(Main(os.Args[1:], Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}))
	}
	os.Exit(m.Run())
}

// said is what a command wrote.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// command runs a command in this process, with an environment of its own, and gives its exit code and what it wrote.
func ran(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e said
	code = Run(t.Context(), args, Terminal{In: strings.NewReader(""), Out: &o, Err: &e, Env: func(name string) string { return env[name] }})
	return code, o.String(), e.String()
}

// done runs a command that must succeed.
func done(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := ran(t, nil, args...)
	if code != Done {
		t.Fatalf("steward %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// running is a command that goes on until it is told to end.
type running struct {
	t    *testing.T
	out  *said
	stop context.CancelFunc
	code chan int
}

// start runs a command in this process until stop.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, out: &said{}, stop: stop, code: make(chan int, 1)}
	go func() {
		r.code <- Run(ctx, args, Terminal{In: strings.NewReader(""), Out: r.out, Err: r.out, Env: func(string) string { return "" }})
	}()
	t.Cleanup(func() { stop(); <-r.code })
	return r
}

// address waits until the command says where it is.
func (r *running) address(before string) string {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, rest, ok := strings.Cut(r.out.String(), before); ok {
			if end := strings.IndexAny(rest, " \n"); end > 0 {
				return rest[:end]
			}
		}
		select {
		case code := <-r.code:
			r.code <- code
			r.t.Fatalf("it ended with %d:\n%s", code, r.out)
		default:
		}
	}
	r.t.Fatalf("it never said %q:\n%s", before, r.out)
	return ""
}

// end tells it to end, and wants it done.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	code := <-r.code
	r.code <- code
	if code != Done {
		r.t.Errorf("exit code %d:\n%s", code, r.out)
	}
}

func get(t *testing.T, url string, header ...string) (int, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func mode(t *testing.T, path ...string) os.FileMode {
	t.Helper()
	info, err := os.Stat(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func port(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

// child is a real process.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	all   strings.Builder
}

func launch(t *testing.T, args ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.CommandContext(t.Context(), exe, args...)}
	c.cmd.Env = append(os.Environ(), "STEWARD_TEST_AS_PROGRAM=1")
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr = os.Stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.lines = bufio.NewScanner(out)
	return c
}

// until reads what it says up to a line with the text.
func (c *child) until(text string) string {
	c.t.Helper()
	for c.lines.Scan() {
		c.all.WriteString(c.lines.Text() + "\n")
		if strings.Contains(c.lines.Text(), text) {
			return c.lines.Text()
		}
	}
	c.t.Fatalf("it never said %q:\n%s", text, c.all.String())
	return ""
}

// signal ends it, and gives its exit code.
func (c *child) signal(s syscall.Signal) int {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, readerOf(c.lines))
	_ = c.cmd.Wait()
	return c.cmd.ProcessState.ExitCode()
}

func readerOf(s *bufio.Scanner) io.Reader {
	r, w := io.Pipe()
	go func() {
		for s.Scan() {
			_, _ = fmt.Fprintln(w, s.Text())
		}
		_ = w.Close()
	}()
	return r
}
