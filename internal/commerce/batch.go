package commerce

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// batch takes the records of one transaction: what is there already is read by one query for each kind, customers are found or
// made, statistics rows read once and written once, whatever the number of records. The brand is locked, so batches of one brand
// follow each other.
type batch struct {
	tx      *op.Tx
	brand   *brand.Brand
	source  string
	drafts  []*draft
	answers []Answer

	orders    map[string]*Order // by external id, as they stand
	refunds   map[string]*Return
	newcomers int64
	whose     map[*draft]int64

	putOrders  []Order
	putRefunds []Return
}

func (w *batch) run() error {
	if err := w.look(); err != nil {
		return err
	}
	news := w.sift()
	if len(news) == 0 {
		return nil
	}
	if err := w.own(news); err != nil {
		return err
	}
	if err := w.number(news); err != nil {
		return err
	}
	book, err := w.open(news)
	if err != nil {
		return err
	}
	for _, d := range news {
		if err := w.apply(book, d); err != nil {
			return err
		}
	}
	if err := Orders.Put(w.tx, w.putOrders...); err != nil {
		return err
	}
	if err := Refunds.Put(w.tx, w.putRefunds...); err != nil {
		return err
	}
	if err := book.Save(w.tx); err != nil {
		return err
	}
	return w.conclude()
}

// look reads what is there of the records' external ids. Lines are not read: what statistics need stands beside them.
func (w *batch) look() error {
	orders, refunds := map[string]bool{}, map[string]bool{}
	for _, d := range w.drafts {
		switch {
		case d.err != nil:
		case d.order != nil:
			orders[d.order.ExternalID] = true
		case d.refund != nil:
			refunds[d.refund.ExternalID] = true
			if d.who == (customer.Who{}) && d.refund.OrderExternalID != "" {
				orders[d.refund.OrderExternalID] = true
			}
		}
	}
	w.orders, w.refunds = make(map[string]*Order, len(orders)), make(map[string]*Return, len(refunds))
	err := customer.Each(w.tx, `select external_id, num, id, user_num, location_id, status, placed_at, total, profit, categories, digest, created_at
		from orders where brand_id = $1 and source = $2 and external_id`, slices.Sorted(maps.Keys(orders)), "", func(row store.Row) error {
		o := &Order{Brand: w.brand.ID, Source: w.source}
		err := row.Scan(&o.ExternalID, &o.Num, &o.ID, &o.User, &o.Location, &o.Status, &o.PlacedAt, &o.Total, &o.Profit, &o.Categories, &o.Digest, &o.CreatedAt)
		w.orders[o.ExternalID] = o
		return err
	}, string(w.brand.ID), w.source)
	if err != nil {
		return fmt.Errorf("look for orders: %w", err)
	}
	err = customer.Each(w.tx, `select external_id, num, id, user_num, amount, digest, created_at
		from refunds where brand_id = $1 and source = $2 and external_id`, slices.Sorted(maps.Keys(refunds)), "", func(row store.Row) error {
		f := &Return{Brand: w.brand.ID, Source: w.source}
		err := row.Scan(&f.ExternalID, &f.Num, &f.ID, &f.User, &f.Amount, &f.Digest, &f.CreatedAt)
		w.refunds[f.ExternalID] = f
		return err
	}, string(w.brand.ID), w.source)
	if err != nil {
		return fmt.Errorf("look for refunds: %w", err)
	}
	return nil
}

// sift answers what is rejected or unchanged, and gives the rest. A record whose id comes twice in the batch is compared again
// when its turn comes: the one before it may be rejected.
func (w *batch) sift() (news []*draft) {
	touched := map[string]bool{}
	for _, d := range w.drafts {
		switch {
		case d.err != nil:
			w.answers[d.at] = reject(d.err)
			continue
		case d.order != nil:
			key := "o" + d.order.ExternalID
			if known := w.orders[d.order.ExternalID]; known != nil && known.Digest == d.order.Digest && !touched[key] {
				w.answers[d.at] = Answer{Outcome: customer.Unchanged, ID: known.ID}
				continue
			}
			touched[key] = true
		default:
			key := "r" + d.refund.ExternalID
			if known := w.refunds[d.refund.ExternalID]; known != nil && known.Digest == d.refund.Digest && !touched[key] {
				w.answers[d.at] = Answer{Outcome: customer.Unchanged, ID: known.ID}
				continue
			}
			touched[key] = true
		}
		news = append(news, d)
	}
	return news
}

// own finds or makes the customers.
func (w *batch) own(news []*draft) error {
	w.whose = make(map[*draft]int64, len(news))
	var arrivals []customer.Arrival
	var of []*draft
	beside := map[string]*draft{} // orders of this batch, for refunds that name nobody but their order
	for _, d := range news {
		if d.order != nil {
			beside[d.order.ExternalID] = d
		}
	}
	var followers []*draft
	for _, d := range news {
		if d.refund != nil && d.who == (customer.Who{}) && d.refund.OrderExternalID != "" {
			followers = append(followers, d)
			continue
		}
		a := customer.Arrival{Who: d.who}
		if d.order != nil && d.order.Status == Paid {
			a.PlacedAt = d.order.PlacedAt
		}
		arrivals, of = append(arrivals, a), append(of, d)
	}
	found, err := customer.EnsureAll(w.tx, w.brand, w.source, arrivals)
	if err != nil {
		return err
	}
	for i, f := range found {
		w.whose[of[i]] = f.Num
		of[i].err = f.Err
		if f.Created {
			w.newcomers++
		}
	}
	for _, d := range followers {
		order, known := beside[d.refund.OrderExternalID], w.orders[d.refund.OrderExternalID]
		switch {
		case order != nil && order.err == nil:
			w.whose[d] = w.whose[order]
		case known != nil:
			w.whose[d] = known.User
		default:
			d.err = ErrNoOrder.Say("The refund %q names no customer, and its order %q is not here. Send the order first, or name the customer.", d.refund.ExternalID, d.refund.OrderExternalID)
		}
	}
	return nil
}

// number gives numbers and ids to what is new.
func (w *batch) number(news []*draft) error {
	var orders, refunds []*draft
	seen := map[string]bool{}
	for _, d := range news {
		switch {
		case d.err != nil:
		case d.order != nil && w.orders[d.order.ExternalID] == nil && !seen["o"+d.order.ExternalID]:
			seen["o"+d.order.ExternalID] = true
			orders = append(orders, d)
		case d.refund != nil && w.refunds[d.refund.ExternalID] == nil && !seen["r"+d.refund.ExternalID]:
			seen["r"+d.refund.ExternalID] = true
			refunds = append(refunds, d)
		}
	}
	if len(orders) > 0 {
		first, err := brand.NextNumbers(w.tx, w.brand, "orders", int64(len(orders)))
		if err != nil {
			return err
		}
		for i, d := range orders {
			d.order.Num, d.order.ID = first+int64(i), ID(id.New(id.Order, w.tx.Now()))
		}
	}
	if len(refunds) > 0 {
		first, err := brand.NextNumbers(w.tx, w.brand, "refunds", int64(len(refunds)))
		if err != nil {
			return err
		}
		for i, d := range refunds {
			d.refund.Num, d.refund.ID = first+int64(i), ID(id.New("rfd_", w.tx.Now()))
		}
	}
	return nil
}

// open reads the statistics of everybody whom the batch concerns: also of those who lose an order to another customer.
func (w *batch) open(news []*draft) (*customer.Book, error) {
	nums := make([]int64, 0, len(news))
	for _, d := range news {
		if d.err != nil {
			continue
		}
		nums = append(nums, w.whose[d])
		if d.order != nil {
			if known := w.orders[d.order.ExternalID]; known != nil {
				nums = append(nums, known.User)
			}
			continue
		}
		if known := w.refunds[d.refund.ExternalID]; known != nil {
			nums = append(nums, known.User)
		}
	}
	return customer.Open(w.tx, w.brand, nums)
}

// conclude puts the customers' ids on the answers, and on the event where the batch came from and what it was.
func (w *batch) conclude() error {
	if len(w.putOrders)+len(w.putRefunds) == 0 {
		return nil
	}
	h := sha256.New()
	nums := map[int64]bool{}
	for i := range w.putOrders {
		nums[w.putOrders[i].User] = true
		h.Write([]byte(w.putOrders[i].Digest))
	}
	for i := range w.putRefunds {
		nums[w.putRefunds[i].User] = true
		h.Write([]byte(w.putRefunds[i].Digest))
	}
	w.tx.Note("source", w.source)
	w.tx.Note("digest", base64.RawURLEncoding.EncodeToString(h.Sum(nil)))
	ids, err := customer.IDs(w.tx, slices.Sorted(maps.Keys(nums)))
	if err != nil {
		return err
	}
	for _, d := range w.drafts {
		if a := &w.answers[d.at]; a.Outcome == customer.Created || a.Outcome == customer.Changed {
			a.Customer = w.customer(d, ids)
		}
	}
	return nil
}

func (w *batch) customer(d *draft, ids map[int64]user.ID) user.ID {
	if d.order != nil {
		return ids[d.order.User]
	}
	return ids[d.refund.User]
}
