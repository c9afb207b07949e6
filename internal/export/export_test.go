package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/world"
)

// desk is a world with the claims that exports need.
type desk struct {
	*world.World
	t *testing.T
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, &desk{w, t}) })
}

// log asks for somebody's activity log, with a code where one is asked for.
func (d *desk) log(c *op.Caller, in directory.ActivityExport) (export.ID, error) {
	d.t.Helper()
	id, err := op.Do(d.t.Context(), d.Door, c, directory.ExportActivity, in)
	if errors.Is(err, op.ErrStepUpRequired) {
		proof, _ := errs.Of(err).Extra["step_up"].(string)
		id, err = op.Do(d.t.Context(), d.Door, c, directory.ExportActivity, in, op.With(op.Proof{ID: proof, Code: d.Code()}))
		d.Later(31 * time.Second)
	}
	return id, err
}

// make does the job of an export.
func (d *desk) make(id export.ID) error {
	return d.Exports.Make(d.t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: id}, Attempt: 1, Attempts: export.Attempts})
}

// made asks for somebody's log, makes it and gives its rows.
func (d *desk) made(c *op.Caller, in directory.ActivityExport) (export.ID, [][]string) {
	d.t.Helper()
	id, err := d.log(c, in)
	if err == nil {
		err = d.make(id)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return id, d.rows(c, id)
}

func (d *desk) rows(c *op.Caller, id export.ID) [][]string {
	d.t.Helper()
	f, err := d.Exports.Open(d.t.Context(), c, id)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil || int64(len(text)) != f.Bytes {
		d.t.Fatalf("%d bytes, %d promised: %v", len(text), f.Bytes, err)
	}
	rows, err := tabular.Open(bytes.NewReader(text), tabular.Options{Delimiter: ',', StripGuard: true})
	if err != nil {
		d.t.Fatalf("%v\n%s", err, text)
	}
	all := [][]string{rows.Header()}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil || row.Reject != "" {
			d.t.Fatalf("%v %+v", err, row)
		}
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, string(c))
		}
		all = append(all, cells)
	}
}

func (d *desk) state(id export.ID) (state string) {
	d.t.Helper()
	state, err := store.Value[string](d.Store.Read(d.t.Context()).QueryRow("select state from exports where id = $1", string(id)))
	if err != nil {
		d.t.Fatal(err)
	}
	return state
}

func (d *desk) files() (names []string) {
	d.t.Helper()
	all, err := os.ReadDir(d.Exports.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

func (d *desk) sweep() {
	d.t.Helper()
	if err := d.Exports.Sweep(d.t.Context(), nil); err != nil {
		d.t.Fatal(err)
	}
}

// column is the cells of a column by its name.
func column(rows [][]string, name string) (cells []string) {
	i := slices.Index(rows[0], name)
	if i < 0 {
		return nil
	}
	for _, r := range rows[1:] {
		cells = append(cells, r[i])
	}
	return cells
}

func TestOnesOwnActivityIsExportedAndTheLogCountsItsRows(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		johanna := d.As("johanna")
		id, rows := d.made(johanna, directory.ActivityExport{User: d.Member("johanna").ID})
		if len(rows) < 2 {
			t.Fatalf("nothing in it: %v", rows)
		}
		for _, name := range []string{"ip", "country", "device"} {
			if column(rows, name) == nil {
				t.Errorf("one's own log lacks %s: %v", name, rows[0])
			}
		}
		var finished *audit.Entry
		events := d.Events(string(d.Place("aurora").ID))
		for i := range events {
			if events[i].Op == "export.finish" {
				finished = &events[i]
			}
		}
		if finished == nil || finished.Facts["rows"] != fmt.Sprint(len(rows)-1) || finished.Facts["columns"] == "" || finished.Actor.Person != string(d.Member("johanna").ID) {
			t.Errorf("the event: %+v", finished)
		}
		shown, err := op.Ask(t.Context(), d.Door, johanna, export.Show, id)
		if err != nil || shown.State != export.Ready || shown.Rows != int64(len(rows)-1) || shown.File != "" || shown.KeyBox != "" {
			t.Errorf("%+v %v", shown, err)
		}
		if e := d.Events(string(d.Place("aurora").ID))[0]; e.Op != "export.open" || e.Facts["export"] != string(id) {
			t.Errorf("the download left no trail: %+v", e)
		}
	})
}

func TestSomebodyElsesLogIsCutByRightsAndConfirmedWhenTheAuditLogIsInIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		ask := directory.ActivityExport{User: maya, Purpose: "compliance"}
		for _, c := range []struct {
			who     string
			refused bool
			audit   bool // what the log tells
			money   bool
		}{
			{"bruno", false, true, true}, {"ines", false, false, true}, {"kim", false, false, true},
			{"olu", true, false, false}, {"elif", true, false, false}, {"johanna", true, false, false}, {"priya", true, false, false},
		} {
			before := len(d.files())
			id, err := op.Do(t.Context(), d.Door, d.As(c.who), directory.ExportActivity, ask)
			if c.audit != errors.Is(err, op.ErrStepUpRequired) && !c.refused {
				t.Errorf("%s: asked for a code: %v", c.who, err)
			}
			if c.refused {
				if k := errs.Of(err).Kind; err == nil || k != errs.Forbidden && k != errs.NotFound || errors.Is(err, op.ErrStepUpRequired) {
					t.Errorf("%s: %v", c.who, err)
				}
				if n, _ := store.Value[int64](d.Store.Read(t.Context()).QueryRow("select count(*) from exports where requester = $1", string(d.Member(c.who).ID))); n != 0 || len(d.files()) != before {
					t.Errorf("%s was refused, and there is an export", c.who)
				}
				continue
			}
			if c.audit {
				d.Later(time.Minute)
				id, err = d.log(d.As(c.who), ask)
			}
			if err == nil {
				err = d.make(id)
			}
			if err != nil {
				t.Fatal(err)
			}
			rows := d.rows(d.As(c.who), id)
			kinds := column(rows, "kind")
			if !slices.Contains(kinds, "order") || c.audit != slices.ContainsFunc(kinds, func(k string) bool { return directory.LineKind(k).Audited() }) {
				t.Errorf("%s: kinds %v", c.who, kinds)
			}
			if money := strings.Contains(strings.Join(column(rows, "details"), " "), "GBP"); money != c.money {
				t.Errorf("%s: money %v: %v", c.who, money, rows)
			}
		}
		_, err := op.Do(t.Context(), d.Door, d.As("bruno"), directory.ExportActivity, directory.ActivityExport{User: maya, Kinds: []directory.LineKind{"order"}})
		if errs.Of(err).Fields["purpose"] == "" {
			t.Errorf("without a purpose: %v", err)
		}
	})
}

func TestWithoutFinancialsThereIsNoMoneyInAnExport(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		kim := d.As("kim")
		for i := range kim.Grants { // as if the role had been cut
			kim.Grants[i].Remove = kim.Grants[i].Remove.With(access.CustomersFinancials)
		}
		kim.Grants = access.Resolve(kim.Grants...)
		id, err := op.Do(t.Context(), d.Door, kim, directory.ExportActivity, directory.ActivityExport{User: maya, Purpose: "support", Kinds: []directory.LineKind{"order"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.make(id); err != nil { // by the grants in the database, which still have financials: what was asked for decides
			t.Fatal(err)
		}
		if rows := d.rows(d.As("kim"), id); len(rows) < 2 || strings.Contains(fmt.Sprint(rows), "GBP") {
			t.Errorf("%v", rows)
		}
	})
}

func TestAnExportIsItsRequestersWhileTheyMayHaveIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		id, _ := d.made(d.As("kim"), directory.ActivityExport{User: maya, Purpose: "support"})
		for _, who := range []string{"ada", "bruno", "hana"} {
			for what, try := range map[string]func() error{
				"open":   func() error { _, err := d.Exports.Open(t.Context(), d.As(who), id); return err },
				"show":   func() error { _, err := op.Ask(t.Context(), d.Door, d.As(who), export.Show, id); return err },
				"cancel": func() error { _, err := op.Do(t.Context(), d.Door, d.As(who), export.Cancel, id); return err },
			} {
				if err := try(); !errors.Is(err, errs.ErrNotFound) {
					t.Errorf("%s of somebody else's by %s: %v", what, who, err)
				}
			}
		}
		if _, err := d.Exports.Open(t.Context(), op.Nobody("", "", ""), id); !errors.Is(err, op.ErrSignIn) {
			t.Errorf("nobody: %v", err)
		}
		through := *d.As("kim")
		through.As = &op.Impersonator{Person: "usr_x"}
		if _, err := d.Exports.Open(t.Context(), &through, id); !errors.Is(err, op.ErrImpersonating) {
			t.Errorf("through kim's eyes: %v", err)
		}
		cut := d.As("kim")
		cut.Grants = nil
		if _, err := d.Exports.Open(t.Context(), cut, id); errs.Of(err).Kind != errs.Forbidden {
			t.Errorf("without the right: %v", err)
		}
		if d.state(id) != "ready" {
			t.Error("a refusal changed it")
		}
		if _, err := d.Exports.Open(t.Context(), d.As("kim"), id); err != nil {
			t.Error(err)
		}
	})
}

func TestTheFileIsSealedAndGoesAfterADay(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id, rows := d.made(d.As("kim"), directory.ActivityExport{User: d.Customer("maya"), Purpose: "support"})
		names := d.files()
		if len(names) != 1 || len(names[0]) < 43 {
			t.Fatalf("the folder has %v", names)
		}
		path := filepath.Join(d.Exports.Dir, names[0])
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v %v", info.Mode(), err)
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.Contains(text, []byte("order")) || bytes.Contains(text, []byte(rows[1][0])) {
			t.Errorf("the file says something: %v", err)
		}
		d.Later(export.Life - time.Second)
		d.sweep()
		if len(d.files()) != 1 {
			t.Error("it went too early")
		}
		d.Later(time.Second)
		if _, err := d.Exports.Open(t.Context(), d.As("kim"), id); !errors.Is(err, export.ErrNoFile) {
			t.Errorf("after a day: %v", err)
		}
		d.sweep()
		if n := d.files(); len(n) != 0 || d.state(id) != "expired" {
			t.Errorf("after a day: %v, %s", n, d.state(id))
		}
		if box, _ := store.Value[string](d.Store.Read(t.Context()).QueryRow("select key_box from exports where id = $1", string(id))); box != "" {
			t.Error("the key is kept")
		}
	})
}

func TestAnArchivedPersonsExportIsNotHandedOut(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		id, _ := d.made(d.As("kim"), directory.ActivityExport{User: maya, Purpose: "support"})
		going, err := d.log(d.As("kim"), directory.ActivityExport{User: maya, Purpose: "support"})
		if err != nil {
			t.Fatal(err)
		}
		archival := privacy.Archival{User: maya, Reason: privacy.GDPRRequest}
		_, err = op.Do(t.Context(), d.Door, d.As("ada"), privacy.Archive, archival)
		proof, _ := errs.Of(err).Extra["step_up"].(string)
		if _, err = op.Do(t.Context(), d.Door, d.As("ada"), privacy.Archive, archival, op.With(op.Proof{ID: proof, Code: d.Code()})); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Exports.Open(t.Context(), d.As("kim"), id); errs.Of(err).Kind != errs.Gone {
			t.Errorf("handed out: %v", err)
		}
		_ = d.make(going)
		if s := d.state(going); s == "ready" || s == "running" {
			t.Errorf("the one that was being made is %s", s)
		}
		d.sweep()
		if n := d.files(); len(n) != 0 {
			t.Errorf("files stay: %v", n)
		}
		if _, err := d.log(d.As("kim"), directory.ActivityExport{User: maya, Purpose: "support"}); err == nil {
			t.Error("a new one was made")
		}
	})
}

func TestWhoLosesTheRightWhileItIsMadeGetsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id, err := d.log(d.As("kim"), directory.ActivityExport{User: d.Customer("maya"), Purpose: "support"})
		if err != nil {
			t.Fatal(err)
		}
		d.loses("kim")
		if err := d.make(id); err == nil || d.state(id) != "failed" || len(d.files()) != 0 {
			t.Errorf("%v, %s, %v", err, d.state(id), d.files())
		}
	})
}

// loses deactivates a colleague.
func (d *desk) loses(key string) {
	d.t.Helper()
	if _, err := op.Do(d.t.Context(), d.Door, op.HostOperator("test"), account.Deactivate, account.Of(d.Member(key).ID)); err != nil {
		d.t.Fatal(err)
	}
}

func TestTwoAtOnceInAShopAndTenAnHourForAPerson(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		own := func(key string) (export.ID, error) {
			return d.log(d.As(key), directory.ActivityExport{User: d.Member(key).ID})
		}
		first, err := own("kim")
		if err == nil {
			_, err = own("hana")
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := own("elif"); !errors.Is(err, export.ErrBusy) || errs.Of(err).Retry <= 0 {
			t.Errorf("the third: %v", err)
		}
		if _, err := own("priya"); err != nil {
			t.Errorf("another shop's: %v", err)
		}
		if _, err := op.Do(t.Context(), d.Door, d.As("kim"), export.Cancel, first); err != nil || d.state(first) != "cancelled" {
			t.Errorf("cancel: %v %s", err, d.state(first))
		}
		for i := range export.PerHour {
			id, err := own("elif")
			if err == nil {
				err = d.make(id)
			}
			if err != nil {
				t.Fatalf("number %d: %v", i+1, err)
			}
		}
		_, err = own("elif")
		if !errors.Is(err, export.ErrTooMany) || errs.Of(err).Retry <= 0 || errs.Of(err).Retry > time.Hour {
			t.Errorf("the eleventh: %v", err)
		}
		d.Later(time.Hour + time.Second)
		if _, err := own("elif"); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestACancelledExportLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id, err := d.log(d.As("kim"), directory.ActivityExport{User: d.Member("kim").ID})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second changes nothing
			if _, err := op.Do(t.Context(), d.Door, d.As("kim"), export.Cancel, id); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.make(id); err != nil || d.state(id) != "cancelled" || len(d.files()) != 0 {
			t.Errorf("%v %s %v", err, d.state(id), d.files())
		}
		done, _ := d.made(d.As("kim"), directory.ActivityExport{User: d.Member("kim").ID})
		if _, err := op.Do(t.Context(), d.Door, d.As("kim"), export.Cancel, done); !errors.Is(err, export.ErrEnded) || d.state(done) != "ready" {
			t.Errorf("one that is ready: %v %s", err, d.state(done))
		}
	})
}

func TestWhatNoExportSpeaksForIsSwept(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id, _ := d.made(d.As("kim"), directory.ActivityExport{User: d.Member("kim").ID})
		mine := d.files()[0]
		for _, stray := range []string{"half.tmp", "whole", mine + ".tmp"} {
			if err := os.WriteFile(filepath.Join(d.Exports.Dir, stray), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d.sweep()
		if n := d.files(); !slices.Equal(n, []string{mine}) {
			t.Errorf("after the sweep: %v", n)
		}
		d.rows(d.As("kim"), id)
	})
}

func TestAChangedFileIsNotHandedOut(t *testing.T) {
	d := &desk{world.New(t), t}
	id, _ := d.made(d.As("kim"), directory.ActivityExport{User: d.Member("kim").ID})
	path := filepath.Join(d.Exports.Dir, d.files()[0])
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-3] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := d.Exports.Open(t.Context(), d.As("kim"), id)
	if err == nil {
		_, err = io.ReadAll(f)
		_ = f.Close()
	}
	if err == nil {
		t.Error("a changed file was read")
	}
}

// The job runs, in the process of a server, and the export becomes ready by itself.
func TestAServerMakesWhatWasAskedFor(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id, err := d.log(d.As("kim"), directory.ActivityExport{User: d.Member("kim").ID})
		if err != nil {
			t.Fatal(err)
		}
		w := &jobs.Workers{}
		jobs.Handle(w, d.Exports.Make, jobs.Attempts(export.Attempts))
		q, err := jobs.Open(context.Background(), d.Store, w, jobs.Options{})
		if err == nil {
			err = q.Start(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = q.Stop(context.Background()) }()
		for deadline := time.Now().Add(30 * time.Second); d.state(id) != "ready"; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("it is %s", d.state(id))
			}
		}
		if rows := d.rows(d.As("kim"), id); len(rows) < 2 {
			t.Errorf("%v", rows)
		}
	})
}
