package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/stewardhq/steward/internal/account"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func addUserPages(r routes) {
	r.staff("GET /admin/settings/users/new", addUserPage)
	r.staff("POST /admin/settings/users/new", addUser)
}

// addForm is the Add user form (checklist 8-14) as it was sent: who, which role, where, and a level for each area with the single
// permissions beside it. It works without script: "Preview" sends it and shows what it amounts to.
type addForm struct {
	Email, First, Last string
	Role               string
	whereForm
	ByMail  bool // the invitation goes by mail; else the link is shown once
	Message string

	offered []*access.Role
	role    *access.Role // nil until one is chosen that the viewer may give
	held    access.Set   // what the grant would hold
	may     access.Set   // what the viewer holds wherever the grant would stand
}

func addUserPage(v *web.Visit) error {
	query := v.R.URL.Query()
	if v.Brand == nil && !query.Has("role") && !query.Has("brand") {
		query.Set("brand", string(brand.Platform))
	}
	f, err := newAddForm(v, query)
	if err != nil {
		return err
	}
	f.read(query)
	f.weigh(v)
	return showAddUser(v, http.StatusOK, f, troubles{})
}

func addUser(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	f, err := newAddForm(v, form)
	if err != nil {
		return err
	}
	f.read(form)
	f.weigh(v)
	if form.Get("do") == "preview" {
		return showAddUser(v, http.StatusOK, f, troubles{})
	}
	var mistakes errs.Wrong
	f.check(&mistakes, f.role)
	if err := mistakes.Err(); err != nil {
		return showAddUser(v, http.StatusUnprocessableEntity, f, troubles{fields: errs.Of(err).Fields})
	}
	added, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, account.Add, f.newStaff())
	if err == nil {
		return showAdded(v, f, added)
	}
	if t, ok := f.refused(v, err, "email", "first_name", "last_name", "send", "message"); ok {
		return showAddUser(v, t.status, f, t)
	}
	return v.StepUp(err, invitationsPath)
}

// refused is what a form with a role is told. drawn are the fields that it has besides role and place.
func (f *addForm) refused(v *web.Visit, err error, drawn ...string) (troubles, bool) {
	t, ok := wrong(v, err, append(drawn, append(f.drawn(), "role")...)...)
	switch {
	case errors.Is(err, access.ErrRolePlace):
		t.fields, t.problem = map[string]string{"role": "This role cannot be held there. Choose another role, or another place."}, nil
	case errors.Is(err, access.ErrGivesMore):
		t.problem = f.refusal(v, err)
	}
	return f.say(t), ok
}

func newAddForm(v *web.Visit, form url.Values) (*addForm, error) {
	if err := need(v, access.UsersInvite); err != nil {
		return nil, err
	}
	f := &addForm{whereForm: whereForm{home: v.BrandID()}}
	if err := f.whereForm.read(v, form, access.UsersInvite); err != nil {
		return nil, err
	}
	f.offered = f.whereForm.offered(v)
	return f, nil
}

// read takes the fields as they were sent.
func (f *addForm) read(form url.Values) {
	f.Email, f.First, f.Last = form.Get("email"), form.Get("first_name"), form.Get("last_name")
	f.Role, f.ByMail, f.Message = form.Get("role"), form.Get("send") != "no", form.Get("message")
	for _, r := range f.offered {
		if r.Key == f.Role {
			f.role = r
		}
	}
	if f.role == nil {
		return
	}
	f.held = f.role.Set
	if _, drawn := form["was.role"]; drawn && form.Get("was.role") != f.Role {
		return // another role was chosen: its own levels, not those drawn for the one before
	}
	for _, area := range access.Areas() {
		f.held = f.held.Minus(area.Permissions()).Union(f.readArea(form, area))
	}
}

// readArea reads one row of the matrix. The form carries what it was drawn with, because without script a changed level leaves the
// ticks behind, and a changed tick the level: what changed since then is what was meant.
func (f *addForm) readArea(form url.Values, area access.Area) access.Set {
	own := f.role.Set.Intersect(area.Permissions())
	level, sent := parseLevel(form.Get("level." + string(area)))
	ticked := parseTicks(form["permission"]).Intersect(area.Permissions())
	_, drawn := form["was.role"]
	if !sent {
		if drawn {
			return own // an area that was not offered
		}
		return own.Union(ticked)
	}
	if !drawn { // no form of ours: the level and what is ticked beside it
		return area.At(level).Union(ticked)
	}
	was := parseTicks(form["was.permission"]).Intersect(area.Permissions())
	wasLevel := area.Choice(was).Level
	if level == wasLevel {
		return ticked
	}
	set := area.At(level)
	for p := range area.Permissions().All {
		leveled := area.At(access.Edit).Has(p)
		switch changed := ticked.Has(p) != was.Has(p); {
		case changed && ticked.Has(p), !changed && !leveled && level != access.None && was.Has(p):
			set = set.With(p)
		case changed:
			set = set.Without(p)
		}
	}
	return set
}

func parseLevel(s string) (l access.Level, ok bool) {
	return l, s != "" && l.UnmarshalText([]byte(s)) == nil
}

func parseTicks(names []string) (s access.Set) {
	for _, name := range names {
		if p, err := access.ParsePermission(name); err == nil {
			s = s.With(p)
		}
	}
	return s
}

// weigh finds what the viewer may give at every node that is chosen.
func (f *addForm) weigh(v *web.Visit) {
	now := v.Site.Door.Now().UnixMilli()
	for i, at := range f.nodes() {
		may := v.Caller.Grants.EffectiveFor(now, at, access.Somebody)
		if i > 0 {
			may = may.Intersect(f.may)
		}
		f.may = may
	}
}

// levels is what differs from the role, by area.
func (f *addForm) levels() map[access.Area]access.Choice {
	if f.role == nil {
		return nil
	}
	differs := map[access.Area]access.Choice{}
	for _, area := range access.Areas() {
		if f.held.Intersect(area.Permissions()) != f.role.Set.Intersect(area.Permissions()) {
			differs[area] = area.Choice(f.held)
		}
	}
	return differs
}

func (f *addForm) adjustment() access.Adjustment {
	a, err := access.Adjust(f.role, f.levels())
	if err != nil {
		return access.Adjustment{}
	}
	return a
}

func (f *addForm) newStaff() account.NewStaff {
	return account.NewStaff{
		Email: f.Email, FirstName: f.First, LastName: f.Last,
		Home: f.home, Assignment: account.Assignment{Role: f.Role, Places: f.places(), Levels: f.levels()},
		Sending: invite.Sending{Send: f.ByMail, Message: f.Message},
	}
}

// refusal says what the viewer lacks to give this, with the names of places.
func (f *addForm) refusal(v *web.Visit, err error) []ui.Run {
	if f.role != nil {
		now, a := v.Site.Door.Now().UnixMilli(), f.adjustment()
		for _, at := range f.nodes() {
			if lacks := v.Caller.Grants.Lacks(now, f.role, a, at); !lacks.Empty() {
				return ui.Text(ui.T(refusalText(access.RefuseGift(f.role, lacks, at, access.Words{Place: f.placeName}))))
			}
		}
	}
	return ui.Text(ui.T(refusalText(err)))
}

func refusalText(err error) string { return errs.Of(err).Detail }

// addUserProps is the form as it is drawn.
type addUserProps struct {
	*addForm
	Place      string
	Where      []ui.Option // for an account of the platform
	Roles      []ui.Option
	Areas      []ui.Area
	Name       string   // of the role with its changes: "Brand Admin, 2 changes"
	Summary    string   // of the role itself
	Changes    []string // in words
	Lacks      []ui.Run // what the viewer cannot give of it
	Was        []ui.Hidden
	Problems   troubles
	Adjustable bool
}

// lines is the summary over the form: its own fields, then those of role and place.
func (p addUserProps) lines(own ...string) []ui.FormError {
	return p.Problems.lines(append(own, append(p.drawn(), "role")...)...)
}

func showAddUser(v *web.Visit, status int, f *addForm, t troubles) error {
	if t.status != 0 {
		status = t.status
	}
	p := f.props(v, t)
	return v.Page(status, "Add user", "settings", addUserSheet(p))
}

// proven are the permissions whose every use asks for a fresh proof (security.md A-STEP).
var proven = access.Of(access.StaffRolesAssign, access.UsersArchive, access.UsersDelete, access.UsersRestore, access.UsersVerifyIdentity,
	access.UsersImpersonate, access.CustomersBankDetails, access.CustomersMerge, access.WalletsAdjust, access.SecurityEdit, access.APIKeysManage,
	access.WebhooksManage, access.AuditExport, access.SystemBackup)

// areas draws the matrix: only areas of which the role has something or the viewer can give something.
func (f *addForm) areas(a access.Adjustment) (rows []ui.Area) {
	changed := map[access.Area][]string{}
	single := access.Set{}
	for _, c := range a.Changes(f.role) {
		_, words, _ := strings.Cut(c.String(), ": ")
		changed[c.Area] = append(changed[c.Area], words)
		single = single.With(c.Verb)
	}
	for _, area := range access.Areas() {
		all := area.Permissions()
		if area == "own" || all.Intersect(f.may.Union(f.held).Union(f.role.Set)).Empty() {
			continue
		}
		row := ui.Area{Key: string(area), Label: area.Label(), Level: area.Choice(f.held).Level.String(), Changed: strings.Join(changed[area], "; ")}
		for _, l := range area.Levels() {
			row.Levels = append(row.Levels, ui.Option{Value: l.String(), Label: l.Label(), Off: !f.may.Union(f.held).ContainsAll(area.At(l))})
		}
		if len(row.Levels) == 1 { // nothing in it comes with a level
			row.Levels[0].Label = "Singly"
		}
		for p := range all.All {
			at := ""
			if area.At(access.View).Has(p) {
				at = access.View.String()
			} else if area.At(access.Edit).Has(p) {
				at = access.Edit.String()
			}
			row.Permissions = append(row.Permissions, ui.Tick{
				Name: p.String(), Label: verb(p), At: at, On: f.held.Has(p), Changed: f.held.Has(p) != f.role.Set.Has(p),
				StepUp: proven.Has(p), Off: !f.may.Has(p) && !f.held.Has(p),
			})
		}
		rows = append(rows, row)
	}
	return rows
}

// verb is a permission beside the name of its area: "Bank details".
func verb(p access.Permission) string {
	if p == access.CustomersEmail {
		return "E-mail"
	}
	v := strings.ReplaceAll(p.Verb(), "_", " ")
	return strings.ToUpper(v[:1]) + v[1:]
}

// showAdded leads to the invitations, where the new one stands. A link that is handed over is shown, once: it is in this answer and
// nowhere else.
func showAdded(v *web.Visit, f *addForm, added account.Added) error {
	if added.Token == "" {
		return v.Gone(invitationsPath)
	}
	name := cmp.Or(strings.TrimSpace(f.First+" "+f.Last), f.Email)
	return showLink(v, linkProps{
		Title: name + " was invited", Name: name, First: cmp.Or(f.First, name), Link: v.Site.Link(invite.Path(added.Token)),
		Another: v.R.URL.Path,
	})
}

func roleHint() string {
	return "You can give the roles whose permissions you hold. For a Super Admin you confirm with a code, and the link goes by e-mail alone."
}
