package commerce

import (
	"github.com/stewardhq/steward/internal/customer"
)

// apply brings one record into the statistics and notes the row to be written. Only paid orders count, before and after.
func (w *batch) apply(book *customer.Book, d *draft) error {
	switch {
	case d.err != nil:
		w.answers[d.at] = reject(d.err)
		return nil
	case d.order != nil:
		return w.applyOrder(book, d)
	}
	w.applyRefund(book, d)
	return nil
}

func (w *batch) applyOrder(book *customer.Book, d *draft) error {
	o, now := d.order, w.tx.Now().UnixMilli()
	known := w.orders[o.ExternalID]
	outcome := customer.Created
	o.User, o.CreatedAt, o.UpdatedAt = w.whose[d], now, now
	if known != nil {
		if known.Digest == o.Digest {
			w.answers[d.at] = Answer{Outcome: customer.Unchanged, ID: known.ID}
			return nil
		}
		outcome = customer.Changed
		o.Num, o.ID, o.CreatedAt = known.Num, known.ID, known.CreatedAt
		if known.Status == Paid {
			before, err := known.counted()
			if err != nil {
				return err
			}
			book.Of(known.User).RemoveOrder(before)
		}
	}
	if o.Status == Paid {
		book.Of(o.User).AddOrder(d.counted)
	}
	w.orders[o.ExternalID] = o
	w.putOrders = append(w.putOrders, *o)
	w.answers[d.at] = Answer{Outcome: outcome, ID: o.ID}
	return nil
}

// counted is a stored order as statistics counted it.
func (o *Order) counted() (customer.Counted, error) {
	categories, err := readCategories(o.Categories)
	return customer.Counted{PlacedAt: o.PlacedAt, Total: o.Total, Profit: o.Profit, Categories: categories}, err
}

func (w *batch) applyRefund(book *customer.Book, d *draft) {
	f, now := d.refund, w.tx.Now().UnixMilli()
	known := w.refunds[f.ExternalID]
	outcome := customer.Created
	f.User, f.CreatedAt, f.UpdatedAt = w.whose[d], now, now
	if known != nil {
		if known.Digest == f.Digest {
			w.answers[d.at] = Answer{Outcome: customer.Unchanged, ID: known.ID}
			return
		}
		outcome = customer.Changed
		f.Num, f.ID, f.CreatedAt = known.Num, known.ID, known.CreatedAt
		book.Of(known.User).AddRefund(-1, known.Amount)
	}
	book.Of(f.User).AddRefund(1, f.Amount)
	w.refunds[f.ExternalID] = f
	w.putRefunds = append(w.putRefunds, *f)
	w.answers[d.at] = Answer{Outcome: outcome, ID: f.ID}
}
