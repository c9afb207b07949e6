package privacy_test

import (
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
)

func (d *desk) shopper(id user.ID) *op.Caller {
	return &op.Caller{Kind: op.Person, ID: string(id), Person: string(id), Home: d.brand("aurora").Scope(), IP: "203.0.113.7"}
}

func (d *desk) requests(by *op.Caller) (all []privacy.RequestShown) {
	d.t.Helper()
	all, err := op.Ask(d.t.Context(), d.Door, by, privacy.Requests, privacy.RequestPage{})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func (d *desk) mine(id user.ID) *privacy.RequestShown {
	d.t.Helper()
	r, err := op.Ask(d.t.Context(), d.Door, d.shopper(id), privacy.OwnRequest, op.None{})
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func (d *desk) told(kind string) bool {
	return slices.ContainsFunc(d.Mails(), func(m mailing.Read) bool { return m.Kind == kind && m.To == "zqmail@zqhost.example" })
}

func TestARequestForDeletionEndsWithTheArchive(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		refused(d, "sign_in", op.Nobody("", "", ""), privacy.AskDeletion, privacy.Wish{})
		seen := *d.shopper(id)
		seen.As = &op.Impersonator{Person: string(d.Member("ada").ID), Writes: true}
		refused(d, "impersonating", &seen, privacy.AskDeletion, privacy.Wish{})
		must(d, d.shopper(id), privacy.AskDeletion, privacy.Wish{Reason: "Zqreason: too many mails"})
		if !d.told("deletion_asked") {
			t.Error("nobody was told")
		}
		refused(d, "deletion_asked", d.shopper(id), privacy.AskDeletion, privacy.Wish{})
		all := d.requests(d.As("ines"))
		if len(all) != 1 || all[0].User != id || all[0].Reason != "Zqreason: too many mails" || all[0].DaysLeft(d.Door.Now()) != 30 {
			t.Fatalf("%+v", all)
		}
		d.Later(31 * day)
		if left := d.requests(d.As("ines"))[0].DaysLeft(d.Door.Now()); left != -2 && left != -1 {
			t.Errorf("%d days left", left)
		}
		if n := d.number("select count(*) from deletion_requests where reason_box like '%Zqreason%'"); n != 0 {
			t.Error("the reason is not sealed")
		}
		must(d, d.As("ines"), privacy.Archive, archived(id))
		if n := d.number("select count(*) from deletion_requests where state = 'done' and closed_by = $1", string(d.Member("ines").ID)); n != 1 {
			t.Error("the archive did not close the request")
		}
		if all := d.requests(d.As("ines")); len(all) != 0 {
			t.Errorf("still open: %+v", all)
		}
		d.verify()
	})
}

func TestRequestsAreSeenByWhoMayArchive(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		must(d, d.shopper(id), privacy.AskDeletion, privacy.Wish{})
		for _, key := range []string{"ada", "ines"} {
			if n := len(d.requests(d.As(key))); n != 1 {
				t.Errorf("%s sees %d", key, n)
			}
		}
		for _, key := range []string{"kim", "johanna", "olu"} {
			_, err := op.Ask(t.Context(), d.Door, d.As(key), privacy.Requests, privacy.RequestPage{})
			if err == nil {
				t.Errorf("%s may list", key)
			}
		}
		request := d.requests(d.As("ada"))[0].ID
		refused(d, "oneself", d.shopper(id), privacy.RefuseDeletion, privacy.Refusing{Request: request, Reason: "No"})
		refused(d, "not_found", d.As("kim"), privacy.RefuseDeletion, privacy.Refusing{Request: request, Reason: "No"})
		refused(d, "invalid", d.As("ines"), privacy.RefuseDeletion, privacy.Refusing{Request: request, Reason: " "})
		refused(d, "not_found", d.As("ines"), privacy.RefuseDeletion, privacy.Refusing{Request: "drq_none", Reason: "No"})
		must(d, d.As("ines"), privacy.RefuseDeletion, privacy.Refusing{Request: request, Reason: "An order is still open."})
		if r := d.mine(id); r.State != privacy.RequestRefused || r.Answer != "An order is still open." || !d.told("deletion_refused") {
			t.Errorf("refused: %+v", r)
		}
		refused(d, "deletion_request_closed", d.As("ines"), privacy.RefuseDeletion, privacy.Refusing{Request: request, Reason: "Again"})
		refused(d, "no_deletion_request", d.shopper(id), privacy.WithdrawDeletion, op.None{})
	})
}

func TestARequestIsWithdrawnAndAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.zora()
		if d.mine(id) != nil {
			t.Error("nothing was asked")
		}
		must(d, d.shopper(id), privacy.AskDeletion, privacy.Wish{})
		must(d, d.shopper(id), privacy.WithdrawDeletion, op.None{})
		if r := d.mine(id); r.State != privacy.RequestWithdrawn || !d.told("deletion_withdrawn") {
			t.Errorf("withdrawn: %+v", r)
		}
		must(d, d.shopper(id), privacy.AskDeletion, privacy.Wish{})
		if r := d.mine(id); r.State != privacy.RequestOpen {
			t.Errorf("asked again: %+v", r)
		}
		must(d, d.As("ines"), privacy.Delete, privacy.Who{User: id})
		if n := d.number("select count(*) from deletion_requests"); n != 0 {
			t.Errorf("%d requests of somebody deleted", n)
		}
	})
}
