package auth

import (
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Factors is what a person can show besides a password.
type Factors struct {
	App      bool  // an authenticator app
	Passkeys int64 // how many
	Recovery int64 // recovery codes that are left; they are a way back, and no factor of their own
}

// Any says whether there is a second factor.
func (f Factors) Any() bool { return f.App || f.Passkeys > 0 }

// factorsOf reads what a person can show.
func factorsOf(r store.Reader, u user.ID) (f Factors, err error) {
	return f, nil
}

// seconds are the ways to show a second factor after a password.
var seconds = map[string]tryable{}
