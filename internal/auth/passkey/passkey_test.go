package passkey_test

import (
	"errors"
	"testing"

	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
)

var here = passkey.Site{ID: "localhost", Origin: "http://localhost:8080"}

// made is an owner with one passkey, and the device that it is on.
func made(t *testing.T, user string) (passkey.Owner, *softkey.Key) {
	t.Helper()
	o := passkey.Owner{User: user, Name: user + "@example.com"}
	device := softkey.New(user, user)
	question, state, err := here.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := device.Make(question, here)
	if err != nil {
		t.Fatal(err)
	}
	k, err := state.Made(o, answer)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	record, err := k.Record()
	if err != nil {
		t.Fatal(err)
	}
	stored, err := passkey.ParseKey(record)
	if err != nil || stored.ID() != k.ID() {
		t.Fatalf("what is stored is not the passkey: %v", err)
	}
	o.Keys = []passkey.Key{stored}
	return o, device
}

func TestAPasskeyThatWasMadeLetsItsOwnerIn(t *testing.T) {
	t.Parallel()
	o, device := made(t, "usr_1")
	for _, asked := range []*passkey.Owner{nil, &o} {
		question, state, err := here.Ask(asked)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := device.Answer(question, here)
		if err != nil {
			t.Fatal(err)
		}
		if named, err := passkey.Named(answer); err != nil || named != o.Keys[0].ID() {
			t.Fatalf("the answer names %q, %v", named, err)
		}
		if _, err := state.Answered(o, answer); err != nil {
			t.Fatal(err, errors.Unwrap(err))
		}
	}
}

func TestWrongAnswersAreRefused(t *testing.T) {
	t.Parallel()
	o, device := made(t, "usr_1")
	other, stranger := made(t, "usr_2")
	question, state, err := here.Ask(nil)
	if err != nil {
		t.Fatal(err)
	}
	older, _, err := here.Ask(nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := passkey.Site{ID: "evil.example", Origin: "https://evil.example"}
	otherPort := passkey.Site{ID: "localhost", Origin: "http://localhost:9999"}
	answers := map[string]func() (string, error){
		"nothing":               func() (string, error) { return "", nil },
		"no JSON":               func() (string, error) { return "{", nil },
		"another question":      func() (string, error) { return device.Answer(older, here) },
		"another site":          func() (string, error) { return device.Answer(question, elsewhere) },
		"another origin":        func() (string, error) { return device.Answer(question, otherPort) },
		"somebody else's key":   func() (string, error) { return stranger.Answer(question, here) },
		"a key nobody has made": func() (string, error) { return softkey.New("?", "usr_1").Answer(question, here) },
	}
	for name, answer := range answers {
		text, err := answer()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := state.Answered(o, text); !errors.Is(err, passkey.ErrWrong) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	right, err := device.Answer(question, here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := state.Answered(other, right); !errors.Is(err, passkey.ErrWrong) {
		t.Errorf("the right answer let in somebody else: %v", err)
	}
}

func TestACopiedPasskeyIsNoticed(t *testing.T) {
	t.Parallel()
	o, device := made(t, "usr_1")
	for _, use := range []struct {
		count uint32
		err   error
	}{{7, nil}, {8, nil}, {8, passkey.ErrCloned}, {3, passkey.ErrCloned}} {
		question, state, err := here.Ask(&o)
		if err != nil {
			t.Fatal(err)
		}
		device.Count = use.count
		answer, err := device.Answer(question, here)
		if err != nil {
			t.Fatal(err)
		}
		k, err := state.Answered(o, answer)
		if !errors.Is(err, use.err) {
			t.Fatalf("count %d: %v, want %v", use.count, err, use.err)
		}
		if err == nil {
			o.Keys[0] = k
		}
	}
}
