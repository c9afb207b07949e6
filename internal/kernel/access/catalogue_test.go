package access_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

func TestEveryPermissionHasAnAreaAVerbAndALabelOfItsOwn(t *testing.T) {
	names, labels, areas := map[string]bool{}, map[string]bool{}, access.Areas()
	last := 0
	for p := range access.Permissions {
		name := p.String()
		if name != string(p.Area())+"."+p.Verb() || p.Verb() == "" || names[name] {
			t.Errorf("%q is no name of its own", name)
		}
		if p.Label() == "" || labels[p.Label()] {
			t.Errorf("%s: %q is no label of its own", name, p.Label())
		}
		if i := slices.Index(areas, p.Area()); i < last {
			t.Errorf("%s stands outside its area", name)
		} else {
			last = i
		}
		if parsed, err := access.ParsePermission(name); err != nil || parsed != p {
			t.Errorf("%s is read as %s, %v", name, parsed, err)
		}
		names[name], labels[p.Label()] = true, true
	}
	for _, name := range []string{"", "orders", "orders.", "Orders.refund", "orders.refund ", "unknown permission"} {
		if p, err := access.ParsePermission(name); err == nil || p.Valid() {
			t.Errorf("%q was accepted", name)
		}
	}
}

func TestSetsAreSets(t *testing.T) {
	var s access.Set
	for p := range access.Permissions {
		s = s.With(p)
		if !s.Has(p) || s.Without(p).Has(p) || !s.Without(p).With(p).ContainsAll(s) || s.Without(p).ContainsAll(s) {
			t.Fatalf("%s comes and goes wrongly", p)
		}
	}
	equal(t, s.List(), slices.Collect(access.Permissions))
	if s.Len() != count || s.Has(0) || s.Has(255) || access.Of(0, 255) != (access.Set{}) || !s.Minus(s).Empty() {
		t.Error("a set holds what is not in the catalogue")
	}
	a, b := access.Of(access.OrdersView, access.OwnPrivacy), access.Of(access.OrdersView, access.SystemKeys)
	equal(t, a.Union(b).Names(), []string{"orders.view", "system.keys", "own.privacy"})
	equal(t, a.Intersect(b).Names(), []string{"orders.view"})
	equal(t, a.Minus(b).Names(), []string{"own.privacy"})
}

func TestRolesComeBackFromJSON(t *testing.T) {
	for _, r := range access.BuiltIn {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back access.Role
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if again, _ := json.Marshal(back); string(again) != string(text) || back.Set != r.Set || back.Limits.People != r.Limits.People {
			t.Errorf("%s became %s", text, again)
		}
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if found, ok := access.BuiltInRole(r.Key); !ok || found != r {
			t.Errorf("%s is not found by its key", r.Key)
		}
	}
	var s access.Set
	if json.Unmarshal([]byte(`["orders.view","orders.teleport"]`), &s) == nil || !s.Empty() {
		t.Error("an unknown permission was read")
	}
}

func TestRolesThatMakeNoSenseAreRefused(t *testing.T) {
	good := access.Role{Key: "rol_1", Name: "Events desk", For: access.Staff, Highest: access.BrandNode, Set: access.Of(access.OrdersView)}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*access.Role){
		"no name":          func(r *access.Role) { r.Name = "" },
		"no place":         func(r *access.Role) { r.Highest = access.Nowhere },
		"no holders":       func(r *access.Role) { r.For = access.Everybody },
		"own account":      func(r *access.Role) { r.Set = r.Set.With(access.OwnPrivacy) },
		"negative rows":    func(r *access.Role) { r.Limits.ExportRows = -1 },
		"reaches somebody": func(r *access.Role) { r.Limits.People = access.PeopleOf(access.Somebody) },
	} {
		r := good
		change(&r)
		if r.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestARoleOfABrandStaysInTheBrand(t *testing.T) {
	r := &access.Role{Key: "rol_1", Name: "Events desk", Brand: "B1", For: access.Staff, Highest: access.PlatformNode}
	for at, want := range map[access.Scope]bool{b1: true, leeds: true, b10: false, access.Platform: false, acme: false} {
		if r.StandsAt(at) != want {
			t.Errorf("stands at %s: %v", at, !want)
		}
	}
}

func TestThePersonIsTheStrongestOfWhatHangsOnThem(t *testing.T) {
	if access.KindOf(true, true) != access.Staff || access.KindOf(false, true) != access.CompanyUser || access.KindOf(false, false) != access.Customer {
		t.Error("kinds of people are mixed up")
	}
}
