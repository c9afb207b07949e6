package ui

import "strings"

func hasActions(groups []MenuGroup) bool { return len(filled(groups)) > 0 }

// filled leaves out groups in which the viewer may do nothing.
func filled(groups []MenuGroup) []MenuGroup {
	var out []MenuGroup
	for _, g := range groups {
		if len(g.Actions) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func upper(s string) string { return strings.ToUpper(s) }
