package directory_test

import (
	"context"
	"iter"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/jobs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// now is the time of every test: a Friday, in London without summer time.
var now = time.Date(2026, 11, 20, 9, 45, 0, 0, time.UTC)

// Brands whose ids begin alike, with their locations. Aurora has two hubs in Leeds.
const (
	aurora   brand.ID = "brd_1"
	meridian brand.ID = "brd_10"

	headrow, kirkgate, shambles = "loc_headrow", "loc_kirkgate", "loc_shambles"
	broadway                    = "loc_broadway"
)

// soul is a person as the tables keep them.
type soul struct {
	num                                 int64
	brand                               int64 // 1 aurora, 2 meridian, 0 the platform
	kinds                               user.Kinds
	status                              user.Status
	role                                int64
	first, last, email, phone, external string
	emailVerified, phoneVerified        bool
	registered, seen                    int64
	location                            int64 // 1 headrow, 2 kirkgate, 3 shambles, 4 broadway
	tier                                int64
	orders, gross, refunded, imported   int64
	firstOrder, lastOrder               int64
	favourite                           string
}

func (s *soul) id() user.ID     { return soulID(s.num) }
func (s *soul) lifetime() int64 { return s.gross - s.refunded + s.imported }
func (s *soul) name() string    { return strings.TrimSpace(s.first + " " + s.last) }
func soulID(num int64) user.ID  { return user.ID("usr_" + text32(num)) }
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
func brandID(n int64) brand.ID { return [...]brand.ID{brand.Platform, aurora, meridian}[n] }

func text32(n int64) string {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	out := make([]byte, 13)
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = digits[n&31]
		n >>= 5
	}
	return string(out)
}

func (r *raw) places() {
	r.insert("brands", "id, num, slug, name, currency, zone, version, created_at", slices.Values([][]any{
		{string(aurora), 1, "aurora", "Aurora", "GBP", "Europe/London", 1, 0}, {string(meridian), 2, "meridian", "Meridian", "USD", "America/New_York", 1, 0},
	}))
	r.insert("locations", "id, num, brand_id, name, city, version, created_at", slices.Values([][]any{
		{headrow, 1, string(aurora), "Headrow", "Leeds", 1, 0}, {kirkgate, 2, string(aurora), "Kirkgate", "Leeds", 1, 0},
		{shambles, 3, string(aurora), "Shambles", "York", 1, 0}, {broadway, 4, string(meridian), "Broadway", "New York", 1, 0},
	}))
}

func (r *raw) souls(all iter.Seq[*soul]) {
	each := func(row func(*soul) []any) iter.Seq[[]any] {
		return func(yield func([]any) bool) {
			for s := range all {
				if cells := row(s); cells != nil && !yield(cells) {
					return
				}
			}
		}
	}
	r.insert("users", "num, id, brand_id, version, status, first_name, last_name, name_sort, email, email_norm, phone, registered_at, last_seen_at, created_at, updated_at",
		each(func(s *soul) []any {
			return []any{s.num, string(s.id()), string(brandID(s.brand)), 1, string(s.status), s.first, s.last, text.Fold(s.name()), s.email, strings.ToLower(s.email), s.phone, s.registered, s.seen, s.registered, s.registered}
		}))
	r.insert("people", "num, brand_num, kinds, status, role, email_verified, phone_verified, registered_at, last_seen_at, location_num, tier, orders, gross, refunded, imported, lifetime, first_order_at, last_order_at, favourite",
		each(func(s *soul) []any {
			return []any{s.num, s.brand, int64(s.kinds), s.status.Num(), s.role, bit(s.emailVerified), bit(s.phoneVerified), s.registered, s.seen, s.location, s.tier, s.orders, s.gross, s.refunded, s.imported, s.lifetime(), s.firstOrder, s.lastOrder, s.favourite}
		}))
	r.insert("people_search", "num, words, contact", each(func(s *soul) []any {
		words := text.Fold(s.name()) + " " + string(s.id())
		if s.external != "" {
			words += " " + text.Fold(s.external)
		}
		contact := text.Fold(s.email)
		if phone, err := text.NormPhone(s.phone); err == nil && phone != "" {
			contact += " " + phone
		}
		return []any{s.num, words, contact}
	}))
	r.insert("customers", "user_num, user_id, brand_id, version, imported, created_at", each(func(s *soul) []any {
		if s.kinds&user.IsCustomer == 0 {
			return nil
		}
		return []any{s.num, string(s.id()), string(brandID(s.brand)), 1, s.imported, s.registered}
	}))
	r.insert("external_ids", "brand_id, source, external_id, user_num", each(func(s *soul) []any {
		if s.external == "" {
			return nil
		}
		return []any{string(brandID(s.brand)), "shop", s.external, s.num}
	}))
}

// desk is a database with people and a door to ask at.
type desk struct {
	t    testing.TB
	db   *store.DB
	raw  *raw
	door *op.Door
}

// onBoth runs a test on both databases, each with the two brands and their locations.
func onBoth(t *testing.T, test func(*testing.T, *desk)) {
	t.Helper()
	t.Parallel()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, storetest.URL(t, engine, schema.FS))
			d.raw.places()
			test(t, d)
		})
	}
}

func newDesk(t testing.TB, url string) *desk {
	t.Helper()
	d := &desk{t: t, db: storetest.Open(t, store.Options{URL: url}), raw: openRaw(t, url)}
	dir := t.TempDir()
	master, err := secret.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.OpenKeys(context.Background(), secret.Options{Store: store.Options{URL: "sqlite:" + filepath.Join(dir, "keys.db")}, Master: master})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	d.door, err = op.New(op.Options{Store: d.db, Keys: keys, Master: master, Jobs: &jobs.Queue{}, Clock: func() time.Time { return now }}, append([]op.Operation{rename, directory.Plan}, directory.Operations...)...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) fill(souls ...*soul) {
	d.t.Helper()
	d.raw.souls(slices.Values(souls))
}

// viewer is somebody with a role at some places.
func viewer(key string, at ...access.Scope) *op.Caller {
	role, ok := access.BuiltInRole(key)
	if !ok {
		panic(key)
	}
	grants := make([]access.Grant, len(at))
	for i, scope := range at {
		grants[i] = access.Grant{ID: "g", Role: role, Scope: scope}
	}
	return &op.Caller{
		Kind: op.Person, ID: "usr_" + key, Person: "usr_" + key, Home: at[0], Session: "ses_" + key, IP: "203.0.113.9", Agent: "Test",
		Grants: access.Resolve(grants...),
	}
}

var owner = viewer("super_admin", access.Platform)

// view is one of the two lists.
type view struct {
	name  string
	list  *op.Query[directory.Ask, *directory.Page]
	total *op.Query[directory.Ask, int64]
}

var (
	usersView     = view{"users", directory.Users, directory.UsersTotal}
	customersView = view{"customers", directory.Customers, directory.CustomersTotal}
	views         = []view{usersView, customersView}
)

func ask(b brand.ID, query string) directory.Ask {
	params, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	return directory.Ask{Brand: b, Params: params}
}

// walk reads all pages of a list, and checks that the total is their sum.
func (d *desk) walk(c *op.Caller, v view, in directory.Ask) (ids []user.ID) {
	d.t.Helper()
	total, err := op.Ask(context.Background(), d.door, c, v.total, in)
	if err != nil {
		d.t.Fatalf("total of %s?%s: %v", v.name, in.Params.Encode(), err)
	}
	in.Params = maps.Clone(in.Params)
	if in.Params == nil {
		in.Params = url.Values{}
	}
	for {
		page, err := op.Ask(context.Background(), d.door, c, v.list, in)
		if err != nil {
			d.t.Fatalf("%s?%s: %v", v.name, in.Params.Encode(), err)
		}
		for i := range page.Rows {
			ids = append(ids, page.Rows[i].ID)
		}
		if page.Next == "" {
			break
		}
		in.Params.Set("cursor", page.Next)
	}
	if int64(len(ids)) != total {
		in.Params.Del("cursor")
		d.t.Errorf("%s?%s: %d rows over all pages, but the total is %d", v.name, in.Params.Encode(), len(ids), total)
	}
	return ids
}
