package consent_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

type desk struct {
	*world.World
	t *testing.T
}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, &desk{w, t}) })
}

// shopper is a customer at their own account.
func (d *desk) shopper(key string) *op.Caller {
	id := string(d.Customer(key))
	return &op.Caller{Kind: op.Person, ID: id, Person: id, Home: d.Place("aurora").ID.Scope(), IP: "203.0.113.7"}
}

func must[In any, T op.Target, Out any](d *desk, c *op.Caller, a *op.Action[In, T, Out], in In) Out {
	d.t.Helper()
	out, err := op.Do(d.t.Context(), d.Door, c, a, in)
	if err != nil && errs.Of(err).Code == "step_up_required" {
		id, _ := errs.Of(err).Extra["step_up"].(string)
		proof := op.Proof{ID: id, Code: d.Code()}
		d.Later(31 * time.Second)
		out, err = op.Do(d.t.Context(), d.Door, c, a, in, op.With(proof))
	}
	if err != nil {
		d.t.Fatalf("%s: %v", a.Name, err)
	}
	return out
}

// refused demands a refusal, and that nothing changed beside the log.
func refused[In any, T op.Target, Out any](d *desk, want string, c *op.Caller, a *op.Action[In, T, Out], in In) {
	d.t.Helper()
	d.unchanged(a.Name+" refused as "+want, func() {
		if _, err := op.Do(d.t.Context(), d.Door, c, a, in); err == nil || errs.Of(err).Code != want {
			d.t.Errorf("%s: %v, want %s", a.Name, err, want)
		}
	})
}

func (d *desk) unchanged(what string, do func()) {
	d.t.Helper()
	take := func() dump.Print {
		r := d.Store.Read(context.Background())
		tables, err := dump.Tables(r)
		if err != nil {
			d.t.Fatal(err)
		}
		p, err := dump.Take(r, dump.Without(tables, "audit_events", "audit_subjects", "audit_heads"))
		if err != nil {
			d.t.Fatal(err)
		}
		return p
	}
	before := take()
	do()
	if differ := before.Diff(take()); len(differ) > 0 {
		d.t.Errorf("%s: changed %s", what, strings.Join(differ, ", "))
	}
}

func (d *desk) list(c *op.Caller, id user.ID) consent.Shown {
	d.t.Helper()
	s, err := op.Ask(d.t.Context(), d.Door, c, consent.List, consent.Who{User: id})
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func given(s consent.Shown) (all []consent.Purpose) {
	for _, now := range s.Now {
		if now.Given {
			all = append(all, now.Purpose)
		}
	}
	return all
}

func TestConsentsAreOnlyEverAdded(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, c := d.Customer("maya"), d.shopper("maya")
		if s := d.list(c, maya); len(s.History) != 0 || len(given(s)) != 0 || len(s.Now) != 3 {
			t.Fatalf("before anything was said: %+v", s)
		}
		yes := consent.Choice{User: maya, Purpose: consent.EmailMarketing, Given: true}
		no := yes
		no.Given = false
		d.unchanged("taking back what was never given", func() { must(d, c, consent.Set, no) })
		must(d, c, consent.Set, yes)
		d.unchanged("the same again", func() { must(d, c, consent.Set, yes) })
		d.Later(time.Hour)
		must(d, c, consent.Set, no)
		must(d, c, consent.Set, yes)
		s := d.list(d.As("kim"), maya)
		if len(s.History) != 3 || !slices.Equal(given(s), []consent.Purpose{consent.EmailMarketing}) {
			t.Fatalf("%+v", s)
		}
		first := s.History[2]
		if first.Source != consent.ByAccount || first.Text != consent.TextVersion || first.At != world.Now.UnixMilli() || first.By != string(maya) || first.IPBox != "" {
			t.Errorf("the proof: %+v", first)
		}
		var box string
		r := d.Store.Read(t.Context())
		if err := r.QueryRow("select ip_box from consents where user_id = $1 and n = 1", string(maya)).Scan(&box); err != nil || box == "" || strings.Contains(box, "203.0.113") {
			t.Errorf("the network address: %q, %v", box, err)
		}
		if e := d.Events(string(d.Place("aurora").ID))[0]; e.Op != "consent.set" {
			t.Errorf("the event: %s", e.Op)
		}
	})
}

func TestStaffSayHowTheyKnow(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		yes := consent.Choice{User: maya, Purpose: consent.SMSMarketing, Given: true, Reason: "Signed the form at the till"}
		quiet := yes
		quiet.Reason = " "
		refused(d, "invalid", d.As("kim"), consent.Set, quiet)
		other := yes
		other.Purpose = consent.PrivacyPolicy
		refused(d, "unknown_purpose", d.As("kim"), consent.Set, other)
		refused(d, "forbidden", d.As("olu"), consent.Set, yes)
		refused(d, "not_found", d.As("priya"), consent.Set, yes)
		refused(d, "not_found", d.shopper("jose"), consent.Set, yes)
		refused(d, "sign_in", op.Nobody("", "", ""), consent.Set, yes)
		seen := *d.shopper("maya")
		seen.As = &op.Impersonator{Person: string(d.Member("ada").ID), Writes: true}
		refused(d, "impersonating", &seen, consent.Set, yes)
		staff := yes
		staff.User = d.Member("olu").ID
		refused(d, "no_customer", d.As("ada"), consent.Set, staff)

		must(d, d.As("kim"), consent.Set, yes)
		s := d.list(d.As("ada"), maya)
		if len(s.History) != 1 || s.History[0].Source != consent.ByStaff || s.History[0].By != string(d.Member("kim").ID) {
			t.Errorf("%+v", s.History)
		}
		if _, err := op.Ask(t.Context(), d.Door, d.shopper("jose"), consent.List, consent.Who{User: maya}); errs.Of(err).Code != "not_found" {
			t.Errorf("another customer reads: %v", err)
		}
	})
}

// TestWhoIsArchivedHasTakenEverythingBack: and is not given it again.
func TestWhoIsArchivedHasTakenEverythingBack(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, c := d.Customer("maya"), d.shopper("maya")
		for _, p := range []consent.Purpose{consent.EmailMarketing, consent.Profiling} {
			must(d, c, consent.Set, consent.Choice{User: maya, Purpose: p, Given: true})
		}
		must(d, d.As("ines"), privacy.Archive, privacy.Archival{User: maya, Reason: privacy.Other})
		refused(d, "account_gone", d.As("ada"), consent.Set, consent.Choice{User: maya, Purpose: consent.SMSMarketing, Given: true, Reason: "By phone"})
		must(d, d.As("ada"), privacy.Restore, privacy.Return{User: maya, Reason: "By mistake"})
		s := d.list(d.As("ada"), maya)
		if len(given(s)) != 0 || len(s.History) != 4 || s.History[0].Source != consent.ByArchive {
			t.Errorf("restored: %+v", s)
		}
	})
}

func TestAPolicyIsAcceptedAsItIs(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		aurora, c := d.Place("aurora").ID, d.shopper("maya")
		mine := func() consent.Standing {
			s, err := op.Ask(t.Context(), d.Door, c, consent.OwnPolicy, op.None{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		d.Customer("maya")
		if mine().Due() {
			t.Error("asked where there is no policy")
		}
		refused(d, "policy_changed", c, consent.AcceptPolicy, consent.Acceptance{Version: ""})
		for what, in := range map[string]consent.PolicyChange{
			"no text":          {Brand: aurora, Version: "1"},
			"no version":       {Brand: aurora, Text: "We keep your orders."},
			"both":             {Brand: aurora, Version: "1", Text: "We keep your orders.", URL: "https://aurora.example/privacy"},
			"not https":        {Brand: aurora, Version: "1", URL: "http://aurora.example/privacy"},
			"script":           {Brand: aurora, Version: "1", URL: "javascript:alert(1)"},
			"a long version":   {Brand: aurora, Version: strings.Repeat("1", 41), Text: "We keep your orders."},
			"an endless text":  {Brand: aurora, Version: "1", Text: strings.Repeat("x", 50_001)},
			"a secret version": {Brand: aurora, Version: "1\u202e2", Text: "We keep your orders."},
		} {
			t.Log(what)
			refused(d, "invalid", d.As("ines"), consent.ChangePolicy, in)
		}
		one := consent.PolicyChange{Brand: aurora, Version: "2026-11", Text: "We keep your orders."}
		refused(d, "forbidden", d.As("kim"), consent.ChangePolicy, one)
		must(d, d.As("ines"), consent.ChangePolicy, one)
		d.unchanged("the same policy", func() { must(d, d.As("ines"), consent.ChangePolicy, one) })
		silent := one
		silent.Text = "We sell your orders."
		refused(d, "invalid", d.As("ines"), consent.ChangePolicy, silent)
		if s := mine(); !s.Due() || s.Since != d.Door.Now().UnixMilli() {
			t.Errorf("%+v", s)
		}
		refused(d, "policy_changed", c, consent.AcceptPolicy, consent.Acceptance{Version: "2026-10"})
		must(d, c, consent.AcceptPolicy, consent.Acceptance{Version: "2026-11"})
		if s := mine(); s.Due() || s.Accepted != "2026-11" {
			t.Errorf("accepted: %+v", s)
		}
		two := consent.PolicyChange{Brand: aurora, Version: "2026-12", URL: "https://aurora.example/privacy"}
		must(d, d.As("ines"), consent.ChangePolicy, two)
		if s := mine(); !s.Due() || s.Accepted != "2026-11" {
			t.Errorf("another version: %+v", s)
		}
	})
}
