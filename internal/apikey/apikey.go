// Package apikey lets programs in.
//
// A key acts for its owner and shrinks with them: at every call it has what its owner holds at that instant, cut to the
// permissions and the place that the key was made with, so that it is never above its owner. It dies with its expiry, with its
// revocation, and for good as soon as its owner's account stops being active: activating the account again brings no key back,
// as it brings no session back. The token is shown once; the database holds its SHA-256.
//
// Start with create.go (who may make which key), then authenticate.go (what a presented token becomes).
package apikey

import (
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with API keys.
var Operations = []op.Operation{Create, Revoke, List, Show, authenticate, elsewhere, touch}

// Prefix begins every token, so that a leaked one is recognised by people and by scanners.
const Prefix = "stw_"

// Key is an API key as it is kept.
type Key struct {
	ID          string   `db:"id,key"`
	Token       string   `db:"token_hash"   audit:"secret"`
	Hint        string   `db:"hint"         audit:"derived"` // the last four characters
	Owner       user.ID  `db:"owner_id"     audit:"plain"`
	Brand       brand.ID `db:"brand_id"     audit:"derived"` // the brand that it implies, or the platform
	Scope       string   `db:"scope"        audit:"plain"`
	Name        string   `db:"name"         audit:"plain"`
	Source      string   `db:"source"       audit:"plain"` // of the external ids that it sends
	Permissions string   `db:"permissions"  audit:"plain"` // separated by spaces
	Unattended  string   `db:"unattended"   audit:"plain"` // those of them that need no code of the owner's
	Networks    string   `db:"networks"     audit:"plain"` // it is taken from these only; empty is anywhere
	Version     int64    `db:"version,version"`
	CreatedAt   int64    `db:"created_at"   audit:"derived"`
	ExpiresAt   int64    `db:"expires_at"   audit:"plain"`
	RevokedAt   int64    `db:"revoked_at"   audit:"plain"`
	LastUsedAt  int64    `db:"last_used_at" audit:"upkeep"`
}

// Table is where keys are.
var Table = op.Audited[Key]("api_keys")

// Place is the node that the key works at and below.
func (k *Key) Place() access.Scope {
	s, _ := access.ParseScope(k.Scope) // what cannot be read is nowhere, and a key there does nothing
	return s
}

// Set is the permissions that the key was made with.
func (k *Key) Set() access.Set { return set(k.Permissions) }

// Unwatched is the stepped-up permissions that the key may use without a code of its owner's.
func (k *Key) Unwatched() access.Set { return set(k.Unattended).Intersect(k.Set()) }

func set(names string) access.Set {
	s, err := access.ParseSet(strings.Fields(names))
	if err != nil {
		return access.Set{}
	}
	return s
}

// Subject names the key. Its owner may know of it, and who manages keys there.
func (k *Key) Subject() op.Subject {
	return op.Subject{Kind: "api_key", ID: k.ID, Scope: k.Place(), Person: string(k.Owner), Seen: []access.Permission{access.APIKeysManage}}
}

// Subjects makes a key a target.
func (k *Key) Subjects() []op.Subject { return []op.Subject{k.Subject()} }

// State says whether a key lets anybody in.
type State string

// The states of a key. Void: its owner's account is no longer active, or was not in the meantime.
const (
	Live    State = "live"
	Revoked State = "revoked"
	Expired State = "expired"
	Void    State = "void"
)

// Refusals of a token. Who shows one knows it, so they are told why it does not work any more.
var (
	ErrUnknown = errs.New(errs.Unauthorized, "api_key_unknown", "Send a valid API key as “Authorization: Bearer stw_…”. Keys are made under Settings > API keys.")
	ErrRevoked = errs.New(errs.Unauthorized, "api_key_revoked", "This API key was revoked. Make a new one under Settings > API keys.")
	ErrExpired = errs.New(errs.Unauthorized, "api_key_expired", "This API key has expired. Make a new one under Settings > API keys.")
	ErrVoid    = errs.New(errs.Unauthorized, "api_key_void", "The account that this API key acts for is not active staff, or was not since the key was made, so the key is void. Make a new one from an active account.")
)

// state is where the key stands, given its owner.
func (k *Key) state(owner *user.User, now time.Time) State {
	ms := now.UnixMilli()
	switch {
	case k.RevokedAt != 0:
		return Revoked
	case k.ExpiresAt <= ms:
		return Expired
	case owner.Status != user.Active || owner.StatusSince > k.CreatedAt || !staff(owner.Holds, ms):
		return Void
	}
	return Live
}

// refusal is what a token of a key in this state is told.
func (s State) refusal() error {
	switch s {
	case Live:
		return nil
	case Revoked:
		return ErrRevoked
	case Expired:
		return ErrExpired
	}
	return ErrVoid
}

// staff says whether a staff grant is in force.
func staff(held access.Grants, now int64) bool {
	for i := range held {
		if held[i].Role != nil && held[i].Role.For == access.Staff && held[i].InForce(now) {
			return true
		}
	}
	return false
}
