package hostile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/testdata"
	"github.com/stewardhq/steward/internal/world"
)

// till is a mapping for files of these tests.
func till(t *testing.T, columns string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map.json")
	text := `{"source": "till", "columns": {` + columns + `}, "currency": "GBP", "date": {"layout": "2006-01-02", "time_zone": "Europe/London"}}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const tillColumns = `"order_id": "order", "customer_id": "who", "name": "name", "date": "day", "line_total": "sum", "description": "what"`

// imports runs the command for a file of Aurora.
func imports(t *testing.T, w *world.World, columns, file, rejected string) (code int, said string) {
	t.Helper()
	return steward(t, w.Config, "import", "orders", file, "--map", columns, "--brand", "aurora", "--rejected", rejected)
}

// titles are the descriptions of the till's orders, by order.
func titles(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	type order struct{ id, lines string }
	all, err := store.All(w.Store.Read(t.Context()), func(r store.Row) (o order, err error) { err = r.Scan(&o.id, &o.lines); return o, err },
		"select external_id, lines from orders where source = 'till'")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, o := range all {
		var lines []struct{ Title string }
		if err := json.Unmarshal([]byte(o.lines), &lines); err != nil || len(lines) != 1 {
			t.Fatalf("%s has the lines %s: %v", o.id, o.lines, err)
		}
		found[o.id] = lines[0].Title
	}
	return found
}

var powerful = []string{"=1+1", "+44 20", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1+1", "＋1", "－1", "＠A1", "'=1", "''=1", `=cmd|' /C calc'!A0`, "-", "plain, with \"quotes\""}

// A row that is rejected comes out with its formulas asleep, and goes in again, repaired, as it was: once and for ever.
func TestRejectedFormulasSleepAndWakeAsTheyWere(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		dir := t.TempDir()
		file, rejected, again := filepath.Join(dir, "orders.csv"), filepath.Join(dir, "rejected.csv"), filepath.Join(dir, "again.csv")
		columns := till(t, tillColumns)
		write := func(path, order, day string) {
			var b bytes.Buffer
			b.WriteString("order,who,name,day,sum,what\n")
			for i, cell := range powerful {
				fmt.Fprintf(&b, "%s%d,c%d,Sam,%s,1.50,%s\n", order, i, i, day, `"`+strings.ReplaceAll(cell, `"`, `""`)+`"`)
			}
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(file, "o", "yesterday")
		if code, said := imports(t, w, columns, file, rejected); code != app.Rejects {
			t.Fatalf("exit code %d: %s", code, said)
		}
		text, err := os.ReadFile(rejected)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := tabular.Open(bytes.NewReader(text), tabular.Options{}) // as a spreadsheet reads it: nothing taken away
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, cell := range row.Cells {
				if s := string(cell); s != "" && strings.ContainsAny(s[:1], "=+-@\t\r\n") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
					t.Errorf("line %d has the cell %q", row.Line, s)
				}
			}
			n++
		}
		if n != len(powerful) {
			t.Errorf("%d rows were rejected, not %d", n, len(powerful))
		}
		if got := titles(t, w); len(got) != 0 {
			t.Errorf("rejected, and kept: %v", got)
		}
		repaired := strings.ReplaceAll(string(text), "yesterday", "2026-11-01")
		if err := os.WriteFile(file, []byte(repaired), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, said := imports(t, w, columns, file, again); code != app.Done {
			t.Fatalf("repaired: exit code %d: %s", code, said)
		}
		// The same as if it had been right from the beginning.
		write(file, "p", "2026-11-01")
		if code, said := imports(t, w, columns, file, again); code != app.Done {
			t.Fatalf("right at once: exit code %d: %s", code, said)
		}
		first := titles(t, w)
		for i, cell := range powerful {
			if repaired, right := first[fmt.Sprintf("o%d", i)], first[fmt.Sprintf("p%d", i)]; repaired != right || repaired == "" {
				t.Errorf("%q became %q, and without a detour %q", cell, repaired, right)
			}
		}
		if err := os.WriteFile(file, []byte(repaired), 0o600); err != nil {
			t.Fatal(err)
		}
		books := newLedger(t, w.Store)
		if code, said := imports(t, w, columns, file, again); code != app.Done {
			t.Errorf("again: exit code %d: %s", code, said)
		}
		if now := titles(t, w); fmt.Sprint(now) != fmt.Sprint(first) {
			t.Errorf("again: %v, not %v (%v)", now, first, books.next())
		}
		verified(t, w.Config)
	})
}

func utf16Bytes(s string, order binary.ByteOrder, mark bool) []byte {
	var b []byte
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		var two [2]byte
		order.PutUint16(two[:], u)
		b = append(b, two[:]...)
	}
	return b
}

// Whatever file somebody hands in: an exit code, a sentence, no panic, and what was not taken in whole left nothing behind.
func TestAwkwardFilesEndWithASentence(t *testing.T) {
	calm(t)
	world.Each(t, func(t *testing.T, w *world.World) {
		dir := t.TempDir()
		columns := till(t, tillColumns)
		good := "order,who,name,day,sum,what\nx1,c1,Zoë,2026-11-01,1.50,Lamp\n"
		latin, err := charmap.Windows1252.NewEncoder().Bytes([]byte(good))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{
			"empty":                   nil,
			"only a mark":             []byte("\xef\xbb\xbf"),
			"only NUL":                make([]byte, 4096),
			"UTF-16 without a mark":   utf16Bytes(good, binary.LittleEndian, false),
			"UTF-16, big, no mark":    utf16Bytes(good, binary.BigEndian, false),
			"an archive":              []byte("PK\x03\x04nothing"),
			"half a gzip":             []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b"),
			"a picture":               []byte("\x89PNG\r\n\x1a\n\x00\x00"),
			"JSON":                    []byte(`{"a":`),
			"a quote without end":     []byte("order,who,name,day,sum,what\n\"x1,c1,Sam,2026-11-01,1.50,Lamp\n"),
			"other columns":           []byte("a,b,c\n1,2,3\n"),
			"a column twice":          []byte("order,order,who,name,day,sum,what\n1,2,c,S,2026-11-01,1,L\n"),
			"NUL in a cell":           []byte("order,who,name,day,sum,what\nx1,c1,S\x00m,2026-11-01,1.50,Lamp\n"),
			"one row of broken UTF-8": []byte("order,who,name,day,sum,what\nü1,ü,Zoë,2026-11-0x,1.50,Lämp\nx2,c2,\xff\xfe\xff,2026-11-01,1.50,Lamp\n"),
		}
		spectrum := testdata.Path(t, "csv-spectrum/csvs")
		entries, err := os.ReadDir(spectrum)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if files["csv-spectrum "+e.Name()], err = os.ReadFile(filepath.Join(spectrum, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		books := newLedger(t, w.Store)
		for what, content := range files {
			file := filepath.Join(dir, "orders.csv")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			code, said := imports(t, w, columns, file, filepath.Join(dir, "rejected.csv"))
			if code != app.Failed && code != app.Rejects {
				t.Errorf("%s: exit code %d: %s", what, code, said)
			}
			if !strings.Contains(said, ".") || strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") || strings.Contains(said, "SQLSTATE") {
				t.Errorf("%s: it says %q", what, said)
			}
			changed := books.next()
			if code == app.Rejects { // it ran to its end, and that is noted
				changed = slices.DeleteFunc(changed, func(table string) bool { return strings.HasPrefix(table, "imports ") })
			}
			if len(changed) > 0 {
				t.Errorf("%s: exit code %d, and yet this changed: %v\n%s", what, code, changed, said)
			}
		}
		// Encodings that can be told are taken for what they are.
		for what, content := range map[string][]byte{
			"Windows-1252": latin, "UTF-16": utf16Bytes(good, binary.LittleEndian, true), "UTF-16, big": utf16Bytes(good, binary.BigEndian, true), "a mark": append([]byte("\xef\xbb\xbf"), good...),
		} {
			file := filepath.Join(dir, "orders.csv")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if code, said := imports(t, w, columns, file, filepath.Join(dir, "rejected.csv")); code != app.Done || !strings.Contains(said, "1 orders") {
				t.Errorf("%s: exit code %d: %s", what, code, said)
			}
			if got := titles(t, w); got["x1"] != "Lamp" {
				t.Errorf("%s: %v", what, got)
			}
		}
		verified(t, w.Config)
	})
}

// Whoever hands out CSV has it written by tabular, which puts formulas to sleep. The law of imports forbids the standard library's
// writer; this finds who would do without any: a file or an answer that is called CSV, in a package that does not know tabular.
func TestNobodyWritesCSVByHand(t *testing.T) {
	calm(t)
	found := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, filepath.Join("internal", "testdata")) {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		says, knows := "", strings.Contains(path, filepath.Join("internal", "tabular"))
		ast.Inspect(f, func(n ast.Node) bool {
			if i, is := n.(*ast.ImportSpec); is {
				knows = knows || strings.Contains(i.Path.Value, "/internal/tabular")
				return false
			}
			if l, is := n.(*ast.BasicLit); is && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil && (strings.Contains(text, "text/csv") || strings.HasSuffix(text, ".csv")) {
					says = text
				}
			}
			return true
		})
		if says != "" {
			found++
			if !knows {
				t.Errorf("%s speaks of %q and does not know internal/tabular", path, says)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("nobody speaks of CSV any more: the test guards nothing")
	}
}
