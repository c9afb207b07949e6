package importing_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/tabular/mapping"
)

func small(t *testing.T, more string) *mapping.Orders {
	t.Helper()
	m, err := mapping.ParseOrders([]byte(`{"source": "shop", "columns": {"order_id": "order", "customer_id": "customer", "date": "day", "unit_price": "price",
		"quantity": "qty", "location": "hub"}, "date": {"layout": "2006-01-02", "time_zone": "Europe/London"}, "currency": "GBP"` + more + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const named = `, "brand": {"slug": "aurora", "name": "Aurora", "currency": "GBP", "time_zone": "Europe/London"}`

const smallFile = `order,customer,day,qty,price,hub
1,a,2026-07-01,2,1.50,
2,a,2026-07-02,1,oops,
3,b,2026-07-03,1,3.00,Atlantis
1,a,2026-07-01,1,4.00,
4,,2026-07-01,1,4.00,
5,=cmd(),2026-07-01,1,oops,
`

func TestRejectedRowsStandInTheirOwnFileWithAReason(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		var rejected bytes.Buffer
		r, err := importing.Orders(t.Context(), door(t, db), operator, strings.NewReader(smallFile), small(t, named), importing.Options{Rejected: &rejected})
		if err != nil {
			t.Fatal(err)
		}
		if r.Lines != 6 || r.WithoutCustomer != 1 || r.RejectedLines != 2 || r.Counts.Orders.Created != 1 || r.Counts.Orders.Rejected != 1 || r.Totals.Gross.Minor != 700 || !r.Rejects() {
			t.Errorf("%+v", r)
		}
		file := rejected.String()
		for _, want := range []string{"order,customer,day,qty,price,hub,reason", "2,a,2026-07-02,1,oops,,", "3,b,2026-07-03,1,3,Atlantis,", "no location", "'=cmd()"} {
			if !strings.Contains(file, want) {
				t.Errorf("%q is not in\n%s", want, file)
			}
		}
	})
}

func TestADryRunChangesNothing(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		r, err := importing.Orders(t.Context(), door(t, db), operator, strings.NewReader(smallFile), small(t, named), importing.Options{DryRun: true})
		if err != nil || r.FileOrders != 2 || r.Totals.Customers != 2 || r.Totals.Gross.Minor != 1000 {
			t.Errorf("%+v, %v", r, err)
		}
		if all, err := brand.All(db.Read(t.Context())); err != nil || len(all) != 0 {
			t.Errorf("brands %v, %v", all, err)
		}
	})
}

func TestTheBrandIsTheOnlyOneOrTheOneThatIsSaid(t *testing.T) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		d := door(t, db)
		run := func(m *mapping.Orders, which string) error {
			_, err := importing.Orders(t.Context(), d, operator, strings.NewReader(smallFile), m, importing.Options{Brand: which})
			return err
		}
		if err := run(small(t, ""), ""); !errors.Is(err, importing.ErrNoBrand) {
			t.Errorf("none: %v", err)
		}
		for _, slug := range []string{"north", "south"} {
			if _, err := op.Do(t.Context(), d, operator, brand.Create, brand.New{Slug: slug, Name: slug, Currency: "GBP", Zone: "Europe/London"}); err != nil {
				t.Fatal(err)
			}
			if err := run(small(t, named), ""); slug == "north" && err != nil || slug == "south" && !errors.Is(err, importing.ErrWhichBrand) {
				t.Errorf("after %s: %v", slug, err)
			}
		}
		if err := run(small(t, ""), "south"); err != nil {
			t.Errorf("the one that is said: %v", err)
		}
		if err := run(small(t, named), "west"); !errors.Is(err, importing.ErrBrand) {
			t.Errorf("an unknown one: %v", err)
		}
	})
}
