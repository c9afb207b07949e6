package account_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

func TestWhoIsDeactivatedIsOutAtOnceAndTold(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.member("olu")
		one, two := d.enters("olu"), d.enters("olu")
		link := must(d, op.HostOperator("root"), account.NewPasswordLink, d.Member("olu").Email)
		one, two = d.enters("olu"), d.enters("olu")
		done := d.done()
		must(d, d.As("ines"), account.Deactivate, account.Of(olu))
		if got := d.done() - done; got != 1 {
			t.Errorf("%d events", got)
		}
		e := d.Events(string(d.brand("aurora")))[0]
		ended := 0
		for _, c := range e.Changes {
			if c.Kind == "session" && c.Field == "ended_at" {
				ended++
			}
		}
		if e.Op != "user.deactivate" || ended != 2 {
			t.Errorf("the event is %s and ends %d sessions: they must end in the same transaction", e.Op, ended)
		}
		u := d.user(olu)
		if u.Status != user.Deactivated || u.StatusSince != d.Door.Now().UnixMilli() || d.isIn(one.Token) || d.isIn(two.Token) {
			t.Errorf("%+v", u)
		}
		if refusal := d.setPassword(link.Token, "quiet otters drift by 12"); refusal != "link_gone" {
			t.Errorf("a link: %q", refusal)
		}
		if _, refusal := d.signIn(u.Email, d.Member("olu").Password); refusal != "not_active" {
			t.Errorf("signing in: %q", refusal)
		}
		if got := d.letters("deactivated"); !slices.Equal(got, []string{u.Email}) {
			t.Errorf("told: %v", got)
		}
		d.unchanged("deactivated again", func() { must(d, d.As("ines"), account.Deactivate, account.Of(olu)) })

		must(d, d.As("ines"), account.Activate, account.Of(olu))
		if d.isIn(one.Token) || d.user(olu).Status != user.Active {
			t.Error("activating brought a session back, or did not activate")
		}
		if got := d.letters("activated"); !slices.Equal(got, []string{u.Email}) {
			t.Errorf("told: %v", got)
		}
		d.enters("olu")
		d.unchanged("activated again", func() { must(d, d.As("ines"), account.Activate, account.Of(olu)) })
	})
}

func TestWhoMayDeactivateWhom(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		for _, c := range []struct {
			by   string
			whom user.ID
			code string
		}{
			{"ines", d.member("ines"), "oneself"}, {"ada", d.member("ada"), "oneself"}, {"ines", d.member("bruno"), "holds_more"},
			{"ines", d.member("priya"), "not_found"}, {"bruno", d.member("ada"), "not_found"}, {"kim", jose, "not_found"}, {"kim", d.member("hana"), "not_found"},
			{"olu", maya, "forbidden"}, {"johanna", maya, "forbidden"}, {"rosa", maya, "forbidden"}, {"ada", "usr_none", "not_found"},
		} {
			t.Logf("%s, %s", c.by, c.whom)
			refused(d, c.code, d.As(c.by), account.Deactivate, account.Of(c.whom))
			refused(d, c.code, d.As(c.by), account.Activate, account.Of(c.whom))
		}
		refused(d, "sign_in", nobody, account.Deactivate, account.Of(maya))
		must(d, d.As("kim"), account.Deactivate, account.Of(maya))
		must(d, d.As("bruno"), account.Deactivate, account.Of(d.member("ines")))

		added := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		refused(d, "status_move", d.As("bruno"), account.Deactivate, account.Of(added.User))
		refused(d, "status_move", d.As("bruno"), account.Activate, account.Of(added.User))
	})
}

func TestTheLastSuperAdminStays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ada, marcus := d.As("ada"), d.As("marcus")
		must(d, ada, account.Deactivate, account.Of(d.member("marcus")))
		refused(d, "last_admin", marcus, account.Deactivate, account.Of(d.member("ada"))) // what marcus held when he asked
		refused(d, "last_admin", op.HostOperator("root"), account.Deactivate, account.Of(d.member("ada")))
		refused(d, "last_admin", op.HostOperator("root"), account.ChangeRole, account.RoleChange{User: d.member("ada"), Assignment: account.Assignment{Role: account.NoStaffRole}})
		dated := account.RoleChange{User: d.member("ada"), Assignment: d.roleOf(access.SuperAdmin, "")}
		dated.Until = d.Door.Now().UnixMilli() + 1000
		refused(d, "last_admin", op.HostOperator("root"), account.ChangeRole, dated)
	})
}

// TestOfTwoWhoDeactivateEachOtherOneStays: fifty attempts at once, by callers who held the role when they asked.
func TestOfTwoWhoDeactivateEachOtherOneStays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.race(50, func(i int) error {
			by, whom := "ada", "marcus"
			if i%2 == 0 {
				by, whom = whom, by
			}
			c := d.held[by]
			_, err := op.Do(t.Context(), d.Door, c, account.Deactivate, account.Of(d.member(whom)))
			return err
		})
		if n := d.number("select count(*) from users where brand_id = 'platform' and status = 'active'"); n != 1 {
			t.Errorf("%d Super Admins are left", n)
		}
		if n := len(d.letters("deactivated")); n != 1 {
			t.Errorf("%d were told", n)
		}
		d.verify()
	})
}

// TestOfTwoWhoDemoteEachOtherOneStays: the same with role changes among them, each with its code.
func TestOfTwoWhoDemoteEachOtherOneStays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		changes, proofs := map[string]account.RoleChange{}, map[string]op.Proof{}
		for by, whom := range map[string]string{"ada": "marcus", "marcus": "ada"} {
			changes[by] = account.RoleChange{User: d.member(whom), Assignment: d.roleOf(access.ReadOnly, "aurora")}
			_, err := op.Do(t.Context(), d.Door, d.As(by), account.ChangeRole, changes[by])
			proofs[by] = d.proof(err)
		}
		d.race(50, func(i int) error {
			by := []string{"ada", "marcus"}[i%2]
			if i >= 10 { // a code has five tries
				_, err := op.Do(t.Context(), d.Door, d.held[by], account.Deactivate, account.Of(changes[by].User))
				return err
			}
			_, err := op.Do(t.Context(), d.Door, d.held[by], account.ChangeRole, changes[by], op.With(proofs[by]))
			return err
		}, "step_up_expired")
		n := d.number("select count(*) from users u join grants g on g.user_id = u.id where u.status = 'active' and g.role = 'super_admin' and g.ended_at = 0")
		if n != 1 {
			t.Errorf("%d Super Admins are left", n)
		}
		d.verify()
	})
}

// race lets many ask at once, with what ada and marcus held before: exactly one is done, the others are told why not.
func (d *desk) race(times int, ask func(i int) error, also ...string) {
	d.t.Helper()
	d.held = map[string]*op.Caller{"ada": d.As("ada"), "marcus": d.As("marcus")}
	outcomes := make([]error, times)
	var wg sync.WaitGroup
	for i := range times {
		wg.Go(func() { outcomes[i] = ask(i) })
	}
	wg.Wait()
	count := map[string]int{}
	for _, err := range outcomes {
		code := ""
		if err != nil {
			code = errs.Of(err).Code
		}
		count[code]++
		if code != "" && code != "last_admin" && !slices.Contains(also, code) {
			d.t.Errorf("refused as %s: %v", code, err)
		}
	}
	d.t.Log(count)
	if count[""] == 0 {
		d.t.Error("nobody got through")
	}
}

func (d *desk) verify() {
	d.t.Helper()
	report, err := audit.Verify(d.read(), d.Store)
	if err != nil {
		d.t.Fatal(err)
	}
	if !report.OK {
		d.t.Errorf("the audit log: %v", report)
	}
}
