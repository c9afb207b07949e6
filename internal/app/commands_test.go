package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/op"
)

func diagnosed(t *testing.T, dir string) (int, map[string]symptom) {
	t.Helper()
	code, out, errs := ran(t, nil, "doctor", "--json", "--data", dir)
	var all []symptom
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err, out, errs)
	}
	worst := map[string]symptom{}
	for _, s := range all {
		if s.State == "bad" && s.Remedy == "" {
			t.Errorf("no remedy for %+v", s)
		}
		if was, seen := worst[s.What]; !seen || was.State == "ok" || s.State == "bad" {
			worst[s.What] = s
		}
	}
	return code, worst
}

func TestTheDoctorFindsWhatIsWrongAndChangesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if code, found := diagnosed(t, dir); code != Done || found["data folder"].State != "note" {
		t.Error("of nothing:", code, found)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("the doctor made the folder")
	}
	done(t, "seed", "--customers", "10", "--data", dir, "--as-of", "2026-11-19")
	code, found := diagnosed(t, dir)
	for _, what := range []string{"settings", "data folder", "database", "schema", "key store", "super admin", "checkpoints", "audit log", "clock"} {
		if found[what].State != "ok" {
			t.Errorf("of a sound one: %+v", found[what])
		}
	}
	if code != Done {
		t.Error("exit code", code)
	}
	for _, c := range []struct {
		what         string
		harm, repair func() error
	}{
		{"data folder", func() error { return os.Chmod(dir, 0o755) }, func() error { return os.Chmod(dir, 0o700) }},
		{"master key", func() error { return os.Chmod(filepath.Join(dir, "master.key"), 0o644) }, func() error { return os.Chmod(filepath.Join(dir, "master.key"), 0o600) }},
		{"key store", move(dir, "keys.db", "away"), move(dir, "away", "keys.db")},
	} {
		if err := c.harm(); err != nil {
			t.Fatal(err)
		}
		if code, found := diagnosed(t, dir); code != Failed || found[c.what].State != "bad" {
			t.Errorf("harmed: exit code %d, %+v", code, found[c.what])
		}
		if err := c.repair(); err != nil {
			t.Fatal(err)
		}
	}
	if code, found := diagnosed(t, dir); code != Done {
		t.Error("repaired:", found)
	}
}

func move(dir, from, to string) func() error {
	return func() error { return os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)) }
}

func TestTheDoctorAsksForMigrations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "steward.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, found := diagnosed(t, dir); code != Failed || found["schema"].State != "bad" || found["schema"].Remedy != "steward migrate" {
		t.Error(code, found)
	}
	if out := done(t, "migrate", "--status", "--data", dir); !strings.Contains(out, "waits") {
		t.Error(out)
	}
	done(t, "migrate", "--data", dir)
	if out := done(t, "migrate", "--status", "--data", dir); strings.Contains(out, "waits") {
		t.Error(out)
	}
}

func TestAskingWhatWaitsMakesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if out := done(t, "migrate", "--status", "--data", dir); !strings.Contains(out, "waits") || strings.Contains(out, "done") {
		t.Error(out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the data folder was made")
	}
}

const someMap = `{"source": "till", "brand": {"slug": "stall", "name": "Stall", "currency": "GBP", "time_zone": "Europe/London"},
	"columns": {"order_id": "order", "customer_id": "who", "date": "day", "line_total": "sum"}, "date": {"layout": "2006-01-02"}}`

func TestAnImportReportsAndSaysWhatItRejected(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), t.TempDir()
	columns, orders, rejected := filepath.Join(at, "map.json"), filepath.Join(at, "orders.csv"), filepath.Join(at, "rejected.csv")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(columns, someMap)
	write(orders, "order,who,day,sum\n1,ada,2026-11-01,5.00\n1,ada,2026-11-01,2.50\n2,kim,2026-11-02,20\n3,,2026-11-02,7\n")
	out := done(t, "import", "orders", orders, "--map", columns, "--data", dir, "--rejected", rejected, "--dry-run")
	if !strings.Contains(out, "Nothing was changed") || !strings.Contains(out, "gross 27.50 GBP") {
		t.Error(out)
	}
	out = done(t, "import", "orders", orders, "--map", columns, "--data", dir, "--rejected", rejected)
	for _, want := range []string{"4 lines read", "1 lines without a customer", "2 orders: 2 new", "gross 27.50 GBP", "2 customers, 2 with an order"} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	if _, err := os.Stat(rejected); err == nil {
		t.Error("there is a file of rejected rows, and nothing was rejected")
	}
	if out := done(t, "import", "orders", "--map", columns, "--data", dir, orders, "--rejected", rejected); !strings.Contains(out, "2 as before") {
		t.Error("again:", out)
	}
	write(orders, "order,who,day,sum\n1,ada,2026-11-01,5.00\n4,kim,yesterday,20\n")
	code, out, errs := ran(t, nil, "import", "orders", orders, "--map", columns, "--data", dir, "--rejected", rejected, "--json")
	var report importJSON
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != Rejects || report.RejectedLines != 1 || report.RejectedFile != rejected || report.Counts.Orders.Changed != 1 {
		t.Errorf("exit code %d, %+v, %v %s", code, report, err, errs)
	}
	if text, err := os.ReadFile(rejected); err != nil || !strings.Contains(string(text), "reason") || !strings.Contains(string(text), "yesterday") {
		t.Errorf("%s, %v", text, err)
	}
	if out := done(t, "audit", "verify", "--data", dir); !strings.Contains(out, "Everything holds") {
		t.Error(out)
	}
}

func TestAccessIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	done(t, "seed", "--customers", "0", "--data", dir, "--as-of", "2026-11-19")
	explain := func(who, permission, scope string) string {
		return done(t, "access", "explain", "--data", dir, "--user", who, "--permission", permission, "--scope", scope)
	}
	for _, c := range []struct{ who, permission, scope, says string }{
		{"kim@aurora.example", "customers.edit", "brand/aurora/location/York", "Yes. Kim Nguyen has"},
		{"kim@aurora.example", "customers.edit", "brand/aurora/location/Leeds", "has it at Aurora Goods: York"},
		{"priya@meridian.example", "customers.view", "brand/aurora", "No. "},
		{"olu@aurora.example", "customers.financials", "brand/aurora", "Shop Manager does not have it"},
		{"ada@platform.example", "staff_roles.assign", "platform", "Yes. Ada Okafor has"},
	} {
		if out := explain(c.who, c.permission, c.scope); !strings.Contains(out, c.says) {
			t.Errorf("%s, %s at %s:\n%s", c.who, c.permission, c.scope, out)
		}
	}
	for _, args := range [][]string{{"--user", "nobody@aurora.example", "--scope", "platform"}, {"--user", "ada@platform.example", "--scope", "brand/nowhere"}, {"--user", "ada@platform.example", "--scope", "brand/aurora/location/Rome"}} {
		if code, _, errs := ran(t, nil, append([]string{"access", "explain", "--data", dir, "--permission", "customers.edit"}, args...)...); code != Failed || errs == "" {
			t.Errorf("%v: %d %s", args, code, errs)
		}
	}
}

func TestBreakGlassIsInTheLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out := done(t, "admin", "create", "--data", dir, "--email", "ines@example.com", "--first-name", "Ines", "--last-name", "Carvalho"); !strings.Contains(out, "/set-password?token=") {
		t.Error(out)
	}
	if out := done(t, "admin", "reset", "--data", dir, "--email", "ines@example.com"); !strings.Contains(out, "/set-password?token=") {
		t.Error(out)
	}
	if out := done(t, "admin", "reset", "--data", dir, "--email", "ines@example.com", "--second-factor"); !strings.Contains(out, "/set-password?token=") {
		t.Error("who has no second factor is none the worse:", out)
	}
	giveApp(t, dir, "ines@example.com")
	done(t, "admin", "reset", "--data", dir, "--email", "ines@example.com", "--second-factor")
	code, out, errs := ran(t, nil, "admin", "reset", "--data", dir, "--email", "nobody@example.com")
	if code != Failed || strings.Contains(out, "token") || errs == "" {
		t.Errorf("of nobody: %d %s %s", code, out, errs)
	}
	a, err := Open(t.Context(), settled(t, dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	var n, resets, apps int64
	err = a.Store.Read(t.Context()).QueryRow(`select (select count(*) from audit_events where op in ('admin.create', 'admin.reset')),
		(select count(*) from audit_events where op = 'user.reset_second_factor' and body like '%"outcome":"done"%'), (select count(*) from totps)`).Scan(&n, &resets, &apps)
	if err != nil || n < 2 || resets != 1 || apps != 0 {
		t.Errorf("%d entries, %d of a reset second factor, %d apps are left, %v", n, resets, apps, err)
	}
}

// giveApp gives somebody an authenticator app.
func giveApp(t *testing.T, dir, email string) {
	t.Helper()
	a, err := Open(t.Context(), settled(t, dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	id, err := account.FindStaff(t.Context(), a.Store, email)
	if err == nil {
		_, err = op.Do(t.Context(), a.Door, op.HostOperator("test"), auth.GiveApp, auth.GivenApp{User: id, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func settled(t *testing.T, dir string) Config {
	t.Helper()
	c, err := Load(func(string) string { return "" }, "")
	if err != nil {
		t.Fatal(err)
	}
	c.Data = dir
	if err := c.Settle(); err != nil {
		t.Fatal(err)
	}
	return c
}
