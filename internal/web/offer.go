package web

import (
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Who comes in with a code or a password and has no passkey is offered one, on the first page of their account or panel. "Not now" is
// remembered in the browser, because a passkey is a matter of the device that one sits at.

// offerAgain is how long "Not now" holds.
const offerAgain = 30 * 24 * time.Hour

// PasskeyOffer is the offer for who visits; nil where there is none to make.
func (v *Visit) PasskeyOffer() (*ui.PasskeyOfferProps, error) {
	if v.Present.As != nil || v.Kept(v.laterCookie()) != "" {
		return nil, nil
	}
	has, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.ListPasskeys, op.None{})
	if err != nil || len(has) > 0 {
		return nil, err
	}
	return &ui.PasskeyOfferProps{
		Add: v.SecurityPath() + "/passkeys/new", Later: v.Base() + "/passkey-offer/later", Password: v.Audience != session.Company,
	}, nil
}

// laterCookie is the name of the cookie that puts the offer off. It is one person's, so that the next one at this browser is asked
// too, and tells nobody who they are.
func (v *Visit) laterCookie() string {
	return "passkey_later_" + secret.HashToken(string(v.Present.User.ID))[:12]
}

func offerLater(v *Visit) error {
	v.Keep(v.laterCookie(), "1", offerAgain)
	return v.Gone(v.Base())
}
