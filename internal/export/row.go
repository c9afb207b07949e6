package export

import (
	"strings"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// ID is an export's public id: exp_…
type ID string

// State is where an export stands.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Ready     State = "ready"
	Failed    State = "failed"
	Expired   State = "expired"
	Cancelled State = "cancelled"
)

// Going says that it is still being made.
func (s State) Going() bool { return s == Waiting || s == Running }

// Export is one file that somebody asked for.
type Export struct {
	ID        ID       `db:"id,key"`
	Brand     brand.ID `db:"brand_id"`
	Scope     string   `db:"scope"` // one node, or several with a space between
	Kind      string   `db:"kind"`
	Requester string   `db:"requester"` // user or key
	Person    string   `db:"person"`    // the user behind it
	Session   string   `db:"session"`
	Subject   string   `db:"subject"` // the one person it is about; empty: many
	Job       string   `db:"job_id"`
	File      string   `db:"file_id"`
	KeyBox    string   `db:"key_box"`
	AskBox    string   `db:"ask_box"`
	Needs     string   `db:"needs"`
	Columns   string   `db:"columns"`
	Purpose   string   `db:"purpose"`
	State     State    `db:"state"`
	Code      string   `db:"code"`
	Rows      int64    `db:"line_count"`
	Bytes     int64    `db:"bytes"`
	MadeAt    int64    `db:"made_at"`
	ReadyAt   int64    `db:"ready_at"`
	ExpiresAt int64    `db:"expires_at"`

	People access.PersonKind `db:"people"` // of an export about many: as whom they are all reached

	subject *user.User // loaded by find, when there is one
}

// Table is where exports are. They are bookkeeping: what they are is told by the events of the operations.
var Table = op.Bookkeeping[Export]("exports")

// Owner is who the file's key is sealed for: the person it is about, else who asked.
func (e *Export) owner() string {
	if e.Subject != "" {
		return e.Subject
	}
	return e.Person
}

// Places are the nodes that it is about, one at least. What cannot be read is nowhere.
func (e *Export) Places() []access.Scope {
	words := strings.Split(e.Scope, " ")
	all := make([]access.Scope, len(words))
	for i, word := range words {
		all[i], _ = access.ParseScope(word)
	}
	return all
}

// Permissions are what is needed for what is in it.
func (e *Export) Permissions() access.Set {
	s, err := access.ParseSet(strings.Fields(e.Needs))
	if err != nil {
		return access.Set{}
	}
	return s
}

// Subjects names the export, which is its requester's, at each of its places, and the person whom it is about.
func (e *Export) Subjects() []op.Subject {
	var s []op.Subject
	for _, at := range e.Places() {
		s = append(s, op.Subject{Kind: "export", ID: string(e.ID), Scope: at, Person: e.Person, People: e.People})
	}
	if e.subject != nil && string(e.subject.ID) != e.Person {
		about := e.subject.Subject()
		s[0].People = about.People
		about.Holds = nil // reading about somebody changes nothing of theirs
		s = append(s, about)
	}
	return s
}

// find reads an export with the person it is about.
func find(r store.Reader, exportID ID) (*Export, error) {
	e, err := Table.Find(r, string(exportID))
	if err != nil || e.Subject == "" {
		return e, err
	}
	e.subject, err = user.Find(r, user.ID(e.Subject))
	return e, err
}

// mine reads an export of the caller's own: what they asked for, or what a key of theirs did. A key has only what it asked for
// itself. What is somebody else's does not exist.
func mine(r store.Reader, c *op.Caller, exportID ID) (*Export, error) {
	if c.Kind == op.Anonymous {
		return nil, op.ErrSignIn
	}
	e, err := find(r, exportID)
	if err == nil && e.Requester != c.ID && !c.Is(e.Person) {
		return nil, errs.ErrNotFound
	}
	return e, err
}

// allows refuses unless the caller holds, at this moment, everything that what is in the export needs. An export without needs is
// about its requester themself.
func (e *Export) allows(r store.Reader, c *op.Caller, now int64) error {
	if e.subject != nil && (e.subject.Status == user.Archived || e.subject.Status == user.Erased) {
		return ErrArchived
	}
	if e.subject == nil {
		archived, err := e.archivedSince(r)
		if err != nil {
			return err
		}
		if archived {
			return ErrArchived
		}
	}
	if e.Needs == "" {
		if e.Subject == "" || !c.Is(e.Subject) {
			return op.ErrForbidden
		}
		return nil
	}
	places, people := e.Places(), e.People
	if e.subject != nil {
		s := e.subject.Subject()
		places, people = []access.Scope{s.Scope}, s.People
	}
	needs := e.Permissions()
	if needs.Empty() { // what cannot be read is given to nobody
		return op.ErrForbidden
	}
	for p := range needs.All {
		for _, at := range places {
			if !c.Grants.Can(now, p, at, people) {
				return op.ErrForbidden.Say("You no longer hold “%s”, which what is in this export needs. A Super Admin can give it to you.", p.Label()).
					With("permission", p.String()).With("scope", at.String())
			}
		}
	}
	return nil
}

// archivedSince says, of an export about many, whether somebody there was archived or erased after it was asked for.
func (e *Export) archivedSince(r store.Reader) (bool, error) {
	n, err := store.Value[int64](r.QueryRow(`select count(*) from (select 1 as one from users
		where brand_id = $1 and status in ('archived', 'erased') and status_since >= $2 limit 1) as found`, string(e.Brand), e.MadeAt))
	return n > 0, err
}

// over ends an export. The key goes with it.
func (e *Export) over(tx *op.Tx, s State, code string) error {
	e.State, e.Code, e.KeyBox, e.AskBox = s, code, "", ""
	return Table.Update(tx, e)
}
