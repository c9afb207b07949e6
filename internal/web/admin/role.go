package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func rolePages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/role", func(v *web.Visit) error { return rolePage(v, l) })
		r.staff("POST "+l.path+"/{id}/role", func(v *web.Visit) error { return changeRole(v, l) })
	}
}

// roleForm is a change of role as it was sent: the form of Add user, about somebody who is here.
type roleForm struct {
	*profile
	form   *addForm
	Reason string
	Action string
	Now    string // the role in force, in words
	props  addUserProps
}

func rolePage(v *web.Visit, l *peopleList) error {
	f, err := openRole(v, l)
	if err != nil {
		return err
	}
	query := v.R.URL.Query()
	if !query.Has("role") {
		query = f.held()
	}
	f.form.read(query)
	f.form.weigh(v)
	return showRole(v, http.StatusOK, f, troubles{})
}

func openRole(v *web.Visit, l *peopleList) (*roleForm, error) {
	p, err := openProfile(v, l)
	if err != nil {
		return nil, err
	}
	if !p.Can.ChangeRole {
		if p.Self {
			return nil, op.ErrOneself
		}
		return nil, op.ErrForbidden.Say("You need “%s” for this. A Super Admin can give it to you.", access.StaffRolesAssign.Label()).
			With("permission", access.StaffRolesAssign.String()).With("scope", p.User.Scope().String())
	}
	f := &roleForm{profile: p, Action: p.path("role"), Now: roleName(p.Role), form: &addForm{brand: p.User.Brand, whole: true}}
	if p.Role == "" {
		f.Now = "No role"
	}
	return f, f.offer(v)
}

// offer lists the places of the person's home and the roles that the viewer may give there.
func (f *roleForm) offer(v *web.Visit) error {
	places := []access.Scope{f.User.Brand.Scope()}
	if f.Profile.Brand != nil {
		d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, f.User.Brand)
		if err != nil {
			return err
		}
		f.form.locations = d.Locations
		for i := range d.Locations {
			places = append(places, d.Locations[i].Scope())
		}
	}
	now := v.Site.Door.Now().UnixMilli()
	for _, r := range access.BuiltIn {
		offers := func(at access.Scope) bool {
			return r.StandsAt(at) && v.Caller.Grants.CanGive(now, r, access.Adjustment{}, at)
		}
		if r.For == access.Staff && slices.ContainsFunc(places, offers) {
			f.form.offered = append(f.form.offered, r)
		}
	}
	return nil
}

// held is the role that the person has now, as the form would send it.
func (f *roleForm) held() url.Values {
	form := url.Values{"where": {"all"}}
	if f.Staff == nil {
		return form
	}
	for _, g := range role.Resolve(f.Staff.Grants) {
		if g.Role.For != access.Staff {
			continue
		}
		form.Set("role", g.Role.Key)
		if id := g.Scope.LocationID(); id != "" {
			form.Set("where", "some")
			form.Add("location", id)
		}
		for _, area := range access.Areas() {
			c := area.Choice(g.Set())
			form.Set("level."+string(area), c.Level.String())
		}
		form["permission"] = g.Set().Names()
	}
	return form
}

func changeRole(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f, err := openRole(v, l)
	if err != nil {
		return err
	}
	f.form.read(form)
	f.form.weigh(v)
	f.Reason = strings.TrimSpace(form.Get("reason"))
	if form.Get("do") == "preview" {
		return showRole(v, http.StatusOK, f, troubles{})
	}
	if t := f.check(); t.fields != nil {
		return showRole(v, http.StatusUnprocessableEntity, f, t)
	}
	_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.ChangeRole, f.change())
	switch {
	case err == nil:
		return v.Gone(f.path(""))
	case errors.Is(err, op.ErrStepUpRequired):
		return err
	}
	t, ok := wrong(err)
	switch {
	case errors.Is(err, access.ErrRolePlace):
		t.fields = map[string]string{"location": "This role is held at single locations, or not at this place at all. Choose locations, or another role."}
	case errors.Is(err, access.ErrGivesMore):
		t.problem, t.status = f.form.refusal(v, err), http.StatusForbidden
	case errors.Is(err, op.ErrHoldsMore):
		t = troubles{status: http.StatusForbidden, problem: ui.Text(ui.T(refusalText(err)))}
	case !ok:
		return err
	}
	return showRole(v, t.status, f, t)
}

// maxReason is more than a reason needs.
const maxReason = 500

// check refuses what the domain would refuse after the code, as far as it can be seen before.
func (f *roleForm) check() troubles {
	var wrong errs.Wrong
	role := f.form.Role
	switch {
	case role == "":
		wrong.Add("role", "Choose a role.")
	case role != account.NoStaffRole && f.form.role == nil:
		wrong.Add("role", "Choose one of the roles of the list.")
	case f.form.Some && len(f.form.Chosen) == 0 && role != account.NoStaffRole:
		wrong.Add("location", "Choose at least one location, or all of them.")
	case f.form.role != nil && !f.form.Some && !f.form.role.StandsAt(f.User.Brand.Scope()):
		wrong.Add("location", "%s is held at single locations: choose which.", f.form.role.Name)
	}
	if f.Reason == "" {
		wrong.Add("reason", "Say why: the reason is kept in the audit log.")
	} else if len(f.Reason) > maxReason {
		wrong.Add("reason", "Write at most %d characters.", maxReason)
	}
	if err := wrong.Err(); err != nil {
		return troubles{fields: errs.Of(err).Fields}
	}
	return troubles{}
}

func (f *roleForm) change() account.RoleChange {
	in := account.RoleChange{User: f.User.ID, Reason: f.Reason, Assignment: account.Assignment{Role: f.form.Role, Brand: f.User.Brand}}
	if f.form.Role == account.NoStaffRole {
		return in
	}
	in.Assignment = f.form.newStaff().Assignment
	return in
}

func showRole(v *web.Visit, status int, f *roleForm, t troubles) error {
	if t.status != 0 {
		status = t.status
	}
	f.props = f.form.props(v, t)
	f.props.Roles = append(f.props.Roles, ui.Option{Value: account.NoStaffRole, Label: "Customer: no staff role"})
	return v.Page(status, "Change the role of "+f.Title, f.list.name, roleSheet(f))
}

func (f *roleForm) warning() string {
	name := firstName(f.User, f.Title)
	return name + " is signed out everywhere, works with the new role after signing in again, and is told by e-mail. You confirm it with a code from your own e-mail."
}

// rolePreview lets the levels follow the choice while one chooses. Without script the form's own button does the same.
func (f *roleForm) preview(region string) map[string]any {
	return map[string]any{
		"hx-post": f.Action, "hx-vals": `{"do":"preview"}`, "hx-include": "closest form", "hx-trigger": "change",
		"hx-target": "#" + region, "hx-select": "#" + region, "hx-swap": "outerHTML", "hx-sync": "closest form:replace",
	}
}

// props draws the part of the form that Add user has too: roles, places, levels, and what differs from the role.
func (f *addForm) props(v *web.Visit, t troubles) addUserProps {
	p := addUserProps{addForm: f, Place: f.placeName(v)(f.brand.Scope()), Problems: t, Roles: []ui.Option{{Value: "", Label: "Choose a role"}}}
	for _, r := range f.offered {
		p.Roles = append(p.Roles, ui.Option{Value: r.Key, Label: r.Name})
	}
	for i := range f.locations {
		p.Places = append(p.Places, ui.Option{Value: string(f.locations[i].ID), Label: f.locations[i].Name, Hint: f.locations[i].City})
	}
	p.Was = []ui.Hidden{{Name: "was.role", Value: ""}}
	if f.role == nil {
		return p
	}
	a := f.adjustment()
	p.Name, p.Summary, p.Adjustable = a.Describe(f.role), f.role.Summary, f.role.Adjustable()
	for _, c := range a.Changes(f.role) {
		p.Changes = append(p.Changes, c.String())
	}
	if p.Adjustable {
		p.Areas = f.areas(a)
	}
	p.Was = []ui.Hidden{{Name: "was.role", Value: f.role.Key}}
	for _, name := range f.held.Names() {
		p.Was = append(p.Was, ui.Hidden{Name: "was.permission", Value: name})
	}
	return p
}
