package mailing

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed letter.html
var letterHTML string

var htmlForm = template.Must(template.New("letter").Parse(letterHTML))

// Render puts a letter into words: as plain text and as HTML that says the same. Links are made of the public URL.
func Render(l Letter, publicURL string) (text, html string, err error) {
	link := ""
	if l.Path != "" {
		link = strings.TrimSuffix(publicURL, "/") + l.Path
	}
	var t strings.Builder
	for _, line := range l.Lines {
		t.WriteString(line + "\n\n")
	}
	for _, f := range l.Facts {
		t.WriteString(f.Label + ": " + f.Value + "\n")
	}
	if len(l.Facts) > 0 {
		t.WriteString("\n")
	}
	if l.Code != "" {
		t.WriteString("Code: " + l.Code + "\n\n")
	}
	if link != "" {
		t.WriteString(l.Button + ":\n" + link + "\n\n")
	}
	for _, line := range l.After {
		t.WriteString(line + "\n\n")
	}
	var h strings.Builder
	err = htmlForm.Execute(&h, struct {
		Letter
		Link string
	}{l, link})
	return strings.TrimSpace(t.String()) + "\n", h.String(), err
}
