// Package api is the REST interface for programs: JSON under /v1, with API keys.
//
// A call passes the host's guard (internal/web), then server.go: which route, whose key, how many calls, what was sent. A route is
// one line in a table: a pattern, an operation of the catalogue, and how its input and its answer look outside.
//
//	Action(t, "PUT /v1/users/{user}/deactivation", account.Deactivate, by(account.Of), …)
//	Query(t, "GET /v1/brands", brand.List, none, …)
//
// What a call may do is decided at the door and nowhere here: an adapter translates. So are refusals: an [errs.Error] becomes
// application/problem+json in problem.go, whoever refused.
//
// What was sent is read strictly (bind.go, body.go): a name that is not declared, a name twice or in another case, null, a number
// in quotes, text behind the document, more than 32 levels: each is refused with the place where it stands, and nothing is done.
// The same declarations make the OpenAPI document (openapi.go), so the document is true.
//
// Start with routes.go: the table of contents.
package api
