package ui

import "github.com/a-h/templ"

func (p PasskeyProps) attrs() templ.Attributes {
	kind := "show"
	if p.Make {
		kind = "make"
	}
	return templ.Attributes{"data-passkey": kind, "data-ask": p.Ask}
}
