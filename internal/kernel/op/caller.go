package op

import (
	"slices"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
)

// CallerKind says what sort of principal asks.
type CallerKind string

// The kinds of callers.
const (
	Anonymous CallerKind = "anonymous" // nobody is signed in
	Person    CallerKind = "user"      // a signed-in person
	Key       CallerKind = "key"       // an API key, acting for its owner
	System    CallerKind = "system"    // a named part of Steward, such as a job
	Operator  CallerKind = "operator"  // somebody at the machine's own command line
)

// Caller is who asks, from where. Adapters make one for each request; it is never taken from what the request says of itself.
type Caller struct {
	Kind    CallerKind
	ID      string        // usr_…, key_…, or the system actor's name
	Person  string        // the user behind it: themself, or a key's owner
	Home    access.Scope  // the brand or platform the person belongs to
	Grants  access.Grants // what they hold, with dates
	Session string        // public id of the session, never its token
	IP      string
	Agent   string
	Request string // id of the request
	// Unattended names the stepped-up permissions that a key may use without its owner's code.
	Unattended access.Set
	// As is the member of staff who is looking through this person's eyes, or nil: an impersonation.
	As *Impersonator
}

// Impersonator is a member of staff signed in as somebody else.
type Impersonator struct {
	Person string // the member of staff
	Writes bool   // may also change what Actions let them
}

// Nobody is a caller who has not signed in.
func Nobody(ip, agent, request string) *Caller {
	return &Caller{Kind: Anonymous, IP: ip, Agent: agent, Request: request}
}

// SystemActor is a named part of Steward with just the permissions that its work needs, everywhere.
func SystemActor(name string, permissions ...access.Permission) *Caller {
	return &Caller{Kind: System, ID: name, Home: access.Platform, Grants: everywhere(name, permissions)}
}

// HostOperator is somebody at the command line of the machine that Steward runs on: they own the files, so they may do everything,
// and the log says that it was done there.
func HostOperator(name string) *Caller {
	return &Caller{Kind: Operator, ID: name, Home: access.Platform, Grants: everywhere("operator", slices.Collect(access.Permissions))}
}

// everywhere is a grant of permissions at the platform, for callers who are no persons.
func everywhere(name string, permissions []access.Permission) access.Grants {
	var set access.Set
	for _, p := range permissions {
		if p.Area() != "own" {
			set = set.With(p)
		}
	}
	role := &access.Role{Key: name, Name: name, For: access.Staff, Highest: access.PlatformNode, Set: set}
	return access.Resolve(access.Grant{ID: name, Role: role, Scope: access.Platform})
}

// Is says whether the caller is this person, signed in themself. A key acts for its owner and is not its owner: what is the
// owner's own it reaches only with a permission.
func (c *Caller) Is(person string) bool {
	return c.Kind == Person && person != "" && c.Person == person
}

// may says whether the caller holds p at the subject's own place, for a person of the subject's kind.
func (c *Caller) may(now int64, p access.Permission, s Subject) bool {
	if c.Is(s.Person) && c.Grants.Can(now, p, s.Scope, access.Self) {
		return true
	}
	return c.Grants.Can(now, p, s.Scope, s.People)
}

// touches says whether any of the caller's grants in force reaches the place or lies within it.
func (c *Caller) touches(now int64, s access.Scope) bool {
	for i := range c.Grants {
		if g := &c.Grants[i]; g.InForce(now) && (g.Scope.Covers(s) || s.Covers(g.Scope)) {
			return true
		}
	}
	return false
}

// knows says whether the caller may know that the subject exists.
func (c *Caller) knows(now int64, s Subject) bool {
	if s.Public || c.Is(s.Person) {
		return true
	}
	if len(s.Seen) == 0 {
		return c.touches(now, s.Scope)
	}
	for _, p := range s.Seen {
		if c.may(now, p, s) {
			return true
		}
	}
	return false
}

// actor is the caller as the audit log keeps it, with address and device sealed for the person they tell about.
func (c *Caller) actor(seal func(person, value string) (*audit.Sealed, error)) (a audit.Actor, err error) {
	a = audit.Actor{Kind: string(c.Kind), ID: c.ID, Person: c.Person, Session: c.Session}
	if c.As != nil {
		a.ID, a.Person, a.OnBehalf = c.As.Person, c.As.Person, c.Person
	}
	if a.Person == "" {
		return a, nil
	}
	if c.IP != "" {
		if a.IP, err = seal(a.Person, c.IP); err != nil {
			return a, err
		}
	}
	if c.Agent != "" {
		a.Agent, err = seal(a.Person, c.Agent)
	}
	return a, err
}
