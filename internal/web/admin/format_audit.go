package admin

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/privacy"
	"github.com/stewardhq/steward/internal/record"
	devices "github.com/stewardhq/steward/internal/session/device"
	"github.com/stewardhq/steward/internal/user"
	"github.com/stewardhq/steward/internal/web/ui"
)

// fieldLabels are the fields of the log as people read them.
var fieldLabels = map[string]string{
	"brand_id": "Brand", "status": "Status", "status_reason": "Reason", "status_message": "Message", "status_until": "Until",
	"first_name": "First name", "last_name": "Last name", "email": "E-mail", "email_verified_at": "E-mail verified", "email_attested_at": "E-mail attested by staff",
	"phone": "Phone", "phone_verified_at": "Phone verified", "born": "Birthday", "address": "Address", "country": "Country", "registered_at": "Registered",
	"user_id": "Person", "role": "Role", "scope": "Where", "from_at": "From", "until_at": "Until", "adds": "Added permissions", "removes": "Taken permissions",
	"given_by": "Given by", "ended_by": "Ended by", "ended_at": "Ended", "ended_why": "Ended because", "audience": "Screens", "token_hash": "Token",
	"password_hash": "Password", "must_change": "Must choose a new password", "slug": "Short name", "name": "Name", "currency": "Currency", "zone": "Time zone",
	"city": "City", "location_id": "Home location", "imported": "Imported spend", "imported_from": "Imported from", "imported_at": "Imported",
	"owner_id": "Owner", "source": "Source", "permissions": "Permissions", "unattended": "Without a code", "expires_at": "Expires", "revoked_at": "Revoked", "exists": "There",
}

func fieldLabel(name string) string {
	if label, ok := fieldLabels[name]; ok {
		return label
	}
	return initialUpper(strings.ReplaceAll(name, "_", " "))
}

// auditor turns entries into what a page shows.
type auditor struct {
	clock    ui.Clock
	currency string
	names    map[string]string // what ids in values mean: people, places
}

func newAuditor(c ui.Clock, currency string) *auditor {
	return &auditor{clock: c, currency: currency, names: map[string]string{"platform": "Platform"}}
}

// know remembers the names that an entry brings along, for ids that stand in its values.
func (a *auditor) know(e *record.Entry) {
	learn := func(p *record.Party) {
		if p.Name == "" || p.Kind == "grant" {
			return
		}
		a.names[p.ID] = p.Name
		if p.Person != "" && p.Kind == "user" {
			a.names[string(p.Person)] = p.Name
		}
	}
	learn(&e.Actor.Party)
	for i := range e.Subjects {
		learn(&e.Subjects[i])
	}
	if e.Chain != "" {
		a.names[e.Chain] = e.ChainName
	}
}

// entry is an entry as the log lists it. Base is the page of the log, for links.
func (a *auditor) entry(e *record.Entry, open bool) ui.Entry {
	a.know(e)
	out := ui.Entry{ID: "entry-" + e.ID, Time: ui.At(a.clock, moment(e.At)), Sentence: sentence(e), Refused: e.Refused(), Open: open}
	if e.Actor.Person != "" {
		out.ActorID, out.Actor = string(e.Actor.Person), cmp.Or(e.Actor.Name, "Somebody")
	}
	if p := arriving(e); p != nil {
		out.ActorID, out.Actor = string(p.Person), cmp.Or(p.Name, "Somebody")
	}
	var meta []string
	if e.StepUp != "" {
		meta = append(meta, "step-up")
	}
	if e.Actor.IP.Text != "" {
		meta = append(meta, e.Actor.IP.Text)
	}
	out.Meta = strings.Join(meta, " · ")
	for _, c := range e.Changes {
		out.Changes = append(out.Changes, a.change(e, c))
	}
	if e.Refused() {
		out.Nothing = "Nothing was changed."
		out.Sentence = append(out.Sentence, ui.T(" "))
		if code := e.Facts["code"]; code != "" {
			out.After = ui.Text(ui.T(refusalWords(code, e.Facts["permission"])))
		}
	}
	out.Facts = a.facts(e)
	return out
}

// change is a field before and after. A person's id in front tells rows of one kind apart.
func (a *auditor) change(e *record.Entry, c record.Change) ui.Change {
	out := ui.Change{Field: fieldLabel(c.Field), Before: a.said(c.Field, c.Before), After: a.said(c.Field, c.After)}
	switch {
	case c.Secret:
		out.Before, out.After = "kept secret", "changed"
	case c.Kind == "grant" && c.Field == "ended_at":
		if s := subject(e, c.Kind, c.ID); s != nil && s.Name != "" {
			out.Field = roleName(s.Name) + " ended"
		}
	}
	return out
}

func subject(e *record.Entry, kind, id string) *record.Party {
	for i := range e.Subjects {
		if e.Subjects[i].Kind == kind && e.Subjects[i].ID == id {
			return &e.Subjects[i]
		}
	}
	return nil
}

// said is a value in words. Values whose key is gone stay closed for everybody.
func (a *auditor) said(field string, s record.Said) string {
	switch {
	case s.Erased:
		return "[erased]"
	case s.Closed:
		return "[not yours to see]"
	case s.Text == "":
		return ""
	}
	switch {
	case strings.HasSuffix(field, "_at") || field == "status_until":
		if ms, err := strconv.ParseInt(s.Text, 10, 64); err == nil {
			return a.clock.Moment(moment(ms))
		}
	case field == "role":
		return roleName(s.Text)
	case field == "status":
		return user.Status(s.Text).Label()
	case field == "scope":
		return a.place(s.Text)
	case field == "adds" || field == "removes" || field == "permissions" || field == "unattended":
		return permissionNames(s.Text)
	case field == "imported":
		if minor, err := strconv.ParseInt(s.Text, 10, 64); err == nil && a.currency != "" {
			return ui.MoneyISO(minor, a.currency)
		}
	case field == "born":
		return born(s.Text)
	case strings.HasSuffix(field, "_id") || strings.HasSuffix(field, "_by"):
		if name := a.names[s.Text]; name != "" {
			return name
		}
	}
	if b, err := strconv.ParseBool(s.Text); err == nil && json.Valid([]byte(s.Text)) && len(s.Text) > 1 {
		return map[bool]string{true: "yes", false: "no"}[b]
	}
	return s.Text
}

// place is a node as people call it.
func (a *auditor) place(path string) string {
	for _, id := range []string{path[strings.LastIndexByte(path, '/')+1:], path} {
		if name := a.names[id]; name != "" {
			return name
		}
	}
	return path
}

func permissionNames(list string) string {
	var labels []string
	for _, name := range strings.Fields(list) {
		if p, err := access.ParsePermission(name); err == nil {
			labels = append(labels, p.Label())
		} else {
			labels = append(labels, name)
		}
	}
	return strings.Join(labels, ", ")
}

// refusalWords says why an attempt was refused.
func refusalWords(code, permission string) string {
	if p, err := access.ParsePermission(permission); err == nil && code == op.ErrForbidden.Code {
		return "Refused for want of “" + p.Label() + "”."
	}
	switch code {
	case "not_found":
		return "What was asked for is not there, or not theirs to see: the log keeps no difference."
	case op.ErrHoldsMore.Code:
		return "The person holds permissions that the actor does not hold."
	case op.ErrOneself.Code:
		return "Nobody does this to their own account."
	case "field_forbidden":
		return "It asked for a field that the actor may not see."
	}
	return "Refused: " + strings.ReplaceAll(code, "_", " ") + "."
}

// factLabels are the plain facts that operations note.
var factLabels = map[string]string{
	"source": "Source", "digest": "Digest", "method": "With", "offered": "Offered", "link": "Link", "by": "Filtered by", "about": "About", "search": "Searched",
	"op": "Filtered by operation", "operation": "To confirm", "outcome": "Filtered by outcome", "entry": "Entry read",
}

// wayLabels are the ways to prove oneself again.
var wayLabels = map[string]string{"code": "a mailed code", "totp": "an authenticator app", "passkey": "a passkey"}

// countLabels are the numbers of a batch, by table.
var countLabels = map[string]string{
	"orders": "Orders written", "refunds": "Refunds written", "users": "People written", "customers": "Customers written", "entries": "Entries shown",
	"people": "Statistics rows", "external_ids": "External ids",
}

// facts are what stands beside an entry in the list: the particulars, whom it is about, and where the entry is.
func (a *auditor) facts(e *record.Entry) []ui.Pair {
	out := a.particulars(e)
	if p := e.Person(); p != nil && p.Known {
		out = append(out, ui.Pair{Label: "Person", Value: ui.Text(ui.L(cmp.Or(p.Name, string(p.Person)), "/admin/users/"+string(p.Person)))})
	}
	if e.ChainName != "" {
		out = append(out, ui.P("Scope", e.ChainName))
	}
	out = append(out, ui.Pair{Label: "Entry", Value: ui.Text(ui.Run{Text: ui.Count(e.N), Href: "/admin/audit/" + e.ID})})
	return append(out, ui.Pair{Label: "Hash", Value: ui.Text(ui.M(shortHash(e.Hash)))})
}

// particulars are what the operation itself noted, and first of all why it was done.
func (a *auditor) particulars(e *record.Entry) []ui.Pair {
	var out []ui.Pair
	add := func(label, value string) {
		if value != "" {
			out = append(out, ui.P(label, value))
		}
	}
	reason := "Reason"
	if chosen := e.Facts["reason"]; chosen != "" { // of a list, such as that of an archive: what was typed is more about it
		add("Reason", cmp.Or(privacy.Reason(chosen).Label(), chosen))
		reason = "Note"
	}
	switch {
	case e.Reason.Erased:
		add(reason, "[erased]")
	case e.Reason.Closed:
		add(reason, "[not yours to see]")
	default:
		add(reason, e.Reason.Text)
	}
	if e.StepUp != "" && !strings.HasPrefix(e.Op, "step_up.") {
		add("Confirmed", "in a second step, with a code or a passkey")
	}
	if e.Actor.Agent.Text != "" {
		add("Device", devices.Describe(e.Actor.Agent.Text))
	}
	if e.Actor.Kind == string(op.Key) {
		add("Owner of the key", a.names[string(e.Actor.Person)])
	}
	for _, name := range sortedKeys(e.Facts) {
		switch name {
		case "code", "permission", "reason":
		case "way":
			add("With", cmp.Or(wayLabels[e.Facts[name]], e.Facts[name]))
		default:
			add(cmp.Or(factLabels[name], initialUpper(strings.ReplaceAll(name, "_", " "))), e.Facts[name])
		}
	}
	for _, name := range sortedKeys(e.Counts) {
		if name != "repeated" {
			add(cmp.Or(countLabels[name], initialUpper(strings.ReplaceAll(name, "_", " "))), ui.Count(e.Counts[name]))
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// days puts entries under their days. Looking at the log leaves entries too: those that follow each other are one line.
func (a *auditor) days(entries []record.Entry) (days []ui.EntryDay) {
	for i := 0; i < len(entries); i++ {
		e := &entries[i]
		a.know(e)
		again := 0
		for looked(e) && i+1 < len(entries) && looked(&entries[i+1]) && entries[i+1].Actor.ID == e.Actor.ID && a.clock.SameDay(moment(e.At), moment(entries[i+1].At)) {
			again++
			i++
		}
		line := a.entry(e, false)
		if again > 0 {
			line.Sentence = append(line.Sentence, ui.Q(", after "+ui.Counted(int64(again), "other look", "other looks")+" at the log"))
		}
		if n := len(days); n == 0 || days[n-1].Head != a.clock.DayHead(moment(e.At)) {
			days = append(days, ui.EntryDay{Head: a.clock.DayHead(moment(e.At))})
		}
		days[len(days)-1].Entries = append(days[len(days)-1].Entries, line)
	}
	return days
}

func looked(e *record.Entry) bool {
	return !e.Refused() && (e.Op == "audit.list" || e.Op == "audit.show" || e.Op == "audit.about")
}
