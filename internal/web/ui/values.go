package ui

import (
	"sync"

	"github.com/a-h/templ"
)

// A Kind is one of the meanings that a colour may have. It never stands alone: a word says the same.
type Kind string

// The meanings.
const (
	Good Kind = "good"
	Warn Kind = "warn"
	Bad  Kind = "bad"
	Info Kind = "info"
	Plum Kind = "plum"
	Mute Kind = "mute"
)

func (k Kind) class() string {
	if k == "" {
		return ""
	}
	return "k-" + string(k)
}

// A Run is a piece of a sentence. Text builds sentences with bold names and links without ever meeting HTML.
type Run struct {
	Text  string
	Href  string // a link when set
	Style RunStyle
}

// RunStyle is how a piece of a sentence is set.
type RunStyle uint8

// The styles of a run.
const (
	Plain RunStyle = iota
	Bold
	Mono
	BoldMono
	Quiet
	Number
)

// T is plain text, B bold (names), M monospaced (identifiers), Q quiet, L a link.
func T(text string) Run       { return Run{Text: text} }
func B(text string) Run       { return Run{Text: text, Style: Bold} }
func M(text string) Run       { return Run{Text: text, Style: Mono} }
func Q(text string) Run       { return Run{Text: text, Style: Quiet} }
func L(text, href string) Run { return Run{Text: text, Href: href} }

// Text is a sentence.
func Text(runs ...Run) []Run { return runs }

// An Action is something a person can click: a button in a head, an entry of a menu. It leads somewhere
// (Href), or changes something (Post, a form of its own). Give neither and it is a plain button for script.
type Action struct {
	Label string
	Icon  string
	Href  string
	Post  string   // address of a form that posts
	Sends []Hidden // what that form sends
	// Dialog opens the answer as a dialog over the page when script is there; else the link leads to it.
	Dialog bool

	Main    bool   // the one main action of a page
	Danger  bool   // red
	Quiet   bool   // without border
	Small   bool   // 28 px
	Count   string // a number behind the label
	Key     string // keyboard key: "e"
	Current bool   // ticked in a menu
	Alone   bool   // only the icon is shown; Label is spoken
	About   string // whom it concerns, spoken after the label: "Ada Okafor"
	Drop    string // c-md, c-lg, c-xl: below which width it goes
	Copy    string // copies this text; "here" copies the address of the page
	Rel     string // "next", "prev"
	Off     bool   // shown but not possible just now
}

func (a Action) buttonClass() string {
	c := "btn"
	switch {
	case a.Danger:
		c += " btn-danger"
	case a.Main:
		c += " btn-primary"
	case a.Quiet:
		c += " btn-quiet"
	}
	if a.Alone {
		c += " btn-ico"
	}
	if a.Small {
		c += " btn-sm"
	}
	if a.Drop != "" {
		c += " " + a.Drop
	}
	return c
}

func (a Action) spoken() string {
	if a.About != "" {
		return a.Label + ": " + a.About
	}
	return a.Label
}

// MenuGroup is a part of a menu between two lines, with or without a head.
type MenuGroup struct {
	Label   string
	Actions []Action
}

// Actions is a menu of one group.
func Actions(actions ...Action) []MenuGroup { return []MenuGroup{{Actions: actions}} }

// class is the class attribute for the parts that a list repeats for every row: templ's own class
// expressions build a set for each, which was half the time of a page.
func class(names string) templ.OrderedAttributes {
	if names == "" {
		return nil
	}
	if known, ok := classes.Load(names); ok {
		return known.(templ.OrderedAttributes) //nolint:forcetypeassert // only this function stores
	}
	attrs := templ.OrderedAttributes{{Key: "class", Value: names}}
	classes.Store(names, attrs)
	return attrs
}

// classes are few: they are made of the house's own names, never of data.
var classes sync.Map

func joined(a, b, c string) string {
	if b != "" {
		a += " " + b
	}
	if c != "" {
		a += " " + c
	}
	return a
}

func statusClass(kind Kind, hollow bool) string {
	if hollow {
		return joined("st-status", kind.class(), "hollow")
	}
	return joined("st-status", kind.class(), "")
}

// swapAttrs make a link replace the list instead of the page. The address says the same in both cases.
func swapAttrs(href, region string) templ.Attributes {
	if region == "" || href == "" {
		return nil
	}
	return templ.Attributes{"hx-get": href, "hx-target": "#" + region, "hx-select": "#" + region, "hx-swap": "outerHTML", "hx-push-url": "true"}
}

func iconHref(name string) string { return Asset("icons.svg") + "#" + name }
