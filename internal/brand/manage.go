package brand

import (
	"regexp"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
)

// Operations is what can be done with places.
var Operations = []op.Operation{Create, Edit, AddLocation, EditLocation, List, Show, Fronts}

// New is what a brand is made from.
type New struct {
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Currency string `json:"currency"`
	Zone     string `json:"time_zone"`
}

// ErrSlugTaken refuses a second brand with the same slug.
var ErrSlugTaken = errs.New(errs.Conflict, "slug_taken", "Another brand has this short name already. Choose another one: it stands in addresses.")

// Create makes a brand.
var Create = &op.Action[New, op.Place, ID]{
	Name:    "brand.create",
	Summary: "Make a brand",
	Allow:   access.BrandsCreate,
	Target:  func(*op.Tx, New) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in New) (ID, error) {
		b := &Brand{
			ID: ID(id.New("brd_", tx.Now())), CreatedAt: tx.Now().UnixMilli(),
			Slug: in.Slug, Name: in.Name, Currency: money.Currency(in.Currency), Zone: in.Zone,
		}
		if err := b.check(); err != nil {
			return "", err
		}
		if _, err := FindBySlug(tx, b.Slug); err == nil {
			return "", ErrSlugTaken
		}
		var err error
		if b.Num, err = tx.Next("brands", 1); err != nil {
			return "", err
		}
		return b.ID, Table.Insert(tx, b)
	},
}

// Change changes a brand. A nil field stays as it is.
type Change struct {
	Brand    ID      `json:"brand"`
	Version  int64   `json:"version,omitempty"` // 0: whatever it is now
	Name     *string `json:"name,omitempty"`
	Currency *string `json:"currency,omitempty"`
	Zone     *string `json:"time_zone,omitempty"`
}

// ErrCurrencyFixed refuses another currency once there are orders in the old one.
var ErrCurrencyFixed = errs.New(errs.Conflict, "currency_fixed", "This brand has orders, so its currency cannot change any more. Make a new brand for another currency.")

// Edit changes a brand's name and time zone, and its currency before the first order.
var Edit = &op.Action[Change, *Brand, op.None]{
	Name:    "brand.edit",
	Summary: "Edit a brand",
	Allow:   access.SettingsEdit,
	Target:  func(tx *op.Tx, in Change) (*Brand, error) { return Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *Brand, in Change) (op.None, error) {
		if err := op.Match(in.Version, b.Version); err != nil {
			return op.None{}, err
		}
		if in.Currency != nil && money.Currency(*in.Currency) != b.Currency {
			var used int64
			if err := tx.QueryRow("select count(*) from (select 1 as one from orders where brand_id = $1 limit 1) as first_order", b.ID).Scan(&used); err != nil {
				return op.None{}, err
			}
			if used > 0 {
				return op.None{}, ErrCurrencyFixed
			}
			b.Currency = money.Currency(*in.Currency)
		}
		set(&b.Name, in.Name)
		set(&b.Zone, in.Zone)
		if err := b.check(); err != nil {
			return op.None{}, err
		}
		return op.None{}, Table.Update(tx, b)
	},
}

var slugForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

func (b *Brand) check() error {
	var wrong errs.Wrong
	if !slugForm.MatchString(b.Slug) || b.Slug == string(Platform) {
		wrong.Add("slug", "Write 2 to 40 lower-case letters, digits and hyphens, beginning with a letter, such as “marlow-finch”.")
	}
	b.Name = cleanName(&wrong, "name", b.Name, "A brand needs a name.")
	if c, err := money.ParseCurrency(string(b.Currency)); err != nil {
		wrong.Add("currency", "Write a currency's three-letter code, such as GBP.")
	} else {
		b.Currency = c
	}
	if _, err := time.LoadLocation(b.Zone); err != nil || b.Zone == "" || b.Zone == "Local" {
		wrong.Add("time_zone", "Write a time zone such as Europe/London.")
	}
	return wrong.Err()
}

// List lists the brands that the caller may know of.
var List = &op.Query[op.None, []Brand]{
	Name: "brand.list", Summary: "List the brands", Own: true,
	Do: func(v *op.View, _ op.None) ([]Brand, error) {
		if err := v.Signed(); err != nil {
			return nil, err
		}
		all, err := All(v)
		if err != nil {
			return nil, err
		}
		known := all[:0]
		for _, b := range all {
			if v.Knows(b.Subject()) {
				known = append(known, b)
			}
		}
		return known, nil
	},
}

// Detail is a brand with its locations, as far as the caller may know of them.
type Detail struct {
	Brand     Brand
	Locations []Location
}

// Show reads a brand with its locations.
var Show = &op.Query[ID, Detail]{
	Name: "brand.show", Summary: "Show a brand and its locations", Own: true,
	Do: func(v *op.View, b ID) (d Detail, err error) {
		if err := v.Signed(); err != nil {
			return d, err
		}
		found, err := Find(v, b)
		if err != nil {
			return d, err
		}
		if !v.Knows(found.Subject()) {
			return d, errs.ErrNotFound
		}
		d.Brand = *found
		all, err := LocationsOf(v, b)
		for _, l := range all {
			if v.Knows(l.Subject()) {
				d.Locations = append(d.Locations, l)
			}
		}
		return d, err
	},
}
