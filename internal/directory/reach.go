package directory

import (
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// reach is which people of one brand a viewer sees with one permission. It depends on what a person is, since some permissions
// reach only some kinds: Support sees customers, but no colleagues.
//
// A person's place is that of user.User.Scope: the home location for a customer who is not staff, else the brand. So a viewer
// with chosen locations sees the customers at home there, and nobody else.
type reach struct {
	home  access.Scope
	kinds [3]portion // by kindsOf
}

// portion is how much of one kind of person is seen.
type portion struct {
	all   bool
	nodes []access.Scope // locations of the brand, when not all
}

func (p portion) empty() bool { return !p.all && len(p.nodes) == 0 }

// kindsOf are the kinds of person, each with its condition on the narrow row, and with that of those who have a home location.
var kindsOf = [3]struct {
	kind        access.PersonKind
	sql, atHome string
}{
	{access.Customer, "(p.kinds & 6) = 0", "(p.kinds & 7) = 1"},
	{access.CompanyUser, "(p.kinds & 6) = 4", "(p.kinds & 7) = 5"},
	{access.Staff, "(p.kinds & 2) = 2", "1 = 0"},
}

func reachOf(v *op.View, permission access.Permission, home access.Scope) reach {
	r := reach{home: home}
	for i, k := range kindsOf {
		for _, node := range v.NodesFor(permission, k.kind) {
			switch {
			case node.Covers(home):
				r.kinds[i] = portion{all: true}
			case r.kinds[i].all || k.kind == access.Staff: // staff are at home in the brand, not at a location
			case node.Kind() == access.LocationNode && node.Parent() == home:
				r.kinds[i].nodes = append(r.kinds[i].nodes, node)
			}
		}
	}
	return r
}

// staffKind is the place of colleagues in kinds.
const staffKind = 2

// and is what both reach.
func (r reach) and(other reach) reach {
	for i, p := range r.kinds {
		o := other.kinds[i]
		switch {
		case o.all:
		case p.all:
			r.kinds[i] = o
		default:
			r.kinds[i].nodes = slices.DeleteFunc(slices.Clone(p.nodes), func(n access.Scope) bool { return !slices.Contains(o.nodes, n) })
		}
	}
	return r
}

func (r reach) empty() bool {
	return !slices.ContainsFunc(r.kinds[:], func(p portion) bool { return !p.empty() })
}

// knows says whether people at home in the location are seen.
func (r reach) knows(l *brand.Location) bool {
	return slices.ContainsFunc(r.kinds[:], func(p portion) bool { return p.all || slices.Contains(p.nodes, l.Scope()) })
}

// sees says whether one of the permissions is held wherever the rows are: at every node, for every kind of person.
func (r reach) sees(v *op.View, anyOf []access.Permission) bool {
	for i, k := range kindsOf {
		nodes := r.kinds[i].nodes
		if r.kinds[i].all {
			nodes = []access.Scope{r.home}
		}
		for _, node := range nodes {
			held := func(p access.Permission) bool {
				return slices.ContainsFunc(v.NodesFor(p, k.kind), func(n access.Scope) bool { return n.Covers(node) })
			}
			if !slices.ContainsFunc(anyOf, held) {
				return false
			}
		}
	}
	return !r.empty()
}

// condition is the SQL on p (people) that leaves only what is seen; empty when everything is.
func (r reach) condition(b field.Builder, byID map[access.Scope]int64) string {
	if r.kinds[0].all && r.kinds[1].all && r.kinds[2].all {
		return ""
	}
	var parts []string
	for i, k := range kindsOf {
		p := r.kinds[i]
		if p.empty() {
			continue
		}
		condition, atHome := k.sql, k.atHome
		if i == 0 && same(p, r.kinds[1]) { // most often customers and company users go together
			condition, atHome = "(p.kinds & 2) = 0", "(p.kinds & 3) = 1"
		} else if i == 1 && same(p, r.kinds[0]) {
			continue
		}
		if !p.all {
			nums := make([]int64, 0, len(p.nodes))
			for _, node := range p.nodes {
				if num, ok := byID[node]; ok {
					nums = append(nums, num)
				}
			}
			condition = field.AnyNum(b, "p.location_num", nums) + " and " + atHome
		}
		parts = append(parts, condition)
	}
	switch len(parts) {
	case 0:
		return "1 = 0"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

func same(a, b portion) bool { return a.all == b.all && slices.Equal(a.nodes, b.nodes) }
