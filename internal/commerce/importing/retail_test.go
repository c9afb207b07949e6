package importing_test

import (
	"bytes"
	"testing"

	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
)

func TestTheRealShopComesInWithItsFiguresAndASecondTimeChangesNothing(t *testing.T) {
	path := retailPath(t)
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) {
		d := door(t, db)
		var rejected bytes.Buffer
		r, err := importRetail(t.Context(), d, path, importing.Options{Rejected: &rejected, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d lines in %v: %.0f a second", r.Lines, r.Elapsed, float64(r.Lines)/r.Elapsed.Seconds())
		checkRetail(t, r)
		if r.Counts.Orders.Created != 18_536 || r.Counts.Refunds.Created != 3_654 || r.Counts.CustomersCreated != 4_372 || r.Rejects() {
			t.Errorf("counts %+v, %d rejected", r.Counts, r.RejectedLines)
		}
		before := dump(t, db, exact)
		r, err = importRetail(t.Context(), d, path, importing.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("again: %v", r.Elapsed)
		checkRetail(t, r)
		if r.Counts.Orders.Unchanged != 18_536 || r.Counts.Refunds.Unchanged != 3_654 || r.Counts.CustomersCreated != 0 {
			t.Errorf("again: counts %+v", r.Counts)
		}
		compare(t, "imported again", before, dump(t, db, exact))
	})
}

// checkRetail holds a report to the figures of the issue.
func checkRetail(t *testing.T, r *importing.Report) {
	t.Helper()
	if r.Lines != 541_909 || r.WithoutCustomer != 135_080 || r.RejectedLines != 0 {
		t.Errorf("%d lines, %d without a customer, %d rejected", r.Lines, r.WithoutCustomer, r.RejectedLines)
	}
	s := r.Totals
	if s.Customers != 4_372 || s.WithOrder != 4_339 || s.Orders != 18_536 || s.Refunds != 3_654 {
		t.Errorf("%d customers, %d with an order, %d orders, %d refunds", s.Customers, s.WithOrder, s.Orders, s.Refunds)
	}
	if off(s.Gross.Minor, 891_140_790) > 10 || off(s.Net.Minor, 830_006_581) > 10 || s.Gross.Currency != "GBP" {
		t.Errorf("gross %s, net %s", s.Gross, s.Net)
	}
	best := []struct {
		id  string
		net int64
	}{{"14646", 27_948_902}, {"18102", 25_643_849}, {"17450", 18_748_217}}
	for i, want := range best {
		if got := s.Best[i]; got.External != want.id || got.Lifetime.Minor != want.net || got.Name != "Customer "+want.id {
			t.Errorf("best %d: %+v", i+1, got)
		}
	}
	if s.Best[0].Orders != 74 {
		t.Errorf("the best has %d orders", s.Best[0].Orders)
	}
}

func off(a, b int64) int64 { return max(a-b, b-a) }
