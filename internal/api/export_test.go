package api

// Patterns are the routes.
func Patterns() (all []string) {
	for _, r := range declared().routes {
		all = append(all, r.pattern)
	}
	return all
}
