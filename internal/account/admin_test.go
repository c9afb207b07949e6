package account_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/app"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store/storetest"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/schema"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

var root = op.HostOperator("root")

// unclaimed is an installation that nobody has set up yet, with a clock of its own.
func unclaimed(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	for _, engine := range storetest.Engines {
		t.Run(engine.String(), func(t *testing.T) {
			t.Parallel()
			now := &clock{now: world.Now}
			c := app.Config{Database: storetest.URL(t, engine, schema.FS), Data: t.TempDir(), Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", Log: "text"}
			if err := c.Settle(); err != nil {
				t.Fatal(err)
			}
			a, err := app.Open(t.Context(), c, app.Options{Migrate: true, Clock: now.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, &desk{World: &world.World{App: a, T: t}, t: t, clock: now})
		})
	}
}

// clock stands still until Later.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Later(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func TestTheFirstSuperAdminIsMadeByTheLinkOnce(t *testing.T) {
	unclaimed(t, func(t *testing.T, d *desk) {
		for _, c := range []*op.Caller{nobody, op.SystemActor("clock")} {
			if _, code := try(d, c, account.OfferSetUp, op.None{}); code != "sign_in" && code != "forbidden" {
				t.Errorf("offered to %s: %q", c.Kind, code)
			}
		}
		older := must(d, root, account.OfferSetUp, op.None{})
		token := must(d, root, account.OfferSetUp, op.None{})
		first := account.FirstAdmin{Token: older, Email: "grace@example.com", FirstName: "Grace", LastName: "Hall", Hash: "hash"}
		refused(d, "link_gone", nobody, account.SetUp, first) // a newer one was made
		first.Token = "guessed"
		refused(d, "link_gone", nobody, account.SetUp, first)
		first.Token = token
		nameless := first
		nameless.FirstName, nameless.LastName = "", ""
		refused(d, "invalid", nobody, account.SetUp, nameless)
		refused(d, "link_gone", nobody, account.SetUp, account.FirstAdmin{Email: "grace@example.com", FirstName: "Grace"})

		var wg sync.WaitGroup
		outcomes := make([]string, 10)
		for i := range outcomes {
			wg.Go(func() {
				if _, err := op.Do(t.Context(), d.Door, nobody, account.SetUp, first); err != nil {
					outcomes[i] = errs.Of(err).Code
				}
			})
		}
		wg.Wait()
		done := 0
		for _, o := range outcomes {
			switch o {
			case "":
				done++
			case "set_up_already", "link_gone", "email_taken":
			default:
				t.Errorf("refused as %q", o)
			}
		}
		if n := d.number("select count(*) from grants where role = 'super_admin' and scope = 'platform' and ended_at = 0"); done != 1 || n != 1 {
			t.Errorf("%d claims were done, and made %d Super Admins", done, n)
		}
		u, err := user.FindByEmail(d.Store.Read(t.Context()), "platform", "grace@example.com")
		if err != nil || u.Status != user.Active || u.EmailVerified != 0 {
			t.Errorf("the first Super Admin: %+v, %v", u, err)
		}
		refused(d, "set_up_already", nobody, account.SetUp, first)
		refused(d, "set_up_already", root, account.OfferSetUp, op.None{})
	})
}

func TestTheSetUpLinkIsGoodForAnHour(t *testing.T) {
	unclaimed(t, func(t *testing.T, d *desk) {
		first := account.FirstAdmin{Token: must(d, root, account.OfferSetUp, op.None{}), Email: "grace@example.com", FirstName: "Grace", Hash: "hash"}
		d.clock.Later(time.Hour)
		refused(d, "link_gone", nobody, account.SetUp, first)
		first.Token = must(d, root, account.OfferSetUp, op.None{})
		d.clock.Later(time.Hour - time.Millisecond)
		must(d, nobody, account.SetUp, first)
	})
}

func TestBreakGlassIsForTheOperatorAlone(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := account.NewAdmin{Email: "eve@example.com", FirstName: "Eve"}
		for _, key := range []string{"ada", "bruno", "kim"} {
			refused(d, "forbidden", d.As(key), account.CreateAdmin, in)
		}
		refused(d, "forbidden", op.SystemActor("keys", access.SystemKeys), account.CreateAdmin, in)
		refused(d, "sign_in", nobody, account.CreateAdmin, in)
		refused(d, "forbidden", d.As("ada"), account.NewPasswordLink, d.Member("kim").Email)
		refused(d, "forbidden", d.As("ines"), account.NewPasswordLink, d.Member("kim").Email)
		refused(d, "not_found", root, account.NewPasswordLink, "maya.whitaker@example.com") // who is no staff
		refused(d, "not_found", root, account.NewPasswordLink, "nobody at all")
		refused(d, "email_taken", root, account.CreateAdmin, account.NewAdmin{Email: d.Member("ada").Email, FirstName: "Eve"})
		refused(d, "staff_elsewhere", root, account.CreateAdmin, account.NewAdmin{Email: d.Member("kim").Email, FirstName: "Eve"})

		made := must(d, root, account.CreateAdmin, in)
		if g := d.grants(made.User); len(g) != 1 || g[0].Role != access.SuperAdmin.Key {
			t.Errorf("the grants: %+v", g)
		}
		if _, refusal := d.signIn(in.Email, ""); refusal != "sign_in_failed" {
			t.Errorf("without a password: %q", refusal)
		}
		if refusal := d.setPassword(made.Token, "quiet otters drift by 12"); refusal != "" {
			t.Fatal(refusal)
		}
		signed, refusal := d.signIn(in.Email, "quiet otters drift by 12")
		if refusal != "" {
			t.Fatal(refusal)
		}
		done := d.done()
		one := must(d, root, account.NewPasswordLink, in.Email)
		if d.done() != done+1 || d.isIn(signed.Token) {
			t.Error("a new way in is not recorded, or the old sessions live")
		}
		two := must(d, root, account.NewPasswordLink, in.Email)
		if refusal := d.setPassword(one.Token, "other otters drift by 12"); refusal != "link_gone" {
			t.Errorf("the older link: %q", refusal)
		}
		d.Later(time.Hour)
		if refusal := d.setPassword(two.Token, "other otters drift by 12"); refusal != "link_gone" {
			t.Errorf("after an hour: %q", refusal)
		}
		events := d.Events("platform")
		for _, e := range events {
			if e.Op == "admin.create" && e.Actor.Kind == "operator" {
				return
			}
		}
		t.Error("the log does not say that it was done at the machine")
	})
}

// TestWhoHoldsTheRoleForATimeDoesNotKeepIt: an open end is what counts.
func TestWhoHoldsTheRoleForATimeDoesNotKeepIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := account.RoleChange{User: d.member("marcus"), Assignment: d.roleOf(access.SuperAdmin, "")}
		in.Until = d.Door.Now().Add(time.Hour).UnixMilli()
		must(d, d.As("ada"), account.ChangeRole, in)
		refused(d, "last_admin", d.As("marcus"), account.Deactivate, account.Of(d.member("ada")))
		if held := role.InForce(d.grants(d.member("marcus")), d.Door.Now().UnixMilli()); len(held) != 1 {
			t.Errorf("marcus holds %+v", held)
		}
	})
}
