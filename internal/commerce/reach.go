package commerce

import (
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// reach is which orders of one brand a caller sees (product.md, "Rulings on the data"): all of them; or those of the customers
// whose home is at own locations, and those placed at own locations by anybody, with the buyer's name only.
type reach struct {
	whole  bool
	places []place // own locations
}

type place struct {
	id  brand.LocationID
	num int64
}

// reachOf is the caller's reach for a permission.
func reachOf(v *op.View, b *brand.Brand, p access.Permission) (r reach, err error) {
	for _, node := range v.Nodes(p) {
		if node.Covers(b.ID.Scope()) {
			return reach{whole: true}, nil
		}
		if node.BrandID() == string(b.ID) && node.LocationID() != "" && node.CompanyID() == "" {
			r.places = append(r.places, place{id: brand.LocationID(node.LocationID())})
		}
	}
	if len(r.places) == 0 {
		return r, nil
	}
	all, err := brand.LocationsOf(v, b.ID)
	for i := range r.places {
		for _, l := range all {
			if l.ID == r.places[i].id {
				r.places[i].num = l.Num
			}
		}
	}
	return r, err
}

func (r reach) nothing() bool { return !r.whole && len(r.places) == 0 }

// hasHome says whether a customer with this home location (by number) is within reach: then the buyer is linked.
func (r reach) hasHome(location int64) bool {
	if r.whole {
		return true
	}
	for _, p := range r.places {
		if p.num == location && location != 0 {
			return true
		}
	}
	return false
}

// condition is the reach in SQL over orders o and people p.
func (r reach) condition(args *[]any) string {
	if r.whole {
		return ""
	}
	var ids, nums []string
	for _, p := range r.places {
		*args = append(*args, string(p.id))
		ids = append(ids, "$"+strconv.Itoa(len(*args)))
		*args = append(*args, p.num)
		nums = append(nums, "$"+strconv.Itoa(len(*args)))
	}
	return " and (o.location_id in (" + strings.Join(ids, ", ") + ") or p.location_num in (" + strings.Join(nums, ", ") + "))"
}

// subjects are the two places that an order belongs to: its buyer's, and its own.
func (o *Order) subjects(home access.Scope) (buyer, place op.Subject) {
	seen := []access.Permission{access.OrdersView, access.CustomersPurchases}
	buyer = op.Subject{Kind: "order", ID: string(o.ID), Scope: home, Seen: seen}
	place = buyer
	place.Scope = o.Brand.Scope()
	if o.Location != "" {
		place.Scope = place.Scope.Location(string(o.Location))
	}
	return buyer, place
}

// homeOf is the place of a customer in the tree.
func homeOf(r store.Reader, o *Order) (scope access.Scope, location int64, err error) {
	var id string
	err = r.QueryRow("select p.location_num, coalesce(l.id, '') from people p left join locations l on l.num = p.location_num where p.num = $1", o.User).
		Scan(&location, &id)
	scope = o.Brand.Scope()
	if id != "" {
		scope = scope.Location(id)
	}
	return scope, location, err
}
