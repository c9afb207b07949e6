package ui

import "github.com/a-h/templ"

func (s Search) name() string {
	if s.Name == "" {
		return "q"
	}
	return s.Name
}

// names are the parameters that this filter sets.
func (f Filter) names() []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	for _, c := range f.Choices {
		add(c.Name)
	}
	if f.From != nil {
		add(f.From.Name)
	}
	if f.To != nil {
		add(f.To.Name)
	}
	return out
}

// searchAttrs let a list follow while one types; the latest answer wins.
func searchAttrs(path, region string) templ.Attributes {
	return templ.Attributes{
		"hx-get": path, "hx-target": "#" + region, "hx-select": "#" + region, "hx-swap": "outerHTML",
		"hx-push-url": "true", "hx-trigger": "input delay:200ms, submit", "hx-sync": "this:replace",
	}
}
