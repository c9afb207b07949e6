package commerce_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

func TestOrdersCountTheMomentTheyArrive(t *testing.T) {
	onBoth(t, func(w *world) {
		o := order("1", "14646", 10, 30_000)
		o.Location = "Leeds"
		cost := gbp(20_000)
		o.Lines[0].Cost = &cost
		pending := order("2", "14646", 20, 999_999)
		pending.Status = commerce.Pending
		out := w.send(append(orders(o, pending, order("3", "14646", 30, 40_001)), refund("r1", "14646", 40, 5_000))...)
		if out.Orders.Created != 3 || out.Refunds.Created != 1 || out.CustomersCreated != 1 {
			w.Fatalf("%+v", out)
		}
		s := w.stats("14646")
		if s.Orders != 2 || s.Gross != 70_001 || s.Refunds != 1 || s.Lifetime != 65_001 || s.Profit != 10_000 || s.Average() != 35_001 ||
			s.FirstOrderAt != o.PlacedAt.UnixMilli() || s.LastOrderAt != start.AddDate(0, 0, 30).UnixMilli() ||
			s.Favourite != "Tea" || s.FavouriteShare != 10_000 || s.Tier != customer.Gold {
			w.Errorf("%+v", s)
		}
		u := w.user("14646")
		if u.Location != w.leeds || u.RegisteredAt != o.PlacedAt.UnixMilli() {
			w.Errorf("home %s, registered %d", u.Location, u.RegisteredAt)
		}
		if until := time.UnixMilli(s.TierUntil).UTC(); until != time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) {
			w.Errorf("gold until %s", until)
		}
	})
}

func TestTheSameContentChangesNothingAtAll(t *testing.T) {
	onBoth(t, func(w *world) {
		records := append(orders(order("1", "a", 1, 100), order("2", "b", 2, 200)), refund("r", "a", 3, 50))
		w.send(records...)
		before, events := w.dump(), len(w.events())
		lines := records[0].Order.Lines
		records[0].Order.Lines = append(lines[:0:0], lines...)
		out := w.send(records...)
		if out.Orders.Unchanged != 2 || out.Refunds.Unchanged != 1 || w.dump() != before || len(w.events()) != events {
			w.Errorf("sent again: %+v, %d events where there were %d", out, len(w.events()), events)
		}
	})
}

func TestNewerContentReplacesTheWholeOrder(t *testing.T) {
	onBoth(t, func(w *world) {
		w.send(orders(order("1", "a", 1, 100), order("2", "a", 9, 900))...)
		moved := order("1", "b", 5, 300) // another customer, another day, another amount
		moved.Lines[0].Category = "Cups"
		if out := w.send(orders(moved)...); out.Orders.Changed != 1 {
			w.Fatalf("%+v", out)
		}
		a, b := w.stats("a"), w.stats("b")
		if a.Orders != 1 || a.Gross != 900 || a.FirstOrderAt != start.AddDate(0, 0, 9).UnixMilli() {
			w.Errorf("who lost the order: %+v", a)
		}
		if b.Orders != 1 || b.Gross != 300 || b.Favourite != "Cups" {
			w.Errorf("who got it: %+v", b)
		}
		cancelled := order("2", "a", 9, 900)
		cancelled.Status = commerce.Cancelled
		w.send(orders(cancelled)...)
		if a := w.stats("a"); a.Orders != 0 || a.Lifetime != 0 || a.LastOrderAt != 0 || a.Favourite != "" {
			w.Errorf("without orders: %+v", a)
		}
	})
}

func TestABatchIsOneEventWithCountsSourceAndDigest(t *testing.T) {
	onBoth(t, func(w *world) {
		before := len(w.events())
		w.send(append(orders(order("1", "a", 1, 100), order("2", "b", 2, 200)), refund("r", "a", 3, 50))...)
		all := w.events()
		if len(all) != before+1 {
			w.Fatalf("%d events for one batch", len(all)-before)
		}
		e := all[0]
		if e.Op != "orders.ingest" || e.Counts["orders"] != 2 || e.Counts["refunds"] != 1 || e.Counts["users"] != 2 ||
			e.Facts["source"] != "shop" || e.Facts["digest"] == "" || len(e.Changes) != 0 {
			w.Errorf("%+v", e.Event)
		}
	})
}

func TestEachRecordIsJudgedOnItsOwn(t *testing.T) {
	onBoth(t, func(w *world) {
		dollars, nowhere, unknown, future, nobody, negative := order("1", "a", 1, 1), order("2", "a", 1, 1), order("3", "a", 1, 1), order("4", "a", 1, 1), order("5", "", 1, 1), order("6", "a", 1, -1)
		dollars.Total.Currency = "USD"
		nowhere.Location = "Atlantis"
		unknown.Status = "Paid"
		future.PlacedAt = w.clock().Add(48 * time.Hour)
		out := w.send(append(orders(dollars, nowhere, unknown, future, nobody, negative, order("7", "a", 1, 700)), commerce.Record{})...)
		for i, want := range []string{"USD", "Atlantis", "Known: paid", "future", "customer is missing", "below zero"} {
			if a := out.Answers[i]; a.Outcome != customer.Rejected || !strings.Contains(a.Reason, want) {
				w.Errorf("record %d: %+v", i, a)
			}
		}
		if out.Answers[6].Outcome != customer.Created || out.Answers[7].Outcome != customer.Rejected || w.stats("a").Gross != 700 {
			w.Errorf("%+v", out.Answers[6:])
		}
		_, err := op.Do(w.Context(), w.door, operator, commerce.Put, commerce.One{Brand: w.brand, Source: "shop", Record: commerce.Record{Order: dollars}})
		if !errors.Is(err, customer.ErrCurrency) {
			w.Errorf("one alone: %v", err)
		}
	})
}

func TestOnlyWhoMayIngestDoes(t *testing.T) {
	onBoth(t, func(w *world) {
		before := w.dump()
		in := commerce.Batch{Brand: w.brand, Source: "shop", Records: orders(order("1", "a", 1, 100))}
		for _, c := range []*op.Caller{staff("support", access.Brand(string(w.brand))), staff("read_only", access.Brand(string(w.brand)))} {
			if _, err := op.Do(w.Context(), w.door, c, commerce.Ingest, in); !errors.Is(err, op.ErrForbidden) {
				w.Errorf("%s: %v", c.ID, err)
			}
		}
		if _, err := op.Do(w.Context(), w.door, staff("admin", access.Brand("brd_other")), commerce.Ingest, in); !errors.Is(err, errs.ErrNotFound) {
			w.Errorf("another brand: %v", err)
		}
		if w.dump() != before {
			w.Error("a refused batch changed something")
		}
	})
}

func TestWhoAnOrderBelongsTo(t *testing.T) {
	onBoth(t, func(w *world) {
		by := func(id string, who customer.Who) commerce.Answer {
			o := order(id, "", 1, 100)
			o.Customer = who
			return w.send(orders(o)...).Answers[0]
		}
		mail := "ada@example.com"
		guest := by("1", customer.Who{Email: "Ada@Example.com", Name: "Ada Okafor"})
		linked := by("2", customer.Who{ExternalID: "7", Email: mail})
		if guest.Outcome != customer.Created || linked.Customer != guest.Customer || w.user("7").Name() != "Ada Okafor" {
			w.Errorf("guest %+v, then with an id %+v", guest, linked)
		}
		if other := by("3", customer.Who{ExternalID: "8", Email: mail}); other.Outcome != customer.Rejected || !strings.Contains(other.Reason, "is 7, not 8") {
			w.Errorf("another id with the same address: %+v", other)
		}
		if again := by("4", customer.Who{ExternalID: "7", Email: "new@example.com"}); again.Customer != guest.Customer || w.user("7").Email != "Ada@example.com" {
			w.Errorf("an order rewrote the profile: %+v, %s", again, w.user("7").Email)
		}
		phone := by("5", customer.Who{Phone: "+44 20 7946 0018"})
		if same := by("6", customer.Who{Phone: "0044 20 79460018"}); phone.Customer == "" || same.Customer != phone.Customer {
			w.Errorf("by telephone %+v and %+v", phone, same)
		}
		if mine := by("7", customer.Who{User: guest.Customer}); mine.Customer != guest.Customer {
			w.Errorf("by our id: %+v", mine)
		}
	})
}

func TestARefundFindsItsCustomerThroughItsOrder(t *testing.T) {
	onBoth(t, func(w *world) {
		r := refund("r", "", 3, 40)
		r.Refund.Order = "1"
		if out := w.send(r); out.Refunds.Rejected != 1 {
			w.Errorf("the order is not there: %+v", out)
		}
		if out := w.send(append([]commerce.Record{r}, orders(order("1", "a", 1, 100))...)...); out.Refunds.Created != 1 || w.stats("a").Lifetime != 60 {
			w.Errorf("beside its order: %+v, %+v", out, w.stats("a"))
		}
	})
}
