package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
)

func TestWhoHoldsMore(t *testing.T) {
	super := only(access.SuperAdmin, access.Platform)
	admin, brand := only(access.Admin, b1), only(access.BrandAdmin, b1)
	for _, c := range []struct {
		name         string
		first, other access.Grants
		want         bool
	}{
		{"an Admin against a Super Admin", admin, super, true},
		{"a Super Admin against an Admin", super, admin, false},
		{"equals", admin, only(access.Admin, b1), false},
		{"an Admin against a Brand Admin", admin, brand, true},
		{"the same role at another place", only(access.HubAdmin, leeds), only(access.HubAdmin, york), true},
		{"one location against two", only(access.HubAdmin, leeds), access.Resolve(hold(access.HubAdmin, leeds), hold(access.HubAdmin, york)), true},
		{"a brand against a location", admin, only(access.Admin, leeds), false},
		{"a location against the brand", only(access.Admin, leeds), admin, true},
		{"incomparable", only(access.Marketing, b1), only(access.ShopManager, b1), true},
		{"incomparable, the other way", only(access.ShopManager, b1), only(access.Marketing, b1), true},
		{"nobody against nobody", nil, nil, false},
		{"nobody against the least staff", nil, only(access.Moderator, leeds), true},
		{"company roles do not count", only(access.Moderator, b1), only(access.CompanyAdmin, acme), false},
		{"nor does the own account", nil, only(access.CustomerRole, b1), false},
		{"a company role is no staff power either", only(access.CompanyAdmin, acme), only(access.ReadOnly, b1), true},
		{"two grants together are enough", access.Resolve(hold(access.BrandAdmin, leeds), hold(access.SuperAdmin, access.Platform)), brand, false},
	} {
		if got := c.first.HoldsMore(now, c.other); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTighterLimitsAreLess(t *testing.T) {
	wide := &access.Role{Key: "wide", Name: "Wide", For: access.Staff, Highest: access.BrandNode, Set: access.Of(access.CustomersExport, access.UsersView)}
	rows, purpose, people := *wide, *wide, *wide
	rows.Limits.ExportRows = 500
	purpose.Limits.ExportPurposes = []string{access.PurposeMarketing}
	people.Limits.People = access.PeopleOf(access.Customer)
	for _, tight := range []*access.Role{&rows, &purpose, &people} {
		if !only(tight, b1).HoldsMore(now, only(wide, b1)) || only(tight, b1).CanGive(now, wide, access.Adjustment{}, b1) {
			t.Errorf("%+v counts as much as no limit", tight.Limits)
		}
		if only(wide, b1).HoldsMore(now, only(tight, b1)) || !only(wide, b1).CanGive(now, tight, access.Adjustment{}, b1) {
			t.Errorf("%+v counts as more than no limit", tight.Limits)
		}
	}
}

func TestAGrantThatHasNotBegunCountsAndOneThatEndedDoesNot(t *testing.T) {
	tomorrow, past := hold(access.SuperAdmin, access.Platform), hold(access.SuperAdmin, access.Platform)
	tomorrow.From, past.Until = now+1, now
	admin := only(access.Admin, b1)
	if !admin.HoldsMore(now, access.Resolve(tomorrow)) {
		t.Error("tomorrow's Super Admin can be taken over today")
	}
	if admin.HoldsMore(now, access.Resolve(past)) {
		t.Error("yesterday's Super Admin still counts")
	}
	if !access.Resolve(past).HoldsMore(now, admin) {
		t.Error("the first's ended grant still helps")
	}
	if access.Resolve(tomorrow).HoldsMore(now, access.Resolve(tomorrow)) {
		t.Error("equals with a coming grant are not equal")
	}
}

func TestWhoCanGiveWhat(t *testing.T) {
	staff := access.BuiltIn[:10]
	for _, c := range []struct {
		giver access.Grants
		at    access.Scope
		want  string
	}{
		{only(access.SuperAdmin, access.Platform), access.Platform, "super_admin admin"},
		{only(access.SuperAdmin, access.Platform), b1, "admin brand_admin shop_manager marketing moderator support developer read_only"},
		{only(access.Admin, access.Platform), b1, "admin shop_manager marketing moderator support developer read_only"},
		{only(access.Admin, b1), leeds, "admin hub_admin shop_manager marketing moderator support developer read_only"},
		{only(access.Admin, b1), b10, ""},
		{only(access.Admin, b1), access.Platform, ""},
		{only(access.BrandAdmin, b1), b1, "admin brand_admin shop_manager marketing moderator support developer read_only"},
		{only(access.HubAdmin, leeds), leeds, "hub_admin"},
		{only(access.HubAdmin, leeds), york, ""},
		{only(access.ReadOnly, b1), b1, "read_only"},
		{only(access.CompanyAdmin, acme), b1, ""},
	} {
		var can []string
		for _, r := range staff {
			if c.giver.CanGive(now, r, access.Adjustment{}, c.at) {
				can = append(can, r.Key)
			}
		}
		if got := strings.Join(can, " "); got != c.want {
			t.Errorf("%s at %s gives at %s: %s, want %s", c.giver[0].Role.Name, c.giver[0].Scope, c.at, got, c.want)
		}
	}
}

func TestAdjustmentsAreGivenOnlyByWhoHoldsThem(t *testing.T) {
	admin := only(access.Admin, b1)
	if admin.CanGive(now, access.Support, access.Adjustment{Add: access.Of(access.AuditView)}, b1) {
		t.Error("an Admin gave the audit log, which Admins lack")
	}
	if !admin.CanGive(now, access.Support, access.Adjustment{Add: access.Of(access.OrdersRefund)}, b1) {
		t.Error("an Admin could not give refunds")
	}
	less := access.BrandAdmin.Set.Minus(access.Admin.Set)
	if !admin.CanGive(now, access.BrandAdmin, access.Adjustment{Remove: less}, b1) {
		t.Error("a Brand Admin less what Admins lack is still too much")
	}
	equal(t, admin.Lacks(now, access.BrandAdmin, access.Adjustment{}, b1).List(), less.List())
	if only(access.SuperAdmin, access.Platform).CanGive(now, access.SuperAdmin, access.Adjustment{Remove: access.Of(access.SystemKeys)}, access.Platform) {
		t.Error("Super Admin was adjusted")
	}
}

func TestOnlyStaffRolesCountAsStaffPower(t *testing.T) {
	club := &access.Role{Key: "rol_1", Name: "Club", For: access.Customer, Highest: access.BrandNode, Set: access.Moderator.Set}
	if !only(club, b1).HoldsMore(now, only(access.Moderator, b1)) || only(club, b1).CanGive(now, access.Moderator, access.Adjustment{}, b1) {
		t.Error("a customer's role counts as a staff role")
	}
}

func TestWhatHoldsOnlyForOnesOwnIsGivenByWhoHoldsIt(t *testing.T) {
	own := &access.Role{Key: "rol_1", Name: "Buyer", For: access.Staff, Highest: access.BrandNode, Set: access.Of(access.BudgetsView),
		Limits: access.Limits{Own: access.Of(access.BudgetsView)}}
	if only(access.Moderator, b1).CanGive(now, own, access.Adjustment{}, b1) {
		t.Error("a Moderator gave what Moderators lack")
	}
	if !only(access.Admin, b1).CanGive(now, own, access.Adjustment{}, b1) || !only(own, b1).CanGive(now, own, access.Adjustment{}, b1) {
		t.Error("who holds it cannot give it")
	}
}

func TestCompanyRolesAreGivenByWhoeverHoldsCompanyRoles(t *testing.T) {
	for _, r := range access.BuiltIn[10:15] {
		for _, c := range []struct {
			giver access.Grants
			want  bool
		}{
			{only(access.CompanyAdmin, acme), true},
			{only(access.Admin, b1), true},
			{only(access.BudgetAdmin, acme), false},
			{only(access.CompanyAdmin, b1.Company("acme2")), false},
			{only(access.Support, b1), false},
		} {
			if got := c.giver.CanGive(now, r, access.Adjustment{}, acme); got != c.want {
				t.Errorf("%s gives %s: %v", c.giver[0].Role.Name, r.Name, got)
			}
		}
	}
}

func TestARefusedGiftSaysWhatIsLacking(t *testing.T) {
	admin := only(access.Admin, b1)
	lacks := admin.Lacks(now, access.BrandAdmin, access.Adjustment{}, b1)
	refusal := errs.Of(access.RefuseGift(access.BrandAdmin, lacks, b1, words))
	const want = "You cannot give Brand Admin at Marlow & Finch: you lack “Delete competitions”, “Make and edit roles”, “View the audit log” and “Export the audit log” there. Choose a smaller role or a lower place."
	if refusal.Detail != want || refusal.Code != "gives_more" || refusal.Kind != errs.Forbidden {
		t.Errorf("%s: %s", refusal.Code, refusal.Detail)
	}
	if !slices.Equal(refusal.Extra["lacks"].([]string), lacks.Names()) {
		t.Errorf("%v", refusal.Extra)
	}
}
