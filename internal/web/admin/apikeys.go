package admin

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/web"
	"github.com/stewardhq/steward/internal/web/ui"
)

func apiKeyPages(r routes) {
	r.staff("GET /admin/settings/api-keys", apiKeysPage)
	r.staff("GET /admin/settings/api-keys/new", newAPIKeyPage)
	r.staff("POST /admin/settings/api-keys/new", makeAPIKey)
	r.staff("GET /admin/settings/api-keys/{key}/revoke", revokePage)
	r.staff("POST /admin/settings/api-keys/{key}/revoke", revokeAPIKey)
	afterwards[apikey.Create.Name] = showAPIKey
}

func apiKeysPage(v *web.Visit) error {
	all, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, apikey.List, v.BrandID())
	if err != nil {
		return err
	}
	another := ui.Action{Label: "Make a key", Icon: "plus", Main: true, Href: "/admin/settings/api-keys/new"}
	p := listedProps{
		Crumb: under("API keys"), Head: ui.HeadProps{Title: "API keys", Fact: ui.Counted(int64(len(all)), "key", "keys"), Actions: []ui.Action{another}},
		Table: ui.TableProps{Caption: "API keys, newest first", Columns: []ui.Column{
			{Label: "Name", Grow: true}, {Label: "Acts for", Drop: "c-md"}, {Label: "May", Drop: "c-lg"}, {Label: "State"},
			{Label: "Last used", Number: true, Drop: "c-md"}, {Label: "Expires", Number: true, Drop: "c-md"},
		}},
		Empty: ui.EmptyProps{
			Icon: "key", Title: "No keys yet", Actions: []ui.Action{another},
			Text: "A key lets a program in, in your name and never with more than you hold. It shrinks when you do.",
		},
	}
	for _, k := range all {
		row := ui.Row{ID: k.ID, Name: k.Name, Cells: []templ.Component{
			keyCell(k.Name, "stw_…"+k.Hint), ui.Cell(k.Of), ui.Cell(ui.Counted(int64(k.Set().Len()), "permission", "permissions")), keyState(k.State),
			when(v.Clock(), k.LastUsedAt), ui.On(v.Clock(), ms(k.ExpiresAt)),
		}}
		if k.State != apikey.Revoked {
			row.Menu = ui.Actions(ui.Action{Label: "Revoke…", Icon: "key-off", Danger: true, Dialog: true, Href: "/admin/settings/api-keys/" + k.ID + "/revoke"})
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return v.Page(http.StatusOK, "API keys", "settings", listedSheet(p))
}

func keyState(s apikey.State) templ.Component {
	switch s {
	case apikey.Live:
		return ui.Status(ui.Good, "Live", false)
	case apikey.Revoked:
		return ui.Status(ui.Mute, "Revoked", false)
	case apikey.Expired:
		return ui.Status(ui.Mute, "Expired", true)
	}
	return ui.Status(ui.Warn, "Void", false)
}

type keyProps struct {
	Name, Source, Days, Scope string
	Networks                  string // one on a line, or separated by spaces or commas
	Permissions               []string
	Unattended                []string
	Places                    []ui.Option
	Groups                    []keyGroup
	MayUnattend               bool
	Problems                  troubles
}

// keyGroup is an area with those of its permissions that the viewer holds.
type keyGroup struct {
	Label   string
	Options []ui.Option
}

func newAPIKeyPage(v *web.Visit) error {
	return showKeyForm(v, http.StatusOK, keyProps{Source: apikey.DefaultSource, Days: number(int64(apikey.UsualLife / (24 * time.Hour))), Scope: v.Place().String()}, troubles{})
}

func showKeyForm(v *web.Visit, status int, p keyProps, t troubles) error {
	if err := need(v, access.APIKeysManage); err != nil {
		return err
	}
	now := v.Site.Door.Now().UnixMilli()
	places := []access.Scope{v.Place()}
	names := []string{"Platform, and every brand"}
	if v.Brand != nil {
		d, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, brand.Show, v.Brand.ID)
		if err != nil {
			return err
		}
		names[0] = v.Brand.Name + ", all locations"
		for i := range d.Locations {
			places, names = append(places, d.Locations[i].Scope()), append(names, v.Brand.Name+": "+d.Locations[i].Name)
		}
	}
	var mine access.Set
	for i, at := range places {
		if held := v.Caller.Grants.EffectiveFor(now, at, access.Somebody); held.Has(access.APIKeysManage) {
			mine = mine.Union(held)
			p.Places = append(p.Places, ui.Option{Value: at.String(), Label: names[i]})
		}
	}
	for _, area := range access.Areas() {
		g := keyGroup{Label: area.Label()}
		for perm := range area.Permissions().Intersect(mine).All {
			g.Options = append(g.Options, ui.Option{Value: perm.String(), Label: perm.Label()})
		}
		if len(g.Options) > 0 && area != "own" {
			p.Groups = append(p.Groups, g)
		}
	}
	p.MayUnattend = v.Present.Role == access.SuperAdmin
	p.Problems = t
	return v.Page(status, "Make an API key", "settings", keySheet(p))
}

func separates(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }

// makeAPIKey asks for a key. A code comes first, and the key is shown when it is confirmed.
func makeAPIKey(v *web.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	p := keyProps{
		Name: form.Get("name"), Source: strings.TrimSpace(form.Get("source")), Days: strings.TrimSpace(form.Get("days")), Scope: form.Get("scope"),
		Permissions: form["permissions"], Unattended: form["unattended"], Networks: strings.TrimSpace(form.Get("networks")),
	}
	in := apikey.New{Name: p.Name, Source: p.Source, Networks: strings.FieldsFunc(p.Networks, separates), Unattended: parseTicks(p.Unattended)}
	var mistakes errs.Wrong
	if in.Scope, err = access.ParseScope(p.Scope); err != nil {
		mistakes.Add("scope", "Choose where the key works.")
	}
	if in.Permissions, err = access.ParseSet(p.Permissions); err != nil {
		mistakes.Add("permissions", "Choose permissions of the list.")
	}
	days, err := strconv.Atoi(p.Days)
	if err != nil || days < 1 || days > 365 {
		mistakes.Add("days", "A key lives from 1 to 365 days.")
	}
	in.ExpiresAt = v.Site.Door.Now().Add(time.Duration(days) * 24 * time.Hour).UnixMilli()
	var made apikey.Made
	if err = mistakes.Err(); err == nil {
		made, err = op.Do(v.Ctx(), v.Site.Door, v.Caller, apikey.Create, in)
	}
	if err == nil { // it needed no code
		return showAPIKey(v, made)
	}
	if t, ok := wrong(v, err, "name", "scope", "source", "days", "expires_at", "permissions", "unattended"); ok {
		if errors.Is(err, access.ErrGivesMore) {
			t.fields, t.problem = map[string]string{"permissions": refusalText(err)}, nil
		}
		return showKeyForm(v, t.status, p, t.moved("expires_at", "days"))
	}
	return err
}

// showAPIKey shows a new key, once: its token is in this answer and nowhere else.
func showAPIKey(v *web.Visit, out any) error {
	made, ok := out.(apikey.Made)
	if !ok {
		return errs.ErrFault
	}
	return v.Page(http.StatusOK, "API key made", "settings", keyMadeSheet(made.Key.Name, made.Token))
}

func revokePage(v *web.Visit) error {
	k, err := op.Ask(v.Ctx(), v.Site.Door, v.Caller, apikey.Show, apikey.Which{Key: v.R.PathValue("key")})
	if err != nil {
		return err
	}
	p := ui.DialogProps{
		Title: "Revoke “" + k.Name + "”?", Action: "/admin/settings/api-keys/" + k.ID + "/revoke", Do: "Revoke key", Danger: true, Cancel: "/admin/settings/api-keys",
	}
	if v.Fragment() {
		return v.Render(http.StatusOK, revokeOver(p))
	}
	return v.Page(http.StatusOK, p.Title, "settings", revokeSheet(p))
}

func revokeAPIKey(v *web.Visit) error {
	if _, err := op.Do(v.Ctx(), v.Site.Door, v.Caller, apikey.Revoke, apikey.Which{Key: v.R.PathValue("key")}); err != nil {
		return err
	}
	return v.Gone("/admin/settings/api-keys")
}

func (p keyProps) has(permission string) bool { return slices.Contains(p.Permissions, permission) }
