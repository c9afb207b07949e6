package auth

import (
	"context"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
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
	if p.As != nil {
		c.As = &op.Impersonator{Person: string(p.As.ID), Writes: p.Session.Writes}
	}
	if p.Session.Due(d.Door.Now().UnixMilli()) {
		if _, err := op.Keep(ctx, d.Door, c, session.Touch, p.Session.ID); err != nil {
			return nil, nil, err
		}
	}
	return &p, c, nil
}

// holds is what a person holds in a session of an audience, and nothing of the other two: whoever they are at the desk, at their own
// account they are a customer.
func holds(r store.Reader, u *user.User, a session.Audience) (access.Grants, error) {
	switch a {
	case session.Staff:
		return of(u.Holds, access.Staff), nil
	case session.Company:
		return companyGrants(r, u)
	}
	if u.Brand == brand.Platform {
		return nil, nil
	}
	own := access.Grant{ID: "own", Role: access.CustomerRole, Scope: u.Brand.Scope()}
	return access.Resolve(own), nil
}

// companyGrants is what somebody holds in companies of their brand.
func companyGrants(r store.Reader, u *user.User) (access.Grants, error) {
	if u.Kinds&user.IsCompany == 0 || u.Brand == brand.Platform {
		return nil, nil
	}
	all, err := role.Held(r, string(u.ID))
	return of(all, access.CompanyUser), err
}

func of(all access.Grants, kind access.PersonKind) (some access.Grants) {
	for _, g := range all {
		if g.Role.For == kind {
			some = append(some, g)
		}
	}
	return some
}

// inForce is the role of the first grant that holds now, or nil.
func inForce(grants access.Grants, now time.Time) *access.Role {
	for i := range grants {
		if grants[i].InForce(now.UnixMilli()) {
			return grants[i].Role
		}
	}
	return nil
}
