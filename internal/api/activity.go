package api

import (
	"strings"

	"github.com/stewardhq/steward/internal/directory"
	"github.com/stewardhq/steward/internal/money"
)

// Activity is one event of a person's life here. Which members it has goes by its kind.
type Activity struct {
	Kind directory.LineKind `json:"kind" enum:"sign_in,order,refund,change"`
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

	Operation string `json:"operation,omitempty" example:"user.edit" description:"Of a change."`
	ByThem    bool   `json:"by_themself,omitempty"`
	ActorID   string `json:"actor,omitempty" description:"Who did it; only with audit.view."`
	Event     string `json:"event,omitempty" description:"Id of the audit event; only with audit.view."`
}

func showActivity(l directory.Line) Activity {
	a := Activity{
		Kind: l.Kind, At: Time(l.At), Outcome: l.Outcome, Method: l.Method, Country: l.Country, Device: l.Device, IP: l.IP,
		ID: l.ID, Number: l.Number, Status: l.Status, Operation: l.Op, ByThem: l.ByThem, ActorID: l.ActorID,
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
