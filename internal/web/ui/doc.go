// Package ui is the look of Steward: the parts from which every page is composed, and the files they need.
//
// A part is a pure function of plain values. It never queries, never asks who is looking, and knows no
// domain: a page hands over what its viewer may see, already redacted, and a part that gets nothing draws
// nothing, so the grid closes where something is hidden. The same part serves the whole page and the
// fragment that htmx fetches.
//
// What every part promises:
//
//   - Text is escaped; there is no inline style and no inline script, so the pages live under CSP.
//   - Nothing needs script for reading: menus and filters are details, filters and sorting are links and
//     small forms that get, changes are forms that post. steward.js and htmx only shorten the way.
//   - Every field has a label, every icon-only button a name, every sorted column an aria-sort.
//   - Colours come from the meanings (Good, Warn, Bad, Info, Plum, Mute) and never stand alone.
//
// Where to look: frame.templ (the page around), head.templ, filter.templ, table.templ (lists), person.templ
// and card.templ (profiles), audit.templ, form.templ, dialog.templ, auth.templ; format.go and clock.go for
// money, numbers and dates; address.go for links that keep the state of a page; assets.go for the files.
// internal/web/story shows all of them with prepared data: go run ./internal/web/story/show.
//
// After editing a .templ file, from the root: go tool -modfile=tools/go.mod templ generate -path internal/web
package ui
