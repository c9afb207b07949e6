package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/export"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/tabular"
	"github.com/stewardhq/steward/internal/user"
)

// ActivityExport asks for a person's activity log as a file. Empty fields do not restrict.
type ActivityExport struct {
	User    user.ID    `json:"user"`
	Kinds   []LineKind `json:"kinds,omitempty"`
	From    int64      `json:"from,omitempty"` // epoch ms, inclusive
	To      int64      `json:"to,omitempty"`   // epoch ms, exclusive
	Outcome Outcome    `json:"outcome,omitempty"`
	Purpose string     `json:"purpose,omitempty"` // what somebody else's log is exported for
}

// Purposes are what an activity log is exported for.
var Purposes = []string{"security", "compliance", "support"}

// activityColumns are the columns of the file. Where somebody was is there only for who may see sessions.
var (
	activityColumns = []string{"time", "kind", "what", "outcome", "by", "by_id", "details"}
	whereColumns    = []string{"ip", "country", "device"}
)

// askedActivity is an export that is asked for: the person, and what the file would have for this caller.
type askedActivity struct {
	*user.User
	own   bool
	allow access.Permission
	kinds []LineKind
	needs []access.Permission
	rows  int64 // of what can be counted without the log
}

// Subjects names the person. Reading about somebody changes nothing of theirs, so it does not matter what they hold.
func (a askedActivity) Subjects() []op.Subject {
	s := a.Subject()
	s.Holds = nil
	return []op.Subject{s}
}

func (a askedActivity) has(p access.Permission) bool { return slices.Contains(a.needs, p) }

// ExportPermission is what exporting everything about one person needs: for customers what every export of people needs; of a
// colleague, what is exported is the log.
func ExportPermission(u *user.User) access.Permission {
	if u.Kinds&user.IsStaff != 0 {
		return access.AuditExport
	}
	return access.CustomersExport
}

// ExportActivity queues a person's activity log as a file. One's own is everybody's to have. Of somebody else it has what the caller
// may see; what the audit log tells is in it only with audit.export, and then it is confirmed, as it is above 500 rows.
var ExportActivity = &op.Action[ActivityExport, askedActivity, export.ID]{
	Name: "person.export_activity", Summary: "Export the activity log of a person", Allow: access.CustomersExport, Own: true,
	AllowFor: func(a askedActivity, _ ActivityExport) access.Permission { return a.allow },
	StepUpIf: func(a askedActivity, _ ActivityExport) bool {
		return !a.own && (a.has(access.AuditExport) || a.rows > export.UnprovenTo)
	},
	Confirm: func(a askedActivity, in ActivityExport) op.Confirmation {
		return op.Confirmation{
			Title: "Export the activity log of " + Title(a.Name(), a.Email, "", a.Num), Button: "Export",
			Facts: []op.Fact{{Label: "Contents", Value: joined(a.kinds)}, {Label: "Purpose", Value: in.Purpose}},
		}
	},
	Target: targetActivity,
	Do: func(tx *op.Tx, a askedActivity, in ActivityExport) (export.ID, error) {
		question := Timeline{User: in.User, Kinds: in.Kinds, From: in.From, To: in.To, Outcome: in.Outcome}
		if err := question.check(); err != nil {
			return "", err
		}
		question.Kinds = a.kinds
		if !a.own && !slices.Contains(Purposes, in.Purpose) {
			return "", errs.Field("purpose", "Say what it is for: %s.", strings.Join(Purposes, ", "))
		}
		if a.Status == user.Archived || a.Status == user.Erased {
			return "", export.ErrArchived
		}
		if err := a.may(tx, in); err != nil {
			return "", err
		}
		if now := tx.Now().UnixMilli(); question.To == 0 || question.To > now { // what happens while it is made is not in it
			question.To = now + 1
		}
		columns := slices.Clone(activityColumns)
		if a.own || a.has(access.UsersSessions) {
			columns = append(columns, whereColumns...)
		}
		e, err := export.Start(tx, export.Order{
			Kind: Log.Name, Brand: a.Brand, Places: []access.Scope{a.Scope()}, Subject: a.User, Needs: a.needs, Columns: columns, Purpose: in.Purpose,
			Ask:    activityAsk{question, a.own || a.has(access.CustomersFinancials)},
			Filter: map[string]string{"kinds": joined(a.kinds), "from": stamp(in.From), "to": stamp(in.To), "outcome": string(in.Outcome)},
		})
		if err != nil {
			return "", err
		}
		return e.ID, nil
	},
}

// activityAsk is what the job is told.
type activityAsk struct {
	Timeline
	Money bool `json:"money"`
}

// targetActivity loads the person, and decides what the file would have for this caller.
func targetActivity(tx *op.Tx, in ActivityExport) (a askedActivity, err error) {
	if a.User, err = user.Find(tx, in.User); err != nil {
		return a, err
	}
	c, s := tx.Caller(), a.Subject()
	may := func(p access.Permission) bool { return c.Grants.Can(tx.Now().UnixMilli(), p, s.Scope, s.People) }
	a.own, a.allow = c.Is(string(a.ID)), ExportPermission(a.User)
	wants := func(k LineKind) bool { return len(in.Kinds) == 0 || slices.Contains(in.Kinds, k) }
	need := func(p access.Permission) {
		if !a.own && !a.has(p) {
			a.needs = append(a.needs, p)
		}
	}
	need(a.allow)
	for _, k := range LineKinds {
		if !wants(k) || k == LineAdmin && a.Kinds&user.IsStaff == 0 {
			continue
		}
		switch k {
		case LineSignIn:
			if !a.own && !may(access.UsersSessions) {
				continue
			}
			need(access.UsersSessions)
			a.rows += counted(tx, &err, "select count(*) from sign_ins where user_id = $1", string(a.ID))
		case LineOrder, LineRefund:
			if !a.own && !may(access.CustomersPurchases) || a.Kinds&user.IsCustomer == 0 {
				continue
			}
			need(access.CustomersPurchases)
			if may(access.CustomersFinancials) {
				need(access.CustomersFinancials)
			}
			a.rows += counted(tx, &err, "select count(*) from "+string(k)+"s where user_num = $1", a.Num)
		default:
			if !a.own && (!may(access.AuditView) || !may(access.AuditExport)) {
				continue
			}
			need(access.AuditView)
			need(access.AuditExport)
			if may(access.UsersSessions) {
				need(access.UsersSessions)
			}
		}
		a.kinds = append(a.kinds, k)
	}
	return a, err
}

func counted(tx *op.Tx, err *error, sql string, arg any) int64 {
	if *err != nil {
		return 0
	}
	n, e := store.Value[int64](tx.QueryRow(sql, arg))
	*err = e
	return n
}

// may refuses an export of which nothing would be left, and one that the role's limits on exports do not allow.
func (a askedActivity) may(tx *op.Tx, in ActivityExport) error {
	now := tx.Now().UnixMilli()
	if !a.own && a.allow == access.CustomersExport && tx.Caller().Grants.ExportRows(now, a.Scope(), in.Purpose) < 1 {
		return op.ErrForbidden.Say("Your role exports people for marketing lists only. Ask a Super Admin for “%s” without that limit.", access.CustomersExport.Label()).
			With("permission", access.CustomersExport.String())
	}
	if len(a.kinds) > 0 {
		return nil
	}
	return op.ErrForbidden.Say("What you chose is told by the audit log, and you need “%s” to export it. A Super Admin can give it to you.", access.AuditExport.Label()).
		With("permission", access.AuditExport.String())
}

func stamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}

// Log is the activity log of a person as CSV, newest first.
var Log = export.Kind{Name: "activity", Ending: "csv", Type: "text/csv; charset=utf-8", Make: makeLog}

func makeLog(ctx context.Context, m *export.Making) error {
	var ask activityAsk
	if err := m.Asked(&ask); err != nil {
		return err
	}
	summaries := map[string]string{}
	for _, e := range m.Door.Catalogue() {
		summaries[e.Name] = e.Summary
	}
	w := logWriter{Writer: tabular.NewWriter(m), money: ask.Money, columns: strings.Fields(m.Columns), summaries: summaries}
	w.Row(w.columns...)
	ask.Limit = export.Batch
	for rows := int64(0); ; {
		c, err := m.As(ctx)
		if err != nil {
			return err
		}
		lines, err := op.Ask(ctx, m.Door, c, Activity, ask.Timeline)
		if err != nil {
			return err
		}
		for i := range lines.Lines {
			w.line(&lines.Lines[i])
		}
		rows += int64(len(lines.Lines))
		m.Wrote(rows, 0)
		if ask.Cursor = lines.Next; ask.Cursor == "" {
			return w.Flush()
		}
	}
}

// logWriter writes lines.
type logWriter struct {
	*tabular.Writer
	columns   []string
	money     bool
	summaries map[string]string
}

func (w *logWriter) line(l *Line) {
	for _, c := range w.columns {
		switch c {
		case "time":
			w.Typed(stamp(l.At))
		case "kind":
			w.Typed(string(l.Kind))
		case "what":
			w.Text(w.what(l))
		case "outcome":
			w.Text(outcome(l))
		case "by":
			w.Text(by(l))
		case "by_id":
			w.Text(l.ActorID)
		case "details":
			w.Text(w.details(l))
		case "ip":
			w.Text(l.IP)
		case "country":
			w.Text(l.Country)
		case "device":
			w.Text(l.Device)
		}
	}
	w.End()
}

func (w *logWriter) what(l *Line) string {
	switch l.Kind {
	case LineSignIn:
		return "Sign-in with " + l.Method
	case LineOrder:
		return "Order " + l.Number
	case LineRefund:
		return "Refund " + l.Number
	}
	if s := w.summaries[l.Op]; s != "" {
		return s
	}
	return l.Op
}

func outcome(l *Line) string {
	switch {
	case l.Outcome != "":
		return l.Outcome
	case l.Refused:
		return "refused"
	}
	return "ok"
}

func by(l *Line) string {
	switch {
	case l.Kind == LineSignIn, l.Kind == LineOrder, l.ByThem:
		return "themself"
	case l.ActorName != "":
		return l.ActorName
	case l.Entry != nil && l.Entry.Actor.Kind != string(op.Person):
		return l.Entry.Actor.Kind
	}
	return "staff or a program"
}

// details says more: an order's status and, for who may know, its total; of a change the fields, never their values.
func (w *logWriter) details(l *Line) string {
	switch l.Kind {
	case LineOrder, LineRefund:
		parts := []string{l.Status}
		if w.money {
			parts = append(parts, l.Amount.String())
		}
		return strings.TrimSpace(strings.Join(parts, " "))
	case LineSignIn:
		return ""
	}
	if l.Entry == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", changed(l.Entry), l.Entry.ID))
}

func changed(e *audit.Entry) string {
	var fields []string
	for _, c := range e.Changes {
		if !slices.Contains(fields, c.Field) {
			fields = append(fields, c.Field)
		}
	}
	if len(fields) == 0 {
		return e.Op
	}
	return e.Op + ": " + strings.Join(fields, ", ")
}
