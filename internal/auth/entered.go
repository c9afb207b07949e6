package auth

import (
	"errors"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// SignUp is the purpose of the link that confirms a registration.
const SignUp Purpose = "sign_up"

// ErrSignUpRate refuses more registrations than a network makes in an hour.
var ErrSignUpRate = errs.New(errs.TooMany, "sign_up_rate", "There were too many registrations from your network. Wait a while, then try again.")

const signUpsPerHour = 10

// MayArrive counts a registration against its network.
func (d *Desk) MayArrive(ip string) error {
	if wait := d.arriving.take(ip, signUpsPerHour, d.Door.Now()); wait > 0 {
		return ErrSignUpRate.After(wait)
	}
	return nil
}

// Entered says whether the person has ever come in, or could: with a password, a second factor, or some other way before. Who has not
// has an account that nobody uses yet, such as one that came with a file.
func Entered(r store.Reader, u user.ID) (bool, error) {
	c, err := credentials.Find(r, string(u))
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return false, err
	}
	if err == nil && c.Hash != "" {
		return true, nil
	}
	has, err := factorsOf(r, u)
	if err != nil || has.Any() {
		return true, err
	}
	return wasHere(r, u)
}
