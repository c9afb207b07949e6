package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// rename is an edit through the door, so that the log has something to tell.
var rename = &op.Action[user.ID, *user.User, op.None]{
	Name: "test.rename", Summary: "Give a person another name", Allow: access.CustomersEdit,
	Target: func(tx *op.Tx, id user.ID) (*user.User, error) { return user.Find(tx, id) },
	Do: func(tx *op.Tx, u *user.User, _ user.ID) (op.None, error) {
		u.FirstName += "a"
		return op.None{}, user.Save(tx, u)
	},
}

// ada is a customer at Shambles with a little of everything.
func (d *desk) ada() *soul {
	d.t.Helper()
	ada := customerAt(1, 3)
	ada.first, ada.last, ada.email, ada.external = "Ada", "Okafor", "ada@example.com", "14646"
	ada.orders, ada.gross, ada.refunded, ada.imported, ada.tier = 2, 130_000, 0, 50_000, 2
	ada.firstOrder, ada.lastOrder, ada.favourite = day(2026, 11, 2), day(2026, 11, 3), "Flower"
	d.fill(ada)
	var orders, refunds, signIns [][]any
	for i := range int64(4) {
		orders = append(orders, []any{1<<40 | i, "ord_" + text32(i), string(aurora), "shop", fmt.Sprint(10480 + i), ada.num, "paid", day(2026, 11, 2) + i, int64(6420), int64(1), "[]", "", int64(1), int64(1)})
		signIns = append(signIns, []any{"sgn_" + text32(i), string(ada.id()), day(2026, 11, 2) + i, "ok", "password", "GB", "Chrome 141 on Android"})
	}
	refunds = append(refunds, []any{1<<40 | 1, "ref_1", string(aurora), "shop", "R1", ada.num, int64(500), day(2026, 11, 3), "", int64(1), int64(1)})
	d.raw.insert("orders", "num, id, brand_id, source, external_id, user_num, status, placed_at, total, line_count, lines, digest, created_at, updated_at", slices.Values(orders))
	d.raw.insert("refunds", "num, id, brand_id, source, external_id, user_num, amount, refunded_at, digest, created_at, updated_at", slices.Values(refunds))
	d.raw.insert("sign_ins", "id, user_id, at, outcome, method, country, device", slices.Values(signIns))
	return ada
}

func customerAt(n, location int64) *soul {
	s := shopper(n, "", "")
	s.location = location
	return s
}

func TestAProfileHasTheSectionsThatTheViewerMaySeeAndNoOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		ada := d.ada()
		best := customerAt(2, 1)
		best.gross = 900_000
		d.fill(best)
		b := access.Brand(string(aurora))
		for _, c := range []struct {
			role                  string
			at                    access.Scope
			purchases, financials bool
			rank                  int64
		}{
			{"super_admin", access.Platform, true, true, 2},
			{"admin", b, true, true, 2},
			{"hub_admin", b.Location(shambles), true, true, 0}, // a rank would count customers of other hubs
			{"support", b, true, true, 2},
			{"read_only", b, true, true, 2},
			{"shop_manager", b, true, false, 0},
			{"developer", b, true, false, 0},
			{"marketing", b, false, false, 0},
		} {
			p, err := op.Ask(t.Context(), d.door, viewer(c.role, c.at), directory.Show, ada.id())
			if err != nil {
				t.Fatalf("%s: %v", c.role, err)
			}
			if p.Title != "Ada Okafor" || p.Role != "customer" || p.Home == nil || p.Home.Name != "Shambles" || len(p.Externals) != 1 {
				t.Errorf("%s: the account is %+v", c.role, p)
			}
			if (p.Purchases != nil) != c.purchases || (p.Financials != nil) != c.financials || p.Staff != nil {
				t.Errorf("%s: purchases %v, financials %v, staff %v", c.role, p.Purchases, p.Financials, p.Staff)
			}
			if c.purchases && (p.Purchases.Orders != 2 || p.Purchases.ThisMonth != 4 || p.Purchases.Tier != customer.Gold) {
				t.Errorf("%s: %+v", c.role, p.Purchases)
			}
			if f := p.Financials; c.financials && (f.Lifetime.String() != "1800.00 GBP" || f.Imported.String() != "500.00 GBP" ||
				f.Average.String() != "650.00 GBP" || f.Next != customer.Platinum || f.Missing.String() != "3200.00 GBP" || f.Rank != c.rank) {
				t.Errorf("%s: %+v", c.role, f)
			}
		}
	})
}

func TestAPersonWhoIsNotToBeKnownIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		ada := d.ada()
		b := access.Brand(string(aurora))
		for what, c := range map[string]*op.Caller{
			"another hub":   viewer("hub_admin", b.Location(kirkgate)),
			"another brand": viewer("admin", access.Brand(string(meridian))),
			"a moderator":   viewer("moderator", b),
		} {
			_, hidden := op.Ask(t.Context(), d.door, c, directory.Show, ada.id())
			_, absent := op.Ask(t.Context(), d.door, c, directory.Show, "usr_none")
			_, line := op.Ask(t.Context(), d.door, c, directory.Activity, directory.Timeline{User: ada.id()})
			for _, err := range []error{hidden, line} {
				if !errors.Is(err, errs.ErrNotFound) || errs.Of(err).Detail != errs.Of(absent).Detail {
					t.Errorf("%s: %v, and of nobody %v", what, err, absent)
				}
			}
		}
		if _, err := op.Ask(t.Context(), d.door, op.Nobody("", "", ""), directory.Show, ada.id()); kindOf(err) != 401 {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestATimelineIsNewestFirstAndCutByRights(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		ada := d.ada()
		for range 3 {
			if _, err := op.Do(t.Context(), d.door, owner, rename, ada.id()); err != nil {
				t.Fatal(err)
			}
		}
		b := access.Brand(string(aurora))
		for _, c := range []struct {
			role                                      string
			signIns, orders, refunds, changes, detail int
		}{
			{"brand_admin", 4, 4, 1, 3, 3}, {"support", 4, 4, 1, 3, 0}, {"shop_manager", 0, 4, 1, 3, 0}, {"marketing", 0, 0, 0, 3, 0},
		} {
			who := viewer(c.role, b)
			for _, limit := range []int{1, 3, 50} {
				in := directory.Timeline{User: ada.id(), Limit: limit}
				kinds := map[directory.LineKind]int{}
				detail, last := 0, now.UnixMilli()
				for range 100 {
					page, err := op.Ask(t.Context(), d.door, who, directory.Activity, in)
					if err != nil {
						t.Fatal(err)
					}
					for _, l := range page.Lines {
						kinds[l.Kind]++
						if l.Entry != nil || l.ActorID != "" {
							detail++
						}
						if l.At > last {
							t.Errorf("%s by %d: %v comes after something older", c.role, limit, l)
						}
						last = l.At
					}
					if in.Cursor = page.Next; in.Cursor == "" {
						break
					}
				}
				want := map[directory.LineKind]int{directory.LineSignIn: c.signIns, directory.LineOrder: c.orders, directory.LineRefund: c.refunds, directory.LineAccount: c.changes}
				for kind, n := range want {
					if kinds[kind] != n {
						t.Errorf("%s by %d: %d lines of %s, want %d", c.role, limit, kinds[kind], kind, n)
					}
				}
				if detail != c.detail {
					t.Errorf("%s by %d: %d lines with detail, want %d", c.role, limit, detail, c.detail)
				}
			}
		}
		page, err := op.Ask(t.Context(), d.door, owner, directory.Activity, directory.Timeline{User: ada.id(), Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for what, in := range map[string]directory.Timeline{
			"another person's": {User: customerAt(9, 0).id(), Cursor: page.Next}, "a forged": {User: ada.id(), Cursor: page.Next + "A"},
		} {
			if _, err := op.Ask(t.Context(), d.door, owner, directory.Activity, in); kindOf(err) != 400 && kindOf(err) != 404 {
				t.Errorf("%s cursor: %v", what, err)
			}
		}
	})
}

func TestTheNeighboursInAListAreTheRowsBesideIt(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.fill(crowd(150, 1, 21)...)
		hub := viewer("hub_admin", access.Brand(string(aurora)).Location(headrow))
		for _, c := range []*op.Caller{owner, hub} {
			for _, query := range []string{"", "sort=name", "status=active&sort=-lifetime_spend", "q=gmail", "q=gmail&sort=email"} {
				in := ask(aurora, query)
				rows := d.walk(c, customersView, in)
				for i := 0; i < len(rows); i += 1 + len(rows)/7 {
					got, err := op.Ask(t.Context(), d.door, c, directory.CustomersBeside, directory.Beside{Ask: in, User: rows[i]})
					var want directory.Neighbours
					if i > 0 {
						want.Prev = rows[i-1]
					}
					if i < len(rows)-1 {
						want.Next = rows[i+1]
					}
					if err != nil || got != want {
						t.Errorf("%s?%s, row %d of %d: %v, %v; want %v", c.ID, query, i, len(rows), got, err, want)
					}
				}
			}
		}
		far := customerAt(900, 2)
		d.fill(far)
		if got, err := op.Ask(t.Context(), d.door, hub, directory.CustomersBeside, directory.Beside{Ask: ask(aurora, ""), User: far.id()}); err != nil || got != (directory.Neighbours{}) {
			t.Errorf("beside somebody of another hub: %v, %v", got, err)
		}
	})
}

func TestStatisticsCountWhatTheListShows(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		all := crowd(250, 1, 22)
		d.fill(all...)
		d.fill(crowd(50, 2, 22)...)
		var grants [][]any
		grant := func(s *soul, until, ended int64) {
			grants = append(grants, []any{fmt.Sprint("grt_", len(grants)), string(s.id()), string(aurora), "admin", "brand/" + string(aurora), int64(0), until, int64(1), ended})
		}
		var want directory.Figures
		for i, s := range all {
			counts := s.here() && s.status != user.Invited
			if counts {
				want.Total++
				want.Verified += bit(s.emailVerified)
				want.ThisWeek += bit(s.registered >= day(2026, 11, 14))
			}
			if s.kinds&user.IsStaff != 0 {
				switch i % 4 {
				case 0:
					grant(s, 0, 5) // ended
				case 1:
					grant(s, now.UnixMilli(), 0) // ran out just now
				default:
					grant(s, 0, 0)
					grant(s, now.UnixMilli()+1, 0)
					want.Admins += bit(counts)
				}
			}
		}
		d.raw.insert("grants", "id, user_id, brand_id, role, scope, from_at, until_at, given_at, ended_at", slices.Values(grants))
		got, err := op.Ask(t.Context(), d.door, owner, directory.Statistics, aurora)
		if err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		if got, err := op.Ask(t.Context(), d.door, owner, directory.Statistics, brand.Platform); err != nil || got != (directory.Figures{}) {
			t.Errorf("the platform, which has nobody: %+v, %v", got, err)
		}
	})
}
