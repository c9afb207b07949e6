package access_test

import (
	"encoding/json"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
)

var words = access.Words{Place: func(s access.Scope) string {
	name, ok := map[access.Scope]string{access.Platform: "the platform", b1: "Marlow & Finch", b10: "Saltmarsh Supply", leeds: "Leeds",
		york: "York", acme: "Acme", b1.Location("hull"): "Hull", b1.Location("bath"): "Bath", b1.Location("bristol"): "Bristol"}[s]
	if !ok {
		return s.String()
	}
	return name
}}

func TestSentencesSayWhatDecidesAndWhatWouldHelp(t *testing.T) {
	adjusted := hold(access.BrandAdmin, b1)
	adjusted.Remove = access.Of(access.OrdersRefund)
	later, earlier, ending := hold(access.Admin, leeds), hold(access.Admin, leeds), hold(access.Admin, b1)
	later.From, earlier.Until, ending.Until = now+1, now, now+1
	elsewhereAndOver := hold(access.Admin, york)
	elsewhereAndOver.Until = now
	hubs := func(names ...string) (gs []access.Grant) {
		for _, name := range names {
			gs = append(gs, hold(access.HubAdmin, b1.Location(name)))
		}
		return gs
	}
	const refund, suspend, all = access.OrdersRefund, access.UsersSuspend, access.Everybody
	for _, c := range []struct {
		gs      access.Grants
		p       access.Permission
		at      access.Scope
		kind    access.PersonKind
		verdict access.Verdict
		want    string
	}{
		{only(access.BrandAdmin, b1), refund, leeds, all, access.Gives, "You have “Refund orders” at Leeds as Brand Admin at Marlow & Finch."},
		{access.Resolve(ending), refund, leeds, all, access.Gives, "You have “Refund orders” at Leeds as Admin at Marlow & Finch, until 15 Jan 2027."},
		{only(access.HubAdmin, york), refund, leeds, all, access.OtherPlace, "You need “Refund orders” at Leeds. You have it at York."},
		{access.Resolve(hubs("york", "hull")...), refund, leeds, all, access.OtherPlace, "You need “Refund orders” at Leeds. You have it at York and Hull."},
		{access.Resolve(hubs("york", "hull", "bath", "bristol", "x")...), refund, leeds, all, access.OtherPlace,
			"You need “Refund orders” at Leeds. You have it at York, Hull, Bath and 2 more places."},
		{only(access.Support, b1), refund, leeds, all, access.NotInRole, "You need “Refund orders” at Leeds. Support does not have it."},
		{access.Resolve(adjusted), refund, leeds, all, access.TakenAway, "You need “Refund orders” at Leeds. Brand Admin has it, but this grant was given without it."},
		{access.Resolve(later), refund, leeds, all, access.NotYet, "You need “Refund orders” at Leeds. You have it there from 15 Jan 2027."},
		{access.Resolve(earlier), refund, leeds, all, access.Ended, "You need “Refund orders” at Leeds. You had it there until 15 Jan 2027."},
		{access.Resolve(elsewhereAndOver), refund, leeds, all, access.Unrelated, "You need “Refund orders” at Leeds. You have no role that reaches there now."},
		{only(access.HubAdmin, leeds), suspend, leeds, access.Staff, access.NotThisKind, "You need “Suspend accounts” at Leeds. Hub Admin has it for customers only."},
		{only(access.Support, b1), suspend, leeds, access.Staff, access.NotThisKind, "You need “Suspend accounts” at Leeds. Support has it for customers and company users only."},
		{only(access.Orderer, acme), access.BudgetsView, acme, access.CompanyUser, access.NotThisKind, "You need “View budgets” at Acme. Orderer has it for one's own only."},
		{only(access.Admin, b1).Only(access.Of(access.OrdersView), b1), refund, leeds, all, access.Narrowed,
			"You need “Refund orders” at Leeds. This key or session was made without it."},
		{only(access.HubAdmin, b1), refund, leeds, all, access.Void, "You need “Refund orders” at Leeds. Hub Admin cannot be held at Marlow & Finch as it was given, so it gives nothing."},
		{access.Resolve(hold(access.Support, b1), earlier), refund, leeds, all, access.Ended, "You need “Refund orders” at Leeds. You had it there until 15 Jan 2027."},
	} {
		e := c.gs.Explain(now, c.p, c.at, c.kind)
		if got := e.Sentence(words); got != c.want || e.Decided.Verdict != c.verdict {
			t.Errorf("%s: %s\nwant %s: %s", e.Decided.Verdict, got, c.verdict, c.want)
		}
	}
	none := access.Grants(nil).Explain(now, refund, access.Platform, all)
	if got := none.Sentence(access.Words{}); got != "You need “Refund orders” at the platform. You have no role." {
		t.Error(got)
	}
}

func TestTheGrantThatIsNearestInTimeExplains(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	dated := func(id string, from, until int64) access.Grant {
		g := hold(access.Admin, b1)
		g.ID, g.From, g.Until = id, from, until
		return g
	}
	for want, gs := range map[string]access.Grants{
		"soonest": access.Resolve(dated("later", now+2*day, 0), dated("soonest", now+day, 0), dated("last", now+3*day, 0)),
		"latest":  access.Resolve(dated("earlier", 0, now-2*day), dated("latest", 0, now-day), dated("first", 0, now-3*day)),
	} {
		if got := gs.Explain(now, access.OrdersView, b1, access.Everybody).Decided.Grant; got != want {
			t.Errorf("%s explains, want %s", got, want)
		}
	}
}

func TestASentenceCanBeAboutSomebodyElseAndNamesWhoCanHelp(t *testing.T) {
	w := words
	w.Who, w.Givers = "Nadia", []string{"Ines Carvalho", "Yusuf Demir"}
	e := only(access.HubAdmin, york).Explain(now, access.OrdersRefund, leeds, access.Everybody)
	if got := e.Sentence(w); got != "Nadia needs “Refund orders” at Leeds. Nadia has it at York. Ines Carvalho and Yusuf Demir can give it." {
		t.Error(got)
	}
}

func TestARefusalIsAnErrorForPeopleAndPrograms(t *testing.T) {
	e := only(access.HubAdmin, york).Explain(now, access.OrdersRefund, leeds, access.Everybody)
	refusal := errs.Of(e.Err(words))
	if refusal.Kind != errs.Forbidden || refusal.Code != "forbidden" || refusal.Extra["permission"] != "orders.refund" {
		t.Errorf("%+v", refusal)
	}
	text, err := json.Marshal(e)
	const want = `{"allowed":false,"permission":"orders.refund","scope":"brand/B1/location/leeds","person":"everybody",` +
		`"decided":{"verdict":"other_place","grant":"gra_hub_admin","role":"hub_admin","role_name":"Hub Admin","scope":"brand/B1/location/york"},` +
		`"elsewhere":["brand/B1/location/york"],` +
		`"steps":[{"verdict":"other_place","grant":"gra_hub_admin","role":"hub_admin","role_name":"Hub Admin","scope":"brand/B1/location/york"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s %v", text, err)
	}
}
