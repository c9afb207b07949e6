package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

const (
	mayasAddress = "maya.whitaker@example.com"
	mayasNew     = "maya@whitaker.example"
	mayasPhrase  = "plum otter lantern seven"
)

// shopper is a customer at their own account.
type shopper struct {
	*desk
	id user.ID
}

// shops gives a customer a password, as a link does.
func (d *desk) shops(key string) *shopper {
	d.t.Helper()
	s := &shopper{d, d.Customer(key)}
	must(d, d.As("ada"), account.ResetPassword, account.Of(s.id))
	if refusal := d.setPassword(d.linkTo("password_reset", d.user(s.id).Email), mayasPhrase); refusal != "" {
		d.t.Fatal(refusal)
	}
	d.Later(31 * time.Second)
	return s
}

// linkTo is the token of the link in the newest letter of a kind to an address; empty when there is no such letter.
func (d *desk) linkTo(kind, to string) string {
	d.t.Helper()
	for _, m := range d.Mails() {
		if m.Kind == kind && m.To == to {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return token
		}
	}
	return ""
}

// enters signs the customer in, and gives the caller that they are then and the session's token.
func (s *shopper) enters(email string) (*op.Caller, string) {
	s.t.Helper()
	signed, err := s.Desk.SignIn(s.t.Context(), nobody, auth.Try{Audience: session.Account, Brand: s.brand("aurora"), Email: email, Password: mayasPhrase})
	if err != nil {
		return nil, ""
	}
	_, c, err := s.Desk.Resolve(s.t.Context(), auth.From{IP: "203.0.113.9"}, session.Account, signed.Token)
	if err != nil {
		s.t.Fatal(err)
	}
	return c, signed.Token
}

func (s *shopper) isIn(token string) bool {
	_, _, err := s.Desk.Resolve(s.t.Context(), auth.From{}, session.Account, token)
	return err == nil
}

func TestSomebodyMovesToAnotherAddress(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.shops("maya")
		c, here := s.enters(mayasAddress)
		_, there := s.enters(mayasAddress)
		if _, code := try(d, c, account.ChangeEmail, account.NewEmail{Email: mayasNew}); code != "step_up_required" {
			t.Fatalf("without a code: %q", code)
		}
		if d.linkTo("email_change", mayasNew) != "" {
			t.Fatal("the new address was written to before the code")
		}
		d.Later(31 * time.Second)
		must(d, c, account.ChangeEmail, account.NewEmail{Email: " Maya@Whitaker.example"})
		if u := d.user(s.id); u.Email != mayasAddress {
			t.Fatalf("changed before it was confirmed: %s", u.Email)
		}
		if told := d.letters("email_change_asked"); !slices.Equal(told, []string{mayasAddress}) {
			t.Errorf("told at once: %v", told)
		}
		w, err := op.Ask(t.Context(), d.Door, c, account.WaitingEmail, op.None{})
		if err != nil || w == nil || w.Email != "Maya@whitaker.example" {
			t.Fatalf("waiting: %+v, %v", w, err)
		}
		token := d.linkTo("email_change", "Maya@whitaker.example")

		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: "none"})
		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: token, Brand: d.brand("meridian")})
		must(d, c, account.ConfirmEmail, account.ConfirmingEmail{Token: token, Brand: d.brand("aurora")})
		if u := d.user(s.id); u.Email != "Maya@whitaker.example" || u.EmailVerified != d.Door.Now().UnixMilli() || u.EmailAttested != 0 {
			t.Errorf("confirmed: %+v", u)
		}
		if !s.isIn(here) || s.isIn(there) {
			t.Error("the session that confirms stays, and no other")
		}
		if told := d.letters("email_changed"); len(told) != 2 {
			t.Errorf("told: %v", told)
		}
		if d.linkTo("email_changed", "Maya@whitaker.example") != "" {
			t.Error("the new address can take itself back")
		}
		refused(d, "link_gone", c, account.ConfirmEmail, account.ConfirmingEmail{Token: token})
		if w, _ := op.Ask(t.Context(), d.Door, c, account.WaitingEmail, op.None{}); w != nil {
			t.Errorf("still waiting: %+v", w)
		}
	})
}

func TestAChangeOfAddressIsOneRow(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.shops("maya")
		c, _ := s.enters(mayasAddress)
		must(d, c, account.ChangeEmail, account.NewEmail{Email: "mallory@example.com"})
		first := d.linkTo("email_change", "mallory@example.com")
		d.Later(time.Minute)
		must(d, c, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		if n := d.number("select count(*) from address_changes"); n != 1 {
			t.Errorf("%d rows", n)
		}
		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: first})
		second := d.linkTo("email_change", mayasNew)
		must(d, c, account.WithdrawEmail, op.None{})
		refused(d, "no_email_change", c, account.WithdrawEmail, op.None{})
		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: second})

		d.Later(time.Minute)
		must(d, c, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		third := d.linkTo("email_change", mayasNew)
		d.Later(24 * time.Hour)
		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: third})
	})
}

func TestAChangeOfAddressIsRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.shops("maya")
		c, _ := s.enters(mayasAddress)
		refused(d, "invalid", c, account.ChangeEmail, account.NewEmail{Email: "maya@"})
		refused(d, "same_email", c, account.ChangeEmail, account.NewEmail{Email: strings.ToUpper(mayasAddress)})
		refused(d, "sign_in", nobody, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		seen := *c
		seen.As = &op.Impersonator{Person: string(d.member("ada")), Writes: true}
		refused(d, "impersonating", &seen, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		must(d, c, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		d.Later(-10 * time.Second)
		refused(d, "email_change_rate", c, account.ChangeEmail, account.NewEmail{Email: mayasNew})

		// Whatever shuts the account out takes the link with it.
		d.Later(time.Minute)
		token := d.linkTo("email_change", mayasNew)
		must(d, d.As("ada"), account.Deactivate, account.Of(s.id))
		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: token})
	})
}

// TestATakenAddressTellsNothing: who types it sees what everybody sees, and who has it is told.
func TestATakenAddressTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.shops("maya")
		jose := d.user(d.Customer("jose"))
		edwin := d.user(d.Customer("edwin")) // deactivated: nobody is written to
		c, _ := s.enters(mayasAddress)
		for _, address := range []string{jose.Email, edwin.Email} {
			must(d, c, account.ChangeEmail, account.NewEmail{Email: strings.ToUpper(address[:1]) + address[1:]})
			if w, err := op.Ask(t.Context(), d.Door, c, account.WaitingEmail, op.None{}); err != nil || w == nil || !strings.EqualFold(w.Email, address) {
				t.Errorf("waiting: %+v, %v", w, err)
			}
			if d.linkTo("email_change", address) != "" {
				t.Error("a link was mailed to somebody else's address")
			}
			d.Later(time.Minute)
		}
		if told := d.letters("email_claimed"); !slices.Contains(told, jose.Email) || slices.Contains(told, edwin.Email) {
			t.Errorf("told: %v", told)
		}

		// Taken between the letter and the link: the account stays as it was.
		must(d, c, account.ChangeEmail, account.NewEmail{Email: mayasNew})
		token := d.linkTo("email_change", mayasNew)
		must(d, d.As("ada"), account.Edit, account.Changes{User: jose.ID, Email: to(mayasNew)})
		refused(d, "email_taken", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: token})
	})
}

func TestTheOldAddressTakesTheAccountBack(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		s := d.shops("maya")
		before := d.user(s.id)
		c, _ := s.enters(mayasAddress)
		must(d, c, account.ChangeEmail, account.NewEmail{Email: "mallory@example.com"})
		must(d, nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: d.linkTo("email_change", "mallory@example.com")})
		back := d.linkTo("email_changed", mayasAddress)
		d.Later(time.Minute)

		// Mallory goes on to a further address, chooses a password, and waits with yet another address.
		must(d, d.As("ada"), account.Edit, account.Changes{User: s.id, Email: to("mallory@elsewhere.example")})
		later := d.linkTo("email_changed", "mallory@example.com")
		d.Later(time.Minute)
		must(d, d.As("ada"), account.ResetPassword, account.Of(s.id))
		if refusal := d.setPassword(d.linkTo("password_reset", "mallory@elsewhere.example"), mayasPhrase); refusal != "" {
			t.Fatal(refusal)
		}
		bad, inside := s.enters("mallory@elsewhere.example")
		d.Later(time.Minute)
		must(d, bad, account.ChangeEmail, account.NewEmail{Email: "mallory@third.example"})
		pending := d.linkTo("email_change", "mallory@third.example")

		refused(d, "link_gone", nobody, account.RevertEmail, account.Reverting{Token: "none"})
		d.unchanged("looking at the link", func() {
			if _, err := op.Ask(t.Context(), d.Door, nobody, account.LookUpRevert, account.Reverting{Token: back}); err != nil {
				t.Error(err)
			}
		})
		must(d, nobody, account.RevertEmail, account.Reverting{Token: back})
		u := d.user(s.id)
		if u.Email != mayasAddress || u.EmailVerified != before.EmailVerified || u.EmailAttested != before.EmailAttested {
			t.Errorf("taken back: %+v", u)
		}
		if s.isIn(inside) {
			t.Error("a session of the meantime lives")
		}
		if _, token := s.enters(mayasAddress); token != "" {
			t.Error("the password of the meantime is good")
		}
		refused(d, "link_gone", nobody, account.ConfirmEmail, account.ConfirmingEmail{Token: pending})
		refused(d, "link_gone", nobody, account.RevertEmail, account.Reverting{Token: later})
		refused(d, "link_gone", nobody, account.RevertEmail, account.Reverting{Token: back})
		if told := d.letters("email_reverted"); !slices.Equal(told, []string{"mallory@elsewhere.example", mayasAddress}) {
			t.Errorf("told: %v", told)
		}
		if refusal := d.setPassword(d.linkTo("email_reverted", mayasAddress), "quiet otters drift by 12"); refusal != "" {
			t.Errorf("the link for a new password: %s", refusal)
		}
	})
}

func TestAnAddressIsTakenBackWithin72Hours(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, jose := d.Customer("maya"), d.Customer("jose")
		must(d, d.As("ada"), account.Edit, account.Changes{User: maya, Email: to(mayasNew)})
		back := d.linkTo("email_changed", mayasAddress)
		d.Later(time.Minute)
		must(d, d.As("ada"), account.Edit, account.Changes{User: jose, Email: to(mayasAddress)})
		refused(d, "revert_taken", nobody, account.RevertEmail, account.Reverting{Token: back})
		d.Later(time.Minute)
		must(d, d.As("ada"), account.Edit, account.Changes{User: jose, Email: to("jose@example.net")})
		d.Later(72*time.Hour - 3*time.Minute)
		d.unchanged("too late", func() {
			d.Later(10 * time.Minute)
			if _, err := op.Ask(t.Context(), d.Door, nobody, account.LookUpRevert, account.Reverting{Token: back}); errs.Of(err).Code != "link_gone" {
				t.Errorf("after 72 hours: %v", err)
			}
		})
		refused(d, "link_gone", nobody, account.RevertEmail, account.Reverting{Token: back})
	})
}

// TestStaffAddressesAreTakenBackToo: rule E, for somebody at the desk, with what Mallory made in the meantime.
func TestStaffAddressesAreTakenBackToo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.user(d.member("olu"))
		must(d, d.As("ines"), account.Edit, account.Changes{User: olu.ID, Email: to("olu.new@aurora.example")})
		back := d.linkTo("email_changed", olu.Email)
		d.Later(time.Minute)
		apps := d.number("select count(*) from totps where user_id = $1", string(olu.ID))
		must(d, nobody, account.RevertEmail, account.Reverting{Token: back})
		if u := d.user(olu.ID); u.Email != olu.Email || u.EmailVerified != olu.EmailVerified || u.EmailAttested != olu.EmailAttested {
			t.Errorf("taken back: %+v", u)
		}
		if now := d.number("select count(*) from totps where user_id = $1", string(olu.ID)); now != apps || apps == 0 {
			t.Errorf("%d authenticator apps, %d before: those from before stay", now, apps)
		}
		if n := d.number("select count(*) from staff_emails where user_id = $1", string(olu.ID)); n != 1 {
			t.Errorf("%d staff addresses", n)
		}
		if _, refusal := d.signIn(olu.Email, d.Member("olu").Password); refusal != "sign_in_failed" {
			t.Errorf("with the password of before: %q", refusal)
		}
	})
}
