package record

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// teller makes entries readable for one viewer: names for ids, and sealed values opened where they may be.
type teller struct {
	*op.View
	people map[string]*person
	names  map[string]string // of brands, locations and keys, by id
}

type person struct {
	subject op.Subject
	name    string // empty: the viewer knows none
	known   bool   // the viewer may see the account
	traced  bool   // and where it signs in from
}

func tell(v *op.View, found []audit.Entry) ([]Entry, error) {
	t := teller{View: v}
	if err := t.load(found); err != nil {
		return nil, err
	}
	told := make([]Entry, len(found))
	for i := range found {
		var err error
		if told[i], err = t.entry(&found[i]); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// load reads everybody and everything that the entries name, in a query for each kind.
func (t *teller) load(found []audit.Entry) error {
	if t.people == nil {
		t.people, t.names = map[string]*person{}, map[string]string{Platform: "Platform"}
	}
	people, brands, locations, keys, grants := newIDs(), newIDs(), newIDs(), newIDs(), newIDs()
	for i := range found {
		e := &found[i]
		people.add(e.Actor.Person, e.Actor.OnBehalf)
		brands.add(e.Chain)
		if e.Actor.Kind == string(op.Key) {
			keys.add(e.Actor.ID)
		}
		for _, s := range e.Subjects {
			people.add(s.Person)
			id := s.ID
			if s.Kind == "place" {
				id = lastPart(s.ID)
			}
			switch {
			case strings.HasPrefix(id, "loc_"):
				locations.add(id)
			case strings.HasPrefix(id, "brd_"):
				brands.add(id)
			case strings.HasPrefix(id, "key_"):
				keys.add(id)
			case s.Kind == "grant":
				grants.add(id)
			}
		}
	}
	if err := t.loadPeople(people); err != nil {
		return err
	}
	for table, ids := range map[string]ids{"brands": brands, "locations": locations, "api_keys": keys} {
		if err := t.loadNames(table, "name", ids); err != nil {
			return err
		}
	}
	return t.loadNames("grants", "role", grants) // the name of a grant is its role's key
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

type ids map[string]bool

func newIDs() ids { return ids{} }

func (s ids) add(all ...string) {
	for _, id := range all {
		if id != "" {
			s[id] = true
		}
	}
}

// holes are placeholders for the ids that are not known yet, with their values.
func holes[V any](s ids, known map[string]V) (text string, args []any) {
	var parts []string
	for id := range s {
		if _, have := known[id]; !have {
			args = append(args, id)
			parts = append(parts, fmt.Sprintf("$%d", len(args)))
		}
	}
	return strings.Join(parts, ", "), args
}

func (t *teller) loadPeople(wanted ids) error {
	text, args := holes(wanted, t.people)
	if len(args) == 0 {
		return nil
	}
	_, err := store.All(t, func(row store.Row) (_ struct{}, err error) {
		var u user.User
		var external string
		err = row.Scan(&u.ID, &u.Num, &u.Brand, &u.FirstName, &u.LastName, &u.Email, &u.Kinds, &u.Location, &external)
		if err == nil {
			t.people[string(u.ID)] = t.person(&u, external)
		}
		return struct{}{}, err
	}, `select u.id, u.num, u.brand_id, u.first_name, u.last_name, u.email, coalesce(p.kinds, 0), coalesce(l.id, ''),
			coalesce((select min(x.external_id) from external_ids x where x.user_num = u.num), '')
		from users u left join people p on p.num = u.num left join locations l on l.num = p.location_num
		where u.id in (`+text+`)`, args...)
	if err != nil {
		return fmt.Errorf("read the people of audit entries: %w", err)
	}
	return nil
}

// person decides once for each person what the viewer is told of them. Who reads a chain is told the names of those who act in it,
// as colleagues are; everything else goes by what the viewer may see of the account.
func (t *teller) person(u *user.User, external string) *person {
	s := u.Subject()
	self := string(u.ID) == t.Caller().Person
	p := &person{subject: s, name: u.Name()}
	p.known = self || t.Knows(s)
	p.traced = self || p.known && t.Can(access.UsersSessions, s)
	if p.name == "" && p.known {
		p.name = u.Email
		if p.name == "" && external != "" {
			p.name = "Customer " + external
		}
	}
	return p
}

func (t *teller) loadNames(table, column string, wanted ids) error {
	text, args := holes(wanted, t.names)
	if len(args) == 0 {
		return nil
	}
	_, err := store.All(t, func(row store.Row) (_ struct{}, err error) {
		var id, name string
		if err = row.Scan(&id, &name); err == nil {
			t.names[id] = name
		}
		return struct{}{}, err
	}, "select id, "+column+" from "+table+" where id in ("+text+")", args...)
	if err != nil {
		return fmt.Errorf("read the names of %s: %w", table, err)
	}
	return nil
}

func (t *teller) chain(id string) (string, error) {
	if id == Platform {
		return "Platform", nil
	}
	b, err := brand.Find(t, brand.ID(id))
	if err != nil {
		return "", err
	}
	return b.Name, nil
}

func (t *teller) entry(e *audit.Entry) (out Entry, err error) {
	out = Entry{
		ID: e.ID, Chain: e.Chain, ChainName: t.names[e.Chain], N: e.N, At: e.At, Op: e.Op, Outcome: e.Outcome,
		Counts: e.Counts, Facts: e.Facts, StepUp: e.StepUp, Bulk: e.Bulk, RequestID: e.RequestID, Hash: hexOf(e.Hash),
	}
	out.Actor = Actor{Party: t.party(e.Actor.Kind, e.Actor.ID, e.Actor.Person), Session: e.Actor.Session, IP: t.address(e.Actor.IP), Agent: t.address(e.Actor.Agent)}
	if e.Actor.Person == "" || out.Actor.IP.Closed {
		out.Actor.Session = ""
	}
	if e.Actor.OnBehalf != "" {
		p := t.party("user", e.Actor.OnBehalf, e.Actor.OnBehalf)
		out.Actor.OnBehalf = &p
	}
	for _, s := range e.Subjects {
		p := t.party(s.Kind, s.ID, s.Person)
		p.Scope, _ = access.ParseScope(s.Scope)
		out.Subjects = append(out.Subjects, p)
	}
	for i := range e.Changes {
		if t.hides(e, &e.Changes[i]) {
			continue
		}
		c := &e.Changes[i]
		out.Changes = append(out.Changes, Change{
			Kind: c.Kind, ID: c.ID, Field: c.Field, Before: t.value(c.Before), After: t.value(c.After), Secret: c.Before == nil && c.After == nil,
		})
	}
	out.Reason = t.personal(e.Reason)
	return out, nil
}

// money are the fields that need customers.financials wherever they stand (product.md, Roles).
var money = map[string]bool{
	"imported": true, "imported_from": true, "imported_at": true, "imported_spend": true, "lifetime": true, "lifetime_spend": true, "gross": true, "refunded": true, "profit": true,
}

// hides says whether a change is of a field that the viewer does not see on the person's page either.
func (t *teller) hides(e *audit.Entry, c *audit.Change) bool {
	if !money[c.Field] {
		return false
	}
	for _, s := range e.Subjects {
		if s.Kind != c.Kind || s.ID != c.ID {
			continue
		}
		if p := t.people[s.Person]; p != nil {
			return !t.Can(access.CustomersFinancials, p.subject)
		}
		scope, err := access.ParseScope(s.Scope)
		return err != nil || !t.Can(access.CustomersFinancials, op.Subject{Scope: scope})
	}
	return true
}

func (t *teller) party(kind, id, who string) Party {
	p := Party{Kind: kind, ID: id, Person: user.ID(who), Name: t.names[id]}
	if kind == "place" {
		p.Name = t.names[lastPart(id)]
	}
	if known := t.people[who]; known != nil {
		p.Known = known.known
		if p.Name == "" {
			p.Name = known.name
		}
	}
	return p
}

func (t *teller) value(v *audit.Value) Said {
	switch {
	case v == nil:
		return Said{}
	case v.Sealed != nil:
		s := t.personal(v.Sealed)
		s.Text = plainText([]byte(s.Text))
		return s
	}
	return Said{Text: plainText(v.Plain), Plain: v.Plain}
}

// plainText is a JSON value as people read it: of a string the string.
func plainText(value []byte) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	return string(value)
}

// personal opens a value that tells about a person, for who may see their account.
func (t *teller) personal(s *audit.Sealed) Said {
	if s == nil {
		return Said{}
	}
	p := t.people[s.Person]
	return t.open(s, p != nil && p.known || s.Person == t.Caller().Person)
}

// address opens where or with what a person signed in, for who may see their sessions.
func (t *teller) address(s *audit.Sealed) Said {
	if s == nil {
		return Said{}
	}
	p := t.people[s.Person]
	return t.open(s, p != nil && p.traced || s.Person == t.Caller().Person)
}

func (t *teller) open(s *audit.Sealed, may bool) Said {
	_, there := t.people[s.Person]
	if !may && there {
		return Said{Sealed: true, Closed: true}
	}
	text, err := t.Unseal(s.Person, s.Box)
	if !may && !errors.Is(err, secret.ErrErased) { // of somebody without an account: only that it is gone may be told
		return Said{Sealed: true, Closed: true}
	}
	switch {
	case errors.Is(err, secret.ErrErased):
		return Said{Sealed: true, Erased: true}
	case errors.Is(err, op.ErrHidden):
		return Said{Sealed: true, Text: user.Placeholder(user.ID(s.Person))}
	}
	if err != nil { // tampered with: verification names it, and the rest of the log stays readable
		return Said{Sealed: true, Closed: true}
	}
	return Said{Sealed: true, Text: text}
}

func hexOf(hash []byte) string { return hex.EncodeToString(hash) }

func isNoRows(err error) bool { return errors.Is(err, store.ErrNoRows) }
