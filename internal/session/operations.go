package session

import (
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// Operations is what can be done with sessions.
var Operations = []op.Operation{Revoke, RevokeEvery, List, Touch, Choose}

// owned is a session together with its person, so that permission and rank are asked of the person.
type owned struct {
	*Session
	person *user.User
}

func (o owned) Subjects() []op.Subject {
	s := o.person.Subject()
	s.Seen = []access.Permission{access.UsersSessions}
	return []op.Subject{s}
}

func find(r store.Reader, sessionID string) (o owned, err error) {
	if o.Session, err = Table.Find(r, sessionID); err != nil {
		return o, err
	}
	o.person, err = user.Find(r, o.User)
	return o, err
}

// Revoke ends one session: one's own, or with users.sessions somebody else's.
var Revoke = &op.Action[string, owned, op.None]{
	Name: "session.revoke", Summary: "End a session", Allow: access.UsersSessions, Own: true,
	Target: func(tx *op.Tx, sessionID string) (owned, error) { return find(tx, sessionID) },
	Do: func(tx *op.Tx, o owned, _ string) (op.None, error) {
		if o.EndedAt != 0 {
			return op.None{}, nil
		}
		why := "signed_out"
		if tx.Caller().Session != o.ID {
			why = "revoked"
		}
		return op.None{}, end(tx, o.person, o.Session, why)
	},
}

// RevokeEvery ends all sessions of a person but the one that asks.
var RevokeEvery = &op.Action[user.ID, *user.User, int]{
	Name: "session.revoke_all", Summary: "End every session of a person but one's own present one", Allow: access.UsersSessions, Own: true,
	Target: func(tx *op.Tx, u user.ID) (*user.User, error) { return user.Find(tx, u) },
	Do:     func(tx *op.Tx, u *user.User, _ user.ID) (ended int, err error) { return RevokeOthers(tx, u, "revoked") },
}

// Shown is a session as its owner, or who may see sessions, is shown it.
type Shown struct {
	Session
	IP      string
	Current bool
}

// List lists a person's live sessions: one's own, or with users.sessions somebody else's.
var List = &op.Query[user.ID, []Shown]{
	Name: "session.list", Summary: "List the sessions of a person", Allow: access.UsersSessions, Own: true,
	Do: func(v *op.View, u user.ID) (all []Shown, err error) {
		person, err := user.Find(v, u)
		if err != nil {
			return nil, err
		}
		if v.Caller().Is(string(u)) {
			err = v.Own()
		} else {
			err = v.Require(access.UsersSessions, person)
		}
		if err != nil {
			return nil, err
		}
		live, err := Live(v, u, v.Now())
		for _, s := range live {
			if s.Actor != "" { // staff looking through their eyes: in the history, and no device of theirs
				continue
			}
			shown := Shown{Session: s, Current: s.ID == v.Caller().Session}
			if s.IPBox != "" {
				if shown.IP, err = v.Unseal(string(u), s.IPBox); err != nil {
					return nil, err
				}
			}
			all = append(all, shown)
		}
		return all, err
	},
}

// seenEvery is how much later a session must be seen again for it to be written down.
const seenEvery = 60_000 // ms

// Touch notes that a session is in use, at most once a minute, and moves its idle end.
var Touch = &op.Upkeep[string, op.None]{
	Name: "session.touch", Summary: "Note that a session is in use",
	Do: func(tx *op.Tx, sessionID string) (op.None, error) {
		s, err := Table.Find(tx, sessionID)
		if err != nil {
			return op.None{}, err
		}
		now := tx.Now().UnixMilli()
		if s.EndedAt != 0 || s.IdleUntil <= now || s.EndsAt <= now || now-s.SeenAt < seenEvery { // what has run out stays out
			return op.None{}, nil
		}
		s.IdleUntil += now - s.SeenAt // the span between seen and idle end is the limit that it began with
		s.SeenAt = now
		if s.Actor != "" {
			s.IdleUntil = s.EndsAt
		}
		if err := Table.Update(tx, s); err != nil || s.Actor != "" {
			return op.None{}, err
		}
		return op.None{}, user.Seen(tx, s.User)
	},
}

// Due says whether Touch would write.
func (s *Session) Due(now int64) bool { return now-s.SeenAt >= seenEvery }

// Choice is a brand chosen in the switcher.
type Choice struct {
	Session string
	Brand   brand.ID
}

// Choose keeps the brand that a session looks at. It gives no access: every page asks for its own permission there.
var Choose = &op.Upkeep[Choice, op.None]{
	Name: "session.choose_brand", Summary: "Keep the brand chosen in the switcher",
	Do: func(tx *op.Tx, c Choice) (op.None, error) {
		s, err := Table.Find(tx, c.Session)
		if err != nil {
			return op.None{}, err
		}
		if s.ID != tx.Caller().Session {
			return op.None{}, errs.ErrNotFound
		}
		s.Brand = c.Brand
		return op.None{}, Table.Update(tx, s)
	},
}
