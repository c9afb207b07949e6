package account

import (
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Member is somebody with a role at a place, as Settings > Users lists them.
type Member struct {
	User   user.ID
	Name   string
	Email  string // only where the account itself may be seen
	Status user.Status
	Seen   bool // the caller may open the account
	LastAt int64
	Grants []access.Grant
}

// Role is the role of the member, with what its grants change: "Brand Admin, 2 changes".
func (m Member) Role() string {
	if len(m.Grants) == 0 {
		return ""
	}
	return m.Grants[0].Adjustment.Describe(m.Grants[0].Role)
}

// Changes is what differs from the role, in words; empty where nothing does.
func (m Member) Changes() string {
	if len(m.Grants) == 0 {
		return ""
	}
	return m.Grants[0].Adjustment.Summary(m.Grants[0].Role)
}

// maxStaff is more staff than one place has; a longer list is what /admin/users is for.
const maxStaff = 500

// Staff lists who holds a staff role at a brand or below it, or at the platform, with role and scope.
var Staff = &op.Query[brand.ID, []Member]{
	Name: "staff.list", Summary: "List who has which staff role at a place", Allow: access.StaffRolesView,
	Do: func(v *op.View, b brand.ID) ([]Member, error) {
		place := op.Installation
		if b != brand.Platform {
			found, err := brand.Find(v, b)
			if err != nil {
				return nil, err
			}
			place = op.Place{Kind: "brand", ID: string(b), Scope: found.ID.Scope(), Hidden: true}
		}
		if err := v.Require(access.StaffRolesView, place); err != nil {
			return nil, err
		}
		under := place.Scope.String() + "/"
		ids, err := store.All(v, func(row store.Row) (id user.ID, err error) { return id, row.Scan(&id) },
			`select u.id from users u where u.id in (select g.user_id from grants g where g.ended_at = 0 and (g.until_at = 0 or g.until_at > $1)
				and (g.scope = $2 or substr(g.scope, 1, $3) = $4)) order by u.name_sort, u.num limit $5`,
			v.Now().UnixMilli(), place.Scope.String(), len(under), under, maxStaff)
		if err != nil {
			return nil, err
		}
		var all []Member
		for _, id := range ids {
			m, err := member(v, id, place.Scope)
			if err != nil {
				return nil, err
			}
			if len(m.Grants) > 0 {
				all = append(all, m)
			}
		}
		return all, nil
	},
}

func member(v *op.View, id user.ID, within access.Scope) (m Member, err error) {
	u, err := user.Find(v, id)
	if err != nil {
		return m, err
	}
	m = Member{User: u.ID, Name: u.Name(), Status: u.Status, Seen: v.Knows(u.Subject())}
	if m.Seen {
		m.Email, m.LastAt = u.Email, u.LastSeenAt
	}
	for _, g := range u.Holds {
		ended := g.Until != 0 && g.Until <= v.Now().UnixMilli()
		if g.Role.For == access.Staff && !ended && (within == g.Scope || within != access.Platform && within.Covers(g.Scope)) {
			m.Grants = append(m.Grants, g)
		}
	}
	return m, nil
}

// Givers names a few people who can give permissions: active Super Admins. Colleagues may know them, because a refusal says whom
// to ask.
var Givers = &op.Query[op.None, []string]{
	Name: "staff.givers", Summary: "Name who can give permissions", Own: true,
	Do: func(v *op.View, _ op.None) (names []string, err error) {
		if err := v.Signed(); err != nil {
			return nil, err
		}
		people, err := store.All(v, func(row store.Row) (s [2]string, err error) { return s, row.Scan(&s[0], &s[1]) },
			`select u.first_name, u.last_name from grants g join users u on u.id = g.user_id where g.role = $1 and g.scope = 'platform'
				and g.ended_at = 0 and g.from_at <= $2 and (g.until_at = 0 or g.until_at > $2) and u.status = 'active' order by g.given_at, u.num limit 3`,
			access.SuperAdmin.Key, v.Now().UnixMilli())
		for _, p := range people {
			if name := strings.TrimSpace(p[0] + " " + p[1]); name != "" {
				names = append(names, name)
			}
		}
		return names, err
	},
}
