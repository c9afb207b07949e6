package browser

import (
	"fmt"
	"strings"
	"sync"
)

// spoken holds how a person would say a selector that was made here, for failures.
var spoken sync.Map

// say notes the words for a selector.
func say(selector, format string, args ...any) string {
	spoken.Store(selector, fmt.Sprintf(format, args...))
	return selector
}

// words are the words for a selector, or the selector itself.
func words(selector string) string {
	if w, noted := spoken.Load(selector); noted {
		return w.(string)
	}
	return selector
}

// Button is the selector of the button with these words on it, or with this accessible name.
func Button(words string) string {
	return named("button", "self::button or @role='button' or (self::input and (@type='submit' or @type='button'))", words)
}

// Link is the selector of the link with these words.
func Link(words string) string { return named("link", "self::a[@href]", words) }

// Clickable is the selector of whatever has these words and can be pressed: a button, a link, a tab, an entry of a menu.
func Clickable(words string) string {
	return named("button or link", "self::button or self::a[@href] or self::summary or @role='button' or @role='tab' or @role='menuitem' or @role='option' or (self::input and (@type='submit' or @type='button'))", words)
}

// Field is the selector of the control with this label. A mark after the label, as in "E-mail *" or "Phone (optional)", need
// not be named.
func Field(label string) string {
	l := literal(label)
	is := func(text string) string {
		return fmt.Sprintf("(%[1]s=%[2]s or %[1]s=concat(%[2]s,' *') or %[1]s=concat(%[2]s,'*') or starts-with(%[1]s,concat(%[2]s,' (')))", text, l)
	}
	return say("//*[(self::input[not(@type='hidden')] or self::select or self::textarea) and ("+
		"@id=//label["+is("normalize-space(.)")+"]/@for or ancestor::label["+is("normalize-space(.)")+" or text()["+is("normalize-space(.)")+"] or .//*["+is("normalize-space(.)")+"]] or "+
		is("@aria-label")+" or @aria-labelledby=//*["+is("normalize-space(.)")+"]/@id)]", "the field %q", label)
}

// Text is the selector of the innermost element that has these words and nothing else.
func Text(words string) string {
	return say(fmt.Sprintf("//*[not(self::script or self::style or self::title) and normalize-space(.)=%[1]s and not(*[normalize-space(.)=%[1]s])]", literal(words)), "the words %q", words)
}

// Heading is the selector of the heading with these words.
func Heading(words string) string {
	return named("heading", "self::h1 or self::h2 or self::h3 or self::h4 or @role='heading'", words)
}

// In narrows an XPath selector (as made here) to what is below another: In(Row("Ada"), Button("Suspend")).
func In(outer, inner string) string {
	return say("("+outer+")/descendant-or-self::*"+strings.TrimPrefix(inner, "/"), "%s in %s", words(inner), words(outer))
}

// Row is the selector of the row of a table that has these words somewhere in it.
func Row(words string) string {
	return say(fmt.Sprintf("//tr[contains(normalize-space(.),%s)]", literal(words)), "the row with %q", words)
}

// named is the selector of an element of a kind that has these words on it, or as its accessible name.
func named(what, kind, words string) string {
	return say(fmt.Sprintf("//*[(%[1]s) and (normalize-space(.)=%[2]s or @aria-label=%[2]s or @value=%[2]s or @title=%[2]s)]", kind, literal(words)), "the %s %q", what, words)
}

// literal writes a string in XPath, which has no escapes.
func literal(s string) string {
	switch {
	case !strings.Contains(s, "'"):
		return "'" + s + "'"
	case !strings.Contains(s, `"`):
		return `"` + s + `"`
	}
	return "concat('" + strings.ReplaceAll(s, "'", `',"'",'`) + "')"
}
