package ui

import "strconv"

func navID(i int) string { return "nav-" + strconv.Itoa(i) }

func (f Flash) icon() string {
	switch f.Kind {
	case Bad:
		return "circle-x"
	case Warn:
		return "alert-triangle"
	case Good:
		return "circle-check"
	}
	return "info-circle"
}

// A shortcut is a line of the keyboard help.
type shortcut struct{ keys, does string }

var shortcuts = []shortcut{
	{"/", "search this list"},
	{"J K", "next, previous row"},
	{"O", "open the row"},
	{"E", "edit the row or the person"},
	{"X", "select the row"},
	{"A", "select all on this page"},
	{"Esc", "clear the selection, close a menu"},
	{"[ ]", "previous, next page"},
	{"Ctrl S", "save the form"},
	{"?", "this table"},
}

// goTo are the places that this viewer's menu has.
func goTo(nav []NavGroup) []shortcut {
	var out []shortcut
	for _, g := range nav {
		for _, item := range g.Items {
			if item.Go != "" {
				out = append(out, shortcut{"G " + upper(item.Go), "go to " + item.Label})
			}
		}
	}
	return out
}
