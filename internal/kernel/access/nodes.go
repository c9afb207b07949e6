package access

// Nodes is where p is held for everybody: the fewest nodes that cover it, in the order of the grants. It becomes the condition of
// an SQL query, so an empty answer means no rows.
func (gs Grants) Nodes(now int64, p Permission) []Scope { return gs.NodesFor(now, p, Everybody) }

// NodesFor is where p is held for people of the kind. A list of people asks once for each kind of row: Marketing sees customers,
// but no colleagues.
func (gs Grants) NodesFor(now int64, p Permission, kind PersonKind) []Scope {
	if int(kind) >= kinds {
		return nil
	}
	var nodes []Scope
	for i := range gs {
		if gs[i].reach[kind].Has(p) && gs[i].InForce(now) {
			nodes = cover(nodes, gs[i].Scope)
		}
	}
	return nodes
}

// cover adds a node to a minimal list and keeps it minimal.
func cover(nodes []Scope, node Scope) []Scope {
	kept := nodes[:0]
	for _, n := range nodes {
		if n.Covers(node) {
			return nodes // n is above it; nothing below node can be in a minimal list, so nothing was dropped yet
		}
		if !node.Covers(n) {
			kept = append(kept, n)
		}
	}
	return append(kept, node)
}

// Effective is everything that holds at s for everybody. It cuts the fields of a row.
func (gs Grants) Effective(now int64, s Scope) Set { return gs.EffectiveFor(now, s, Everybody) }

// EffectiveFor is everything that holds at s for a person of the kind; with Somebody, everything that a page there may offer.
func (gs Grants) EffectiveFor(now int64, s Scope, kind PersonKind) Set {
	var set Set
	if int(kind) >= kinds {
		return set
	}
	for i := range gs {
		if gs[i].InForce(now) && gs[i].Scope.Covers(s) {
			set = set.Union(gs[i].reach[kind])
		}
	}
	return set
}

// ExportRows is how many people one export at s for the purpose may have: 0 for none, math.MaxInt for any number. Above the 500
// of the security rules it needs a step-up as well, whoever asks.
func (gs Grants) ExportRows(now int64, s Scope, purpose string) int {
	rows := 0
	for i := range gs {
		if gs[i].gives(now, CustomersExport, s, Everybody) {
			rows = max(rows, gs[i].Role.exportRows(purpose))
		}
	}
	return rows
}
