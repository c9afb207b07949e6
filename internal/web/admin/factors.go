package admin

import (
	"net/http"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// factorPages are one's own security, as every audience has it, and the reset of somebody else's second factor.
func factorPages(r routes) {
	web.SecurityRoutes(web.Hang(r.below).Below("/me/security"), &web.StepUps{Afterwards: afterwards})
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/second-factor", func(v *web.Visit) error { return askSecondReset(v, l, http.StatusOK, nil) })
		r.staff("POST "+l.path+"/{id}/second-factor", func(v *web.Visit) error { return resetSecond(v, l) })
	}
}

// askSecondReset asks before somebody's second factors are removed.
func askSecondReset(v *web.Visit, l *peopleList, status int, problem []ui.Run) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	d := ui.DialogProps{
		Title: "Reset the second factor of " + p.Title + "?", Action: personPath(l.path, p.User.ID, "second-factor", ""), Do: "Reset second factor", Danger: true,
		Cancel: p.path(""), Problem: problem, Sends: []ui.Hidden{{Name: "back", Value: p.path("")}},
	}
	words := "For somebody who has lost their app, passkey and recovery codes: all of them are removed. " + firstName(p.User, p.Title) +
		" is signed out everywhere, is told by e-mail, and makes a new second factor at the next sign-in. Be sure that it is they who ask."
	if v.Fragment() {
		return v.Render(status, statusDialog(d, words))
	}
	return v.Page(status, d.Title, l.name, statusPage(d, words))
}

func resetSecond(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id := user.ID(v.R.PathValue("id"))
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ResetSecondFactor, account.Of(id))
	if t, ok := wrong(v, err); ok {
		return askSecondReset(v, l, t.status, orRuns(t.problem, err))
	}
	back := web.Back(form.Get("back"), personPath(l.path, id, "", ""))
	if err == nil {
		return v.Gone(back)
	}
	return v.StepUp(err, back)
}
