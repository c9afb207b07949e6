package api

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/record"
)

// AuditEvent is one entry of the audit log. Reading it is an entry too.
type AuditEvent struct {
	ID        string            `json:"id" example:"aud_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Chain     string            `json:"chain" description:"A brand's id, or platform."`
	Number    int64             `json:"n" description:"Place in the chain, from 1."`
	Hash      string            `json:"hash" description:"Of this entry, which the next one contains; hex."`
	At        Time              `json:"at"`
	Operation string            `json:"operation" example:"user.change_role"`
	Outcome   audit.Outcome     `json:"outcome" enum:"done,refused"`
	Actor     AuditActor        `json:"actor"`
	Subjects  []AuditParty      `json:"subjects"`
	Changes   []AuditChange     `json:"changes"`
	Counts    map[string]int64  `json:"counts,omitempty"`
	Facts     map[string]string `json:"facts,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	StepUp    string            `json:"step_up,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
}

// AuditParty is somebody or something that an entry names.
type AuditParty struct {
	Kind   string `json:"kind" example:"user"`
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Person string `json:"person,omitempty" description:"The account that it tells about, or that is behind it."`
	Scope  string `json:"scope,omitempty"`
}

// AuditActor is who acted.
type AuditActor struct {
	AuditParty
	OnBehalf *AuditParty `json:"on_behalf_of,omitempty"`
	Session  string      `json:"session,omitempty"`
	IP       string      `json:"ip,omitempty" description:"Only for who may see the person's sessions."`
	Agent    string      `json:"user_agent,omitempty"`
}

// AuditChange is a field before and after.
type AuditChange struct {
	Kind   string         `json:"kind"`
	ID     string         `json:"id"`
	Field  string         `json:"field"`
	Before jsontext.Value `json:"before,omitzero"`
	After  jsontext.Value `json:"after,omitzero"`
	Secret bool           `json:"secret,omitempty" description:"That it changed is all that the log knows."`
	Hidden bool           `json:"hidden,omitempty" description:"There are values, and not for this caller."`
	Erased bool           `json:"erased,omitempty" description:"There were values, and they were erased for good."`
}

type (
	eventList struct {
		InBrand
		Operation string        `query:"operation" json:"-" description:"An operation (user.edit), or an area with its dot (user.)."`
		Outcome   audit.Outcome `query:"outcome" json:"-" enum:"done,refused" description:"Only what was done, or only what was refused."`
		Actor     string        `query:"actor" json:"-" description:"Who acted: id of a user or key, an e-mail address, or the name of a system actor."`
		Subject   string        `query:"subject" json:"-" description:"What it was done to, or whom it tells about: an id, or an e-mail address."`
		From      Time          `query:"at[gte]" json:"-" description:"At this instant or later."`
		To        Time          `query:"at[lt]" json:"-" description:"Before this instant."`
		Words     string        `query:"q" json:"-" description:"The number of an entry, its id, or an IP address."`
		Page
	}
	eventPath struct {
		Event string `path:"event" json:"-" description:"Id of the entry."`
	}
)

func showParty(p record.Party) AuditParty {
	return AuditParty{Kind: p.Kind, ID: p.ID, Name: p.Name, Person: string(p.Person), Scope: p.Scope.String()}
}

func showEvent(e record.Entry) AuditEvent {
	out := AuditEvent{
		ID: e.ID, Chain: e.Chain, Number: e.N, Hash: e.Hash, At: Time(e.At), Operation: e.Op, Outcome: e.Outcome,
		Actor:    AuditActor{AuditParty: showParty(e.Actor.Party), Session: e.Actor.Session, IP: e.Actor.IP.Text, Agent: e.Actor.Agent.Text},
		Subjects: mapped(e.Subjects, showParty), Changes: mapped(e.Changes, showChange),
		Counts: e.Counts, Facts: e.Facts, Reason: e.Reason.Text, StepUp: e.StepUp, RequestID: e.RequestID,
	}
	if e.Actor.OnBehalf != nil {
		p := showParty(*e.Actor.OnBehalf)
		out.Actor.OnBehalf = &p
	}
	return out
}

func showChange(c record.Change) AuditChange {
	return AuditChange{
		Kind: c.Kind, ID: c.ID, Field: c.Field, Secret: c.Secret, Before: said(c.Before), After: said(c.After),
		Hidden: c.Before.Closed || c.After.Closed, Erased: c.Before.Erased || c.After.Erased,
	}
}

// said is a value of the log as JSON; nothing where there is none to be told.
func said(s record.Said) jsontext.Value {
	switch {
	case len(s.Plain) > 0:
		return jsontext.Value(s.Plain)
	case s.Empty() || s.Closed || s.Erased:
		return nil
	}
	text, err := jsontext.AppendQuote(nil, s.Text)
	if err != nil {
		return nil
	}
	return text
}

func auditEvents(t *table) {
	Query(t, "GET /v1/audit-events", record.List,
		func(c *Call, w eventList) (record.Ask, error) { return w.ask(c) },
		func(c *Call, w eventList, p *record.Page) (List[AuditEvent], error) {
			l := List[AuditEvent]{Data: mapped(p.Entries, showEvent)}
			if p.Next != "" {
				l.Next = &p.Next
			}
			if !w.wantsTotal() {
				return l, nil
			}
			in, err := w.ask(c)
			if err != nil {
				return l, err
			}
			n, err := op.Ask(c.Context(), c.Door, c.Caller, record.Count, in)
			if n >= 0 {
				l.Sum = &n
			}
			return l, err
		})
	Query(t, "GET /v1/audit-events/{event}", record.Show,
		func(_ *Call, w eventPath) (string, error) { return w.Event, nil },
		func(_ *Call, _ eventPath, e *record.Entry) (AuditEvent, error) { return showEvent(*e), nil })
}

func (w eventList) ask(c *Call) (in record.Ask, err error) {
	in = record.Ask{
		Op: w.Operation, Outcome: w.Outcome, Who: w.Actor, Subject: w.Subject, From: int64(w.From), To: int64(w.To), Words: w.Words, Cursor: w.Cursor,
	}
	if in.Limit, err = w.size(); err == nil {
		in.Brand, err = c.Home(w.Named)
	}
	return in, err
}
