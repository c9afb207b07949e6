package op_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

func TestABulkJudgesAndRecordsEachRowByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		for i := range 150 {
			if _, err := op.Do(t.Context(), w.door, ada, makeThing, thing{ID: fmt.Sprintf("b%d", i), Brand: "B1", Title: "bulk"}); err != nil {
				t.Fatal(err)
			}
		}
		events := w.count("B1")
		asked, done, refused := 0, 0, 0
		who := func(context.Context) (*op.Caller, error) { asked++; return ada, nil }
		inputs := func(yield func(edit) bool) {
			for i := range 151 { // the last one is not there
				if !yield(edit{ID: fmt.Sprintf("b%d", i), Title: "changed"}) {
					return
				}
			}
		}
		err := op.DoEach(t.Context(), w.door, who, editThing, "blk_1", inputs, func(rows []op.Outcome[edit, string]) error {
			for _, r := range rows {
				if r.Err != nil {
					refused++
				} else {
					done++
				}
			}
			return nil
		})
		if err != nil || asked != 2 || done != 150 || refused != 1 {
			t.Fatalf("err %v, asked %d times, %d done, %d refused", err, asked, done, refused)
		}
		if got := w.count("B1") - events; got != 151 {
			t.Errorf("%d events for 151 rows", got)
		}
		if e := w.events("B1")[1]; e.Bulk != "blk_1" || e.Op != "thing.edit" {
			t.Errorf("event %+v", e.Event)
		}
	})
}

func TestARowThatFailsLeavesNothingOfItsOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ada := admin("usr_ada", "B1")
		who := func(context.Context) (*op.Caller, error) { return ada, nil }
		n := len(w.events("B1"))
		err := op.DoEach(t.Context(), w.door, who, breakThing, "blk_2", slices.Values([]edit{{ID: "t1", Title: "x"}}), func(rows []op.Outcome[edit, string]) error {
			if errs.Of(rows[0].Err).Code != "invalid" {
				t.Errorf("outcome %v", rows[0].Err)
			}
			return nil
		})
		if err != nil || w.thing().Title != "one" || len(w.events("B1")) != n {
			t.Errorf("err %v, thing %+v, %d events where there were %d", err, w.thing(), len(w.events("B1")), n)
		}
	})
}
