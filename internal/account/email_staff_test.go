package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// worker signs a member of staff in, and gives the caller that they are then and the session's token.
func (d *desk) worker(key string) (*op.Caller, string) {
	d.t.Helper()
	token := d.enters(key).Token
	_, c, err := d.Desk.Resolve(d.t.Context(), auth.From{IP: "203.0.113.9"}, session.Staff, token)
	if err != nil {
		d.t.Fatal(err)
	}
	return c, token
}

func TestStaffMoveToAnotherAddressByThemselves(t *testing.T) {
	for _, key := range []string{"olu", "ada"} { // of a brand, and of the platform
		t.Run(key, func(t *testing.T) {
			each(t, func(t *testing.T, d *desk) {
				m, next := d.Member(key), key+"@new.example"
				c, here := d.worker(key)
				_, there := d.worker(key)
				if _, code := try(d, c, account.ChangeEmail, account.NewEmail{Email: next}); code != "step_up_required" {
					t.Fatalf("without a code: %q", code)
				}
				if d.linkTo("email_change", next) != "" {
					t.Fatal("the new address was written to before the code")
				}
				d.Later(31 * time.Second)
				must(d, c, account.ChangeEmail, account.NewEmail{Email: next})
				if told := d.letters("email_change_asked"); !slices.Equal(told, []string{m.Email}) {
					t.Errorf("told at once: %v", told)
				}
				for _, l := range d.Mails() {
					if l.Kind == "email_change" && !strings.HasPrefix(l.Letter.Path, "/admin/me/email/confirm?token=") {
						t.Errorf("the link leads to %s", l.Letter.Path)
					}
				}
				token := d.linkTo("email_change", next)
				must(d, op.HostOperator("root"), account.ResetPassword, account.Of(m.ID))
				reset := d.linkTo("password_reset", m.Email)
				if token == "" || reset == "" || d.user(m.ID).Email != m.Email {
					t.Fatal("no links, or changed before it was confirmed")
				}
				refused(d, "link_gone", c, account.ConfirmEmail, account.ConfirmingEmail{Token: token, Brand: d.brand("meridian")})
				must(d, c, account.ConfirmEmail, account.ConfirmingEmail{Token: token})
				if u := d.user(m.ID); u.Email != next || u.EmailVerified != d.Door.Now().UnixMilli() || u.EmailAttested != 0 || u.Kinds&user.IsStaff == 0 {
					t.Errorf("confirmed: %+v", u)
				}
				if n := d.number("select count(*) from staff_emails where user_id = $1 and email_norm = $2", string(m.ID), next); n != 1 {
					t.Errorf("%d staff addresses", n)
				}
				if n := d.number("select count(*) from staff_emails where user_id = $1", string(m.ID)); n != 1 {
					t.Errorf("%d staff addresses in all", n)
				}
				if !d.isIn(here) || d.isIn(there) {
					t.Error("the session that confirms stays, and no other")
				}
				if refusal := d.setPassword(reset, mayasPhrase); refusal != "link_gone" {
					t.Errorf("a link of before: %q", refusal)
				}
				if told := d.letters("email_changed"); !slices.Equal(told, sorted(m.Email, next)) {
					t.Errorf("told: %v", told)
				}
				if _, refusal := d.signIn(m.Email, m.Password); refusal != "sign_in_failed" {
					t.Errorf("with the address of before: %q", refusal)
				}
				if _, refusal := d.signIn(next, m.Password); refusal != "" {
					t.Errorf("with the new address: %q", refusal)
				}

				back := d.linkTo("email_changed", m.Email)
				d.Later(71 * time.Hour)
				must(d, nobody, account.RevertEmail, account.Reverting{Token: back})
				if u := d.user(m.ID); u.Email != m.Email || d.isIn(here) {
					t.Errorf("taken back: %+v", u)
				}
				if n := d.number("select count(*) from staff_emails where user_id = $1 and email_norm = $2", string(m.ID), strings.ToLower(m.Email)); n != 1 {
					t.Errorf("%d staff addresses", n)
				}
			})
		})
	}
}

func sorted(all ...string) []string { slices.Sort(all); return all }

// TestTheAddressOfStaffIsTheirsInTheWholeInstallation: who types it sees what everybody sees, and who has it is told.
func TestTheAddressOfStaffIsTheirsInTheWholeInstallation(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu, _ := d.worker("olu")
		priya := d.Member("priya") // of the other brand
		must(d, olu, account.ChangeEmail, account.NewEmail{Email: priya.Email})
		if w, err := op.Ask(t.Context(), d.Door, olu, account.WaitingEmail, op.None{}); err != nil || w == nil || w.Email != priya.Email {
			t.Errorf("waiting: %+v, %v", w, err)
		}
		if d.linkTo("email_change", priya.Email) != "" || !slices.Equal(d.letters("email_claimed"), []string{priya.Email}) {
			t.Errorf("a link to somebody else's address, or nobody was told: %v", d.letters("email_claimed"))
		}
		// Taken between the letter and the link: a conflict, and the account stays as it was.
		d.Later(time.Minute)
		must(d, olu, account.ChangeEmail, account.NewEmail{Email: "olu@new.example"})
		token := d.linkTo("email_change", "olu@new.example")
		must(d, d.As("ada"), account.Edit, account.Changes{User: priya.ID, Email: to("olu@new.example")})
		refused(d, "email_taken", olu, account.ConfirmEmail, account.ConfirmingEmail{Token: token})

		// A customer of the other brand may have it: they are somebody else's customer, and come in elsewhere.
		d.Customer("walt")
		walts := d.user(d.Customer("walt")).Email
		d.Later(time.Minute)
		must(d, olu, account.ChangeEmail, account.NewEmail{Email: walts})
		must(d, olu, account.ConfirmEmail, account.ConfirmingEmail{Token: d.linkTo("email_change", walts)})
	})
}

func TestABanKeepsAnAddressFromStaffToo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu, _ := d.worker("olu")
		jose := d.user(d.Customer("jose"))
		must(d, olu, account.ChangeEmail, account.NewEmail{Email: "olu@new.example"})
		token := d.linkTo("email_change", "olu@new.example")
		must(d, d.As("ada"), account.Edit, account.Changes{User: jose.ID, Email: to("olu@new.example")})
		must(d, d.As("ada"), account.Ban, account.Exclusion{User: jose.ID, Reason: "Fraud"})
		must(d, d.As("ada"), account.Edit, account.Changes{User: jose.ID, Email: to("jose@elsewhere.example")})
		refused(d, "link_gone", olu, account.ConfirmEmail, account.ConfirmingEmail{Token: token})
		d.Later(time.Minute)
		must(d, olu, account.ChangeEmail, account.NewEmail{Email: "olu@new.example"})
		for _, m := range d.Mails() {
			if m.Kind == "email_change" && m.To == "olu@new.example" && m.Letter.Path != "" && !strings.HasSuffix(m.Letter.Path, token) {
				t.Error("an address that a ban keeps out was sent a link")
			}
		}
	})
}

// TestTheAddressOfStaffIsChangedAtTheDesk: at their account in the shop nobody has shown a second factor.
func TestTheAddressOfStaffIsChangedAtTheDesk(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.As("olu")
		olu.Grants = access.Resolve(access.Grant{ID: "own", Role: access.CustomerRole, Scope: d.brand("aurora").Scope()})
		refused(d, "own_email", olu, account.ChangeEmail, account.NewEmail{Email: "olu@new.example"})
		refused(d, "own_email", d.As("olu"), account.Edit, account.Changes{User: d.member("olu"), Email: to("olu@new.example")})

		s := d.shops("maya") // who becomes staff before the link is used
		c, _ := s.enters(mayasAddress)
		must(d, c, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		token := d.linkTo("email_change", mayasNew)
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: s.id, Assignment: d.roleOf(access.Support, "aurora")})
		if _, code := try(d, nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: token}); code != "own_email" && code != "link_gone" {
			t.Errorf("confirmed at the shop by who is staff now: %q", code)
		}
		if u := d.user(s.id); u.Email != mayasAddress {
			t.Errorf("her address is %s", u.Email)
		}
	})
}

// TestTheLastSuperAdminMovesAndStays: another address takes nobody away, and the last one still cannot go.
func TestTheLastSuperAdminMovesAndStays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		must(d, op.HostOperator("root"), account.Deactivate, account.Of(d.member("marcus")))
		ada, _ := d.worker("ada")
		must(d, ada, account.ChangeEmail, account.NewEmail{Email: "ada@new.example"})
		must(d, ada, account.ConfirmEmail, account.ConfirmingEmail{Token: d.linkTo("email_change", "ada@new.example")})
		refused(d, "last_admin", op.HostOperator("root"), account.Deactivate, account.Of(d.member("ada")))
		back := d.linkTo("email_changed", d.Member("ada").Email)
		must(d, nobody, account.RevertEmail, account.Reverting{Token: back})
		refused(d, "last_admin", op.HostOperator("root"), account.Deactivate, account.Of(d.member("ada")))
		if refusal := d.setPassword(d.linkTo("email_reverted", d.Member("ada").Email), mayasPhrase); refusal != "" {
			t.Fatal(refusal)
		}
		if _, refusal := d.signIn(d.Member("ada").Email, mayasPhrase); refusal != "" {
			t.Errorf("she cannot come back: %s", refusal)
		}
	})
}
