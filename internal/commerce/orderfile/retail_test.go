package orderfile_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/tabular/mapping"
	"github.com/stewardhq/steward/internal/testdata"
)

func retailMapping(t testing.TB) *mapping.Orders {
	t.Helper()
	b, err := os.ReadFile("../../../maps/online-retail.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.ParseOrders(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// shop is what a file says, added up by customer.
type shop struct {
	customers map[string]*buyer
	orders    map[string][32]byte
	refunds   map[string][32]byte
	gross     int64
	net       int64
	sequence  []string
}

type buyer struct {
	id     string
	orders int
	net    int64
}

func add(t testing.TB, f *orderfile.File) *shop {
	t.Helper()
	s := &shop{customers: map[string]*buyer{}, orders: map[string][32]byte{}, refunds: map[string][32]byte{}}
	of := func(id string) *buyer {
		if s.customers[id] == nil {
			s.customers[id] = &buyer{id: id}
		}
		return s.customers[id]
	}
	for r, err := range f.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if o := r.Order; o != nil {
			if _, twice := s.orders[o.ExternalID]; twice {
				t.Fatalf("order %s came twice", o.ExternalID)
			}
			s.orders[o.ExternalID] = o.Digest
			s.sequence = append(s.sequence, o.ExternalID)
			b := of(o.Customer.ExternalID)
			b.orders++
			b.net += o.Total
			s.gross += o.Total
			s.net += o.Total
			continue
		}
		if _, twice := s.refunds[r.Refund.ExternalID]; twice {
			t.Fatalf("refund %s came twice", r.Refund.ExternalID)
		}
		s.refunds[r.Refund.ExternalID] = r.Refund.Digest
		s.sequence = append(s.sequence, r.Refund.ExternalID)
		of(r.Refund.Customer.ExternalID).net -= r.Refund.Amount
		s.net -= r.Refund.Amount
	}
	return s
}

func scan(t testing.TB, src io.Reader, m *mapping.Orders, o orderfile.Options) *orderfile.File {
	t.Helper()
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	if o.Rejected == nil {
		o.Rejected = func(r orderfile.Rejection) { t.Errorf("line %d was rejected: %s", r.Line, r.Reason) }
	}
	f, err := orderfile.Scan(context.Background(), src, m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestTheRetailHistoryAddsUp(t *testing.T) {
	raw := testdata.Read(t, "online-retail.csv.gz")
	var sequences [2][]string
	for i, memory := range []int64{0, 1 << 30} { // spread over files, and in memory
		f := scan(t, bytes.NewReader(raw), retailMapping(t), orderfile.Options{Memory: memory})
		s := add(t, f)
		sequences[i] = s.sequence
		r := f.Report()
		if want := []int{64, 1}[i]; f.Partitions() != want {
			t.Errorf("%d partitions, want %d", f.Partitions(), want)
		}
		withOrder := 0
		for _, b := range s.customers {
			if b.orders > 0 {
				withOrder++
			}
		}
		got := fmt.Sprintf("lines %d, without a customer %d, rejected %d, customers %d, with an order %d, orders %d/%d, refunds %d/%d, gross %d, net %d",
			r.Lines, r.WithoutCustomer, r.Rejected, len(s.customers), withOrder, r.Orders, len(s.orders), r.Refunds, len(s.refunds), s.gross, s.net)
		want := "lines 541909, without a customer 135080, rejected 0, customers 4372, with an order 4339, orders 18536/18536, refunds 3654/3654, gross 891140790, net 830006581"
		if got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		var best []buyer
		for _, b := range s.customers {
			best = append(best, *b)
		}
		slices.SortFunc(best, func(a, b buyer) int { return cmp.Compare(b.net, a.net) })
		if got, want := fmt.Sprint(best[:3]), "[{14646 74 27948902} {18102 60 25643849} {17450 46 18748217}]"; got != want {
			t.Errorf("best customers %s, want %s", got, want)
		}
		// What is not in the figures: several times in one order, and an order of free lines only.
		if _, ok := s.orders["A563185"]; ok {
			t.Error("an adjustment without a customer became an order")
		}
	}
	// Once more, the same.
	again := add(t, scan(t, bytes.NewReader(raw), retailMapping(t), orderfile.Options{}))
	if !slices.Equal(again.sequence, sequences[0]) {
		t.Error("the same file gave its records in another order")
	}
}

// linesOf is the header and the data lines of the retail file, which has no line breaks inside cells.
func linesOf(t testing.TB) (header string, lines []string) {
	z, err := gzip.NewReader(bytes.NewReader(testdata.Read(t, "online-retail.csv.gz")))
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(z)
	in.Scan()
	header = in.Text()
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	return header, lines
}

func TestShuffledLinesMakeTheSameOrders(t *testing.T) {
	header, lines := linesOf(t)
	join := func() io.Reader {
		var b bytes.Buffer
		b.WriteString(header + "\n")
		for _, l := range lines {
			b.WriteString(l + "\r\n")
		}
		return &b
	}
	want := add(t, scan(t, join(), retailMapping(t), orderfile.Options{}))
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	got := add(t, scan(t, join(), retailMapping(t), orderfile.Options{Memory: 256 << 10})) // so small that partitions are spread again
	if len(got.orders) != len(want.orders) || len(got.refunds) != len(want.refunds) {
		t.Fatalf("%d orders and %d refunds, want %d and %d", len(got.orders), len(got.refunds), len(want.orders), len(want.refunds))
	}
	for id, digest := range want.orders {
		if got.orders[id] != digest {
			t.Fatalf("order %s differs", id)
		}
	}
	for id, digest := range want.refunds {
		if got.refunds[id] != digest {
			t.Fatalf("refund %s differs", id)
		}
	}
}

// TestMemoryStaysFlat reads orders whose lines are spread over the whole of a file that exists only while it is read.
func TestMemoryStaysFlat(t *testing.T) {
	lines := 2_000_000
	if testing.Short() {
		lines = 400_000
	}
	src, w := io.Pipe()
	go func() {
		b := bufio.NewWriterSize(w, 64<<10)
		fmt.Fprintln(b, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country")
		for i := range lines {
			fmt.Fprintf(b, "%d,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,%d.0,United Kingdom\n", (i*7919)%(lines/10), i%(lines/10)*7919%1000)
		}
		_ = b.Flush()
		_ = w.Close()
	}()
	var peak uint64
	var stats runtime.MemStats
	measure := func() { runtime.ReadMemStats(&stats); peak = max(peak, stats.HeapAlloc) }
	rejected := 0
	f := scan(t, src, retailMapping(t), orderfile.Options{Progress: func(orderfile.Progress) { measure() }, Rejected: func(orderfile.Rejection) { rejected++ }})
	n := 0
	for _, err := range f.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%1000 == 0 {
			measure()
		}
	}
	t.Logf("%d lines, %d records, %d rejected, peak heap %d MiB", lines, n, rejected, peak>>20)
	if peak > 64<<20 {
		t.Errorf("the heap grew to %d MiB", peak>>20)
	}
}

func BenchmarkRetail(b *testing.B) {
	raw := testdata.Read(b, "online-retail.csv.gz")
	m := retailMapping(b)
	for name, memory := range map[string]int64{"spooled": 0, "memory": 1 << 30} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			lines := int64(0)
			for b.Loop() {
				f, err := orderfile.Scan(context.Background(), bytes.NewReader(raw), m, orderfile.Options{TempDir: b.TempDir(), Memory: memory})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range f.All(context.Background()) {
					if err != nil {
						b.Fatal(err)
					}
				}
				lines += f.Report().Lines
				_ = f.Close()
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
