package directory

import (
	"slices"
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/field"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/money"
	"github.com/stewardhq/steward/internal/user"
)

// Timeline asks for what happened to and by a person, newest first. Empty fields do not restrict.
type Timeline struct {
	User    user.ID    `json:"user"`
	Kinds   []LineKind `json:"kinds,omitempty"`
	From    int64      `json:"from,omitempty"`    // epoch ms, inclusive
	To      int64      `json:"to,omitempty"`      // epoch ms, exclusive
	Outcome Outcome    `json:"outcome,omitempty"` // what succeeded, or what did not
	Cursor  string     `json:"cursor,omitempty"`
	Limit   int        `json:"limit,omitempty"` // 1 to 200; 0 is 50
}

// Outcome is how something ended.
type Outcome string

// The outcomes. Wrong passwords and refused attempts have failed; orders and refunds are facts, and went well.
const (
	WentWell Outcome = "ok"
	Failed   Outcome = "failed"
)

// Lines is a page of a timeline.
type Lines struct {
	Lines []Line
	Next  string // cursor; empty: that was all
	Brand *brand.Brand
	Kinds []LineKind // that the viewer sees; a page offers only these as filters
	// Parts that the viewer sees.
	Security, Orders, Detail bool
}

// LineKind is what a line tells.
type LineKind string

// The kinds of lines, in the order in which a filter offers them. Each has its own fields of Line filled in; the last five are told by
// the audit log.
const (
	LineSignIn   LineKind = "sign_in"  // an attempt to sign in: users.sessions, or one's own
	LinePassword LineKind = "password" // a password was set, or a link for one was asked for
	LineProfile  LineKind = "profile"  // details changed
	LineOrder    LineKind = "order"    // customers.purchases
	LineRefund   LineKind = "refund"   // customers.purchases
	LineSecurity LineKind = "security" // step-ups, second factors, sessions ended, keys
	LineAccount  LineKind = "account"  // everything else that was done to the account: its role, its status
	LineAdmin    LineKind = "admin"    // what they did to others, as staff: audit.view, or one's own
)

// LineKinds are all of them.
var LineKinds = []LineKind{LineSignIn, LinePassword, LineProfile, LineOrder, LineRefund, LineSecurity, LineAccount, LineAdmin}

// Audited says that lines of this kind are told by the audit log.
func (k LineKind) Audited() bool { return k != LineSignIn && k != LineOrder && k != LineRefund }

// kindOf is what an operation of the log is on somebody's timeline.
func kindOf(operation string) LineKind {
	area, verb, _ := strings.Cut(operation, ".")
	switch {
	case strings.Contains(verb, "password") || operation == "admin.reset":
		return LinePassword
	case area == "user" && (verb == "edit" || verb == "revert_email" || verb == "confirm_email") || area == "customer" && verb == "edit":
		return LineProfile
	case slices.Contains([]string{"step_up", "session", "apikey", "auth", "factor", "totp", "passkey", "recovery", "impersonation", "device"}, area):
		return LineSecurity
	}
	return LineAccount
}

// Line is one event of a person's life here.
type Line struct {
	Kind LineKind
	At   int64 // epoch ms

	Outcome, Method, Country, Device, IP string // of a sign-in

	ID     string       // of the order or refund
	Number string       // what the sender calls it
	Status string       // of the order
	Amount money.Amount // of the order or refund

	Op        string       // of what the log tells: user.edit
	Refused   bool         // it was tried, and refused; only with audit.view
	ByThem    bool         // they did it themself
	ActorID   string       // who did it; only with audit.view
	ActorName string       // as far as the viewer may know them; only with audit.view
	Entry     *audit.Entry // the whole entry; only with audit.view
}

// Activity reads a person's timeline: sign-ins, orders, refunds and changes of the account, merged. Who may not see a part of it does
// not get it, and of a change without audit.view only what was done and whether the person did it themself.
var Activity = &op.Query[Timeline, *Lines]{
	Name: "person.activity", Summary: "Show what happened to and by a person", Own: true, Do: activity,
}

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
	if err := in.check(); err != nil {
		return nil, err
	}
	t := timeline{View: v, person: u, in: in, self: v.Caller().Is(string(u.ID)), limit: field.DefaultLimit}
	t.lines = &Lines{
		Security: t.self || v.Can(access.UsersSessions, subject),
		Orders:   v.Can(access.CustomersPurchases, subject) || t.self && u.Kinds&user.IsCustomer != 0,
		Detail:   v.Can(access.AuditView, subject),
	}
	if u.Brand != brand.Platform {
		if t.lines.Brand, err = brand.Find(v, u.Brand); err != nil {
			return nil, err
		}
	}
	for _, k := range LineKinds {
		if t.sees(k) {
			t.lines.Kinds = append(t.lines.Kinds, k)
		}
	}
	if in.Limit > 0 {
		t.limit = min(in.Limit, field.MaxLimit)
	}
	if t.stand, err = t.open(in.Cursor); err != nil {
		return nil, err
	}
	return t.lines, t.read()
}

// check refuses a question that cannot be read.
func (in *Timeline) check() error {
	var w errs.Wrong
	for _, k := range in.Kinds {
		if !slices.Contains(LineKinds, k) {
			w.Add("kind", "There is no such kind. Choose of: %s.", joined(LineKinds))
		}
	}
	if in.Outcome != "" && in.Outcome != WentWell && in.Outcome != Failed {
		w.Add("outcome", "The outcome is ok or failed.")
	}
	if in.From != 0 && in.To != 0 && in.From >= in.To {
		w.Add("to", "The end lies before the beginning. Choose a later day.")
	}
	return w.Err()
}

func joined(kinds []LineKind) string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = string(k)
	}
	return strings.Join(all, ", ")
}
