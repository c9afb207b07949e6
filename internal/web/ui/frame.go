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

// A shortcut is a line of the keyboard help. It is shown on pages that have something for the selector.
type shortcut struct{ keys, does, when string }

var shortcuts = []shortcut{
	{"/", "search this list", "[data-search]"},
	{"F", "add a filter", ".st-chips summary.st-add"},
	{"J K", "next, previous row", "[data-row]"},
	{"J K", "next, previous person", "body:not(:has([data-row])) .st-crumb :is([rel=next],[rel=prev])"},
	{"O", "open the row", "[data-row] :is([data-open],summary)"},
	{"E", "edit the row or the person", "[data-key=e]"},
	{"N", "add or invite somebody", "[data-key=n]"},
	{"X", "select the row", "td.st-pick"},
	{"A", "select all on this page", "td.st-pick"},
	{"Esc", "close a menu or a dialog, leave a field", ""},
	{"[ ]", "previous, next page", ".st-foot [rel=next],.st-foot [rel=prev]"},
	{"Ctrl S", "save the form", "main form.st-form"},
	{"Ctrl Enter", "confirm a dialog", ""},
	{"?", "this table", ""},
}

// goTo are the places that this viewer's menu has.
func goTo(nav []NavGroup) []shortcut {
	var out []shortcut
	for _, g := range nav {
		for _, item := range g.Items {
			if item.Go != "" {
				out = append(out, shortcut{"G " + upper(item.Go), "go to " + item.Label, ""})
			}
		}
	}
	return out
}
