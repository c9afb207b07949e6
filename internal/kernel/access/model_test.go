package access_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

var places = []access.Scope{access.Platform, b1, b10, leeds, york, b10.Location("leeds"), acme, dock, b1.Company("acme2"), b10.Company("acme"), {}}

// TestCanAgreesWithANaiveModel draws grants by chance and asks every question of the model and of Can, Explain, Nodes, Effective.
func TestCanAgreesWithANaiveModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		grants := someGrants(rng)
		gs := access.Resolve(grants...)
		for range 120 {
			p := access.Permission(1 + rng.IntN(count))
			s, kind, at := places[rng.IntN(len(places))], access.PersonKind(rng.IntN(6)), now+int64(rng.IntN(5)-2)
			want := slices.ContainsFunc(grants, func(g access.Grant) bool { return naiveCan(g, at, p, s, kind) })
			if got := gs.Can(at, p, s, kind); got != want {
				t.Fatalf("%s at %q for %s: %v\n%+v", p, s, kind, got, grants)
			}
			e := gs.Explain(at, p, s, kind)
			if e.Allowed != want || e.Sentence(access.Words{}) == "" || (e.Err(access.Words{}) == nil) != want {
				t.Fatalf("%s at %q for %s is explained as %v", p, s, kind, e.Allowed)
			}
			if gs.EffectiveFor(at, s, kind).Has(p) != want {
				t.Fatalf("%s at %q for %s: effective says %v", p, s, kind, !want)
			}
			nodes := gs.NodesFor(at, p, kind)
			if slices.ContainsFunc(nodes, func(n access.Scope) bool { return n.Covers(s) }) != want {
				t.Fatalf("%s at %q for %s: nodes say %v", p, s, kind, nodes)
			}
			for i, a := range nodes {
				for j, b := range nodes {
					if i != j && a.Covers(b) {
						t.Fatalf("nodes are not minimal: %v", nodes)
					}
				}
			}
			if gs.Only(access.Of(p), s).Can(at, p, s, kind) != want {
				t.Fatalf("a key for exactly %s at %q differs from its owner", p, s)
			}
		}
	}
}

// TestHoldsMoreAgreesWithANaiveModel: more is a staff permission at some place, for some kind of person, that the first lacks there.
func TestHoldsMoreAgreesWithANaiveModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	more, notMore := 0, 0
	for range 1500 {
		a, b := someGrants(rng), someGrants(rng)
		if rng.IntN(2) == 0 { // make "not more" likely
			a = append(a, access.Grant{Role: access.Admin, Scope: access.Platform})
		}
		for _, gs := range [][]access.Grant{a, b} { // dates and limits of exports have tests of their own
			for i := range gs {
				gs[i].From, gs[i].Until = 0, 0
				if gs[i].Role.Adjustable() {
					gs[i].Remove = gs[i].Remove.With(access.CustomersExport)
				}
			}
		}
		want := false
		for _, s := range places[:10] {
			for kind := access.Customer; kind <= access.Staff && !want; kind++ {
				for p := range access.Permissions {
					if staffCan(b, p, s, kind) && !staffCan(a, p, s, kind) {
						want = true
						break
					}
				}
			}
		}
		got := access.Resolve(a...).HoldsMore(now, access.Resolve(b...))
		// A place between the listed ones cannot make a difference: grants stand at listed places only.
		if got != want {
			t.Fatalf("holds more: %v\nfirst %+v\nother %+v", got, a, b)
		}
		if got {
			more++
		} else {
			notMore++
		}
		if access.Resolve(a...).HoldsMore(now, access.Resolve(a...)) {
			t.Fatalf("somebody holds more than themselves: %+v", a)
		}
	}
	if more < 100 || notMore < 100 {
		t.Errorf("the draw is one-sided: %d more, %d not", more, notMore)
	}
}

func staffCan(grants []access.Grant, p access.Permission, s access.Scope, kind access.PersonKind) bool {
	return slices.ContainsFunc(grants, func(g access.Grant) bool { return g.Role.For == access.Staff && naiveCan(g, now, p, s, kind) })
}

var count = func() (n int) {
	for range access.Permissions {
		n++
	}
	return n
}()

func someGrants(rng *rand.Rand) []access.Grant {
	custom := &access.Role{Key: "rol_1", Name: "Events desk", For: access.Staff, Highest: access.BrandNode, Brand: "B1",
		Set:    access.Of(access.UsersView, access.UsersEdit, access.OrdersRefund, access.BudgetsView),
		Limits: access.Limits{People: access.PeopleOf(access.CompanyUser), Everyone: access.Of(access.UsersView), Own: access.Of(access.BudgetsView)}}
	roles := append(slices.Clone(access.BuiltIn), custom, custom)
	grants := make([]access.Grant, rng.IntN(5))
	for i := range grants {
		g := access.Grant{Role: roles[rng.IntN(len(roles))], Scope: places[rng.IntN(len(places)-1)]}
		if rng.IntN(3) == 0 {
			g.From = now + int64(rng.IntN(5)-2)
		}
		if rng.IntN(3) == 0 {
			g.Until = now + int64(rng.IntN(5)-2)
		}
		for range rng.IntN(3) * 5 {
			g.Add = g.Add.With(access.Permission(1 + rng.IntN(count-4))) // the last four are one's own
			g.Remove = g.Remove.With(access.Permission(1 + rng.IntN(count)))
		}
		grants[i] = g
	}
	return grants
}

// naiveCan is the rule as the documents say it, slowly: one grant, one question, strings.
func naiveCan(g access.Grant, at int64, p access.Permission, s access.Scope, kind access.PersonKind) bool {
	r, name := g.Role, p.String()
	adjusted := !g.Add.Empty() || !g.Remove.Empty()
	if g.From != 0 && g.Until != 0 && g.Until <= g.From || adjusted && !r.Adjustable() || !naiveStands(r, g.Scope.String()) {
		return false
	}
	if g.From > at || g.Until != 0 && g.Until <= at || s.IsZero() || !naiveCovers(g.Scope.String(), s.String()) {
		return false
	}
	held := slices.Contains(r.Set.List(), p) || slices.Contains(g.Add.List(), p)
	if !held || slices.Contains(g.Remove.List(), p) {
		return false
	}
	if kind == access.Somebody {
		return true
	}
	if strings.HasPrefix(name, "own.") || slices.Contains(r.Limits.Own.List(), p) {
		return kind == access.Self
	}
	if kind == access.Self {
		kind = r.For
	}
	if strings.HasPrefix(name, "users.") && !slices.Contains(r.Limits.Everyone.List(), p) && len(r.Limits.People.List()) > 0 {
		return slices.Contains(r.Limits.People.List(), kind)
	}
	return true
}

func naiveStands(r *access.Role, path string) bool {
	words := strings.Count(path, "/")
	company := strings.Contains(path, "/company/")
	if r.Brand != "" && !naiveCovers("brand/"+r.Brand, path) {
		return false
	}
	switch {
	case r.Key == "super_admin":
		return path == "platform"
	case r.Key == "admin":
		return !company
	case r.Key == "hub_admin":
		return words == 3 && !company
	case r.For == access.Staff:
		return words >= 1 && !company
	case r.For == access.CompanyUser:
		return company
	}
	return words == 1
}
