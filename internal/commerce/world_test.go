package commerce_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/user"
)

// world is a door with a brand, aurora, and its two locations.
type world struct {
	*testing.T
	db    *store.DB
	door  *op.Door
	brand brand.ID
	leeds brand.LocationID
	york  brand.LocationID
	mu    sync.Mutex
	now   time.Time
}

var operator = op.HostOperator("root")

// scramble stands for whatever could go wrong with derived rows.
var scramble = &op.Upkeep[[]customer.Stats, op.None]{
	Name: "test.scramble", Summary: "Write wrong statistics",
	Do: func(tx *op.Tx, rows []customer.Stats) (none op.None, err error) {
		for _, r := range rows {
			if err := customer.Categories.Put(tx, customer.Category{Num: r.Num, Name: "Nonsense", Lines: 3, Spend: 5}); err != nil {
				return none, err
			}
		}
		return none, customer.Statistics.Put(tx, rows...)
	},
}

func onBoth(t *testing.T, test func(*world)) {
	storetest.Each(t, schema.FS, func(t *testing.T, db *store.DB) { test(newWorld(t, db)) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := &world{T: t, db: db, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	master, err := secret.LoadMaster(filepath.Join(dir, "master.key"))
	w.ok(err)
	keys, err := secret.OpenKeys(t.Context(), secret.Options{Store: store.Options{URL: "sqlite:" + filepath.Join(dir, "keys.db")}, Master: master})
	w.ok(err)
	t.Cleanup(func() { _ = keys.Close() })
	all := append([]op.Operation{scramble, seen}, brand.Operations...)
	all = append(append(all, customer.Operations...), commerce.Operations...)
	w.door, err = op.New(op.Options{Store: db, Keys: keys, Master: master, Jobs: &jobs.Queue{}, Clock: w.clock}, all...)
	w.ok(err)
	w.brand = do(w, brand.Create, brand.New{Slug: "aurora", Name: "Aurora", Currency: "GBP", Zone: "Europe/London"})
	w.leeds = do(w, brand.AddLocation, brand.NewLocation{Brand: w.brand, Name: "Leeds", City: "Leeds"})
	w.york = do(w, brand.AddLocation, brand.NewLocation{Brand: w.brand, Name: "York", City: "York"})
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// do runs an action as the operator.
func do[In any, T op.Target, Out any](w *world, a *op.Action[In, T, Out], in In) Out {
	w.Helper()
	out, err := op.Do(w.Context(), w.door, operator, a, in)
	w.ok(err)
	return out
}

func ask[In, Out any](w *world, c *op.Caller, q *op.Query[In, Out], in In) Out {
	w.Helper()
	out, err := op.Ask(w.Context(), w.door, c, q, in)
	w.ok(err)
	return out
}

// send takes in records of the source "shop".
func (w *world) send(records ...commerce.Record) commerce.Ingested {
	w.Helper()
	return do(w, commerce.Ingest, commerce.Batch{Brand: w.brand, Source: "shop", Records: records})
}

func staff(key string, at access.Scope) *op.Caller {
	role, _ := access.BuiltInRole(key)
	id := "usr_" + key
	return &op.Caller{Kind: op.Person, ID: id, Person: id, Home: at, Grants: access.Resolve(access.Grant{ID: "g", Role: role, Scope: at})}
}

func gbp(minor int64) money.Amount { return money.Of(minor, "GBP") }

var start = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// order is a paid order of one line, placed some days after the first of March 2025.
func order(id, who string, days int, total int64) *commerce.NewOrder {
	return &commerce.NewOrder{
		ExternalID: id, Customer: customer.Who{ExternalID: who}, Status: commerce.Paid, PlacedAt: start.AddDate(0, 0, days), Total: gbp(total),
		Lines: []commerce.NewLine{{Title: "Tea", Category: "Tea", Quantity: "2", Total: gbp(total)}},
	}
}

func orders(all ...*commerce.NewOrder) (records []commerce.Record) {
	for _, o := range all {
		records = append(records, commerce.Record{Order: o})
	}
	return records
}

func refund(id, who string, days int, amount int64) commerce.Record {
	return commerce.Record{Refund: &commerce.NewRefund{
		ExternalID: id, Customer: customer.Who{ExternalID: who}, RefundedAt: start.AddDate(0, 0, days), Amount: gbp(amount),
	}}
}

func (w *world) num(externalID string) int64 {
	w.Helper()
	num, err := customer.FindExternal(w.db.Read(w.Context()), w.brand, "shop", externalID)
	w.ok(err)
	return num
}

func (w *world) user(externalID string) *user.User {
	w.Helper()
	u, err := user.FindByNum(w.db.Read(w.Context()), w.num(externalID))
	w.ok(err)
	return u
}

func (w *world) stats(externalID string) customer.Stats {
	w.Helper()
	s, err := customer.FindStats(w.db.Read(w.Context()), w.num(externalID))
	w.ok(err)
	return s
}

func (w *world) events() []audit.Entry {
	w.Helper()
	all, _, err := audit.List(w.db.Read(w.Context()), audit.Filter{Chains: []string{string(w.brand)}, Limit: 1000})
	w.ok(err)
	return all
}

// dump is every row that statistics are made of.
func (w *world) dump() string {
	w.Helper()
	var b strings.Builder
	r := w.db.Read(w.Context())
	rows, err := customer.Statistics.All(r, "order by num")
	w.ok(err)
	for _, s := range rows {
		fmt.Fprintf(&b, "%+v\n", s)
	}
	categories, err := customer.Categories.All(r, "order by user_num, category")
	w.ok(err)
	for _, c := range categories {
		fmt.Fprintf(&b, "%+v\n", c)
	}
	registered, err := store.All(r, func(row store.Row) (n [3]int64, err error) { return n, row.Scan(&n[0], &n[1], &n[2]) },
		"select u.num, u.registered_at, p.registered_at from users u join people p on p.num = u.num order by u.num")
	w.ok(err)
	fmt.Fprintf(&b, "%v\n", registered)
	return b.String()
}

// customers lists those of the brand.
func (w *world) customers() []user.ID {
	w.Helper()
	all, err := store.All(w.db.Read(w.Context()), store.Value[user.ID], "select user_id from customers where brand_id = $1 order by user_num", string(w.brand))
	w.ok(err)
	return all
}

// roll lets tiers fall, as the daily job does.
func (w *world) roll() {
	w.Helper()
	for more := true; more; {
		r, err := op.Keep(w.Context(), w.door, op.SystemActor("clock"), customer.RollTiers, op.None{})
		w.ok(err)
		more = r.More
	}
}
