package customer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// door is a shop's front door: people come to register.
type door struct {
	*world.World
	t *testing.T
	n int
}

func doors(t *testing.T, test func(t *testing.T, d *door)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { test(t, &door{World: w, t: t}) })
}

func (d *door) stranger() *op.Caller {
	d.n++
	return op.Nobody(fmt.Sprintf("203.0.113.%d", d.n), "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "req_test")
}

const phrase = "plum otter lantern seven"

// registers sends the form, with a cheap hash for the password.
func (d *door) registers(email, password string) (browser string, err error) {
	d.t.Helper()
	in := customer.SignUp{Brand: d.Place("aurora").ID, Email: email, FirstName: "Noor", LastName: "Haddad"}
	if password != "" {
		if in.Hash, err = world.CheapHash(password); err != nil {
			d.t.Fatal(err)
		}
	}
	return op.Do(context.Background(), d.Door, d.stranger(), customer.Register, in)
}

// letter is the newest letter to an address: its kind, and the token of its link.
func (d *door) letter(email string) (kind, token string) {
	for _, m := range d.Mails() {
		if m.To == email {
			_, token, _ = strings.Cut(m.Letter.Path, "token=")
			return m.Kind, token
		}
	}
	return "", ""
}

func (d *door) confirms(token, browser string) (customer.Confirmed, error) {
	return op.Do(context.Background(), d.Door, d.stranger(), customer.ConfirmSignUp, customer.Confirming{Token: token, Browser: browser})
}

func (d *door) enters(email, password string) error {
	_, err := d.Desk.SignIn(context.Background(), d.stranger(), auth.Try{Audience: session.Account, Brand: d.Place("aurora").ID, Email: email, Password: password})
	return err
}

func (d *door) account(email string) *user.User {
	d.t.Helper()
	u, err := user.FindByEmail(d.Store.Read(context.Background()), d.Place("aurora").ID, email)
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		d.t.Fatal(err)
	}
	return u
}

// unchanged demands that nothing but mail, its jobs and pending registrations is different afterwards.
func (d *door) unchanged(what string, do func()) {
	d.t.Helper()
	take := func() dump.Print {
		r := d.Store.Read(context.Background())
		tables, err := dump.Tables(r)
		if err != nil {
			d.t.Fatal(err)
		}
		p, err := dump.Take(r, dump.Without(tables, "mails", "links", "sign_ups", "credentials", "sign_ins", "code_failures", "audit_events", "audit_subjects", "audit_heads"))
		if err != nil {
			d.t.Fatal(err)
		}
		return p
	}
	before := take()
	do()
	if differ := before.Diff(take()); len(differ) > 0 {
		d.t.Errorf("%s: changed %s", what, strings.Join(differ, ", "))
	}
}

func TestSomebodyNewRegistersAndConfirms(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		const email = "Noor@Example.org"
		browser, err := d.registers(email, phrase)
		if err != nil {
			t.Fatal(err)
		}
		if u := d.account(email); u.Status != user.Invited || u.EmailVerified != 0 || u.Kinds != user.IsCustomer {
			t.Fatalf("before the address is confirmed: %+v", u)
		}
		d.unchanged("before the address is confirmed", func() {
			if err := d.enters(email, phrase); !errors.Is(err, auth.ErrWrong) {
				t.Errorf("signs in: %v", err)
			}
		})
		kind, token := d.letter(email)
		if kind != "confirm_sign_up" || token == "" {
			t.Fatalf("the letter is %q with %q", kind, token)
		}
		c, err := d.confirms(token, browser)
		if err != nil || !c.Password || c.Dropped {
			t.Fatalf("%+v, %v", c, err)
		}
		if u := d.account(email); u.Status != user.Active || u.EmailVerified == 0 || u.Name() != "Noor Haddad" {
			t.Errorf("confirmed: %+v", u)
		}
		if err := d.enters(email, phrase); err != nil {
			t.Errorf("the password: %v", err)
		}
		d.unchanged("the link again", func() {
			if _, err := d.confirms(token, browser); !errors.Is(err, auth.ErrLink) {
				t.Errorf("the link was good twice: %v", err)
			}
		})
	})
}

func TestAPasswordCountsOnlyInTheBrowserThatRegistered(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		for _, browser := range []string{"", "another browser's cookie"} {
			email := fmt.Sprintf("stranger%d@example.org", len(browser))
			if _, err := d.registers(email, phrase); err != nil {
				t.Fatal(err)
			}
			_, token := d.letter(email)
			c, err := d.confirms(token, browser)
			if err != nil || c.Password || !c.Dropped {
				t.Fatalf("%+v, %v", c, err)
			}
			if err := d.enters(email, phrase); !errors.Is(err, auth.ErrWrong) {
				t.Errorf("the password of who registered lets them in: %v", err)
			}
		}
	})
}

func TestOnlyTheNewestLinkConfirmsAndOnlyForADay(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		const email = "noor@example.org"
		old, _ := d.registers(email, "the first password of hers")
		_, first := d.letter(email)
		d.Later(time.Minute)
		browser, _ := d.registers(email, phrase)
		_, second := d.letter(email)
		if first == second {
			t.Fatal("no new link was mailed")
		}
		d.unchanged("links that are not valid", func() {
			for _, token := range []string{first, "no such link", second[:20], ""} {
				if _, err := d.confirms(token, old); !errors.Is(err, auth.ErrLink) {
					t.Errorf("the link %.6q: %v", token, err)
				}
			}
			d.Later(24 * time.Hour)
			if _, err := d.confirms(second, browser); !errors.Is(err, auth.ErrLink) {
				t.Errorf("a day later: %v", err)
			}
		})
	})
}

func TestAnAccountThatNobodyEnteredIsClaimedNotDoubled(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		maya := d.Customer("maya")
		const email = "maya.whitaker@example.com"
		before := d.account(email)
		var browser string
		d.unchanged("a claim that is not confirmed", func() {
			var err error
			if browser, err = d.registers(email, phrase); err != nil {
				t.Fatal(err)
			}
		})
		kind, token := d.letter(email)
		if kind != "confirm_sign_up" {
			t.Fatalf("the letter is %q", kind)
		}
		c, err := d.confirms(token, browser)
		if err != nil || c.User != maya || !c.Password {
			t.Fatalf("%+v, %v", c, err)
		}
		if u := d.account(email); u.ID != maya || u.Name() != before.Name() || u.Status != user.Active {
			t.Errorf("the account is another one now: %+v", u)
		}
		if err := d.enters(email, phrase); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAccountWithAWayInIsToldAndNotTouched(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		d.Customer("edwin") // deactivated
		bruno := d.Member("bruno")
		for _, email := range []string{bruno.Email, "edwin.marsh@example.com"} {
			d.unchanged("a registration for "+email, func() {
				if _, err := d.registers(email, phrase); err != nil {
					t.Errorf("%s: %v", email, err)
				}
			})
			if kind, _ := d.letter(email); kind != "account_exists" {
				t.Errorf("%s was sent %q", email, kind)
			}
		}
		if err := d.enters(bruno.Email, phrase); !errors.Is(err, auth.ErrWrong) {
			t.Errorf("the password that was typed lets in: %v", err)
		}
		if err := d.enters(bruno.Email, bruno.Password); err != nil {
			t.Errorf("Bruno's own password: %v", err)
		}
	})
}

func TestAMailboxIsNotFilledWithRegistrations(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		bruno := d.Member("bruno").Email
		for range 12 {
			if _, err := d.registers(bruno, ""); err != nil {
				t.Fatal(err)
			}
			d.Later(time.Minute)
		}
		n := 0
		for _, m := range d.Mails() {
			if m.Kind == "account_exists" && m.User != mailing.Nobody {
				n++
			}
		}
		if n != 5 {
			t.Errorf("%d letters were sent", n)
		}
	})
}

func TestRegistrationCanBeClosed(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		aurora := d.Place("aurora").ID
		closed := customer.RegistrationChange{Brand: aurora}
		for _, key := range []string{"kim", "mira", "priya"} {
			d.unchanged("closed by "+key, func() {
				if _, err := op.Do(t.Context(), d.Door, d.As(key), customer.ChangeRegistration, closed); err == nil {
					t.Errorf("%s closed registration", key)
				}
			})
		}
		if _, err := op.Do(t.Context(), d.Door, d.As("bruno"), customer.ChangeRegistration, closed); err != nil {
			t.Fatal(err)
		}
		if e := d.Events(string(aurora))[0]; e.Op != "registration.change" {
			t.Errorf("the log says %s", e.Op)
		}
		d.unchanged("a registration where there is none", func() {
			if _, err := d.registers("noor@example.org", phrase); !errors.Is(err, customer.ErrRegistration) {
				t.Errorf("registers all the same: %v", err)
			}
		})
	})
}

func TestANetworkRegistersTenTimesAnHour(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	c := op.Nobody("203.0.113.7", "", "")
	for i := range 11 {
		_, err := customer.SignUpAt(t.Context(), w.Desk, c, customer.SignUp{Brand: w.Place("aurora").ID, Email: fmt.Sprintf("person%d@example.org", i)}, "")
		if i < 10 && err != nil || i == 10 && !errors.Is(err, auth.ErrSignUpRate) {
			t.Errorf("number %d: %v", i+1, err)
		}
	}
}

// TestAHomeLocationIsChosenAtSignUp: it is the customer's once the address is confirmed; what staff have set stays.
func TestAHomeLocationIsChosenAtSignUp(t *testing.T) {
	doors(t, func(t *testing.T, d *door) {
		leeds, aurora := d.Place("aurora").Hub["Leeds"], d.Place("aurora").ID
		d.Customer("maya") // York, set by staff; and Siobhán of Hull, by her first order
		registers := func(email string, at brand.LocationID) (browser string, err error) {
			return op.Do(context.Background(), d.Door, d.stranger(), customer.Register, customer.SignUp{Brand: aurora, Email: email, Location: at})
		}
		for _, wrong := range []brand.LocationID{"loc_none", d.Place("meridian").Hub["Boston"]} {
			for _, email := range []string{"new@example.org", "maya.whitaker@example.com"} {
				d.untouched("registered with a location that is none of the shop's", func() {
					_, err := registers(email, wrong)
					if got := errs.Of(err).Fields["location"]; !strings.Contains(got, "this shop’s locations") {
						t.Errorf("%s with %s: %v", email, wrong, err)
					}
				})
			}
		}
		for email, want := range map[string]brand.LocationID{
			"new@example.org": leeds, "siobhan.oneill@example.net": leeds, "maya.whitaker@example.com": d.Place("aurora").Hub["York"],
		} {
			before := d.account(email)
			browser, err := registers(email, leeds)
			if err != nil {
				t.Fatal(err)
			}
			if now := d.account(email); before != nil && now.Location != before.Location || before == nil && now.Location != "" {
				t.Errorf("%s: the home is %s before the address is confirmed", email, now.Location)
			}
			_, token := d.letter(email)
			if _, err := d.confirms(token, browser); err != nil {
				t.Fatal(err)
			}
			u := d.account(email)
			if u.Location != want {
				t.Errorf("%s: the home is %s, want %s", email, u.Location, want)
			}
			var listed string
			r := d.Store.Read(context.Background())
			if err := r.QueryRow("select l.id from people p join locations l on l.num = p.location_num where p.num = $1", u.Num).Scan(&listed); err != nil || listed != string(want) {
				t.Errorf("%s is listed at %q, %v", email, listed, err)
			}
		}
	})
}

// untouched demands that nothing at all is different afterwards.
func (d *door) untouched(what string, do func()) {
	d.t.Helper()
	take := func() dump.Print {
		r := d.Store.Read(context.Background())
		tables, err := dump.Tables(r)
		if err != nil {
			d.t.Fatal(err)
		}
		p, err := dump.Take(r, dump.Without(tables, "audit_events", "audit_subjects", "audit_heads"))
		if err != nil {
			d.t.Fatal(err)
		}
		return p
	}
	before := take()
	do()
	if differ := before.Diff(take()); len(differ) > 0 {
		d.t.Errorf("%s: changed %s", what, strings.Join(differ, ", "))
	}
}
