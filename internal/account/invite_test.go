package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

const firstPassword = "quiet otters drift by 12"

// letter is the newest mail of a kind to an address.
func (d *desk) letter(kind, to string) mailing.Letter {
	d.t.Helper()
	for _, m := range d.Mails() {
		if m.Kind == kind && m.To == to {
			return m.Letter
		}
	}
	d.t.Fatalf("no %s went to %s", kind, to)
	return mailing.Letter{}
}

// mailed is the token of the newest invitation that was mailed to an address.
func (d *desk) mailed(to string) string {
	d.t.Helper()
	_, token, ok := strings.Cut(d.letter("invitation", to).Path, "/invitation?token=")
	if !ok {
		d.t.Fatal("the letter has no link")
	}
	return token
}

func (d *desk) invitation(id string) invite.Listed {
	d.t.Helper()
	l, err := op.Ask(d.t.Context(), d.Door, d.As("ada"), invite.Show, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

// gone demands that a link is answered like any that is not good, and that trying changed nothing.
func (d *desk) gone(what, token string) {
	d.t.Helper()
	d.unchanged(what, func() {
		if refusal := d.accept(token, firstPassword); refusal != "invitation_gone" {
			d.t.Errorf("%s: accepting is answered %q", what, refusal)
		}
		if _, err := op.Ask(d.t.Context(), d.Door, nobody, invite.LookUp, token); err == nil {
			d.t.Errorf("%s: the page opens", what)
		}
	})
}

func byMail(in account.NewStaff) account.NewStaff {
	in.Send = true
	return in
}

func TestAnInvitationGoesByMailAndItsLinkIsNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := byMail(d.sam(access.Support))
		in.FirstName, in.LastName, in.Message = "", "", "Welcome, Sam!\nHana will show you around. https://evil.example"
		added := must(d, d.As("bruno"), account.Invite, in)
		if added.Token != "" || added.Invitation == "" {
			t.Fatalf("the inviter is answered %+v", added)
		}
		l := d.letter("invitation", in.Email)
		words := strings.Join(append(l.Lines, l.After...), "\n")
		for _, f := range l.Facts {
			words += "\n" + f.Label + ": " + f.Value
		}
		for _, want := range []string{"Support", "Aurora", "Invited by: " + d.Member("bruno").FirstName, "27 Nov 2026", "Welcome, Sam!"} {
			if !strings.Contains(words, want) {
				t.Errorf("the letter does not say %q:\n%s", want, words)
			}
		}
		token := d.mailed(in.Email)
		shown := d.invitation(added.Invitation)
		if shown.Status != invite.Pending || shown.Email != in.Email || shown.Token != "" || !shown.Mailed {
			t.Errorf("shown as %+v", shown)
		}
		if n := d.number("select count(*) from invitations where token_hash = $1 or message_box like '%Welcome%' or address_box like '%sam%'", token); n != 0 {
			t.Error("the token or the words stand in the table")
		}
		opened, err := op.Ask(t.Context(), d.Door, nobody, invite.LookUp, token)
		if err != nil || !opened.New || opened.Message != in.Message || opened.RoleName != "Support" {
			t.Fatalf("opened as %+v, %v", opened, err)
		}
		d.unchanged("without a name", func() {
			if refusal := d.accept(token, firstPassword); refusal != "invalid" {
				t.Errorf("without a name: %q", refusal)
			}
		})
		if _, err := account.AcceptWith(t.Context(), d.Desk, nobody, account.Acceptance{Token: token, FirstName: "Sam", LastName: "Reed"}, "Violet harbours at noon 31"); err != nil {
			t.Fatal(err)
		}
		u := d.user(added.User)
		if u.Status != user.Active || u.EmailVerified == 0 || u.Name() != "Sam Reed" {
			t.Errorf("after accepting: %+v", u)
		}
		if s := d.invitation(added.Invitation).Status; s != invite.Accepted {
			t.Errorf("the invitation is %s", s)
		}
		if w := d.letter("welcome", in.Email); w.Path != "/admin/sign-in" {
			t.Errorf("the welcome leads to %s", w.Path)
		}
		d.letter("invitation_accepted", d.Member("bruno").Email)
		d.gone("used", token)
		d.gone("truncated", token[:len(token)-1])
		d.gone("empty", "")
		d.gone("foreign", "somethingelse")
	})
}

func TestAtMostOneInvitationIsOpenForAnAddress(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		added := must(d, d.As("bruno"), account.Invite, byMail(d.sam(access.Support)))
		refused(d, "invitation_pending", d.As("ines"), account.Invite, byMail(d.sam(access.Marketing)))
		upper := d.sam(access.Support)
		upper.Email = "SAM.Reed@Aurora.example"
		refused(d, "invitation_pending", d.As("bruno"), account.Add, upper)
		there := d.sam(access.Support) // seen from the other brand, the address is taken, and no more is said
		there.Places = account.At(d.brand("meridian"))
		refused(d, "staff_elsewhere", d.As("priya"), account.Add, there)
		d.Later(8 * 24 * time.Hour)
		refused(d, "invitation_pending", d.As("bruno"), account.Add, d.sam(access.Support))
		must(d, d.As("bruno"), account.Withdraw, account.WithdrawnInvitation{Invitation: added.Invitation})
		must(d, d.As("priya"), account.Add, there)
	})
}

func TestFiftyWhoInviteTheSameAddressAtOnceMakeOneInvitation(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		bruno := d.As("bruno")
		d.race(50, func(int) error {
			_, err := op.Do(t.Context(), d.Door, bruno, account.Invite, byMail(d.sam(access.Support)))
			return err
		}, "invitation_pending", "staff_elsewhere", "email_taken")
		if n, m := d.number("select count(*) from invitations where accepted_at = 0"), len(d.letters("invitation")); n != 1 || m != 1 {
			t.Errorf("%d invitations, %d letters", n, m)
		}
	})
}

func TestOfFiftyWhoAcceptAtOnceOneDoes(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		added := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		hash := "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$AAAA"
		d.race(50, func(int) error {
			_, err := account.AcceptHashed(t.Context(), d.Door, nobody, account.Acceptance{Token: added.Token, Hash: hash})
			return err
		}, "invitation_gone")
		accepted := d.number(`select count(*) from audit_events where op = 'invitation.accept' and chain = $1 and body like '%'||$2||'%'`, string(d.brand("aurora")), added.Invitation)
		if accepted != 1 || len(d.letters("welcome")) != 1 {
			t.Errorf("%d accepted, %d were welcomed", accepted, len(d.letters("welcome")))
		}
	})
}

func TestSendingAgainKillsTheLinkBeforeAndGivesSevenDays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := byMail(d.sam(access.Support))
		added := must(d, d.As("bruno"), account.Invite, in)
		first := d.mailed(in.Email)
		d.Later(8 * 24 * time.Hour)
		d.gone("expired", first)
		again := invite.Again{Invitation: added.Invitation}
		sent := must(d, d.As("ines"), invite.Resend, again)
		if sent.Token != "" || time.UnixMilli(sent.Expires).Sub(d.Door.Now()) != 7*24*time.Hour {
			t.Errorf("answered %+v", sent)
		}
		if l := d.invitation(added.Invitation); l.Inviter != d.member("ines") || l.Resends != 1 {
			t.Errorf("sent by %s, %d times", l.Inviter, l.Resends)
		}
		d.gone("replaced", first)
		for range 9 {
			d.Later(time.Second)
			must(d, d.As("bruno"), invite.Resend, again)
		}
		refused(d, "invitation_resends", d.As("bruno"), invite.Resend, again)
		d.Later(24*time.Hour - 9*time.Second)
		must(d, d.As("bruno"), invite.Resend, again)
		if refusal := d.accept(d.mailed(in.Email), firstPassword); refusal != "" {
			t.Errorf("the newest link: %s", refusal)
		}
		refused(d, "invitation_accepted", d.As("bruno"), invite.Resend, again)
		refused(d, "invitation_accepted", d.As("bruno"), account.Withdraw, account.WithdrawnInvitation{Invitation: added.Invitation})
	})
}

func TestWhoMayNotInviteHandlesNoInvitation(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := d.sam(access.BrandAdmin)
		added := must(d, d.As("bruno"), account.Add, in)
		again, drop := invite.Again{Invitation: added.Invitation}, account.WithdrawnInvitation{Invitation: added.Invitation}
		for _, c := range []struct{ by, code string }{{"ines", "holds_more"}, {"rosa", "forbidden"}, {"kim", "not_found"}, {"priya", "not_found"}} {
			refused(d, c.code, d.As(c.by), invite.Resend, again)
			refused(d, c.code, d.As(c.by), account.Withdraw, drop)
		}
		refused(d, "not_found", d.As("bruno"), invite.Resend, invite.Again{Invitation: "inv_none"})
		refused(d, "sign_in", nobody, invite.Resend, again)
	})
}

func TestRevokingFreesTheAddressOfWhoNeverCame(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := byMail(d.sam(access.Support))
		added := must(d, d.As("bruno"), account.Invite, in)
		token := d.mailed(in.Email)
		must(d, d.As("bruno"), account.Withdraw, account.WithdrawnInvitation{Invitation: added.Invitation})
		d.gone("revoked", token)
		if n := d.number("select count(*) from users where email_norm = 'sam.reed@aurora.example'") + d.number("select count(*) from staff_emails where email_norm = 'sam.reed@aurora.example'"); n != 0 {
			t.Errorf("%d rows of the address are left", n)
		}
		if n := d.number("select count(*) from grants where user_id = $1 and ended_at = 0", string(added.User)); n != 0 {
			t.Error("a role is left")
		}
		l := d.invitation(added.Invitation)
		if l.Status != invite.Revoked || l.Email != in.Email || l.MayResend || l.MayRevoke {
			t.Errorf("shown as %+v", l)
		}
		d.unchanged("revoked again", func() {
			must(d, d.As("bruno"), account.Withdraw, account.WithdrawnInvitation{Invitation: added.Invitation})
		})
		refused(d, "invitation_revoked", d.As("bruno"), invite.Resend, invite.Again{Invitation: added.Invitation})
		must(d, d.As("bruno"), account.Invite, in)
	})
}

func TestAnInvitationIsWorthNoMoreThanWhoSentIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := byMail(d.sam(access.Support))
		added := must(d, d.As("ines"), account.Invite, in)
		token := d.mailed(in.Email)
		must(d, d.As("bruno"), account.Deactivate, account.Of(d.member("ines")))
		before := d.number("select count(*) from audit_events where op = 'invitation.refuse'")
		for range 3 {
			if refusal := d.accept(token, firstPassword); refusal != "inviter_not_entitled" {
				t.Fatalf("of somebody who is deactivated: %q", refusal)
			}
		}
		if n := d.number("select count(*) from audit_events where op = 'invitation.refuse'"); n != before+1 {
			t.Errorf("%d lines in the log", n-before)
		}
		d.unchanged("refused", func() { d.accept(token, firstPassword) })
		if u := d.user(added.User); u.Status != user.Invited {
			t.Errorf("the account is %s", u.Status)
		}
		must(d, d.As("bruno"), account.Activate, account.Of(d.member("ines")))
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: d.member("ines"), Assignment: d.roleOf(access.Support, "aurora")})
		d.unchanged("of somebody who may not invite any more", func() {
			if refusal := d.accept(token, firstPassword); refusal != "inviter_not_entitled" {
				t.Errorf("of somebody demoted: %q", refusal)
			}
		})
		must(d, d.As("bruno"), invite.Resend, invite.Again{Invitation: added.Invitation})
		if refusal := d.accept(d.mailed(in.Email), firstPassword); refusal != "" {
			t.Errorf("sent again by somebody who may: %s", refusal)
		}
	})
}

func TestASuperAdminIsInvitedByMailAloneAndWithACode(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		in := account.NewStaff{Email: "noor@desk.example", FirstName: "Noor", Assignment: d.roleOf(access.SuperAdmin, "")}
		refused(d, "super_admin_by_mail", d.As("ada"), account.Invite, in)
		in.Send = true
		added := must(d, d.As("ada"), account.Invite, in)
		refused(d, "super_admin_by_mail", d.As("marcus"), invite.Resend, invite.Again{Invitation: added.Invitation, Show: true})
		must(d, d.As("marcus"), invite.Resend, invite.Again{Invitation: added.Invitation})
		if refusal := d.accept(d.mailed(in.Email), firstPassword); refusal != "" {
			t.Errorf("accepting: %s", refusal)
		}
	})
}

func TestAnotherAddressOrRoleOfWhoIsInvitedMailsANewLink(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		added := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		must(d, d.As("bruno"), account.Edit, account.Changes{User: added.User, Email: to("samuel@aurora.example")})
		d.gone("made for another address", added.Token)
		second := d.mailed("samuel@aurora.example")
		d.letter("invitation_moved", "sam.reed@aurora.example")
		must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: added.User, Assignment: d.roleOf(access.Marketing, "aurora")})
		d.gone("made for another role", second)
		if l := d.invitation(added.Invitation); l.Role != "marketing" || l.Inviter != d.member("ada") || l.Email != "samuel@aurora.example" {
			t.Errorf("the invitation is %+v", l)
		}
		refused(d, "only_invited", d.As("ada"), account.ChangeRole, account.RoleChange{User: added.User, Assignment: account.Assignment{Role: account.NoStaffRole}})
		if refusal := d.accept(d.mailed("samuel@aurora.example"), firstPassword); refusal != "" {
			t.Errorf("the newest link: %s", refusal)
		}
		if g := d.grants(added.User); len(g) != 1 || g[0].Role != "marketing" {
			t.Errorf("with %+v", g)
		}
	})
}

func TestAPasswordLinkAcceptsNoInvitation(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		added := must(d, d.As("bruno"), account.Add, d.sam(access.Support))
		refused(d, "only_invited", op.HostOperator("root"), account.NewPasswordLink, "sam.reed@aurora.example")
		d.unchanged("as a link for a password", func() {
			if refusal := d.setPassword(added.Token, firstPassword); refusal != "link_gone" {
				t.Errorf("an invitation sets a password: %q", refusal)
			}
		})
	})
}

// shopper is a customer of Aurora with a password, from a time when she was staff.
func (d *desk) shopper() *user.User {
	d.t.Helper()
	maya := d.user(d.Customer("maya"))
	must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: maya.ID, Assignment: d.roleOf(access.Support, "aurora")})
	link := must(d, op.HostOperator("root"), account.NewPasswordLink, maya.Email)
	if refusal := d.setPassword(link.Token, firstPassword); refusal != "" {
		d.t.Fatalf("a password: %s", refusal)
	}
	must(d, d.As("ada"), account.ChangeRole, account.RoleChange{User: maya.ID, Assignment: account.Assignment{Role: account.NoStaffRole}})
	return d.user(maya.ID)
}

func TestACustomerBecomesStaffOnlyByTheirOwnSignIn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.shopper()
		in := account.NewStaff{Email: maya.Email, FirstName: "Mallory", Assignment: d.roleOf(access.Support, "aurora")}
		if maya.EmailVerified == 0 {
			refused(d, "address_unconfirmed", d.As("bruno"), account.Invite, in)
		}
		added := must(d, d.As("bruno"), account.Invite, byMail(in))
		if added.User != maya.ID || len(d.grants(maya.ID)) != 0 || d.user(maya.ID).Name() != maya.Name() {
			t.Fatalf("before accepting: %+v, %+v", added, d.grants(maya.ID))
		}
		token := d.mailed(maya.Email)
		with := account.Acceptance{Token: token}
		refused(d, "sign_in_to_accept", nobody, account.Accept, with)
		refused(d, "sign_in_to_accept", nobody, account.Accept, account.Acceptance{Token: token, Hash: "$argon2id$"})
		refused(d, "sign_in_to_accept", d.As("bruno"), account.Accept, with)
		signed, err := d.Desk.SignIn(t.Context(), nobody, auth.Try{Audience: session.Account, Brand: maya.Brand, Email: maya.Email, Password: firstPassword})
		if err != nil || signed.Token == "" {
			t.Fatalf("signing in: %+v, %v", signed, err)
		}
		_, owner, err := d.Desk.Resolve(t.Context(), auth.From{}, session.Account, signed.Token)
		if err != nil {
			t.Fatal(err)
		}
		must(d, owner, account.Accept, with)
		g := d.grants(maya.ID)
		if len(g) != 1 || g[0].Role != "support" || g[0].GivenBy != string(d.member("bruno")) || d.user(maya.ID).Kinds&user.IsStaff == 0 {
			t.Errorf("after accepting: %+v", g)
		}
		if _, _, err := d.Desk.Resolve(t.Context(), auth.From{}, session.Account, signed.Token); err == nil {
			t.Error("the session lives on")
		}
		if _, refusal := d.signIn(maya.Email, firstPassword); refusal != "" {
			t.Errorf("signing in to the desk: %s", refusal)
		}
		refused(d, "staff_elsewhere", d.As("bruno"), account.Invite, byMail(in))
		d.gone("used", token)
	})
}

func TestAnInvitationOfACustomerEndsWithTheirAddressRoleOrStatus(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		maya := d.user(d.Customer("maya"))
		in := byMail(account.NewStaff{Email: maya.Email, Assignment: d.roleOf(access.Support, "aurora")})
		added := must(d, d.As("bruno"), account.Invite, in)
		first := d.mailed(maya.Email)
		must(d, d.As("bruno"), account.Deactivate, account.Of(maya.ID))
		d.gone("deactivated", first)
		refused(d, "invitation_status", d.As("bruno"), invite.Resend, invite.Again{Invitation: added.Invitation})
		must(d, d.As("bruno"), account.Activate, account.Of(maya.ID))
		must(d, d.As("bruno"), account.Edit, account.Changes{User: maya.ID, Email: to("maya.new@example.org")})
		d.gone("for another address", first)
		if s := d.invitation(added.Invitation).Status; s != invite.Revoked {
			t.Errorf("the invitation is %s", s)
		}
		in.Email = "maya.new@example.org"
		refused(d, "address_attested", d.As("bruno"), account.Invite, in)
		must(d, d.As("bruno"), account.Deactivate, account.Of(maya.ID))
		refused(d, "invitation_status", d.As("bruno"), account.Invite, in)
	})
}

// Addresses are sealed: a search opens those that the viewer sees, by whole words or parts of them.
func TestInvitationsAreSearchedByAddressAndInviter(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		var ids []string
		for _, email := range []string{"sam.okafor@lark.example", "tam@lark.example", "zoë@studio.lark.example"} {
			in := d.sam(access.Support)
			in.Email = email
			ids = append(ids, must(d, d.As("bruno"), account.Invite, byMail(in)).Invitation)
			d.Later(time.Second)
		}
		must(d, d.As("bruno"), account.Withdraw, account.WithdrawnInvitation{Invitation: ids[1]}) // the account is gone, the address is not
		search := func(key, words string, limit int, cursor string, s ...invite.Status) *invite.Page {
			t.Helper()
			p, err := op.Ask(t.Context(), d.Door, d.As(key), invite.List, invite.Ask{Brand: d.brand("aurora"), Search: words, Statuses: s, Limit: limit, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		for words, want := range map[string][]string{
			"okafor": {ids[0]}, "OKAFOR sam": {ids[0]}, "tam@lark": {ids[1]}, "zoe studio": {ids[2]}, "lark.example": {ids[2], ids[1], ids[0]}, "bruno okafor": {ids[0]},
			"okafor studio": nil, "%": nil, "_": nil, "tam.lark": nil,
		} {
			var got []string
			for _, l := range search("bruno", words, 50, "").Rows {
				got = append(got, l.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q finds %v, not %v", words, got, want)
			}
			n, err := op.Ask(t.Context(), d.Door, d.As("bruno"), invite.Total, invite.Ask{Brand: d.brand("aurora"), Search: words})
			if err != nil || n != int64(len(want)) {
				t.Errorf("%q counts %d, %v", words, n, err)
			}
		}
		if rows := search("bruno", "lark", 50, "", invite.Revoked).Rows; len(rows) != 1 || rows[0].ID != ids[1] {
			t.Errorf("with a status it finds %+v", rows)
		}
		first := search("bruno", "lark", 2, "")
		if len(first.Rows) != 2 || first.Next == "" {
			t.Fatalf("a page of two: %+v", first)
		}
		if next := search("bruno", "lark", 2, first.Next); len(next.Rows) != 1 || next.Rows[0].ID != ids[0] || next.Next != "" {
			t.Errorf("the next page: %+v", next)
		}
		if rows := search("kim", "okafor", 50, "").Rows; len(rows) != 0 {
			t.Errorf("who does not see them finds %+v", rows)
		}
		if _, err := op.Ask(t.Context(), d.Door, d.As("bruno"), invite.List, invite.Ask{Brand: d.brand("aurora"), Search: strings.Repeat("x ", 300)}); !errors.Is(err, text.ErrQuery) {
			t.Errorf("a search that nobody would type: %v", err)
		}
	})
}

func TestInvitationsAreSeenWhereTheRoleWouldHold(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		york := d.hub("aurora", "York")
		brandWide := must(d, d.As("bruno"), account.Invite, byMail(d.sam(access.Support)))
		in := d.sam(access.HubAdmin, york)
		in.Email = "hub@aurora.example"
		must(d, d.As("bruno"), account.Invite, byMail(in))
		list := func(key, slug string, s ...invite.Status) []invite.Listed {
			t.Helper()
			p, err := op.Ask(t.Context(), d.Door, d.As(key), invite.List, invite.Ask{Brand: d.brand(slug), Statuses: s, Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			n, err := op.Ask(t.Context(), d.Door, d.As(key), invite.Total, invite.Ask{Brand: d.brand(slug), Statuses: s})
			if err != nil || n != int64(len(p.Rows)) {
				t.Errorf("%s counts %d of %d, %v", key, n, len(p.Rows), err)
			}
			return p.Rows
		}
		if n := len(list("bruno", "aurora", invite.Pending)); n != 2 {
			t.Errorf("the Brand Admin sees %d", n)
		}
		if rows := list("kim", "aurora", invite.Pending); len(rows) != 1 || rows[0].Email != "hub@aurora.example" || rows[0].MayResend || rows[0].MayRevoke {
			t.Errorf("the Hub Admin of York sees %+v", rows)
		}
		if _, err := op.Ask(t.Context(), d.Door, d.As("kim"), invite.Show, brandWide.Invitation); !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("what holds in the whole brand: %v", err)
		}
		if n := len(list("priya", "aurora", invite.Pending)); n != 0 {
			t.Errorf("the other brand sees %d", n)
		}
		if rows := list("rosa", "aurora", invite.Pending); len(rows) != 2 || rows[0].MayResend || rows[0].MayRevoke {
			t.Errorf("who only looks sees %+v", rows)
		}
		if n := len(list("bruno", "aurora", invite.Expired, invite.Revoked)); n != 0 {
			t.Errorf("%d have expired", n)
		}
		d.Later(6 * 24 * time.Hour)
		r, err := op.Ask(t.Context(), d.Door, d.As("bruno"), invite.Current, d.brand("aurora"))
		if err != nil || r.Expiring != 2 || r.Expired != 0 {
			t.Errorf("reminded of %+v, %v", r, err)
		}
		d.Later(2 * 24 * time.Hour)
		r, err = op.Ask(t.Context(), d.Door, d.As("bruno"), invite.Current, d.brand("aurora"))
		if err != nil || r.Expiring != 0 || r.Expired != 2 {
			t.Errorf("reminded of %+v, %v", r, err)
		}
		if r, err = op.Ask(t.Context(), d.Door, d.As("kim"), invite.Current, d.brand("aurora")); err != nil || r != (invite.Reminder{}) {
			t.Errorf("a Hub Admin is reminded of %+v, %v", r, err)
		}
		page, err := op.Ask(t.Context(), d.Door, d.As("bruno"), invite.List, invite.Ask{Brand: d.brand("aurora"), Statuses: []invite.Status{invite.Expired}, Limit: 1})
		if err != nil || len(page.Rows) != 1 || page.Next == "" {
			t.Fatalf("a page of one: %+v, %v", page, err)
		}
		next, err := op.Ask(t.Context(), d.Door, d.As("bruno"), invite.List, invite.Ask{Brand: d.brand("aurora"), Statuses: []invite.Status{invite.Expired}, Limit: 1, Cursor: page.Next})
		if err != nil || len(next.Rows) != 1 || next.Next != "" || next.Rows[0].ID == page.Rows[0].ID {
			t.Errorf("the next page: %+v, %v", next, err)
		}
	})
}
