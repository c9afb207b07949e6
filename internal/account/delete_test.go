package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/record"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/tests/dump"
)

func TestWhoHasAHistoryIsNotDeleted(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		refused(d, "has_history", d.As("ines"), privacy.Delete, privacy.Who{User: maya})
		_, err := op.Do(t.Context(), d.Door, d.As("ines"), privacy.Delete, privacy.Who{User: maya})
		if got := err.Error(); !strings.Contains(got, "orders") || !strings.Contains(got, "Archive it instead") {
			t.Errorf("the refusal says %q", got)
		}
		refused(d, "has_history", d.As("ines"), privacy.Delete, privacy.Who{User: jose})
		// Spend on a previous platform is a history too.
		tariq := d.Customer("tariq")
		must(d, d.As("ines"), customer.SetImportedSpend, customer.ImportedSpend{Customer: tariq, Amount: money.Of(50_00, "GBP"), From: "the old shop"})
		refused(d, "has_history", d.As("ines"), privacy.Delete, privacy.Who{User: tariq})
	})
}

func TestWhoMayDeleteWhom(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		tariq := d.Customer("tariq")
		for _, c := range []struct {
			by   string
			whom user.ID
			code string
		}{
			{"ines", d.member("ines"), "oneself"}, {"ines", d.member("bruno"), "holds_more"}, {"priya", tariq, "not_found"}, {"kim", tariq, "forbidden"},
			{"johanna", tariq, "forbidden"}, {"olu", tariq, "forbidden"}, {"bruno", d.member("ada"), "not_found"}, {"ada", "usr_none", "not_found"},
			{"ines", tariq, "step_up_required"},
		} {
			t.Logf("%s, %s", c.by, c.whom)
			if c.code == "step_up_required" {
				if _, got := try(d, d.As(c.by), privacy.Delete, privacy.Who{User: c.whom}); got != c.code || d.number("select count(*) from users where id = $1", string(c.whom)) != 1 {
					t.Errorf("without a code: %q", got)
				}
				continue
			}
			refused(d, c.code, d.As(c.by), privacy.Delete, privacy.Who{User: c.whom})
		}
		must(d, d.As("ines"), account.Ban, account.Exclusion{User: tariq, Reason: "Abuse"})
		refused(d, "banned", d.As("ines"), privacy.Delete, privacy.Who{User: tariq}) // or nobody could lift the ban of the address
	})
}

// TestNothingStaysOfWhoIsDeleted: no table names them any more, but the log and their revoked keys; and the log cannot be read.
func TestNothingStaysOfWhoIsDeleted(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		added := must(d, d.As("bruno"), account.Add, d.sam(access.BrandAdmin))
		if refusal := d.accept(added.Token, "quiet otters drift by 12"); refusal != "" {
			t.Fatal(refusal)
		}
		sam := added.User
		in, refusal := d.signIn("sam.reed@aurora.example", "quiet otters drift by 12")
		if refusal != "" {
			t.Fatal(refusal)
		}
		d.signIn("sam.reed@aurora.example", "wrong")
		key := must(d, op.HostOperator("root"), apikey.Create, apikey.New{Name: "Shop", Scope: d.brand("aurora").Scope(), Permissions: access.Of(access.CustomersView), Owner: sam})
		must(d, d.As("bruno"), account.Edit, account.Changes{User: sam, Phone: to("+44 20 7946 0958"), Address: to("14 Marygate Lane")})
		d.Later(time.Minute)
		must(d, op.HostOperator("root"), customer.Ingest, customer.Batch{Brand: d.brand("aurora"), Source: "shop", Records: []customer.Record{{Who: customer.Who{ExternalID: "c-9", Email: "sam.reed@aurora.example"}}}})
		must(d, d.As("bruno"), account.ResetPassword, account.Of(sam))
		num := d.user(sam).Num

		must(d, d.As("bruno"), privacy.Delete, privacy.Who{User: sam})
		if d.isIn(in.Token) {
			t.Error("a session still opens the desk")
		}
		if _, _, err := apikey.Authenticate(t.Context(), d.Door, key.Token, apikey.From{}); err == nil {
			t.Error("a key still works")
		}
		for _, where := range d.named(string(sam), fmt.Sprint(num), "sam.reed", "Marygate") {
			if table, _, _ := strings.Cut(where, "."); !slices.Contains([]string{"audit_events", "audit_subjects", "api_keys", "job_runs", "hidden_persons"}, table) {
				t.Errorf("%s still tells of them", where)
			}
		}

		// From this instant on the log has placeholders. The job destroys the key, and the log still verifies.
		d.placeholders("before the job", "Marygate", "sam.reed")
		d.Eraser.Log = d.Log
		if err := d.Eraser.Forget(t.Context(), &jobs.Job[privacy.Forget]{Args: privacy.Forget{Person: sam}}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Keys.Seal(t.Context(), string(sam), []byte("x")); !errors.Is(err, secret.ErrErased) {
			t.Errorf("the key: %v", err)
		}
		if gone, err := secret.ReadJournal(d.Eraser.Journal.Path()); err != nil || len(gone) != 1 || gone[0].Person != secret.Tombstone(string(sam)) {
			t.Errorf("the journal of erasures: %v %v", gone, err)
		}
		d.placeholders("after the job", "Marygate", "sam.reed")
		d.verify()
		// The address is free again.
		must(d, d.As("bruno"), account.Add, d.sam(access.Support))
	})
}

// placeholders demands that the log of Aurora tells none of the words, and shows that something was there.
func (d *desk) placeholders(when string, words ...string) {
	d.t.Helper()
	page, err := op.Ask(d.t.Context(), d.Door, d.As("bruno"), record.List, record.Ask{Brand: d.brand("aurora"), Limit: 200})
	if err != nil {
		d.t.Fatal(err)
	}
	erased := 0
	for _, e := range page.Entries {
		for _, c := range e.Changes {
			for _, w := range words {
				if strings.Contains(c.Before.Text+c.After.Text, w) {
					d.t.Errorf("%s: %s: %s still says %q → %q", when, e.Op, c.Field, c.Before.Text, c.After.Text)
				}
			}
			if c.Before.Erased || c.After.Erased {
				erased++
			}
		}
	}
	if erased == 0 {
		d.t.Errorf("%s: the log shows no placeholder", when)
	}
}

func (d *desk) named(what ...string) (where []string) {
	d.t.Helper()
	r := d.Store.Read(context.Background())
	tables, err := dump.Tables(r)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, table := range tables {
		for _, c := range table.Columns {
			for _, w := range what {
				n := d.number("select count(*) from "+table.Name+" where cast("+c.Name+" as text) like '%' || $1 || '%'", w)
				if n > 0 {
					where = append(where, table.Name+"."+c.Name)
				}
			}
		}
	}
	return where
}
