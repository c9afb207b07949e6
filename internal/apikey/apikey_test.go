package apikey

import (
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/user"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func ms(d time.Duration) int64 { return noon.Add(d).UnixMilli() }

// What keys may do, and that they never stand above their owner, is tested from outside, in internal/api.
func TestWhenAKeyIsLive(t *testing.T) {
	t.Parallel()
	held := access.Resolve(access.Grant{ID: "g", Role: access.Developer, Scope: access.Brand("b"), Until: ms(24 * time.Hour)})
	key := Key{CreatedAt: ms(-time.Hour), ExpiresAt: ms(time.Hour)}
	owner := user.User{Status: user.Active, StatusSince: ms(-time.Hour), Holds: held}
	for name, c := range map[string]struct {
		change func(k *Key, o *user.User)
		at     time.Time
		want   State
	}{
		"live":                          {func(*Key, *user.User) {}, noon, Live},
		"to the last instant":           {func(*Key, *user.User) {}, noon.Add(time.Hour - time.Millisecond), Live},
		"expired":                       {func(*Key, *user.User) {}, noon.Add(time.Hour), Expired},
		"revoked":                       {func(k *Key, _ *user.User) { k.RevokedAt = ms(0) }, noon, Revoked},
		"revoked, whatever else":        {func(k *Key, o *user.User) { k.RevokedAt, o.Status = ms(0), user.Banned }, noon.Add(2 * time.Hour), Revoked},
		"its owner is deactivated":      {func(_ *Key, o *user.User) { o.Status = user.Deactivated }, noon, Void},
		"its owner is suspended":        {func(_ *Key, o *user.User) { o.Status = user.Suspended }, noon, Void},
		"its owner was not active once": {func(_ *Key, o *user.User) { o.StatusSince = ms(-time.Minute) }, noon, Void},
		"its owner is no staff":         {func(_ *Key, o *user.User) { o.Holds = nil }, noon, Void},
		"its owner's role ran out":      {func(k *Key, _ *user.User) { k.ExpiresAt = ms(100 * time.Hour) }, noon.Add(24 * time.Hour), Void},
	} {
		k, o := key, owner
		c.change(&k, &o)
		if got := k.state(&o, c.at); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
		if (k.state(&o, c.at).refusal() == nil) != (c.want == Live) {
			t.Errorf("%s: a key that is %s is let in, or one that is live is not", name, c.want)
		}
	}
}

func TestARowThatCannotBeReadGivesNothing(t *testing.T) {
	t.Parallel()
	k := Key{Scope: "brand/", Permissions: "orders.view no.such", Unattended: "wallets.adjust"}
	if !k.Place().IsZero() || !k.Set().Empty() || !k.Unwatched().Empty() {
		t.Errorf("%v %v %v", k.Place(), k.Set(), k.Unwatched())
	}
}

func TestWhatIsUnattendedIsOfTheKeyItself(t *testing.T) {
	t.Parallel()
	k := Key{Permissions: "orders.view", Unattended: "wallets.adjust"}
	if !k.Unwatched().Empty() {
		t.Error("a key is let do unattended what it may not do at all")
	}
}
