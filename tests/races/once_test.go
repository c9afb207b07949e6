package races

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
)

func TestACodeByMailLetsInOnce(t *testing.T) {
	race(t, func(r *track) {
		id, email := r.newcomer()
		sent, err := r.Desk.SendCode(context.Background(), stranger(r.n), auth.Ask{Audience: session.Account, Brand: r.brand("aurora"), Email: email})
		if err != nil {
			r.t.Fatal(err)
		}
		code := r.mailed("sign_in_code", email)
		got := r.atOnce(func(i int) error {
			_, err := r.Desk.SignInCode(context.Background(), stranger(i), auth.Answer{Audience: session.Account, Brand: r.brand("aurora"), Browser: sent.Browser, Code: code})
			return err
		}, "code_wrong")
		r.wants("who came in", 1, int64(got["done"]))
		r.wants("sessions", 1, r.number("select count(*) from sessions where user_id = $1", string(id)))
	})
}

// A code of an authenticator app is good once, with however many half-done sign-ins it is shown. It may be used up for nobody: who shows it
// ten times at once with one sign-in has that sign-in ended after five, perhaps before the first of them is through.
func TestASecondFactorLetsInOnce(t *testing.T) {
	race(t, func(r *track) {
		kim, id := r.Member("kim"), string(r.Member("kim").ID)
		tickets := make([]string, 5) // each costs a hash
		for i := range tickets {
			s, err := r.Desk.SignIn(context.Background(), stranger(i), auth.Try{Audience: session.Staff, Email: kim.Email, Password: kim.Password})
			if err != nil || s.Ticket == "" {
				r.t.Fatalf("round %d: %+v, %v", r.n, s, err)
			}
			tickets[i] = s.Ticket
		}
		before := r.number("select count(*) from sessions where user_id = $1", id)
		code := r.AppCode("kim")
		got := r.atOnce(func(i int) error {
			_, err := r.Desk.ShowSecond(context.Background(), stranger(i), tickets[i%len(tickets)], "totp", code)
			return err
		}, "second_factor_wrong", "second_factor_waits", "sign_in_again")
		r.atMostOne("who came in", got)
		r.wants("sessions", int64(got["done"]), r.number("select count(*) from sessions where user_id = $1", id)-before)
		r.Later(time.Hour)
		r.signsIn("kim") // begins the count of wrong ones anew
	})
}

// atMostOne demands that one at most was let in.
func (r *track) atMostOne(what string, got outcome) {
	r.t.Helper()
	if got["done"] > 1 {
		r.t.Errorf("round %d: %s: %d", r.n, what, got["done"])
	}
}

// signsIn signs a member of staff in.
func (r *track) signsIn(key string) {
	r.t.Helper()
	m := r.Member(key)
	s, err := r.Desk.SignIn(context.Background(), stranger(77), auth.Try{Audience: session.Staff, Email: m.Email, Password: m.Password})
	if s, err = r.Through(stranger(77), s, err); err != nil || s.Token == "" {
		r.t.Fatalf("round %d: %s cannot sign in: %v", r.n, key, err)
	}
}

func TestARecoveryCodeLetsInOnce(t *testing.T) {
	race(t, func(r *track) {
		kim, id, c := r.Member("kim"), string(r.Member("kim").ID), r.As("kim")
		codes, err := op.Do(context.Background(), r.Door, c, auth.RenewRecovery, op.None{}, op.With(asked(r, c, auth.RenewRecovery, op.None{})))
		if err != nil {
			r.t.Fatal(err)
		}
		r.Later(time.Minute)
		tickets := make([]string, 5) // each costs a hash
		for i := range tickets {
			s, err := r.Desk.SignIn(context.Background(), stranger(i), auth.Try{Audience: session.Staff, Email: kim.Email, Password: kim.Password})
			if err != nil {
				r.t.Fatal(err)
			}
			tickets[i] = s.Ticket
		}
		got := r.atOnce(func(i int) error {
			_, err := r.Desk.ShowSecond(context.Background(), stranger(i), tickets[i%len(tickets)], "recovery", codes[0])
			return err
		}, "second_factor_wrong", "second_factor_waits", "sign_in_again")
		r.atMostOne("who came in", got)
		r.wants("codes used up", 1, r.number("select count(*) from recovery_codes where user_id = $1 and used_at <> 0", id))
		r.Later(time.Hour)
		r.signsIn("kim")
	})
}

func TestACodeOfAStepUpConfirmsOnce(t *testing.T) {
	race(t, func(r *track) {
		c := r.As("ada")
		in := apikey.New{Name: fmt.Sprintf("Key %d", r.n), Scope: r.brand("aurora").Scope(), Permissions: access.Of(access.CustomersView)}
		proof := asked(r, c, apikey.Create, in)
		got := r.atOnce(func(int) error {
			_, err := op.Do(context.Background(), r.Door, c, apikey.Create, in, op.With(proof))
			return err
		}, "step_up_expired")
		r.wants("keys that were made", 1, int64(got["done"]))
		r.wants("keys that are there", 1, r.number("select count(*) from api_keys where name = $1", in.Name))
	})
}

func TestALinkForAPasswordIsGoodOnce(t *testing.T) {
	race(t, func(r *track) {
		id, email := r.staff("linked", access.Support.Key)
		link := done(r, root, account.NewPasswordLink, email)
		var mu sync.Mutex
		var set []string
		got := r.atOnce(func(i int) error {
			hash := r.hash(fmt.Sprintf("%s of %d", phrase, i))
			_, err := r.Desk.SetHashByLink(context.Background(), stranger(i), link.Token, hash)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				set = append(set, hash)
			}
			return err
		}, "link_gone")
		r.wants("who set a password", 1, int64(got["done"]))
		if len(set) == 1 {
			r.wants("credentials with it", 1, r.number("select count(*) from credentials where user_id = $1 and password_hash = $2", string(id), set[0]))
		}
	})
}

func TestALinkOfARegistrationIsGoodOnce(t *testing.T) {
	race(t, func(r *track) {
		email := fmt.Sprintf("arrives%d@races.example", r.n)
		var mu sync.Mutex
		browser := ""
		got := r.atOnce(func(i int) error { // the form is sent twice, and more
			b, err := customer.SignUpAt(context.Background(), r.Desk, stranger(i), customer.SignUp{Brand: r.brand("aurora"), Email: email, FirstName: "Noor"}, "")
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				browser = b
			}
			return err
		}, "passwords_busy") // nobody is told that the address is taken
		if got["done"] == 0 {
			r.t.Errorf("round %d: nobody is registered", r.n)
		}
		r.wants("accounts", 1, r.number("select count(*) from users where email_norm = $1", email))
		r.wants("registrations that wait", 1, r.number("select count(*) from sign_ups s join users u on u.id = s.user_id where u.email_norm = $1", email))
		token := r.mailed("confirm_sign_up", email)
		got = r.atOnce(func(i int) error {
			_, err := op.Do(context.Background(), r.Door, stranger(i), customer.ConfirmSignUp, customer.Confirming{Token: token, Browser: browser})
			return err
		}, "link_gone")
		r.wants("who confirmed", 1, int64(got["done"]))
		r.wants("active accounts", 1, r.number("select count(*) from users where email_norm = $1 and status = 'active' and email_verified_at > 0", email))
	})
}

func TestALinkThatConfirmsAnAddressIsGoodOnce(t *testing.T) {
	race(t, func(r *track) {
		id, _ := r.newcomer()
		moved := fmt.Sprintf("moved%d@races.example", r.n)
		done(r, root, account.Edit, account.Changes{User: id, Email: &moved})
		done(r, root, account.SendConfirmation, account.Of(id))
		token := r.mailed("confirm_email", moved)
		got := r.atOnce(func(i int) error { return r.Desk.ConfirmEmail(context.Background(), stranger(i), token) }, "link_gone")
		r.wants("who confirmed", 1, int64(got["done"]))
		if u := r.user(id); u.EmailVerified == 0 {
			r.t.Errorf("round %d: %+v", r.n, u)
		}
	})
}

// An invitation is accepted, sent again and revoked at once: it is in one of the three states, with its account.
func TestAnInvitationIsAcceptedOnceOrNot(t *testing.T) {
	race(t, func(r *track) {
		in := account.NewStaff{
			Email: fmt.Sprintf("invited%d@races.example", r.n), FirstName: "Sam", LastName: "Reed",
			Assignment: account.Assignment{Role: access.Support.Key, Places: account.At(r.brand("aurora"))},
		}
		bruno := r.As("bruno")
		added := done(r, bruno, account.Add, in)
		got := r.atOnce(func(i int) (err error) {
			switch {
			case i%25 == 7 && r.n%2 == 0:
				_, err = op.Do(context.Background(), r.Door, bruno, account.Withdraw, account.WithdrawnInvitation{Invitation: added.Invitation})
				return err
			case i%25 == 8 && r.n%3 == 0:
				_, err = op.Do(context.Background(), r.Door, bruno, invite.Resend, invite.Again{Invitation: added.Invitation})
				return err
			}
			if r.n%3 != 1 { // or somebody accepts before the others have begun
				time.Sleep(rand.N(4 * time.Millisecond))
			}
			_, err = account.AcceptHashed(context.Background(), r.Door, stranger(i), account.Acceptance{Token: added.Token, Hash: r.hash(phrase)})
			return err
		}, "invitation_gone", "invitation_accepted", "invitation_revoked", "not_found")
		if got["done"] == 0 {
			r.t.Errorf("round %d: nothing was done", r.n)
		}
		accepted := r.number("select count(*) from invitations where id = $1 and accepted_at <> 0", added.Invitation)
		revoked := r.number("select count(*) from invitations where id = $1 and revoked_at <> 0", added.Invitation)
		who := string(added.User)
		active := r.number("select count(*) from users where id = $1 and status = 'active'", who)
		if accepted+revoked > 1 || accepted != active {
			r.t.Errorf("round %d: accepted %d, revoked %d, active %d", r.n, accepted, revoked, active)
		}
		r.wants("passwords", active, r.number("select count(*) from credentials where user_id = $1 and password_hash <> ''", who))
		r.wants("accounts", 1-revoked, r.number("select count(*) from users where id = $1", who))
		r.wants("roles", 1-revoked, r.number("select count(*) from grants where user_id = $1 and ended_at = 0", who))
		r.wants("addresses that are held", 1-revoked, r.number("select count(*) from staff_emails where user_id = $1", who))
		r.wants("letters of welcome", accepted, r.number("select count(*) from mails where user_id = $1 and kind = 'welcome'", who))
	})
}
