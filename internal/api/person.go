package api

import (
	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Person is an account with what hangs on it. What the caller may not see is absent.
type Person struct {
	ID            user.ID          `json:"id" required:"true" example:"usr_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Brand         brand.ID         `json:"brand,omitempty" example:"brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB" description:"Where the account belongs: a brand's id, or platform."`
	Kinds         []string         `json:"kinds,omitempty" description:"customer, staff, company_user"`
	Status        user.Status      `json:"status,omitempty" enum:"invited,active,deactivated,suspended,banned,archived,erased"`
	StatusReason  string           `json:"status_reason,omitempty"`
	StatusMessage string           `json:"status_message,omitempty" description:"What somebody who is suspended reads."`
	StatusUntil   Time             `json:"status_until,omitzero"`
	StatusSince   Time             `json:"status_since,omitzero"`
	Role          string           `json:"role,omitempty" example:"hub_admin" description:"Key of the staff role in force; customer for a customer without one."`
	FirstName     string           `json:"first_name" example:"Ada"`
	LastName      string           `json:"last_name" example:"Okafor"`
	Email         string           `json:"email" example:"ada@platform.example"`
	EmailVerified bool             `json:"email_verified"`
	Phone         string           `json:"phone" example:"+44 113 496 0000"`
	PhoneVerified bool             `json:"phone_verified"`
	IDVerified    Time             `json:"identity_verified_at" description:"When somebody checked the person's ID; null: nobody did."`
	Born          string           `json:"born" example:"1990-04-20"`
	Address       string           `json:"address" description:"Lines, as on an envelope."`
	Country       string           `json:"country" example:"GB"`
	Location      brand.LocationID `json:"location,omitempty" description:"Home location of a customer."`
	City          string           `json:"city,omitempty"`
	ExternalIDs   []External       `json:"external_ids,omitempty"`
	RegisteredAt  Time             `json:"registered_at"`
	LastSeenAt    Time             `json:"last_seen_at"`

	*PersonPurchases
	*PersonFinancials
}

// External is an id by which another system knows a person.
type External struct {
	Source string `json:"source" example:"api"`
	ID     string `json:"external_id" example:"14646"`
}

// PersonPurchases is what a customer bought, without sums: for who holds customers.purchases.
type PersonPurchases struct {
	Tier              string `json:"tier" enum:"bronze,silver,gold,platinum"`
	TierUntil         Time   `json:"tier_until"`
	OrderCount        int64  `json:"order_count"`
	RefundCount       int64  `json:"refund_count"`
	FirstOrderAt      Time   `json:"first_order_at"`
	LastOrderAt       Time   `json:"last_order_at"`
	FavouriteCategory string `json:"favourite_category"`
	// Percent, exact to a hundredth.
	FavouriteShare float64 `json:"favourite_share" example:"41.25" description:"Percent of the order lines with a category."`
}

// PersonFinancials is what a customer spent: for who holds customers.financials.
type PersonFinancials struct {
	LifetimeSpend money.Amount  `json:"lifetime_spend" description:"Native and imported, less refunds."`
	ImportedSpend money.Amount  `json:"imported_spend"`
	ImportedFrom  string        `json:"imported_from"`
	AverageOrder  money.Amount  `json:"average_order"`
	Refunds       money.Amount  `json:"refunds"`
	Profit        money.Amount  `json:"profit" description:"Of order lines with a cost."`
	NextTier      string        `json:"next_tier,omitempty" enum:"silver,gold,platinum"`
	ToNextTier    *money.Amount `json:"to_next_tier,omitempty"`
	SpendRank     int64         `json:"spend_rank,omitempty" description:"1 is the customer with the most spend; absent below the first thousand."`
}

func showPerson(p *directory.Profile) Person {
	u := p.User
	out := Person{
		ID: u.ID, Brand: u.Brand, Status: u.Status, StatusReason: u.Reason(), StatusUntil: Time(u.StatusUntil), Role: p.Role,
		FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, EmailVerified: u.EmailVerified != 0,
		Phone: u.Phone, PhoneVerified: u.PhoneVerified != 0, Born: u.Born, Address: u.Address, Country: u.Country,
		IDVerified: Time(u.IDVerified), RegisteredAt: Time(u.RegisteredAt), LastSeenAt: Time(u.LastSeenAt), Kinds: kinds(u.Kinds),
	}
	if u.Status == user.Suspended {
		out.StatusMessage = u.StatusMessage
	} else {
		out.StatusUntil = 0 // of a suspension below
	}
	if u.Status != user.Active {
		out.StatusSince = Time(u.StatusSince)
	}
	if p.Home != nil {
		out.Location, out.City = p.Home.ID, p.Home.City
	}
	for _, e := range p.Externals {
		out.ExternalIDs = append(out.ExternalIDs, External(e))
	}
	if s := p.Purchases; s != nil {
		out.PersonPurchases = &PersonPurchases{
			Tier: s.Tier.String(), TierUntil: Time(s.TierUntil), OrderCount: s.Orders, RefundCount: s.Refunds,
			FirstOrderAt: Time(s.FirstOrderAt), LastOrderAt: Time(s.LastOrderAt), FavouriteCategory: s.Favourite,
			FavouriteShare: float64(s.FavouriteShare) / 100,
		}
	}
	if f := p.Financials; f != nil {
		out.PersonFinancials = &PersonFinancials{
			LifetimeSpend: f.Lifetime, ImportedSpend: f.Imported, ImportedFrom: f.ImportedFrom, AverageOrder: f.Average,
			Refunds: f.Refunded, Profit: f.Profit, SpendRank: f.Rank,
		}
		if !f.Top {
			out.NextTier, out.ToNextTier = f.Next.String(), &f.Missing
		}
	}
	return out
}

func kinds(k user.Kinds) (names []string) {
	for _, kind := range []struct {
		bit  user.Kinds
		name string
	}{{user.IsCustomer, "customer"}, {user.IsStaff, "staff"}, {user.IsCompany, "company_user"}} {
		if k&kind.bit != 0 {
			names = append(names, kind.name)
		}
	}
	return names
}

// person reads somebody to answer them after a change, with their ETag. Who may change but not see them is answered the id alone.
func (c *Call) person(id user.ID) (Person, error) {
	p, err := op.Ask(c.Context(), c.Door, c.Caller, directory.Show, id)
	if gone(err) {
		return Person{ID: id}, nil
	}
	if err != nil {
		return Person{}, err
	}
	c.etag = p.User.Version
	return showPerson(p), nil
}

// personChange is the details of a person that may be edited. Role, status, verified flags and balances are none: each has an
// address of its own.
type personChange struct {
	FirstName *string `json:"first_name,omitempty"`
	LastName  *string `json:"last_name,omitempty"`
	Email     *string `json:"email,omitempty" description:"Somebody else's needs a step-up. An empty text removes it."`
	Phone     *string `json:"phone,omitempty"`
	Born      *string `json:"born,omitempty" example:"1990-04-20"`
	Address   *string `json:"address,omitempty"`
	Country   *string `json:"country,omitempty" example:"GB"`
}

func (p personChange) changes(c *Call, id user.ID) account.Changes {
	return account.Changes{
		User: id, Version: c.Version, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone,
		Born: p.Born, Address: p.Address, Country: p.Country,
	}
}

// isCustomer refuses, as not found, who is no customer.
func (c *Call) isCustomer(id user.ID) error {
	p, err := op.Ask(c.Context(), c.Door, c.Caller, directory.Show, id)
	if err == nil && p.User.Kinds&user.IsCustomer == 0 {
		err = errs.ErrNotFound
	}
	return err
}
