package directory

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// stand is how far each part of a timeline was read: the cursor of a page.
type stand struct {
	SignIns place        `json:"s,omitzero"`
	Orders  place        `json:"o,omitzero"`
	Refunds place        `json:"r,omitzero"`
	Changes audit.Cursor `json:"c,omitzero"`
	Deeds   audit.Cursor `json:"d,omitzero"`
}

// place is a place in one part. The zero place is the beginning.
type place struct {
	At  int64  `json:"at"`
	ID  string `json:"id,omitempty"`
	Num int64  `json:"n,omitempty"`
}

// quiet are operations that a timeline leaves out: sign-ins have lines of their own, and reading is not what happened to a person.
var quiet = []string{"auth.sign_in", "audit.list", "audit.show", "audit.about"}

// stepUps are asked of who acts, about whom they act on.
var stepUps = []string{"step_up.issued", "step_up.confirmed", "step_up.failed", "step_up.expired", "step_up.reused"}

// telling are operations whose very name tells what needs a permission.
var telling = map[string]access.Permission{"customer.set_imported_spend": access.CustomersFinancials}

// timeline is one request for a timeline, being answered.
type timeline struct {
	*op.View
	person *user.User
	in     Timeline
	self   bool
	lines  *Lines
	limit  int
	stand  stand
	chains []string                // of deeds; read once
	rest   map[string]audit.Cursor // where reading of a part of the log was given up; absent: it came to its end, or to enough
	actors map[string]string
}

// sees says whether the viewer sees lines of a kind at all.
func (t *timeline) sees(k LineKind) bool {
	switch k {
	case LineSignIn:
		return t.lines.Security
	case LineOrder, LineRefund:
		return t.lines.Orders && t.lines.Brand != nil
	case LineAdmin:
		return t.person.Kinds&user.IsStaff != 0 && (t.lines.Detail || t.self)
	}
	return true
}

// wants says whether lines of a kind are asked for, and seen.
func (t *timeline) wants(k LineKind) bool {
	return t.sees(k) && (len(t.in.Kinds) == 0 || slices.Contains(t.in.Kinds, k))
}

// within are the conditions on the time of a line; the arguments follow those that are there.
func (t *timeline) within(sql, at string, args []any) (string, []any) {
	if t.in.From != 0 {
		args = append(args, t.in.From)
		sql += fmt.Sprintf(" and %s >= $%d", at, len(args))
	}
	if t.in.To != 0 {
		args = append(args, t.in.To)
		sql += fmt.Sprintf(" and %s < $%d", at, len(args))
	}
	return sql, args
}

// step is a line and where its part stands behind it.
type step struct {
	line    Line
	advance func(*stand)
}

func (t *timeline) read() error {
	var steps []step
	var parts []func() ([]step, error)
	if slices.ContainsFunc(LineKinds, func(k LineKind) bool { return k.Audited() && k != LineAdmin && t.wants(k) }) {
		parts = append(parts, t.changes)
	}
	if t.wants(LineAdmin) {
		parts = append(parts, t.deeds)
	}
	if t.wants(LineSignIn) {
		parts = append(parts, t.signIns)
	}
	if t.in.Outcome != Failed && t.wants(LineOrder) {
		parts = append(parts, t.orders)
	}
	if t.in.Outcome != Failed && t.wants(LineRefund) {
		parts = append(parts, t.refunds)
	}
	for _, part := range parts {
		some, err := part()
		if err != nil {
			return err
		}
		steps = append(steps, some...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.line.At, a.line.At) })
	// Where reading of the log was given up, nothing older may be shown yet: what was not read may lie between.
	horizon := int64(0)
	for _, at := range t.rest {
		horizon = max(horizon, at.At)
	}
	steps = slices.DeleteFunc(steps, func(s step) bool { return s.line.At < horizon })
	more := len(steps) > t.limit
	if more {
		steps = steps[:t.limit]
	}
	for _, s := range steps {
		s.advance(&t.stand)
		t.lines.Lines = append(t.lines.Lines, s.line)
	}
	if !more && len(t.rest) > 0 {
		more = true
		if at := t.rest["changes"]; at.At == horizon {
			t.stand.Changes = at
		}
		if at := t.rest["deeds"]; at.At == horizon {
			t.stand.Deeds = at
		}
	}
	if more {
		return t.seal()
	}
	return nil
}

func (t *timeline) signIns() ([]step, error) {
	from := t.stand.SignIns
	sql, args := "select id, at, outcome, method, country, device, ip_box from sign_ins where user_id = $1", []any{string(t.person.ID)}
	switch t.in.Outcome {
	case WentWell:
		sql += " and outcome in ('ok', 'impersonated')"
	case Failed:
		sql += " and outcome not in ('ok', 'impersonated')"
	}
	if from != (place{}) {
		sql += " and (at, id) < ($2, $3)"
		args = append(args, from.At, from.ID)
	}
	sql, args = t.within(sql, "at", args)
	type row struct {
		id, box string
		line    Line
	}
	found, err := store.All(t, func(r store.Row) (s row, err error) {
		l := &s.line
		return s, r.Scan(&s.id, &l.At, &l.Outcome, &l.Method, &l.Country, &l.Device, &s.box)
	}, sql+limited(" order by at desc, id desc", t.limit+1), args...)
	if err != nil {
		return nil, err
	}
	steps := make([]step, 0, len(found))
	for _, s := range found {
		s.line.Kind = LineSignIn
		if s.box != "" {
			s.line.IP, err = t.Unseal(string(t.person.ID), s.box)
			if err != nil && errs.Of(err).Kind != errs.Gone {
				return nil, err
			}
			if err != nil { // archived or erased: that somebody signed in, and no more
				s.line.Country, s.line.Device = "", ""
			}
		}
		steps = append(steps, step{s.line, func(to *stand) { to.SignIns = place{At: s.line.At, ID: s.id} }})
	}
	return steps, nil
}

func (t *timeline) orders() ([]step, error) {
	return t.facts(LineOrder, "select num, placed_at, id, external_id, status, total from orders where user_num = $1",
		"placed_at", t.stand.Orders, func(to *stand) *place { return &to.Orders })
}

func (t *timeline) refunds() ([]step, error) {
	return t.facts(LineRefund, "select num, refunded_at, id, external_id, '' as status, amount from refunds where user_num = $1",
		"refunded_at", t.stand.Refunds, func(to *stand) *place { return &to.Refunds })
}

func (t *timeline) facts(kind LineKind, sql, at string, from place, to func(*stand) *place) ([]step, error) {
	args := []any{t.person.Num}
	if from != (place{}) {
		sql += " and (" + at + ", num) < ($2, $3)"
		args = append(args, from.At, from.Num)
	}
	sql, args = t.within(sql, at, args)
	type row struct {
		num  int64
		line Line
	}
	found, err := store.All(t, func(r store.Row) (s row, err error) {
		l := &s.line
		return s, r.Scan(&s.num, &l.At, &l.ID, &l.Number, &l.Status, &l.Amount.Minor)
	}, sql+limited(" order by "+at+" desc, num desc", t.limit+1), args...)
	steps := make([]step, 0, len(found))
	for _, s := range found {
		s.line.Kind, s.line.Amount.Currency = kind, t.lines.Brand.Currency
		steps = append(steps, step{s.line, func(st *stand) { *to(st) = place{At: s.line.At, Num: s.num} }})
	}
	return steps, err
}

// changes are what was done to the account, by anybody.
func (t *timeline) changes() ([]step, error) {
	f := audit.Filter{Chains: []string{string(t.person.Brand)}, Subject: string(t.person.ID)}
	return t.walk("changes", f, func(e *audit.Entry) (LineKind, bool) {
		k := kindOf(e.Op)
		return k, t.wants(k) && !t.deed(e)
	}, func(to *stand) *audit.Cursor { return &to.Changes })
}

// deeds are what the person did to others. Their own chain is always looked at; the others too for who reads them all.
func (t *timeline) deeds() (_ []step, err error) {
	if t.chains == nil {
		t.chains = []string{string(t.person.Brand)}
		nodes := t.Nodes(access.AuditView)
		if slices.Contains(nodes, access.Platform) {
			brands, err := brand.All(t)
			if err != nil {
				return nil, err
			}
			t.chains = []string{string(brand.Platform)}
			for i := range brands {
				t.chains = append(t.chains, string(brands[i].ID))
			}
		}
	}
	f := audit.Filter{Chains: t.chains, Person: string(t.person.ID)}
	return t.walk("deeds", f, func(e *audit.Entry) (LineKind, bool) {
		return LineAdmin, t.deed(e) && (t.self || t.covers(e))
	}, func(to *stand) *audit.Cursor { return &to.Deeds })
}

// deed says whether an entry tells of the person acting on something that is not their own account.
func (t *timeline) deed(e *audit.Entry) bool {
	me := string(t.person.ID)
	return e.Actor.Person == me && len(e.Subjects) > 0 && !slices.ContainsFunc(e.Subjects, func(s audit.Subject) bool { return s.ID == me || s.Person == me })
}

// covers says whether all that an entry is about lies where the viewer reads the log.
func (t *timeline) covers(e *audit.Entry) bool {
	nodes := t.Nodes(access.AuditView)
	return !slices.ContainsFunc(e.Subjects, func(s audit.Subject) bool {
		scope, err := access.ParseScope(s.Scope)
		return err != nil || !slices.ContainsFunc(nodes, func(n access.Scope) bool { return n.Covers(scope) })
	})
}

// walk reads lines out of the log. Pages of which much is left out are filled up, within reason.
func (t *timeline) walk(part string, f audit.Filter, keep func(*audit.Entry) (LineKind, bool), at func(*stand) *audit.Cursor) ([]step, error) {
	f.From, f.To, f.After, f.Limit = t.in.From, t.in.To, *at(&t.stand), min(t.limit+1, field.MaxLimit)
	switch {
	case t.in.Outcome == Failed && !t.lines.Detail:
		return nil, nil // what was tried in vain is for readers of the log
	case t.in.Outcome == Failed:
		f.Outcome = audit.Refused
	case t.in.Outcome == WentWell || !t.lines.Detail:
		f.Outcome = audit.Done
	}
	var steps []step
	for range 4 {
		entries, next, err := audit.List(t, f)
		if err != nil {
			return nil, err
		}
		for i := range entries {
			e := &entries[i]
			kind, kept := keep(e)
			if !kept || slices.Contains(quiet, e.Op) || !t.mayHear(e) {
				continue
			}
			line := Line{Kind: kind, At: e.At, Op: e.Op, ByThem: e.Actor.Person == string(t.person.ID), Refused: e.Outcome == audit.Refused}
			if err := t.detail(&line, e); err != nil {
				return nil, err
			}
			stands := audit.Cursor{At: e.At, Chain: e.Chain, N: e.N}
			steps = append(steps, step{line, func(to *stand) { *at(to) = stands }})
		}
		if len(steps) > t.limit || next == (audit.Cursor{}) {
			return steps, nil
		}
		f.After = next
	}
	if t.rest == nil {
		t.rest = map[string]audit.Cursor{}
	}
	t.rest[part] = f.After
	return steps, nil
}

// detail adds what only readers of the log are told, and where the person themself acted from.
func (t *timeline) detail(l *Line, e *audit.Entry) (err error) {
	if l.ByThem && t.lines.Security && e.Actor.IP != nil && e.Actor.Kind == string(op.Person) {
		if l.IP, err = t.Unseal(e.Actor.IP.Person, e.Actor.IP.Box); err != nil && errs.Of(err).Kind != errs.Gone {
			return err
		}
	}
	if !t.lines.Detail {
		return nil
	}
	l.ActorID, l.Entry = e.Actor.ID, e
	l.ActorName, err = t.named(e.Actor.Person)
	return err
}

// named is what somebody is called who acted, if the viewer may know them.
func (t *timeline) named(person string) (string, error) {
	if person == "" {
		return "", nil
	}
	if name, known := t.actors[person]; known {
		return name, nil
	}
	if t.actors == nil {
		t.actors = map[string]string{}
	}
	u, err := user.Find(t, user.ID(person))
	if err != nil && !errors.Is(err, errs.ErrNotFound) {
		return "", err
	}
	name := ""
	if err == nil && t.Knows(u.Subject()) {
		name = u.Name()
	}
	t.actors[person] = name
	return name, nil
}

// mayHear says whether an entry is on this person's timeline for the viewer: not what tells more than they may know, and no code
// that somebody else was asked for, which stands on their own timeline.
func (t *timeline) mayHear(e *audit.Entry) bool {
	if slices.Contains(stepUps, e.Op) && e.Actor.Person != string(t.person.ID) {
		return false
	}
	p, tells := telling[e.Op]
	return !tells || t.Can(p, t.person.Subject())
}

// who is whom and what a cursor is for.
func (t *timeline) who() []byte {
	return fmt.Appendf(nil, "%s %s %s %s %d %d %s", t.Caller().Kind, t.Caller().ID, t.person.ID, joined(t.in.Kinds), t.in.From, t.in.To, t.in.Outcome)
}

func (t *timeline) seal() error {
	body, err := json.Marshal(t.stand)
	if err != nil {
		return err
	}
	t.lines.Next = base64.RawURLEncoding.EncodeToString(append(t.MAC("timeline cursor", t.who(), body)[:16], body...))
	return nil
}

func (t *timeline) open(cursor string) (s stand, err error) {
	if cursor == "" {
		return s, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < 18 || len(raw) > 2000 || !hmac.Equal(raw[:16], t.MAC("timeline cursor", t.who(), raw[16:])[:16]) {
		return s, field.ErrCursor
	}
	return s, json.Unmarshal(raw[16:], &s)
}
