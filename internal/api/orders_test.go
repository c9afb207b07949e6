package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

const order = `{"external_id":"536365","customer":{"external_id":"17850","email":"zoe@example.com","name":"Zoë Núñez"},"location":"York","status":"paid",` +
	`"placed_at":"2026-11-19T10:26:00Z","total":{"amount":13912,"currency":"GBP"},` +
	`"lines":[{"title":"Lantern","category":"Home","quantity":"6","unit_price":"23.1866","total":{"amount":13912,"currency":"GBP"},"cost":{"amount":4000,"currency":"GBP"}}]}`

const refund = `{"external_id":"C536379","order":"536365","refunded_at":"2026-11-19T12:00:00Z","amount":{"amount":500,"currency":"GBP"}}`

func TestOrdersComeInOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		dev := d.make(newKey(d, "dev", "shop", access.FactsIngest)).Token
		d.call(dev, "POST", "/v1/orders", order).is(400, "idempotency_key_needed")
		d.call(dev, "POST", "/v1/orders", order, "Idempotency-Key", "a b").is(400, "idempotency_key")
		d.call(dev, "POST", "/v1/orders", order, "Idempotency-Key", strings.Repeat("k", 256)).is(400, "idempotency_key")
		if d.count("orders") != 0 {
			t.Fatal("a refusal took in an order")
		}
		first := d.call(dev, "POST", "/v1/orders", order, "Idempotency-Key", "k1").is(201)
		replay := d.call(dev, "POST", "/v1/orders", order, "Idempotency-Key", "k1").is(201)
		if first.Body.String() != replay.Body.String() || first.text("outcome") != "created" {
			t.Errorf("first %s, then %s", first.Body, replay.Body)
		}
		d.unchanged(func() {
			d.call(dev, "POST", "/v1/orders", strings.Replace(order, "13912", "13913", 1), "Idempotency-Key", "k1").is(422, "idempotency_key_reused")
			if r := d.call(dev, "POST", "/v1/orders", order, "Idempotency-Key", "k2").is(200); r.text("outcome") != "unchanged" {
				t.Errorf("the same again: %s", r.Body)
			}
		})
		if r := d.call(dev, "POST", "/v1/refunds", refund, "Idempotency-Key", "k3").is(201); r.text("outcome") != "created" {
			t.Errorf("the refund: %s", r.Body)
		}
		d.get(dev, "/v1/orders").is(403, "forbidden")

		ines := d.key("ines", d.brand("aurora"))
		list := d.get(ines, "/v1/orders?status=paid&placed_at[gte]=2026-11-19T00:00:00Z").is(200)
		if list.len("data") != 1 || list.text("data", 0, "source") != "shop" || fmt.Sprint(list.value("data", 0, "total", "amount")) != "13912" {
			t.Fatalf("the list: %s", list.Body)
		}
		shown := d.get(ines, "/v1/orders/"+first.text("id")).is(200)
		if shown.text("lines", 0, "quantity") != "6" || shown.len("refunds") != 1 || strings.Contains(shown.Body.String(), "cost") {
			t.Errorf("the order: %s", shown.Body)
		}
		if r := d.get(ines, "/v1/customers/"+shown.text("customer")+"/orders").is(200); r.len("data") != 1 {
			t.Errorf("the customer's orders: %s", r.Body)
		}
		if r := d.get(ines, "/v1/customers/"+shown.text("customer")).is(200); fmt.Sprint(r.value("lifetime_spend", "amount")) != "13412" {
			t.Errorf("the customer: %s", r.Body)
		}
		d.call(dev, "POST", "/v1/orders", strings.Replace(order, "536365", "536366", 1), "Idempotency-Key", "k4").is(201)
		for _, path := range []string{"/v1/orders?limit=1", "/v1/customers/" + shown.text("customer") + "/orders?limit=1"} {
			if r := d.get(ines, path).is(200); r.len("data") != 1 || fmt.Sprint(r.value("total")) != "2" || r.text("next_cursor") == "" {
				t.Errorf("%s: %s", path, r.Body)
			}
			if r := d.get(ines, path+"&status=pending").is(200); fmt.Sprint(r.value("total")) != "0" {
				t.Errorf("%s, of those pending: %s", path, r.Body)
			}
			if r := d.get(ines, path+"&total=false").is(200); r.len("data") != 1 || strings.Contains(r.Body.String(), `"total":2`) {
				t.Errorf("%s without its total: %s", path, r.Body)
			}
		}
		priya := d.key("priya", d.brand("meridian"))
		hidden, absent := d.get(priya, "/v1/orders/"+first.text("id")).is(404), d.get(priya, "/v1/orders/ord_none").is(404)
		if hidden.Body.String() != absent.Body.String() {
			t.Errorf("a hidden order answers %s, an absent one %s", hidden.Body, absent.Body)
		}
		d.get(ines, "/v1/orders?status=lost").is(422, "invalid")
		d.get(ines, "/v1/orders?placed_at[gte]=yesterday").is(422, "invalid")
		d.get(ines, "/v1/orders?placed_at=2026-11-19").is(400, "unknown_parameter")
	})
}

func TestABatchIsJudgedRecordByRecord(t *testing.T) {
	d := one(t)
	dev := d.key("dev", d.brand("aurora"), access.FactsIngest)
	wrong := strings.Replace(strings.Replace(order, "GBP", "USD", 1), "536365", "536366", 1)
	r := d.call(dev, "POST", "/v1/orders/batch", `{"records":[{"order":`+order+`},{"refund":`+refund+`},{"order":`+wrong+`},{}]}`, "Idempotency-Key", "b1").is(200)
	if r.text("records", 0, "outcome") != "created" || r.text("records", 1, "outcome") != "created" || r.text("records", 2, "code") != "currency_other" ||
		r.text("records", 3, "outcome") != "rejected" || fmt.Sprint(r.value("customers_created")) != "1" {
		t.Errorf("the batch: %s", r.Body)
	}
	ada := d.key("ada", access.Platform, access.FactsIngest)
	many := `{"records":[` + strings.TrimSuffix(strings.Repeat(`{},`, 501), ",") + `]}`
	d.unchanged(func() {
		d.call(dev, "POST", "/v1/orders/batch", many, "Idempotency-Key", "b2").is(413, "batch_too_large")
		d.call(dev, "POST", "/v1/orders/batch", `{"records":[{"order":`+order+`,"Order":1}]}`, "Idempotency-Key", "b3").is(400, "unknown_field")
		d.call(dev, "POST", "/v1/orders/batch", `{"records":[],"source":"other"}`, "Idempotency-Key", "b3").is(400, "unknown_field")
		d.call(dev, "POST", "/v1/orders", strings.Replace(order, `"amount":13912`, `"amount":"13912"`, 1), "Idempotency-Key", "b4").is(422, "invalid")
		d.call(dev, "POST", "/v1/orders", strings.Replace(order, `"amount":13912`, `"amount":139.12`, 1), "Idempotency-Key", "b4").is(422, "invalid")
		d.call(dev, "POST", "/v1/orders", strings.Replace(order, `"amount":13912`, `"amount":1e99`, 1), "Idempotency-Key", "b4").is(422, "invalid")
		d.call(dev, "POST", "/v1/orders", strings.Replace(order, `2026-11-19T10:26:00Z`, `19.11.2026`, 1), "Idempotency-Key", "b4").is(422, "invalid")
		d.call(dev, "POST", "/v1/orders", wrong, "Idempotency-Key", "b4").is(422, "currency_other")
		d.call(dev, "POST", "/v1/orders?brand=meridian", order, "Idempotency-Key", "b5").is(404, "not_found")
		d.call(ada, "POST", "/v1/orders", order, "Idempotency-Key", "b5").is(400, "brand_needed")
	})
	var large strings.Builder
	large.WriteString(`{"records":[`)
	for i := range 500 {
		if i > 0 {
			large.WriteByte(',')
		}
		o := strings.Replace(order, "536365", fmt.Sprintf("L%d", i), 1)
		large.WriteString(`{"order":` + strings.Replace(o, `"title":"Lantern"`, `"title":"`+strings.Repeat("x", 480)+`"`, 1) + `}`)
	}
	large.WriteString(`]}`)
	if r := d.call(dev, "POST", "/v1/orders/batch", large.String(), "Idempotency-Key", "b6").is(200); fmt.Sprint(r.value("orders", "created")) != "500" {
		t.Errorf("500 orders: %.300s", r.Body)
	}
	d.call(dev, "POST", "/v1/orders/batch", `{"records":["`+strings.Repeat("x", 8<<20)+`"]}`, "Idempotency-Key", "b7").is(413, "too_large")
}
