// Package role keeps who holds which role where, from when until when.
//
// A grant is a user, a role and a node of the tree, with dates. It is ended, never overwritten, so that "what could this person
// do on that day" has an answer. A staff user has exactly one role at any instant, over one node or several. What roles mean is
// in kernel/access; the verbs (add a user, change a role) are in account, which knows people.
package role

import (
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Grant is one role of one person at one node, for a time.
type Grant struct {
	ID      string `db:"id,key"`
	User    string `db:"user_id"  audit:"plain"`
	Brand   string `db:"brand_id" audit:"derived"` // the user's home
	Role    string `db:"role"     audit:"plain"`   // key of the role
	Scope   string `db:"scope"    audit:"plain"`
	From    int64  `db:"from_at"  audit:"plain"`
	Until   int64  `db:"until_at" audit:"plain"` // 0: open
	Adds    string `db:"adds"     audit:"plain"` // permissions beyond the role, separated by spaces
	Removes string `db:"removes"  audit:"plain"`
	GivenBy string `db:"given_by" audit:"plain"`
	GivenAt int64  `db:"given_at" audit:"derived"`
	EndedBy string `db:"ended_by" audit:"plain"`
	EndedAt int64  `db:"ended_at" audit:"plain"`
}

// Grants is where grants are.
var Grants = op.Audited[Grant]("grants")

// Subject names the grant. It tells about the person, and belongs where it holds.
func (g *Grant) Subject() op.Subject {
	s, _ := access.ParseScope(g.Scope)
	return op.Subject{Kind: "grant", ID: g.ID, Scope: s, Person: g.User, Seen: []access.Permission{access.StaffRolesView, access.UsersView}}
}

// numbers are the roles as the narrow rows keep them, for filtering and sorting a list by role. Append only.
var numbers = []string{"", "super_admin", "admin", "brand_admin", "hub_admin", "shop_manager", "marketing", "moderator",
	"support", "developer", "read_only", "company_admin", "budget_admin", "orderer_admin", "orderer", "requester"}

// Num is the number of a role in narrow rows; 0 is no role. Roles that a brand made are one number.
func Num(key string) int64 {
	if i := slices.Index(numbers, key); i >= 0 {
		return int64(i)
	}
	return 99
}

// Key is the role of a number.
func Key(num int64) string {
	if num > 0 && num < int64(len(numbers)) {
		return numbers[num]
	}
	return ""
}

// Find gives the role of this key.
func Find(key string) (*access.Role, error) {
	if r, ok := access.BuiltInRole(key); ok {
		return r, nil
	}
	return nil, ErrUnknown
}

// ErrUnknown refuses a role that there is not.
var ErrUnknown = errs.New(errs.Invalid, "role_unknown", "There is no such role. Choose one of the list.")

// Of lists a person's grants that have not ended, in force or yet to begin.
func Of(r store.Reader, user string) ([]Grant, error) {
	return Grants.All(r, "where user_id = $1 and ended_at = 0 order by given_at, id", user)
}

// History lists every grant that a person ever had, newest first.
func History(r store.Reader, user string) ([]Grant, error) {
	return Grants.All(r, "where user_id = $1 order by given_at desc, id desc", user)
}

// Held is what a person holds, now or later, ready to decide with. A grant that has run out decides nothing.
func Held(r store.Reader, user string) (access.Grants, error) {
	rows, err := Of(r, user)
	if err != nil {
		return nil, err
	}
	return Resolve(rows), nil
}

// Resolve makes grants ready to decide with. A row that cannot be read gives nothing.
func Resolve(rows []Grant) access.Grants {
	grants := make([]access.Grant, 0, len(rows))
	for _, g := range rows {
		role, err := Find(g.Role)
		if err != nil {
			continue
		}
		scope, err := access.ParseScope(g.Scope)
		if err != nil {
			continue
		}
		adds, errAdds := access.ParseSet(strings.Fields(g.Adds))
		removes, errRemoves := access.ParseSet(strings.Fields(g.Removes))
		if errAdds != nil || errRemoves != nil {
			continue
		}
		grants = append(grants, access.Grant{
			ID: g.ID, Role: role, Scope: scope, From: g.From, Until: g.Until,
			Adjustment: access.Adjustment{Add: adds, Remove: removes},
		})
	}
	return access.Resolve(grants...)
}

// Give writes a new grant, by its caller unless it names who gave it. Whether the giver may give it, and whether it overlaps another
// role, its caller has checked.
func Give(tx *op.Tx, g *Grant) error {
	g.ID, g.GivenAt = id.New("grt_", tx.Now()), tx.Now().UnixMilli()
	if g.GivenBy == "" {
		g.GivenBy = tx.Caller().ID
	}
	return Grants.Insert(tx, g)
}

// End ends a grant now.
func End(tx *op.Tx, g *Grant) error {
	g.EndedAt, g.EndedBy = tx.Now().UnixMilli(), tx.Caller().ID
	return Grants.Update(tx, g)
}
