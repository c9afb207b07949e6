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

func (p MenuProps) class() string {
	c := "st-drop"
	if p.End {
		c += " st-drop-end"
	}
	if p.Up {
		c += " st-drop-up"
	}
	return joined(c, p.Drop, "")
}

func (p MenuProps) buttonClass() string {
	c := "btn"
	if p.Text == "" {
		c += " btn-ico"
	}
	if p.Small {
		c += " btn-quiet btn-sm"
	}
	return c
}
