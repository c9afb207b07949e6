package op

import "github.com/stewardhq/steward/internal/kernel/errs"

// While says what becomes of an action while somebody is impersonated. The zero value refuses it: credentials, money, keys, exports,
// consents and whatever nobody has thought about are never reached through another person's eyes.
type While uint8

// The choices.
const (
	Refused While = iota
	Writing       // who may also write does it
	Always        // ending the impersonation
)

// ErrImpersonating refuses what is not done through another person's eyes.
var ErrImpersonating = errs.New(errs.Forbidden, "impersonating", "You are looking through somebody else's eyes, and this is theirs alone to do. End the impersonation first; what staff may do is on the person's page.")

// impersonated refuses an action that an impersonator does not do.
func (c *Caller) impersonated(w While) error {
	if c.As == nil || w == Always || w == Writing && c.As.Writes {
		return nil
	}
	return ErrImpersonating
}
