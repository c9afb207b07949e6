package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

type sideForm struct {
	id, post string
	sends    []Hidden
}

// dialog gives the dialog its forms beside: a new code, another proof.
func (p StepUpProps) dialog() DialogProps {
	d := p.Dialog
	d.side, d.passkey = nil, p.passkey()
	if p.Again != "" {
		d.side = append(d.side, sideForm{"dialog-again", p.Again, d.Sends})
	}
	for i, a := range p.Other {
		d.side = append(d.side, sideForm{otherForm(i), a.Post, append(d.Sends[:len(d.Sends):len(d.Sends)], a.Sends...)})
	}
	return d
}

// passkey is the passkey of a step-up: its form stands beside that of the code.
func (p StepUpProps) passkey() PasskeyProps {
	k := p.Passkey
	k.form = "dialog-passkey"
	return k
}

func otherForm(i int) string { return "dialog-other-" + strconv.Itoa(i) }

// postAttrs let a form in a dialog answer inside the dialog.
func postAttrs(to string) templ.Attributes {
	return templ.Attributes{"hx-post": to, "hx-target": "#dialog", "hx-swap": "innerHTML"}
}

func stepUpHint(p StepUpProps) string {
	const once = "It confirms exactly this change, once."
	if p.SentTo == "" {
		return once
	}
	return "Sent to " + p.SentTo + ". " + once
}
