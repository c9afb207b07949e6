package auth_test

import (
	"errors"
	"testing"

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
	c := w.As(key)
	device := softkey.New(key, c.Person)
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
	if _, err := op.Do(t.Context(), w.Door, c, auth.AddPasskey, in, op.With(op.Proof{ID: id, Code: w.Code()})); err != nil {
		t.Fatal(err)
	}
	return device
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
