package seed

import (
	"context"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Buyer is a company user of a made world, in a company that is no row yet.
type Buyer struct {
	Key, FirstName, LastName string
	Brand                    string // slug
	Company                  string
	Email                    string
	Sees                     string // what the demo's sign-in page says of them

	ID user.ID
}

// Buyers are the company users of every made world: one for each brand.
func Buyers() []Buyer {
	return []Buyer{
		{Key: "greta", FirstName: "Greta", LastName: "Olsson", Brand: "aurora", Company: "cmp_brightwell", Email: "g.olsson@brightwell.example", Sees: "Company admin of Brightwell Schools"},
		{Key: "noah", FirstName: "Noah", LastName: "Feldman", Brand: "meridian", Company: "cmp_halyard", Email: "n.feldman@halyard.example", Sees: "Company admin of Halyard Hotels"},
	}
}

// Admit makes the company users, as far as they are not there.
func Admit(ctx context.Context, door *op.Door) ([]Buyer, error) {
	all := Buyers()
	for i := range all {
		b := &all[i]
		home, err := brand.FindBySlug(door.Store().Read(ctx), b.Brand)
		if err != nil {
			return nil, err
		}
		found, err := user.FindByEmail(door.Store().Read(ctx), home.ID, b.Email)
		switch {
		case err == nil:
			b.ID = found.ID
		case missing(err):
			b.ID, err = op.Do(ctx, door, op.HostOperator("seed"), account.AddBuyer, account.NewBuyer{
				Brand: home.ID, Company: b.Company, Role: "company_admin", Email: b.Email, FirstName: b.FirstName, LastName: b.LastName,
			})
			if err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
	return all, nil
}

// Guests are customers of the demo to try an account as: key, name, address and what there is to see.
func Guests(slug string) (all []Buyer) {
	for _, r := range regulars[slug] {
		if r.email != "" && !r.gone && !r.doubtful && len(all) < 3 {
			sees := "a customer without orders"
			if r.orders > 0 {
				sees = "a customer with orders"
			}
			all = append(all, Buyer{Key: r.key, FirstName: r.first, LastName: r.last, Brand: slug, Email: r.email, Sees: sees})
		}
	}
	return all
}
