package seed_test

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/world"
)

// BenchmarkPages measures whole pages at the handler, from the request to the last byte, signed in as a Super Admin. It makes 10,000
// customers, or takes the folder that STEWARD_BENCH_DATA names:
//
//	steward seed --customers 1000000 --data ./million
//	STEWARD_BENCH_DATA=$PWD/million go test -run '^$' -bench Pages -benchtime 200x ./tests/seed
func BenchmarkPages(b *testing.B) {
	d := openDesk(b)
	list := "/admin/customers"
	next := func(from string, pages int) string {
		for range pages {
			from = d.link(b, from, `href="([^"]+)" rel="next"`)
		}
		return from
	}
	profile := strings.SplitN(d.link(b, list+"?sort=-lifetime_spend", `href="(/admin/customers/usr_[^"]+)"`), "?", 2)[0]
	for _, page := range []struct{ name, path string }{
		{"overview", "/admin"},
		{"users", "/admin/users"},
		{"customers", list},
		{"customers/by_spend", list + "?sort=-lifetime_spend"},
		{"customers/page_20", next(list, 19)},
		{"users/by_name", "/admin/users?sort=name"},
		{"users/by_name/page_20", next("/admin/users?sort=name", 19)},
		{"filtered", list + "?tier=gold&status=active&sort=-last_order_at"},
		{"search", list + "?q=john+smith"},
		{"profile", profile},
		{"audit", "/admin/audit"},
	} {
		b.Run(page.name, func(b *testing.B) {
			d.signIn(b) // a session has 600 requests a minute
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				d.get(b, page.path)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// openedDesk is an installation, and a browser that is signed in.
type openedDesk struct {
	handler http.Handler
	public  *url.URL
	cookies *cookiejar.Jar
	now     atomic.Int64 // in Unix seconds
}

func (d *openedDesk) clock() time.Time { return time.Unix(d.now.Load(), 0) }

func openDesk(b *testing.B) *openedDesk {
	b.Helper()
	d := &openedDesk{public: &url.URL{Scheme: "http", Host: "localhost:8080"}}
	d.now.Store(time.Now().Add(20 * time.Minute).Unix())
	dir := os.Getenv("STEWARD_BENCH_DATA")
	made := dir == ""
	if made {
		dir = b.TempDir()
	}
	c := app.Config{Database: "sqlite:" + filepath.Join(dir, "steward.db"), Data: dir, Listen: "127.0.0.1:8080", PublicURL: d.public.String(), Log: "text"}
	if err := c.Settle(); err != nil {
		b.Fatal(err)
	}
	opened := func(o app.Options) *app.App {
		a, err := app.Open(b.Context(), c, o)
		if err != nil {
			b.Fatal(err)
		}
		return a
	}
	if made {
		a := opened(app.Options{Migrate: true, Seeding: true})
		_, err := seed.Make(b.Context(), a.Desk, a.Past, seed.Plan{Day: "2026-11-19", Customers: 10_000, Orders: 25_000}, world.CheapHash, func(seed.Progress) {})
		if err := errors.Join(err, a.Close()); err != nil {
			b.Fatal(err)
		}
	}
	a := opened(app.Options{Clock: d.clock})
	b.Cleanup(func() { _ = a.Close() })
	d.handler = a.Handler()
	d.signIn(b)
	return d
}

// signIn signs in as a Super Admin, half a minute later, so that there is another code.
func (d *openedDesk) signIn(b *testing.B) {
	b.Helper()
	d.now.Add(30)
	ada := seed.People()[0]
	code, err := auth.AppCode(ada.Secret(), d.clock())
	if err != nil {
		b.Fatal(err)
	}
	d.cookies, _ = cookiejar.New(nil)
	d.send(b, http.MethodPost, "/admin/sign-in", url.Values{"email": {"ada@platform.example"}, "password": {ada.Passphrase()}})
	d.send(b, http.MethodPost, "/admin/sign-in/second", url.Values{"code": {code}})
}

// send asks the handler, and gives the body of the answer.
func (d *openedDesk) send(b *testing.B, method, path string, form url.Values) []byte {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), method, d.public.String()+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", d.public.String())
	}
	for _, c := range d.cookies.Cookies(d.public) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	res := w.Result()
	defer func() { _ = res.Body.Close() }()
	d.cookies.SetCookies(d.public, res.Cookies())
	if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusOK}[form != nil]; res.StatusCode != want {
		b.Fatal(method, path, res.Status, res.Header.Get("Location"))
	}
	return w.Body.Bytes()
}

func (d *openedDesk) get(b *testing.B, path string) []byte {
	b.Helper()
	return d.send(b, http.MethodGet, path, nil)
}

// link is the first address on a page that the pattern finds.
func (d *openedDesk) link(b *testing.B, path, pattern string) string {
	b.Helper()
	found := regexp.MustCompile(pattern).FindSubmatch(d.get(b, path))
	if found == nil {
		b.Fatalf("%s has no %s", path, pattern)
	}
	return strings.ReplaceAll(string(found[1]), "&amp;", "&")
}
