package directory_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

func kindOf(err error) int {
	if err == nil {
		return 200
	}
	return errs.Of(err).Kind.Status()
}

func TestTheDeclarationsAreWhole(t *testing.T) {
	for _, l := range []*field.List[directory.Person]{directory.UserFields, directory.CustomerFields} {
		if err := l.Check(); err != nil {
			t.Error(err)
		}
	}
}

// value is a value that a filter of the field takes.
func value(f *field.Field[directory.Person]) string {
	switch {
	case len(f.Choices) > 0:
		return f.Key + "=" + f.Choices[0].Value
	case f.Key == "location":
		return "location=" + shambles
	case f.Key == "city":
		return "city=york"
	case f.Type == field.Flag:
		return f.Key + "=true"
	case f.Type == field.Time:
		return f.Key + "[last]=7"
	}
	return f.Key + "[gte]=1"
}

// A secret value of each field that some roles may not see: found nowhere in what those are answered.
var tells = map[string]string{
	"tier": "platinum", "lifetime_spend": "8426", "average_order": "2809", "refunds": "313", "order_count": "300", "favourite_category": "Orchids",
	"first_order_at": "2025-01-02", "last_order_at": "2026-10-09",
}

// address is a pointer in a printed row: its digits are chance.
var address = regexp.MustCompile(`0x[0-9a-f]+`)

// For every built-in role and every field of both lists: who may not see a field finds it in no row, and can neither filter nor sort
// by it, in the list or in its total. What each role may see is spelled out here once more, by hand, as roles.md has it.
func TestAFieldThatARoleMayNotSeeIsNowhere(t *testing.T) {
	sees := map[string][2]bool{ // purchases, financials
		"super_admin": {true, true}, "admin": {true, true}, "brand_admin": {true, true}, "hub_admin": {true, true},
		"shop_manager": {true, false}, "marketing": {false, false}, "support": {true, true}, "developer": {true, false}, "read_only": {true, true},
	}
	lists := map[string]*field.List[directory.Person]{"users": directory.UserFields, "customers": directory.CustomerFields}
	onBoth(t, func(t *testing.T, d *desk) {
		d.fill(&soul{
			num: 1<<40 | 1, brand: 1, kinds: user.IsCustomer, status: user.Active, first: "Ada", last: "Okafor", email: "ada@example.com",
			location: 3, tier: 3, orders: 300, gross: 842_600, refunded: 31_300, imported: 31_300, registered: now.UnixMilli() - 1000,
			firstOrder: day(2025, 1, 2), lastOrder: day(2026, 10, 9), favourite: "Orchids", emailVerified: true, phoneVerified: true,
		})
		for _, r := range access.BuiltIn {
			if r.For != access.Staff {
				continue
			}
			at := access.Brand(string(aurora))
			switch r.Highest {
			case access.PlatformNode:
				at = access.Platform
			case access.LocationNode:
				at = at.Location(shambles)
			}
			c := viewer(r.Key, at)
			may, listed := sees[r.Key]
			for _, v := range views {
				_, err := op.Ask(t.Context(), d.door, c, v.list, ask(aurora, ""))
				if !listed {
					if kindOf(err) != 403 {
						t.Errorf("%s opens %s: %v, want 403", r.Key, v.name, err)
					}
					continue
				}
				for i := range lists[v.name].Fields {
					f := &lists[v.name].Fields[i]
					allowed := true
					switch f.See[0] {
					case access.CustomersPurchases:
						allowed = may[0]
					case access.CustomersFinancials:
						allowed = may[1]
					}
					t.Run(fmt.Sprintf("%s/%s/%s", r.Key, v.name, f.Key), func(t *testing.T) { tryField(t, d, c, v, f, allowed) })
				}
			}
		}
	})
}

func tryField(t *testing.T, d *desk, c *op.Caller, v view, f *field.Field[directory.Person], allowed bool) {
	t.Helper()
	page, err := op.Ask(t.Context(), d.door, c, v.list, ask(aurora, ""))
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("the list: %v", err)
	}
	row := page.Rows[0]
	body, err := page.AppendJSON(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if page.Has(f.Key) != allowed || row.Has(f.Key) != allowed {
		t.Errorf("has the field: %v, want %v", page.Has(f.Key), allowed)
	}
	if inJSON := strings.Contains(string(body), `"`+f.Key+`":`); inJSON != (allowed && f.Select != "") {
		t.Errorf("in the JSON: %v", inJSON)
	}
	if tell := tells[f.Key]; !allowed {
		if tell == "" {
			t.Fatal("the test knows no telling value of this field")
		}
		if strings.Contains(string(body), tell) || strings.Contains(address.ReplaceAllString(fmt.Sprintf("%+v", row), ""), tell) {
			t.Errorf("the value %s got out: %s %+v", tell, body, row)
		}
	}
	var queries []string
	if f.CanFilter() {
		queries = append(queries, value(f))
	}
	if f.Sort != nil {
		queries = append(queries, "sort="+f.Key, "sort=-"+f.Key)
	}
	for _, query := range queries {
		want := 200
		if !allowed {
			want = 403
		}
		_, listErr := op.Ask(t.Context(), d.door, c, v.list, ask(aurora, query))
		_, totalErr := op.Ask(t.Context(), d.door, c, v.total, ask(aurora, query))
		for _, err := range []error{listErr, totalErr} {
			if kindOf(err) != want || !allowed && !errors.Is(err, field.ErrForbidden) {
				t.Errorf("?%s: %v, want %d", query, err, want)
			}
		}
	}
	if !allowed { // what is refused as unknown does not name what is hidden
		_, err := op.Ask(t.Context(), d.door, c, v.list, ask(aurora, "nonsense=1"))
		if kindOf(err) != 400 || strings.Contains(errs.Of(err).Detail, f.Key) {
			t.Errorf("an unknown name: %v", err)
		}
	}
}

func TestAHubAdminSeesTheChosenLocationsOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		all := crowd(300, 1, 11)
		d.fill(all...)
		d.fill(crowd(40, 2, 11)...)
		b := access.Brand(string(aurora))
		c := viewer("hub_admin", b.Location(headrow), b.Location(shambles))
		mine := func(s *soul) bool {
			return (s.location == 1 || s.location == 3) && s.kinds&user.IsCustomer != 0 && s.kinds&user.IsStaff == 0
		}
		for _, f := range filters {
			for _, v := range views {
				if f.only != "" && f.only != v.name {
					continue
				}
				want := expected(all, "-registered_at", func(s *soul) bool { return f.keep(s) && mine(s) })
				sameIDs(t, v.name+"?"+f.query, d.walk(c, v, ask(aurora, f.query)), want)
			}
		}
		for _, query := range []string{"q=smith", "q=gmail", "q=usr", "q=ok&sort=name"} {
			for _, id := range d.walk(c, customersView, ask(aurora, query)) {
				for _, s := range all {
					if s.id() == id && !mine(s) {
						t.Errorf("?%s found %s at location %d", query, id, s.location)
					}
				}
			}
		}
		f, err := op.Ask(t.Context(), d.door, c, directory.Statistics, aurora)
		want := int64(len(expected(all, "name", func(s *soul) bool { return mine(s) && s.here() && s.status != user.Invited })))
		if err != nil || f.Total != want || f.Admins != 0 {
			t.Errorf("statistics %+v, %v; want %d accounts and no admins", f, err, want)
		}
		// A location that is not theirs is as unknown as one that is not there, and another brand is not there at all.
		_, hidden := op.Ask(t.Context(), d.door, c, directory.Customers, ask(aurora, "location="+kirkgate))
		_, absent := op.Ask(t.Context(), d.door, c, directory.Customers, ask(aurora, "location=loc_none"))
		if kindOf(hidden) != 422 || errs.Of(hidden).Fields["location"] != errs.Of(absent).Fields["location"] {
			t.Errorf("a hidden location: %v, an absent one: %v", hidden, absent)
		}
		for _, b := range []string{string(meridian), "brd_none"} {
			if _, err := op.Ask(t.Context(), d.door, c, directory.Customers, directory.Ask{Brand: "brd_10"}); kindOf(err) != 404 {
				t.Errorf("brand %s: %v", b, err)
			}
		}
		if _, err := op.Ask(t.Context(), d.door, c, directory.Users, directory.Ask{Brand: "platform"}); kindOf(err) != 403 {
			t.Errorf("the platform's own people: %v", err)
		}
	})
}

// Marketing and Support see customers (Support company users too) but no colleagues, though a colleague who buys is a customer to
// customers.view.
func TestKindsOfPeopleThatARoleDoesNotReachAreAbsent(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		all := crowd(200, 1, 12)
		d.fill(all...)
		for key, reaches := range map[string]func(*soul) bool{
			"marketing":    func(s *soul) bool { return s.kinds&(user.IsStaff|user.IsCompany) == 0 },
			"support":      func(s *soul) bool { return s.kinds&user.IsStaff == 0 },
			"shop_manager": func(s *soul) bool { return true },
		} {
			c := viewer(key, access.Brand(string(aurora)))
			sameIDs(t, key+" users", d.walk(c, usersView, ask(aurora, "sort=email&limit=33")), expected(all, "email", func(s *soul) bool { return s.here() && reaches(s) }))
			sameIDs(t, key+" customers", d.walk(c, customersView, ask(aurora, "sort=email&limit=33")), expected(all, "email", func(s *soul) bool { return s.here() && s.kinds&user.IsCustomer != 0 }))
		}
	})
}

func TestWrongAddressesAreRefusedWithTheRemedy(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		marketing := viewer("marketing", access.Brand(string(aurora)))
		for _, c := range []struct {
			query string
			want  int
			says  string
		}{
			{"nonsense=1", 400, "Known are"},
			{"Status=active", 400, "status"},
			{"status[gte]=active", 400, "status"},
			{"lifetime_spend[]=1", 400, "lifetime_spend"},
			{"lifetime_spend[like]=1", 400, "lifetime_spend[gte]"},
			{"status=active&status=banned", 400, "once"},
			{"sort=name&sort=email", 400, "once"},
			{"sort=walletBalance", 400, "name"},
			{"sort=phone", 400, "name"},
			{"sort=", 400, "name"},
			{"q=%ff", 400, "UTF-8"},
			{"status=gone", 422, "active"},
			{"lifetime_spend[gte]=12.50", 422, "minor units"},
			{"order_count[gte]=many", 422, "whole number"},
			{"order_count[gte]=99999999999999999999", 422, "whole number"},
			{"order_count[band]=1-6", 422, "1-5"},
			{"registered_at[gte]=2026-02-30", 422, "2026-11-20"},
			{"registered_at[last]=0", 422, "days"},
			{"email_verified=yes", 422, "true"},
			{"limit=201", 422, "200"},
			{"limit=0", 422, "200"},
			{"q=" + strings.Repeat("a", 201), 422, "200"},
		} {
			_, err := op.Ask(t.Context(), d.door, owner, directory.Customers, ask(aurora, c.query))
			said := fmt.Sprint(errs.Of(err).Detail, errs.Of(err).Fields)
			if kindOf(err) != c.want || !strings.Contains(said, c.says) {
				t.Errorf("?%s: %d %s; want %d with %q", c.query, kindOf(err), said, c.want, c.says)
			}
		}
		_, err := op.Ask(t.Context(), d.door, marketing, directory.Customers, ask(aurora, "sort=-lifetime_spend"))
		if errs.Of(err).Code != "field_forbidden" {
			t.Errorf("a hidden order: %v", err)
		}
	})
}
