package brand

import (
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Front is what everybody may know of a brand: what stands over the door of its pages.
type Front struct {
	ID   ID
	Slug string
	Name string
	Zone string
}

// Fronts reads the brand with a short name, or with none named all of them, for the pages on which its customers and company
// users sign in.
var Fronts = &op.Query[string, []Front]{
	Name: "brand.fronts", Summary: "Read what everybody may know of the brands", Open: true,
	Do: func(v *op.View, slug string) (all []Front, err error) {
		rows, err := Table.All(v, "where slug = $1 or $1 = '' order by name, id", slug)
		if err == nil && len(rows) == 0 && slug != "" {
			err = errs.ErrNotFound
		}
		for _, b := range rows {
			all = append(all, Front{b.ID, b.Slug, b.Name, b.Zone})
		}
		return all, err
	},
}
