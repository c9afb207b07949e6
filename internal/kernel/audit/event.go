package audit

import "encoding/json"

// Event is one entry of the log: who did what to whom, when, from where, why, before and after.
//
// Its canonical form is the JSON of this struct, fields in this order; that text is what is stored and what the chain hashes.
// Personal values in it are sealed with the key of the person they tell about, so that destroying the key erases them and
// the chain still verifies. Secrets never enter: a changed secret is a Change with neither before nor after.
type Event struct {
	Schema    int               `json:"schema"`             // 1
	Chain     string            `json:"chain"`              // a brand's id, or "platform"
	N         int64             `json:"n"`                  // position in the chain, from 1
	ID        string            `json:"id"`                 // aud_…
	At        int64             `json:"at"`                 // epoch ms UTC
	Op        string            `json:"op"`                 // the operation's name: user.suspend
	Outcome   Outcome           `json:"outcome"`            // done, refused
	Actor     Actor             `json:"actor"`              // who
	Subjects  []Subject         `json:"subjects,omitempty"` // to whom
	Changes   []Change          `json:"changes,omitempty"`  // before and after
	Counts    map[string]int64  `json:"counts,omitempty"`   // rows of a batch, by table; n of refusals counted on one event
	Facts     map[string]string `json:"facts,omitempty"`    // plain facts of the operation: source, digest, code of a refusal
	Reason    *Sealed           `json:"reason,omitempty"`   // why, sealed for the first person among the subjects, else for the actor
	StepUp    string            `json:"step_up,omitempty"`  // id of the step-up that confirmed it
	Bulk      string            `json:"bulk,omitempty"`     // id of the bulk that it belongs to
	RequestID string            `json:"request_id,omitempty"`
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// Actor is who acted. The name is looked up when the log is read; only ids stand here.
type Actor struct {
	Kind     string  `json:"kind"`                   // user, key, system, operator, anonymous
	ID       string  `json:"id,omitempty"`           // usr_…, key_…, or the name of a system actor
	Person   string  `json:"person,omitempty"`       // the user behind it: the owner of a key
	OnBehalf string  `json:"on_behalf_of,omitempty"` // the person impersonated
	Session  string  `json:"session,omitempty"`      // public id of the session, never its token
	IP       *Sealed `json:"ip,omitempty"`           // sealed with the actor's key
	Agent    *Sealed `json:"user_agent,omitempty"`   // sealed with the actor's key
}

// Subject is one thing acted on.
type Subject struct {
	Kind   string `json:"kind"`             // user, brand, location, order, …
	ID     string `json:"id"`               // its public id
	Scope  string `json:"scope"`            // path of the node it belongs to
	Person string `json:"person,omitempty"` // the user it tells about, whose key seals its personal values
}

// Change is one field of one row, before and after. Both absent: a secret changed.
type Change struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Field  string `json:"field"`
	Before *Value `json:"before,omitempty"`
	After  *Value `json:"after,omitempty"`
}

// Value is a plain value (JSON), or one sealed with a person's key.
type Value struct {
	Plain  json.RawMessage `json:"plain,omitempty"`
	Sealed *Sealed         `json:"sealed,omitempty"`
}

// Sealed is ciphertext that only the key of the person opens.
type Sealed struct {
	Person string `json:"person"`
	Box    string `json:"box"`
}
