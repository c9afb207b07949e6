package errs_test

import (
	"errors"
	"testing"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// A refusal that becomes what is wrong with a field is said by its sentence: neither its code nor its cause is for people.
func TestAFieldIsToldTheSentenceOfARefusal(t *testing.T) {
	t.Parallel()
	refusal := errs.New(errs.Invalid, "phone_unreadable", "Write a telephone number.")
	for _, err := range []error{refusal, refusal.Because(errors.New("a secret of the inside"))} {
		if got := errs.Of(errs.Field("phone", "%s", err)).Fields["phone"]; got != refusal.Detail {
			t.Errorf("the field is told %q", got)
		}
	}
}
