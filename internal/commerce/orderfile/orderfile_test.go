package orderfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/commerce/orderfile"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

const shopMapping = `{"source":"shop","currency":"GBP",
	"columns":{"order_id":"order","customer_id":"customer","email":"mail","date":"day","sku":"sku","quantity":"qty","unit_price":"price","unit_cost":"cost","category":"cat","location":"hub"},
	"date":{"layout":"2006-01-02 15:04","time_zone":"Europe/London"},"cancellation":{"order_prefix":"C","negative_quantity":true}}`

const shopHeader = "order,customer,mail,day,sku,qty,price,cost,cat,hub\n"

func parse(t testing.TB, s string) *mapping.Orders {
	t.Helper()
	m, err := mapping.ParseOrders([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// told is a file as short sentences: its records, and its rejected rows.
func told(t testing.TB, m *mapping.Orders, in string, memory int64) (records, rejected []string, r orderfile.Report) {
	t.Helper()
	f := scan(t, strings.NewReader(in), m, orderfile.Options{Memory: memory, Rejected: func(r orderfile.Rejection) { rejected = append(rejected, fmt.Sprintf("%d: %s", r.Line, r.Reason)) }})
	for rec, err := range f.All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, tell(rec))
	}
	return records, rejected, f.Report()
}

func tell(rec orderfile.Record) string {
	var b strings.Builder
	if o := rec.Order; o != nil {
		fmt.Fprintf(&b, "order %s of %s%s %s %s %d %s", o.ExternalID, o.Customer.ExternalID, o.Customer.Email.Key, o.PlacedAt.Format("01-02T15:04Z"), o.Status, o.Total, o.Currency)
		for _, l := range o.Lines {
			fmt.Fprintf(&b, " [%s %s×%s=%d", l.SKU, l.Quantity, l.UnitPrice, l.Total)
			if l.Cost != nil {
				fmt.Fprintf(&b, " cost %d", *l.Cost)
			}
			b.WriteString("]")
		}
		return b.String()
	}
	r := rec.Refund
	fmt.Fprintf(&b, "refund %s of %s%s %s %d for %q", r.ExternalID, r.Customer.ExternalID, r.Customer.Email.Key, r.RefundedAt.Format("01-02T15:04Z"), r.Amount, r.OrderExternalID)
	return b.String()
}

func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestOrdersAreWholeWhereverTheirLinesStand(t *testing.T) {
	in := shopHeader +
		"1,7,,2026-07-01 10:00,a,2,1.005,0.5,x,\n" +
		"2,8,ADA@Example.com,2026-01-01 10:00,b,1,5,,,north\n" +
		"1,7,,2026-07-01 09:59,a,2,1.005,0.5,x,\n" + // identical but for an earlier time: it counts
		"C9,7,,2026-07-03 10:00,a,-2,1.005,,,\n" +
		"3,,,2026-07-01 10:00,a,2,1.005,,,\n" + // nobody
		"3,,,not a date,a,x,y,,,\n" + // nobody either, so nobody reads on
		"4,7,,2026-07-01 10:00,gift,1,0.00,,,\n" +
		"1,7,,2026-07-01 10:00,c,0.5,3,,,\n" +
		"5,,bob@example.com,2026-07-01 10:00,a,3,2,,,\n" +
		"5,,bob@example.com,2026-07-02 10:00,a,-1,2,,,\n"
	want := []string{
		"order 1 of 7 07-01T08:59Z paid 552 GBP [a 2×1.005=201 cost 100] [a 2×1.005=201 cost 100] [c 0.5×3=150]",
		"order 2 of 8ada@example.com 01-01T10:00Z paid 500 GBP [b 1×5=500]",
		"refund C9 of 7 07-03T09:00Z 201 for \"\"",
		"order 4 of 7 07-01T09:00Z paid 0 GBP [gift 1×0=0]",
		"order 5 of bob@example.com 07-01T09:00Z paid 600 GBP [a 3×2=600]",
		"refund 5 of bob@example.com 07-01T09:00Z 200 for \"5\"",
	}
	records, rejected, r := told(t, parse(t, shopMapping), in, 0)
	compare(t, "records", records, want)
	compare(t, "rejected", rejected, nil)
	if r.Lines != 10 || r.WithoutCustomer != 2 || r.Orders != 4 || r.Refunds != 2 || r.Rejected != 0 {
		t.Errorf("%+v", r)
	}
	// With next to no memory the same records come, in another order.
	spooled, _, _ := told(t, parse(t, shopMapping), in, 1)
	if len(spooled) != len(want) {
		t.Fatal(spooled)
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(spooled, "\n"), w) {
			t.Errorf("missing: %s", w)
		}
	}
}

func TestAnOrderWithAnUnreadableRowIsRejectedWholeAndRepairedByItsRejects(t *testing.T) {
	in := shopHeader +
		"1,7,,2026-07-01 10:00,a,1,1,,,\n" +
		"2,7,,2026-07-01 10:00,a,1,2,,,\n" +
		"1,7,,2026-07-01 10:00,=b,one,1,,,\n" +
		"2,7,,2026-07-01 10:00\n" +
		"3,7,,2026-07-01 10:00,a,1,3,,,\n" +
		",7,,2026-07-01 10:00,a,1,3,,,\n" +
		"4,7,,31.12.2026,a,1,3,,,\n5,7,nobody,2026-07-01 10:00,a,1,3,,,\n6,7,,2026-07-01 10:00,a,1,1e5,,,\n7,7,,2026-07-01 10:00,a,999999999999,9999999999,,,\n" +
		"8,7,,2026-07-01 10:00,a,1,3,,,\n8,9,,2026-07-01 10:00,a,1,3,,,\n9,7,,2026-07-01 10:00,a,1,-3,,,\n"
	records, rejected, r := told(t, parse(t, shopMapping), in, 0)
	compare(t, "records", records, []string{"order 3 of 7 07-01T09:00Z paid 300 GBP [a 1×3=300]"})
	compare(t, "rejected", rejected, []string{
		`4: the quantity "one" is not a number`, "5: the row has 4 cells where the header has 10", "7: the order id is empty", `8: the date "31.12.2026" is not written as the mapping says`,
		`9: the e-mail address "nobody" cannot be used: An e-mail address needs an @, as in ada@example.com.`, `10: the unit price "1e5" is not a number`, "11: price × quantity is larger than Steward can count",
		`2: the order "1" is incomplete, because line 4 cannot be read`, `3: the order "2" is incomplete, because line 5 cannot be read`,
		`12: the rows of order "8" name two customers, "7" and "9"`, `13: the rows of order "8" name two customers, "7" and "9"`,
		`14: the total of order "9" is below zero; if it is a refund, say in the mapping how refunds are marked`})
	if r.Rejected != 12 || r.RejectedOrders != 4 || r.Orders != 1 {
		t.Errorf("%+v", r)
	}

	// The file of rejected rows, repaired with an editor, gives the orders that were missing.
	var file bytes.Buffer
	w := tabular.NewRejects(&file, r.Header)
	f := scan(t, strings.NewReader(in), parse(t, shopMapping), orderfile.Options{Rejected: func(r orderfile.Rejection) { w.Write(r.Line, r.Cells, r.Reason) }})
	for range f.All(context.Background()) {
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	repaired := strings.Replace(file.String(), ",one,", ",1,", 1)
	records, _, _ = told(t, parse(t, shopMapping), repaired, 0)
	compare(t, "repaired", records, []string{"order 1 of 7 07-01T09:00Z paid 200 GBP [=b 1×1=100] [a 1×1=100]"})
}

func TestShopifyStyleFilesSayTheOrderOnce(t *testing.T) {
	m := parse(t, `{"source":"shopify","columns":{"order_id":"Name","email":"Email","date":"Created at","status":"Financial Status","currency":"Currency","order_total":"Total",
		"quantity":"Lineitem quantity","unit_price":"Lineitem price","sku":"Lineitem sku"},"date":{"layout":"2006-01-02 15:04:05 -0700","time_zone":"UTC"},"order_columns":"first_line","statuses":{"refunded":"cancelled"}}`)
	in := "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem price,Lineitem sku\n" +
		"#1,ada@example.com,paid,JPY,1200,2026-07-01 10:00:00 +0200,2,500,a\n#1,,,,,,1,100,b\n#2,,paid,JPY,100,2026-07-01 10:00:00 +0200,1,100,b\n#3,bob@example.com,Refunded,KWD,1.5,2026-07-01 10:00:00 +0200,1,1.5,b\n#4,bob@example.com,strange,KWD,1.5,2026-07-01 10:00:00 +0200,1,1.5,b\n"
	for _, memory := range []int64{0, 1} {
		records, rejected, r := told(t, m, in, memory)
		if memory == 0 {
			compare(t, "records", records, []string{"order #1 of ada@example.com 07-01T08:00Z paid 1200 JPY [a 2×500=1000] [b 1×100=100]", "order #3 of bob@example.com 07-01T08:00Z cancelled 1500 KWD [b 1×1.5=1500]"})
		}
		compare(t, "rejected", rejected, []string{`6: the status "strange" is not known; add it to "statuses" in the mapping`})
		if r.WithoutCustomer != 1 || len(records) != 2 {
			t.Errorf("%+v %q", r, records)
		}
	}
}

func TestJSONLinesMakeOrdersToo(t *testing.T) {
	in := `{"order":"1","customer":7,"day":"2026-07-01 10:00","sku":"a","qty":2,"price":1.005,"other":{"x":1}}` + "\n" + `{"order":"1","order":"2"}` + "\n"
	records, rejected, _ := told(t, parse(t, shopMapping), in, 0)
	compare(t, "records", records, nil)
	compare(t, "rejected", rejected, []string{"2: a name stands twice in the object", `1: the order "1" is incomplete, because line 2 cannot be read`})
	records, _, _ = told(t, parse(t, shopMapping), strings.SplitAfter(in, "\n")[0], 0)
	compare(t, "records", records, []string{"order 1 of 7 07-01T09:00Z paid 201 GBP [a 2×1.005=201]"})
}

func TestAnOrderWithoutEndIsRejectedAndTheOthersStay(t *testing.T) {
	var b strings.Builder
	b.WriteString(shopHeader)
	for i := range 2 * orderfile.MaxLines {
		fmt.Fprintf(&b, "huge,7,,2026-07-01 10:00,%060d,1,1,,,\n", i)
		if i%10000 == 0 {
			fmt.Fprintf(&b, "%d,7,,2026-07-01 10:00,a,1,1,,,\n", i)
		}
	}
	for _, memory := range []int64{0, 64 << 10, 1 << 30} {
		records, rejected, r := told(t, parse(t, shopMapping), b.String(), memory)
		if len(records) != 4 || len(rejected) != 2*orderfile.MaxLines || r.RejectedOrders != 1 || !strings.Contains(rejected[0], "more rows than Steward takes") {
			t.Errorf("memory %d: %d records, %d rejected", memory, len(records), len(rejected))
		}
	}
}

func TestScanningStopsWhenAskedAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	var b strings.Builder
	b.WriteString(shopHeader)
	for i := range 50000 {
		fmt.Fprintf(&b, "%d,7,,2026-07-01 10:00,a,1,1,,,\n", i)
	}
	_, err := orderfile.Scan(ctx, strings.NewReader(b.String()), parse(t, shopMapping), orderfile.Options{TempDir: dir, Memory: 1000, Progress: func(p orderfile.Progress) {
		if p.Lines > 10000 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error(left)
	}
	f := scan(t, strings.NewReader(b.String()), parse(t, shopMapping), orderfile.Options{TempDir: dir, Memory: 1000})
	for range f.Partition(context.Background(), 0) {
		break
	}
	for _, err := range f.All(ctx) {
		if err == nil {
			t.Fatal("a cancelled reading went on")
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error(left)
	}
}

func TestTheDigestSaysWhetherAnOrderIsTheSame(t *testing.T) {
	one := shopHeader + "1,7,,2026-07-01 10:00,a,1,1,,,\n1,7,,2026-07-01 10:00,b,1,1,,,\n"
	digest := func(in string) [32]byte {
		f := scan(t, strings.NewReader(in), parse(t, shopMapping), orderfile.Options{})
		for r := range f.All(context.Background()) {
			return r.Order.Digest
		}
		t.Fatal("no order")
		return [32]byte{}
	}
	same := shopHeader + "1,7,,2026-07-01 10:00,b,1.0,1.00,,,\n1,7,, 2026-07-01 10:00,a,1,1,,,\n"
	if digest(one) != digest(same) {
		t.Error("the same content has two digests")
	}
	for _, c := range [][2]string{{",a,1,", ",a,2,"}, {",a,1,", ",c,1,"}, {"1,7,,", "1,8,,"}, {"10:00,a", "09:00,a"}, {"a,1,1,,,", "a,1,1,,,hub"}, {"a,1,1,,,", "a,1,1,0,,"}} {
		if digest(one) == digest(strings.ReplaceAll(one, c[0], c[1])) {
			t.Errorf("%q for %q changes nothing", c[1], c[0])
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(shopHeader+"1,7,,2026-07-01 10:00,a,1,1,,,\n"), int64(0))
	f.Add([]byte(shopHeader+"C1,7,a@b.cd,2026-07-01 10:00,a,-1,1,,,\n\"1"), int64(1))
	m := parse(f, shopMapping)
	f.Fuzz(func(t *testing.T, in []byte, memory int64) {
		file, err := orderfile.Scan(context.Background(), bytes.NewReader(in), m, orderfile.Options{TempDir: t.TempDir(), Memory: memory, MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		defer file.Close()
		lines := int64(0)
		for r, err := range file.All(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Order != nil {
				lines += int64(len(r.Order.Lines))
			} else {
				lines += int64(r.Refund.Lines)
			}
		}
		// Every row has exactly one fate.
		if r := file.Report(); r.Lines != r.WithoutCustomer+r.Rejected+lines {
			t.Fatalf("%+v and %d lines in records", r, lines)
		}
	})
}
