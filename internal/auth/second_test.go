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
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/world"
)

// half is a sign-in after the password.
func half(t *testing.T, w *world.World, key string) auth.Signed {
	t.Helper()
	return halfFrom(t, w, key, nobody)
}

func halfFrom(t *testing.T, w *world.World, key string, c *op.Caller) auth.Signed {
	t.Helper()
	m := w.Member(key)
	s, err := w.Desk.SignIn(context.Background(), c, auth.Try{Audience: session.Staff, Email: m.Email, Password: m.Password})
	if err != nil || s.Token != "" || s.Ticket == "" {
		t.Fatalf("after the password of %s: %+v, %v", key, s, err)
	}
	return s
}

// wrongCode is one that no step beside now has.
func wrongCode(w *world.World, key string) string {
	for n := range 1_000_000 {
		code, wrong := fmt.Sprintf("%06d", n), true
		for d := -3; d <= 3; d++ {
			right, _ := auth.AppCode(w.Member(key).TOTPSecret, w.Door.Now().Add(time.Duration(d)*30*time.Second))
			wrong = wrong && right != code
		}
		if wrong {
			return code
		}
	}
	return ""
}

func count(t *testing.T, w *world.World, sql string, args ...any) int64 {
	t.Helper()
	n, err := store.Value[int64](w.Store.Read(context.Background()).QueryRow(sql, args...))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sessions(t *testing.T, w *world.World, key string) int64 {
	return count(t, w, "select count(*) from sessions where user_id = $1 and ended_at = 0", string(w.Member(key).ID))
}

// withCodes gives a member recovery codes, as they make them on their own page.
func withCodes(t *testing.T, w *world.World, key string) []string {
	t.Helper()
	c := w.As(key)
	_, err := op.Do(t.Context(), w.Door, c, auth.RenewRecovery, op.None{})
	id, _ := errs.Of(err).Extra["step_up"].(string)
	if !errors.Is(err, op.ErrStepUpRequired) {
		t.Fatalf("recovery codes without a step-up: %v", err)
	}
	codes, err := op.Do(t.Context(), w.Door, c, auth.RenewRecovery, op.None{}, op.With(op.Proof{ID: id, Code: w.Code()}))
	if err != nil || len(codes) != 10 {
		t.Fatalf("%d codes, %v", len(codes), err)
	}
	w.Later(time.Minute) // one code in 30 seconds
	return codes
}

func refusedWith(t *testing.T, err error, want *errs.Error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %s", err, want.Code)
	}
}

func TestTheCodeOfAnAppLetsInAndIsGoodOnce(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		secret, now := w.Member("kim").TOTPSecret, w.Door.Now()
		code := func(at time.Time) string { c, _ := auth.AppCode(secret, at); return c }
		try := func(at time.Time) error {
			_, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "totp", code(at))
			return err
		}
		for _, d := range []time.Duration{-60 * time.Second, 60 * time.Second} {
			refusedWith(t, try(now.Add(d)), auth.ErrSecond)
		}
		if n := sessions(t, w, "kim"); n != 0 {
			t.Fatalf("%d sessions by codes of another time", n)
		}
		if err := try(now.Add(-30 * time.Second)); err != nil {
			t.Errorf("a clock that is 30 seconds late: %v", err)
		}
		if err := try(now.Add(30 * time.Second)); err != nil {
			t.Errorf("a clock that is 30 seconds early: %v", err)
		}
		before := sessions(t, w, "kim")
		refusedWith(t, try(now.Add(30*time.Second)), auth.ErrSecond) // used
		refusedWith(t, try(now), auth.ErrSecond)                     // older than a used one
		if n := sessions(t, w, "kim"); n != before {
			t.Errorf("a used code made a session")
		}
		// people type blanks
		w.Later(5 * time.Minute)
		c := code(w.Door.Now())
		if _, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "totp", " "+c[:3]+" "+c[3:]); err != nil {
			t.Error(err)
		}
	})
}

func TestATicketIsGoodForFiveTriesAndTenMinutesAndOneSession(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		s := half(t, w, "kim")
		for left := 4; left >= 0; left-- {
			_, err := w.Desk.ShowSecond(t.Context(), nobody, s.Ticket, "totp", wrongCode(w, "kim"))
			if left == 0 {
				refusedWith(t, err, auth.ErrTicket)
			} else if got := errs.Of(err).Extra["tries_left"]; got != left {
				t.Errorf("%v tries left, want %d: %v", got, left, err)
			}
		}
		_, err := w.Desk.ShowSecond(t.Context(), nobody, s.Ticket, "totp", w.AppCode("kim"))
		refusedWith(t, err, auth.ErrTicket)
		s = half(t, w, "kim")
		w.Later(10*time.Minute + time.Second)
		_, err = w.Desk.ShowSecond(t.Context(), nobody, s.Ticket, "totp", w.AppCode("kim"))
		refusedWith(t, err, auth.ErrTicket)
		if n := sessions(t, w, "kim"); n != 0 {
			t.Fatalf("%d sessions", n)
		}
		s = half(t, w, "kim")
		if _, err := w.Desk.ShowSecond(t.Context(), nobody, s.Ticket, "totp", w.AppCode("kim")); err != nil {
			t.Fatal(err)
		}
		_, err = w.Desk.ShowSecond(t.Context(), nobody, s.Ticket, "totp", w.AppCode("kim"))
		refusedWith(t, err, auth.ErrTicket)
		// a session's token is no ticket, and a method is none that there is not
		_, err = w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "password", w.Member("kim").Password)
		refusedWith(t, err, auth.ErrTicket)
	})
}

// The limit is of the account, over all sign-ins: ten wrong pause it, twenty switch it off until a link from the mailbox is used.
func TestWrongCodesCountForTheAccount(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		from := 0
		wrong := func(n int) {
			t.Helper()
			for i := 0; i < n; i++ {
				from++
				c := op.Nobody(fmt.Sprintf("198.51.%d.7", from), "Firefox", "req_test")
				_, err := w.Desk.ShowSecond(t.Context(), c, halfFrom(t, w, "kim", c).Ticket, "totp", wrongCode(w, "kim"))
				refusedWith(t, err, auth.ErrSecond)
			}
		}
		right := func() error {
			_, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "totp", w.AppCode("kim"))
			return err
		}
		wrong(9)
		if err := right(); err != nil {
			t.Fatalf("after nine: %v", err)
		}
		wrong(10)
		err := right()
		refusedWith(t, err, auth.ErrSecondWait)
		if wait := errs.Of(err).Retry; wait != 15*time.Minute {
			t.Errorf("waits %s", wait)
		}
		w.Later(15*time.Minute + time.Second)
		wrong(10)
		w.Later(24 * time.Hour)
		refusedWith(t, right(), auth.ErrSecondOff)
		var kinds []string
		token := ""
		for _, m := range w.Mails() {
			kinds = append(kinds, m.Kind)
			if m.Kind == "second_factor_off" {
				_, token, _ = strings.Cut(m.Letter.Path, "token=")
				break
			}
		}
		if token == "" {
			t.Fatalf("no link was mailed: %v", kinds)
		}
		if err := w.Desk.UnlockSecond(t.Context(), nobody, "guessed"); !errors.Is(err, auth.ErrLink) {
			t.Error(err)
		}
		refusedWith(t, right(), auth.ErrSecondOff)
		if err := w.Desk.UnlockSecond(t.Context(), nobody, token); err != nil {
			t.Fatal(err)
		}
		if err := w.Desk.UnlockSecond(t.Context(), nobody, token); !errors.Is(err, auth.ErrLink) {
			t.Errorf("the link is good twice: %v", err)
		}
		if err := right(); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoHundredGuessesAtOnceStayWithinTheLimit(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		const guesses = 200
		tickets := make([]string, guesses)
		for i := range tickets { // not at once: each costs a hash
			tickets[i] = halfFrom(t, w, "kim", op.Nobody(fmt.Sprintf("198.51.100.%d", i), "Firefox", "req_test")).Ticket
		}
		right, bad := w.AppCode("kim"), wrongCode(w, "kim")
		var wg sync.WaitGroup
		var looked, in atomic.Int64
		for i, ticket := range tickets {
			wg.Go(func() {
				code := bad
				if i == guesses-1 {
					code = right
				}
				s, err := w.Desk.ShowSecond(context.Background(), op.Nobody(fmt.Sprintf("203.0.%d.1", i), "Firefox", "req_test"), ticket, "totp", code)
				switch {
				case err == nil && s.Token != "":
					in.Add(1)
				case errors.Is(err, auth.ErrSecond):
					looked.Add(1)
				case !errors.Is(err, auth.ErrSecondWait) && !errors.Is(err, auth.ErrSecondOff):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// The right one may come among the first ten, and then it begins anew: twice ten at the very most.
		if n := looked.Load(); n > 10*(1+in.Load()) {
			t.Errorf("%d wrong codes were looked at, %d let in", n, in.Load())
		}
		if n := count(t, w, "select second_failures from credentials where user_id = $1", string(w.Member("kim").ID)); n > 10 {
			t.Errorf("%d were counted", n)
		}
	})
}

func TestARecoveryCodeIsGoodOnceAndItsUseIsMailed(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		codes := withCodes(t, w, "kim")
		for _, c := range codes {
			if len(c) != 19 || strings.Count(c, "-") != 3 {
				t.Errorf("%q is no code of 80 bits", c)
			}
		}
		if n := count(t, w, "select count(*) from recovery_codes where code_hash = $1 or code_hash like '%' || $1", codes[0]); n != 0 {
			t.Error("a code stands in the database")
		}
		try := func(code string) error {
			_, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "recovery", code)
			return err
		}
		if err := try(strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))); err != nil {
			t.Fatal(err)
		}
		refusedWith(t, try(codes[3]), auth.ErrSecond)
		mails := w.Mails()
		told := false
		for _, m := range mails {
			told = told || m.Kind == "recovery_code_used" && m.User == string(w.Member("kim").ID) && strings.Contains(m.Letter.Lines[0], "9 left") && !strings.Contains(m.Letter.Lines[0], codes[3])
		}
		if !told {
			t.Error("the use of a code was not mailed")
		}
		// somebody else's codes are nobody's
		_, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "hana").Ticket, "recovery", codes[4])
		refusedWith(t, err, auth.ErrSecond)
		newer := withCodes(t, w, "kim")
		refusedWith(t, try(codes[5]), auth.ErrSecond)
		if err := try(newer[0]); err != nil {
			t.Error(err)
		}
	})
}

// Whoever has no second factor makes one before anything else, on every way in.
func TestNobodyOnTheStaffComesInWithoutASecondFactor(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		if !security.Default().SecondFactor {
			t.Fatal("the default asks for no second factor")
		}
		kim := w.Member("kim")
		must(t)(op.Do(t.Context(), w.Door, op.HostOperator("test"), account.ResetSecondFactor, account.Of(kim.ID)))
		s := half(t, w, "kim")
		if s.Next != auth.Enrol {
			t.Fatalf("next is %q", s.Next)
		}
		_, err := w.Desk.ShowSecond(t.Context(), nobody, s.Ticket, "totp", "000000")
		refusedWith(t, err, auth.ErrTicket)
		h, err := w.Desk.Halfway(t.Context(), nobody, s.Ticket)
		if err != nil || len(h.Offer.Secret) != 32 || !strings.HasPrefix(h.Offer.Link, "otpauth://totp/Steward:kim@aurora.example?") {
			t.Fatalf("%+v, %v", h.Offer, err)
		}
		// who signs in beside is offered another secret
		other := half(t, w, "kim")
		beside, err := w.Desk.Halfway(t.Context(), nobody, other.Ticket)
		if err != nil || beside.Offer.Secret == h.Offer.Secret {
			t.Errorf("two sign-ins share a secret: %v", err)
		}
		_, _, err = w.Desk.EnrolApp(t.Context(), nobody, s.Ticket, "", "12345")
		refusedWith(t, err, auth.ErrSecond)
		if n := sessions(t, w, "kim"); n != 0 {
			t.Fatalf("%d sessions", n)
		}
		code, _ := auth.AppCode(h.Offer.Secret, w.Door.Now())
		in, codes, err := w.Desk.EnrolApp(t.Context(), nobody, s.Ticket, "", code)
		if err != nil || in.Token == "" || len(codes) != 10 {
			t.Fatalf("%+v, %d codes, %v", in, len(codes), err)
		}
		if n := sessions(t, w, "kim"); n != 1 {
			t.Errorf("%d sessions", n)
		}
		// the other sign-in is over, and the code that proved the app is used
		_, _, err = w.Desk.EnrolApp(t.Context(), nobody, other.Ticket, "", code)
		refusedWith(t, err, auth.ErrTicket)
		_, err = w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "totp", code)
		refusedWith(t, err, auth.ErrSecond)
	})
}

func TestALinkForANewPasswordDoesNotSkipTheSecondFactor(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		kim := w.Member("kim")
		link, err := op.Do(t.Context(), w.Door, op.HostOperator("admin reset"), account.NewPasswordLink, kim.Email)
		if err != nil {
			t.Fatal(err)
		}
		hash, _ := world.CheapHash("quarry thimble lantern 88")
		if _, err := w.Desk.SetHashByLink(t.Context(), nobody, link.Token, hash); err != nil {
			t.Fatal(err)
		}
		kim.Password = "quarry thimble lantern 88"
		if s := half(t, w, "kim"); s.Next != auth.SecondFactor {
			t.Errorf("next is %q", s.Next)
		}
	})
}
