package access_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/access"
)

var update = flag.Bool("update", false, "write testdata/roles.golden")

// TestRolesAreThoseThatAReviewerRead compares the whole table with the page that a reviewer reads. Run with -update, then read the
// difference: it is who may do what.
func TestRolesAreThoseThatAReviewerRead(t *testing.T) {
	const file = "testdata/roles.golden"
	page := rolesPage()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(page, "\n"), strings.Split(string(golden), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s:%d differs; read the difference, then run with -update\ngot  %s\nwant %s", file, i+1, at(got, i), at(want, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

var short = map[string]string{
	"super_admin": "Super", "admin": "Admin", "brand_admin": "Brand", "hub_admin": "Hub", "shop_manager": "Shop", "marketing": "Mktg",
	"moderator": "Mod", "support": "Supp", "developer": "Dev", "read_only": "Read", "company_admin": "CoAdm", "budget_admin": "Budg",
	"orderer_admin": "OrdA", "orderer": "Ord", "requester": "Req", "customer": "Cust",
}

func rolesPage() string {
	var b strings.Builder
	b.WriteString(`Built-in roles and what each may do. Written by go test ./internal/kernel/access -update; read every difference.

  x     may, for everybody at the grant's node and below
  c     may, for people who are only customers
  cb    may, for customers and company users (buyers), not for staff
  own   may, for what is the holder's own
  500   may, up to 500 rows at a time
  mkt   may, for the purpose "marketing list"
  .     may not
  V E   beside a permission: the View level and the Edit level of its area have it (Edit has View's too)

`)
	b.WriteString("Roles\n\n")
	for _, r := range access.BuiltIn {
		fmt.Fprintf(&b, "  %-5s  %-13s %-13s %s\n         for: %s; highest node: %s%s%s; %d permissions%s\n", short[r.Key], r.Name, r.Key, r.Summary, r.For,
			r.Highest, when(r.Whole, ", never lower"), when(r.Kept, "; the last holder stays"), r.Set.Len(), when(r.Adjustable(), "; takes adjustments"))
	}
	b.WriteString("\nPermissions\n\n")
	for _, area := range access.Areas() {
		fmt.Fprintf(&b, "%-33s   ", area.Label())
		for _, r := range access.BuiltIn {
			fmt.Fprintf(&b, "%5s ", short[r.Key])
		}
		b.WriteString("\n")
		for p := range area.Permissions().All {
			level := " "
			if area.At(access.View).Has(p) {
				level = "V"
			} else if area.At(access.Edit).Has(p) {
				level = "E"
			}
			fmt.Fprintf(&b, "  %-31s %s ", p, level)
			for _, r := range access.BuiltIn {
				fmt.Fprintf(&b, " %5s", cell(r, p))
			}
			fmt.Fprintf(&b, "   %s\n", p.Label())
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

func when(yes bool, words string) string {
	if yes {
		return words
	}
	return ""
}

// cell asks Can as the engine does, so that the page shows what is enforced and not what is declared.
func cell(r *access.Role, p access.Permission) string {
	place := map[access.NodeKind]access.Scope{access.PlatformNode: access.Platform, access.BrandNode: b1, access.LocationNode: leeds,
		access.CompanyNode: acme}[r.Highest]
	gs := only(r, place)
	can := func(kind access.PersonKind) bool { return gs.Can(now, p, place, kind) }
	switch {
	case can(access.Everybody) && p == access.CustomersExport && gs.ExportRows(now, place, "analysis") == 0:
		return "mkt"
	case can(access.Everybody) && p == access.CustomersExport && gs.ExportRows(now, place, "analysis") <= 500:
		return fmt.Sprint(gs.ExportRows(now, place, "analysis"))
	case can(access.Everybody):
		return "x"
	case can(access.Customer) && can(access.CompanyUser):
		return "cb"
	case can(access.Customer):
		return "c"
	case can(access.Self):
		return "own"
	case can(access.Somebody):
		return "?"
	}
	return "."
}
