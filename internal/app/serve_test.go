package app

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFreshServerWaitsForItsFirstSuperAdmin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, "serve", "--data", dir, "--listen", "127.0.0.1:"+port(t))
	base := r.address("Steward serves ")
	if status, _ := get(t, base+"/healthz"); status != 200 {
		t.Error("not healthy")
	}
	if status, _ := get(t, base+"/readyz"); status != 200 {
		t.Error("not ready")
	}
	for _, path := range []string{"/admin", "/admin/customers", "/v1/brands", "/dev/mail"} {
		if status, _ := get(t, base+path); status != http.StatusServiceUnavailable {
			t.Errorf("%s answers %d", path, status)
		}
	}
	link, err := os.ReadFile(filepath.Join(dir, "setup-link"))
	if err != nil || !strings.Contains(r.out.String(), strings.TrimSpace(string(link))) || !strings.HasPrefix(string(link), base+"/setup?token=") {
		t.Errorf("the link %q is not printed: %v\n%s", link, err, r.out)
	}
	if m := mode(t, dir, "setup-link"); m != 0o600 {
		t.Errorf("the link's file has mode %04o", m)
	}
	r.end()
	done(t, "admin", "create", "--data", dir, "--email", "ines@example.com", "--first-name", "Ines", "--last-name", "Carvalho")
	again := start(t, "serve", "--data", dir, "--listen", "127.0.0.1:"+port(t))
	base = again.address("Steward serves ")
	if strings.Contains(again.out.String(), "/setup?token=") {
		t.Error("somebody is Super Admin, and a link is offered all the same")
	}
	if status, _ := get(t, base+"/dev/mail"); status != http.StatusNotFound {
		t.Errorf("/dev/mail outside the demo: %d", status)
	}
	again.end()
}

func TestMetricsAreShownToThisMachineOnly(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), port(t)
	settings := file(t, "STEWARD_METRICS_LISTEN=127.0.0.1:"+p)
	r := start(t, "serve", "--config", settings, "--data", dir, "--listen", "127.0.0.1:"+port(t))
	base := r.address("Steward serves ")
	get(t, base+"/healthz")
	status, text := get(t, "http://127.0.0.1:"+p+"/metrics")
	if status != 200 || !strings.Contains(text, "steward_http_requests_total{status=\"2xx\"} 1\n") || !strings.Contains(text, "go_goroutines ") {
		t.Errorf("%d\n%s", status, text)
	}
	if status, _ := get(t, "http://127.0.0.1:"+p+"/debug/pprof/heap?debug=1"); status != 200 {
		t.Errorf("profiles: %d", status)
	}
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+p+"/metrics", http.NoBody)
	q.Host = "evil.example:" + p
	answered, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = answered.Body.Close()
	if answered.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("asked by another name it answers %d", answered.StatusCode)
	}
	if status, _ := get(t, base+"/metrics"); status == 200 {
		t.Error("the desk's own listener shows metrics")
	}
	r.end()
}

func TestAServerEndsInOrderAndSurvivesBeingKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	done(t, "admin", "create", "--data", dir, "--email", "ines@example.com", "--first-name", "Ines", "--last-name", "Carvalho")
	args := []string{"serve", "--data", dir, "--listen", "127.0.0.1:" + port(t)}
	for _, end := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT} {
		c := launch(t, args...)
		base := strings.Fields(c.until("Steward serves"))[2]
		if status, _ := get(t, base+"/readyz"); status != 200 {
			t.Errorf("not ready: %d", status)
		}
		if code := c.signal(end); end != syscall.SIGKILL && code != Done {
			t.Errorf("%s: exit code %d", end, code)
		}
	}
	if out := done(t, "audit", "verify", "--data", dir); !strings.Contains(out, "Everything holds") {
		t.Error(out)
	}
}

func TestServingATakenPortSaysWhatToDo(t *testing.T) {
	t.Parallel()
	r := start(t, "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:"+port(t))
	base := r.address("Steward serves ")
	code, _, errs := ran(t, nil, "serve", "--data", t.TempDir(), "--listen", strings.Replace(strings.TrimPrefix(base, "http://"), "localhost", "127.0.0.1", 1))
	if code != Failed || !strings.Contains(errs, "--listen") {
		t.Errorf("%d: %s", code, errs)
	}
	r.end()
}
