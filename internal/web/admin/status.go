package admin

import (
	"errors"
	"net/http"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func statusPages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/deactivate", func(v *web.Visit) error { return askStatus(v, l, deactivation, http.StatusOK, nil) })
		r.staff("POST "+l.path+"/{id}/deactivate", func(v *web.Visit) error { return changeStatus(v, l, deactivation) })
		r.staff("GET "+l.path+"/{id}/activate", func(v *web.Visit) error { return askStatus(v, l, activation, http.StatusOK, nil) })
		r.staff("POST "+l.path+"/{id}/activate", func(v *web.Visit) error { return changeStatus(v, l, activation) })
	}
}

// statusChange is a step in an account's life that is confirmed in a dialog.
type statusChange struct {
	path, verb string
	danger     bool
	from       user.Status
	words      func(name string) string
	run        func(v *web.Visit, id user.ID) error
}

var deactivation = &statusChange{
	path: "deactivate", verb: "Deactivate", danger: true, from: user.Active,
	words: func(name string) string {
		return name + " is signed out now on every device, cannot sign in or order, and is told by e-mail. All data stays, and orders on their way are not stopped. Activating the account again brings no session back."
	},
	run: func(v *web.Visit, id user.ID) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Deactivate, account.Of(id))
		return err
	},
}

var activation = &statusChange{
	path: "activate", verb: "Activate", from: user.Deactivated,
	words: func(name string) string {
		return name + " can sign in and order again, and is told by e-mail. Nobody is signed in by this."
	},
	run: func(v *web.Visit, id user.ID) error {
		_, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Activate, account.Of(id))
		return err
	},
}

func askStatus(v *web.Visit, l *peopleList, c *statusChange, status int, problem []ui.Run) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.UsersDeactivate}, User: p.User.ID, NotSelf: true}); err != nil {
		return err
	}
	name := firstName(p.User, p.Title)
	d := ui.DialogProps{
		Title: c.verb + " " + p.Title + "?", Action: personPath(l.path, p.User.ID, c.path, ""), Do: c.verb + " " + name, Danger: c.danger, Cancel: p.path(""), Problem: problem,
		Sends: []ui.Hidden{{Name: "back", Value: p.path("")}},
	}
	words := c.words(name)
	if p.User.Status != c.from && len(problem) == 0 {
		d.Quiet = true
		words = "This account is " + ui.LowerFirst(p.User.Status.Label()) + " now, so there is nothing to " + ui.LowerFirst(c.verb) + "."
	}
	if v.Fragment() {
		return v.Render(status, statusDialog(d, words))
	}
	return v.Page(status, d.Title, l.name, statusPage(d, words))
}

// changeStatus runs the step. What the account's state does not allow is said in the dialog.
func changeStatus(v *web.Visit, l *peopleList, c *statusChange) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id := user.ID(v.R.PathValue("id"))
	err = c.run(v, id)
	if err == nil {
		return v.Gone(web.Back(form.Get("back"), personPath(l.path, id, "", "")))
	}
	if t, ok := wrong(v, err); ok {
		return askStatus(v, l, c, t.status, orRuns(t.problem, err))
	}
	if errors.Is(err, op.ErrHoldsMore) {
		return askStatus(v, l, c, http.StatusForbidden, ui.Text(ui.T(refusalText(err))))
	}
	return err
}

func orRuns(runs []ui.Run, err error) []ui.Run {
	if len(runs) == 0 {
		return ui.Text(ui.T(refusalText(err)))
	}
	return runs
}
