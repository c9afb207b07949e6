package entry

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

// buyer is a company user who is signed in to the panel of companies.
func (h *house) buyer() *browser {
	h.t.Helper()
	all, err := seed.Admit(h.t.Context(), h.Door)
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	h.Later(apart)
	b.post("/app/aurora/sign-in", "email", all[0].Email)
	if a := b.post("/app/aurora/sign-in/code", "code", h.letter("sign_in_code", all[0].Email)); !b.isIn("/app/aurora/profile") {
		h.t.Fatalf("the company user cannot sign in: %s", a)
	}
	return b
}

// What a browser held before a sign-in never becomes the session.
func TestNoSessionIsFixed(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		thief := h.staff("kim")
		for _, planted := range []string{"planted-by-somebody-else-0123456789abcdefghij", thief.cookie("steward_staff")} {
			victim, hana := h.browser(), h.Member("hana")
			victim.holds("steward_staff", planted).holds("steward_ticket", planted)
			victim.post("/admin/sign-in", "email", hana.Email, "password", hana.Password)
			if ticket := victim.cookie("steward_ticket"); ticket == planted || ticket == "" {
				t.Fatal("the ticket is the planted one")
			}
			victim.post("/admin/sign-in/second", "code", h.AppCode("hana"))
			if got := victim.cookie("steward_staff"); got == planted || got == "" || !victim.isIn(desk) {
				t.Fatalf("the session is the planted one, or there is none: %q", got)
			}
			if h.browser().holds("steward_staff", planted).isIn(desk) {
				t.Error("the planted cookie opens the desk")
			}
		}
		// A ticket that the thief began for themself leads the victim, at most, into the thief's own account, never the other way round.
		mine := h.half("kim")
		victim := h.browser().holds("steward_ticket", mine.cookie("steward_ticket"))
		h.shut(t, victim, desk, func() answer { return victim.post("/admin/sign-in/second", "code", h.AppCode("hana")) })
		// The same at a shop.
		b := h.browser().holds("steward_account", "planted").holds("steward_code_account", "planted")
		b.post(shop+"/sign-in/code", "code", b.asks(maya))
		if got := b.cookie("steward_account"); got == "planted" || !b.isIn(shop) || h.browser().holds("steward_account", "planted").isIn(shop) {
			t.Error("the planted cookie is the session of the account")
		}
	})
}

func TestASessionIsReadFromItsCookieAlone(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		in, _ := h.shopper(maya)
		company := h.buyer()
		staff := h.staff("kim")
		tokens := map[string]string{"staff": staff.cookie("steward_staff"), "account": in.cookie("steward_account"), "company": company.cookie("steward_company")}
		opens := map[string]string{"staff": desk, "account": shop, "company": "/app/aurora/profile"}
		h.unchanged(t, func() {
			for audience, token := range tokens {
				for other, place := range opens {
					name := "steward_" + other
					b := h.browser()
					for what, a := range map[string]answer{
						"in the address":         b.get(place + "?" + name + "=" + token + "&session=" + token + "&token=" + token),
						"as part of the path":    b.get(place + ";" + name + "=" + token),
						"in a header":            b.get(place, name, token, "X-Session", token, "X-"+name, token, "Session", token),
						"as a bearer":            b.get(place, "Authorization", "Bearer "+token),
						"as a user":              b.get(place, "Authorization", "Basic "+token),
						"under another spelling": b.get(place, "Cookie", strings.ToUpper(name)+"="+token),
						"as a __Host- cookie":    b.get(place, "Cookie", "__Host-"+name+"="+token),
						"in a body":              b.post(strings.TrimSuffix(place, "/profile")+"/preferences/theme", name, token, "theme", "dark", "session", token),
					} {
						if a.status == http.StatusOK || a.status == http.StatusSeeOther && !strings.Contains(a.to(), "sign-in") {
							t.Errorf("the token of %s %s opens %s: %s", audience, what, place, a)
						}
					}
					if got := h.browser().holds(name, token).isIn(place); got != (audience == other) {
						t.Errorf("the session of %s as the cookie of %s: opens %s is %v", audience, other, place, got)
					}
					if a := b.get("/v1/users", "Authorization", "Bearer "+token); a.status != http.StatusUnauthorized {
						t.Errorf("the API takes a session of %s: %s", audience, a)
					}
				}
			}
		})
		h.unchanged(t, func() {
			if b := h.browser().holds("steward_account", tokens["account"]); b.isIn("/account/meridian") {
				t.Error("the session of one shop opens another")
			}
		})
	})
}

func TestAnEndedSessionOpensNothing(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		host := op.HostOperator("test")
		ended := func(what, key string, end func(b *browser)) {
			t.Helper()
			b := h.staff(key)
			token := b.cookie("steward_staff")
			end(b)
			again := h.browser().holds("steward_staff", token)
			h.shut(t, again, desk, func() answer { return again.post("/admin/preferences/theme", "theme", "dark") })
			if h.browser().holds("steward_staff", token).isIn(desk) {
				t.Errorf("%s: and the cookie still opens the desk", what)
			}
		}
		other := h.staff("kim")
		ended("signed out", "kim", func(b *browser) { b.post("/admin/sign-out") })
		if !other.isIn(desk) {
			t.Error("signing out ended somebody's other session too")
		}
		ended("idle", "kim", func(*browser) { h.Later(30 * time.Minute) })
		ended("too old, and never idle", "kim", func(b *browser) {
			for range 36 {
				h.Later(20 * time.Minute)
				b.get(desk)
			}
		})
		ended("another password", "kim", func(*browser) {
			b := h.browser()
			added, err := op.Do(t.Context(), h.Door, host, account.NewPasswordLink, h.Member("kim").Email)
			if err != nil {
				t.Fatal(err)
			}
			if a := b.link("/set-password", added.Token, "password", h.Member("kim").Password); a.status != http.StatusSeeOther {
				t.Fatal(a)
			}
		})
		ended("suspended", "hana", func(*browser) {
			if _, err := op.Do(t.Context(), h.Door, host, account.Deactivate, account.Of(h.Member("hana").ID)); err != nil {
				t.Fatal(err)
			}
		})
		if m := h.Member("hana"); h.account(m.ID).Status != user.Active {
			b := h.browser()
			h.shut(t, b, desk, func() answer { return b.post("/admin/sign-in", "email", m.Email, "password", m.Password) })
		}
	})
}

// unclaimed is an installation that nobody has set up, with the token of its setup link.
func unclaimed(t *testing.T, engine store.Dialect) (h *house, offer func() string, later func(time.Duration)) {
	t.Helper()
	c := app.Config{Database: storetest.URL(t, engine, schema.FS), Data: t.TempDir(), Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Log: "text"}
	if err := c.Settle(); err != nil {
		t.Fatal(err)
	}
	w := &world.World{T: t}
	now, mu := world.Now, sync.Mutex{}
	later = func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	var err error
	w.App, err = app.Open(t.Context(), c, app.Options{Migrate: true, Clock: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	w.Site.Public = &url.URL{Scheme: "http", Host: "localhost:" + port}
	server.Config.Handler = w.Handler()
	server.Start()
	t.Cleanup(server.Close)
	h = &house{World: w, t: t, url: w.Site.Public.String()}
	return h, func() string {
		token, err := op.Do(t.Context(), h.Door, op.HostOperator("serve"), account.OfferSetUp, op.None{})
		if err != nil {
			t.Fatal(err)
		}
		later(time.Minute)
		return token
	}, later
}

func TestAFreshInstallationAnswersOnlyItsSetup(t *testing.T) {
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			h, offer, later := unclaimed(t, engine)
			claim := []string{"email", "ada@platform.example", "first_name", "Ada", "last_name", "Okafor", "password", fresh}
			b := h.browser()
			h.unchanged(t, func() {
				for _, path := range []string{"/", "/admin", "/admin/sign-in", "/admin/sign-in/second", "/admin/sign-in/enrol", "/admin/users", "/invitation?token=x", "/set-password?token=x", "/confirm?token=x",
					"/account", "/account/aurora", "/account/aurora/sign-in", "/account/aurora/sign-up", "/app", "/app/aurora/sign-in", "/v1/users", "/v1/openapi.json", "/dev/mail", "/unlock-codes"} {
					if a := b.get(path); a.status != http.StatusServiceUnavailable {
						t.Errorf("GET %s is answered %s", path, a)
					}
					if a := b.post(path, claim...); a.status != http.StatusServiceUnavailable {
						t.Errorf("POST %s is answered %s", path, a)
					}
				}
				if a := b.get("/healthz"); a.status != http.StatusOK {
					t.Errorf("health: %s", a)
				}
			})
			older, token := offer(), offer()
			refused := func(what, token string) {
				t.Helper()
				h.unchanged(t, func() {
					b := h.browser()
					a := b.get("/setup?token=" + token)
					if token != "" {
						a = b.get("/setup")
					}
					if a.status < 400 {
						t.Errorf("%s: the form is shown: %s", what, a)
					}
					if a := b.post("/setup", claim...); a.status < 400 {
						t.Errorf("%s: %s", what, a)
					}
					if b.isIn(desk) {
						t.Errorf("%s: somebody is in", what)
					}
				})
			}
			refused("no token", "")
			refused("a wrong token", wrongOf(token))
			refused("a truncated token", token[:20])
			refused("an older token", older)
			later(time.Hour)
			refused("an expired token", token)
			token = offer()
			// Ten claim at once with the right one: one of them wins, and must make a second factor first.
			var got sync.Map
			var all sync.WaitGroup
			for i := range 10 {
				all.Go(func() {
					b := h.browser()
					b.get("/setup?token=" + token)
					a, err := b.send(http.MethodPost, "/setup", formOf(append(claim[2:], "email", string(rune('a'+i))+"@platform.example")))
					if err == nil && a.status == http.StatusSeeOther {
						got.Store(i, b)
					}
				})
			}
			all.Wait()
			winners := 0
			got.Range(func(_, v any) bool {
				winners++
				b := v.(*browser)
				if b.isIn(desk) || !strings.Contains(b.get("/admin/sign-in/enrol").text, "otpauth://") {
					t.Error("the first Super Admin is in without a second factor, or cannot make one")
				}
				return true
			})
			admins, err := store.Value[int64](h.Store.Read(t.Context()).QueryRow("select count(*) from grants where role = 'super_admin'"))
			if err != nil || winners != 1 || admins != 1 {
				t.Errorf("%d claims were answered well, and there are %d Super Admins, %v", winners, admins, err)
			}
			refused("a used token", token)
			if _, err := op.Do(t.Context(), h.Door, op.HostOperator("serve"), account.OfferSetUp, op.None{}); err == nil {
				t.Error("a claimed installation offers another setup link")
			}
			if a := h.browser().get("/admin/sign-in"); a.status != http.StatusOK {
				t.Errorf("once claimed, signing in is answered %s", a)
			}
		})
	}
}
