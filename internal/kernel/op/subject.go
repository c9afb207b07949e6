package op

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
)

// Subject is one thing that an operation acts on, as it stands in the database. Nothing in it comes from a request.
type Subject struct {
	Kind   string       // user, brand, location, order, …
	ID     string       // its public id
	Scope  access.Scope // the node it belongs to
	Person string       // the user it tells about, whose key seals its personal values

	// Seen names the permissions of which any one at Scope lets a caller know that the subject exists. Empty: any grant that
	// touches its place.
	Seen []access.Permission
	// Public subjects are known to everybody: the platform itself.
	Public bool
	// People says what kind of person a user is; permissions of a role may hold for some kinds only.
	People access.PersonKind
	// Holds is what a person holds as staff: nobody acts on somebody who holds more.
	Holds access.Grants
}

// Target is anything that can name its subjects: a row names itself, a pair names both, a create names the place where it happens.
type Target interface{ Subjects() []Subject }

// Place is a target that is a node of the tree itself: for what happens in it, such as making something new.
type Place struct {
	Kind  string
	ID    string
	Scope access.Scope
	// Hidden places answer not-found unless the caller's grants touch them.
	Hidden bool
}

// Subjects names the place.
func (p Place) Subjects() []Subject {
	return []Subject{{Kind: p.Kind, ID: p.ID, Scope: p.Scope, Public: !p.Hidden}}
}

// Installation is the platform as a place.
var Installation = Place{Kind: "platform", ID: "platform", Scope: access.Platform}

func recorded(subjects []Subject) []audit.Subject {
	out := make([]audit.Subject, len(subjects))
	for i, s := range subjects {
		out[i] = audit.Subject{Kind: s.Kind, ID: s.ID, Scope: s.Scope.String(), Person: s.Person}
	}
	return out
}

// chain is the audit chain of what happens to the subjects: their brand's, or the platform's.
func chain(subjects []Subject, c *Caller) string {
	place := c.Home
	if len(subjects) > 0 {
		place = subjects[0].Scope
	}
	if b := place.BrandID(); b != "" {
		return b
	}
	return "platform"
}
