package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Framed is a staff page with its sheet, for handlers that compose in Go.
func Framed(p PageProps, sheet templ.Component) templ.Component { return within(Page(p), sheet) }

// Wrapped is a page without the shell around its content.
func Wrapped(p BlankProps, content templ.Component) templ.Component { return within(Blank(p), content) }

// Around puts content into a component that has children.
func Around(frame, content templ.Component) templ.Component { return within(frame, content) }

func within(frame, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, content), w)
	})
}
