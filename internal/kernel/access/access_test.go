package access_test

import (
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

// The places of these tests.
var (
	b1    = access.Brand("B1")
	b10   = access.Brand("B10")
	leeds = b1.Location("leeds")
	york  = b1.Location("york")
	acme  = b1.Company("acme")
	dock  = acme.Location("dock")
)

// now is an instant that grants of these tests begin and end around.
const now = int64(1_800_000_000_000)

func hold(role *access.Role, at access.Scope) access.Grant {
	return access.Grant{ID: "gra_" + role.Key, Role: role, Scope: at}
}

func only(role *access.Role, at access.Scope) access.Grants { return access.Resolve(hold(role, at)) }

func TestGrantHoldsForItsSubtreeAndNowhereElse(t *testing.T) {
	for _, c := range []struct {
		at, target access.Scope
		want       bool
	}{
		{access.Platform, access.Platform, true},
		{access.Platform, leeds, true},
		{b1, access.Platform, false},
		{b1, b1, true},
		{b1, leeds, true},
		{b1, dock, true},
		{b1, b10, false},
		{b1, b10.Location("leeds"), false},
		{leeds, b1, false},
		{leeds, york, false},
		{access.Platform, access.Scope{}, false},
	} {
		if got := only(access.Admin, c.at).Can(now, access.OrdersRefund, c.target, access.Everybody); got != c.want {
			t.Errorf("Admin at %s refunds at %q: %v", c.at, c.target, got)
		}
	}
}

func TestGrantBeginsWithFromAndEndsBeforeUntil(t *testing.T) {
	for _, c := range []struct {
		from, until int64
		want        bool
	}{
		{0, 0, true},
		{now, 0, true},
		{now + 1, 0, false},
		{0, now, false},
		{0, now + 1, true},
		{now - 1, now + 1, true},
		{now - 2, now - 1, false},
	} {
		g := hold(access.Admin, b1)
		g.From, g.Until = c.from, c.until
		gs := access.Resolve(g)
		if got := gs.Can(now, access.OrdersView, b1, access.Everybody); got != c.want {
			t.Errorf("from %d until %d: %v", c.from, c.until, got)
		}
		if got := len(gs.Nodes(now, access.OrdersView)) == 1; got != c.want {
			t.Errorf("from %d until %d: nodes say %v", c.from, c.until, got)
		}
		if got := gs.Effective(now, b1).Has(access.OrdersView); got != c.want {
			t.Errorf("from %d until %d: effective says %v", c.from, c.until, got)
		}
	}
}

func TestLimitsSayWhomTheVerbsReach(t *testing.T) {
	const c, m, s, all, some = access.Customer, access.CompanyUser, access.Staff, access.Everybody, access.Somebody
	for _, row := range []struct {
		role *access.Role
		at   access.Scope
		p    access.Permission
		who  []access.PersonKind
	}{
		{access.HubAdmin, leeds, access.UsersView, []access.PersonKind{all, c, m, s, access.Self, some}},
		{access.HubAdmin, leeds, access.UsersSuspend, []access.PersonKind{c, some}},
		{access.HubAdmin, leeds, access.UsersResetPassword, []access.PersonKind{c, some}},
		{access.HubAdmin, leeds, access.CustomersEdit, []access.PersonKind{all, c, m, s, access.Self, some}},
		{access.Marketing, b1, access.UsersView, []access.PersonKind{c, some}},
		{access.Support, b1, access.UsersEdit, []access.PersonKind{c, m, some}},
		{access.Support, b1, access.UsersImpersonate, []access.PersonKind{c, m, some}},
		{access.Admin, b1, access.UsersSuspend, []access.PersonKind{all, c, m, s, access.Self, some}},
		{access.Orderer, acme, access.BudgetsView, []access.PersonKind{access.Self, some}},
		{access.OrdererAdmin, acme, access.BudgetsView, []access.PersonKind{all, c, m, s, access.Self, some}},
		{access.CustomerRole, b1, access.OwnOrders, []access.PersonKind{access.Self, some}},
		{access.Moderator, b1, access.UsersView, nil},
	} {
		gs := only(row.role, row.at)
		want := access.PeopleOf(row.who...)
		for kind := access.Everybody; kind <= some+1; kind++ {
			if got := gs.Can(now, row.p, row.at, kind); got != want.Has(kind) {
				t.Errorf("%s: %s for %s: %v", row.role.Name, row.p, kind, got)
			}
			if got := len(gs.NodesFor(now, row.p, kind)) == 1; got != want.Has(kind) {
				t.Errorf("%s: nodes of %s for %s: %v", row.role.Name, row.p, kind, got)
			}
		}
	}
}

func TestAnAddedVerbReachesNoMoreThanTheRoleDoes(t *testing.T) {
	g := hold(access.Support, b1)
	g.Add = access.Of(access.UsersBan)
	gs := access.Resolve(g)
	if !gs.Can(now, access.UsersBan, b1, access.CompanyUser) || gs.Can(now, access.UsersBan, b1, access.Staff) {
		t.Error("an added users.ban must reach whom Support reaches, and nobody else")
	}
}

func TestAPersonIsEditedWithThePermissionOfTheirKind(t *testing.T) {
	for _, c := range []struct {
		role                     *access.Role
		at                       access.Scope
		customer, company, staff bool
	}{
		{access.Admin, b1, true, true, true},
		{access.HubAdmin, leeds, true, false, false},
		{access.Support, b1, true, true, false},
		{access.CompanyAdmin, acme, false, true, false},
		{access.ReadOnly, b1, false, false, false},
	} {
		gs := only(c.role, c.at)
		for kind, want := range map[access.PersonKind]bool{access.Customer: c.customer, access.CompanyUser: c.company, access.Staff: c.staff} {
			if got := gs.CanEdit(now, c.at, kind); got != want {
				t.Errorf("%s edits a %s: %v", c.role.Name, kind, got)
			}
		}
	}
}

func TestWhatIsNotSoundGivesNothing(t *testing.T) {
	adjusted := hold(access.SuperAdmin, access.Platform)
	adjusted.Remove = access.Of(access.SystemPurge)
	backwards := hold(access.Admin, b1)
	backwards.From, backwards.Until = now+1, now-1
	own := hold(access.Support, b1)
	own.Add = access.Of(access.OwnProfile)
	for name, g := range map[string]access.Grant{
		"no role":                    {Scope: b1},
		"no place":                   {Role: access.Admin},
		"Hub Admin of a brand":       hold(access.HubAdmin, b1),
		"Super Admin of a brand":     hold(access.SuperAdmin, b1),
		"Brand Admin on platform":    hold(access.BrandAdmin, access.Platform),
		"Admin of a company":         hold(access.Admin, acme),
		"CompanyAdmin of a brand":    hold(access.CompanyAdmin, b1),
		"CompanyAdmin of a location": hold(access.CompanyAdmin, leeds),
		"Super Admin adjusted":       adjusted,
		"ends before it begins":      backwards,
		"own account added":          own,
	} {
		if g.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
		gs := access.Resolve(g)
		for p := range access.Permissions {
			if gs.Can(now, p, g.Scope, access.Somebody) || gs.Anywhere(now, p) {
				t.Errorf("%s: gives %s", name, p)
			}
		}
	}
	raw := access.Grants{hold(access.SuperAdmin, access.Platform)}
	if raw.Can(now, access.SystemPurge, access.Platform, access.Everybody) {
		t.Error("a grant that was not resolved gives something")
	}
	if !only(access.SuperAdmin, access.Platform).HoldsMore(now, raw) {
		t.Error("a grant that was not resolved counts as harmless")
	}
	if only(access.SuperAdmin, access.Platform).Can(now, 0, access.Platform, access.Somebody) {
		t.Error("the zero permission is held")
	}
}

func TestNodesAreTheFewestThatCover(t *testing.T) {
	shop := hold(access.ShopManager, b10)
	late := hold(access.Admin, access.Platform)
	late.From = now + 1
	gs := access.Resolve(hold(access.Admin, leeds), hold(access.Admin, york), shop, hold(access.Admin, b10.Location("x")), late)
	equal(t, gs.Nodes(now, access.OrdersView), []access.Scope{leeds, york, b10})
	equal(t, gs.Nodes(now, access.OrdersRefund), []access.Scope{leeds, york, b10.Location("x")})
	equal(t, gs.Nodes(now, access.SystemKeys), nil)
	equal(t, access.Resolve(hold(access.Admin, leeds), hold(access.Admin, york), hold(access.Admin, b1)).Nodes(now, access.OrdersView),
		[]access.Scope{b1})
	equal(t, gs.Nodes(now+1, access.OrdersView), []access.Scope{access.Platform})
}

func TestOnlyNeverWidens(t *testing.T) {
	owner := access.Resolve(hold(access.SuperAdmin, access.Platform))
	key := owner.Only(access.Of(access.OrdersView, access.OwnProfile), b1)
	for p := range access.Permissions {
		if got := key.Can(now, p, leeds, access.Everybody); got != (p == access.OrdersView) {
			t.Errorf("the key may %s: %v", p, got)
		}
	}
	if key.Can(now, access.OrdersView, access.Platform, access.Everybody) || key.Can(now, access.OrdersView, b10, access.Everybody) {
		t.Error("the key reaches beyond its brand")
	}
	if !owner.Can(now, access.SystemKeys, access.Platform, access.Everybody) {
		t.Error("making a key took something from its owner")
	}
	admin := only(access.Admin, b1).Only(access.Of(access.OrdersView), leeds)
	again := access.Resolve(admin...)
	if again.Can(now, access.OrdersRefund, leeds, access.Everybody) || again.Can(now, access.OrdersView, york, access.Everybody) {
		t.Error("resolving again gave back what Only took")
	}
	if len(only(access.HubAdmin, leeds).Only(access.Of(access.OrdersView), york)) != 0 {
		t.Error("a key for York of an owner at Leeds holds something")
	}
}

func TestExportsHaveTheLimitsOfTheRole(t *testing.T) {
	const every = int(^uint(0) >> 1)
	for _, c := range []struct {
		role      *access.Role
		at        access.Scope
		marketing int
		other     int
	}{
		{access.Admin, b1, every, every},
		{access.HubAdmin, leeds, 500, 500},
		{access.Marketing, b1, every, 0},
		{access.Support, b1, 0, 0},
	} {
		gs := only(c.role, c.at)
		if got := gs.ExportRows(now, c.at, access.PurposeMarketing); got != c.marketing {
			t.Errorf("%s, marketing list: %d", c.role.Name, got)
		}
		if got := gs.ExportRows(now, c.at, "analysis"); got != c.other {
			t.Errorf("%s, analysis: %d", c.role.Name, got)
		}
		if got := gs.ExportRows(now, b10, access.PurposeMarketing); got != 0 {
			t.Errorf("%s, next door: %d", c.role.Name, got)
		}
	}
}

func equal[T comparable](t *testing.T, got, want []T) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == want[i]
	}
	if !same {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkCan(b *testing.B) {
	for _, c := range []struct {
		name string
		gs   access.Grants
	}{
		{"one", only(access.Admin, b1)},
		{"eight", access.Resolve(hold(access.HubAdmin, b1.Location("a")), hold(access.HubAdmin, b1.Location("b")),
			hold(access.HubAdmin, b1.Location("c")), hold(access.HubAdmin, b1.Location("d")), hold(access.HubAdmin, b1.Location("e")),
			hold(access.HubAdmin, b1.Location("f")), hold(access.HubAdmin, b1.Location("g")), hold(access.HubAdmin, leeds))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !c.gs.Can(now, access.OrdersRefund, leeds, access.Everybody) {
					b.Fatal("refused")
				}
			}
		})
	}
}

func TestCanDoesNotAllocate(t *testing.T) {
	gs := access.Resolve(hold(access.HubAdmin, york), hold(access.HubAdmin, leeds))
	if n := testing.AllocsPerRun(100, func() { gs.Can(now, access.OrdersRefund, leeds, access.Everybody) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
