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
	"github.com/stewardhq/steward/internal/security"
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

	SecondFailures int64 `db:"second_failures"  audit:"upkeep"` // consecutive, of second factors
	SecondFailedAt int64 `db:"second_failed_at" audit:"upkeep"`

	scope access.Scope
	fresh bool // not stored yet
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
	Devices  string
}

type candidate struct {
	User  user.ID
	Hash  string
	Known bool // from a known device

	Attempts password.Attempts // what failures cost
}

// lookUp finds whose address this is. It answers only this package.
var lookUp = &op.Query[lookUpIn, candidate]{
	Name: "auth.look_up", Summary: "Find the account of an address that somebody signs in with", Open: true,
	Do: func(v *op.View, in lookUpIn) (c candidate, err error) {
		rules, err := security.Load(v)
		if err != nil {
			return c, err
		}
		c.Attempts = rules.Password.Attempts
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
		if err == nil && cred.Hash == "" { // it was taken away
			err = errs.ErrNotFound
		}
		if err != nil {
			return c, err
		}
		c.Hash = cred.Hash
		c.Known, err = isKnown(v, v.Now(), c.User, in.Audience, in.Devices)
		return c, err
	},
}

// countNobody does the work of counting where there is no account, so that time tells nothing either.
var countNobody = &op.Upkeep[op.None, op.None]{
	Name: "auth.count_nobody", Summary: "Do the work of counting a try where there is nobody to count it for",
	Do: func(tx *op.Tx, _ op.None) (op.None, error) {
		return op.None{}, codeFailures.Put(tx, codeFailure{Who: "nobody", FailedAt: tx.Now().UnixMilli()})
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
	Attempts        password.Attempts // what failures cost
}

// noteFailure writes a failed try into the person's history, and tells them when it locks them out.
var noteFailure = &op.Upkeep[failure, op.None]{
	Name: "auth.note_failure", Summary: "Write a failed sign-in into the person's history",
	Do: func(tx *op.Tx, f failure) (op.None, error) {
		if _, err := noteSignIn(tx, f.User, f.Outcome, f.Method); err != nil {
			return op.None{}, err
		}
		return op.None{}, tellLocked(tx, f.User, f.Attempts)
	},
}

// entry is what was shown so far. Only this package makes one, after it has verified.
type entry struct {
	User        user.ID          `json:"user"`
	Audience    session.Audience `json:"audience"`
	Method      string           `json:"method"` // password, code, passkey
	KnownDevice bool             `json:"known_device"`
	Devices     string           `json:"-"` // cookies of known devices, where nobody has looked at them yet
	Rehash      string           `json:"-"` // the same password at today's cost
	Ticket      string           `json:"-"` // instead of all of the above: of a sign-in that was half done
}

// arrival is a person on their way in, with the ticket of a second step.
type arrival struct {
	*user.User
	ticket *ticket
}

// authenticate is the one way in: whatever proved who the person is, here their status, their right to this audience and what they
// must still show are judged, and the session begins. With something left to show, a ticket is the answer and no session is made.
var authenticate = &op.Action[entry, arrival, Signed]{
	Name: "auth.sign_in", Summary: "Begin a session of a person who has proved who they are", Open: true,
	Target: func(tx *op.Tx, in entry) (a arrival, err error) {
		u := in.User
		if in.Ticket != "" {
			if a.ticket, err = findTicket(tx, in.Ticket, tx.Now()); err != nil {
				return a, err
			}
			u = a.ticket.User
		}
		a.User, err = user.Find(tx, u)
		return a, err
	},
	Do: func(tx *op.Tx, a arrival, in entry) (s Signed, err error) {
		u := a.User
		if a.ticket != nil {
			in = entry{User: u.ID, Audience: a.ticket.Audience, Method: a.ticket.Method, KnownDevice: a.ticket.Known}
		} else if !in.KnownDevice {
			if in.KnownDevice, err = isKnown(tx, tx.Now(), u.ID, in.Audience, in.Devices); err != nil {
				return s, err
			}
		}
		if err := u.MayEnter(); err != nil {
			return s, err
		}
		superAdmin, err := mayOpen(tx, u, in.Audience)
		if err != nil {
			return s, err
		}
		cred, err := credential(tx, u)
		if err != nil {
			return s, err
		}
		if in.Method == "password" {
			cred.Failures, cred.FailedAt = 0, 0
		}
		if in.Rehash != "" {
			cred.Hash = in.Rehash
		}
		s.User = u.ID
		if s.Next, err = next(tx, u, cred, in, a.ticket); err != nil {
			return s, err
		}
		if s.Next != None {
			if err := cred.save(tx); err != nil {
				return s, err
			}
			return s, s.wait(tx, in, a.ticket)
		}
		if err := cred.save(tx); err != nil {
			return s, err
		}
		if a.ticket != nil {
			a.ticket.UsedAt = tx.Now().UnixMilli()
			if err := tickets.Update(tx, a.ticket); err != nil {
				return s, err
			}
			if a.ticket.Second != "" {
				tx.Note("second_factor", a.ticket.Second)
			}
		}
		return s, s.begin(tx, u, in, superAdmin)
	},
}

// begin makes the session. Nothing else does.
func (s *Signed) begin(tx *op.Tx, u *user.User, in entry, superAdmin bool) error {
	before, err := wasHere(tx, u.ID)
	if err != nil {
		return err
	}
	row, err := noteSignIn(tx, u.ID, "ok", in.Method)
	if err != nil {
		return err
	}
	begun := session.Session{Audience: in.Audience, IPBox: row.IPBox, Country: row.Country, Device: row.Device}
	if u.Brand != brand.Platform {
		begun.Brand = u.Brand
	}
	started, token, ended, err := session.Start(tx, u, begun, superAdmin)
	if err != nil {
		return err
	}
	if len(ended) > 0 {
		if err := tellEnded(tx, u, ended); err != nil {
			return err
		}
	}
	if !in.KnownDevice {
		if s.Known, err = remember(tx, u.ID, in.Audience); err != nil {
			return err
		}
		if before {
			if err := tellNewDevice(tx, u, started); err != nil {
				return err
			}
		}
	}
	if in.Method == "code" {
		if err := mailboxShown(tx, u); err != nil {
			return err
		}
	}
	tx.Note("method", in.Method)
	s.Token, s.Session, s.Ends = token, started.ID, time.UnixMilli(started.EndsAt)
	return user.Seen(tx, u.ID)
}

// mailboxShown notes that the person has read mail at their address: a code from there brought them in.
func mailboxShown(tx *op.Tx, u *user.User) error {
	if u.EmailVerified != 0 && u.EmailAttested == 0 {
		return nil
	}
	u.EmailVerified, u.EmailAttested = tx.Now().UnixMilli(), 0
	return user.Save(tx, u)
}

// mayOpen says whether the person has any business with an audience, and whether as Super Admin.
func mayOpen(tx *op.Tx, u *user.User, a session.Audience) (superAdmin bool, err error) {
	switch a {
	case session.Account:
		if u.Brand == brand.Platform {
			return false, ErrNoAccount
		}
		return false, nil
	case session.Company:
		grants, err := companyGrants(tx, u)
		if err == nil && inForce(grants, tx.Now()) == nil {
			err = ErrNoCompany
		}
		return false, err
	}
	grants, err := role.Of(tx, string(u.ID))
	if err != nil {
		return false, err
	}
	held := role.Now(grants, tx.Now().UnixMilli())
	if held == nil {
		return false, ErrNotStaff
	}
	return held == access.SuperAdmin, nil
}

// next says what is still to be shown or set before the session begins. A passkey is two factors in one: the device, and the
// finger or PIN that unlocks it. A code by e-mail is none.
func next(tx *op.Tx, u *user.User, cred *Credential, in entry, t *ticket) (Next, error) {
	rules, err := security.Load(tx)
	if err != nil {
		return None, err
	}
	has, err := factorsOf(tx, u.ID)
	if err != nil {
		return None, err
	}
	shown := in.Method == "passkey" || t != nil && t.Second != ""
	staff := in.Audience == session.Staff
	switch {
	case !shown && has.Any():
		return SecondFactor, nil
	case !shown && staff && rules.SecondFactor:
		return Enrol, nil
	case in.Method == "password" && cred.mustChange(rules.Password, tx.Now(), staff, has.Any()):
		return NewPassword, nil
	}
	return None, nil
}

// wait leaves the sign-in half done: a new ticket, or the old one with what comes next.
func (s *Signed) wait(tx *op.Tx, in entry, t *ticket) error {
	if t != nil {
		t.Next = s.Next
		if s.Next == Enrol {
			if err := offerApp(tx, t.Token, s.User); err != nil {
				return err
			}
		}
		return tickets.Update(tx, t)
	}
	now, life := tx.Now(), ticketLife
	token, hash := secret.Token()
	if s.Next == Enrol {
		life = offerLife // an app must first be found
		if err := offerApp(tx, hash, s.User); err != nil {
			return err
		}
	}
	s.Ticket, s.Ends = token, now.Add(life)
	return tickets.Insert(tx, &ticket{
		Token: hash, User: s.User, Audience: in.Audience, Method: in.Method, Next: s.Next, Known: in.KnownDevice,
		MadeAt: now.UnixMilli(), Expires: s.Ends.UnixMilli(),
	})
}

// credential reads a person's credential; who has none yet (a customer who only ever signs in with codes) gets an empty one.
func credential(tx *op.Tx, u *user.User) (*Credential, error) {
	c, err := credentials.Find(tx, string(u.ID))
	if errors.Is(err, errs.ErrNotFound) {
		c, err = &Credential{User: u.ID, fresh: true}, nil
	}
	if err == nil {
		c.scope = u.Scope()
	}
	return c, err
}

func (c *Credential) save(tx *op.Tx) error {
	if c.fresh {
		return credentials.Insert(tx, c)
	}
	return credentials.Update(tx, c)
}

// mustChange says whether the password must be changed before it lets anybody in.
func (c *Credential) mustChange(p password.Policy, now time.Time, staff, secondFactor bool) bool {
	return c.MustChange || c.SetAt != 0 && p.Expired(time.UnixMilli(c.SetAt), now, staff, secondFactor)
}

// Present is a live session with its person: everything that a request needs to know of who asks.
type Present struct {
	Session session.Session
	User    user.User
	Role    *access.Role  // the role in force for which the session is: staff or company; nil at one's own account
	Grants  access.Grants // what they hold in this session
	As      *user.User    // the member of staff who looks through their eyes, or nil
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
		p.Session, p.User = *s, *u
		if p.As, err = impersonator(v, s, u); err != nil {
			return p, err
		}
		if p.Grants, err = holds(v, u, s.Audience); err != nil {
			return p, err
		}
		if s.Audience == session.Account {
			return p, nil
		}
		if p.Role = inForce(p.Grants, v.Now()); p.Role == nil {
			return p, errs.ErrNotFound
		}
		return p, nil
	},
}
