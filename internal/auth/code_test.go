package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/world"
	"github.com/stewardhq/steward/tests/dump"
)

// shop is a world whose customers sign in with codes.
type shop struct {
	*world.World
	t *testing.T
	n int
}

func shops(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	world.Each(t, func(t *testing.T, w *world.World) { w.Customer("maya"); test(t, &shop{World: w, t: t}) })
}

const maya = "maya.whitaker@example.com"

// stranger is somebody from a network of their own, so that tests are not held to the limits of one.
func (s *shop) stranger() *op.Caller {
	s.n++
	return op.Nobody(fmt.Sprintf("203.0.%d.%d", 113+s.n/200, 1+s.n%200), "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "req_test")
}

func (s *shop) asks(email string) (auth.Sent, error) {
	s.t.Helper()
	return s.Desk.SendCode(context.Background(), s.stranger(), auth.Ask{Audience: session.Account, Brand: s.Place("aurora").ID, Email: email})
}

// gets asks for a code and reads it in the mail.
func (s *shop) gets(email string) (browser, code string) {
	s.t.Helper()
	s.Later(31 * time.Second)
	sent, err := s.asks(email)
	if err != nil {
		s.t.Fatal(err)
	}
	return sent.Browser, s.mailed(email, "sign_in_code")
}

// mailed is the code, or the link's token, of the newest mail of a kind to an address; empty when there is none.
func (s *shop) mailed(email, kind string) string {
	s.t.Helper()
	for _, m := range s.Mails() {
		if m.To == email && m.Kind == kind {
			_, token, _ := strings.Cut(m.Letter.Path, "token=")
			return m.Letter.Code + token
		}
	}
	return ""
}

func (s *shop) answers(browser, code string) (auth.Signed, error) {
	return s.Desk.SignInCode(context.Background(), s.stranger(), auth.Answer{Audience: session.Account, Brand: s.Place("aurora").ID, Browser: browser, Code: code})
}

// refuses demands a refusal, and that nobody came in and nothing beside counts and history changed.
func (s *shop) refuses(browser, code string, want error) {
	s.t.Helper()
	before := s.print()
	if _, err := s.answers(browser, code); !errors.Is(err, want) {
		s.t.Errorf("%q in the browser %.6s: %v, not %v", code, browser, err, want)
	}
	if differ := before.Diff(s.print()); len(differ) > 0 {
		s.t.Errorf("refused, and yet this changed: %s", strings.Join(differ, ", "))
	}
}

func (s *shop) print() dump.Print {
	s.t.Helper()
	r := s.Store.Read(context.Background())
	tables, err := dump.Tables(r)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := dump.Take(r, dump.Without(tables, "sign_in_codes", "code_failures", "sign_ins", "links", "mails", "audit_events", "audit_subjects", "audit_heads"))
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func wrongOf(code string) string {
	last := byte('0')
	if code[7] == '0' {
		last = '1'
	}
	return code[:7] + string(last)
}

func TestACodeByMailLetsACustomerIn(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		browser, code := s.gets(maya)
		if len(code) != 8 {
			t.Fatalf("the code is %q", code)
		}
		in, err := s.answers(browser, code[:4]+" "+code[4:])
		if err != nil || in.User != s.Customer("maya") || in.Token == "" || in.Known == "" {
			t.Fatalf("%+v, %v", in, err)
		}
		p, c, err := s.Desk.Resolve(t.Context(), auth.From{}, session.Account, in.Token)
		if err != nil || p.User.ID != in.User || !c.Is(string(in.User)) {
			t.Fatalf("the session is nobody's: %v", err)
		}
		for _, other := range []session.Audience{session.Staff, session.Company} {
			if _, _, err := s.Desk.Resolve(t.Context(), auth.From{}, other, in.Token); err == nil {
				t.Errorf("a session of the account opens %s", other)
			}
		}
	})
}

func TestOnlyTheNewestUnusedCodeOfThisBrowserIsGood(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		older, first := s.gets(maya)
		browser, code := s.gets(maya)
		elsewhere, _ := s.gets("jose.munoz@example.com")
		s.refuses(older, first, auth.ErrCode)            // a newer one was asked for
		s.refuses(browser, first, auth.ErrCode)          // of another browser of hers
		s.refuses(older, code, auth.ErrCode)             // right, in the browser that asked before
		s.refuses(elsewhere, code, auth.ErrCode)         // right, in somebody else's browser
		s.refuses("no such browser", code, auth.ErrCode) // right, in a browser that never asked
		s.refuses("", code, auth.ErrCode)
		s.refuses(browser, wrongOf(code), auth.ErrCode)
		s.refuses(browser, code[:7], auth.ErrCode)
		s.refuses(browser, code+"0", auth.ErrCode)
		if _, err := s.answers(browser, code); err != nil {
			t.Fatalf("the right code: %v", err)
		}
		s.refuses(browser, code, auth.ErrCode) // used
	})
}

func TestACodeEndsAfterFiveMinutesAndAfterFiveTries(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		browser, code := s.gets(maya)
		s.Later(5 * time.Minute)
		s.refuses(browser, code, auth.ErrCode)
		browser, code = s.gets(maya)
		for range 5 {
			s.refuses(browser, wrongOf(code), auth.ErrCode)
		}
		s.refuses(browser, code, auth.ErrCode)
	})
}

func TestACodeOfOneBrandOrAudienceIsWorthNothingInAnother(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		browser, code := s.gets(maya)
		for _, in := range []auth.Answer{
			{Audience: session.Account, Brand: s.Place("meridian").ID, Browser: browser, Code: code},
			{Audience: session.Company, Brand: s.Place("aurora").ID, Browser: browser, Code: code},
			{Audience: session.Staff, Brand: s.Place("aurora").ID, Browser: browser, Code: code},
		} {
			before := s.print()
			if _, err := s.Desk.SignInCode(t.Context(), s.stranger(), in); !errors.Is(err, auth.ErrCode) {
				t.Errorf("%s of %s: %v", in.Audience, in.Brand, err)
			}
			if differ := before.Diff(s.print()); len(differ) > 0 {
				t.Errorf("refused, and yet this changed: %s", strings.Join(differ, ", "))
			}
		}
	})
}

func TestGuessesInParallelAllCount(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		browser, code := s.gets(maya)
		callers := make([]*op.Caller, 200)
		for i := range callers {
			callers[i] = s.stranger()
		}
		var wait sync.WaitGroup
		var came atomic.Int64
		for i, c := range callers {
			wait.Add(1)
			go func() {
				defer wait.Done()
				guess := fmt.Sprintf("%08d", i)
				if guess == code {
					guess = "99999999"
				}
				if _, err := s.Desk.SignInCode(context.Background(), c, auth.Answer{Audience: session.Account, Brand: s.Place("aurora").ID, Browser: browser, Code: guess}); err == nil {
					came.Add(1)
				} else if errs.Of(err).Kind == errs.Fault {
					t.Errorf("our own fault: %v", err)
				}
			}()
		}
		wait.Wait()
		var tries, failures int64
		r := s.Store.Read(t.Context())
		if err := errors.Join(r.QueryRow("select max(tries) from sign_in_codes").Scan(&tries), r.QueryRow("select max(failures) from code_failures").Scan(&failures)); err != nil {
			t.Fatal(err)
		}
		if came.Load() != 0 || tries != 5 || failures != 5 {
			t.Errorf("%d came in, %d tries and %d failures were counted", came.Load(), tries, failures)
		}
		s.refuses(browser, code, auth.ErrCode) // its five tries are used up
	})
}

func TestOfTheSameRightCodeSentTwiceAtOnceOneIsGood(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		browser, code := s.gets(maya)
		callers := []*op.Caller{s.stranger(), s.stranger(), s.stranger(), s.stranger()}
		var wait sync.WaitGroup
		var came atomic.Int64
		for _, c := range callers {
			wait.Add(1)
			go func() {
				defer wait.Done()
				if _, err := s.Desk.SignInCode(context.Background(), c, auth.Answer{Audience: session.Account, Brand: s.Place("aurora").ID, Browser: browser, Code: code}); err == nil {
					came.Add(1)
				}
			}()
		}
		wait.Wait()
		if came.Load() != 1 {
			t.Errorf("%d came in with one code", came.Load())
		}
	})
}

// Ten wrong codes in a row pause, twenty switch codes off; neither another code nor a password begins the count anew.
func TestWrongCodesInARowPauseThenSwitchCodesOff(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		for _, email := range []string{maya, "nobody.at.all@example.com"} { // the same for an address without an account
			wrong := func(n int) (browser string) {
				for i := range n {
					if i%5 == 0 {
						s.Later(5 * time.Minute)
						browser, _ = s.gets(email)
					}
					s.refuses(browser, "00000000", auth.ErrCode)
				}
				return browser
			}
			browser := wrong(10)
			s.refuses(browser, "00000000", auth.ErrPause)
			if _, err := s.asks(email); !errors.Is(err, auth.ErrPause) {
				t.Errorf("%s: another code in the pause: %v", email, err)
			}
			s.Later(15 * time.Minute)
			browser = wrong(10)
			s.refuses(browser, "00000000", auth.ErrCodesOff)
			link := s.mailed(email, "codes_unlock")
			if (link != "") != (email == maya) {
				t.Errorf("%s was mailed the link %q", email, link)
			}
			browser, _ = s.gets(email) // answers as ever, and mails the link again
			s.refuses(browser, "00000000", auth.ErrCodesOff)
			if email != maya {
				continue
			}
			again := s.mailed(email, "codes_unlock")
			if again == link || again == "" {
				t.Fatal("no new link was mailed")
			}
			for _, dead := range []string{link, "no such link", ""} {
				if err := s.Desk.UnlockCodes(t.Context(), s.stranger(), dead); !errors.Is(err, auth.ErrLink) {
					t.Errorf("the link %.6q: %v", dead, err)
				}
			}
			s.refuses(browser, "00000000", auth.ErrCodesOff)
			if err := s.Desk.UnlockCodes(t.Context(), s.stranger(), again); err != nil {
				t.Fatal(err)
			}
			if err := s.Desk.UnlockCodes(t.Context(), s.stranger(), again); !errors.Is(err, auth.ErrLink) {
				t.Errorf("the link was good twice: %v", err)
			}
			s.Later(15 * time.Minute)
			browser, code := s.gets(email)
			if _, err := s.answers(browser, code); err != nil {
				t.Errorf("codes are on again, and %v", err)
			}
		}
	})
}

func TestARightCodeBeginsTheCountAnew(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		for range 4 { // more than ten wrong ones in all, never ten in a row
			s.Later(5 * time.Minute)
			browser, code := s.gets(maya)
			for range 4 {
				s.refuses(browser, wrongOf(code), auth.ErrCode)
			}
			if _, err := s.answers(browser, code); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestCodesAreSentOnlySoOften(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		for _, email := range []string{maya, "nobody.at.all@example.com"} {
			ask := func(want bool, what string) {
				t.Helper()
				before := s.print()
				if _, err := s.asks(email); (err == nil) != want || err != nil && !errors.Is(err, auth.ErrCodeRate) {
					t.Errorf("%s, %s: %v", email, what, err)
				} else if err != nil && errs.Of(err).Retry <= 0 {
					t.Errorf("%s, %s: it is not said when to come back", email, what)
				}
				if differ := before.Diff(s.print()); len(differ) > 0 {
					t.Errorf("%s: changed %s", what, strings.Join(differ, ", "))
				}
			}
			ask(true, "the first")
			s.Later(29 * time.Second)
			ask(false, "after 29 seconds")
			s.Later(2 * time.Second)
			for i := range 4 {
				ask(true, fmt.Sprintf("number %d", i+2))
				s.Later(31 * time.Second)
			}
			ask(false, "the sixth in a quarter of an hour")
			for range 15 {
				s.Later(16 * time.Minute)
				ask(true, "later")
			}
			s.Later(16 * time.Minute)
			ask(false, "the 21st of a day")
			s.Later(24 * time.Hour)
			ask(true, "the next day")
			s.Later(time.Minute)
		}
	})
}

func TestANetworkAsksForThirtyCodesAnHour(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	ask := func(ip string, i int) error {
		_, err := w.Desk.SendCode(t.Context(), op.Nobody(ip, "", ""), auth.Ask{Audience: session.Account, Brand: w.Place("aurora").ID, Email: fmt.Sprintf("person%d@example.com", i)})
		return err
	}
	for i := range 30 {
		if err := ask(fmt.Sprintf("2001:db8::%x", i+1), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask("2001:db8::ffff", 31); !errors.Is(err, auth.ErrCodeRate) {
		t.Errorf("the 31st of a network: %v", err)
	}
	if err := ask("2001:db8:0:1::1", 32); err != nil {
		t.Errorf("another network: %v", err)
	}
	w.Later(time.Hour)
	if err := ask("2001:db8::ffff", 33); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestNothingIsSentToWhomACodeCouldNotLetIn(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		kept := func() (n int64) {
			if err := s.Store.Read(t.Context()).QueryRow("select count(*) from mails where state = 'waiting' and kind = 'sign_in_code'").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, email := range []string{"nobody.at.all@example.com", "walt.brennan@example.com", s.Member("ada").Email} {
			if _, err := s.asks(email); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		}
		if _, err := s.Desk.SendCode(t.Context(), s.stranger(), auth.Ask{Audience: session.Company, Brand: s.Place("aurora").ID, Email: maya}); err != nil {
			t.Errorf("a customer at the company panel: %v", err)
		}
		if _, err := s.Desk.SendCode(t.Context(), s.stranger(), auth.Ask{Audience: session.Staff, Email: s.Member("ada").Email}); !errors.Is(err, auth.ErrNoCodes) {
			t.Errorf("a code for the desk: %v", err)
		}
		if n := kept(); n != 0 {
			t.Errorf("%d codes were sent", n)
		}
		for _, m := range s.Mails() {
			if m.User == mailing.Nobody && (m.State != mailing.Expired || m.Brand != "") {
				t.Errorf("a letter to nobody waits: %+v", m.Mail)
			}
		}
	})
}

func TestWhatKeepsSomebodyOutIsToldAfterTheRightCodeOnly(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		if _, err := op.Do(t.Context(), s.Door, s.As("ada"), account.Deactivate, account.Of(s.Customer("maya"))); err != nil {
			t.Fatal(err)
		}
		browser, code := s.gets(maya)
		s.refuses(browser, wrongOf(code), auth.ErrCode)
		s.refuses(browser, code, user.ErrNotActive)
	})
}

func TestACodeDiesWithTheAddressItWasSentTo(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		browser, code := s.gets(maya)
		other := "maya@elsewhere.example"
		in := account.Changes{User: s.Customer("maya"), Email: &other}
		_, err := op.Do(t.Context(), s.Door, s.As("ada"), account.Edit, in)
		id, _ := errs.Of(err).Extra["step_up"].(string)
		if _, err := op.Do(t.Context(), s.Door, s.As("ada"), account.Edit, in, op.With(op.Proof{ID: id, Code: s.mailed(s.Member("ada").Email, "step_up_code")})); err != nil {
			t.Fatal(err)
		}
		s.refuses(browser, code, auth.ErrCode)
	})
}

func TestACodeShowsThatTheMailboxIsTheirs(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		tariq := s.Customer("tariq")
		browser, code := s.gets("tariq.hussain@example.com")
		if _, err := s.answers(browser, code); err != nil {
			t.Fatal(err)
		}
		u, err := user.Find(s.Store.Read(t.Context()), tariq)
		if err != nil || u.EmailVerified == 0 {
			t.Errorf("the address is not confirmed: %v", err)
		}
	})
}
