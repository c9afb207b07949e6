package admin

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

// Looking through a customer's or company user's eyes is asked for here, with a reason, and confirmed by a step-up. What begins then
// is a session of its own in this browser, at the person's own screens (web/impersonation.go).
func impersonationPages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/impersonation", func(v *web.Visit) error { return askImpersonation(v, l, http.StatusOK, nil, troubles{}) })
		r.staff("POST "+l.path+"/{id}/impersonation", func(v *web.Visit) error { return impersonate(v, l) })
		r.staff("POST "+l.path+"/{id}/impersonation/end", func(v *web.Visit) error { return endImpersonations(v, l) })
	}
	afterwards[auth.Impersonate.Name] = lookThrough
}

// viewForm is the dialog with what was typed.
type viewForm struct {
	troubles
	Name    string
	First   string
	Reason  string
	At      []ui.Option // the audiences that the person has; the one question that is not asked when there is one
	Chosen  string
	MayEdit bool // who asks may be let change things too
	Writes  bool
	Running []string // who looks already
	EndTo   string
}

func askImpersonation(v *web.Visit, l *peopleList, status int, typed url.Values, t troubles) error {
	p, err := openProfile(v, l)
	if err != nil {
		return err
	}
	if err := opens(v, account.Opening{Any: []access.Permission{access.UsersImpersonate}, User: p.User.ID, NotSelf: true}); err != nil {
		return err
	}
	u := p.User
	f := viewForm{
		troubles: t, Name: p.Title, First: firstName(u, p.Title), Reason: typed.Get("reason"), Writes: typed.Get("writes") != "",
		MayEdit: v.May(access.UsersImpersonateWrite, u.Subject()), EndTo: personPath(l.path, u.ID, "impersonation/end", ""),
	}
	if u.Kinds&user.IsCompany != 0 {
		f.At = append(f.At, ui.Option{Value: string(session.Company), Label: "The company panel"})
	}
	if u.Brand != brand.Platform {
		f.At = append(f.At, ui.Option{Value: string(session.Account), Label: "Their own account"})
	}
	if u.Kinds&user.IsCompany != 0 && u.Kinds&user.IsCustomer == 0 && len(f.At) > 1 {
		f.At = f.At[:1]
	}
	if f.Chosen = typed.Get("audience"); f.Chosen == "" && len(f.At) > 0 {
		f.Chosen = f.At[len(f.At)-1].Value
	}
	running, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, auth.Impersonations, u.ID)
	if err != nil {
		return err
	}
	for _, r := range running {
		f.Running = append(f.Running, r.Name+", until "+p.clock.Time(ms(r.Ends)))
	}
	d := ui.DialogProps{
		Title: "View as " + p.Title, Action: personPath(l.path, u.ID, "impersonation", ""), Do: "View as " + f.First, Cancel: p.path(""), Problem: t.problem,
		Sends: []ui.Hidden{{Name: "back", Value: p.path("")}},
	}
	if u.Kinds&user.IsStaff != 0 || u.Status != user.Active {
		d.Quiet = true
		words := "This account is " + ui.LowerFirst(u.Status.Label()) + " now: nobody can come in with it, and nobody can view as its person."
		if u.Kinds&user.IsStaff != 0 {
			words = auth.ErrImpersonateStaff.Detail
		}
		return dialogOf(v, status, d, l, stepBody(words, nil))
	}
	return dialogOf(v, status, d, l, viewBody(f))
}

func impersonate(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	id := user.ID(v.R.PathValue("id"))
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.Impersonate, auth.Impersonation{
		User: id, Audience: session.Audience(form.Get("audience")), Reason: strings.TrimSpace(form.Get("reason")), Writes: form.Get("writes") != "",
	})
	if t, ok := wrong(v, err, "reason", "audience"); ok {
		return askImpersonation(v, l, t.status, form, t)
	}
	back := web.Back(form.Get("back"), personPath(l.path, id, "", ""))
	if err == nil { // it always needs a step-up
		return v.Gone(back)
	}
	return v.StepUp(err, back)
}

// lookThrough gives the browser the session that was confirmed, and leads to what the person sees.
func lookThrough(v *web.Visit, out any) error {
	signed, ok := out.(auth.Signed)
	if !ok || signed.Token == "" {
		return errs.ErrFault
	}
	p, _, err := v.Site.Desk.Resolve(v.Ctx(), v.Site.From(v.R), signed.For, signed.Token)
	if err != nil {
		return err
	}
	to, err := frontOf(v, &p.User)
	if err != nil {
		return err
	}
	v.LooksThrough(signed)
	if signed.For == session.Company {
		return v.Gone("/app/" + to)
	}
	return v.Gone("/account/" + to)
}

// frontOf is the brand of a customer or company user, as it stands in addresses.
func frontOf(v *web.Visit, u *user.User) (slug string, err error) {
	fronts, err := op.Ask(v.Ctx(), v.Site.Door, v.Site.From(v.R).Nobody(), brand.Fronts, "")
	for _, f := range fronts {
		if f.ID == u.Brand {
			return f.Slug, nil
		}
	}
	if err == nil {
		err = errs.ErrNotFound
	}
	return "", err
}

func endImpersonations(v *web.Visit, l *peopleList) error {
	id := user.ID(v.R.PathValue("id"))
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, auth.EndImpersonations, id); err != nil {
		return err
	}
	return v.Gone(personPath(l.path, id, "", ""))
}
