package api

import "sync"

// declared is the API: every route, by resource. Read this first.
var declared = sync.OnceValue(func() *table {
	t := &table{}
	users(t)
	life(t)
	impersonations(t)
	archives(t)
	consents(t)
	invitations(t)
	customers(t)
	orders(t)
	places(t)
	settings(t)
	securitySettings(t)
	stepUps(t)
	roles(t)
	accesses(t)
	keys(t)
	auditEvents(t)
	checkpoints(t)
	jobsRoutes(t)
	exports(t)
	signIns(t)
	document(t)
	return t
})
