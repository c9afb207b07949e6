// Package directory is the one list of people, with its views: users (everybody with an account) and customers. Company users are a
// view to come.
//
//	page, err := op.Ask(ctx, door, caller, directory.Customers, directory.Ask{Brand: b, Params: r.URL.Query(), Form: field.Page})
//	total, err := op.Ask(ctx, door, caller, directory.CustomersTotal, …)   // exact, a second request
//	profile, err := op.Ask(ctx, door, caller, directory.Show, id)
//
// # What a viewer gets
//
// A list is of one brand, or of the platform's own people. Which rows: those for which the viewer holds the list's permission at
// the person's place, asked for each kind of person, as a condition in the SQL (reach.go). Which fields: those whose permission
// the viewer holds at every node that the rows come from, for every kind of person in them: the strictest reading, so that a
// column has no holes and an order or a filter tells nothing about a row whose field is hidden.
//
// # How it is fast
//
// Filters are on the narrow table people, orders along an index led by the brand. A page is a bounded walk along that index
// (walk.go); what a walk does not find within its bound is rare, and found by one scan of the narrow table. Search goes through an
// index of trigrams (search.go). Totals are a request of their own.
//
// Start with fields.go (the columns), then list.go (how a request is answered).
package directory

import "github.com/stewardhq/steward/internal/kernel/op"

// Operations is what can be asked of the list of people.
var Operations = []op.Operation{
	Users, UsersTotal, UsersBeside, Customers, CustomersTotal, CustomersBeside, Statistics, Show, Activity, ExportActivity, ExportList, exportRows,
}
