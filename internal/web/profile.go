package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/web/ui"
)

// One's own details: the same page in an own account and in the company panel.

func profilePage(v *Visit) error {
	u := &v.Present.User
	var offer *ui.PasskeyOfferProps
	if v.Audience == session.Company { // it is the first page there
		var err error
		if offer, err = v.PasskeyOffer(); err != nil {
			return err
		}
	}
	return drawProfile(v, http.StatusOK, ui.ProfileProps{
		Offer: offer, Version: strconv.FormatInt(u.Version, 10), First: u.FirstName, Last: u.LastName, Phone: u.Phone, Born: u.Born, Address: u.Address,
	})
}

func drawProfile(v *Visit, status int, p ui.ProfileProps) error {
	u := &v.Present.User
	p.Action, p.Email, p.ReadOnly = v.Base()+"/profile", u.Email, !v.mayChange()
	p.Lead, p.EmailHint, p.EmailTo = "What "+v.Front.Name+" knows of you.", "You sign in with it.", v.EmailPath()
	if v.Present.As != nil {
		p.EmailTo = "" // theirs alone
	}
	if v.Audience == session.Company && v.Present.Role != nil {
		p.Lead = "You are " + v.Present.Role.Name + " in your company. A company admin changes that."
	}
	c := v.Clock()
	p.EmailMark, p.PhoneMark = "Not confirmed yet", "Not confirmed yet"
	if u.EmailVerified != 0 {
		p.EmailMark = "Confirmed on " + c.Date(moment(u.EmailVerified))
	}
	switch {
	case u.Phone == "":
		p.PhoneMark = ""
	case u.PhoneVerified != 0:
		p.PhoneMark = "Confirmed on " + c.Date(moment(u.PhoneVerified))
	}
	if u.IDVerified != 0 {
		p.IDMark = "Your ID was checked on " + c.Date(moment(u.IDVerified)) + "."
	}
	return v.Page(status, "Your profile", "profile", ui.Profile(p))
}

// editProfile changes one's own details. The version is what the form was drawn with: what somebody else has changed since is not
// overwritten.
func editProfile(v *Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return ErrForm
	}
	in := account.Changes{User: v.Present.User.ID, Version: version}
	for name, field := range map[string]**string{
		"first_name": &in.FirstName, "last_name": &in.LastName, "phone": &in.Phone, "born": &in.Born, "address": &in.Address,
	} {
		if form.Has(name) {
			typed := strings.ReplaceAll(form.Get(name), "\r\n", "\n")
			*field = &typed
		}
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Edit, in)
	if err == nil {
		return v.Gone(v.Base() + "/profile")
	}
	if r, ok := v.refused(err); ok {
		return drawProfile(v, r.status, ui.ProfileProps{
			Version: form.Get("version"), First: form.Get("first_name"), Last: form.Get("last_name"), Phone: form.Get("phone"),
			Born: form.Get("born"), Address: form.Get("address"),
			Fields: r.fields, Problem: r.problem, Errors: r.lines("first_name", "last_name", "phone", "born", "address"),
		})
	}
	return err
}
