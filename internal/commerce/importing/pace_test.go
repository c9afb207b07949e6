package importing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/commerce/importing"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
)

// A batch takes a little less than the time from one progress to the next.
func TestBatchesOnSQLiteLeaveTheWriterToOthersInBetween(t *testing.T) {
	path := headOfRetail(t, 16<<20)
	d := door(t, storetest.New(t, store.SQLite, schema.FS))
	var took []time.Duration
	last := time.Now()
	_, err := importRetail(t.Context(), d, path, importing.Options{Progress: func(p importing.Progress) {
		if !p.Reading {
			took = append(took, time.Since(last))
		}
		last = time.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(took)
	median := took[len(took)/2]
	t.Logf("%d batches: median %v, 9 of 10 within %v, slowest %v", len(took), median, took[len(took)*9/10], took[len(took)-1])
	if median > 400*time.Millisecond { // 20 on a machine that does nothing else: only a change of kind fails, whatever else the machine does
		t.Errorf("half of the batches hold the writer for longer than %v", median)
	}
}
