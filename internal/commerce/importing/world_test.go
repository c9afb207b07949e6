package importing_test

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/tabular/mapping"
	"github.com/stewardhq/steward/internal/testdata"
)

// today is the day of every test here.
var today = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// openDoor makes a door on a database whose keys lie in dir.
func openDoor(db *store.DB, dir string, clock func() time.Time) (*op.Door, func(), error) {
	master, err := secret.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		return nil, nil, err
	}
	keys, err := secret.OpenKeys(context.Background(), secret.Options{Store: store.Options{URL: "sqlite:" + filepath.Join(dir, "keys.db")}, Master: master})
	if err != nil {
		return nil, nil, err
	}
	var all []op.Operation
	for _, some := range [][]op.Operation{brand.Operations, customer.Operations, commerce.Operations, importing.Operations} {
		all = append(all, some...)
	}
	d, err := op.New(op.Options{Store: db, Keys: keys, Master: master, Jobs: &jobs.Queue{}, Clock: clock}, all...)
	return d, func() { _ = keys.Close() }, err
}

func door(t testing.TB, db *store.DB) *op.Door {
	t.Helper()
	d, end, err := openDoor(db, t.TempDir(), func() time.Time { return today })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return d
}

var operator = op.HostOperator("root")

func retailMapping() (*mapping.Orders, error) {
	b, err := os.ReadFile("../../../maps/online-retail.json")
	if err != nil {
		return nil, err
	}
	return mapping.ParseOrders(b)
}

// retailPath is the real file.
func retailPath(t testing.TB) string { return testdata.Path(t, "online-retail.csv.gz") }

func importRetail(ctx context.Context, d *op.Door, path string, o importing.Options) (*importing.Report, error) {
	m, err := retailMapping()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return importing.Orders(ctx, d, operator, f, m, o)
}

// firstLines is the head of a gzipped file.
func firstLines(t testing.TB, path string, bytes int64) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	head, err := io.ReadAll(io.LimitReader(z, bytes))
	if err != nil {
		t.Fatal(err)
	}
	return string(head)
}

// facts are the tables that an import writes, without what two runs cannot have in common: ids, which are random. Numbers go by
// arrival and are compared.
var facts = map[string]string{
	"users":      "select num, status, first_name, last_name, name_sort, email, email_norm, phone, country, registered_at from users order by num",
	"people":     "select * from people order by num",
	"search":     "select num, contact from people_search order by num",
	"external":   "select source, external_id, user_num from external_ids order by source, external_id",
	"customers":  `select user_num, version, by_order, imported from customers order by user_num`,
	"orders":     `select num, source, external_id, user_num, status, placed_at, total, profit, line_count, lines, categories, digest from orders order by num`,
	"refunds":    "select num, source, external_id, user_num, order_external_id, amount, refunded_at, reason, digest from refunds order by num",
	"categories": "select * from customer_categories order by user_num, category",
	"counters":   "select name, next from counters where name not like '%/%' order by name",
}

// exact adds what only an unchanged database has in common with itself.
var exact = map[string]string{
	"ids": "select id, version, created_at, updated_at from users order by num", "order ids": "select id, created_at, updated_at from orders order by num",
	"refund ids": "select id, created_at, updated_at from refunds order by num", "words": "select words from people_search order by num",
	"heads": "select chain, n, at from audit_heads order by chain", "events": "select chain, n, id, body from audit_events order by chain, n",
}

// dump fingerprints each table.
func dump(t testing.TB, db *store.DB, also map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, tables := range []map[string]string{facts, also} {
		for name, sql := range tables {
			out[name] = fingerprint(t, db, sql)
		}
	}
	return out
}

func fingerprint(t testing.TB, db *store.DB, sql string) string {
	t.Helper()
	rows, err := db.Read(t.Context()).Query(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	sum, n := sha256.New(), 0
	for rows.Next() {
		row := make([]any, columnsOf(sql))
		for i := range row {
			row[i] = new(any)
		}
		if err := rows.Scan(row...); err != nil {
			t.Fatal(err)
		}
		for _, cell := range row {
			fmt.Fprintf(sum, "%v\x00", *cell.(*any))
		}
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d rows, %s", n, hex.EncodeToString(sum.Sum(nil)[:8]))
}

// columnsOf counts the columns of a query of this file; * stands for all of a table.
func columnsOf(sql string) int {
	switch {
	case len(sql) > 21 && sql[:21] == "select * from people ":
		return 23
	case len(sql) > 22 && sql[:22] == "select * from customer":
		return 4
	}
	n := 1
	for i := 0; i+6 < len(sql) && sql[i:i+6] != " from "; i++ {
		if sql[i] == ',' {
			n++
		}
	}
	return n
}

func compare(t testing.TB, what string, a, b map[string]string) {
	t.Helper()
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s: %s was %s and is %s", what, name, a[name], b[name])
		}
	}
}
