package api

import (
	"strings"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/money"
)

// Activity is one event of a person's life here. Which members it has goes by its kind.
type Activity struct {
	Kind directory.LineKind `json:"kind" enum:"sign_in,password,profile,order,refund,security,account,admin"`
	At   Time               `json:"at"`

	Outcome string `json:"outcome,omitempty" description:"Of a sign-in: ok, wrong_password, locked, not_active."`
	Method  string `json:"method,omitempty"`
	Country string `json:"country,omitempty"`
	Device  string `json:"device,omitempty"`
	IP      string `json:"ip,omitempty"`

	ID     string        `json:"id,omitempty" description:"Of the order or refund."`
	Number string        `json:"external_id,omitempty" description:"What its sender calls it."`
	Status string        `json:"status,omitempty"`
	Amount *money.Amount `json:"amount,omitempty"`

	Operation string `json:"operation,omitempty" example:"user.edit" description:"Of what the audit log tells."`
	Refused   bool   `json:"refused,omitempty" description:"It was tried, and refused; only with audit.view."`
	ByThem    bool   `json:"by_themself,omitempty"`
	ActorID   string `json:"actor,omitempty" description:"Who did it; only with audit.view."`
	ActorName string `json:"actor_name,omitempty" description:"As far as you may know them; only with audit.view."`
	Event     string `json:"event,omitempty" description:"Id of the audit event; only with audit.view."`
}

type activityOf struct {
	userPath
	Kinds   string            `query:"kind" json:"-" example:"sign_in,password" description:"One kind, or several with commas: sign_in, password, profile, order, refund, security, account, admin."`
	From    Time              `query:"at[gte]" json:"-" description:"At this instant or later."`
	To      Time              `query:"at[lt]" json:"-" description:"Before this instant."`
	Outcome directory.Outcome `query:"outcome" json:"-" enum:"ok,failed" description:"Only what went well, or only what failed or was refused."`
	Uncounted
}

func (w activityOf) timeline() (directory.Timeline, error) {
	size, err := w.size()
	in := directory.Timeline{User: w.User, From: int64(w.From), To: int64(w.To), Outcome: w.Outcome, Cursor: w.Cursor, Limit: size}
	for kind := range strings.SplitSeq(w.Kinds, ",") {
		if kind != "" {
			in.Kinds = append(in.Kinds, directory.LineKind(kind))
		}
	}
	return in, err
}

func showActivity(l directory.Line) Activity {
	a := Activity{
		Kind: l.Kind, At: Time(l.At), Outcome: l.Outcome, Method: l.Method, Country: l.Country, Device: l.Device, IP: l.IP,
		ID: l.ID, Number: l.Number, Status: l.Status, Operation: l.Op, Refused: l.Refused, ByThem: l.ByThem, ActorID: l.ActorID, ActorName: l.ActorName,
	}
	if l.Kind == directory.LineOrder || l.Kind == directory.LineRefund {
		amount := l.Amount
		a.Amount = &amount
	}
	if l.Entry != nil {
		a.Event = l.Entry.ID
	}
	return a
}

// words are names that stand in one column, separated by spaces.
func words(s string) []string { return strings.Fields(s) }
