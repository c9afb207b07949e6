// Package record reads the audit log for people and programs: pages of entries with filters, one entry whole, what happened to one
// person, and how far the chains are proved.
//
//	page, err := op.Ask(ctx, door, caller, record.List, record.Ask{Brand: b, Op: "user.", Outcome: audit.Refused})
//	total, err := op.Ask(ctx, door, caller, record.Count, …)   // exact, a second request
//	entry, err := op.Ask(ctx, door, caller, record.Show, "aud_…")
//	page, err := op.Ask(ctx, door, caller, record.About, record.AskAbout{User: id})
//
// # Who reads what
//
// A chain is read whole or not at all: who holds audit.view at a brand reads that brand's, who holds it at the platform reads all.
// Who holds it at chosen locations only reads no chain, but may ask about a person at home there, and gets the entries that concern
// nobody outside these locations.
//
// An entry keeps ids, and personal values sealed. Names are looked up when it is read. A sealed value is opened for who may see the
// account of the person it tells about; addresses and devices for who may see that person's sessions (users.sessions). What was
// erased stays closed for everybody, and of somebody archived everybody reads the placeholder.
//
// Reading is recorded too (architecture.md: audit views leave a trail), but for Count, Recent and Chains, which pages fetch by
// themselves and which tell little.
package record

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be asked of the audit log.
var Operations = []op.Operation{List, Count, Recent, Show, About, AboutCount, Chains}

// Platform is the name of the platform's chain; a brand's chain has the brand's id.
const Platform = string(brand.Platform)

// Entry is an entry of the log as one viewer reads it.
type Entry struct {
	ID        string
	Chain     string // a brand's id, or platform
	ChainName string // Aurora Goods, Platform
	N         int64  // number in its chain
	At        int64  // epoch ms
	Op        string // user.change_role
	Outcome   audit.Outcome
	Actor     Actor
	Subjects  []Party
	Changes   []Change
	Counts    map[string]int64
	Facts     map[string]string
	Reason    Said
	StepUp    string // id of the step-up that confirmed it
	Bulk      string
	RequestID string
	Hash      string // of the entry, hex
}

// Refused says whether the attempt was denied.
func (e *Entry) Refused() bool { return e.Outcome == audit.Refused }

// Repeated is how many more times the same refusal came within its minute; 0 for an entry of a single one.
func (e *Entry) Repeated() int64 { return e.Counts["repeated"] }

// Subject gives the first subject of a kind, or nil.
func (e *Entry) Subject(kind string) *Party {
	for i := range e.Subjects {
		if e.Subjects[i].Kind == kind {
			return &e.Subjects[i]
		}
	}
	return nil
}

// Person gives the first person whom the entry is about, or nil.
func (e *Entry) Person() *Party {
	for i := range e.Subjects {
		if e.Subjects[i].Person != "" {
			return &e.Subjects[i]
		}
	}
	return nil
}

// Party is somebody or something that an entry names.
type Party struct {
	Kind   string // user, brand, location, order, …
	ID     string
	Name   string // of the thing, or of the person it belongs to; empty when nobody knows one
	Person user.ID
	Scope  access.Scope
	Known  bool // the viewer may open the person's page
}

// Actor is who acted.
type Actor struct {
	Party           // Kind: user, key, system, operator
	OnBehalf *Party // the person impersonated
	Session  string
	IP       Said // only for who may see the person's sessions
	Agent    Said
}

// Change is a field before and after. Secret: that it changed is all that the log knows.
type Change struct {
	Kind, ID, Field string
	Before, After   Said
	Secret          bool
}

// Said is a value as the viewer reads it.
type Said struct {
	Text   string // of strings the string, else JSON
	Plain  []byte // JSON, when it was not sealed
	Sealed bool   // it is a personal value
	Closed bool   // sealed, and not for this viewer
	Erased bool   // sealed, and the key is gone for good
}

// Empty says that there was no value.
func (s Said) Empty() bool { return s.Text == "" && !s.Closed && !s.Erased }
