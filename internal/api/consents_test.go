package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
)

// More requests than one page can have are all listed, and counted.
func TestEveryOpenRequestForDeletionIsListedAndCounted(t *testing.T) {
	const all = 203
	d := one(t)
	ines := d.key("ines", d.brand("aurora"))
	orders := make([]string, all)
	for n := range orders {
		orders[n] = fmt.Sprintf(`{"order":{"external_id":"o%d","customer":{"email":"asks%d@example.com"},"status":"paid","placed_at":"2026-01-02T03:04:05Z","total":{"amount":1,"currency":"GBP"}}}`, n, n)
	}
	made := d.call(ines, "POST", "/v1/orders/batch", `{"records":[`+strings.Join(orders, ",")+`]}`, "Idempotency-Key", "all").is(200)
	for n := range orders {
		d.Later(time.Second) // so that one code is the newest
		id := made.text("records", n, "customer")
		c := &op.Caller{Kind: op.Person, ID: id, Person: id, Home: d.brand("aurora")}
		_, err := op.Do(t.Context(), d.Door, c, privacy.AskDeletion, privacy.Wish{})
		proof := op.Proof{Code: d.Code()}
		proof.ID, _ = extra(err, "step_up").(string)
		if _, err := op.Do(t.Context(), d.Door, c, privacy.AskDeletion, privacy.Wish{}, op.With(proof)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for cursor := ""; ; {
		r := d.get(ines, "/v1/deletion-requests?limit=200"+cursor).is(200)
		if total := fmt.Sprint(r.value("total")); total != fmt.Sprint(all) {
			t.Fatalf("of %d, %s are counted", all, total)
		}
		for i := range r.len("data") {
			seen[r.text("data", i, "user")] = true
		}
		if cursor = r.text("next_cursor"); cursor == "" {
			break
		}
		cursor = "&cursor=" + cursor
	}
	if len(seen) != all {
		t.Errorf("%d of %d are on the pages", len(seen), all)
	}
	d.get(d.key("dev", d.brand("aurora")), "/v1/deletion-requests").is(403, "forbidden")
}
