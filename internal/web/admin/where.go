package admin

import (
	"net/url"
	"slices"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// whereForm is the part of a form that says where a role holds. An account of a brand holds roles within that brand: all of it, or
// some locations. One of the platform holds them on the platform, or in brands that are chosen, one or several.
type whereForm struct {
	home   brand.ID
	Brands []string // as they were sent, for an account of the platform: "platform", or brands
	at     []*chosenPlace
}

// chosenPlace is one place of the role.
type chosenPlace struct {
	brand     brand.ID
	name      string
	locations []brand.Location
	fields    string // what its fields are called after: ".<brand>" where there may be several

	Some   bool // chosen locations instead of all
	Chosen []string
	whole  bool // the viewer may give roles at the whole place
}

// many says whether the places are chosen in the form.
func (w *whereForm) many() bool { return w.home == brand.Platform }

// read takes the places as they were sent. may is what the viewer must hold to give a role at a place.
func (w *whereForm) read(v *web.Visit, form url.Values, may access.Permission) error {
	named := []string{string(w.home)}
	if w.many() {
		w.Brands = slices.DeleteFunc(slices.Clone(form["brand"]), func(b string) bool { return b == "" })
		named = w.Brands
	}
	now := v.Site.Door.Now().UnixMilli()
	for i, b := range named {
		if slices.Contains(named[:i], b) {
			continue
		}
		p := &chosenPlace{brand: brand.ID(b), name: "the platform"}
		if w.many() {
			p.fields = "." + b
		}
		if p.brand != brand.Platform {
			known := homeBrand(v, p.brand)
			if known == nil {
				return errs.ErrNotFound
			}
			d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, p.brand)
			if err != nil {
				return err
			}
			p.name, p.locations = known.Name, d.Locations
		}
		p.whole = v.Caller.Grants.Can(now, may, p.brand.Scope(), access.Everybody)
		p.Some, p.Chosen = form.Get("where"+p.fields) == "some", form["location"+p.fields]
		if !p.whole && p.brand != brand.Platform {
			p.Some = true
		}
		w.at = append(w.at, p)
	}
	return nil
}

// offered are the roles that the viewer may give at every one of the places, or at locations of it.
func (w *whereForm) offered(v *web.Visit) (roles []*access.Role) {
	now := v.Site.Door.Now().UnixMilli()
	for _, r := range access.BuiltIn {
		offers := func(at access.Scope) bool {
			return r.StandsAt(at) && v.Caller.Grants.CanGive(now, r, access.Adjustment{}, at)
		}
		everywhere := len(w.at) > 0
		for _, p := range w.at {
			everywhere = everywhere && slices.ContainsFunc(p.all(), offers)
		}
		if r.For == access.Staff && everywhere {
			roles = append(roles, r)
		}
	}
	return roles
}

// all is the place with its locations.
func (p *chosenPlace) all() []access.Scope {
	all := []access.Scope{p.brand.Scope()}
	for i := range p.locations {
		all = append(all, p.locations[i].Scope())
	}
	return all
}

// nodes are the nodes that are chosen: all locations of a place where none was chosen yet.
func (w *whereForm) nodes() (at []access.Scope) {
	for _, p := range w.at {
		if !p.Some {
			at = append(at, p.brand.Scope())
			continue
		}
		for i := range p.locations {
			if len(p.Chosen) == 0 || slices.Contains(p.Chosen, string(p.locations[i].ID)) {
				at = append(at, p.locations[i].Scope())
			}
		}
	}
	return at
}

func (w *whereForm) places() (all []account.Place) {
	for _, p := range w.at {
		place := account.Place{Brand: p.brand}
		if p.Some {
			for _, l := range p.Chosen {
				place.Locations = append(place.Locations, brand.LocationID(l))
			}
		}
		all = append(all, place)
	}
	return all
}

// check refuses what the domain would refuse after a code, as far as it can be seen before. r is nil until a role was chosen.
func (w *whereForm) check(wrong *errs.Wrong, r *access.Role) {
	if w.many() && len(w.at) == 0 {
		wrong.Add("brand", "Choose where the role holds: on the platform, or within brands.")
	}
	if len(w.at) > 1 && slices.Contains(w.Brands, string(brand.Platform)) {
		wrong.Add("brand", "Choose the platform alone: it includes every brand.")
	}
	for _, p := range w.at {
		switch {
		case p.Some && len(p.Chosen) == 0:
			wrong.Add("location"+p.fields, "Choose at least one location, or all of them.")
		case r != nil && !p.Some && !r.StandsAt(p.brand.Scope()) && len(p.locations) > 0:
			wrong.Add("location"+p.fields, "%s is held at single locations. Choose locations.", r.Name)
		}
	}
}

// drawn are the fields of this part.
func (w *whereForm) drawn() (fields []string) {
	if w.many() {
		fields = append(fields, "brand")
	}
	for _, p := range w.at {
		if len(p.locations) > 0 {
			fields = append(fields, "location"+p.fields)
		}
	}
	return append(fields, "locations")
}

// say moves what the domain says of locations to the field that is drawn.
func (w *whereForm) say(t troubles) troubles {
	for _, p := range w.at {
		if len(p.locations) > 0 {
			return t.moved("locations", "location"+p.fields)
		}
	}
	return t
}

// placeName is a node as people call it.
func (w *whereForm) placeName(s access.Scope) string {
	for _, p := range w.at {
		for i := range p.locations {
			if p.locations[i].Scope() == s {
				return p.locations[i].Name
			}
		}
		if p.brand.Scope() == s {
			return p.name
		}
	}
	return "the platform"
}

// brands are the places that can be chosen.
func (w *whereForm) brands(v *web.Visit) []ui.Option {
	all := []ui.Option{{Value: string(brand.Platform), Label: "Platform, and every brand"}}
	for i := range v.Brands {
		all = append(all, ui.Option{Value: string(v.Brands[i].ID), Label: v.Brands[i].Name})
	}
	return all
}

func (p *chosenPlace) options() (all []ui.Option) {
	for i := range p.locations {
		o := ui.Option{Value: string(p.locations[i].ID), Label: p.locations[i].Name}
		if city := p.locations[i].City; city != o.Label {
			o.Hint = city
		}
		all = append(all, o)
	}
	return all
}

// of names a field of the place for people.
func (p *chosenPlace) of(field string) string {
	if p.fields == "" {
		return field
	}
	return field + " of " + p.name
}

func (p *chosenPlace) where() string {
	if p.Some {
		return "some"
	}
	return "all"
}

func (p *chosenPlace) wheres() []ui.Option {
	return []ui.Option{
		{Value: "all", Label: "All", Hint: "Also those that are added later.", Off: !p.whole},
		{Value: "some", Label: "Only chosen ones"},
	}
}
