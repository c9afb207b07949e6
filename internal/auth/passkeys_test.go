package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/world"
)

var here = passkey.Site{ID: "localhost", Origin: "http://localhost:8080"}

var nobody = op.Nobody("203.0.113.7", "Firefox", "req_test")

// withPasskey adds a passkey to a member of staff, as they would.
func withPasskey(t *testing.T, w *world.World, key string) *softkey.Key {
	t.Helper()
	device, _ := addsPasskey(t, w, key, key)
	return device
}

// addsPasskey is withPasskey, with the recovery codes that are told.
func addsPasskey(t *testing.T, w *world.World, key, name string) (*softkey.Key, []string) {
	t.Helper()
	c := w.As(key)
	device := softkey.New(name, c.Person)
	asked, err := w.Desk.AskNew(t.Context(), c, here, "")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := device.Make(asked.Question, here)
	if err != nil {
		t.Fatal(err)
	}
	in := auth.NewPasskey{Name: "Phone", Token: asked.Token, Answer: answer}
	_, err = op.Do(t.Context(), w.Door, c, auth.AddPasskey, in)
	if !errors.Is(err, op.ErrStepUpRequired) {
		t.Fatalf("a passkey was added without a step-up: %v", err)
	}
	id, _ := errs.Of(err).Extra["step_up"].(string)
	codes, err := op.Do(t.Context(), w.Door, c, auth.AddPasskey, in, op.With(op.Proof{ID: id, Code: w.Code()}))
	if err != nil {
		t.Fatal(err)
	}
	return device, codes
}

// signIn answers a question to sign in with.
func signIn(t *testing.T, w *world.World, device *softkey.Key) (auth.Signed, error) {
	t.Helper()
	asked, err := w.Desk.AskPasskey(t.Context(), nobody, here)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := device.Answer(asked.Question, here)
	if err != nil {
		t.Fatal(err)
	}
	return w.Desk.SignInPasskey(t.Context(), nobody, auth.PasskeyTry{Audience: session.Staff, Token: asked.Token, Answer: answer})
}

func TestAPasskeyAloneLetsItsOwnerIn(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		device := withPasskey(t, w, "kim")
		s, err := signIn(t, w, device)
		if err != nil || s.Next != auth.None || s.Token == "" || s.User != w.Member("kim").ID {
			t.Fatalf("%+v, %v", s, err)
		}
		p, _, err := w.Desk.Resolve(t.Context(), auth.From{IP: "203.0.113.7"}, session.Staff, s.Token)
		if err != nil || p.User.ID != w.Member("kim").ID {
			t.Fatalf("the session is not Kim's: %v", err)
		}
		if _, err := signIn(t, w, softkey.New("a stranger's", string(w.Member("kim").ID))); !errors.Is(err, passkey.ErrWrong) {
			t.Errorf("a passkey that was never made: %v", err)
		}
	})
}

func TestAnAnswerIsGoodOnceAndInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	device := withPasskey(t, w, "kim")
	asked, err := w.Desk.AskPasskey(t.Context(), nobody, here)
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.Desk.AskPasskey(t.Context(), nobody, here)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := device.Answer(asked.Question, here)
	if err != nil {
		t.Fatal(err)
	}
	try := func(token string) error {
		_, err := w.Desk.SignInPasskey(t.Context(), nobody, auth.PasskeyTry{Audience: session.Staff, Token: token, Answer: answer})
		return err
	}
	if err := try(other.Token); !errors.Is(err, passkey.ErrWrong) {
		t.Errorf("in another browser: %v", err)
	}
	if err := try(asked.Token); err != nil {
		t.Errorf("in its own: %v", err)
	}
	if err := try(asked.Token); !errors.Is(err, passkey.ErrWrong) {
		t.Errorf("a second time: %v", err)
	}
}

func TestAPasskeyIsAlsoASecondFactor(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		device := withPasskey(t, w, "kim")
		kim := w.Member("kim")
		half, err := w.Desk.SignIn(t.Context(), nobody, auth.Try{Audience: session.Staff, Email: kim.Email, Password: kim.Password})
		if err != nil || half.Next != auth.SecondFactor || half.Token != "" || half.Ticket == "" {
			t.Fatalf("after the password: %+v, %v", half, err)
		}
		asked, err := w.Desk.AskSecond(t.Context(), nobody, here, half.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := device.Answer(asked.Question, here)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Desk.ShowSecond(t.Context(), nobody, half.Ticket, "passkey", auth.PasskeyAnswer("no token", answer)); !errors.Is(err, auth.ErrSecond) {
			t.Fatalf("with another token: %v", err)
		}
		s, err := w.Desk.ShowSecond(t.Context(), nobody, half.Ticket, "passkey", auth.PasskeyAnswer(asked.Token, answer))
		if err != nil || s.Token == "" {
			t.Fatalf("%+v, %v", s, err)
		}
		if _, err := w.Desk.ShowSecond(t.Context(), nobody, half.Ticket, "passkey", auth.PasskeyAnswer(asked.Token, answer)); !errors.Is(err, auth.ErrTicket) {
			t.Fatalf("the ticket was good twice: %v", err)
		}
	})
}

func TestWhoAddsAPasskeyIsToldTenRecoveryCodesOnce(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		_, codes := addsPasskey(t, w, "kim", "phone")
		if len(codes) != 10 {
			t.Fatalf("%d codes with the first passkey", len(codes))
		}
		w.Later(time.Minute) // one step-up code in 30 seconds
		if _, more := addsPasskey(t, w, "kim", "laptop"); more != nil {
			t.Errorf("%d codes with the second passkey", len(more))
		}
		w.Later(time.Minute)
		if s, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "recovery", codes[0]); err != nil || s.Token == "" {
			t.Errorf("the codes of before do not let in any more: %+v, %v", s, err)
		}
	})
}

func TestWhoMustHaveASecondFactorAndMakesAPasskeyIsToldTheCodesToo(t *testing.T) {
	t.Parallel()
	world.Each(t, func(t *testing.T, w *world.World) {
		kim := w.Member("kim")
		if _, err := op.Do(t.Context(), w.Door, op.HostOperator("test"), account.ResetSecondFactor, account.Of(kim.ID)); err != nil {
			t.Fatal(err)
		}
		begun := half(t, w, "kim")
		if begun.Next != auth.Enrol {
			t.Fatalf("goes on with %q", begun.Next)
		}
		asked, err := w.Desk.AskNew(t.Context(), nobody, here, begun.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := softkey.New("Kim's key", string(kim.ID)).Make(asked.Question, here)
		if err != nil {
			t.Fatal(err)
		}
		_, none, err := w.Desk.EnrolPasskey(t.Context(), nobody, begun.Ticket, auth.NewPasskey{Token: "another", Answer: answer})
		if !errors.Is(err, passkey.ErrWrong) || none != nil || count(t, w, "select count(*) from recovery_codes where user_id = $1", string(kim.ID)) != 0 {
			t.Fatalf("with another question: %d codes, %v", len(none), err)
		}
		s, codes, err := w.Desk.EnrolPasskey(t.Context(), nobody, begun.Ticket, auth.NewPasskey{Token: asked.Token, Answer: answer})
		if err != nil || s.Token == "" || len(codes) != 10 {
			t.Fatalf("%+v with %d codes, %v", s, len(codes), err)
		}
		if s, err := w.Desk.ShowSecond(t.Context(), nobody, half(t, w, "kim").Ticket, "recovery", codes[3]); err != nil || s.Token == "" {
			t.Errorf("a code of these does not let in: %+v, %v", s, err)
		}
	})
}
