package ui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) checkValue() string {
	if f.Value == "" {
		return "1"
	}
	return f.Value
}

// describedBy names the error first: it is what one has come back for.
func (f Field) describedBy() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.id()+"-e")
	}
	if f.Hint != "" {
		ids = append(ids, f.id()+"-h")
	}
	if f.Warn != "" {
		ids = append(ids, f.id()+"-w")
	}
	return strings.Join(ids, " ")
}

func (p CodeProps) describedBy() string {
	return Field{ID: p.ID, Error: p.Error, Hint: p.Hint}.describedBy()
}

func (f Field) attrs() templ.Attributes {
	a := f.attrsWithoutValue()
	if f.Type != "password" { // a password never comes back in a page
		a["value"] = f.Value
	}
	return a
}

func (f Field) attrsWithoutValue() templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("placeholder", f.Placeholder)
	set("autocomplete", f.Autocomplete)
	set("inputmode", f.Mode)
	set("aria-describedby", f.describedBy())
	if f.MaxLength > 0 {
		a["maxlength"] = strconv.Itoa(f.MaxLength)
	}
	a["required"] = f.Required
	a["readonly"] = f.ReadOnly
	a["data-focus"] = f.Autofocus
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	return a
}

func segmentID(name, value string) string {
	return strings.ReplaceAll(name, ".", "-") + "-" + value
}

func contains(list []string, value string) bool { return slices.Contains(list, value) }

var threeLevels = []Option{{Value: "none", Label: "None"}, {Value: "view", Label: "View"}, {Value: "edit", Label: "Edit"}}

func (a Area) levels() []Option {
	if len(a.Levels) > 0 {
		return a.Levels
	}
	return threeLevels
}
