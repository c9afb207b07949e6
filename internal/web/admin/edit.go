package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func editPages(r routes) {
	for _, l := range []*peopleList{usersList, customersList} {
		r.staff("GET "+l.path+"/{id}/edit", func(v *web.Visit) error { return editPage(v, l) })
		r.staff("POST "+l.path+"/{id}/edit", func(v *web.Visit) error { return edit(v, l) })
	}
}

// editFields are the details of a person that a form edits, in its order. Role and status are none of them.
var editFields = []struct {
	name, label, kind, hint string
	of                      func(u *user.User) string
	max                     int
}{
	{"first_name", "First name", "text", "", func(u *user.User) string { return u.FirstName }, 200},
	{"last_name", "Last name", "text", "", func(u *user.User) string { return u.LastName }, 200},
	{"email", "E-mail", "email", "Another address needs a code from your e-mail. The person is signed out everywhere, and both addresses are told.", func(u *user.User) string { return u.Email }, 254},
	{"phone", "Phone", "tel", "With the country: +44 7700 900 142", func(u *user.User) string { return u.Phone }, 40},
	{"born", "Birthday", "date", "", func(u *user.User) string { return u.Born }, 10},
	{"address", "Address", "lines", "As on an envelope, without the name.", func(u *user.User) string { return u.Address }, 500},
	{"country", "Country", "text", "Two letters: GB", func(u *user.User) string { return u.Country }, 2},
}

type editProps struct {
	*profile
	Action  string
	Version string
	Values  map[string]string // as typed
	Before  map[string]string // what is there now, where it is not what was typed; only after somebody else's change
	Stale   bool
	t       troubles
}

func (p editProps) field(name string) ui.Field {
	for _, f := range editFields {
		if f.name != name {
			continue
		}
		out := ui.Field{Name: f.name, Label: f.label, Type: f.kind, Value: p.Values[name], Hint: f.hint, Error: p.t.of(name), MaxLength: f.max, Autocomplete: "off"}
		if name == "email" && p.Self {
			out.ReadOnly, out.Hint, out.Link = true, "A link to the new address confirms a change of your own.", ui.L("Change address", "/admin/me/email")
		}
		if p.Stale {
			if now, differs := p.Before[name]; differs {
				out.Error = "There is now: " + cmp.Or(oneLine(now), "nothing")
			}
		}
		return out
	}
	return ui.Field{}
}

func editPage(v *web.Visit, l *peopleList) error {
	p, err := openEdit(v, l)
	if err != nil {
		return err
	}
	for _, f := range editFields {
		p.Values[f.name] = f.of(p.User)
	}
	return showEdit(v, http.StatusOK, p)
}

// openEdit reads the person, for who may edit them.
func openEdit(v *web.Visit, l *peopleList) (editProps, error) {
	who, err := openProfile(v, l)
	if err != nil {
		return editProps{}, err
	}
	any := []access.Permission{access.EditPermission(who.User.Subject().People), access.UsersEdit}
	if err := opens(v, account.Opening{Any: any, User: who.User.ID, Self: true}); err != nil {
		return editProps{}, err
	}
	return editProps{profile: who, Action: who.path("edit"), Version: number(who.User.Version), Values: map[string]string{}}, nil
}

func showEdit(v *web.Visit, status int, p editProps) error {
	return v.Page(status, "Edit "+p.Title, p.list.name, editSheet(p))
}

func edit(v *web.Visit, l *peopleList) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p, err := openEdit(v, l)
	if err != nil {
		return err
	}
	in := account.Changes{User: p.User.ID, Version: version(form.Get("version"))}
	if in.Version == 0 {
		in.Version = -1 // a form without it was not ours
	}
	for name, to := range map[string]**string{
		"first_name": &in.FirstName, "last_name": &in.LastName, "email": &in.Email, "phone": &in.Phone, "born": &in.Born, "address": &in.Address, "country": &in.Country,
	} {
		given, sent := form[name]
		if !sent || len(given) != 1 {
			continue
		}
		value := strings.ReplaceAll(given[0], "\r\n", "\n")
		if name == "country" {
			value = strings.ToUpper(strings.TrimSpace(value))
		}
		*to = &value
	}
	if err = readable(in); err == nil { // before anybody is asked for a code
		_, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Edit, in)
	}
	switch {
	case err == nil:
		return v.Gone(p.path(""))
	case errors.Is(err, op.ErrStepUpRequired): // the values wait on the server; afterwards one is back at the person
		return err
	}
	return p.refused(v, err, form)
}

// refused shows the form again with all that was typed, and says what is wrong with it, or what is there now.
func (p editProps) refused(v *web.Visit, err error, form url.Values) error {
	for _, f := range editFields {
		p.Values[f.name] = f.of(p.User)
		if form.Has(f.name) {
			p.Values[f.name] = form.Get(f.name)
		}
	}
	t, ok := wrong(v, err, "first_name", "last_name", "email", "phone", "born", "address", "country")
	if !ok {
		return err
	}
	p.t = t
	if errors.Is(err, op.ErrStale) {
		p.Stale, p.Before = true, map[string]string{}
		for _, f := range editFields {
			if now := f.of(p.User); now != strings.ReplaceAll(form.Get(f.name), "\r\n", "\n") {
				p.Before[f.name] = now
			}
		}
		p.t.problem = ui.Text(ui.B("Somebody else changed this since you opened it, and nothing of yours was saved. "),
			ui.T("Your text is still here; what is there now stands under each field that differs. Save again to replace it with yours."))
	}
	return showEdit(v, t.status, p)
}

// readable refuses what no edit would take, so that a typing mistake is told in the form and not after a code was typed.
func readable(in account.Changes) error {
	var wrong errs.Wrong
	check := func(name string, value *string, read func(string) (string, error)) {
		if value == nil || *value == "" {
			return
		}
		if _, err := read(*value); err != nil {
			wrong.Add(name, "%s", refusalText(err))
		}
	}
	check("first_name", in.FirstName, text.CleanName)
	check("last_name", in.LastName, text.CleanName)
	check("email", in.Email, text.NormEmail)
	check("phone", in.Phone, text.NormPhone)
	return wrong.Err()
}
