package access

// staffKinds are the kinds of target at which staff permissions are compared. What is one's own does not count.
var staffKinds = [...]PersonKind{Customer, CompanyUser, Staff}

// staff is the grants of staff roles among them. Company roles and the own account never count as power over others.
func (gs Grants) staff() Grants {
	var staff Grants
	for _, g := range gs {
		if g.Role == nil || g.Role.For == Staff {
			staff = append(staff, g)
		}
	}
	return staff
}

// HoldsMore says whether other holds a staff permission at a node where gs lacks it. Then gs may not edit, reset, impersonate,
// merge or archive them. Incomparable counts as more, equal is allowed; a wider limit (more rows in an export, more kinds of
// people) is more. A grant of other's that has not begun counts as of its beginning: nobody gets hold of tomorrow's Super Admin.
func (gs Grants) HoldsMore(now int64, other Grants) bool {
	mine := gs.staff()
	for _, g := range other.staff() {
		if g.Until != 0 && g.Until <= now {
			continue
		}
		if g.state == unresolved || !mine.missing(max(now, g.From), &g).Empty() {
			return true
		}
	}
	return false
}

// Lacks is what a grant of the role with the adjustment at s would give and gs does not hold there; empty means they may give it.
// What they hold with a tighter limit they lack. Company roles are outside the rule: whoever has company_users.role there gives
// all of them; and a customer's account is opened with customers.edit.
func (gs Grants) Lacks(now int64, r *Role, a Adjustment, s Scope) Set {
	needed := CustomersEdit
	switch r.For {
	case Staff:
		g := Grant{Role: r, Scope: s, Adjustment: a}
		g.reach = r.reach(a.apply(r.Set))
		mine := gs.staff()
		return mine.missing(now, &g).Union(g.reach[Self].Minus(mine.EffectiveFor(now, s, Self)))
	case CompanyUser:
		needed = CompanyUsersRole
	}
	if gs.Can(now, needed, s, Everybody) {
		return Set{}
	}
	return Of(needed)
}

// CanGive says whether the caller may give the role with the adjustment at s: by a grant, an invitation, an import, directory
// sync, an API key, or by editing a role that is held there. Whether it may stand there at all, Grant.Check says.
func (gs Grants) CanGive(now int64, r *Role, a Adjustment, s Scope) bool {
	return r.StandsAt(s) && a.Check(r) == nil && gs.Lacks(now, r, a, s).Empty()
}

// missing is what g gives at its node, to any kind of person, that gs does not hold there at the instant.
func (gs Grants) missing(now int64, g *Grant) Set {
	var missing Set
	for _, kind := range staffKinds {
		missing = missing.Union(g.reach[kind].Minus(gs.EffectiveFor(now, g.Scope, kind)))
	}
	if g.reach[Everybody].Has(CustomersExport) && !gs.exportsAsMuch(now, g) {
		missing = missing.With(CustomersExport)
	}
	return missing
}

// exportsAsMuch says whether gs may export, for every purpose that g allows, as many rows as g. The purpose that no role names
// stands for all others.
func (gs Grants) exportsAsMuch(now int64, g *Grant) bool {
	purposes := g.Role.Limits.ExportPurposes
	if len(purposes) == 0 {
		purposes = []string{""}
	}
	for _, purpose := range purposes {
		if gs.ExportRows(now, g.Scope, purpose) < g.Role.exportRows(purpose) {
			return false
		}
	}
	return true
}
