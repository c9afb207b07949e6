package api_test

import (
	"testing"

	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

func TestTiersAndBandsAreSettingsOfTheBrand(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		bruno, rosa, kim := d.key("bruno", d.brand("aurora")), d.key("rosa", d.brand("aurora")), d.key("dev", d.brand("aurora"))
		const at = "/v1/settings/customers"
		body := func(gold string) string {
			return `{"tiers":{"silver":20,"gold":` + gold + `,"platinum":900000},"spend_bands":[100,1000],"order_bands":[1,3],"registered_days":[14]}`
		}
		maya := d.Customer("maya")
		spend := customer.ImportedSpend{Customer: maya, Amount: money.Of(60_000, "GBP"), From: "Old shop"}
		if _, err := op.Do(t.Context(), d.Door, op.HostOperator("root"), customer.SetImportedSpend, spend); err != nil {
			t.Fatal(err)
		}
		tier := func() customer.Level {
			u, err := user.Find(d.Store.Read(t.Context()), maya)
			if err != nil {
				t.Fatal(err)
			}
			s, err := customer.FindStats(d.Store.Read(t.Context()), u.Num)
			if err != nil {
				t.Fatal(err)
			}
			return s.Tier
		}
		shown := d.get(rosa, at).is(200)
		if shown.len("spend_bands") != 3 || shown.Header().Get("ETag") == "" {
			t.Fatalf("the defaults: %s", shown.Body)
		}
		if got := tier(); got != customer.Platinum {
			t.Fatalf("by the defaults she is %s", got)
		}
		d.unchanged(func() {
			d.call(rosa, "PUT", at, body("800000"), "If-Match", "*").is(403, "forbidden")
			d.call(kim, "PUT", at, body("800000"), "If-Match", "*").is(403, "forbidden")
			d.call(bruno, "PUT", at, body("10"), "If-Match", "*").is(422, "invalid")
			d.call(bruno, "PUT", at+"?brand=meridian", body("800000"), "If-Match", "*").is(404)
		})
		d.get(bruno, "/v1/customers?lifetime_spend[band]=50-500").is(200)
		d.call(bruno, "PUT", at, body("800000"), "If-Match", "*").is(200)
		d.call(bruno, "PUT", at, body("700000"), "If-Match", shown.Header().Get("ETag")).is(412)
		d.get(bruno, "/v1/customers?lifetime_spend[band]=100-1000&order_count[band]=1-2").is(200)
		d.get(bruno, "/v1/customers?lifetime_spend[band]=50-500").is(422)

		for slice := (customer.RetierSlice{Brand: d.Place("aurora").ID}); ; {
			next, err := op.Keep(t.Context(), d.Door, op.SystemActor("clock"), customer.RetierNext, slice)
			if err != nil {
				t.Fatal(err)
			}
			if slice.After = next; next == 0 {
				break
			}
		}
		if got := tier(); got != customer.Silver {
			t.Errorf("by the new thresholds she is %s", got)
		}
		out, err := commerce.RebuildAll(t.Context(), d.Door, op.HostOperator("root"), d.Place("aurora").ID, nil)
		if err != nil || out.Corrected != 0 {
			t.Errorf("a rebuild corrected %d rows: %v", out.Corrected, err)
		}
	})
}
