package api

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Brand is a shop.
type Brand struct {
	ID        brand.ID `json:"id" example:"brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Slug      string   `json:"slug" example:"aurora" description:"Short name, for addresses."`
	Name      string   `json:"name" example:"Aurora Goods"`
	Currency  string   `json:"currency" example:"GBP" description:"ISO 4217; fixed after the first order."`
	Zone      string   `json:"time_zone" example:"Europe/London"`
	CreatedAt Time     `json:"created_at"`
}

// Location is a hub of a brand.
type Location struct {
	ID        brand.LocationID `json:"id" example:"loc_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Brand     brand.ID         `json:"brand" example:"brd_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Name      string           `json:"name" example:"York"`
	City      string           `json:"city" example:"York"`
	CreatedAt Time             `json:"created_at"`
}

func showBrand(b brand.Brand) Brand {
	return Brand{ID: b.ID, Slug: b.Slug, Name: b.Name, Currency: string(b.Currency), Zone: b.Zone, CreatedAt: Time(b.CreatedAt)}
}

func showLocation(l brand.Location) Location {
	return Location{ID: l.ID, Brand: l.Brand, Name: l.Name, City: l.City, CreatedAt: Time(l.CreatedAt)}
}

type (
	brandPath struct {
		Brand brand.ID `path:"brand" json:"-" description:"Id of the brand."`
	}
	newBrand struct {
		Slug     string `json:"slug" required:"true" example:"aurora"`
		Name     string `json:"name" required:"true" example:"Aurora Goods"`
		Currency string `json:"currency" required:"true" example:"GBP"`
		Zone     string `json:"time_zone" required:"true" example:"Europe/London"`
	}
	brandChange struct {
		brandPath
		Name     *string `json:"name,omitempty"`
		Currency *string `json:"currency,omitempty"`
		Zone     *string `json:"time_zone,omitempty"`
	}
	locationPath struct {
		Location brand.LocationID `path:"location" json:"-" description:"Id of the location."`
	}
	locationList struct {
		InBrand
		Page
	}
	newLocation struct {
		InBrand
		Brand string `json:"brand,omitempty" description:"Instead of ?brand=."`
		Name  string `json:"name" required:"true" example:"York"`
		City  string `json:"city" required:"true" example:"York"`
	}
	locationChange struct {
		locationPath
		Name *string `json:"name,omitempty"`
		City *string `json:"city,omitempty"`
	}
)

func places(t *table) {
	Query(t, "GET /v1/brands", brand.List, nothing[Page],
		func(c *Call, p Page, all []brand.Brand) (List[Brand], error) {
			return paged(c, mapped(all, showBrand), p, func(b *Brand) string { return string(b.ID) }, "")
		})
	Action(t, "POST /v1/brands", brand.Create,
		func(_ *Call, w newBrand) (brand.New, error) { return brand.New(w), nil },
		func(c *Call, _ newBrand, id brand.ID) (Brand, error) { return c.brand(id, "/v1/brands/"+string(id)) }, created, tagged)
	Query(t, "GET /v1/brands/{brand}", brand.Show,
		func(_ *Call, w brandPath) (brand.ID, error) { return w.Brand, nil },
		func(c *Call, _ brandPath, d brand.Detail) (Brand, error) {
			c.etag = d.Brand.Version
			return showBrand(d.Brand), nil
		}, tagged)
	Action(t, "PATCH /v1/brands/{brand}", brand.Edit,
		func(c *Call, w brandChange) (brand.Change, error) {
			return brand.Change{Brand: w.Brand, Version: c.Version, Name: w.Name, Currency: w.Currency, Zone: w.Zone}, nil
		},
		func(c *Call, w brandChange, _ op.None) (Brand, error) { return c.brand(w.Brand, "") }, matched)

	Query(t, "GET /v1/locations", brand.Show,
		func(c *Call, w locationList) (brand.ID, error) { return c.Brand(w.Named) },
		func(c *Call, w locationList, d brand.Detail) (List[Location], error) {
			return paged(c, mapped(d.Locations, showLocation), w.Page, func(l *Location) string { return string(l.ID) }, string(d.Brand.ID))
		}, says("List the locations of a brand"))
	Action(t, "POST /v1/locations", brand.AddLocation,
		func(c *Call, w newLocation) (in brand.NewLocation, err error) {
			named, err := either(w.Named, w.Brand)
			if err != nil {
				return in, err
			}
			in = brand.NewLocation{Name: w.Name, City: w.City}
			in.Brand, err = c.Brand(named)
			return in, err
		},
		func(c *Call, _ newLocation, id brand.LocationID) (Location, error) {
			return c.location(id, "/v1/locations/"+string(id))
		}, created, tagged)
	Query(t, "GET /v1/locations/{location}", brand.List, nothing[locationPath],
		func(c *Call, w locationPath, _ []brand.Brand) (Location, error) { return c.location(w.Location, "") },
		tagged, says("Show a location"))
	Action(t, "PATCH /v1/locations/{location}", brand.EditLocation,
		func(c *Call, w locationChange) (brand.LocationEdit, error) {
			return brand.LocationEdit{Location: w.Location, Version: c.Version, Name: w.Name, City: w.City}, nil
		},
		func(c *Call, w locationChange, _ op.None) (Location, error) { return c.location(w.Location, "") }, matched)
}

// brand reads a brand to answer it, with its ETag. at is where it is found, when it is new.
func (c *Call) brand(id brand.ID, at string) (Brand, error) {
	d, err := op.Ask(c.Context(), c.Door, c.Caller, brand.Show, id)
	if err != nil {
		return Brand{}, err
	}
	c.etag = d.Brand.Version
	c.at(at)
	return showBrand(d.Brand), nil
}

// location finds a location among the brands that the caller may know of. There are tens of brands, not thousands.
func (c *Call) location(id brand.LocationID, at string) (Location, error) {
	known, err := op.Ask(c.Context(), c.Door, c.Caller, brand.List, op.None{})
	if err != nil {
		return Location{}, err
	}
	for _, b := range known {
		d, err := op.Ask(c.Context(), c.Door, c.Caller, brand.Show, b.ID)
		if err != nil {
			return Location{}, err
		}
		for _, l := range d.Locations {
			if l.ID == id {
				c.etag = l.Version
				c.at(at)
				return showLocation(l), nil
			}
		}
	}
	return Location{}, errs.ErrNotFound
}

// at says where something new is found.
func (c *Call) at(path string) {
	if path != "" {
		c.W.Header().Set("Location", path)
	}
}

func mapped[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}
