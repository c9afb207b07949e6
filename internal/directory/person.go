package directory

import (
	"strconv"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/customer"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/user"
)

// Person is one row of a list. Only what the viewer sees is filled in; Has says what that is. Times are epoch milliseconds, 0 is
// never.
type Person struct {
	ID    user.ID
	Kinds user.Kinds

	FirstName, LastName string
	Email, Phone        string
	Role                string // key of the staff role in force; customer for who has none
	Status              user.Status
	EmailVerified       bool
	PhoneVerified       bool
	RegisteredAt        int64
	LastSeenAt          int64
	Location            brand.LocationID
	LocationName, City  string

	Tier              customer.Level
	LifetimeSpend     money.Amount
	OrderCount        int64
	AverageOrder      money.Amount
	Refunded          money.Amount
	FirstOrderAt      int64
	LastOrderAt       int64
	FavouriteCategory string
	FavouriteShare    int64 // hundredths of a percent

	externalID                        string
	num, role, status, location, tier int64
	gross, paid                       int64
	fields                            *field.Visible[Person]
}

// Has says whether the viewer sees the field.
func (p *Person) Has(key string) bool { return p.fields.Has(key) }

// Name is the full name, or empty.
func (p *Person) Name() string {
	return (&user.User{FirstName: p.FirstName, LastName: p.LastName}).Name()
}

// Title is what a list calls the person: the name, else the address, else "Customer 14646".
func (p *Person) Title() string {
	return Title(p.Name(), p.Email, p.externalID, p.num)
}

// Title names a person for people. Who has neither name nor address is known by the shop's own id, or by a number of ours.
func Title(name, email, externalID string, num int64) string {
	switch {
	case name != "":
		return name
	case email != "":
		return email
	case externalID != "":
		return "Customer " + externalID
	}
	return "Customer " + strconv.FormatInt(num&(1<<40-1), 10)
}

// settle turns what narrow rows keep into what people and programs read.
func (p *Person) settle(r *run) {
	p.Status = user.Statuses[min(max(p.status, 0), int64(len(user.Statuses)-1))]
	p.Tier = customer.Level(p.tier)
	if r.fields.Has("role") {
		if p.Role = role.Key(p.role); p.Role == "" && p.Kinds&user.IsCustomer != 0 {
			p.Role = customerRole
		}
	}
	if l := r.places.byNum[p.location]; l != nil {
		p.Location, p.LocationName, p.City = l.ID, l.Name, l.City
	}
	currency := r.terms.Currency
	p.LifetimeSpend.Currency, p.Refunded.Currency = currency, currency
	p.AverageOrder = money.Of(customer.Stats{Gross: p.gross, Orders: p.paid}.Average(), currency)
}
