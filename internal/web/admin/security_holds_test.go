package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/security"
)

// turn changes the rules at the machine.
func (k *kit) turn(turn func(*security.Policy)) {
	k.t.Helper()
	in := security.Changed{Policy: k.rules()}
	turn(&in.Policy)
	_, err := op.Do(k.t.Context(), k.door, host, security.Change, in)
	check(k.t, err)
}

func (k *kit) preset(p password.Preset) {
	k.t.Helper()
	k.turn(func(now *security.Policy) { now.Password = must(password.Of(p))(k.t) })
}

// freshLink is the token of a link with which somebody chooses a new password.
func (k *kit) freshLink(email string) string {
	k.t.Helper()
	made := must(op.Do(k.t.Context(), k.door, host, account.NewPasswordLink, email))(k.t)
	return made.Token
}

func TestThePasswordRulesHoldFromTheNextPasswordOn(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("support", k.aurora)
	choose := func(candidate string) answer {
		b := k.client()
		token := k.freshLink(email)
		page := b.get("/set-password?token=" + token)
		if page.status == http.StatusSeeOther {
			page = b.get(page.location)
		}
		page.wants(http.StatusOK)
		return b.post("/set-password", "password", candidate)
	}
	refused := func(candidate, why string) {
		t.Helper()
		if a := choose(candidate); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, why) {
			t.Errorf("%q: %d, without %q: %s", candidate, a.status, why, a.sheet())
		}
	}
	k.preset(password.Legacy)
	refused("plum otter lantern eight", "capital")
	if a := choose("Plum Otter 8"); a.status != http.StatusSeeOther {
		t.Errorf("legacy refuses what has every kind of character: %d %s", a.status, a.sheet())
	}
	refused("Plum Otter 8", "before")
	k.preset(password.PCI)
	refused("Plum Otter8", "12 characters")
	refused("plum otter lantern", "digit")
	k.preset(password.NIST)
	if a := choose("plum otter lantern nine"); a.status != http.StatusSeeOther {
		t.Errorf("nist asks for more than length: %d %s", a.status, a.sheet())
	}
	refused("Plum Otter8", "12 characters")
}

func TestAPasswordThatHasRunOutLeadsToANewOne(t *testing.T) {
	t.Parallel()
	k := open(t)
	_, email := k.staff("support", k.aurora)
	k.turn(func(p *security.Policy) { p.Password.ExpireDays = 90 })
	k.clock = k.clock.Add(89 * 24 * time.Hour)
	k.as(email)
	k.clock = k.clock.Add(2 * 24 * time.Hour)
	b := k.client()
	if a := b.signIn(email); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/admin/sign-in/new-password") {
		t.Fatalf("after 91 days: %d %s", a.status, a.location)
	}
	if a := b.get("/admin"); a.status == http.StatusOK {
		t.Error("the desk is open all the same")
	}
	k.turn(func(p *security.Policy) { p.Password.ExpireOnlyAlone = true })
	k.as(email) // they have a second factor
}

func TestChangedLimitsHoldForTheNextSession(t *testing.T) {
	t.Parallel()
	k := open(t)
	id, email := k.staff("support", k.aurora)
	before := k.as(email)
	k.turn(func(p *security.Policy) { p.Sessions.Staff.Idle, p.Sessions.Staff.AtOnce = 10*time.Minute, 2 })
	after := k.as(email)
	k.clock = k.clock.Add(12 * time.Minute)
	before.get("/admin").wants(http.StatusOK)
	after.get("/admin").wants(http.StatusSeeOther)
	k.as(email)
	sent := len(k.letters(id))
	k.as(email)
	before.get("/admin").wants(http.StatusSeeOther)
	if len(k.letters(id)) == sent {
		t.Error("the owner of the oldest session is not told")
	}
}
