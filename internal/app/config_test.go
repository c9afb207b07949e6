package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := file(t, "# a comment\n\nSTEWARD_DATA="+dir+"/file\nSTEWARD_LOG = \"json\"\nSTEWARD_LISTEN=127.0.0.1:1\n")
	c, err := Load(func(name string) string { return map[string]string{"STEWARD_DATA": dir + "/env"}[name] }, settings)
	if err != nil || c.Data != dir+"/env" || c.Log != "json" || c.Listen != "127.0.0.1:1" {
		t.Errorf("%+v, %v", c, err)
	}
	code, _, errs := ran(t, map[string]string{"STEWARD_DATA": dir + "/env"}, "migrate", "--config", settings, "--data", dir+"/flag")
	if code != Done {
		t.Fatal(errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "flag", "steward.db")); err != nil {
		t.Error("the flag did not win:", err)
	}
	for _, not := range []string{"env", "file"} {
		if _, err := os.Stat(filepath.Join(dir, not)); err == nil {
			t.Errorf("%s was made too", not)
		}
	}
	if m := mode(t, dir, "flag"); m != 0o700 {
		t.Errorf("the data folder has mode %04o", m)
	}
}

func TestAFileOfSettingsHasNoSlips(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"STEWARD_DATTA=x", "no equals sign", "PATH=/bin", "STEWARD_DATA=x\nSTEWARD_SMPT=y"} {
		code, _, errs := ran(t, nil, "migrate", "--config", file(t, text), "--data", t.TempDir())
		if code != Failed || !strings.Contains(errs, "line ") || !strings.Contains(errs, "STEWARD_") {
			t.Errorf("%q: exit code %d, says %s", text, code, errs)
		}
	}
	if code, _, errs := ran(t, nil, "migrate", "--config", "/no/such/file"); code != Failed || !strings.Contains(errs, "/no/such/file") {
		t.Error(code, errs)
	}
}

func TestWrongSettingsAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, says string }{
		{"STEWARD_DATABASE", "mysql://x", "postgres://"},
		{"STEWARD_LISTEN", "8080", "127.0.0.1:8080"},
		{"STEWARD_LISTEN", "127.0.0.1:99999", "127.0.0.1:8080"},
		{"STEWARD_LISTEN", "127.0.0.1:http", "127.0.0.1:8080"},
		{"STEWARD_LISTEN", "0.0.0.0:8080", "STEWARD_PUBLIC_URL is missing"},
		{"STEWARD_PUBLIC_URL", "desk.example.com", "https://desk.example.com"},
		{"STEWARD_PUBLIC_URL", "https://desk.example.com/path", "scheme and a host"},
		{"STEWARD_PUBLIC_URL", "http://desk.example.com", "https"},
		{"STEWARD_METRICS_LISTEN", "0.0.0.0:9090", "127.0.0.1:9090"},
		{"STEWARD_METRICS_LISTEN", "9090", "127.0.0.1:9090"},
		{"STEWARD_SMTP", "http://mail", "smtp"},
		{"STEWARD_MAIL_FROM", "not an address", "desk@example.com"},
		{"STEWARD_LOG", "xml", "text or json"},
		{"STEWARD_LOG", "json loud", "level"},
		{"STEWARD_TRUSTED_PROXIES", "10.0.0.0/40", "10.0.0.0/8"},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		code, out, errs := ran(t, map[string]string{c.name: c.value, "STEWARD_DATA": dir}, "serve")
		if code != Failed || !strings.Contains(errs, c.says) || strings.Contains(errs, "panic") || out != "" {
			t.Errorf("%s=%s: exit code %d, says %q; want %q in it", c.name, c.value, code, errs, c.says)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s=%s: refused, and something was made", c.name, c.value)
		}
	}
}

func TestADataFolderThatCannotBeMadeIsNamedWithItsSetting(t *testing.T) {
	t.Parallel()
	taken := file(t, "not a folder")
	code, _, errs := ran(t, nil, "migrate", "--data", filepath.Join(taken, "data"))
	if code != Failed || !strings.Contains(errs, "STEWARD_DATA") {
		t.Errorf("exit code %d, says %s", code, errs)
	}
}
