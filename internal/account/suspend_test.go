package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

func (d *desk) suspension(u user.ID) account.Suspension {
	return account.Suspension{User: u, Reason: "Payment dispute", Message: "We look into a payment.\nYou need not do anything."}
}

func TestWhoIsSuspendedIsOutReadsTheMessageAndIsTold(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu, inside := d.member("olu"), d.enters("olu")
		link := must(d, op.HostOperator("root"), account.NewPasswordLink, d.Member("olu").Email)
		inside = d.enters("olu")
		in := d.suspension(olu)
		in.Until = d.Door.Now().Add(7 * 24 * time.Hour).UnixMilli()
		done := d.done()
		if got := must(d, d.As("ines"), account.Suspend, in); got != user.Suspended {
			t.Errorf("now %s", got)
		}
		if got := d.done() - done; got != 1 {
			t.Errorf("%d events", got)
		}
		e := d.Events(string(d.brand("aurora")))[0]
		if e.Op != "user.suspend" || e.Reason == nil || strings.Contains(fmt.Sprintf("%+v", e), "Payment dispute") {
			t.Errorf("the event is %s, with the reason sealed: %v", e.Op, e.Reason != nil)
		}
		u := d.user(olu)
		if u.Status != user.Suspended || u.StatusReason != in.Reason || u.StatusUntil != in.Until || u.StatusBy != string(d.member("ines")) || d.isIn(inside.Token) {
			t.Errorf("%+v", u)
		}
		if refusal := d.setPassword(link.Token, "quiet otters drift by 12"); refusal != "link_gone" {
			t.Errorf("a link: %q", refusal)
		}
		// The message is shown after the right password and not before.
		said := func(password string) string {
			_, err := d.Desk.SignIn(t.Context(), nobody, auth.Try{Audience: session.Staff, Email: u.Email, Password: password})
			return errs.Of(err).Detail
		}
		if got := said(d.Member("olu").Password); got != in.Message {
			t.Errorf("after the right password: %q", got)
		}
		if got := said("wrong"); strings.Contains(got, "payment") || strings.Contains(got, "suspended") {
			t.Errorf("after a wrong one: %q", got)
		}
		letter := d.Mails()[0]
		if letter.Kind != "suspended" || letter.To != u.Email || !slices.Contains(letter.Letter.Lines, "You need not do anything.") {
			t.Errorf("told: %+v", letter.Letter)
		}
		if got := letter.Letter.Facts; len(got) != 1 || got[0].Value != "Friday 27 November 2026, 09:00 GMT" {
			t.Errorf("until when: %+v", got)
		}
		if strings.Contains(strings.Join(letter.Letter.Lines, " "), in.Reason) {
			t.Error("the reason is for staff")
		}
		d.unchanged("suspended again with the same words", func() { must(d, d.As("ines"), account.Suspend, in) })

		if got := must(d, d.As("ines"), account.Reinstate, account.Of(olu)); got != user.Active {
			t.Errorf("now %s", got)
		}
		u = d.user(olu)
		if u.Status != user.Active || u.StatusReason+u.StatusMessage != "" || u.StatusUntil != 0 || d.isIn(inside.Token) {
			t.Errorf("%+v: everything of the suspension goes, and no session comes back", u)
		}
		if got := d.letters("reinstated"); !slices.Equal(got, []string{u.Email}) {
			t.Errorf("told: %v", got)
		}
		d.enters("olu")
		d.unchanged("reinstated again", func() { must(d, d.As("ines"), account.Reinstate, account.Of(olu)) })
	})
}

func TestASuspensionNeedsAReasonAndAnEndThatLiesAhead(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		for what, in := range map[string]account.Suspension{
			"no reason":       {User: maya},
			"a blank reason":  {User: maya, Reason: " \n "},
			"a long reason":   {User: maya, Reason: strings.Repeat("a", account.MaxReason+1)},
			"a long message":  {User: maya, Reason: "Abuse", Message: strings.Repeat("a", account.MaxMessage+1)},
			"control letters": {User: maya, Reason: "Abuse", Message: "a\x00b"},
			"an end now":      {User: maya, Reason: "Abuse", Until: d.Door.Now().UnixMilli()},
			"an end behind":   {User: maya, Reason: "Abuse", Until: 1},
		} {
			t.Log(what)
			code := "invalid"
			refused(d, code, d.As("ines"), account.Suspend, in)
		}
		// Other words and another end take the place of the first; the person is told of what they read, not of the reason.
		in := d.suspension(maya)
		must(d, d.As("ines"), account.Suspend, in)
		in.Reason = "Suspected account sharing"
		must(d, d.As("ines"), account.Suspend, in)
		if n := len(d.letters("suspended")); n != 1 {
			t.Errorf("%d letters about another reason", n-1)
		}
		in.Until = d.Door.Now().Add(time.Hour).UnixMilli()
		must(d, d.As("ines"), account.Suspend, in)
		if u := d.user(maya); u.StatusUntil != in.Until || u.StatusReason != in.Reason || u.StatusBefore != "active" || len(d.letters("suspended")) != 2 {
			t.Errorf("%+v", u)
		}
		in.Until = 1
		refused(d, "invalid", d.As("ines"), account.Suspend, in)
	})
}

func TestASuspensionLiftsItselfAtItsEnd(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose, olu := d.Customer("maya"), d.Customer("jose"), d.member("olu")
		inside := d.enters("olu")
		for _, id := range []user.ID{maya, jose, olu} {
			in := d.suspension(id)
			if id != jose {
				in.Until = d.Door.Now().Add(time.Hour).UnixMilli()
			}
			if id == maya {
				must(d, d.As("ines"), account.Deactivate, account.Of(id))
			}
			must(d, d.As("ines"), account.Suspend, in)
		}
		lift := func() int {
			n, err := account.LiftDue(t.Context(), d.Door)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		d.Later(59 * time.Minute)
		d.unchanged("before the end", func() { lift() })
		d.Later(time.Minute)
		done := d.done()
		if n := lift(); n != 2 || d.done()-done != 2 {
			t.Errorf("%d lifted, with %d events", n, d.done()-done)
		}
		if a, b, c := d.user(maya).Status, d.user(jose).Status, d.user(olu).Status; a != user.Deactivated || b != user.Suspended || c != user.Active {
			t.Errorf("maya is %s, jose %s, olu %s", a, b, c)
		}
		if d.isIn(inside.Token) {
			t.Error("a session came back")
		}
		e := d.Events(string(d.brand("aurora")))[0]
		if e.Op != "user.lift_suspension" || e.Actor.Kind != string(op.System) {
			t.Errorf("lifted by %s: %s", e.Actor.Kind, e.Op)
		}
		if n := len(d.letters("reinstated")); n != 2 {
			t.Errorf("%d were told", n)
		}
		d.unchanged("lifted again", func() { lift() })
		d.verify()
	})
}

// TestAnEndThatWasMovedLiftsNothing: somebody looked, and then the end was moved.
func TestAnEndThatWasMovedLiftsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := d.suspension(d.Customer("maya"))
		in.Until = d.Door.Now().Add(time.Hour).UnixMilli()
		must(d, d.As("ines"), account.Suspend, in)
		d.unchanged("an end that lies ahead", func() { must(d, d.As("ines"), account.LiftSuspension, account.Of(in.User)) })
	})
}

func TestWhoMaySuspendAndBanWhom(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		for _, c := range []struct {
			by        string
			whom      user.ID
			sus, bans string
		}{
			{"ines", d.member("ines"), "oneself", "oneself"}, {"ines", d.member("bruno"), "holds_more", "holds_more"}, {"ines", d.member("priya"), "not_found", "not_found"},
			{"bruno", d.member("ada"), "not_found", "not_found"}, {"kim", jose, "not_found", "not_found"}, {"kim", d.member("hana"), "not_found", "not_found"},
			{"olu", d.member("hana"), "forbidden", "forbidden"}, {"olu", maya, "forbidden", "forbidden"}, {"rosa", maya, "forbidden", "forbidden"},
			{"ada", "usr_none", "not_found", "not_found"},
		} {
			t.Logf("%s, %s", c.by, c.whom)
			refused(d, c.sus, d.As(c.by), account.Suspend, d.suspension(c.whom))
			refused(d, c.sus, d.As(c.by), account.Reinstate, account.Of(c.whom))
			refused(d, c.bans, d.As(c.by), account.Ban, account.Exclusion{User: c.whom, Reason: "Abuse"})
			refused(d, c.bans, d.As(c.by), account.Unban, account.Of(c.whom))
		}
		refused(d, "forbidden", d.As("johanna"), account.Ban, account.Exclusion{User: maya, Reason: "Abuse"}) // Support suspends and does not ban
		must(d, d.As("johanna"), account.Suspend, d.suspension(maya))
		must(d, d.As("kim"), account.Ban, account.Exclusion{User: maya, Reason: "Abuse"})
	})
}

func TestABanKeepsTheAddressOut(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		siobhan := d.Customer("siobhan")
		refused(d, "invalid", d.As("ines"), account.Ban, account.Exclusion{User: siobhan})
		must(d, d.As("ines"), account.Ban, account.Exclusion{User: siobhan, Reason: "Abuse"})
		u := d.user(siobhan)
		if u.Status != user.Banned || u.BanReason != "Abuse" || u.Reason() != "Abuse" || u.MayEnter() == nil {
			t.Errorf("%+v", u)
		}
		if got := d.letters("banned"); !slices.Equal(got, []string{u.Email}) {
			t.Errorf("told: %v", got)
		}
		d.unchanged("banned again", func() { must(d, d.As("ines"), account.Ban, account.Exclusion{User: siobhan, Reason: "Abuse"}) })
		if n := d.number("select count(*) from barred_addresses where address_hash like '%' || $1 || '%'", u.EmailNorm); n != 0 {
			t.Error("the address itself is kept")
		}
		d.verify()
	})
}

// The account moves on to another address, or goes for good, and the first one is still kept out.
func TestABarOutlivesTheAddressOfTheAccount(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		first := d.user(maya).Email
		must(d, d.As("ines"), account.Ban, account.Exclusion{User: maya, Reason: "Abuse"})
		must(d, d.As("ines"), account.Edit, account.Changes{User: maya, Email: to("other@example.org")})
		in := d.sam(access.Support)
		for _, email := range []string{first, strings.ToUpper(first), "other@example.org"} {
			in.Email = email
			want := "email_barred"
			if email == "other@example.org" {
				want = "email_taken"
			} else {
				refused(d, want, d.As("bruno"), account.Add, in)
			}
			refused(d, want, d.As("ines"), account.Edit, account.Changes{User: d.Customer("jose"), Email: to(email)})
		}
		refused(d, "email_barred", d.As("ines"), customer.Create, customer.New{Brand: d.brand("aurora"), Email: first})
		must(d, d.As("priya"), customer.Create, customer.New{Brand: d.brand("meridian"), Email: first}) // a ban is a brand's own
		must(d, d.As("ines"), account.Edit, account.Changes{User: maya, FirstName: to("May")})          // the account itself is not kept from its own address
		// Orders are taken in, whoever placed them.
		answers := must(d, d.As("ada"), customer.Ingest, customer.Batch{Brand: d.brand("aurora"), Source: "shop", Records: []customer.Record{{Who: customer.Who{ExternalID: "c-9", Email: first}}}})
		if answers[0].Outcome != customer.Created {
			t.Errorf("taking in: %+v", answers[0])
		}
		must(d, d.As("ines"), account.Edit, account.Changes{User: answers[0].ID, Phone: to("+44 20 7946 0958")})
		must(d, d.As("ines"), account.Edit, account.Changes{User: answers[0].ID, Email: to("third@example.org")})
		must(d, d.As("ines"), account.Unban, account.Of(maya))
		in.Email = first
		must(d, d.As("bruno"), account.Add, in)
	})
}

func TestABanUponASuspensionLeadsBackToIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		for _, id := range []user.ID{maya, jose} {
			in := d.suspension(id)
			in.Until = d.Door.Now().Add(time.Hour).UnixMilli()
			must(d, d.As("ines"), account.Suspend, in)
			must(d, d.As("ines"), account.Ban, account.Exclusion{User: id, Reason: "Abuse"})
		}
		if got := must(d, d.As("ines"), account.Unban, account.Of(maya)); got != user.Suspended {
			t.Errorf("maya is %s", got)
		}
		if u := d.user(maya); u.StatusReason != "Payment dispute" || u.StatusMessage == "" || u.StatusUntil == 0 || u.BanReason != "" {
			t.Errorf("%+v: the suspension lost its words", u)
		}
		d.Later(2 * time.Hour)
		if _, err := account.LiftDue(t.Context(), d.Door); err != nil {
			t.Fatal(err)
		}
		if u := d.user(jose); u.Status != user.Banned {
			t.Errorf("the clock lifted a ban: %s", u.Status)
		}
		if got := must(d, d.As("ines"), account.Unban, account.Of(jose)); got != user.Active {
			t.Errorf("jose is %s, and the end of the suspension lies behind", got)
		}
		d.verify()
	})
}

// TestOffboardingEndsKeysAndCodesToo: sessions, links, codes and keys end in the same transaction.
func TestOffboardingEndsKeysAndCodesToo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for verb, out := range map[string]func(u user.ID){
			"deactivate": func(u user.ID) { must(d, d.As("bruno"), account.Deactivate, account.Of(u)) },
			"suspend":    func(u user.ID) { must(d, d.As("bruno"), account.Suspend, d.suspension(u)) },
			"ban":        func(u user.ID) { must(d, d.As("bruno"), account.Ban, account.Exclusion{User: u, Reason: "Abuse"}) },
		} {
			ines := d.member("ines")
			key := must(d, d.As("ines"), apikey.Create, apikey.New{Name: "Shop " + verb, Scope: d.brand("aurora").Scope(), Permissions: access.Of(access.CustomersView)})
			asked := account.Changes{User: d.Customer("maya"), Email: to("new@example.org")}
			_, err := op.Do(t.Context(), d.Door, d.As("ines"), account.Edit, asked)
			if !errors.Is(err, op.ErrStepUpRequired) {
				t.Fatal(err)
			}
			out(ines)
			e := d.Events(string(d.brand("aurora")))[0]
			ended := false
			for _, c := range e.Changes {
				ended = ended || c.Kind == "api_key" && c.Field == "revoked_at"
			}
			if !ended {
				t.Errorf("%s: the event says nothing of the key", verb)
			}
			if _, _, err := apikey.Authenticate(t.Context(), d.Door, key.Token, apikey.From{}); err == nil {
				t.Errorf("%s: the key still works", verb)
			}
			if n := d.number("select count(*) from step_ups where person = $1 and used_at = 0 and expires_at > $2", string(ines), d.Door.Now().UnixMilli()); n != 0 {
				t.Errorf("%s: %d codes still wait", verb, n)
			}
			d.Later(16 * time.Minute)
			switch d.user(ines).Status {
			case user.Deactivated:
				must(d, d.As("bruno"), account.Activate, account.Of(ines))
			case user.Suspended:
				must(d, d.As("bruno"), account.Reinstate, account.Of(ines))
			case user.Banned:
				must(d, d.As("bruno"), account.Unban, account.Of(ines))
			}
		}
	})
}
