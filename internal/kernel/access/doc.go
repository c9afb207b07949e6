// Package access answers one question: may this caller do this, there, to such a person? It knows permissions, roles, grants with
// dates and the tree of places. It knows no database and no customer: everything in it is a plain value.
//
// # How an answer comes about
//
// A [Permission] is one verb, "orders.refund". A [Role] is a named [Set] of them with a few [Limits]. A [Grant] gives a role at a
// [Scope] and everything below it, from one instant until another, perhaps with an [Adjustment]. A caller's grants are
// loaded once and made into [Grants] with [Resolve]; from then on [Grants.Can] is a walk over a few masks:
//
//	grants := access.Resolve(access.Grant{ID: "gra_1", Role: access.HubAdmin, Scope: access.Brand("brd_1").Location("leeds")})
//	grants.Can(now, access.OrdersRefund, order.Scope, access.Everybody)
//	grants.Can(now, access.UsersSuspend, person.Scope, access.Customer) // whom it is about matters: a Hub Admin suspends customers only
//
// Roles only give. What several grants give adds up; nothing takes away what another grant gives.
//
// # What fails closed
//
// The zero Permission, the zero Scope, a Grant that was not resolved, a grant that could not be given: each holds nothing. The
// zero [PersonKind], [Everybody], is the strict one: it answers only for what reaches all kinds of people. [Grants.Nodes] and
// [Grants.Effective] answer for Everybody too; a list of people is made with [Grants.NodesFor] for each kind of row.
//
// # The other questions
//
//   - [Grants.Nodes]: where is it held? For the condition of an SQL query.
//   - [Grants.HoldsMore]: does that person hold something that I do not? Then I may not edit, reset, merge or archive them.
//   - [Grants.Lacks], [Grants.CanGive]: may I give this role there? Nobody gives what they do not hold.
//   - [Grants.ExportRows]: how many rows may this export have?
//   - [Grants.Only]: what an API key or an impersonation has of its owner's grants.
//   - [Grants.Explain]: why, or why not, and what would help, for people and for programs.
//   - [Adjust], [Adjustment.Changes]: the Add user form, and what it differs by ("Brand Admin, 2 changes").
//
// What this package does not decide: whether the account is active, whether the step-up is fresh, what nobody may do to
// themselves, who the last holder of a [Role] with Kept is. The engine and the domains do.
//
// # Changing the catalogue
//
// Add the permission in catalogue.go in its area and name it in names.go; give it to roles in builtin.go; run
// go test ./internal/kernel/access -update and read the difference in testdata/roles.golden. Names are stored and public: never rename one.
package access
