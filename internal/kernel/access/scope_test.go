package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

// trap: an id may be the name of a level.
var trap = access.Brand("location").Company("brand").Location("company")

func TestScopeIsReadAsItIsWritten(t *testing.T) {
	for _, c := range []struct {
		scope                    access.Scope
		path                     string
		kind                     access.NodeKind
		brand, company, location string
		parent                   access.Scope
	}{
		{access.Platform, "platform", access.PlatformNode, "", "", "", access.Scope{}},
		{b1, "brand/B1", access.BrandNode, "B1", "", "", access.Platform},
		{leeds, "brand/B1/location/leeds", access.LocationNode, "B1", "", "leeds", b1},
		{acme, "brand/B1/company/acme", access.CompanyNode, "B1", "acme", "", b1},
		{dock, "brand/B1/company/acme/location/dock", access.CompanyLocationNode, "B1", "acme", "dock", acme},
		{trap, "brand/location/company/brand/location/company", access.CompanyLocationNode, "location", "brand", "company",
			access.Brand("location").Company("brand")},
	} {
		parsed, err := access.ParseScope(c.path)
		if err != nil || parsed != c.scope || parsed.String() != c.path {
			t.Errorf("%s: parsed as %q, %v", c.path, parsed, err)
		}
		if c.scope.Kind() != c.kind || c.scope.BrandID() != c.brand || c.scope.CompanyID() != c.company || c.scope.LocationID() != c.location {
			t.Errorf("%s: kind %s, ids %q %q %q", c.path, c.scope.Kind(), c.scope.BrandID(), c.scope.CompanyID(), c.scope.LocationID())
		}
		if c.scope.Parent() != c.parent {
			t.Errorf("%s: parent %q", c.path, c.scope.Parent())
		}
		var back access.Scope
		if text, err := json.Marshal(c.scope); err != nil || json.Unmarshal(text, &back) != nil || back != c.scope {
			t.Errorf("%s: JSON gives back %q", c.path, back)
		}
	}
}

func TestMalformedScopesAreRefused(t *testing.T) {
	for _, path := range []string{
		"", "/", "Platform", "platform/", "platform/brand/B1", "brand", "brand/", "brand//", "brand/B1/", "/brand/B1", "Brand/B1",
		"brand/B1/location", "brand/B1/location/", "brand/B1/location/L/", "brand/B1/location/L/location/M", "brand/B1/location/L/company/C",
		"brand/B1/company/C/company/D", "brand/B1/company/C/location/L/x", "brand/B1/hub/L", "brand/B 1", "brand/B1%", "brand/..", "brand/B1\n",
		"brand/é", "brand/B1\x00", "brandB1", "brandX/B1", "brand/" + strings.Repeat("x", 65),
	} {
		if s, err := access.ParseScope(path); err == nil || !s.IsZero() {
			t.Errorf("%q was accepted", path)
		}
		var s access.Scope
		if text, _ := json.Marshal(path); json.Unmarshal(text, &s) == nil {
			t.Errorf("%q was accepted from JSON", path)
		}
	}
}

func TestThereIsNoPlaceBelowAWrongOne(t *testing.T) {
	for name, s := range map[string]access.Scope{
		"empty brand":                  access.Brand(""),
		"brand with a slash":           access.Brand("B1/location/leeds"),
		"location of the platform":     access.Platform.Location("L"),
		"location of a location":       leeds.Location("L"),
		"location of a company's":      dock.Location("L"),
		"company of a location":        leeds.Company("C"),
		"company of a company":         acme.Company("C"),
		"location of nowhere":          access.Scope{}.Location("L"),
		"company with a wrong id":      b1.Company("../B10"),
		"location of a brand misnamed": access.Brand("B 1").Location("L"),
	} {
		if !s.IsZero() {
			t.Errorf("%s gave %q", name, s)
		}
	}
	if text, err := json.Marshal(access.Scope{}); err == nil {
		t.Errorf("nowhere was written as %s", text)
	}
}

func TestABrandDoesNotCoverOneWhoseNameStartsTheSame(t *testing.T) {
	for _, c := range [][2]access.Scope{
		{b1, b10}, {b1, b10.Location("leeds")}, {leeds, b1.Location("leeds2")}, {acme, b1.Company("acme2").Location("dock")},
		{access.Brand("B1"), access.Brand("B1-x")},
	} {
		if c[0].Covers(c[1]) || c[1].Covers(c[0]) {
			t.Errorf("%s and %s cover one another", c[0], c[1])
		}
		if only(access.CustomerRole, b1).Can(now, access.OwnOrders, b10, access.Self) {
			t.Error("the trap reaches Can")
		}
	}
}

func FuzzScope(f *testing.F) {
	all := []string{"platform", "brand/B1", "brand/B10", "brand/B1/location/leeds", "brand/B1/company/acme", "brand/B1/company/acme/location/dock",
		trap.String(), "", "brand//x", "brand/B1/", "brand/B1/location"}
	for _, a := range all {
		for _, b := range all {
			f.Add(a, b)
		}
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		sa, errA := access.ParseScope(a)
		sb, errB := access.ParseScope(b)
		if (errA == nil) != wellFormed(a) {
			t.Fatalf("%q: %v", a, errA)
		}
		if errA == nil && sa.String() != a {
			t.Fatalf("%q is written %q", a, sa)
		}
		want := errA == nil && errB == nil && naiveCovers(a, b)
		if sa.Covers(sb) != want {
			t.Fatalf("%q covers %q: %v", a, b, !want)
		}
		if errA == nil && sa.Parent() != (access.Scope{}) && (!sa.Parent().Covers(sa) || sa.Covers(sa.Parent())) {
			t.Fatalf("%q and its parent %q", a, sa.Parent())
		}
	})
}

// wellFormed says what ParseScope accepts, in another way.
func wellFormed(path string) bool {
	parts := strings.Split(path, "/")
	words := ""
	for i, part := range parts {
		if i%2 == 0 {
			words += part + " "
			continue
		}
		if part == "" || len(part) > 64 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" ||
			strings.ContainsFunc(part, func(r rune) bool {
				return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", r)
			}) {
			return false
		}
	}
	switch words {
	case "platform ":
		return len(parts) == 1
	case "brand ", "brand location ", "brand company ", "brand company location ":
		return len(parts)%2 == 0
	}
	return false
}

// naiveCovers compares part by part.
func naiveCovers(a, b string) bool {
	if a == "platform" {
		return true
	}
	pa, pb := strings.Split(a, "/"), strings.Split(b, "/")
	if len(pa) > len(pb) {
		return false
	}
	for i := range pa {
		if pa[i] != pb[i] {
			return false
		}
	}
	return true
}
