package api

import "sync"

// declared is the API: every route, by resource. Read this first.
var declared = sync.OnceValue(func() *table {
	t := &table{}
	places(t)
	keys(t)
	return t
})
