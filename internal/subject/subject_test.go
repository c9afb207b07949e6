package subject_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/subject"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/testdata"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

type desk struct {
	*world.World
	t *testing.T
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, &desk{w, t}) })
}

// ask asks for a package, with a code where one is asked for.
func (d *desk) ask(c *op.Caller, in subject.Asked) (export.ID, error) {
	d.t.Helper()
	id, err := op.Do(d.t.Context(), d.Door, c, subject.Export, in)
	if errors.Is(err, op.ErrStepUpRequired) {
		proof, _ := errs.Of(err).Extra["step_up"].(string)
		id, err = op.Do(d.t.Context(), d.Door, c, subject.Export, in, op.With(op.Proof{ID: proof, Code: d.Code()}))
		d.Later(31 * time.Second)
	}
	return id, err
}

// unpacked is a package, made and opened: its files by name.
func (d *desk) unpacked(c *op.Caller, in subject.Asked) map[string][]byte {
	d.t.Helper()
	id, err := d.ask(c, in)
	if err == nil {
		err = d.Exports.Make(d.t.Context(), &jobs.Job[export.Make]{Args: export.Make{Export: id}, Attempt: 1, Attempts: 3})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	f, err := d.Exports.Open(d.t.Context(), c, id)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil {
		d.t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		d.t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			d.t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			d.t.Fatalf("%s: %v", f.Name, err)
		}
	}
	return files
}

// table is a CSV file of a package.
func table(t *testing.T, text []byte) (rows []map[string]string) {
	t.Helper()
	all, err := tabular.Open(bytes.NewReader(text), tabular.Options{Delimiter: ',', StripGuard: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	header := slices.Clone(all.Header())
	for {
		row, err := all.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil || row.Reject != "" {
			t.Fatalf("%v %+v", err, row)
		}
		cells := map[string]string{}
		for i, name := range header {
			cells[name] = string(row.Cells[i])
		}
		rows = append(rows, cells)
	}
}

func TestThePackageHasEverythingAsCSVAndAsJSON(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		files := d.unpacked(d.As("bruno"), subject.Asked{User: maya})
		for _, s := range subject.Sections {
			text, doc := files[s.Name+".csv"], files[s.Name+".json"]
			if s.Name == "api_keys" || s.Name == "roles" || text == nil && doc == nil {
				continue
			}
			var objects []map[string]any
			if err := json.Unmarshal(doc, &objects); err != nil {
				t.Errorf("%s.json: %v\n%s", s.Name, err, doc)
			}
			if rows := table(t, text); len(rows) != len(objects) {
				t.Errorf("%s: %d rows as CSV, %d as JSON", s.Name, len(rows), len(objects))
			}
		}
		r := d.Store.Read(t.Context())
		u, err := user.Find(r, maya)
		if err != nil {
			t.Fatal(err)
		}
		if rows := table(t, files["account.csv"]); len(rows) != 1 || rows[0]["email"] != u.Email || rows[0]["first_name"] != u.FirstName || rows[0]["registered_at"] == "" {
			t.Errorf("account: %v", rows)
		}
		orders, err := store.Value[int](r.QueryRow("select count(*) from orders where user_num = $1", u.Num))
		if rows := table(t, files["orders.csv"]); err != nil || len(rows) != orders || orders == 0 || !strings.HasSuffix(rows[0]["total"], " GBP") {
			t.Errorf("%d orders, and in the package %v", orders, rows)
		}
		if rows := table(t, files["statistics.csv"]); len(rows) != 1 || rows[0]["orders"] == "0" {
			t.Errorf("statistics: %v", rows)
		}
		if rows := table(t, files["audit.csv"]); len(rows) == 0 {
			t.Error("nothing of the audit log")
		}
		readme := string(files["README.txt"])
		for _, want := range []string{"Everything about one person", string(maya), "orders", "account", "(1 row)"} {
			if !strings.Contains(readme, want) {
				t.Errorf("the README lacks %q:\n%s", want, readme)
			}
		}
	})
}

func TestNamesInThePackageAreOurs(t *testing.T) {
	d := &desk{world.New(t), t}
	known := []string{"README.txt"}
	for _, s := range subject.Sections {
		known = append(known, s.Name+".csv", s.Name+".json")
		if s.Name != filepath.Base(s.Name) || strings.ContainsAny(s.Name, `/\.: `) {
			t.Errorf("%q is no plain name", s.Name)
		}
	}
	for name := range d.unpacked(d.As("kim"), subject.Asked{User: d.Member("kim").ID}) {
		if !slices.Contains(known, name) {
			t.Errorf("a file %q", name)
		}
	}
}

func TestOnesOwnPackageTellsNothingOfColleagues(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		if _, err := op.Do(t.Context(), d.Door, d.As("bruno"), account.Edit, account.Changes{User: d.Member("kim").ID, Phone: ptr("+44 20 7946 0999")}); err != nil {
			t.Fatal(err)
		}
		files := d.unpacked(d.As("kim"), subject.Asked{User: d.Member("kim").ID})
		all := ""
		for _, text := range files {
			all += string(text)
		}
		for what, hidden := range map[string]string{"bruno": string(d.Member("bruno").ID), "his name": d.Member("bruno").LastName, "a reason": "status_reason", "who gave the role": "given_by"} {
			if strings.Contains(all, hidden) {
				t.Errorf("it tells %s", what)
			}
		}
		if !strings.Contains(string(files["audit.json"]), "7946 0999") {
			t.Errorf("it lacks one's own values:\n%s", files["audit.json"])
		}
		if len(table(t, files["roles.csv"])) == 0 {
			t.Error("it lacks one's role")
		}
	})
}

func ptr(s string) *string { return &s }

func TestOnesOwnPackageNeedsAFreshSignInOrACode(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		kim := d.As("kim")
		d.Later(subject.Fresh + time.Minute)
		_, err := op.Do(t.Context(), d.Door, kim, subject.Export, subject.Asked{User: d.Member("kim").ID})
		if !errors.Is(err, op.ErrStepUpRequired) {
			t.Errorf("long after signing in: %v", err)
		}
		if n, _ := store.Value[int](d.Store.Read(t.Context()).QueryRow("select count(*) from exports")); n != 0 {
			t.Error("it was asked for all the same")
		}
		d.Later(time.Minute)
		if _, err := d.ask(kim, subject.Asked{User: d.Member("kim").ID}); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoMayNotExportAPersonDoesNot(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		for _, who := range []string{"olu", "elif", "mira", "johanna", "dev", "rosa", "hana", "priya"} {
			_, err := op.Do(t.Context(), d.Door, d.As(who), subject.Export, subject.Asked{User: maya})
			if k := errs.Of(err).Kind; err == nil || errors.Is(err, op.ErrStepUpRequired) || k != errs.Forbidden && k != errs.NotFound {
				t.Errorf("%s: %v", who, err)
			}
		}
		for _, who := range []string{"ines", "kim"} { // a colleague's needs the right to export the log
			if _, err := op.Do(t.Context(), d.Door, d.As(who), subject.Export, subject.Asked{User: d.Member("johanna").ID}); err == nil || errs.Of(err).Kind != errs.Forbidden && errs.Of(err).Kind != errs.NotFound || errors.Is(err, op.ErrStepUpRequired) {
				t.Errorf("%s of a colleague: %v", who, err)
			}
		}
		if _, err := op.Do(t.Context(), d.Door, d.As("kim"), subject.Export, subject.Asked{User: maya}); !errors.Is(err, op.ErrStepUpRequired) {
			t.Errorf("address and money without a code: %v", err)
		}
		_, err := op.Do(t.Context(), d.Door, d.As("bruno"), subject.Export, subject.Asked{User: maya, Purpose: "curiosity"})
		if errs.Of(err).Fields["purpose"] == "" {
			t.Errorf("for another purpose: %v", err)
		}
		if n, _ := store.Value[int](d.Store.Read(t.Context()).QueryRow("select count(*) from exports")); n != 0 {
			t.Errorf("%d exports came of refusals", n)
		}
	})
}

func TestAHubAdminsPackageLeavesOutWhatTheyMayNotSee(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		files := d.unpacked(d.As("kim"), subject.Asked{User: d.Customer("maya")})
		for _, name := range []string{"audit.csv", "sign_ins.csv", "sessions.json"} {
			if files[name] != nil {
				t.Errorf("it has %s", name)
			}
		}
		if readme := string(files["README.txt"]); !strings.Contains(readme, "Left out") || !strings.Contains(readme, "sign_ins") {
			t.Errorf("the README does not say so:\n%s", readme)
		}
		if files["orders.csv"] == nil || files["statistics.csv"] == nil {
			t.Error("it lacks what they may see")
		}
	})
}

// A code that waits in a letter would let in whoever made the package.
func TestNoCodeIsInAPackage(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		kim := d.Member("kim").ID
		_, err := op.Do(t.Context(), d.Door, d.As("kim"), subject.Export, subject.Asked{User: d.Customer("maya")})
		if !errors.Is(err, op.ErrStepUpRequired) {
			t.Fatal(err)
		}
		code := d.Code()
		files := d.unpacked(d.As("marcus"), subject.Asked{User: kim})
		for name, text := range files {
			if bytes.Contains(text, []byte(code)) {
				t.Errorf("%s has the code:\n%s", name, text)
			}
		}
		if rows := table(t, files["mails.csv"]); len(rows) == 0 || !strings.Contains(fmt.Sprint(rows), "[code]") {
			t.Errorf("mails: %v", rows)
		}
	})
}

// What people type stays what it was, sleeps in a spreadsheet, and neither database has a NUL.
func TestAwkwardCellsComeOutAsTheyWentIn(t *testing.T) {
	awkward := []string{`=cmd|' /C calc'!A0`, "+44", "-2+3", "@SUM(A1)", "＝1+1", "＠x", "'=1", `say "hi", then; go`, "tab\there", "Łukasz ﷽ 🐛", "<script>alert(1)</script>", "${7*7}"}
	for _, line := range strings.Split(string(testdata.Read(t, "naughty-strings/blns.txt")), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && len(line) < 60 && strings.TrimSpace(line) == line {
			awkward = append(awkward, line)
		}
	}
	world.Each(t, func(t *testing.T, w *world.World) {
		d := &desk{w, t}
		maya := d.Customer("maya")
		var set []string
		for _, text := range awkward {
			if _, err := op.Do(t.Context(), d.Door, op.HostOperator("test"), account.Edit, account.Changes{User: maya, Address: ptr(text)}); err == nil {
				set = append(set, text)
			}
		}
		if len(set) < 10 {
			t.Fatalf("only %d were taken", len(set))
		}
		u, err := user.Find(d.Store.Read(t.Context()), maya)
		if err != nil {
			t.Fatal(err)
		}
		files := d.unpacked(d.As("bruno"), subject.Asked{User: maya})
		if got := table(t, files["account.csv"])[0]["address"]; got != u.Address {
			t.Errorf("the address is %q, and in the file %q", u.Address, got)
		}
		var changes []struct {
			Changes []struct{ Field string }
		}
		if err := json.Unmarshal(files["audit.json"], &changes); err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, e := range changes {
			for _, c := range e.Changes {
				if c.Field == "address" {
					told++
				}
			}
		}
		if told < 10 {
			t.Errorf("the log tells %d changes", told)
		}
		for name, text := range files {
			if bytes.IndexByte(text, 0) >= 0 {
				t.Errorf("%s has a NUL", name)
			}
			if !strings.HasSuffix(name, ".csv") {
				continue
			}
			for _, row := range bytes.Split(text, []byte("\r\n")) {
				if len(row) > 0 && bytes.ContainsRune([]byte("=+@\t"), rune(row[0])) {
					t.Errorf("%s has a row that a spreadsheet would run: %s", name, row)
				}
			}
		}
	})
}

// names are columns by which a row tells about somebody.
var names = []string{"user_id", "user_num", "person", "person_id", "owner_id", "subject", "requester", "principal"}

// A table that knows people has a section, or a reason why not.
func TestEveryTableOfPeopleHasASectionOrAReason(t *testing.T) {
	t.Parallel()
	d := &desk{world.New(t), t}
	tables, err := dump.Tables(d.Store.Read(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, s := range subject.Sections {
		for _, name := range s.Tables {
			told[name] = true
		}
	}
	there := map[string]bool{}
	for _, table := range tables {
		there[table.Name] = true
		about := slices.Contains([]string{"users", "people", "people_search"}, table.Name)
		for _, c := range table.Columns {
			about = about || slices.Contains(names, c.Name)
		}
		switch reason := subject.Elsewhere[table.Name]; {
		case about && !told[table.Name] && reason == "":
			t.Errorf("%s tells about people and is not in their package: add it to subject.Sections, or to subject.Elsewhere with the reason", table.Name)
		case told[table.Name] && reason != "":
			t.Errorf("%s has a section, and a reason why it has none", table.Name)
		}
	}
	for name := range subject.Elsewhere {
		if !there[name] {
			t.Errorf("%s stands in subject.Elsewhere and is not there: take it out", name)
		}
	}
	for name := range told {
		if !there[name] {
			t.Errorf("%s has a section and is not there", name)
		}
	}
}
