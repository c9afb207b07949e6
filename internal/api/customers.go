package api

import (
	"time"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/commerce"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

type (
	customerPath struct {
		Customer user.ID `path:"customer" json:"-" description:"Id of the customer's account."`
	}
	customerChange struct {
		customerPath
		personChange
	}
	newCustomer struct {
		InBrand
		Brand         string           `json:"brand,omitempty" description:"Instead of ?brand=."`
		Location      brand.LocationID `json:"location,omitempty" description:"Home location; left out, the first order decides."`
		ExternalID    string           `json:"external_id,omitempty" example:"14646" description:"What you call the customer. Its source is the key's."`
		FirstName     string           `json:"first_name,omitempty"`
		LastName      string           `json:"last_name,omitempty"`
		Email         string           `json:"email,omitempty"`
		Phone         string           `json:"phone,omitempty"`
		Born          string           `json:"born,omitempty" example:"1990-04-20"`
		Address       string           `json:"address,omitempty"`
		Country       string           `json:"country,omitempty" example:"GB"`
		RegisteredAt  Time             `json:"registered_at,omitzero" description:"Now, when left out."`
		EmailVerified bool             `json:"email_verified,omitempty" description:"You have seen a proof that the address is theirs."`
	}
	customerOrders struct {
		customerPath
		orderFilter
	}
)

func (w customerOrders) ofCustomer() (commerce.Filter, error) {
	f, err := w.filter()
	f.Customer = w.Customer
	return f, err
}

func customers(t *table) {
	Query(t, "GET /v1/customers", directory.Customers,
		func(c *Call, w peopleList) (directory.Ask, error) { b, err := c.Brand(w.Named); return w.ask(b), err },
		func(c *Call, w peopleList, p *directory.Page) (List[CustomerRow], error) {
			return people[CustomerRow](c, w, p, directory.CustomersTotal)
		}, filtered(filtersOf(directory.CustomerFields)))
	Action(t, "POST /v1/customers", customer.Create,
		func(c *Call, w newCustomer) (in customer.New, err error) {
			in = customer.New{
				Location: w.Location, ExternalID: w.ExternalID, FirstName: w.FirstName, LastName: w.LastName, Email: w.Email,
				Phone: w.Phone, Born: w.Born, Address: w.Address, Country: w.Country, EmailVerified: w.EmailVerified,
			}
			if w.ExternalID != "" {
				in.Source = c.Key.Source
			}
			if w.RegisteredAt != 0 {
				in.RegisteredAt = time.UnixMilli(int64(w.RegisteredAt)).UTC()
			}
			named, err := either(w.Named, w.Brand)
			if err != nil {
				return in, err
			}
			in.Brand, err = c.Brand(named)
			return in, err
		},
		func(c *Call, _ newCustomer, id user.ID) (Person, error) {
			c.at("/v1/customers/" + string(id))
			return c.person(id)
		}, created, tagged)
	Query(t, "GET /v1/customers/{customer}", directory.Show,
		func(_ *Call, w customerPath) (user.ID, error) { return w.Customer, nil },
		func(c *Call, _ customerPath, p *directory.Profile) (Person, error) {
			if p.User.Kinds&user.IsCustomer == 0 {
				return Person{}, errs.ErrNotFound
			}
			c.etag = p.User.Version
			return showPerson(p), nil
		}, tagged, says("Show a customer"))
	Action(t, "PATCH /v1/customers/{customer}", account.Edit,
		func(c *Call, w customerChange) (account.Changes, error) {
			return w.changes(c, w.Customer), c.isCustomer(w.Customer)
		},
		func(c *Call, w customerChange, _ op.None) (Person, error) { return c.person(w.Customer) },
		matched, says("Edit a customer's name, e-mail, phone, birthday or address"))
	Query(t, "GET /v1/customers/{customer}/orders", commerce.List,
		func(_ *Call, w customerOrders) (commerce.Filter, error) { return w.ofCustomer() },
		func(c *Call, w customerOrders, p commerce.Page) (List[Order], error) {
			f, err := w.ofCustomer()
			if err != nil {
				return List[Order]{}, err
			}
			return w.listed(c, f, p)
		},
		says("List the orders of a customer"))
}
