package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

func TestAChangeOfRoleIsConfirmedAndTold(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.user(d.member("olu"))
		signed := d.enters("olu")
		in := account.RoleChange{User: olu.ID, Assignment: d.roleOf(access.HubAdmin, "aurora", d.hub("aurora", "York")), Reason: "York needs hands"}
		_, err := op.Do(t.Context(), d.Door, d.As("ada"), account.ChangeRole, in)
		if !errors.Is(err, op.ErrStepUpRequired) {
			t.Fatalf("without a code: %v", err)
		}
		if g := d.grants(olu.ID); len(g) != 1 || g[0].Role != "shop_manager" || !d.isIn(signed.Token) || len(d.letters("role_changed")) != 0 {
			t.Fatalf("before the code: %+v", g)
		}
		proof := d.proof(err)
		more := in
		more.Assignment = d.roleOf(access.BrandAdmin, "aurora")
		if _, err := op.Do(t.Context(), d.Door, d.As("ada"), account.ChangeRole, more, op.With(proof)); !errors.Is(err, op.ErrStepUpMismatch) {
			t.Errorf("the code for another role: %v", err)
		}
		if _, err := op.Do(t.Context(), d.Door, d.As("ada"), account.ChangeRole, in, op.With(proof)); err != nil {
			t.Fatal(err)
		}
		g := d.grants(olu.ID)
		if len(g) != 1 || g[0].Role != "hub_admin" || g[0].Scope != d.brand("aurora").Scope().Location(string(d.hub("aurora", "York"))).String() {
			t.Errorf("the grants: %+v", g)
		}
		if n := d.number("select count(*) from grants where user_id = $1 and ended_at > 0 and ended_by = $2", string(olu.ID), string(d.member("ada"))); n != 1 {
			t.Errorf("%d grants are kept as ended", n)
		}
		if d.isIn(signed.Token) {
			t.Error("a session outlives the role")
		}
		if told := d.letters("role_changed"); !slices.Equal(told, []string{olu.Email}) {
			t.Errorf("told: %v", told)
		}
		e := d.Events("platform")
		e = append(e, d.Events(string(d.brand("aurora")))...)
		if !slices.ContainsFunc(e, func(e auditEntry) bool { return e.Op == "user.change_role" && e.StepUp == proof.ID && e.Reason != nil }) {
			t.Error("no event names the code and the reason")
		}

		d.Later(time.Minute)
		d.unchanged("the same role again", func() {
			if _, code := try(d, d.As("ada"), account.ChangeRole, in); code != "" {
				t.Errorf("the same role again: %s", code)
			}
		})
	})
}

func TestWhoMayChangeWhichRole(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu, york := d.member("olu"), d.hub("aurora", "York")
		support := d.roleOf(access.Support, "aurora")
		dated := func(from, until time.Duration) account.Assignment {
			a := support
			a.Until = d.Door.Now().Add(until).UnixMilli()
			if from != 0 {
				a.From = d.Door.Now().Add(from).UnixMilli()
			}
			return a
		}
		for what, c := range map[string]struct {
			by   string
			whom user.ID
			to   account.Assignment
			code string
		}{
			"oneself":                               {"ada", d.member("ada"), d.roleOf(access.ReadOnly, "aurora"), "oneself"},
			"oneself, the same":                     {"ada", d.member("ada"), d.roleOf(access.SuperAdmin, ""), "oneself"},
			"by a Brand Admin":                      {"bruno", olu, support, "forbidden"},
			"by an Admin":                           {"ines", olu, support, "forbidden"},
			"by a Hub Admin":                        {"kim", olu, support, "not_found"},
			"next door":                             {"priya", olu, support, "not_found"},
			"nobody at all":                         {"ada", "usr_none", support, "not_found"},
			"an account of a brand, elsewhere":      {"ada", olu, d.roleOf(access.Support, "meridian"), "role_home"},
			"an account of a brand, platform":       {"ada", olu, d.roleOf(access.Admin, ""), "role_home"},
			"an account of a brand, Super Admin":    {"ada", olu, d.roleOf(access.SuperAdmin, ""), "role_home"},
			"a Super Admin of a brand":              {"ada", d.member("marcus"), d.roleOf(access.SuperAdmin, "aurora"), "role_place"},
			"a role of a company":                   {"ada", olu, d.roleOf(access.CompanyAdmin, "aurora"), "role_unknown"},
			"a role that there is not":              {"ada", olu, account.Assignment{Role: "king", Places: account.At(d.brand("aurora"))}, "role_unknown"},
			"no role named":                         {"ada", olu, account.Assignment{Places: account.At(d.brand("aurora"))}, "role_unknown"},
			"a Hub Admin of no hub":                 {"ada", olu, d.roleOf(access.HubAdmin, "aurora"), "role_place"},
			"a location of another brand":           {"ada", olu, d.roleOf(access.HubAdmin, "aurora", york, d.hub("meridian", "Boston")), "invalid"},
			"a brand that there is not":             {"ada", olu, account.Assignment{Role: "support", Places: account.At("brd_none")}, "not_found"},
			"an end before the beginning":           {"ada", olu, dated(2*time.Hour, time.Hour), "grant_period"},
			"an end that lies behind":               {"ada", olu, dated(0, -time.Hour), "invalid"},
			"somebody without an address for staff": {"ada", d.Customer("nameless"), support, "invalid"},
		} {
			t.Log(what)
			refused(d, c.code, d.As(c.by), account.ChangeRole, account.RoleChange{User: c.whom, Assignment: c.to})
		}
		refused(d, "sign_in", nobody, account.ChangeRole, account.RoleChange{User: olu, Assignment: support})
	})
}

func TestBackToCustomerEndsEveryGrant(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		hana := d.user(d.member("hana")) // of two hubs
		signed := d.enters("hana")
		out := account.RoleChange{User: hana.ID, Assignment: account.Assignment{Role: account.NoStaffRole}}
		must(d, d.As("ada"), account.ChangeRole, out)
		u := d.user(hana.ID)
		if len(d.grants(hana.ID)) != 0 || u.Kinds&user.IsStaff != 0 || u.Status != user.Active || d.isIn(signed.Token) {
			t.Errorf("%+v", u)
		}
		if n := d.number("select count(*) from staff_emails where user_id = $1", string(hana.ID)); n != 0 {
			t.Error("the address is still one of staff")
		}
		if _, refusal := d.signIn(hana.Email, d.Member("hana").Password); refusal == "" {
			t.Error("who has no role signs in to the desk")
		}
		if told := d.letters("role_changed"); !slices.Equal(told, []string{hana.Email}) {
			t.Errorf("told: %v", told)
		}
		d.unchanged("back to Customer again", func() { must(d, d.As("ada"), account.ChangeRole, out) })
		// The address is free for somebody else's staff account now.
		in := d.sam(access.Support)
		in.Email, in.Places = hana.Email, account.At(d.brand("meridian"))
		must(d, d.As("priya"), account.Add, in)
		refused(d, "staff_elsewhere", d.As("ada"), account.ChangeRole, account.RoleChange{User: hana.ID, Assignment: d.roleOf(access.Support, "aurora")})
	})
}

func TestACustomerBecomesStaffAndAPlatformAccountWorksInABrand(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: maya, Assignment: d.roleOf(access.Support, "aurora")})
		if u := d.user(maya); u.Kinds != user.IsCustomer|user.IsStaff {
			t.Errorf("kinds %v", u.Kinds)
		}
		refused(d, "not_found", d.As("kim"), account.Edit, account.Changes{User: maya, FirstName: to("Robin")}) // staff are at home in the brand
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: d.member("marcus"), Assignment: d.roleOf(access.BrandAdmin, "meridian")})
		if g := d.grants(d.member("marcus")); len(g) != 1 || g[0].Scope != d.brand("meridian").Scope().String() {
			t.Errorf("the grants: %+v", g)
		}
	})
}

// Somebody of the platform with a role in two brands keeps it in both when it is changed, and nobody of one brand ends the other's.
func TestARoleInSeveralBrandsIsChangedInAllOfThem(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		aurora, meridian := d.brand("aurora"), d.brand("meridian")
		in := d.sam(access.Support)
		in.Places = append(account.At(aurora), account.Place{Brand: meridian, Locations: []brand.LocationID{d.hub("meridian", "Boston")}})
		for _, by := range []string{"bruno", "ines", "kim", "priya"} {
			refused(d, "not_found", d.As(by), account.Add, in) // one of the brands is not theirs to know
		}
		at := func(places ...account.Place) account.NewStaff {
			wrong := in
			wrong.Places = places
			return wrong
		}
		refused(d, "invalid", d.As("ada"), account.Add, at(account.Place{Brand: brand.Platform}, account.Place{Brand: aurora}))
		refused(d, "invalid", d.As("ada"), account.Add, at(account.Place{Brand: aurora}, account.Place{Brand: aurora}))
		refused(d, "invalid", d.As("ada"), account.Add, at())
		home := in
		home.Home = aurora
		refused(d, "role_home", d.As("ada"), account.Add, home)
		sam := must(d, d.As("ada"), account.Add, in).User
		scopes := func() (all []string) {
			for _, g := range d.grants(sam) {
				all = append(all, g.Role+" "+g.Scope)
			}
			slices.Sort(all)
			return all
		}
		boston := meridian.Scope().Location(string(d.hub("meridian", "Boston"))).String()
		want := []string{"support " + aurora.Scope().String(), "support " + boston}
		slices.Sort(want)
		if got := scopes(); !slices.Equal(got, want) || d.user(sam).Brand != brand.Platform {
			t.Fatalf("added with %v", got)
		}

		// An assigner of one brand, as an adjusted Brand Admin is, does not reach an account of the platform.
		bruno := *d.As("bruno")
		bruno.Grants = access.Resolve(access.Grant{ID: "g", Role: access.BrandAdmin, Scope: aurora.Scope(), Adjustment: access.Adjustment{Add: access.Of(access.StaffRolesAssign)}})
		for _, to := range []account.Assignment{d.roleOf(access.Moderator, "aurora"), {Role: account.NoStaffRole}, {Role: "support", Places: in.Places}} {
			refused(d, "not_found", &bruno, account.ChangeRole, account.RoleChange{User: sam, Assignment: to})
		}
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: sam, Assignment: account.Assignment{Role: "moderator", Places: in.Places}})
		want = []string{"moderator " + aurora.Scope().String(), "moderator " + boston}
		slices.Sort(want)
		if got := scopes(); !slices.Equal(got, want) {
			t.Errorf("changed to %v", got)
		}
		d.unchanged("the same again, in another order", func() {
			same := account.Assignment{Role: "moderator", Places: []account.Place{in.Places[1], in.Places[0]}}
			must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: sam, Assignment: same})
		})
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: sam, Assignment: d.roleOf(access.Moderator, "meridian")})
		if got := scopes(); !slices.Equal(got, []string{"moderator " + meridian.Scope().String()}) {
			t.Errorf("narrowed to %v", got)
		}
	})
}

func TestKeysShrinkWithTheRole(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		york := d.brand("aurora").Scope().Location(string(d.hub("aurora", "York")))
		key, err := op.Do(t.Context(), d.Door, op.HostOperator("root"), apikey.Create, apikey.New{
			Name: "Till", Scope: d.brand("aurora").Scope(), Owner: d.member("ines"), Permissions: access.Of(access.OrdersView, access.UsersInvite),
		})
		if err != nil {
			t.Fatal(err)
		}
		may := func(p access.Permission, at access.Scope) bool {
			c, _, err := apikey.Authenticate(t.Context(), d.Door, key.Token, apikey.From{})
			return err == nil && c.Grants.Can(d.Door.Now().UnixMilli(), p, at, access.Everybody)
		}
		if !may(access.UsersInvite, york) || !may(access.OrdersView, d.brand("aurora").Scope()) {
			t.Fatal("the key does not do what it was made for")
		}
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: d.member("ines"), Assignment: d.roleOf(access.HubAdmin, "aurora", d.hub("aurora", "York"))})
		if may(access.UsersInvite, york) || !may(access.OrdersView, york) || may(access.OrdersView, d.brand("aurora").Scope()) {
			t.Error("the key stands above its owner")
		}
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: d.member("ines"), Assignment: account.Assignment{Role: account.NoStaffRole}})
		if may(access.OrdersView, york) {
			t.Error("the key works for who is no staff")
		}
	})
}

func TestDatedRolesBeginAndRunOutByTheClock(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.member("olu")
		in := account.RoleChange{User: olu, Assignment: d.roleOf(access.Support, "aurora")}
		in.From, in.Until = d.Door.Now().Add(time.Hour).UnixMilli(), d.Door.Now().Add(2*time.Hour).UnixMilli()
		must(d, d.As("ada"), account.ChangeRole, in)
		listed := func() int64 { return d.number("select role from people where num = $1", d.user(olu).Num) }
		refresh := func(settled int) {
			t.Helper()
			n, err := op.Keep(t.Context(), d.Door, op.SystemActor("clock"), account.Refresh, op.None{})
			if err != nil || n != settled {
				t.Errorf("refreshed %d, not %d: %v", n, settled, err)
			}
		}
		if _, refusal := d.signIn(d.Member("olu").Email, d.Member("olu").Password); refusal != "not_staff" || listed() != 0 {
			t.Errorf("before it begins: %q, listed with %d", refusal, listed())
		}
		refresh(0)
		d.Later(time.Hour)
		signed := d.enters("olu")
		refresh(1)
		refresh(0)
		if listed() == 0 {
			t.Error("the list does not know that it began")
		}
		d.Later(time.Hour)
		if d.isIn(signed.Token) {
			t.Error("a session outlives the role")
		}
		if _, refusal := d.signIn(d.Member("olu").Email, d.Member("olu").Password); refusal == "" {
			t.Error("signs in after the end")
		}
		refresh(1)
		refresh(0)
		if u := d.user(olu); listed() != 0 || u.Kinds&user.IsStaff != 0 {
			t.Errorf("after the end: listed with %d, kinds %v", listed(), u.Kinds)
		}
	})
}

// TestHoweverManyRolesRunOutEachIsSettled: a run settles so many, and the next ones go on where it ended.
func TestHoweverManyRolesRunOutEachIsSettled(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const many = 205
		in := d.sam(access.Support)
		in.Until = d.Door.Now().Add(time.Hour).UnixMilli()
		for i := range many {
			in.Email = "sam" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + "@aurora.example"
			must(d, d.As("bruno"), account.Add, in)
		}
		d.Later(time.Hour)
		total := 0
		for range 3 {
			n, err := op.Keep(t.Context(), d.Door, op.SystemActor("clock"), account.Refresh, op.None{})
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		if left := d.number("select count(*) from people where (kinds & 2) = 2 and role = 0"); total != many || left != 0 {
			t.Errorf("%d of %d were settled; %d are listed as staff without a role", total, many, left)
		}
	})
}
