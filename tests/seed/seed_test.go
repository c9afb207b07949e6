// Package seed says what is true of made worlds. It stands here because a world needs the whole of Steward to be made in.
package seed_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/world"
)

var plan = seed.Plan{Day: "2026-11-19", Customers: 1500, Orders: 3750}

func open(t *testing.T, url string) *app.App {
	t.Helper()
	c := app.Config{Database: url, Data: t.TempDir(), Listen: "127.0.0.1:8080", Log: "text"}
	if err := c.Settle(); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c, app.Options{Migrate: true, Seeding: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func each(t *testing.T, test func(t *testing.T, a *app.App)) {
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			test(t, open(t, storetest.URL(t, engine, schema.FS)))
		})
	}
}

func made(t *testing.T, a *app.App, p seed.Plan) *seed.World {
	t.Helper()
	w, err := seed.Make(t.Context(), a.Desk, a.Past, p, world.CheapHash, func(seed.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func number(t *testing.T, r store.Reader, sql string, args ...any) int64 {
	t.Helper()
	n, err := store.Value[int64](r.QueryRow(sql, args...))
	if err != nil {
		t.Fatal(sql, err)
	}
	return n
}

// portrait is what must be the same in two worlds of one plan: all of it but ids and the moment of the making.
func portrait(t *testing.T, a *app.App) string {
	t.Helper()
	h, r := sha256.New(), a.Store.Read(t.Context())
	for _, sql := range []string{
		`select u.num || '|' || u.status || '|' || u.first_name || '|' || u.last_name || '|' || u.email || '|' || u.phone || '|' || u.born || '|' || u.address || '|' ||
			u.country || '|' || case when u.brand_id = 'platform' or p.kinds % 2 = 0 then 0 else u.registered_at end || '|' || p.orders || '|' || p.lifetime || '|' || p.profit || '|' || p.tier || '|' || p.favourite
			from users u join people p on p.num = u.num order by u.num`,
		"select num || '|' || external_id || '|' || user_num || '|' || status || '|' || placed_at || '|' || total || '|' || lines || '|' || digest from orders order by num",
		"select num || '|' || external_id || '|' || user_num || '|' || amount || '|' || refunded_at || '|' || reason from refunds order by num",
		"select source || '|' || external_id || '|' || user_num from external_ids order by source, external_id, user_num",
	} {
		lines, err := store.All(r, store.Value[string], sql)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 0 {
			t.Fatal("there is nothing of", sql)
		}
		h.Write([]byte(strings.Join(lines, "\n")))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestTheSamePlanMakesTheSameWorld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, a *app.App) {
		made(t, a, plan)
		p := portrait(t, a)
		again := open(t, storetest.URL(t, store.SQLite, schema.FS))
		made(t, again, plan)
		if q := portrait(t, again); p != q {
			t.Errorf("two worlds of one plan differ: %s, %s", p, q)
		}
	})
}

func TestAWorldThatWasInterruptedIsFinishedAndIsTheSame(t *testing.T) {
	t.Parallel()
	whole := open(t, storetest.URL(t, store.SQLite, schema.FS))
	made(t, whole, plan)
	a := open(t, storetest.URL(t, store.SQLite, schema.FS))
	for stop := 1; stop <= 3; stop++ { // each time a little further
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		_, err := seed.Make(ctx, a.Desk, a.Past, plan, world.CheapHash, func(seed.Progress) {
			if seen++; seen == 1 {
				cancel()
			}
		})
		cancel()
		if err == nil {
			t.Fatal("it was not interrupted")
		}
	}
	made(t, a, plan)
	if p, q := portrait(t, a), portrait(t, whole); p != q {
		t.Error("the interrupted world is another one")
	}
	before := number(t, a.Store.Read(t.Context()), "select sum(n) from audit_heads")
	made(t, a, plan)
	if after := number(t, a.Store.Read(t.Context()), "select sum(n) from audit_heads"); after != before {
		t.Errorf("making a whole world once more wrote %d entries", after-before)
	}
}

func TestStatisticsOfAMadeWorldAreWhatARebuildGives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, a *app.App) {
		w := made(t, a, plan)
		for _, p := range w.Places {
			slice, customers := commerce.Slice{Brand: p.ID}, int64(0)
			for {
				out, err := op.Do(t.Context(), a.Door, op.HostOperator("test"), commerce.Rebuild, slice)
				if err != nil {
					t.Fatal(err)
				}
				if customers += out.Customers; out.Corrected != 0 {
					t.Fatalf("%d rows of %s were not as counted", out.Corrected, p.New.Name)
				}
				if slice.After = out.Next; slice.After == 0 {
					break
				}
			}
			if customers == 0 {
				t.Error("nobody was counted")
			}
		}
	})
}

func TestAMadeWorldIsBelievable(t *testing.T) {
	t.Parallel()
	a := open(t, storetest.URL(t, store.SQLite, schema.FS))
	p := plan
	p.Customers, p.Orders = 6000, 15_000
	made(t, a, p)
	r := a.Store.Read(t.Context())
	share := func(what, where string, low, high int64) {
		t.Helper()
		n := number(t, r, "select count(*) from users u join people p on p.num = u.num join customers c on c.user_num = u.num where "+where)
		if n*1000 < low*6000 || n*1000 > high*6000 {
			t.Errorf("%s: %d of 6,000", what, n)
		}
	}
	if n := number(t, r, "select count(*) from customers"); n != 6000 {
		t.Errorf("%d customers", n)
	}
	if n := number(t, r, "select count(*) from orders"); n < 13_000 || n > 17_000 {
		t.Errorf("%d orders", n)
	}
	share("without an order", "p.orders = 0", 220, 330)
	share("platinum", "p.tier = 3", 2, 120)
	share("bronze", "p.tier = 0", 250, 700)
	share("deactivated", "u.status = 'deactivated'", 10, 40)
	share("other states", "u.status not in ('active', 'deactivated')", 0, 0)
	share("with spend from a previous platform", "p.imported > 0", 20, 150)
	share("verified", "u.email_verified_at > 0", 750, 900)
	share("with accents or another script", "length(cast(u.last_name as blob)) > length(u.last_name)", 60, 400)
	share("addresses elsewhere than in example domains", "u.email not like '%example.com' and u.email not like '%example.net' and u.email not like '%example.org' and u.email not like '%.example' and u.email <> ''", 0, 0)
	top := number(t, r, "select sum(lifetime) from (select lifetime from people where kinds % 2 = 1 order by lifetime desc limit 1200)")
	if all := number(t, r, "select sum(lifetime) from people"); top*100 < all*50 || top*100 > all*90 {
		t.Errorf("the best fifth spends %d %% of all", top*100/all)
	}
	day := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	if n := number(t, r, "select count(*) from orders where placed_at > $1 or placed_at < $2", day.UnixMilli(), day.AddDate(-2, 0, -3).UnixMilli()); n > 0 {
		t.Errorf("%d orders are not of the last two years", n)
	}
	if n := number(t, r, "select count(*) from orders where placed_at > $1", day.AddDate(0, 0, -3).UnixMilli()); n == 0 {
		t.Error("nobody ordered of late")
	}
	if n := number(t, r, "select count(*) from orders o join users u on u.num = o.user_num where o.placed_at < u.registered_at"); n > 0 {
		t.Errorf("%d orders are older than their customer's account", n)
	}
	days := func(what, from string, first, last int) int64 {
		t.Helper()
		end := time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)
		return number(t, r, "select count(*) from "+from+" where "+what+" >= $1 and "+what+" < $2", end.AddDate(0, 0, -last).UnixMilli(), end.AddDate(0, 0, -first).UnixMilli())
	}
	const registered = "users u join customers c on c.user_num = u.num"
	if day, month := days("u.registered_at", registered, 0, 1), days("u.registered_at", registered, 0, 30); day*30 > month*3 || days("u.registered_at", registered, -9, 0) > 0 {
		t.Errorf("%d customers registered on the last day, %d in the last month", day, month)
	}
	if now, before := days("placed_at", "orders", 0, 30), days("placed_at", "orders", 30, 60); now*10 > before*16 || now*10 < before*7 {
		t.Errorf("%d orders in the last 30 days, %d in the 30 before", now, before)
	}
	if n := number(t, r, "select max(n) from (select count(*) as n from orders group by user_num, placed_at / 86400000)"); n > 8 {
		t.Errorf("somebody ordered %d times in a day", n)
	}
	if n := number(t, r, "select count(*) from users u join people p on p.num = u.num where p.orders > 2 + ($1 - u.registered_at) / 86400000 / 3", day.UnixMilli()); n > 0 {
		t.Errorf("%d customers ordered more than they had time for", n)
	}
	busy := number(t, r, "select count(*) from orders o join brands b on b.id = o.brand_id where b.slug = 'aurora' and strftime('%m', o.placed_at / 1000, 'unixepoch') = '12'")
	if quiet := number(t, r, "select count(*) from orders o join brands b on b.id = o.brand_id where b.slug = 'aurora' and strftime('%m', o.placed_at / 1000, 'unixepoch') = '02'"); busy < quiet {
		t.Errorf("%d orders in Decembers, %d in Februaries", busy, quiet)
	}
}

func TestASampleWorldIsMadeOnlyWhereNothingElseIs(t *testing.T) {
	t.Parallel()
	w := world.New(t) // an installation with people in it
	a := open(t, w.Config.Database)
	before := w.Events("platform")
	_, err := seed.Make(t.Context(), a.Desk, a.Past, plan, world.CheapHash, func(seed.Progress) {})
	if !errors.Is(err, seed.ErrForeign) {
		t.Errorf("into a foreign database: %v", err)
	}
	if after := w.Events("platform"); len(after) != len(before) {
		t.Errorf("%d new events", len(after)-len(before))
	}
	other := open(t, storetest.URL(t, store.SQLite, schema.FS))
	made(t, other, seed.Plan{Day: plan.Day})
	if _, err := seed.Make(t.Context(), other.Desk, other.Past, plan, world.CheapHash, func(seed.Progress) {}); !errors.Is(err, seed.ErrOther) {
		t.Errorf("over another world: %v", err)
	}
	if n := number(t, other.Store.Read(t.Context()), "select count(*) from customers"); n != 0 {
		t.Errorf("a world without customers has %d", n)
	}
}

func TestTheNamedCustomersAreTheSameInTestsAndInTheDemo(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	a := open(t, storetest.URL(t, store.SQLite, schema.FS))
	demo := made(t, a, seed.Plan{Day: world.Now.Format(time.DateOnly), Customers: 200, Orders: 600})
	const sql = `select u.first_name || '|' || u.last_name || '|' || u.email || '|' || u.status || '|' || p.orders || '|' || p.lifetime || '|' || p.favourite || '|' || coalesce(l.name, '')
		from users u join people p on p.num = u.num left join locations l on l.num = p.location_num where u.id = $1`
	for _, key := range []string{"maya", "himari", "jose", "edwin", "agnieszka", "nameless", "walt", "anasofia", "june", "wei"} {
		there, err := demo.Regular(a.Store.Read(t.Context()), key)
		if err != nil {
			t.Fatal(key, err)
		}
		want, err := store.Value[string](a.Store.Read(t.Context()).QueryRow(sql, string(there)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := store.Value[string](w.Store.Read(t.Context()).QueryRow(sql, string(w.Customer(key)))); err != nil || got != want {
			t.Errorf("%s is %q in tests and %q in the demo: %v", key, got, want, err)
		}
	}
}

func TestSearchFindsEverybodyOfAMadeWorld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, a *app.App) {
		made(t, a, plan)
		r := a.Store.Read(t.Context())
		if n := number(t, r, "select count(*) from users u left join people_search s on s.num = u.num where s.num is null"); n > 0 {
			t.Errorf("%d people have no words", n)
		}
		if n := number(t, r, `select count(*) from users u join people_search s on s.num = u.num where s.words not like u.name_sort || ' %' || lower(u.id) || '%'
			or u.email_norm <> '' and s.contact not like '%@%'`); n > 0 {
			t.Errorf("%d people have the words of somebody else", n)
		}
		if n := number(t, r, "select count(*) from external_ids e join people_search s on s.num = e.user_num where ' ' || s.words || ' ' not like '% ' || lower(e.external_id) || ' %'"); n > 0 {
			t.Errorf("%d ids elsewhere are not among the words", n)
		}
		found := "select count(*) from people_search where ' ' || words || ' ' like '% brennan-ortiz %'"
		if r.Dialect() == store.SQLite {
			found = "select count(*) from people_fts where words like '%brennan-ortiz%'"
		}
		if n := number(t, r, found); n != 1 {
			t.Errorf("Walter Brennan-Ortiz was found %d times", n)
		}
	})
}
