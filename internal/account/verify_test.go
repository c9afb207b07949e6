package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

func TestAnIDIsMarkedWithACodeAndNeverOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.Customer("maya")
		for _, c := range []struct {
			by   string
			whom user.ID
			code string
		}{
			{"johanna", maya, "forbidden"}, {"kim", maya, "forbidden"}, {"rosa", maya, "forbidden"}, {"priya", maya, "not_found"},
			{"olu", d.member("olu"), "oneself"}, {"ines", d.member("ines"), "oneself"}, {"olu", d.member("bruno"), "holds_more"},
		} {
			refused(d, c.code, d.As(c.by), account.VerifyIdentity, account.Of(c.whom))
			refused(d, c.code, d.As(c.by), account.UnverifyIdentity, account.Of(c.whom))
		}
		if _, got := try(d, d.As("olu"), account.VerifyIdentity, account.Of(maya)); got != "step_up_required" || d.user(maya).IDVerified != 0 {
			t.Errorf("without a code: %q", got)
		}
		d.Later(31 * time.Second)
		must(d, d.As("olu"), account.VerifyIdentity, account.Of(maya))
		u := d.user(maya)
		if u.IDVerified == 0 || u.IDVerifiedBy != string(d.member("olu")) {
			t.Errorf("%+v", u)
		}
		d.unchanged("marked again", func() { must(d, d.As("ines"), account.VerifyIdentity, account.Of(maya)) })
		must(d, d.As("olu"), account.UnverifyIdentity, account.Of(maya))
		if u := d.user(maya); u.IDVerified != 0 || u.IDVerifiedBy != "" {
			t.Errorf("%+v", u)
		}
		d.unchanged("taken back again", func() { must(d, d.As("olu"), account.UnverifyIdentity, account.Of(maya)) })
		d.verify()
	})
}

func TestAPhoneIsVerifiedForAReason(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		jose := d.Customer("jose")
		check := account.PhoneCheck{User: jose, Reason: "Called back"}
		must(d, d.As("johanna"), account.Edit, account.Changes{User: jose, Phone: to("")})
		refused(d, "no_phone", d.As("johanna"), account.VerifyPhone, check)
		must(d, d.As("johanna"), account.Edit, account.Changes{User: jose, Phone: to("+44 20 7946 0958")})
		refused(d, "invalid", d.As("johanna"), account.VerifyPhone, account.PhoneCheck{User: jose})
		refused(d, "forbidden", d.As("olu"), account.VerifyPhone, check)
		refused(d, "oneself", d.As("johanna"), account.VerifyPhone, account.PhoneCheck{User: d.member("johanna"), Reason: "I know it"})
		must(d, d.As("johanna"), account.VerifyPhone, check)
		if d.user(jose).PhoneVerified == 0 || d.number("select phone_verified from people where num = $1", d.user(jose).Num) != 1 {
			t.Error("not marked, or not in lists")
		}
		d.unchanged("again", func() { must(d, d.As("johanna"), account.VerifyPhone, check) })
		must(d, d.As("johanna"), account.UnverifyPhone, check)
		if d.user(jose).PhoneVerified != 0 {
			t.Error("still marked")
		}
	})
}

// token is what stands in the link of the newest letter of a kind.
func (d *desk) token(kind string) string {
	d.t.Helper()
	for _, m := range d.Mails() {
		if m.Kind == kind {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return token
		}
	}
	d.t.Fatalf("no letter of kind %s", kind)
	return ""
}

func (d *desk) confirm(token string) string {
	d.t.Helper()
	if err := d.Desk.ConfirmEmail(d.t.Context(), nobody, token); err != nil {
		return errs.Of(err).Code
	}
	return ""
}

func TestAnAddressIsConfirmedByItsLinkOnceWithinADay(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		jose := d.Customer("jose")
		must(d, d.As("johanna"), account.Edit, account.Changes{User: jose, Email: to("jose.new@example.org")}) // attested, not confirmed
		must(d, d.As("johanna"), account.SendConfirmation, account.Of(jose))
		if got := d.letters("confirm_email"); !slices.Equal(got, []string{"jose.new@example.org"}) {
			t.Errorf("sent to %v", got)
		}
		first := d.token("confirm_email")
		d.unchanged("a scanner opens it", func() {
			if _, err := d.Desk.OpenLink(t.Context(), nobody, first, auth.ConfirmEmail); err != nil {
				t.Error(err)
			}
		})
		d.unchanged("the wrong purpose", func() {
			if got := d.confirm("none"); got != "link_gone" {
				t.Errorf("no such link: %q", got)
			}
			if got := d.setPassword(first, "quiet otters drift by 12"); got != "link_gone" {
				t.Errorf("as a password link: %q", got)
			}
		})
		d.Later(31 * time.Second)
		must(d, d.As("johanna"), account.SendConfirmation, account.Of(jose))
		if got := d.confirm(first); got != "link_gone" {
			t.Errorf("the first link, after a second was sent: %q", got)
		}
		second := d.token("confirm_email")
		if got := d.confirm(second); got != "" {
			t.Fatalf("refused as %s", got)
		}
		if u := d.user(jose); u.EmailVerified != d.Door.Now().UnixMilli() || u.EmailAttested != 0 {
			t.Errorf("%+v", u)
		}
		if e := d.Events(string(d.brand("aurora")))[0]; e.Op != "auth.confirm_email" || e.Actor.Kind != string(op.Anonymous) {
			t.Errorf("the log says %s by %s", e.Op, e.Actor.Kind)
		}
		d.unchanged("used again", func() { d.confirm(second) })
		refused(d, "email_confirmed", d.As("johanna"), account.SendConfirmation, account.Of(jose))

		// A day later, or after another change of the address, a link is worth nothing.
		for what, spoil := range map[string]func(){
			"a day": func() { d.Later(24 * time.Hour) },
			"another": func() {
				must(d, d.As("ines"), account.Edit, account.Changes{User: jose, Email: to("jose.3@example.org")})
			},
			"somebody out": func() { must(d, d.As("ines"), account.Deactivate, account.Of(jose)) },
		} {
			if d.user(jose).Status != user.Active {
				must(d, d.As("ines"), account.Activate, account.Of(jose))
			}
			d.Later(20 * time.Minute)
			must(d, d.As("ines"), account.Edit, account.Changes{User: jose, Email: to(strings.ReplaceAll(what, " ", ".") + "@example.org")})
			must(d, d.As("ines"), account.SendConfirmation, account.Of(jose))
			link := d.token("confirm_email")
			spoil()
			was := d.user(jose).EmailVerified
			if got := d.confirm(link); got != "link_gone" || d.user(jose).EmailVerified != was {
				t.Errorf("%s: %q", what, got)
			}
		}
		d.verify()
	})
}

func TestWhoSendsWhomALink(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya, nameless := d.Customer("maya"), d.Customer("nameless")
		refused(d, "forbidden", d.As("olu"), account.SendConfirmation, account.Of(maya))
		refused(d, "not_found", d.As("priya"), account.SendConfirmation, account.Of(maya))
		refused(d, "holds_more", d.As("ines"), account.SendConfirmation, account.Of(d.member("bruno")))
		must(d, d.As("ines"), account.Edit, account.Changes{User: nameless, Email: to("")})
		refused(d, "no_email", d.As("johanna"), account.SendConfirmation, account.Of(nameless))

		for _, c := range []struct {
			by   string
			whom user.ID
			code string
		}{
			{"johanna", d.member("olu"), "not_found"}, {"kim", d.member("olu"), "not_found"}, {"kim", d.Customer("jose"), "not_found"}, {"olu", maya, "forbidden"},
			{"rosa", maya, "forbidden"}, {"ines", d.member("bruno"), "holds_more"}, {"bruno", d.member("ada"), "not_found"}, {"johanna", nameless, "no_email"},
		} {
			t.Logf("%s, %s", c.by, c.whom)
			refused(d, c.code, d.As(c.by), account.ResetPassword, account.Of(c.whom))
		}
		invited := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		refused(d, "cannot_sign_in", d.As("bruno"), account.ResetPassword, account.Of(invited.User))
		must(d, d.As("ines"), account.Suspend, d.suspension(maya))
		refused(d, "cannot_sign_in", d.As("ines"), account.ResetPassword, account.Of(maya))
	})
}

// TestAResetLinkEndsNothingUntilItIsUsed: the old password stays good; when the new one is set, everything else ends.
func TestAResetLinkEndsNothingUntilItIsUsed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		olu := d.member("olu")
		inside := d.enters("olu")
		must(d, d.As("ines"), account.ResetPassword, account.Of(olu))
		if got := d.letters("password_reset"); !slices.Equal(got, []string{d.Member("olu").Email}) {
			t.Errorf("sent to %v", got)
		}
		refused(d, "link_rate", d.As("ines"), account.ResetPassword, account.Of(olu)) // nobody's mailbox is filled
		if !d.isIn(inside.Token) {
			t.Error("sending the mail ended a session")
		}
		d.enters("olu")
		d.Later(59 * time.Minute)
		if _, err := d.Desk.OpenLink(t.Context(), nobody, d.token("password_reset"), auth.SetPassword); err != nil {
			t.Error(err)
		}
		d.Later(time.Minute)
		if got := d.setPassword(d.token("password_reset"), "quiet otters drift by 12"); got != "link_gone" {
			t.Errorf("after an hour: %q", got)
		}
		must(d, d.As("ines"), account.ResetPassword, account.Of(olu))
		link := d.token("password_reset")
		inside = d.enters("olu")
		if got := d.setPassword(link, "quiet otters drift by 12"); got != "" {
			t.Fatalf("refused as %s", got)
		}
		if d.isIn(inside.Token) {
			t.Error("a session lives on after the new password")
		}
		if got := d.setPassword(link, "quiet otters drift by 13"); got != "link_gone" {
			t.Errorf("used again: %q", got)
		}
		if _, refusal := d.signIn(d.Member("olu").Email, "quiet otters drift by 12"); refusal != "" {
			t.Errorf("with the new password: %q", refusal)
		}
	})
}
