package access_test

import (
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

func TestLevelsLeaveOutWhatIsTickedSingly(t *testing.T) {
	for area, want := range map[access.Area]string{
		"products": "products.view products.create products.edit products.inventory", "orders": "orders.view orders.process",
		"customers": "customers.view customers.edit", "loyalty": "loyalty.view loyalty.adjust", "wallets": "wallets.view wallets.adjust",
		"withdrawals": "withdrawals.view withdrawals.manage", "settings": "settings.view settings.edit", "analytics": "analytics.view",
		"competitions": "competitions.view competitions.edit", "users": "users.view users.edit", "pages": "pages.edit", "system": "",
		"roles": "roles.view", "suppressions": "suppressions.view", "budgets": "budgets.view", "campaigns": "campaigns.view campaigns.edit",
	} {
		if got := strings.Join(area.At(access.Edit).Names(), " "); got != want {
			t.Errorf("Edit of %s: %s", area, got)
		}
	}
	for _, area := range access.Areas() {
		if area.Label() == string(area) || area.Permissions().Empty() || !area.At(access.Edit).ContainsAll(area.At(access.View)) {
			t.Errorf("%s has no label, no permission, or an Edit without its View", area)
		}
		for p := range area.At(access.View).All {
			if p.Verb() != "view" {
				t.Errorf("View of %s has %s", area, p)
			}
		}
	}
	equal(t, access.Areas()[:7], []access.Area{"products", "orders", "customers", "loyalty", "promotions", "analytics", "settings"})
	equal(t, access.Area("products").Levels(), []access.Level{access.None, access.View, access.Edit})
	equal(t, access.Area("analytics").Levels(), []access.Level{access.None, access.View})
	equal(t, access.Area("pages").Levels(), []access.Level{access.None, access.Edit})
	equal(t, access.Area("system").Levels(), []access.Level{access.None})
}

func TestTheFormBecomesAnAdjustmentAndIsReadBack(t *testing.T) {
	for _, r := range access.BuiltIn {
		choices := map[access.Area]access.Choice{}
		for _, area := range access.Areas() {
			choices[area] = area.Choice(r.Set)
		}
		a, err := access.Adjust(r, choices)
		if err != nil || a != (access.Adjustment{}) || a.Describe(r) != r.Name || a.Summary(r) != "" {
			t.Errorf("%s as it is: %v, %v", r.Name, a, err)
		}
	}
	a, err := access.Adjust(access.BrandAdmin, map[access.Area]access.Choice{
		"orders":   {Level: access.Edit, Single: access.Of(access.OrdersCancel)},
		"settings": {Level: access.View},
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, a.Add.List(), nil)
	equal(t, a.Remove.List(), []access.Permission{access.OrdersRefund, access.SettingsEdit})
	if got := a.Describe(access.BrandAdmin); got != "Brand Admin, 2 changes" {
		t.Error(got)
	}
}

func TestChangesAreCountedAsPeopleDo(t *testing.T) {
	choose := func(level access.Level, single ...access.Permission) access.Choice {
		return access.Choice{Level: level, Single: access.Of(single...)}
	}
	for _, c := range []struct {
		role    *access.Role
		choices map[access.Area]access.Choice
		want    string
		title   string
	}{
		{access.BrandAdmin, map[access.Area]access.Choice{"orders": choose(access.Edit, access.OrdersCancel)},
			"Orders: “Refund orders” taken away", "Brand Admin, 1 change"},
		{access.HubAdmin, map[access.Area]access.Choice{"products": choose(access.Edit)},
			"Products: Edit instead of View", "Hub Admin, 1 change"},
		{access.HubAdmin, map[access.Area]access.Choice{"products": choose(access.View)},
			"Products: “Change stock” taken away", "Hub Admin, 1 change"},
		{access.BrandAdmin, map[access.Area]access.Choice{"products": choose(access.View, access.ProductsCreate)},
			"Products: View and “Create products” instead of Edit; Products: “Delete products” taken away", "Brand Admin, 2 changes"},
		{access.Support, map[access.Area]access.Choice{"loyalty": choose(access.None), "pages": choose(access.Edit), "wallets": choose(access.View)},
			"Loyalty: None instead of View; Loyalty: “Give goodwill points” taken away; Pages: Edit instead of None", "Support, 3 changes"},
		{access.Moderator, map[access.Area]access.Choice{"system": choose(access.None, access.SystemBackup, access.OrdersView)},
			"System: “Make and restore backups” added", "Moderator, 1 change"},
	} {
		a, err := access.Adjust(c.role, c.choices)
		if err != nil || a.Summary(c.role) != c.want || a.Describe(c.role) != c.title {
			t.Errorf("%s / %s (%v), want %s / %s", a.Describe(c.role), a.Summary(c.role), err, c.title, c.want)
		}
	}
}

func TestRolesThatTakeNoAdjustment(t *testing.T) {
	choices := map[access.Area]access.Choice{"products": {Level: access.View}}
	for _, r := range access.BuiltIn {
		a, err := access.Adjust(r, choices)
		if adjustable := r.For == access.Staff && r != access.SuperAdmin; (err == nil) != adjustable {
			t.Errorf("%s: %v, %v", r.Name, a, err)
		}
	}
	if _, err := access.Adjust(access.Admin, map[access.Area]access.Choice{"own": {Single: access.Of(access.OwnOrders)}}); err == nil {
		t.Error("the own account was given by an adjustment")
	}
}

func TestRemovalWins(t *testing.T) {
	g := hold(access.Admin, b1)
	g.Add, g.Remove = access.Of(access.OrdersRefund), access.Of(access.OrdersRefund)
	if access.Resolve(g).Can(now, access.OrdersRefund, b1, access.Everybody) {
		t.Error("what was added and removed is held")
	}
}
