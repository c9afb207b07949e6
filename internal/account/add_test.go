package account_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

func TestSomebodyAddedComesInByTheirLinkOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		added := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		u := d.user(added.User)
		if u.Status != user.Invited || u.Brand != d.brand("aurora") || u.EmailVerified != 0 || u.Kinds&user.IsStaff == 0 {
			t.Errorf("added as %+v", u)
		}
		if g := d.grants(u.ID); len(g) != 1 || g[0].Role != "support" || g[0].Scope != d.brand("aurora").Scope().String() || g[0].GivenBy != string(d.member("bruno")) {
			t.Errorf("with the grants %+v", g)
		}
		if n := d.number("select role from people where num = $1", u.Num); n == 0 {
			t.Error("the narrow row names no role")
		}
		if _, refusal := d.signIn(u.Email, ""); refusal != "sign_in_failed" {
			t.Errorf("without a password: %q", refusal)
		}
		if _, err := op.Ask(t.Context(), d.Door, nobody, invite.LookUp, added.Token); err != nil {
			t.Fatalf("looking at the link: %v", err)
		}
		if refusal := d.accept(added.Token, "quiet otters drift by 12"); refusal != "" {
			t.Fatalf("the link: %s", refusal)
		}
		if u = d.user(u.ID); u.Status != user.Active || u.EmailVerified != 0 || u.EmailAttested != 0 {
			t.Errorf("after the link: %+v", u)
		}
		d.unchanged("a link used twice", func() {
			if refusal := d.accept(added.Token, "other otters drift by 13"); refusal != "invitation_gone" {
				t.Errorf("the link again: %q", refusal)
			}
		})
		if _, refusal := d.signIn(u.Email, "quiet otters drift by 12"); refusal != "" {
			t.Errorf("signing in: %s", refusal)
		}
	})
}

func TestALinkIsGoodForSevenDays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		early := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		in := d.sam(access.Support)
		in.Email = "late@aurora.example"
		late := must(d, d.As("bruno"), account.Add, in)
		d.Later(7*24*time.Hour - time.Millisecond)
		if refusal := d.accept(early.Token, "quiet otters drift by 12"); refusal != "" {
			t.Errorf("at the last instant: %s", refusal)
		}
		d.Later(time.Millisecond)
		d.unchanged("a link that is too old", func() {
			if refusal := d.accept(late.Token, "quiet otters drift by 12"); refusal != "invitation_gone" {
				t.Errorf("after seven days: %q", refusal)
			}
		})
		if s := d.user(late.User).Status; s != user.Invited {
			t.Errorf("who came too late is %s", s)
		}
	})
}

func TestNobodyGivesWhatTheyDoNotHold(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		bruno, ines, ada := d.As("bruno"), d.As("ines"), d.As("ada")
		with := func(in account.NewStaff, area access.Area, c access.Choice) account.NewStaff {
			in.Levels = map[access.Area]access.Choice{area: c}
			return in
		}
		at := func(in account.NewStaff, b brand.ID, l ...brand.LocationID) account.NewStaff {
			in.Places = account.At(b, l...)
			return in
		}
		york := d.hub("aurora", "York")
		for what, c := range map[string]struct {
			by   *op.Caller
			in   account.NewStaff
			code string
		}{
			"a role that is more":              {ines, d.sam(access.BrandAdmin), "gives_more"}, // an Admin of the brand lacks its audit log
			"by an adjustment":                 {bruno, with(d.sam(access.Support), "system", access.Choice{Single: access.Of(access.SystemKeys)}), "gives_more"},
			"a Super Admin, by a Brand Admin":  {bruno, at(d.sam(access.SuperAdmin), brand.Platform), "forbidden"},
			"a Super Admin, by a Super Admin":  {ada, at(d.sam(access.SuperAdmin), brand.Platform), "super_admin_by_mail"},
			"a role of the platform":           {bruno, at(d.sam(access.Admin), brand.Platform), "forbidden"},
			"another brand":                    {bruno, at(d.sam(access.Support), d.brand("meridian")), "not_found"},
			"another brand's location":         {bruno, at(d.sam(access.HubAdmin), d.brand("aurora"), d.hub("meridian", "Boston")), "invalid"},
			"a brand that there is not":        {bruno, at(d.sam(access.Support), "brd_none"), "not_found"},
			"by who may not add":               {d.As("kim"), d.sam(access.HubAdmin, york), "forbidden"},
			"by who sees everything":           {d.As("rosa"), d.sam(access.ReadOnly), "forbidden"},
			"by nobody":                        {nobody, d.sam(access.Support), "sign_in"},
			"a Super Admin's role in a brand":  {ada, d.sam(access.SuperAdmin), "super_admin_by_mail"},
			"a Hub Admin of the whole":         {bruno, d.sam(access.HubAdmin), "role_place"},
			"a company's role":                 {bruno, d.sam(access.Orderer), "role_unknown"},
			"no staff role":                    {bruno, d.sam(access.CustomerRole), "invalid"},
			"no staff role, by who may not":    {d.As("rosa"), d.sam(access.CustomerRole), "forbidden"},
			"no staff role, next door":         {bruno, at(d.sam(access.CustomerRole), d.brand("meridian")), "not_found"},
			"an end before the beginning":      {bruno, dated(d.sam(access.Support), d.Door.Now().Add(2*time.Hour), d.Door.Now().Add(time.Hour)), "grant_period"},
			"an end that lies behind":          {bruno, dated(d.sam(access.Support), time.Time{}, d.Door.Now()), "invalid"},
			"the own account by an adjustment": {bruno, with(d.sam(access.Support), "own", access.Choice{Single: access.Of(access.OwnOrders)}), "own_permission"},
		} {
			t.Log(what)
			refused(d, c.code, c.by, account.Add, c.in)
		}
	})
}

func dated(in account.NewStaff, from, until time.Time) account.NewStaff {
	if !from.IsZero() {
		in.From = from.UnixMilli()
	}
	in.Until = until.UnixMilli()
	return in
}

func TestWhatOneHoldsOneGivesAtALowerPlaceToo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		york, leeds := d.hub("aurora", "York"), d.hub("aurora", "Leeds")
		in := d.sam(access.HubAdmin, york, leeds, york) // York twice is York
		in.Levels = map[access.Area]access.Choice{"wallets": {Level: access.None}}
		added := must(d, d.As("ines"), account.Add, in)
		g := d.grants(added.User)
		if len(g) != 2 || g[0].Removes == "" || g[0].Adds != "" || g[0].Scope == g[1].Scope {
			t.Errorf("the grants %+v", g)
		}
	})
}

func TestAnAddressOfStaffIsOneInTheWholeInstallation(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := d.sam(access.Support)
		for _, address := range []string{d.Member("priya").Email, "PRIYA@meridian.example", d.Member("marcus").Email} {
			in.Email = address
			refused(d, "staff_elsewhere", d.As("bruno"), account.Add, in)
		}
		in.Email = d.Member("ines").Email
		refused(d, "staff_elsewhere", d.As("bruno"), account.Add, in)
		for what, wrong := range map[string]account.NewStaff{
			"no address":      {FirstName: "Sam", Assignment: in.Assignment},
			"only blanks":     {FirstName: "Sam", Email: "  ", Assignment: in.Assignment},
			"no name":         {Email: "sam@aurora.example", Assignment: in.Assignment},
			"a blank name":    {Email: "sam@aurora.example", FirstName: " ", LastName: " ", Assignment: in.Assignment},
			"not an address":  {FirstName: "Sam", Email: "sam at aurora", Assignment: in.Assignment},
			"no role chosen":  {FirstName: "Sam", Email: "sam@aurora.example", Assignment: account.Assignment{Places: in.Places}},
			"control letters": {FirstName: "Sam\x00", Email: "sam@aurora.example", Assignment: in.Assignment},
		} {
			t.Log(what)
			refused(d, "invalid", d.As("bruno"), account.Add, wrong)
		}
	})
}

// TestTwoBrandsAddTheSameAddressAtOnce: one of them is told that the person is staff elsewhere.
func TestTwoBrandsAddTheSameAddressAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const tries = 16
		codes := make([]string, tries)
		callers := map[bool]*op.Caller{true: d.As("bruno"), false: d.As("priya")}
		var wg sync.WaitGroup
		for i := range tries {
			wg.Go(func() {
				in := d.sam(access.Support)
				if i%2 == 0 {
					in.Places = account.At(d.brand("meridian"))
				}
				if _, err := op.Do(t.Context(), d.Door, callers[i%2 == 1], account.Add, in); err != nil {
					codes[i] = errs.Of(err).Code
				}
			})
		}
		wg.Wait()
		done := 0
		for _, code := range codes {
			switch code {
			case "":
				done++
			case "staff_elsewhere", "email_taken", "invitation_pending":
			default:
				t.Errorf("refused as %q", code)
			}
		}
		if n := d.number("select count(*) from users where email_norm = 'sam.reed@aurora.example'"); done != 1 || n != 1 {
			t.Errorf("%d were added, %d accounts", done, n)
		}
	})
}
