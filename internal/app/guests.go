package app

import (
	"context"

	"github.com/stewardhq/steward/internal/seed"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web"
)

// demoGuests are the customers and company users whom the demo's other sign-in pages list. The company users are made at the first
// start, as far as they are not there.
func (a *App) demoGuests(ctx context.Context) (all []web.DemoGuest, err error) {
	buyers, err := seed.Admit(ctx, a.Door)
	if err != nil {
		return nil, err
	}
	add := func(audience session.Audience, people []seed.Buyer) {
		for _, b := range people {
			all = append(all, web.DemoGuest{Audience: audience, Brand: b.Brand, Name: b.FirstName + " " + b.LastName, Sees: b.Sees, Email: b.Email})
		}
	}
	add(session.Company, buyers)
	for _, p := range seed.Places() {
		add(session.Account, seed.Guests(p.New.Slug))
	}
	return all, nil
}
