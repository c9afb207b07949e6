package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
)

func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// stepped does what needs a step-up, with the mailed code.
func stepped[In any, T op.Target, Out any](t *testing.T, w *world.World, c *op.Caller, a *op.Action[In, T, Out], in In) (out Out, err error) {
	t.Helper()
	out, err = op.Do(t.Context(), w.Door, c, a, in)
	if !errors.Is(err, op.ErrStepUpRequired) {
		return out, err
	}
	id, _ := errs.Of(err).Extra["step_up"].(string)
	out, err = op.Do(t.Context(), w.Door, c, a, in, op.With(op.Proof{ID: id, Code: w.Code()}))
	w.Later(time.Minute)
	return out, err
}

func TestOnesOwnAppsAreAddedAndRemovedWithAStepUp(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		one, err := w.Through(nobody, half(t, w, "kim"), nil)
		if err != nil {
			t.Fatal(err)
		}
		two, err := w.Through(nobody, half(t, w, "kim"), nil)
		if err != nil {
			t.Fatal(err)
		}
		at := func(s auth.Signed) *op.Caller {
			_, c, err := w.Desk.Resolve(context.Background(), auth.From{Request: "req_test"}, session.Staff, s.Token)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := at(one)
		must(t)(op.Keep(t.Context(), w.Door, c, auth.OfferApp, op.None{}))
		offer, err := op.Ask(t.Context(), w.Door, c, auth.ShowOffer, op.None{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := op.Ask(t.Context(), w.Door, at(two), auth.ShowOffer, op.None{}); !errors.Is(err, auth.ErrOffer) {
			t.Errorf("another session sees the secret: %v", err)
		}
		if _, err := op.Do(t.Context(), w.Door, c, auth.AddApp, auth.NewApp{Name: "Tablet"}); !errors.Is(err, auth.ErrSecond) {
			t.Errorf("an app that has shown nothing was added: %v", err)
		}
		if right, err := op.Keep(t.Context(), w.Door, c, auth.ProveApp, "000000"); err != nil || right {
			t.Errorf("%v, %v", right, err)
		}
		code, _ := auth.AppCode(offer.Secret, w.Door.Now())
		if right, err := op.Keep(t.Context(), w.Door, c, auth.ProveApp, code); err != nil || !right {
			t.Fatalf("%v, %v", right, err)
		}
		codes, err := stepped(t, w, c, auth.AddApp, auth.NewApp{Name: "Tablet"})
		if err != nil || len(codes) != 10 {
			t.Fatalf("%d codes, %v", len(codes), err)
		}
		at(one)
		if _, _, err := w.Desk.Resolve(t.Context(), auth.From{}, session.Staff, two.Token); err == nil {
			t.Error("the other session lives")
		}
		has, err := op.Ask(t.Context(), w.Door, c, auth.ShowProtection, op.None{})
		if err != nil || len(has.Apps) != 2 || !has.Required || has.Recovery != 10 {
			t.Fatalf("%+v, %v", has, err)
		}
		first, tablet := has.Apps[0], has.Apps[1]
		if first.Name == "Tablet" {
			first, tablet = tablet, first
		}
		if tablet.Name != "Tablet" || tablet.Secret != "" {
			t.Errorf("%+v", tablet)
		}
		must(t)(op.Do(t.Context(), w.Door, c, auth.RenameApp, auth.AppName{App: tablet.ID, Name: "Old tablet"}))
		if _, err := op.Do(t.Context(), w.Door, w.As("ada"), auth.RenameApp, auth.AppName{App: tablet.ID, Name: "Mine"}); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("Ada renames Kim's app: %v", err)
		}
		if _, err := op.Do(t.Context(), w.Door, w.As("ada"), auth.RemoveApp, tablet.ID); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("Ada removes Kim's app: %v", err)
		}
		if _, err := stepped(t, w, c, auth.RemoveApp, tablet.ID); err != nil {
			t.Fatal(err)
		}
		_, err = stepped(t, w, c, auth.RemoveApp, first.ID)
		refusedWith(t, err, auth.ErrLastFactor)
		if n := count(t, w, "select count(*) from totps where user_id = $1", string(w.Member("kim").ID)); n != 1 {
			t.Errorf("%d apps are left", n)
		}
		if m := w.Mails(); m[0].Kind != "second_factor_changed" || !strings.Contains(m[0].Letter.Lines[0], "removed") {
			t.Errorf("the newest mail is %s: %v", m[0].Kind, m[0].Letter.Lines)
		}
	})
}

func TestSomebodyWhoLostEverythingIsReset(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		kim := w.Member("kim")
		if _, err := w.Through(nobody, half(t, w, "kim"), nil); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[string]*errs.Error{"kim": op.ErrOneself, "hana": errs.ErrNotFound, "priya": errs.ErrNotFound, "olu": op.ErrForbidden, "rosa": op.ErrForbidden} {
			_, err := op.Do(t.Context(), w.Door, w.As(who), account.ResetSecondFactor, account.Of(kim.ID))
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %s", who, err, want.Code)
			}
		}
		_, err := op.Do(t.Context(), w.Door, w.As("bruno"), account.ResetSecondFactor, account.Of(w.Member("ada").ID))
		if err == nil || errors.Is(err, op.ErrStepUpRequired) {
			t.Errorf("Bruno resets Ada, who holds more: %v", err)
		}
		if n := sessions(t, w, "kim"); n != 1 {
			t.Errorf("%d sessions of Kim after refusals", n)
		}
		if s := half(t, w, "kim"); s.Next != auth.SecondFactor {
			t.Errorf("a refused reset left %q", s.Next)
		}
		if _, err := stepped(t, w, w.As("bruno"), account.ResetSecondFactor, account.Of(kim.ID)); err != nil {
			t.Fatal(err)
		}
		if n := sessions(t, w, "kim"); n != 0 {
			t.Errorf("%d sessions live", n)
		}
		if s := half(t, w, "kim"); s.Next != auth.Enrol {
			t.Errorf("next is %q", s.Next)
		}
		if m := w.Mails(); m[0].Kind != "second_factor_reset" || m[0].User != string(kim.ID) {
			t.Errorf("the newest mail is %s", m[0].Kind)
		}
		_, err = op.Do(t.Context(), w.Door, op.HostOperator("admin reset"), account.ResetSecondFactor, account.Of(kim.ID))
		refusedWith(t, err, account.ErrNoSecondFactor)
	})
}

// The operations are everybody's own: a customer may have an app too, and is asked for it. Nobody makes them have one.
func TestACustomerMayHaveASecondFactor(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	maya := w.Customer("maya")
	u, err := user.Find(w.Store.Read(t.Context()), maya)
	if err != nil {
		t.Fatal(err)
	}
	c := &op.Caller{Kind: op.Person, ID: string(maya), Person: string(maya), Home: u.Brand.Scope(), Grants: u.Holds, Session: "ses_of_maya"}
	must(t)(op.Keep(t.Context(), w.Door, c, auth.OfferApp, op.None{}))
	offer, err := op.Ask(t.Context(), w.Door, c, auth.ShowOffer, op.None{})
	if err != nil {
		t.Fatal(err)
	}
	code, _ := auth.AppCode(offer.Secret, w.Door.Now())
	must(t)(op.Keep(t.Context(), w.Door, c, auth.ProveApp, code))
	if _, err := stepped(t, w, c, auth.AddApp, auth.NewApp{}); err != nil {
		t.Fatal(err)
	}
	has, err := op.Ask(t.Context(), w.Door, c, auth.ShowProtection, op.None{})
	if err != nil || len(has.Apps) != 1 || has.Required || has.Recovery != 10 {
		t.Fatalf("%+v, %v", has, err)
	}
	if _, err := stepped(t, w, c, auth.RemoveApp, has.Apps[0].ID); err != nil {
		t.Errorf("the last factor of a customer is theirs to remove: %v", err)
	}
}

// A key acts for its owner and is not its owner.
func TestAKeyTouchesNoSecondFactor(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	key := *w.As("ada")
	key.Kind, key.ID, key.Session = op.Key, "key_test", ""
	if _, err := op.Keep(t.Context(), w.Door, &key, auth.OfferApp, op.None{}); !errors.Is(err, op.ErrSignIn) {
		t.Error(err)
	}
	if _, err := op.Do(t.Context(), w.Door, &key, auth.RenewRecovery, op.None{}); err == nil || errors.Is(err, op.ErrStepUpRequired) {
		t.Error(err)
	}
	if _, err := op.Ask(t.Context(), w.Door, &key, auth.ShowProtection, op.None{}); err == nil {
		t.Error("a key lists its owner's second factors")
	}
}
