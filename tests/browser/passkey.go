package browser

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Device is something in a window that makes and shows passkeys, as a laptop with a fingerprint reader does.
type Device struct {
	b  *Browser
	id webauthn.AuthenticatorID
}

// GiveDevice puts a device for passkeys into the window: its owner is always there, and always puts their finger on it. Passkeys
// belong to the page's host, so the page has to be at http://localhost. The window keeps it until the test ends.
func (b *Browser) GiveDevice() *Device {
	b.t.Helper()
	ctx, done := context.WithTimeout(b.ctx, b.patience)
	defer done()
	if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.fail("a device for passkeys: %v", err)
	}
	added, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		b.fail("a device for passkeys: %v", err)
	}
	return &Device{b, added.AuthenticatorID}
}

// Forge makes the device sign with nothing but zeros from now on, or honestly again.
func (d *Device) Forge(on bool) {
	d.b.t.Helper()
	ctx, done := context.WithTimeout(d.b.ctx, d.b.patience)
	defer done()
	if _, err := chromedp.Call(ctx, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{AuthenticatorID: d.id, IsBogusSignature: &on}); err != nil {
		d.b.fail("forging: %v", err)
	}
}

// Passkeys is how many passkeys are on the device.
func (d *Device) Passkeys() int {
	d.b.t.Helper()
	ctx, done := context.WithTimeout(d.b.ctx, 5*time.Second)
	defer done()
	all, err := chromedp.Call(ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: d.id})
	if err != nil {
		d.b.fail("counting passkeys: %v", err)
	}
	return len(all.Credentials)
}
