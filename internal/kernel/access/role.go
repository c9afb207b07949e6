package access

import (
	"math"
	"slices"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Role is a named set of permissions. The built-in ones are in BuiltIn; a brand's own are values of the same type from the
// database. A role only gives: where a source says "cannot", the role lacks the permission.
type Role struct {
	Key     string     `json:"key"`  // "hub_admin"; for a role of a brand, its id
	Name    string     `json:"name"` // "Hub Admin"
	Summary string     `json:"summary"`
	Brand   string     `json:"brand,omitempty"` // whose role it is; empty for built-in ones and the platform's
	For     PersonKind `json:"for"`             // Staff, CompanyUser or Customer: what its holder is
	Highest NodeKind   `json:"highest"`         // the highest node at which it may stand
	Whole   bool       `json:"whole,omitempty"` // stands at its highest node only, and takes no adjustments (Super Admin)
	Kept    bool       `json:"kept,omitempty"`  // the last holder at a node cannot lose it (Super Admin, CompanyAdmin)
	Set     Set        `json:"permissions"`
	Limits  Limits     `json:"limits,omitzero"`
}

// Limits are the conditions on a role's permissions. The zero value is no condition.
type Limits struct {
	// People are the kinds of person whom the users.* verbs reach, also those added by an adjustment. Empty: everybody.
	People People `json:"people,omitempty"`
	// Everyone are the users.* verbs that reach everybody in spite of People.
	Everyone Set `json:"everyone,omitzero"`
	// Own are permissions that hold only for what is the holder's own, as everything in the area "own" does.
	Own Set `json:"own,omitzero"`
	// ExportRows is the most rows of one export of people. 0: no limit.
	ExportRows int `json:"export_rows,omitempty"`
	// ExportPurposes are the only purposes of an export of people. Empty: any.
	ExportPurposes []string `json:"export_purposes,omitempty"`
}

// PurposeMarketing is the purpose of an export that leaves out who has not consented or is blocked.
const PurposeMarketing = "marketing_list"

// Refusals of a role or of a grant as such, whoever asks.
var (
	ErrRolePlace    = errs.New(errs.Invalid, "role_place", "This role cannot be held there. Choose a lower place, or another role.")
	ErrNotAdjusted  = errs.New(errs.Invalid, "role_not_adjusted", "This role takes no changes. Choose another role, or copy it.")
	ErrOwnForStaff  = errs.New(errs.Invalid, "own_permission", "Permissions on one's own account come with the account. Leave them out.")
	ErrWrongHolders = errs.New(errs.Invalid, "role_holders", "A role is for staff, for company users or for customers.")
)

// Adjustable says whether grants of the role may add and take away permissions: staff roles except Super Admin.
func (r *Role) Adjustable() bool { return r.For == Staff && !r.Whole }

// StandsAt says whether the role may be held at the node: at its highest or below, staff at the platform, brands and their
// locations, company users at companies and their locations; a brand's own role only within the brand.
func (r *Role) StandsAt(at Scope) bool {
	kind := at.Kind()
	if kind == Nowhere || kind < r.Highest || r.Whole && kind != r.Highest || r.Brand != "" && at.BrandID() != r.Brand {
		return false
	}
	switch r.For {
	case Staff:
		return kind <= LocationNode
	case CompanyUser:
		return kind >= CompanyNode
	}
	return kind == BrandNode
}

// Check refuses a role that makes no sense, before it is stored. Whether the maker may give what is in it, Grants.Lacks says.
func (r *Role) Check() error {
	var wrong errs.Wrong
	if r.Key == "" || r.Name == "" {
		wrong.Add("name", "A role needs a name.")
	}
	if r.Highest == Nowhere || r.Highest > CompanyLocationNode {
		wrong.Add("highest", "Say where the role may be held at most: the platform, a brand, a location or a company.")
	}
	if r.Limits.People&^PeopleOf(Customer, CompanyUser, Staff) != 0 {
		wrong.Add("people", "Say which of customers, company users and staff the role reaches.")
	}
	if r.Limits.ExportRows < 0 {
		wrong.Add("export_rows", "A limit is a number of rows, or nothing.")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	if r.For != Staff && r.For != CompanyUser && r.For != Customer {
		return ErrWrongHolders
	}
	if r.For == Staff && !r.Set.Union(r.Limits.Own).Intersect(ownArea).Empty() {
		return ErrOwnForStaff
	}
	return nil
}

// Permissions that some rule speaks of as a whole.
var (
	ownArea   = Area("own").Permissions()
	usersArea = Area("users").Permissions()
)

// reach spreads a set of permissions over the kinds of target, as the role's limits say. Grants keep the outcome, so that Can
// looks at one mask.
func (r *Role) reach(set Set) (reach [kinds]Set) {
	own := ownArea.Union(r.Limits.Own)
	limited := usersArea.Minus(r.Limits.Everyone)
	all := set.Minus(own)
	reach[Everybody] = all
	for _, kind := range []PersonKind{Customer, CompanyUser, Staff} {
		reach[kind] = all
		if r.Limits.People != 0 && !r.Limits.People.Has(kind) {
			reach[kind] = all.Minus(limited)
		}
		reach[Everybody] = reach[Everybody].Intersect(reach[kind])
	}
	if r.For < Self {
		reach[Self] = reach[r.For].Union(set.Intersect(own))
	}
	reach[Somebody] = set
	return reach
}

// exportRows is how many rows one export for the purpose may have: 0 for none, math.MaxInt for any number.
func (r *Role) exportRows(purpose string) int {
	switch {
	case len(r.Limits.ExportPurposes) > 0 && !slices.Contains(r.Limits.ExportPurposes, purpose):
		return 0
	case r.Limits.ExportRows > 0:
		return r.Limits.ExportRows
	}
	return math.MaxInt
}
