package auth

import (
	"context"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
)

// From tells where a request comes from.
type From struct{ IP, Agent, Request string }

// Nobody is the caller of a request that shows no session.
func (f From) Nobody() *op.Caller { return op.Nobody(f.IP, f.Agent, f.Request) }

// Resolve reads who a session token belongs to, for one audience. It is asked for every request, so that what a person may do
// changes with the next one.
func (d *Desk) Resolve(ctx context.Context, from From, audience session.Audience, token string) (*Present, *op.Caller, error) {
	p, err := op.Ask(ctx, d.Door, from.Nobody(), resolve, token)
	if err != nil {
		return nil, nil, err
	}
	if p.Session.Audience != audience {
		return nil, nil, op.ErrSignIn
	}
	c := &op.Caller{
		Kind: op.Person, ID: string(p.User.ID), Person: string(p.User.ID), Home: p.User.Brand.Scope(), Grants: p.Grants,
		Session: p.Session.ID, IP: from.IP, Agent: from.Agent, Request: from.Request,
	}
	if p.Session.Due(d.Door.Now().UnixMilli()) {
		if _, err := op.Keep(ctx, d.Door, c, session.Touch, p.Session.ID); err != nil {
			return nil, nil, err
		}
	}
	return &p, c, nil
}
