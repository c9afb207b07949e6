package ui

import "strings"

func (p TableProps) hasMenus() bool {
	for _, row := range p.Rows {
		if hasActions(row.Menu) {
			return true
		}
	}
	return false
}

func (c Column) sorted(at Address) string {
	if c.Sort == "" {
		return ""
	}
	switch at.sort() {
	case c.Sort:
		return "ascending"
	case "-" + c.Sort:
		return "descending"
	}
	return ""
}

func (c Column) headClass() string { return c.class("") }

func (c Column) cellClass() string {
	extra := ""
	if c.Grow {
		extra += " st-grow"
	}
	if c.Quiet {
		extra += " st-2"
	}
	return c.class(extra)
}

func (c Column) class(extra string) string {
	var b strings.Builder
	if c.Number {
		b.WriteString("st-r")
	}
	for _, part := range []string{c.Class, c.Drop, strings.TrimSpace(extra)} {
		if part != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(part)
		}
	}
	return b.String()
}

// shownName is the name, or what stands for a missing one.
func (p PersonCell) shownName() string {
	if strings.TrimSpace(p.Name) == "" {
		return p.Nameless
	}
	return p.Name
}

// rowButton makes an action fit a row, gone on a phone.
func rowButton(a Action, about string) Action {
	a.Quiet, a.Small, a.About, a.Icon, a.Drop = true, true, about, "", "c-md"
	return a
}
