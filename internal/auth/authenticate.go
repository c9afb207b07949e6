package auth

import (
	"errors"
	"net/netip"
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/role"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/session/device"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Credential is how a person proves who they are.
type Credential struct {
	User       user.ID `db:"user_id,key"`
	Hash       string  `db:"password_hash" audit:"secret"`
	SetAt      int64   `db:"password_at"   audit:"derived"`
	MustChange bool    `db:"must_change"   audit:"plain"`
	Failures   int64   `db:"failures"      audit:"upkeep"` // consecutive
	FailedAt   int64   `db:"failed_at"     audit:"upkeep"`
	Known      string  `db:"known_device"  audit:"upkeep"` // hash of the known device's cookie

	scope access.Scope
}

var credentials = op.Audited[Credential]("credentials")

// Subject names the credential, which nobody sees but its person.
func (c *Credential) Subject() op.Subject {
	return op.Subject{Kind: "credential", ID: string(c.User), Scope: c.scope, Person: string(c.User)}
}

type lookUpIn struct {
	Audience session.Audience
	Brand    brand.ID
	Email    string
}

type candidate struct {
	User  user.ID
	Hash  string
	Known string
}

// lookUp finds whose address this is. It answers only this package.
var lookUp = &op.Query[lookUpIn, candidate]{
	Name: "auth.look_up", Summary: "Find the account of an address that somebody signs in with", Open: true,
	Do: func(v *op.View, in lookUpIn) (c candidate, err error) {
		norm, err := text.NormEmail(in.Email)
		if err != nil {
			return c, errs.ErrNotFound
		}
		find, args := "select user_id from staff_emails where email_norm = $1", []any{norm}
		if in.Audience != session.Staff {
			find, args = "select id from users where email_norm = $1 and brand_id = $2", []any{norm, string(in.Brand)}
		}
		if err := v.QueryRow(find, args...).Scan(&c.User); err != nil {
			if errors.Is(err, store.ErrNoRows) {
				return c, errs.ErrNotFound
			}
			return c, err
		}
		cred, err := credentials.Find(v, string(c.User))
		if err != nil {
			return c, err
		}
		c.Hash, c.Known = cred.Hash, cred.Known
		return c, nil
	},
}

type countIn struct {
	User     user.ID
	Known    bool
	Attempts password.Attempts
}

// countTry counts a try before its password is looked at, so that guesses in parallel all count. True: it came too early, and
// fails whatever the password is. A known device is not made to wait, so that outsiders cannot lock the owner out.
var countTry = &op.Upkeep[countIn, bool]{
	Name: "auth.count_try", Summary: "Count a try to sign in before it is verified",
	Do: func(tx *op.Tx, in countIn) (tooEarly bool, err error) {
		c, err := credentials.Find(tx, string(in.User))
		if err != nil {
			return false, err
		}
		failures := int(c.Failures)
		if in.Attempts.Disables(failures) {
			return true, nil
		}
		opens := time.UnixMilli(c.FailedAt).Add(in.Attempts.Wait(failures))
		if !in.Known && failures > 0 && tx.Now().Before(opens) {
			return true, nil
		}
		c.Failures++
		c.FailedAt = tx.Now().UnixMilli()
		return false, credentials.Update(tx, c)
	},
}

// signIn is a row of a person's sign-in history.
type signIn struct {
	ID      string  `db:"id,key"`
	User    user.ID `db:"user_id"`
	At      int64   `db:"at"`
	Outcome string  `db:"outcome"`
	Method  string  `db:"method"`
	IPBox   string  `db:"ip_box"`
	Country string  `db:"country"`
	Device  string  `db:"device"`
}

var signIns = op.Bookkeeping[signIn]("sign_ins")

func noteSignIn(tx *op.Tx, u user.ID, outcome, method string) (row signIn, err error) {
	c := tx.Caller()
	row = signIn{ID: id.New("sgn_", tx.Now()), User: u, At: tx.Now().UnixMilli(), Outcome: outcome, Method: method, Device: device.Describe(c.Agent)}
	if addr, err := netip.ParseAddr(c.IP); err == nil {
		row.Country = device.Where(addr).Name
	}
	if c.IP != "" {
		if row.IPBox, err = tx.Seal(string(u), c.IP); err != nil {
			return row, err
		}
	}
	return row, signIns.Insert(tx, &row)
}

type failure struct {
	User            user.ID
	Outcome, Method string
}

// noteFailure writes a failed try into the person's history.
var noteFailure = &op.Upkeep[failure, op.None]{
	Name: "auth.note_failure", Summary: "Write a failed sign-in into the person's history",
	Do: func(tx *op.Tx, f failure) (op.None, error) {
		_, err := noteSignIn(tx, f.User, f.Outcome, f.Method)
		return op.None{}, err
	},
}

type entry struct {
	User        user.ID          `json:"user"`
	Audience    session.Audience `json:"audience"`
	Method      string           `json:"method"`
	KnownDevice bool             `json:"known_device"`
	Rehash      string           `json:"-"` // the same password at today's cost
}

// authenticate is the one way in: whatever proved who the person is, here their status and their right to this audience are
// judged, and the session begins.
var authenticate = &op.Action[entry, *user.User, Signed]{
	Name: "auth.sign_in", Summary: "Begin a session of a person who has proved who they are", Open: true,
	Target: func(tx *op.Tx, in entry) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in entry) (s Signed, err error) {
		if err := u.MayEnter(); err != nil {
			return s, err
		}
		now := tx.Now().UnixMilli()
		superAdmin := false
		if in.Audience == session.Staff {
			grants, err := role.Of(tx, string(u.ID))
			if err != nil {
				return s, err
			}
			held := role.Now(grants, now)
			if held == nil {
				return s, ErrNotStaff
			}
			superAdmin = held == access.SuperAdmin
		}
		cred, err := credentials.Find(tx, string(u.ID))
		if err != nil {
			return s, err
		}
		cred.scope, cred.Failures, cred.FailedAt = u.Scope(), 0, 0
		if in.Rehash != "" {
			cred.Hash = in.Rehash
		}
		if !in.KnownDevice {
			s.Known, cred.Known = secret.Token()
		}
		if err := credentials.Update(tx, cred); err != nil {
			return s, err
		}
		row, err := noteSignIn(tx, u.ID, "ok", in.Method)
		if err != nil {
			return s, err
		}
		begun := session.Session{Audience: in.Audience, IPBox: row.IPBox, Country: row.Country, Device: row.Device}
		if u.Brand != brand.Platform {
			begun.Brand = u.Brand
		}
		started, token, err := session.Start(tx, u, begun, superAdmin)
		if err != nil {
			return s, err
		}
		tx.Note("method", in.Method)
		s.Token, s.Session, s.User, s.Ends = token, started.ID, u.ID, time.UnixMilli(started.EndsAt)
		return s, user.Seen(tx, u.ID)
	},
}

// Present is a live session with its person: everything that a request needs to know of who asks.
type Present struct {
	Session session.Session
	User    user.User
	Role    *access.Role // the staff role in force, or nil
	Grants  access.Grants
}

// resolve reads who a session token belongs to.
var resolve = &op.Query[string, Present]{
	Name: "auth.resolve", Summary: "Read whose a session is", Open: true,
	Do: func(v *op.View, token string) (p Present, err error) {
		s, err := session.ByToken(v, token, v.Now())
		if err != nil {
			return p, err
		}
		u, err := user.Find(v, s.User)
		if err != nil {
			return p, err
		}
		if u.MayEnter() != nil {
			return p, errs.ErrNotFound
		}
		p.Session, p.User, p.Grants = *s, *u, u.Holds
		for _, g := range u.Holds {
			if g.InForce(v.Now().UnixMilli()) && g.Role.For == access.Staff {
				p.Role = g.Role
			}
		}
		if s.Audience == session.Staff && p.Role == nil {
			return p, errs.ErrNotFound
		}
		return p, nil
	},
}
