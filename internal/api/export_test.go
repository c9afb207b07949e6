package api

// JobCancel is what people cancel jobs with.
var JobCancel = jobCancel

// Patterns are the routes.
func Patterns() (all []string) {
	for _, r := range declared().routes {
		all = append(all, r.pattern)
	}
	return all
}
