package ui

import "github.com/a-h/templ"

// AppFramed is a page of an own account or of the company panel in its frame.
func AppFramed(p AppProps, page templ.Component) templ.Component { return within(App(p), page) }

func (p AppProps) themes() PageProps {
	return PageProps{Theme: p.Theme, Path: p.Path, ThemeTo: p.ThemeTo}
}

func (p BlankProps) window() string {
	if p.Brand != "" {
		return p.Title + " · " + p.Brand
	}
	return p.Title + " · Steward"
}
