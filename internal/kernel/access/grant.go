package access

import "github.com/stewardhq/steward/internal/kernel/errs"

// Grant gives a role at a node and everything below it, for a time. It is ended, never overwritten.
type Grant struct {
	ID    string `json:"id"`
	Role  *Role  `json:"role"`
	Scope Scope  `json:"scope"`
	From  int64  `json:"from,omitempty"`  // first instant, epoch milliseconds; 0 = always
	Until int64  `json:"until,omitempty"` // first instant no longer, epoch milliseconds; 0 = open
	Adjustment

	reach    [kinds]Set // what it gives for each kind of target; filled in by Resolve
	state    state
	narrowed bool // by Only, to mask; resolving again does not widen it
	mask     Set
}

// state says what Resolve made of a grant.
type state uint8

const (
	unresolved state = iota // gives nothing, and counts as more in HoldsMore: nobody knows what it is
	sound
	void // it could not have been given, and gives nothing
)

// ErrGrantPeriod refuses a grant that would end before it begins.
var ErrGrantPeriod = errs.New(errs.Invalid, "grant_period", "A role must begin before it ends. Choose a later end.")

// Check refuses a grant that makes no sense, before it is stored. Whether the giver may give it, Grants.Lacks says.
func (g *Grant) Check() error {
	switch {
	case g.Role == nil || !g.Role.StandsAt(g.Scope):
		return ErrRolePlace
	case g.From != 0 && g.Until != 0 && g.Until <= g.From:
		return ErrGrantPeriod
	}
	return g.Adjustment.Check(g.Role)
}

// InForce says whether now lies in the grant's time: From is in it, Until no longer.
func (g *Grant) InForce(now int64) bool {
	return (g.From == 0 || now >= g.From) && (g.Until == 0 || now < g.Until)
}

// Set is what the grant gives, whomever it reaches: the role's permissions as adjusted.
func (g *Grant) Set() Set { return g.reach[Somebody] }

func (g *Grant) gives(now int64, p Permission, s Scope, kind PersonKind) bool {
	return g.reach[kind].Has(p) && g.InForce(now) && g.Scope.Covers(s)
}

// Grants is everything that one caller holds, resolved. Make it with Resolve: a Grant that was not resolved gives nothing.
// It is read only, and safe to share between requests.
type Grants []Grant

// Resolve works out what each grant gives. A grant that could not be given (a role where it cannot stand, an adjustment of a
// role that takes none) gives nothing, so that a bad row in the database is never power.
func Resolve(grants ...Grant) Grants {
	resolved := make(Grants, len(grants))
	for i, g := range grants {
		g.resolve()
		resolved[i] = g
	}
	return resolved
}

func (g *Grant) resolve() {
	g.state, g.reach = void, [kinds]Set{}
	if g.Check() != nil {
		return
	}
	g.state, g.reach = sound, g.Role.reach(g.Adjustment.apply(g.Role.Set))
	if g.narrowed {
		g.narrow(g.mask)
	}
}

func (g *Grant) narrow(mask Set) {
	for kind := range g.reach {
		g.reach[kind] = g.reach[kind].Intersect(mask)
	}
}

// Can says whether the caller may do p at s, to a person of the kind. It is the one question of authorisation; it does not
// allocate, and takes tens of nanoseconds. s is the scope of the loaded target, never a field of a request.
func (gs Grants) Can(now int64, p Permission, s Scope, kind PersonKind) bool {
	if int(kind) >= kinds {
		return false
	}
	for i := range gs {
		if gs[i].gives(now, p, s, kind) {
			return true
		}
	}
	return false
}

// CanEdit says whether the caller may edit the details of a person of the kind at s: with the kind's own permission (see
// EditPermission), or with users.edit where it reaches them.
func (gs Grants) CanEdit(now int64, s Scope, kind PersonKind) bool {
	return gs.Can(now, EditPermission(kind), s, kind) || gs.Can(now, UsersEdit, s, kind)
}

// Anywhere says whether p is held at any node for anybody. It is for menus; no act may rest on it.
func (gs Grants) Anywhere(now int64, p Permission) bool {
	for i := range gs {
		if gs[i].reach[Somebody].Has(p) && gs[i].InForce(now) {
			return true
		}
	}
	return false
}

// Only is what is left of the grants within a set and a node. API keys act for their owner with it, and impersonation: what the
// owner loses, they lose.
func (gs Grants) Only(set Set, within Scope) Grants {
	var left Grants
	for _, g := range gs {
		switch {
		case within.Covers(g.Scope):
		case g.Scope.Covers(within):
			g.Scope = within
		default:
			continue
		}
		if g.narrowed {
			g.mask = g.mask.Intersect(set)
		} else {
			g.narrowed, g.mask = true, set
		}
		g.narrow(g.mask)
		left = append(left, g)
	}
	return left
}
