package customer_test

import (
	"context"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

// TestABannedAddressComesInWithoutAWayIn: somebody is banned and archived, and then another system tells of their address. Facts are taken
// in under its id; the address makes no account that could be entered. Before the archive, the address is still the banned account's.
func TestABannedAddressComesInWithoutAWayIn(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		const email = "zoe@banned.example"
		ctx, root, aurora := context.Background(), op.HostOperator("root"), d.Place("aurora").ID
		id, err := op.Do(ctx, d.Door, root, customer.Create, customer.New{Brand: aurora, FirstName: "Zoe", Email: email})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := op.Do(ctx, d.Door, root, account.Ban, account.Exclusion{User: id, Reason: "Abuse"}); err != nil {
			t.Fatal(err)
		}
		tells := func(external string) customer.Answer {
			t.Helper()
			all, err := op.Do(ctx, d.Door, root, customer.Ingest, customer.Batch{Brand: aurora, Source: "shop", Records: []customer.Record{
				{Who: customer.Who{ExternalID: external, Email: email}, FirstName: "Zoe"},
			}})
			if err != nil {
				t.Fatal(err)
			}
			return all[0]
		}
		if a := tells(""); a.ID != id || a.Outcome != customer.Unchanged {
			t.Errorf("while the account is there: %+v", a)
		}
		if _, err := op.Do(ctx, d.Door, root, privacy.Archive, privacy.Archival{User: id, Reason: privacy.Fraud}); err != nil {
			t.Fatal(err)
		}
		if a := tells(""); a.Outcome != customer.Rejected || a.Reason != user.ErrBarred.Detail {
			t.Errorf("with nothing but the address: %+v", a)
		}
		a := tells("shop-1")
		if a.Outcome != customer.Created {
			t.Fatalf("with an id: %+v", a)
		}
		if u, err := user.Find(d.Store.Read(ctx), a.ID); err != nil || u.Email != "" || u.EmailNorm != "" || u.FirstName != "Zoe" {
			t.Errorf("%+v, %v", u, err)
		}
		if again := tells("shop-1"); again.ID != a.ID || again.Outcome != customer.Unchanged {
			t.Errorf("told again: %+v", again)
		}
		n, err := store.Value[int64](d.Store.Read(ctx).QueryRow("select count(*) from users where email_norm = $1", email))
		if err != nil || n != 0 {
			t.Errorf("%d accounts have the address, %v", n, err)
		}
		if _, err := d.registers(email, ""); err != nil { // is answered as ever, and nothing comes of it
			t.Error(err)
		}
		if kind, _ := d.letter(email); kind != "" {
			t.Errorf("a %s was mailed", kind)
		}
	})
}
