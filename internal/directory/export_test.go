package directory

import (
	"flag"
	"os"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// TestMain makes the bounds so small that a few hundred people meet every way of finding a page. Benchmarks keep the real ones.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		walkRows, textRows, fewRows, fewCandidates, newestRows = 60, 90, 30, 25, 40
	}
	os.Exit(m.Run())
}

// Plan tells how SQLite walks for a page of customers.
var Plan = &op.Query[Ask, []string]{
	Name: "test.plan", Summary: "Explain a walk", Allow: access.CustomersView,
	Do: func(v *op.View, in Ask) ([]string, error) {
		r, err := customers.open(v, in)
		if err != nil {
			return nil, err
		}
		cursor, err := r.fields.Open(v.MAC, r.req, r.principal(), string(r.home))
		if err != nil {
			return nil, err
		}
		d := direction{desc: r.req.Sort.Desc, limit: 51}
		if cursor != nil {
			d.after = &hit{cursor.Num, cursor.Key, cursor.Text}
			d.desc = d.desc != cursor.Before
		}
		sql, args := r.walking(d, walkRows).Build()
		return store.All(v, func(row store.Row) (detail string, err error) {
			var id, parent, unused int
			return detail, row.Scan(&id, &parent, &unused, &detail)
		}, "explain query plan "+sql, args...)
	},
}
