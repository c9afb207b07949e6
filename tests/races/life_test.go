package races

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// TestArchivingWhileSigningIn: whoever comes first, nobody who is archived, deactivated, suspended or banned is in afterwards, by any
// of the ways in that were tried at the same moment.
func TestArchivingWhileSigningIn(t *testing.T) {
	shut := []struct {
		name string
		do   func(r *track, id user.ID) error
	}{
		{"archive", func(r *track, id user.ID) error {
			_, err := op.Do(context.Background(), r.Door, root, privacy.Archive, archived(id))
			return err
		}},
		{"deactivate", func(r *track, id user.ID) error {
			_, err := op.Do(context.Background(), r.Door, root, account.Deactivate, account.Of(id))
			return err
		}},
		{"archive", func(r *track, id user.ID) error {
			_, err := op.Do(context.Background(), r.Door, root, privacy.Archive, archived(id))
			return err
		}},
		{"ban", func(r *track, id user.ID) error {
			_, err := op.Do(context.Background(), r.Door, root, account.Ban, account.Exclusion{User: id, Reason: "Abuse"})
			return err
		}},
	}
	race(t, func(r *track) {
		id, email := r.staff("signs", access.Support.Key)
		first, err := r.Desk.SignIn(context.Background(), stranger(0), auth.Try{Audience: session.Staff, Email: email, Password: phrase})
		if first, err = r.Through(stranger(0), first, err); err != nil { // makes the app
			r.t.Fatal(err)
		}
		r.Later(5 * time.Minute)
		tickets := make([]string, 2) // each costs a hash, and half a minute for its code
		for i := range tickets {
			s, err := r.Desk.SignIn(context.Background(), stranger(i), auth.Try{Audience: session.Staff, Email: email, Password: phrase})
			if err != nil {
				r.t.Fatal(err)
			}
			tickets[i] = s.Ticket
		}
		shopper, address := r.newcomer()
		sent, err := r.Desk.SendCode(context.Background(), stranger(r.n), auth.Ask{Audience: session.Account, Brand: r.brand("aurora"), Email: address})
		if err != nil {
			r.t.Fatal(err)
		}
		code := r.mailed("sign_in_code", address)
		verb := shut[r.n%len(shut)]
		var mu sync.Mutex
		tokens := map[session.Audience][]string{session.Staff: {first.Token}}
		came := func(to session.Audience, s auth.Signed, err error) error {
			mu.Lock()
			defer mu.Unlock()
			if s.Token != "" {
				tokens[to] = append(tokens[to], s.Token)
			}
			return err
		}
		r.atOnce(func(i int) error {
			switch {
			case i%25 == 11 || i%25 == 12:
				if r.n%2 == 0 { // or at once
					time.Sleep(rand.N(30 * time.Millisecond))
				}
				return verb.do(r, []user.ID{id, shopper}[i%25-11])
			case i < len(tickets): // the second step of a sign-in that is half done
				s, err := r.Through(stranger(i), auth.Signed{Next: auth.SecondFactor, Ticket: tickets[i], User: id}, nil)
				return came(session.Staff, s, err)
			case i%5 == 0:
				return r.Desk.Forgot(context.Background(), stranger(i), auth.Forgotten{Audience: session.Staff, Email: email})
			case i%5 == 1:
				s, err := r.Desk.SignIn(context.Background(), stranger(i), auth.Try{Audience: session.Staff, Email: email, Password: phrase})
				return came(session.Staff, s, err)
			}
			s, err := r.Desk.SignInCode(context.Background(), stranger(i), auth.Answer{Audience: session.Account, Brand: r.brand("aurora"), Browser: sent.Browser, Code: code})
			return came(session.Account, s, err)
		}, "sign_in_failed", "not_active", "not_staff", "passwords_busy", "sign_in_again", "archived", "status_move", "second_factor_wrong", "code_wrong")
		for _, who := range []user.ID{id, shopper} {
			if u := r.user(who); u.Status == user.Active {
				r.t.Fatalf("round %d: %s did not happen", r.n, verb.name)
			}
			r.wants("sessions of somebody who is out: "+verb.name, 0, r.number("select count(*) from sessions where user_id = $1 and ended_at = 0", string(who)))
		}
		if len(tokens[session.Account]) > 0 {
			r.seen["(was in before)"]++
		}
		for to, all := range tokens {
			for _, token := range all {
				if _, _, err := r.Desk.Resolve(context.Background(), auth.From{}, to, token); err == nil {
					r.t.Errorf("round %d: somebody is in after %s", r.n, verb.name)
				}
			}
		}
		now := r.Door.Now().UnixMilli()
		// A link or a ticket that was made in the last moment opens nothing.
		for _, table := range []string{"links", "tickets"} {
			if n := r.number("select count(*) from "+table+" where user_id = $1 and used_at = 0 and expires_at > $2", string(id), now); n > 0 && verb.name == "archive" {
				r.t.Errorf("round %d: %d %s are left", r.n, n, table)
			}
		}
		if s, err := r.Desk.SignIn(context.Background(), stranger(99), auth.Try{Audience: session.Staff, Email: email, Password: phrase}); err == nil {
			r.t.Errorf("round %d: signing in afterwards: %+v", r.n, s)
		}
	})
}

// TestRestoringWhilePurging: fifty restore somebody in the very moment in which two nodes erase them. Who is restored has their name and
// their key, and who is not has neither. Never in between.
func TestRestoringWhilePurging(t *testing.T) {
	const day = 24 * time.Hour
	race(t, func(r *track) {
		second := &privacy.Eraser{Door: r.Door, Keys: r.Keys, Journal: r.Journal, Store: r.Store, Process: r.Eraser.Process, Steady: r.Eraser.Steady}
		if err := r.Eraser.Run(context.Background(), nil); err != nil { // looks at the clock
			r.t.Fatal(err)
		}
		id, email := r.newcomer()
		done(r, root, privacy.Archive, archived(id))
		r.Later(30*day - time.Millisecond)
		got := r.atOnce(func(i int) error {
			switch i { // now the one is first, now the other
			case 20:
				time.Sleep(time.Duration(r.n%3) * time.Millisecond)
				r.Later(time.Millisecond)
				return r.Eraser.Run(context.Background(), nil)
			case 40:
				time.Sleep(time.Duration(r.n%3) * time.Millisecond)
				return second.Run(context.Background(), nil)
			}
			time.Sleep(rand.N(3 * time.Millisecond))
			_, err := op.Do(context.Background(), r.Door, root, privacy.Restore, privacy.Return{User: id, Reason: "Race."})
			return err
		}, "archive_over", "status_move")
		_, key := r.Keys.Seal(context.Background(), string(id), []byte("x"))
		inJournal, err := r.Journal.Has(string(id))
		if err != nil {
			r.t.Fatal(err)
		}
		u := r.user(id)
		vaults := r.number("select count(*) from vaults where user_id = $1", string(id))
		hidden := r.number("select count(*) from hidden_persons where person = $1", string(id))
		switch restored := got["done"] - 2; {
		case restored > 1:
			r.t.Errorf("round %d: restored %d times", r.n, restored)
		case restored == 1:
			r.seen["(restored)"]++
			if u.Status != user.Active || u.FirstName != "Runner" || u.Email != email || key != nil || inJournal || vaults != 0 || hidden != 0 {
				r.t.Errorf("round %d: restored, and %+v, key %v, in the journal %v, %d vaults, hidden %d", r.n, u, key, inJournal, vaults, hidden)
			}
		default:
			r.seen["(erased)"]++
			if u.Status != user.Erased || u.Name() != user.Placeholder(id) || !errors.Is(key, secret.ErrErased) || !inJournal || vaults != 0 {
				r.t.Errorf("round %d: erased, and %+v, key %v, in the journal %v, %d vaults", r.n, u, key, inJournal, vaults)
			}
		}
	})
}

// TestRegisteringTheBannedAddress: somebody is banned, edited to another address, and archived, while others want the address in every
// way there is. A ban that is in force keeps it out, whoever came first.
func TestRegisteringTheBannedAddress(t *testing.T) {
	race(t, func(r *track) {
		id, email := r.newcomer()
		other, _ := func() (user.ID, string) { r.n += 100_000; defer func() { r.n -= 100_000 }(); return r.newcomer() }()
		aurora := r.brand("aurora")
		elsewhere := fmt.Sprintf("elsewhere%d@races.example", r.n)
		r.atOnce(func(i int) (err error) {
			ctx := context.Background()
			switch {
			case i == 5: // the ban, and then the address is given up
				if _, err = op.Do(ctx, r.Door, root, account.Ban, account.Exclusion{User: id, Reason: "Abuse"}); err != nil {
					return err
				}
				if r.n%2 == 0 {
					_, err = op.Do(ctx, r.Door, root, account.Edit, account.Changes{User: id, Email: &elsewhere})
				} else {
					_, err = op.Do(ctx, r.Door, root, privacy.Archive, archived(id))
				}
				return err
			case i%4 == 0:
				_, err = op.Do(ctx, r.Door, root, customer.Create, customer.New{Brand: aurora, FirstName: "Again", Email: email})
			case i%4 == 1:
				_, err = op.Do(ctx, r.Door, root, account.Edit, account.Changes{User: other, Email: &email})
			case i%4 == 2:
				who := customer.Who{ExternalID: fmt.Sprintf("r%d-%d", r.n, i), Email: email}
				if i%8 == 2 {
					who.ExternalID = ""
				}
				_, err = op.Do(ctx, r.Door, root, customer.Ingest, customer.Batch{Brand: aurora, Source: "shop", Records: []customer.Record{{Who: who}}})
			default:
				_, err = op.Do(ctx, r.Door, stranger(i), customer.Register, customer.SignUp{Brand: aurora, Email: email, FirstName: "Again"})
				if err != nil {
					r.t.Errorf("round %d: somebody who registers is told: %v", r.n, err)
				}
			}
			return err
		}, "email_taken", "email_barred")
		u := r.user(id)
		if u.Status != user.Banned && u.Status != user.Archived {
			r.t.Fatalf("round %d: %s", r.n, u.Status)
		}
		r.wants("accounts with the banned address, but the banned one itself", 0,
			r.number("select count(*) from users where brand_id = $1 and email_norm = $2 and id <> $3", string(aurora), email, string(id)))
		if _, err := op.Do(context.Background(), r.Door, root, customer.Create, customer.New{Brand: aurora, FirstName: "Late", Email: email}); err == nil {
			r.t.Errorf("round %d: the address is free", r.n)
		}
	})
}
