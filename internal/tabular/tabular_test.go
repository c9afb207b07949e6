package tabular_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/testdata"
)

// line is a row as tests compare it: its cells, or ! and the reason.
func read(t testing.TB, src io.Reader, o tabular.Options) (header []string, rows [][]string, notes []string) {
	t.Helper()
	r, err := tabular.Open(src, o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Header(), rows, r.Notes()
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Reject != "" {
			rows = append(rows, []string{"!", fmt.Sprint(row.Line), row.Reject})
			continue
		}
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, string(c))
		}
		rows = append(rows, cells)
	}
}

func TestAwkwardFilesReadAsTheirJSONSays(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(testdata.Path(t, "csv-spectrum/csvs"), "*.csv"))
	if len(files) < 12 {
		t.Fatal(files)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		raw := testdata.Read(t, "csv-spectrum/json/"+name+".json")
		var want []map[string]string
		if err := json.Unmarshal(raw, &want); err != nil {
			var one map[string]string
			if err := json.Unmarshal(raw, &one); err != nil {
				t.Fatal(name, err)
			}
			want = []map[string]string{one}
		}
		if name == "location_coordinates" { // its JSON has another telephone number than its CSV
			want[0]["Contact Phone Number"] = "2095257564"
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_crlf") && !bytes.Contains(content, []byte("\r")) { // these copies lost their CRs on the way
			content = bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
		}
		header, rows, _ := read(t, bytes.NewReader(content), tabular.Options{})
		var got []map[string]string
		for _, row := range rows {
			m := map[string]string{}
			for i, cell := range row {
				m[header[i]] = cell
			}
			got = append(got, m)
		}
		if a, b := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); a != b {
			t.Errorf("%s\n got %s\nwant %s", name, a, b)
		}
	}
}

func TestABadRowIsSetAsideAndReadingGoesOn(t *testing.T) {
	in := "a,b\r\n1,2\r\n\r\nx\r\n3,\"4\n5\"\r\n1,2,3\n\"q\"z,1\n6,7\nn\x00,1\n8,\"a\"\"b\"\n" + strings.Repeat("x", 40<<10) + ",1\n9,10\n1,\"open\nto the end,\n"
	want := [][]string{
		{"1", "2"}, {"!", "4", "the row has 1 cell where the header has 2"}, {"3", "4\n5"}, {"!", "7", "the row has 3 cells where the header has 2"},
		{"!", "8", "text follows the closing quote of cell 1"}, {"6", "7"}, {"!", "10", "the row contains a NUL byte"}, {"8", `a"b`},
		{"!", "12", "cell 1 is longer than 32 KiB"}, {"9", "10"},
		{"!", "14", "a quote opened in cell 2 is never closed, so everything after it in the file belongs to this row"},
	}
	for _, o := range []tabular.Options{{}, {Delimiter: ','}} {
		if _, rows, _ := read(t, strings.NewReader(in), o); fmt.Sprintf("%q", rows) != fmt.Sprintf("%q", want) {
			t.Errorf("\n got %q\nwant %q", rows, want)
		}
		// However the bytes arrive.
		if _, rows, _ := read(t, &oneByte{[]byte(in)}, o); fmt.Sprintf("%q", rows) != fmt.Sprintf("%q", want) {
			t.Errorf("\n got %q\nwant %q", rows, want)
		}
	}
}

func TestDelimitersAreFound(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a;b;c\n1,5;2;3\n", `["1,5" "2" "3"]`}, {"a\tb\n1\t2\n", `["1" "2"]`}, {"a|b\n1|2\n", `["1" "2"]`}, {"a,b\n1;2,3;4\n", `["1;2" "3;4"]`},
		{"name\nAda\n", `["Ada"]`}, {"\"a;b\",c\n\"1;2;3\",4\n", `["1;2;3" "4"]`},
	} {
		if _, rows, _ := read(t, strings.NewReader(c.in), tabular.Options{}); len(rows) != 1 || fmt.Sprintf("%q", rows[0]) != c.want {
			t.Errorf("%q = %q, want %s", c.in, rows, c.want)
		}
	}
}

func TestEncodingsAreFoundAndDeclared(t *testing.T) {
	utf16 := func(order string) string {
		b := []byte{0xff, 0xfe}
		if order == "be" {
			b = []byte{0xfe, 0xff}
		}
		for _, r := range "näme,b\nZoë,2\n" {
			if order == "be" {
				b = append(b, byte(r>>8), byte(r))
			} else {
				b = append(b, byte(r), byte(r>>8))
			}
		}
		return string(b)
	}
	for _, c := range []struct {
		in    string
		o     tabular.Options
		want  string
		notes int
	}{
		{"\xef\xbb\xbfname,b\nZoë,2\n", tabular.Options{}, `["name" "b"] [["Zoë" "2"]]`, 0},
		{utf16("le"), tabular.Options{}, `["näme" "b"] [["Zoë" "2"]]`, 1},
		{utf16("be"), tabular.Options{}, `["näme" "b"] [["Zoë" "2"]]`, 1},
		{"name,b\nx,1\nZo\xeb \x80,2\nJos\xe9,3\n", tabular.Options{}, `["name" "b"] [["x" "1"] ["Zoë €" "2"] ["José" "3"]]`, 1},
		{"n\xe4me,b\nx,1\n", tabular.Options{}, `["näme" "b"] [["x" "1"]]`, 1},
		{"name,b\nZoë,2\nJos\xe9,3\nx,4\n", tabular.Options{}, `["name" "b"] [["Zoë" "2"] ["!" "3" "the row is not valid UTF-8"] ["x" "4"]]`, 0},
		{"name,b\nJos\xe9,3\nZoë,2\nAnaïs,2\n", tabular.Options{}, `["name" "b"] [["!" "2" "the row is not valid UTF-8"] ["Zoë" "2"] ["Anaïs" "2"]]`, 0},
		{"name,b\nJos\xe9,3\n", tabular.Options{Encoding: tabular.UTF8}, `["name" "b"] [["!" "2" "the row is not valid UTF-8"]]`, 0},
		{"name,b\nZo\xc3\xab,3\n", tabular.Options{Encoding: tabular.Windows1252}, `["name" "b"] [["ZoÃ«" "3"]]`, 0},
		{"name,b\nx\x81,3\n\xe9,4\n", tabular.Options{}, `["name" "b"] [["!" "2" "the row has a byte that is not in Windows-1252"] ["é" "4"]]`, 1},
	} {
		header, rows, notes := read(t, strings.NewReader(c.in), c.o)
		if got := fmt.Sprintf("%q %q", header, rows); got != c.want || len(notes) != c.notes {
			t.Errorf("%q\n got %s %q\nwant %s", c.in, got, notes, c.want)
		}
	}
}

func TestWholeFilesThatCannotBeReadSayWhy(t *testing.T) {
	var z bytes.Buffer
	g := gzip.NewWriter(&z)
	for i := range 100000 {
		fmt.Fprintf(g, "%d,%d\n", i, i*i)
	}
	_ = g.Close()
	flipped := bytes.Clone(z.Bytes())
	flipped[len(flipped)/2] ^= 0xff
	for name, c := range map[string]struct {
		in   string
		o    tabular.Options
		want error
	}{
		"empty": {"", tabular.Options{}, tabular.ErrEmpty}, "blank": {"\n\r\n", tabular.Options{}, tabular.ErrEmpty}, "bom only": {"\xef\xbb\xbf", tabular.Options{}, tabular.ErrEmpty},
		"xlsx": {"PK\x03\x04....", tabular.Options{}, tabular.ErrKind}, "utf-16 unmarked": {"a\x00,\x00b\x00\n\x00", tabular.Options{}, tabular.ErrEncoding},
		"cut gzip": {z.String()[:z.Len()/2], tabular.Options{}, tabular.ErrBroken}, "damaged gzip": {string(flipped), tabular.Options{}, tabular.ErrBroken},
		"endless header": {strings.Repeat("x", 3<<20), tabular.Options{}, tabular.ErrHeader}, "wide header": {strings.Repeat("x,", 1001) + "\n1\n", tabular.Options{}, tabular.ErrHeader},
		"too many bytes": {"a,b\n" + strings.Repeat("1,2\n", 1000), tabular.Options{MaxBytes: 1000}, tabular.ErrTooLarge},
		"too many rows":  {"a,b\n" + strings.Repeat("1,2\n", 1000), tabular.Options{MaxRows: 999}, tabular.ErrTooLarge},
		"json in pieces": {"{\"a\":1,\"a\":2}\n", tabular.Options{}, tabular.ErrHeader},
	} {
		r, err := tabular.Open(strings.NewReader(c.in), c.o)
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestGzipIsReadDirectlyAlsoInSeveralMembers(t *testing.T) {
	var z bytes.Buffer
	for _, part := range []string{"a,b\n1,", "2\n3,4\n"} {
		g := gzip.NewWriter(&z)
		_, _ = g.Write([]byte(part))
		_ = g.Close()
	}
	if _, rows, _ := read(t, &z, tabular.Options{}); fmt.Sprint(rows) != "[[1 2] [3 4]]" {
		t.Error(rows)
	}
}

// generated is a file that exists only while it is read: a good row, a row with one cell of size bytes, a good row.
func generated(size int64, cell byte, quoted bool) io.Reader {
	before, after := "a,b,c\n1,2,3\nx,", ",z\n4,5,6\n"
	if quoted {
		before, after = before+`"`, `"`+after
	}
	return io.MultiReader(strings.NewReader(before), io.LimitReader(repeat(cell), size), strings.NewReader(after))
}

type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestAGigabyteCellIsSteppedOverInFlatMemory(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	for name, c := range map[string]struct {
		cell   byte
		quoted bool
	}{"plain": {'x', false}, "quoted": {'x', true}, "quoted line ends": {'\n', true}, "quoted delimiters": {',', true}, "quotes": {'"', true}} {
		stop := make(chan struct{})
		peak := make(chan uint64)
		go func() {
			var top uint64
			var m runtime.MemStats
			for {
				runtime.ReadMemStats(&m)
				top = max(top, m.HeapAlloc)
				select {
				case <-stop:
					peak <- top
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		_, rows, _ := read(t, generated(size, c.cell, c.quoted), tabular.Options{})
		close(stop)
		if top := <-peak; top > 64<<20 {
			t.Errorf("%s: the heap grew to %d MiB", name, top>>20)
		} else {
			t.Logf("%s: peak heap %d MiB", name, top>>20)
		}
		if len(rows) != 3 || rows[1][0] != "!" || rows[1][1] != "3" || rows[1][2] != "cell 2 is longer than 32 KiB" || fmt.Sprint(rows[2]) != "[4 5 6]" {
			t.Errorf("%s: %.200q", name, rows)
		}
	}
}

func TestALongRowOfSmallCellsIsRejectedByItself(t *testing.T) {
	in := "a,b\n" + strings.Repeat(strings.Repeat("y", 1000)+",", 3000) + "\n1,2\n"
	_, rows, _ := read(t, strings.NewReader(in), tabular.Options{})
	if len(rows) != 2 || rows[0][2] != "the row is longer than 1 MiB" || fmt.Sprint(rows[1]) != "[1 2]" {
		t.Errorf("%.300q", rows)
	}
	_, rows, _ = read(t, strings.NewReader("a,b\n"+strings.Repeat(",", 5000)+"\n1,2\n"), tabular.Options{})
	if len(rows) != 2 || rows[0][2] != "the row has more than 1000 cells" {
		t.Errorf("%.300q", rows)
	}
}

func TestJSONLinesAreStrict(t *testing.T) {
	in := strings.Join([]string{`{"id":"1","n":1.50,"ok":true,"x":null,"more":{"a":[1]}}`, ``, `{"n":2,"id":"Zo\u00eb"}`, `{"id":1,"id":2}`, `{"ID":1}`, `[1]`, `{"id":"1"} {}`,
		`{"id":"a` + "\xff" + `"}`, `{"id":"\u0000"}`, `{"id":"` + strings.Repeat("x", 40<<10) + `"}`, `{"id":"` + strings.Repeat("x", 2<<20) + `"}`, `{"id":`, `{"id":"last"}`}, "\n")
	header, rows, _ := read(t, strings.NewReader(in), tabular.Options{})
	want := [][]string{{"1", "1.50", "true", "", `{"a":[1]}`}, {"Zoë", "2", "", "", ""}, {"!", "4", "a name stands twice in the object"}, {"!", "5", `the first line of the file has no "ID"`},
		{"!", "6", "the line is no JSON object"}, {"!", "7", "more than one JSON value stands on the line"}, {"!", "8", "the line is no valid JSON"}, {"!", "9", "the row contains a NUL byte"},
		{"!", "10", "cell 1 is longer than 32 KiB"}, {"!", "11", "the row is longer than 1 MiB"}, {"!", "12", "the line is no valid JSON"}, {"last", "", "", "", ""}}
	if fmt.Sprint(header) != "[id n ok x more]" || fmt.Sprintf("%q", rows) != fmt.Sprintf("%q", want) {
		t.Errorf("%q\n got %q\nwant %q", header, rows, want)
	}
	header, rows, _ = read(t, strings.NewReader(in[:strings.Index(in, "\n")]), tabular.Options{Columns: []string{"n", "other", "id"}})
	if fmt.Sprintf("%q %q", header, rows) != `["n" "other" "id"] [["1.50" "" "1"]]` {
		t.Errorf("%q %q", header, rows)
	}
}

func TestFormulasAreNeutralised(t *testing.T) {
	var b bytes.Buffer
	w := tabular.NewWriter(&b)
	for _, s := range []string{"=1+1", "+44", "-2", "@x", "\tx", "\rx", "\nx", "\x00x", "＝1", "＋1", "－1", "＠1", "'=1", "'x", "a=1"} {
		w.Text(s)
	}
	w.End()
	for _, s := range []string{"-12.50", "+442079460018", "2026-01-02", "-1+1", "-", "-.5", "=1", "-1.2.3"} {
		w.Typed(s)
	}
	w.End()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "'=1+1,'+44,'-2,'@x,\"'\tx\",\"'\rx\",\"'\nx\",'\x00x,'＝1,'＋1,'－1,'＠1,''=1,'x,a=1\r\n-12.50,+442079460018,2026-01-02,'-1+1,'-,'-.5,'=1,'-1.2.3\r\n"
	if b.String() != want {
		t.Errorf("\n got %q\nwant %q", b.String(), want)
	}
}

func TestNaughtyStringsSurviveTheRoundTrip(t *testing.T) {
	var naughty []string
	if err := json.Unmarshal(testdata.Read(t, "naughty-strings/blns.json"), &naughty); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tabular.NewWriter(&b)
	w.Row("string", "again")
	for _, s := range naughty {
		w.Row(s, s)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	_, rows, _ := read(t, &b, tabular.Options{StripGuard: true})
	if len(rows) != len(naughty) {
		t.Fatalf("%d rows of %d", len(rows), len(naughty))
	}
	for i, s := range naughty {
		if !slices.Equal(rows[i], []string{s, s}) {
			t.Errorf("%q came back as %q", s, rows[i])
		}
	}
}

func TestRejectedRowsCanBeRepairedAndReadAgain(t *testing.T) {
	var b bytes.Buffer
	r := tabular.NewRejects(&b, []string{"id", "qty", "reason"})
	r.Write(7, [][]byte{[]byte("=x"), []byte("-3")}, "the quantity is odd")
	r.Write(8, [][]byte{[]byte("y")}, "short")
	r.Write(9, [][]byte{[]byte("y"), []byte("1"), []byte("2")}, "long")
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "id,qty,reason\r\n'=x,-3,line 7: the quantity is odd\r\ny,,line 8: short\r\n" + `y,1,"line 9: long"` + "\r\n"
	want = strings.Replace(want, `"line 9: long"`, "line 9: long", 1)
	if b.String() != want {
		t.Errorf("\n got %q\nwant %q", b.String(), want)
	}
	_, rows, _ := read(t, &b, tabular.Options{StripGuard: true})
	if fmt.Sprint(rows[0][:2]) != "[=x -3]" {
		t.Error(rows)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("=1", "a\"b\n", "")
	f.Add("", "", "")
	f.Add("'＝", "\r\n", " x ")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, s := range []string{a, b, c} {
			if strings.ContainsRune(s, 0) || len(s) > 10000 {
				return
			}
		}
		var buf bytes.Buffer
		w := tabular.NewWriter(&buf)
		w.Row("a", "b", "c")
		w.Row(a, b, c)
		_ = w.Flush()
		_, rows, _ := read(t, &buf, tabular.Options{StripGuard: true, Delimiter: ','})
		want := []string{strings.ToValidUTF8(a, "\uFFFD"), strings.ToValidUTF8(b, "\uFFFD"), strings.ToValidUTF8(c, "\uFFFD")}
		if len(rows) != 1 || !slices.Equal(rows[0], want) {
			t.Fatalf("%q came back as %q", want, rows)
		}
	})
}

func FuzzReaderNeverPanics(f *testing.F) {
	f.Add([]byte("a,b\n\"1\",2\n"), byte(0))
	f.Add([]byte("{\"a\":1}\n{\"a\":2}"), byte(1))
	f.Add([]byte("\xff\xfea\x00"), byte(2))
	f.Add([]byte{0x1f, 0x8b, 8, 0}, byte(0))
	f.Fuzz(func(t *testing.T, in []byte, mode byte) {
		o := tabular.Options{StripGuard: mode&1 == 1, MaxBytes: 8 << 20}
		all := collect(in, o, bytes.NewReader(in))
		if piecewise := collect(in, o, &oneByte{in}); all != piecewise {
			t.Fatalf("%q\n%s\n%s", in, all, piecewise)
		}
	})
}

// collect is the whole reading as text; how the bytes arrive must not change it.
func collect(in []byte, o tabular.Options, src io.Reader) string {
	var b strings.Builder
	r, err := tabular.Open(src, o)
	if err != nil {
		return err.Error()
	}
	fmt.Fprintf(&b, "%q\n", r.Header())
	for {
		row, err := r.Next()
		if err != nil {
			fmt.Fprint(&b, err, r.Progress(), r.Notes())
			return b.String()
		}
		for _, c := range row.Cells {
			if !strings.Contains(row.Reject, "JSON") && string(c) != strings.ToValidUTF8(string(c), "\uFFFD") {
				panic(fmt.Sprintf("a cell is not UTF-8: %q in %q", c, in))
			}
		}
		if row.Reject == "" && len(row.Cells) != len(r.Header()) {
			panic("ragged")
		}
		fmt.Fprintf(&b, "%d %q %s\n", row.Line, row.Cells, row.Reject)
	}
}

type oneByte struct{ b []byte }

func (o *oneByte) Read(p []byte) (int, error) {
	if len(o.b) == 0 {
		return 0, io.EOF
	}
	p[0], o.b = o.b[0], o.b[1:]
	return 1, nil
}

func BenchmarkReadRetail(b *testing.B) {
	path := testdata.Path(b, "online-retail.csv.gz")
	for name, plain := range map[string]bool{"gzip": false, "plain": true} {
		raw, _ := os.ReadFile(path)
		if plain {
			z, _ := gzip.NewReader(bytes.NewReader(raw))
			raw, _ = io.ReadAll(z)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				r, err := tabular.Open(bytes.NewReader(raw), tabular.Options{StripGuard: true})
				if err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := r.Next(); err != nil {
						break
					}
					rows++
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
