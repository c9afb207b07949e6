package entry

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// guesses are how many somebody makes at once, each from a network of its own.
const guesses = 200

// storm posts all forms at once, with the cookies of the browsers in turn, and gives how many were let in.
func (h *house) storm(path, field string, codes []string, from ...*browser) (in int) {
	h.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	gun := make(chan struct{})
	for i, code := range codes {
		b := from[i%len(from)]
		cookies := b.http.Jar.Cookies(h.Site.Public)
		alone := h.browser()
		for _, c := range cookies {
			alone.holds(c.Name, c.Value)
		}
		form := []string{field, code}
		if field == "password" {
			form = append(form, "email", h.Member("kim").Email)
		}
		all.Go(func() {
			<-gun
			a, err := alone.send(http.MethodPost, path, formOf(form))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				h.t.Errorf("a guess: %v", err)
			case a.status >= 500 && a.status != http.StatusServiceUnavailable:
				h.t.Errorf("a guess is answered %s", a)
			case a.status < 400 && !strings.Contains(a.to(), "sign-in/code"):
				in++
			}
		})
	}
	close(gun)
	all.Wait()
	return in
}

// amid hides what is right among as many wrong ones of its length.
func amid(right string, n int) []string {
	all := []string{right}
	for i := 0; len(all) < n; i++ {
		if code := fmt.Sprintf("%0*d", len(right), i*37+11); code != right {
			all = append(all, code)
		}
	}
	rand.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (h *house) number(sql string, args ...any) int64 {
	h.t.Helper()
	n, err := store.Value[int64](h.Store.Read(h.t.Context()).QueryRow(sql, args...))
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// atMost fails the test when more was looked at than may be.
func atMost(t *testing.T, what string, got, most int64) {
	t.Helper()
	if got > most {
		t.Errorf("%s: %d were looked at, not at most %d", what, got, most)
	}
}

func TestGuessesAtACodeByMail(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.Customer("maya")
		b := h.browser()
		code := b.asks(maya)
		in := h.storm(shop+"/sign-in/code", "code", amid(code, guesses), b)
		tried := h.number("select count(*) from sign_ins where user_id = $1 and outcome = 'wrong_code'", string(h.Customer("maya"))) + int64(in)
		atMost(t, "guesses at one code", tried, 5)
		atMost(t, "tries that were counted", h.number("select max(tries) from sign_in_codes"), 5)
		atMost(t, "people who came in", int64(in), 1)
		h.shut(t, h.browser(), shop, func() answer { return b.post(shop+"/sign-in/code", "code", code) })

		// Other codes do not help: ten in a row, and codes pause for the account, wherever it is tried from.
		h.Later(time.Hour)
		for range 3 {
			b = h.browser()
			code = b.asks(maya)
			in += h.storm(shop+"/sign-in/code", "code", amid(wrongOf(code), 20), b)
			if h.number("select max(failures) from code_failures") >= 10 {
				break
			}
		}
		if n := h.number("select max(failures) from code_failures"); n != 10 {
			t.Errorf("%d failures in a row are counted", n)
		}
		h.shut(t, b, shop, func() answer { return b.post(shop+"/sign-in/code", "code", code) })
		other := h.browser()
		h.Later(apart)
		if a := other.post(shop+"/sign-in", "by", "code", "email", maya); a.status != http.StatusTooManyRequests {
			t.Errorf("and yet another code is sent: %s", a)
		}
	})
}

func TestGuessesAtTheSecondStep(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		kim := string(h.Member("kim").ID)
		wrong := func() int64 {
			return h.number("select count(*) from sign_ins where user_id = $1 and outcome = 'wrong_totp'", kim)
		}
		b := h.half("kim")
		right := h.AppCode("kim")
		in := h.storm("/admin/sign-in/second", "code", amid(right, guesses), b)
		atMost(t, "guesses with one ticket", wrong()+int64(in), 5)
		h.shut(t, h.browser(), desk, func() answer { return b.post("/admin/sign-in/second", "code", h.AppCode("kim")) })

		// Ten tickets at once: the account counts, not the ticket.
		h.Later(time.Hour)
		h.staff("kim") // begins the count anew
		before := wrong()
		var many []*browser
		for range 10 {
			many = append(many, h.half("kim"))
		}
		h.storm("/admin/sign-in/second", "code", amid("x00000", guesses), many...)
		atMost(t, "guesses with ten tickets", wrong()-before, 10)
		right = h.AppCode("kim")
		last := h.half("kim")
		h.shut(t, last, desk, func() answer { return last.post("/admin/sign-in/second", "code", right) })
		h.Later(16 * time.Minute)
		if h.staff("kim"); h.number("select second_failures from credentials where user_id = $1", kim) != 0 {
			t.Error("the count goes on after a right code")
		}
	})
}

func TestGuessesAtAStepUp(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		kim := h.Member("kim")
		b := h.staff("kim")
		began := func() string {
			h.Later(31 * time.Second)
			path, _, _ := strings.Cut(b.post("/admin/me/security/codes").to(), "?")
			if !strings.HasPrefix(path, "/admin/step-ups/") {
				t.Fatalf("no step-up, but %q", path)
			}
			return path
		}
		made := func() int64 { return h.number("select count(*) from recovery_codes") }
		path := began()
		code := h.letter("step_up_code", kim.Email)
		h.storm(path, "code", amid(code, guesses), b)
		atMost(t, "guesses at one step-up", h.number("select max(tries) from step_ups"), 5)
		failed := h.number("select count(*) from audit_events where op = 'step_up.failed'")
		atMost(t, "failures in the log", failed, 5)
		before := made()
		if a := b.post(path, "code", code); a.status < 400 || made() != before {
			t.Errorf("after the limit: %s", a)
		}

		// Nor is an authenticator app guessed at by beginning ever more step-ups: whoever has only the session's cookie does not know it.
		h.Later(16 * time.Minute)
		b = h.staff("kim")
		before = made()
		for range 8 {
			path = began()
			for range 5 {
				b.post(path, "code", "x00000")
			}
		}
		atMost(t, "wrong codes in a row", h.number("select second_failures from credentials where user_id = $1", string(kim.ID)), 10)
		path = began()
		if a := b.post(path, "code", h.AppCode("kim")); a.status < 400 || made() != before {
			t.Errorf("after forty wrong codes a code of the app is looked at: %s", a)
		}
	})
}

func TestGuessesAtAPassword(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		kim := h.Member("kim")
		all := amid("00000000", guesses-1)
		for i := range all {
			all[i] = "guess " + all[i]
		}
		all = append(all, kim.Password)
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		in := h.storm("/admin/sign-in", "password", all, h.browser())
		looked := h.number("select count(*) from sign_ins where user_id = $1 and outcome = 'wrong_password'", string(kim.ID)) + int64(in)
		atMost(t, "guesses at a password", looked, 5+5*int64(in)) // five, and five more where the right one was among the first
		atMost(t, "failures that were counted", h.number("select failures from credentials where user_id = $1", string(kim.ID)), 5)
		if in == 0 {
			b := h.browser()
			h.shut(t, b, desk, func() answer { return b.post("/admin/sign-in", "email", kim.Email, "password", kim.Password) })
			if b.cookie("steward_ticket") != "" {
				t.Error("after the limit the right one is looked at")
			}
		}
		h.Later(time.Minute)
		h.staff("kim")
	})
}
