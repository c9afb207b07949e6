package commerce_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// TestATotalIsWhatItsListHas compares, for callers of every reach and for every filter, the total with the rows of all pages, and
// a refusal of the one with that of the other.
func TestATotalIsWhatItsListHas(t *testing.T) {
	onBoth(t, func(w *world) {
		w.shops()
		cancelled := order("y3", "yve", 5, 500)
		cancelled.Status = commerce.Cancelled
		w.send(orders(cancelled, order("n1", "nora", 6, 600), order("n2", "nora", 7, 700))...)
		at := access.Brand(string(w.brand))
		callers := map[string]*op.Caller{
			"admin": staff("admin", at), "of the platform": staff("admin", access.Platform), "operator": operator, "nobody": op.Nobody("", "", ""),
			"leeds": w.hub(w.leeds), "york": w.hub(w.york), "shop manager": staff("shop_manager", at), "marketing": staff("marketing", at),
			"next door": staff("admin", access.Brand("brd_other")),
		}
		lee, yve := w.user("lee").ID, w.user("yve").ID
		filters := []commerce.Filter{
			{Brand: w.brand}, {Brand: w.brand, Location: w.leeds}, {Brand: w.brand, Location: w.york}, {Brand: w.brand, Status: commerce.Paid},
			{Brand: w.brand, Status: commerce.Cancelled}, {Brand: w.brand, Status: commerce.Paid, Location: w.leeds},
			{Brand: w.brand, From: start.AddDate(0, 0, 3).UnixMilli()}, {Brand: w.brand, Until: start.AddDate(0, 0, 3).UnixMilli()},
			{Customer: lee}, {Customer: yve, Status: commerce.Paid}, {Customer: yve, Location: w.york}, {Brand: w.brand, Location: "loc_none"},
			{}, {Brand: w.brand, Customer: lee}, {Brand: "brd_none"}, {Customer: "usr_none"}, {Brand: w.brand, Status: "lost"},
		}
		counted := 0
		for who, c := range callers {
			for _, f := range filters {
				what := fmt.Sprintf("%s, %+v", who, f)
				rows, refusal := w.every(c, f)
				total, err := op.Ask(w.Context(), w.door, c, commerce.Total, f)
				if errs.Of(err).Code != errs.Of(refusal).Code || (err == nil) != (refusal == nil) {
					w.Errorf("%s: the list says %v, the total %v", what, refusal, err)
				}
				if total != rows || err != nil && total != 0 {
					w.Errorf("%s: %d rows, a total of %d", what, rows, total)
				}
				if total > 0 {
					counted++
				}
			}
		}
		if counted < 30 {
			w.Errorf("only %d lists had anything in them", counted)
		}
		f := commerce.Filter{Brand: w.brand, Limit: 1, Cursor: "nonsense"}
		if total := ask(w, operator, commerce.Total, f); total != 7 {
			w.Errorf("a page is no part of a total: %d", total)
		}
		if _, err := op.Ask(w.Context(), w.door, callers["nobody"], commerce.Total, filters[0]); !errors.Is(err, op.ErrSignIn) {
			w.Errorf("nobody: %v", err)
		}
	})
}

// every counts the rows of a list on all its pages.
func (w *world) every(c *op.Caller, f commerce.Filter) (rows int64, err error) {
	f.Limit = 2
	for {
		page, err := op.Ask(w.Context(), w.door, c, commerce.List, f)
		if err != nil {
			return 0, err
		}
		rows += int64(len(page.Orders))
		if f.Cursor = page.Next; f.Cursor == "" {
			return rows, nil
		}
	}
}
