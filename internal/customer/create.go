package customer

import (
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// New is what one customer is made from. At least one of e-mail, phone and external id is needed.
type New struct {
	Brand         brand.ID         `json:"brand"`
	Location      brand.LocationID `json:"location,omitzero"` // home location; empty: the first order decides
	Source        string           `json:"source,omitzero"`   // of the external id
	ExternalID    string           `json:"external_id,omitzero"`
	FirstName     string           `json:"first_name,omitzero"`
	LastName      string           `json:"last_name,omitzero"`
	Email         string           `json:"email,omitzero"`
	Phone         string           `json:"phone,omitzero"`
	Born          string           `json:"born,omitzero"` // YYYY-MM-DD
	Address       string           `json:"address,omitzero"`
	Country       string           `json:"country,omitzero"`
	RegisteredAt  time.Time        `json:"registered_at,omitzero"`  // now, when it is not said
	EmailVerified bool             `json:"email_verified,omitzero"` // only programs and operators may say so
}

// Refusals of a new customer.
var (
	ErrExternalTaken = errs.New(errs.Conflict, "external_id_taken", "Another customer has this external id already. Open that customer, or use another id.")
	ErrUnattested    = errs.New(errs.Invalid, "email_verified_by_staff", "Staff cannot mark an address as verified when they create an account. Leave it out: the person confirms it.")
)

// site is where a customer is created: a brand, or one of its locations.
type site struct {
	brand    *brand.Brand
	location *brand.Location
}

// Subjects names the location if there is one, so that a Hub Admin creates customers in own hubs and nowhere else.
func (s *site) Subjects() []op.Subject {
	if s.location != nil {
		return s.location.Subjects()
	}
	return s.brand.Subjects()
}

func findSite(tx *op.Tx, b brand.ID, l brand.LocationID) (*site, error) {
	found, err := brand.Find(tx, b)
	if err != nil || l == "" {
		return &site{brand: found}, err
	}
	at, err := brand.FindLocation(tx, l)
	if err == nil && at.Brand != b {
		err = errs.ErrNotFound
	}
	return &site{found, at}, err
}

// Create makes one customer, with before and after in the log.
var Create = &op.Action[New, *site, user.ID]{
	Name:    "customer.create",
	Summary: "Create a customer",
	Allow:   access.CustomersEdit,
	Target:  func(tx *op.Tx, in New) (*site, error) { return findSite(tx, in.Brand, in.Location) },
	Do: func(tx *op.Tx, at *site, in New) (user.ID, error) {
		u, err := in.user(tx)
		if err != nil {
			return "", err
		}
		if err := u.Number(tx, at.brand); err != nil {
			return "", err
		}
		if err := user.Insert(tx, u); err != nil {
			return "", err
		}
		p := newProfile(tx, u)
		p.Location = in.Location
		if err := Profiles.Insert(tx, &p); err != nil {
			return "", err
		}
		if at.location != nil {
			if err := Statistics.Put(tx, Stats{Num: u.Num, Brand: at.brand.Num, Location: at.location.Num}); err != nil {
				return "", err
			}
		}
		return u.ID, in.link(tx, at.brand, u)
	},
}

// user is the account to be made.
func (in New) user(tx *op.Tx) (*user.User, error) {
	in.ExternalID = strings.TrimSpace(in.ExternalID)
	var wrong errs.Wrong
	if in.ExternalID == "" && strings.TrimSpace(in.Email) == "" && strings.TrimSpace(in.Phone) == "" {
		wrong.Add("email", "Give an e-mail address, a telephone number or an external id: at least one of them.")
	}
	if in.ExternalID != "" && in.Source == "" {
		wrong.Add("source", "Say whose id this is, such as “shopify”.")
	}
	if CheckExternalID(in.ExternalID) != nil {
		wrong.Add("external_id", "%s", ErrExternalID.Detail)
	}
	u := &user.User{
		Status: user.Active, FirstName: in.FirstName, LastName: in.LastName, Email: in.Email, Phone: in.Phone,
		Born: in.Born, Address: in.Address, Country: in.Country, Kinds: user.IsCustomer,
	}
	u.CleanDetails(tx.Now(), &wrong)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if !in.RegisteredAt.IsZero() {
		u.RegisteredAt = in.RegisteredAt.UnixMilli()
	}
	if in.EmailVerified {
		if tx.Caller().Kind == op.Person {
			return nil, ErrUnattested
		}
		u.EmailVerified = tx.Now().UnixMilli()
	}
	return u, nil
}

// link gives the new customer their id elsewhere.
func (in New) link(tx *op.Tx, b *brand.Brand, u *user.User) error {
	id := strings.TrimSpace(in.ExternalID)
	if id == "" {
		return nil
	}
	if _, err := FindExternal(tx, b.ID, in.Source, id); err == nil {
		return ErrExternalTaken
	}
	if err := Externals.Insert(tx, &external{b.ID, in.Source, id, u.Num}); err != nil {
		return err
	}
	return user.Index(tx, u)
}
