package admin

import (
	"net/http"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func confirmPages(r routes) {
	r.anyone("GET /confirm", confirmPage)
	r.anyone("POST /confirm", confirmAddress)
}

// confirmToken is the cookie that holds the token of the link while its page is open.
const confirmToken = "confirm"

// confirmPage shows which address is confirmed. Opening it confirms nothing: mail scanners open links too.
func confirmPage(v *web.Visit) error {
	if v.TakeToken(confirmToken, tokenLife) {
		return nil
	}
	whose, err := v.Site.Desk.OpenLink(v.Ctx(), v.Caller, v.Kept(confirmToken), auth.ConfirmEmail)
	if err != nil {
		return err
	}
	const title = "Confirm your e-mail address"
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: title}, confirmForm(title, whose.User.Email)))
}

func confirmAddress(v *web.Visit) error {
	if err := v.Site.Desk.ConfirmEmail(v.Ctx(), v.Caller, v.Kept(confirmToken)); err != nil {
		return err
	}
	v.Drop(confirmToken)
	return v.Render(http.StatusOK, ui.Wrapped(ui.BlankProps{Title: "Address confirmed"}, confirmedSheet()))
}
