package commerce_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// history makes random histories: few customers and few ids, so that records meet.
type history struct {
	*world
	rnd     *rand.Rand
	orders  map[string]*commerce.NewOrder // as last accepted
	refunds map[string]*commerce.NewRefund
}

func (h *history) who() customer.Who {
	n := h.rnd.IntN(7)
	switch h.rnd.IntN(6) {
	case 0:
		return customer.Who{Email: fmt.Sprintf("c%d@example.com", n)}
	case 1:
		return customer.Who{ExternalID: fmt.Sprintf("c%d", n), Email: fmt.Sprintf("c%d@example.com", n), Name: "Ada Okafor"}
	}
	return customer.Who{ExternalID: fmt.Sprintf("c%d", n)}
}

func (h *history) at() time.Time {
	at := h.clock().Add(-time.Duration(h.rnd.IntN(900*24)) * time.Hour)
	if h.rnd.IntN(3) == 0 { // many at one instant
		at = start.AddDate(-3, 0, h.rnd.IntN(2))
	}
	return at
}

func (h *history) record() commerce.Record {
	if h.rnd.IntN(4) == 0 {
		f := &commerce.NewRefund{
			ExternalID: fmt.Sprintf("r%d", h.rnd.IntN(12)), Customer: h.who(), RefundedAt: h.at(), Amount: gbp(h.rnd.Int64N(20_000)),
			Order: fmt.Sprintf("o%d", h.rnd.IntN(25)),
		}
		if h.rnd.IntN(3) == 0 {
			f.Customer = customer.Who{}
		}
		return commerce.Record{Refund: f}
	}
	o := &commerce.NewOrder{
		ExternalID: fmt.Sprintf("o%d", h.rnd.IntN(25)), Customer: h.who(), PlacedAt: h.at(), Total: gbp(h.rnd.Int64N(200_000)),
		Status: []commerce.Status{commerce.Paid, commerce.Paid, commerce.Paid, commerce.Pending, commerce.Cancelled, commerce.Void}[h.rnd.IntN(6)],
	}
	if h.rnd.IntN(2) == 0 {
		o.Location = []string{"Leeds", "york", string(h.leeds), "Nowhere"}[h.rnd.IntN(4)]
	}
	for range h.rnd.IntN(4) {
		l := commerce.NewLine{Title: "x", Category: []string{"", "Tea", "Cups", "Thé"}[h.rnd.IntN(4)], Total: gbp(h.rnd.Int64N(9_000) - 500)}
		if h.rnd.IntN(2) == 0 {
			cost := gbp(h.rnd.Int64N(3_000))
			l.Cost = &cost
		}
		o.Lines = append(o.Lines, l)
	}
	return commerce.Record{Order: o}
}

// step is one thing that happens.
func (h *history) step() {
	switch n := h.rnd.IntN(10); {
	case n == 0:
		h.later(time.Duration(h.rnd.IntN(400*24)) * time.Hour)
		if h.rnd.IntN(2) == 0 {
			h.roll()
		}
	case n == 1 && len(h.customers()) > 0:
		c := h.customers()[h.rnd.IntN(len(h.customers()))]
		do(h.world, customer.SetImportedSpend, customer.ImportedSpend{Customer: c, Amount: gbp(h.rnd.Int64N(600_000)), From: "Old shop"})
	case n == 2 && len(h.customers()) > 0:
		c := h.customers()[h.rnd.IntN(len(h.customers()))]
		do(h.world, customer.SetHomeLocation, customer.Home{Customer: c, Location: []brand.LocationID{"", h.leeds, h.york}[h.rnd.IntN(3)]})
	default:
		records := make([]commerce.Record, 1+h.rnd.IntN(12))
		for i := range records {
			records[i] = h.record()
		}
		out := h.send(records...)
		for i, a := range out.Answers {
			switch {
			case a.Outcome == customer.Rejected && a.Reason == "":
				h.Fatalf("rejected without a sentence: %+v", records[i])
			case a.Outcome == customer.Rejected:
			case records[i].Order != nil:
				h.orders[records[i].Order.ExternalID] = records[i].Order
			default:
				h.refunds[records[i].Refund.ExternalID] = records[i].Refund
			}
		}
	}
}

// add sums up what was accepted.
func (h *history) add() (orders, gross, refunds, refunded int64) {
	for _, o := range h.orders {
		if o.Status == commerce.Paid {
			orders++
			gross += o.Total.Minor
		}
	}
	for _, f := range h.refunds {
		refunds++
		refunded += f.Amount.Minor
	}
	return orders, gross, refunds, refunded
}

func TestARebuildGivesTheRowsThatEveryHistoryLeft(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	onBoth(t, func(w *world) {
		for round := range rounds {
			h := &history{world: w, rnd: rand.New(rand.NewPCG(uint64(round), 7)), orders: map[string]*commerce.NewOrder{}, refunds: map[string]*commerce.NewRefund{}}
			w.brand = do(w, brand.Create, brand.New{Slug: fmt.Sprintf("round-%d", round), Name: "Round", Currency: "GBP", Zone: "America/New_York"})
			w.leeds = do(w, brand.AddLocation, brand.NewLocation{Brand: w.brand, Name: "Leeds", City: "Leeds"})
			w.york = do(w, brand.AddLocation, brand.NewLocation{Brand: w.brand, Name: "York", City: "York"})
			for range 150 {
				h.step()
			}
			h.check(round)
		}
	})
}

func (h *history) check(round int) {
	h.Helper()
	h.roll()
	rows, err := customer.Statistics.All(h.db.Read(h.Context()), "where brand_num = (select num from brands where id = $1)", string(h.brand))
	h.ok(err)
	var sum customer.Stats
	for _, s := range rows {
		sum.Orders, sum.Gross, sum.Refunds, sum.Refunded = sum.Orders+s.Orders, sum.Gross+s.Gross, sum.Refunds+s.Refunds, sum.Refunded+s.Refunded
	}
	orders, gross, refunds, refunded := h.add()
	if sum.Orders != orders || sum.Gross != gross || sum.Refunds != refunds || sum.Refunded != refunded {
		h.Errorf("round %d: statistics sum up to %+v, accepted were %d orders of %d, %d refunds of %d", round, sum, orders, gross, refunds, refunded)
	}
	before := h.dump()
	out, err := commerce.RebuildAll(h.Context(), h.door, operator, h.brand, nil)
	h.ok(err)
	if after := h.dump(); out.Corrected != 0 || after != before {
		h.Fatalf("round %d: a rebuild corrected %d rows:\n%s\nit was\n%s", round, out.Corrected, after, before)
	}
	wrong := slices.Clone(rows)
	for i := range wrong {
		wrong[i] = customer.Stats{Num: wrong[i].Num, Brand: wrong[i].Brand, Orders: 7, Gross: 1, Favourite: "Nonsense", LastOrderAt: 12}
	}
	_, err = op.Keep(h.Context(), h.door, op.SystemActor("test"), scramble, wrong)
	h.ok(err)
	if out, err = commerce.RebuildAll(h.Context(), h.door, operator, h.brand, nil); err != nil || out.Corrected != int64(len(rows)) {
		h.Errorf("round %d: of %d wrong rows %d were corrected, %v", round, len(rows), out.Corrected, err)
	}
	if after := h.dump(); after != before {
		h.Fatalf("round %d: rebuilt\n%s\nit was\n%s", round, after, before)
	}
}
