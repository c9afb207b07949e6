package customer

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Home sets a customer's home location. An empty location lets the first order decide again.
type Home struct {
	Customer user.ID          `json:"customer"`
	Version  int64            `json:"version,omitzero"` // of the profile; 0: whatever it is now
	Location brand.LocationID `json:"location"`
}

// move is a customer and where they are moved to: who moves them needs the permission at both, so that a Hub Admin neither takes
// a customer from another hub nor gives one to it.
type move struct {
	*Customer
	to *brand.Location
}

// Subjects names the customer and the place.
func (m *move) Subjects() []op.Subject {
	if m.to == nil {
		return m.Customer.Subjects()
	}
	return append(m.Customer.Subjects(), m.to.Subject())
}

// SetHomeLocation sets the home location: what a Hub Admin sees the customer by, and what the hub and city filters read.
var SetHomeLocation = &op.Action[Home, *move, op.None]{
	Name:    "customer.set_home_location",
	Summary: "Set a customer's home location",
	Allow:   access.CustomersEdit,
	Target: func(tx *op.Tx, in Home) (*move, error) {
		c, err := Find(tx, in.Customer)
		if err != nil || in.Location == "" {
			return &move{Customer: c}, err
		}
		l, err := brand.FindLocation(tx, in.Location)
		if err == nil && l.Brand != c.Brand {
			err = errs.ErrNotFound
		}
		return &move{c, l}, err
	},
	Do: func(tx *op.Tx, m *move, in Home) (none op.None, err error) {
		if err := op.Match(in.Version, m.Profile.Version); err != nil {
			return none, err
		}
		if m.Profile.Location == in.Location {
			return none, nil
		}
		return none, m.settle(tx, m.to)
	},
}

// settle gives a customer another home location, with what follows from it; nil: the first order decides.
func (c *Customer) settle(tx *op.Tx, at *brand.Location) error {
	b, err := brandOf(tx, c.Brand)
	if err != nil {
		return err
	}
	book, err := Open(tx, b, []int64{c.Num})
	if err != nil {
		return err
	}
	var num int64
	if c.Profile.Location = ""; at != nil {
		c.Profile.Location, num = at.ID, at.Num
	}
	if err := Profiles.Update(tx, c.Profile); err != nil {
		return err
	}
	a := book.Of(c.Num)
	a.home, a.ends = num, true // the first order decides where nothing is set
	return book.Save(tx)
}
