package directory

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// places are the locations of a brand: all of them to name a row's, and as choices of a filter those that the viewer's rows can
// have. Others are not even known to exist.
type places struct {
	byNum   map[int64]*brand.Location
	byScope map[access.Scope]int64
	choices map[string][]field.Option
}

func placesOf(v *op.View, b brand.ID, reach reach) (p places, err error) {
	all, err := brand.LocationsOf(v, b)
	if err != nil {
		return p, err
	}
	p.byNum, p.byScope = make(map[int64]*brand.Location, len(all)), make(map[access.Scope]int64, len(all))
	var hubs, cities []field.Option
	at := map[string]int{}
	for i := range all {
		l := &all[i]
		p.byNum[l.Num], p.byScope[l.Scope()] = l, l.Num
		if !reach.knows(l) {
			continue
		}
		hubs = append(hubs, field.Option{Value: string(l.ID), Label: l.Name, Nums: []int64{l.Num}})
		slug := citySlug(l.City)
		if c, known := at[slug]; known {
			cities[c].Nums = append(cities[c].Nums, l.Num)
			continue
		}
		at[slug] = len(cities)
		cities = append(cities, field.Option{Value: slug, Label: l.City, Nums: []int64{l.Num}})
	}
	p.choices = map[string][]field.Option{"location": hubs, "city": cities}
	return p, nil
}
