package passkey_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/auth/passkey/softkey"
	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Whatever a browser answers is refused with a sentence, unless the device of the owner has signed just this question: nothing that
// was changed on the way opens.
func FuzzOnlyTheDevicesOwnAnswerOpens(f *testing.F) {
	o := passkey.Owner{User: "usr_1", Name: "kim@aurora.example"}
	device := softkey.New("usr_1", "usr_1")
	question, making, err := here.Make(o)
	if err != nil {
		f.Fatal(err)
	}
	made, err := device.Make(question, here)
	if err != nil {
		f.Fatal(err)
	}
	k, err := making.Made(o, made)
	if err != nil {
		f.Fatal(err)
	}
	o.Keys = []passkey.Key{k}
	question, asking, err := here.Ask(&o)
	if err != nil {
		f.Fatal(err)
	}
	answer, err := device.Answer(question, here)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"", "{}", "null", "[]", made, answer, answer[:len(answer)/2], strings.Replace(answer, "signature", "Signature", 1), strings.Repeat(`{"a":`, 200), `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}`} {
		f.Add(text)
	}
	record, err := k.Record()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record)
	said := func(t *testing.T, err error) {
		t.Helper()
		if e, is := errors.AsType[*errs.Error](err); !is || e.Kind != errs.Unauthorized || e.Detail == "" {
			t.Errorf("refused with %v", err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := passkey.Named(text); err != nil {
			said(t, err)
		}
		if _, err := making.Made(o, text); err != nil {
			said(t, err)
		}
		used, err := asking.Answered(o, text)
		if err != nil {
			said(t, err)
		} else if used.ID() != k.ID() {
			t.Errorf("%q opens as %s", text, used.ID())
		}
		if stored, err := passkey.ParseKey(text); err == nil {
			_ = stored.ID()
		}
	})
}
