package ui

import "github.com/a-h/templ"

func (p PasskeyProps) attrs() templ.Attributes {
	kind := "show"
	if p.Make {
		kind = "make"
	}
	return templ.Attributes{"data-passkey": kind, "data-ask": p.Ask}
}

// PasskeyOfferProps offers a passkey to who has none; nil offers nothing.
type PasskeyOfferProps struct {
	Add      string // where one is made
	Later    string // posting here puts the offer off
	Password bool   // there are passwords here, beside codes
}

func (p *PasskeyOfferProps) words() string {
	instead := "a code from your mailbox"
	if p.Password {
		instead = "a password or a code"
	}
	return "It opens with your finger, your face or your device’s PIN, and signs you in without " + instead +
		". From then on nobody comes in without it, except with a recovery code; you get those with it."
}
