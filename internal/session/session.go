// Package session keeps who is signed in, where and on what device.
//
// A session has an audience (staff, company, account) and never crosses it: signing in at /account never opens /admin, even for
// the same person. The browser holds a random token; the database holds its hash. Sessions are made in package auth alone; this
// package reads, lists and ends them.
package session

import (
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// Audience is the screens that a session opens.
type Audience string

// The audiences.
const (
	Staff   Audience = "staff"   // /admin
	Company Audience = "company" // /app
	Account Audience = "account" // /account
)

// Session is one sign-in on one device, until it ends.
type Session struct {
	ID        string   `db:"id,key"`
	Token     string   `db:"token_hash"   audit:"secret"`
	User      user.ID  `db:"user_id"      audit:"plain"`
	Audience  Audience `db:"audience"     audit:"plain"`
	DeviceID  string   `db:"device_id"    audit:"derived"`
	IPBox     string   `db:"ip_box"       audit:"derived"`
	AgentBox  string   `db:"agent_box"    audit:"derived"`
	Country   string   `db:"country"      audit:"derived"`
	Device    string   `db:"device"       audit:"derived"`
	Brand     brand.ID `db:"brand_id"     audit:"upkeep"` // chosen in the switcher
	CreatedAt int64    `db:"created_at"   audit:"derived"`
	SeenAt    int64    `db:"last_seen_at" audit:"upkeep"`
	IdleUntil int64    `db:"idle_until"   audit:"upkeep"`
	EndsAt    int64    `db:"ends_at"      audit:"derived"`
	EndedAt   int64    `db:"ended_at"     audit:"plain"`
	EndedWhy  string   `db:"ended_why"    audit:"plain"`

	// An impersonation: who looks through the person's eyes, from which session of their own, and whether they may change things.
	Actor        user.ID `db:"actor_id"      audit:"plain"`
	ActorSession string  `db:"actor_session" audit:"derived"`
	Writes       bool    `db:"writes"        audit:"plain"`

	scope access.Scope // of the person, set when it is loaded as a target
}

// Table is where sessions are.
var Table = op.Audited[Session]("sessions")

// Subject names the session. Other people's are known to who holds users.sessions.
func (s *Session) Subject() op.Subject {
	return op.Subject{Kind: "session", ID: s.ID, Scope: s.scope, Person: string(s.User), Seen: []access.Permission{access.UsersSessions}}
}

// Live lists a person's sessions that have not ended, newest first.
func Live(r store.Reader, u user.ID, now time.Time) ([]Session, error) {
	return Table.All(r, "where user_id = $1 and ended_at = 0 and idle_until > $2 and ends_at > $2 order by created_at desc, id desc",
		string(u), now.UnixMilli())
}

// ByToken reads the live session of a token.
func ByToken(r store.Reader, token string, now time.Time) (*Session, error) {
	s, err := Table.One(r, "where token_hash = $1", secret.HashToken(token))
	if err != nil {
		return nil, err
	}
	if s.EndedAt != 0 || s.IdleUntil <= now.UnixMilli() || s.EndsAt <= now.UnixMilli() {
		return nil, errs.ErrNotFound
	}
	return s, nil
}

// Start begins a session of an authenticated person and gives its token, which is told once and kept nowhere. It ends the oldest
// sessions of its audience beyond the number allowed at once, and gives those too. Only package auth calls it.
func Start(tx *op.Tx, u *user.User, s Session, superAdmin bool) (started *Session, token string, ended []Session, err error) {
	rules, err := security.Load(tx)
	if err != nil {
		return nil, "", nil, err
	}
	limits := rules.Sessions.Of(string(s.Audience), superAdmin)
	live, err := Live(tx, u.ID, tx.Now())
	if err != nil {
		return nil, "", nil, err
	}
	others := 0 // of the same audience: who shops here too is not signed out of the desk for it
	for i := range live {
		if live[i].Audience != s.Audience || live[i].Actor != "" || s.Actor != "" {
			continue
		}
		if others++; others >= limits.AtOnce {
			if err := end(tx, u, &live[i], "too_many"); err != nil {
				return nil, "", nil, err
			}
			ended = append(ended, live[i])
		}
	}
	now := tx.Now()
	token, s.Token = secret.Token()
	s.ID, s.User, s.scope = id.New("ses_", now), u.ID, u.Scope()
	s.CreatedAt, s.SeenAt = now.UnixMilli(), now.UnixMilli()
	s.IdleUntil, s.EndsAt = now.Add(limits.Idle).UnixMilli(), now.Add(limits.Overall).UnixMilli()
	if s.Actor != "" { // not renewed by use
		s.EndsAt = now.Add(time.Duration(rules.ImpersonationMinutes) * time.Minute).UnixMilli()
		s.IdleUntil = s.EndsAt
	}
	return &s, token, ended, Table.Insert(tx, &s)
}

// RevokeAll ends every session of a person, in the transaction of whatever made it necessary.
func RevokeAll(tx *op.Tx, u *user.User, why string) (ended int, err error) {
	return revoke(tx, u, "", why)
}

// RevokeOthers ends every session of a person but the one that asks.
func RevokeOthers(tx *op.Tx, u *user.User, why string) (ended int, err error) {
	return revoke(tx, u, tx.Caller().Session, why)
}

func revoke(tx *op.Tx, u *user.User, keep, why string) (ended int, err error) {
	live, err := Live(tx, u.ID, tx.Now())
	if err != nil {
		return 0, err
	}
	for i := range live {
		if live[i].ID == keep {
			continue
		}
		if err := end(tx, u, &live[i], why); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// end ends a session, and with it every impersonation that hangs on it.
func end(tx *op.Tx, u *user.User, s *Session, why string) error {
	s.scope, s.EndedAt, s.EndedWhy = u.Scope(), tx.Now().UnixMilli(), why
	if err := Table.Update(tx, s); err != nil {
		return err
	}
	hanging, err := Table.All(tx, "where actor_session = $1 and ended_at = 0", s.ID)
	if err != nil {
		return err
	}
	for i := range hanging {
		person, err := user.Find(tx, hanging[i].User)
		if err != nil {
			return err
		}
		if err := end(tx, person, &hanging[i], "actor_ended"); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends one session of a person.
func Stop(tx *op.Tx, u *user.User, sessionID, why string) error {
	s, err := Table.Find(tx, sessionID)
	if err != nil {
		return err
	}
	if s.User != u.ID || s.EndedAt != 0 {
		return errs.ErrNotFound
	}
	return end(tx, u, s, why)
}

// EndImpersonations ends whatever impersonations of a person run, and says how many.
func EndImpersonations(tx *op.Tx, u *user.User, why string) (ended int, err error) {
	live, err := Live(tx, u.ID, tx.Now())
	for i := range live {
		if err == nil && live[i].Actor != "" {
			err = end(tx, u, &live[i], why)
			ended++
		}
	}
	return ended, err
}
