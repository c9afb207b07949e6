package apikey

import (
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Acting is the caller that a key stands for at this moment, for work that goes on after the call that asked for it: what the key
// or its owner lost meanwhile, the work has lost.
func Acting(r store.Reader, keyID string, now time.Time) (*op.Caller, error) {
	k, err := Table.Find(r, keyID)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	owner, err := user.Find(r, k.Owner)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, ErrVoid
	}
	if err != nil {
		return nil, err
	}
	return &op.Caller{
		Kind: op.Key, ID: k.ID, Person: string(owner.ID), Home: owner.Brand.Scope(),
		Grants: owner.Holds.Only(k.Set(), k.Place()), Unattended: k.Unwatched(),
	}, k.state(owner, now).refusal()
}
