package apikey

import (
	"context"
	"errors"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/user"
)

// From tells where a request comes from.
type From struct{ IP, Agent, Request string }

// presented is a key that lets in, with whom it acts for.
type presented struct {
	key   Key
	owner user.User
}

// tokenHash is what a token is looked up by. It has its own type so that no token is passed where its hash belongs.
type tokenHash string

// authenticate reads whose a token is. It is asked for every call, so that what a key may do changes with the next one.
var authenticate = &op.Query[tokenHash, presented]{
	Name: "apikey.authenticate", Summary: "Read whose an API key is", Open: true,
	Do: func(v *op.View, hash tokenHash) (p presented, err error) {
		k, err := Table.One(v, "where token_hash = $1", string(hash))
		if errors.Is(err, errs.ErrNotFound) {
			return p, ErrUnknown
		}
		if err != nil {
			return p, err
		}
		owner, err := user.Find(v, k.Owner)
		if errors.Is(err, errs.ErrNotFound) {
			return p, ErrVoid
		}
		if err != nil {
			return p, err
		}
		return presented{*k, *owner}, k.state(owner, v.Now()).refusal()
	},
}

// Authenticate makes a token the caller that it stands for: its owner, with what they hold now, within what the key was made
// with. The key comes back with it, without its hash.
func Authenticate(ctx context.Context, d *op.Door, token string, from From) (*op.Caller, Key, error) {
	nobody := op.Nobody(from.IP, from.Agent, from.Request)
	if !strings.HasPrefix(token, Prefix) {
		return nil, Key{}, ErrUnknown
	}
	p, err := op.Ask(ctx, d, nobody, authenticate, tokenHash(secret.HashToken(token)))
	if err != nil {
		return nil, Key{}, err
	}
	k := p.key
	k.Token = ""
	c := &op.Caller{
		Kind: op.Key, ID: k.ID, Person: string(p.owner.ID), Home: p.owner.Brand.Scope(),
		Grants: p.owner.Holds.Only(k.Set(), k.Place()), Unattended: k.Unwatched(),
		IP: from.IP, Agent: from.Agent, Request: from.Request,
	}
	if !k.takenFrom(from.IP) {
		_, err := op.Ask(ctx, d, c, elsewhere, op.None{})
		return nil, Key{}, err
	}
	if d.Now().UnixMilli()-k.LastUsedAt >= usedEvery {
		if _, err := op.Keep(ctx, d, c, touch, k.ID); err != nil {
			return nil, Key{}, err
		}
	}
	return c, k, nil
}

// usedEvery is how much later a key must be used again for it to be written down, in milliseconds.
const usedEvery = 60_000

// touch notes that a key is in use, at most once a minute.
var touch = &op.Upkeep[string, op.None]{
	Name: "apikey.touch", Summary: "Note that an API key is in use",
	Do: func(tx *op.Tx, keyID string) (op.None, error) {
		k, err := Table.Find(tx, keyID)
		if err != nil {
			return op.None{}, err
		}
		if tx.Now().UnixMilli()-k.LastUsedAt < usedEvery {
			return op.None{}, nil
		}
		k.LastUsedAt = tx.Now().UnixMilli()
		return op.None{}, Table.Update(tx, k)
	},
}
