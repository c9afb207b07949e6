package brand

import (
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
)

// LocationID is a location's public id: loc_…
type LocationID string

// Location is a hub of a brand: a store, a dispensary, a depot. It has a city.
type Location struct {
	ID        LocationID `db:"id,key"`
	Num       int64      `db:"num"        audit:"derived"`
	Brand     ID         `db:"brand_id"   audit:"plain"`
	Name      string     `db:"name"       audit:"plain"`
	City      string     `db:"city"       audit:"plain"`
	Version   int64      `db:"version,version"`
	CreatedAt int64      `db:"created_at" audit:"derived"`
}

// Locations is where locations are.
var Locations = op.Audited[Location]("locations")

// Scope is the node of the location.
func (l *Location) Scope() access.Scope { return l.Brand.Scope().Location(string(l.ID)) }

// Subject names the location.
func (l *Location) Subject() op.Subject {
	return op.Subject{Kind: "location", ID: string(l.ID), Scope: l.Scope()}
}

// Subjects makes a location a target.
func (l *Location) Subjects() []op.Subject { return []op.Subject{l.Subject()} }

// FindLocation reads a location.
func FindLocation(r store.Reader, id LocationID) (*Location, error) { return Locations.Find(r, id) }

// LocationsOf lists a brand's locations by name.
func LocationsOf(r store.Reader, b ID) ([]Location, error) {
	return Locations.All(r, "where brand_id = $1 order by name, id", b)
}

// NewLocation is what a location is made from.
type NewLocation struct {
	Brand ID     `json:"brand"`
	Name  string `json:"name"`
	City  string `json:"city"`
}

// AddLocation opens a location of a brand.
var AddLocation = &op.Action[NewLocation, *Brand, LocationID]{
	Name:    "location.create",
	Summary: "Add a location to a brand",
	Allow:   access.SettingsEdit,
	Target:  func(tx *op.Tx, in NewLocation) (*Brand, error) { return Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *Brand, in NewLocation) (LocationID, error) {
		l := &Location{
			ID: LocationID(id.New("loc_", tx.Now())), Brand: b.ID, CreatedAt: tx.Now().UnixMilli(),
			Name: in.Name, City: in.City,
		}
		if err := l.check(); err != nil {
			return "", err
		}
		var err error
		if l.Num, err = tx.Next("locations", 1); err != nil {
			return "", err
		}
		return l.ID, Locations.Insert(tx, l)
	},
}

// LocationEdit changes a location. A nil field stays as it is.
type LocationEdit struct {
	Location LocationID `json:"location"`
	Version  int64      `json:"version,omitempty"` // 0: whatever it is now
	Name     *string    `json:"name,omitempty"`
	City     *string    `json:"city,omitempty"`
}

// EditLocation changes a location's name or city.
var EditLocation = &op.Action[LocationEdit, *Location, op.None]{
	Name:    "location.edit",
	Summary: "Edit a location",
	Allow:   access.SettingsEdit,
	Target:  func(tx *op.Tx, in LocationEdit) (*Location, error) { return FindLocation(tx, in.Location) },
	Do: func(tx *op.Tx, l *Location, in LocationEdit) (op.None, error) {
		if err := op.Match(in.Version, l.Version); err != nil {
			return op.None{}, err
		}
		set(&l.Name, in.Name)
		set(&l.City, in.City)
		if err := l.check(); err != nil {
			return op.None{}, err
		}
		return op.None{}, Locations.Update(tx, l)
	},
}

func (l *Location) check() error {
	var wrong errs.Wrong
	l.Name = cleanName(&wrong, "name", l.Name, "A location needs a name, such as its street or quarter.")
	l.City = cleanName(&wrong, "city", l.City, "A location needs a city: people filter by it.")
	return wrong.Err()
}

func cleanName(wrong *errs.Wrong, field, value, missing string) string {
	clean, err := text.CleanName(value)
	switch {
	case err != nil:
		wrong.Add(field, "%s", err)
	case strings.TrimSpace(clean) == "":
		wrong.Add(field, "%s", missing)
	}
	return clean
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// PlaceName is how people call a node of the tree of places: the platform, Aurora Goods, Aurora Goods: York.
func PlaceName(r store.Reader, at access.Scope) string {
	if at == access.Platform {
		return "the platform"
	}
	b, err := Find(r, ID(at.BrandID()))
	if err != nil {
		return at.String()
	}
	if l := at.LocationID(); l != "" {
		if found, err := FindLocation(r, LocationID(l)); err == nil {
			return b.Name + ": " + found.Name
		}
	}
	return b.Name
}
