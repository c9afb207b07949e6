package directory

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Timeline asks for what happened to and by a person, newest first.
type Timeline struct {
	User   user.ID `json:"user"`
	Cursor string  `json:"cursor,omitempty"`
	Limit  int     `json:"limit,omitempty"` // 1 to 200; 0 is 50
}

// Lines is a page of a timeline.
type Lines struct {
	Lines []Line
	Next  string // cursor; empty: that was all
	Brand *brand.Brand
	// Parts that the viewer sees; a page offers only their filters.
	Security, Orders, Detail bool
}

// LineKind is what a line tells.
type LineKind string

// The kinds of lines. Each has its own fields of Line filled in.
const (
	LineSignIn LineKind = "sign_in" // users.sessions, or one's own
	LineOrder  LineKind = "order"   // customers.purchases
	LineRefund LineKind = "refund"  // customers.purchases
	LineChange LineKind = "change"  // what the audit log says was done to the account
)

// Line is one event of a person's life here.
type Line struct {
	Kind LineKind
	At   int64 // epoch ms

	Outcome, Method, Country, Device, IP string // of a sign-in

	ID     string       // of the order or refund
	Number string       // what the sender calls it
	Status string       // of the order
	Amount money.Amount // of the order or refund

	Op      string       // of the change: user.edit
	ByThem  bool         // they did it themself
	ActorID string       // who did it; only with audit.view
	Entry   *audit.Entry // the whole entry; only with audit.view
}

// Activity reads a person's timeline: sign-ins, orders, refunds and changes of the account, merged. Who may not see a part of it does
// not get it, and of a change without audit.view only what was done and whether the person did it themself.
var Activity = &op.Query[Timeline, *Lines]{
	Name: "person.activity", Summary: "Show what happened to and by a person", Own: true, Do: activity,
}

// stand is how far each part of a timeline was read: the cursor of a page.
type stand struct {
	SignIns place        `json:"s,omitzero"`
	Orders  place        `json:"o,omitzero"`
	Refunds place        `json:"r,omitzero"`
	Changes audit.Cursor `json:"c,omitzero"`
}

// place is a place in one part. The zero place is the beginning.
type place struct {
	At  int64  `json:"at"`
	ID  string `json:"id,omitempty"`
	Num int64  `json:"n,omitempty"`
}

// quiet are operations that a timeline leaves out: sign-ins have lines of their own, and reading is not what happened to a person.
var quiet = []string{"auth.sign_in", "audit.list", "audit.show", "audit.about"}

// telling are operations whose very name tells what needs a permission.
var telling = map[string]access.Permission{"customer.set_imported_spend": access.CustomersFinancials}

func activity(v *op.View, in Timeline) (*Lines, error) {
	if err := v.Signed(); err != nil {
		return nil, err
	}
	u, err := user.Find(v, in.User)
	if err != nil {
		return nil, err
	}
	subject := u.Subject()
	if !v.Knows(subject) {
		return nil, errs.ErrNotFound
	}
	self := v.Caller().Is(string(u.ID))
	l := &Lines{
		Security: self || v.Can(access.UsersSessions, subject),
		Orders:   v.Can(access.CustomersPurchases, subject),
		Detail:   v.Can(access.AuditView, subject),
	}
	if u.Brand != brand.Platform {
		if l.Brand, err = brand.Find(v, u.Brand); err != nil {
			return nil, err
		}
	}
	limit := field.DefaultLimit
	if in.Limit > 0 {
		limit = min(in.Limit, field.MaxLimit)
	}
	t := timeline{View: v, person: u, lines: l, limit: limit}
	if t.stand, err = t.open(in.Cursor); err != nil {
		return nil, err
	}
	return l, t.read()
}

// timeline is one request for a timeline, being answered.
type timeline struct {
	*op.View
	person *user.User
	lines  *Lines
	limit  int
	stand  stand
	rest   audit.Cursor // where reading of changes was given up; zero: it came to its end, or to enough
}

// step is a line and where its part stands behind it.
type step struct {
	line    Line
	advance func(*stand)
}

func (t *timeline) read() error {
	var steps []step
	parts := []func() ([]step, error){t.changes}
	if t.lines.Security {
		parts = append(parts, t.signIns)
	}
	if t.lines.Orders && t.lines.Brand != nil {
		parts = append(parts, t.orders, t.refunds)
	}
	for _, part := range parts {
		some, err := part()
		if err != nil {
			return err
		}
		steps = append(steps, some...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.line.At, a.line.At) })
	more := len(steps) > t.limit
	if more {
		steps = steps[:t.limit]
	}
	for _, s := range steps {
		s.advance(&t.stand)
		t.lines.Lines = append(t.lines.Lines, s.line)
	}
	if !more && t.rest != (audit.Cursor{}) {
		t.stand.Changes, more = t.rest, true
	}
	if more {
		return t.seal()
	}
	return nil
}

func (t *timeline) signIns() ([]step, error) {
	from := t.stand.SignIns
	sql, args := "select id, at, outcome, method, country, device, ip_box from sign_ins where user_id = $1", []any{string(t.person.ID)}
	if from != (place{}) {
		sql += " and (at, id) < ($2, $3)"
		args = append(args, from.At, from.ID)
	}
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
			if s.line.IP, err = t.Unseal(string(t.person.ID), s.box); err != nil && errs.Of(err).Kind != errs.Gone {
				return nil, err
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

func (t *timeline) changes() ([]step, error) {
	var steps []step
	after := t.stand.Changes
	for range 4 { // pages of which much is left out are filled up, within reason
		entries, next, err := audit.List(t, audit.Filter{
			Chains: []string{string(t.person.Brand)}, Subject: string(t.person.ID), Outcome: audit.Done, After: after, Limit: min(t.limit+1, field.MaxLimit),
		})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			e := &entries[i]
			if slices.Contains(quiet, e.Op) || !t.mayHear(e.Op) {
				continue
			}
			line := Line{Kind: LineChange, At: e.At, Op: e.Op, ByThem: e.Actor.Person == string(t.person.ID)}
			if t.lines.Detail {
				line.ActorID, line.Entry = e.Actor.ID, e
			}
			at := audit.Cursor{At: e.At, Chain: e.Chain, N: e.N}
			steps = append(steps, step{line, func(to *stand) { to.Changes = at }})
		}
		if len(steps) > t.limit || next == (audit.Cursor{}) {
			return steps, nil
		}
		after = next
	}
	t.rest = after
	return steps, nil
}

// mayHear says whether the viewer may know that the operation happened to this person at all.
func (t *timeline) mayHear(operation string) bool {
	p, tells := telling[operation]
	return !tells || t.Can(p, t.person.Subject())
}

func (t *timeline) who() []byte {
	return []byte(string(t.Caller().Kind) + " " + t.Caller().ID + " " + string(t.person.ID))
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
