package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

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
	query := v.R.URL.Query()
	f, err := openRole(v, l)
	if err != nil {
		return err
	}
	if !query.Has("role") && !query.Has("brand") {
		query = f.held()
	}
	if err := f.place(v, query); err != nil {
		return err
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
	if err := opens(v, account.Opening{Any: []access.Permission{access.StaffRolesAssign}, User: p.User.ID, NotSelf: true}); err != nil {
		return nil, err
	}
	f := &roleForm{profile: p, Action: p.path("role"), Now: roleName(p.Role), form: &addForm{whereForm: whereForm{home: p.User.Brand}}}
	if p.Role == "" {
		f.Now = "No role"
	}
	return f, nil
}

// place reads where the role is to hold, and finds which roles can be given there.
func (f *roleForm) place(v *web.Visit, form url.Values) error {
	if err := f.form.whereForm.read(v, form, access.StaffRolesAssign); err != nil {
		return err
	}
	f.form.offered = f.form.whereForm.offered(v)
	return nil
}

// held is the role that the person has now, as the form would send it.
func (f *roleForm) held() url.Values {
	form := url.Values{}
	if f.Staff == nil {
		return form
	}
	for _, g := range role.Resolve(f.Staff.Grants) {
		if g.Role.For != access.Staff {
			continue
		}
		form.Set("role", g.Role.Key)
		fields := ""
		if f.form.many() {
			b := cmp.Or(g.Scope.BrandID(), string(brand.Platform))
			form.Add("brand", b)
			fields = "." + b
		}
		if id := g.Scope.LocationID(); id != "" {
			form.Set("where"+fields, "some")
			form.Add("location"+fields, id)
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
	if err := f.place(v, form); err != nil {
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
	if t, ok := f.form.refused(v, err, "reason"); ok {
		return showRole(v, t.status, f, t)
	}
	return err
}

// maxReason is more than a reason needs.
const maxReason = 500

// check refuses what the domain would refuse after the code, as far as it can be seen before.
func (f *roleForm) check() troubles {
	var wrong errs.Wrong
	role := f.form.Role
	if role != account.NoStaffRole {
		f.form.check(&wrong, f.form.role)
	}
	switch {
	case role == "":
		wrong.Add("role", "Choose a role.")
	case role != account.NoStaffRole && f.form.role == nil:
		wrong.Add("role", "Choose one of the roles of the list.")
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
	in := account.RoleChange{User: f.User.ID, Reason: f.Reason, Assignment: account.Assignment{Role: f.form.Role}}
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
	if f.form.many() && len(f.form.at) == 0 {
		f.props.Roles[0].Label = "Choose where first"
	}
	f.props.Roles = append(f.props.Roles, ui.Option{Value: account.NoStaffRole, Label: "Customer: no staff role"})
	return v.Page(status, "Change the role of "+f.Title, f.list.name, roleSheet(f))
}

func (f *roleForm) warning() string {
	name := firstName(f.User, f.Title)
	return name + " is signed out everywhere, works with the new role after signing in again, and is told by e-mail. You confirm it with a code from your own e-mail."
}

// rolePreview lets the levels follow the choice while one chooses. Without script the form's own button does the same.
func (f *roleForm) preview(region string, also ...string) templ.Attributes {
	return choosing(f.Action, region, also...)
}

// choosing sends the form while one chooses, and swaps what depends on the choice.
func choosing(action, region string, also ...string) templ.Attributes {
	a := templ.Attributes{
		"hx-post": action, "hx-vals": `{"do":"preview"}`, "hx-include": "closest form", "hx-trigger": "change",
		"hx-target": "#" + region, "hx-select": "#" + region, "hx-swap": "outerHTML", "hx-sync": "closest form:replace",
	}
	if len(also) > 0 {
		a["hx-select-oob"] = "#" + strings.Join(also, ",#")
	}
	return a
}

// props draws the part of the form that Add user has too: roles, places, levels, and what differs from the role.
func (f *addForm) props(v *web.Visit, t troubles) addUserProps {
	p := addUserProps{addForm: f, Place: f.placeName(f.home.Scope()), Where: f.brands(v), Problems: t, Roles: []ui.Option{{Value: "", Label: "Choose a role"}}}
	for _, r := range f.offered {
		p.Roles = append(p.Roles, ui.Option{Value: r.Key, Label: r.Name})
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
	for _, at := range f.nodes() {
		if lacks := v.Caller.Grants.Lacks(v.Site.Door.Now().UnixMilli(), f.role, a, at); !lacks.Empty() && f.role.StandsAt(at) {
			p.Lacks = ui.Text(ui.T(refusalText(access.RefuseGift(f.role, lacks, at, access.Words{Place: f.placeName}))))
			break
		}
	}
	return p
}
