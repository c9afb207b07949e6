package commerce_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// The operations of customers are tested here, where orders are at hand.

func TestAHubAdminCreatesAndMovesCustomersOfOwnHubsOnly(t *testing.T) {
	onBoth(t, func(w *world) {
		in := customer.New{Brand: w.brand, Location: w.leeds, FirstName: "Ada", LastName: "Okafor", Email: "ada@example.com"}
		hub := w.hub(w.leeds)
		id, err := op.Do(w.Context(), w.door, hub, customer.Create, in)
		w.ok(err)
		u, err := user.Find(w.db.Read(w.Context()), id)
		w.ok(err)
		if u.Location != w.leeds || u.Kinds != user.IsCustomer || u.Name() != "Ada Okafor" {
			w.Errorf("%+v", u)
		}
		before := w.dump()
		for what, in := range map[string]customer.New{
			"york":      {Brand: w.brand, Location: w.york, Email: "b@example.com"},
			"the brand": {Brand: w.brand, Email: "b@example.com"},
		} {
			if _, err := op.Do(w.Context(), w.door, hub, customer.Create, in); err == nil {
				w.Errorf("created at %s", what)
			}
		}
		if _, err := op.Do(w.Context(), w.door, hub, customer.SetHomeLocation, customer.Home{Customer: id, Location: w.york}); err == nil {
			w.Error("gave a customer to another hub")
		}
		if w.dump() != before {
			w.Error("a refused attempt changed something")
		}
		do(w, customer.SetHomeLocation, customer.Home{Customer: id, Location: w.york})
		if _, err := op.Do(w.Context(), w.door, hub, customer.SetHomeLocation, customer.Home{Customer: id, Location: w.leeds}); !errors.Is(err, errs.ErrNotFound) {
			w.Errorf("after the move: %v", err)
		}
	})
}

func TestACustomerNeedsOneWayToBeKnown(t *testing.T) {
	onBoth(t, func(w *world) {
		create := func(in customer.New) error {
			in.Brand = w.brand
			_, err := op.Do(w.Context(), w.door, operator, customer.Create, in)
			return err
		}
		if err := create(customer.New{FirstName: "Ada"}); errs.Of(err).Fields["email"] == "" {
			w.Errorf("by name only: %v", err)
		}
		w.ok(create(customer.New{Source: "shop", ExternalID: "7"}))
		if err := create(customer.New{Source: "shop", ExternalID: "7"}); !errors.Is(err, customer.ErrExternalTaken) {
			w.Errorf("the same id again: %v", err)
		}
		w.ok(create(customer.New{Email: "ada@example.com"}))
		if err := create(customer.New{Email: "Ada@EXAMPLE.com"}); !errors.Is(err, user.ErrEmailTaken) {
			w.Errorf("the same address again: %v", err)
		}
		out := w.send(orders(order("1", "7", 1, 100))...)
		if out.CustomersCreated != 0 || out.Answers[0].Outcome != customer.Created {
			w.Errorf("an order of the one who is there: %+v", out)
		}
	})
}

func TestAnAddressThatNobodyConfirmedBringsNobodysHistory(t *testing.T) {
	onBoth(t, func(w *world) {
		id := do(w, customer.Create, customer.New{Brand: w.brand, Email: "eve@example.com"})
		_, err := op.Keep(w.Context(), w.door, op.SystemActor("session"), seen, id)
		w.ok(err)
		o := order("1", "7", 1, 100)
		o.Customer.Email = "eve@example.com"
		out := w.send(orders(o)...)
		if a := out.Answers[0]; a.Outcome != customer.Rejected || !strings.Contains(a.Reason, "not confirmed") || len(w.customers()) != 1 {
			w.Errorf("%+v", a)
		}
		do(w, customer.Create, customer.New{Brand: w.brand, Email: "ada@example.com", EmailVerified: true})
		o.Customer.Email = "ada@example.com"
		if a := w.send(orders(o)...).Answers[0]; a.Outcome != customer.Created || len(w.customers()) != 2 {
			w.Errorf("a confirmed one: %+v", a)
		}
	})
}

var seen = &op.Upkeep[user.ID, op.None]{
	Name: "test.seen", Summary: "Somebody signed in",
	Do: func(tx *op.Tx, id user.ID) (op.None, error) { return op.None{}, user.Seen(tx, id) },
}

func TestTheHomeIsTheFirstOrdersUnlessStaffSetOne(t *testing.T) {
	onBoth(t, func(w *world) {
		at := func(id string, days int, place string) *commerce.NewOrder {
			o := order(id, "a", days, 100)
			o.Location = place
			return o
		}
		home := func(want brand.LocationID, when string) {
			w.Helper()
			if got := w.user("a").Location; got != want {
				w.Errorf("%s: home %q, want %q", when, got, want)
			}
		}
		w.send(orders(at("2", 20, "York"))...)
		home(w.york, "one order")
		w.send(orders(at("1", 10, "Leeds"))...)
		home(w.leeds, "an earlier one")
		do(w, customer.SetHomeLocation, customer.Home{Customer: w.user("a").ID, Location: w.york})
		w.send(orders(at("0", 1, "Leeds"))...)
		home(w.york, "set by staff")
		do(w, customer.SetHomeLocation, customer.Home{Customer: w.user("a").ID})
		home(w.leeds, "set no more")
	})
}

func TestImportedSpendCountsForTierAndNotTwice(t *testing.T) {
	onBoth(t, func(w *world) {
		w.send(orders(order("1", "a", 1, 1_000))...)
		id := w.user("a").ID
		do(w, customer.SetImportedSpend, customer.ImportedSpend{Customer: id, Amount: gbp(50_000), From: "Old shop"})
		if s := w.stats("a"); s.Lifetime != 51_000 || s.Imported != 50_000 || s.Tier != customer.Gold || s.Gross != 1_000 {
			w.Errorf("%+v", s)
		}
		_, err := op.Do(w.Context(), w.door, operator, customer.SetImportedSpend, customer.ImportedSpend{Customer: id, Amount: gbp(1), From: "shop"})
		if !errors.Is(err, customer.ErrOrdersThere) {
			w.Errorf("of a source whose orders are here: %v", err)
		}
		events := len(w.events())
		do(w, customer.SetImportedSpend, customer.ImportedSpend{Customer: id, Amount: gbp(50_000), From: "Old shop"})
		if len(w.events()) != events {
			w.Error("the same again is an event")
		}
	})
}

func TestCustomersComeInAsFacts(t *testing.T) {
	onBoth(t, func(w *world) {
		spend := gbp(60_000)
		in := customer.Batch{Brand: w.brand, Source: "shop", Records: []customer.Record{
			{Who: customer.Who{ExternalID: "1", Email: "ada@example.com"}, FirstName: "Ada", LastName: "Okafor", RegisteredAt: start, Location: w.york, ImportedSpend: &spend, ImportedFrom: "Old shop"},
			{Who: customer.Who{ExternalID: "2", Email: "nonsense"}},
			{Who: customer.Who{ExternalID: "3", Name: "Bo"}, Location: "loc_nowhere"},
		}}
		out := do(w, customer.Ingest, in)
		if out[0].Outcome != customer.Created || out[0].ID == "" || out[1].Outcome != customer.Rejected || out[2].Outcome != customer.Rejected {
			w.Fatalf("%+v", out)
		}
		s, u := w.stats("1"), w.user("1")
		if s.Lifetime != 60_000 || s.Tier != customer.Gold || u.Location != w.york || u.RegisteredAt != start.UnixMilli() || u.Name() != "Ada Okafor" {
			w.Errorf("%+v, %+v", s, u)
		}
		before, events := w.dump(), len(w.events())
		if again := do(w, customer.Ingest, in); again[0].Outcome != customer.Unchanged || again[0].ID != out[0].ID || w.dump() != before || len(w.events()) != events {
			w.Errorf("again: %+v", again)
		}
		if e := w.events()[0]; e.Counts["users"] != 1 || len(e.Changes) != 0 {
			w.Errorf("event %+v", e.Event)
		}
	})
}

func TestTiersThatRanOutFallOvernight(t *testing.T) {
	onBoth(t, func(w *world) {
		w.send(orders(order("1", "a", 1, 60_000), order("2", "b", 1, 100))...)
		w.mu.Lock()
		w.now = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		w.mu.Unlock()
		w.roll()
		if s := w.stats("a"); s.Tier != customer.Silver || s.TierUntil != time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() {
			w.Errorf("%+v", s)
		}
		w.send(orders(order("3", "a", 600, 100))...)
		if s := w.stats("a"); s.Tier != customer.Gold {
			w.Errorf("after the next paid order: %+v", s)
		}
	})
}
