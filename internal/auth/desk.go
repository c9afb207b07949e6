// Package auth lets people in. It is the only place where a session is made.
//
// Hashing takes tens of milliseconds and mail takes seconds, and neither may happen inside a transaction; so a way in is a few
// steps here (look up, count the try, verify, begin) around declared operations, and every way ends in one: authenticate.
package auth

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/session/device"
	"github.com/stewardhq/steward/internal/user"
)

// Desk is where people sign in.
type Desk struct {
	Door   *op.Door
	Hasher *password.Hasher
	Step   time.Duration // of [Desk.Even]; 0: answers do not wait

	spray    spray
	asked    hourly // codes, by network
	arriving hourly // sign-ups, by network
}

// Operations is what signing in is made of.
var Operations = []op.Operation{
	lookUp, countTry, authenticate, noteFailure, showTicket, trySecond, resolve, lookUpLink, setByLink, confirmEmail,
	stand, changePassword, renewPassword, forgot, countNobody,
	sendCode, tryCode, unlockCodes,
	ask, tryPasskey, enrolPasskey, AddPasskey, RenamePasskey, RemovePasskey, ListPasskeys,
	Impersonate, StopImpersonating, EndImpersonations, Impersonations,
	enrolApp, unlockSecond, GiveApp, OfferApp, ShowOffer, ProveApp, AddApp, RenameApp, RemoveApp, RenewRecovery, ShowProtection,
	WatchSignIns, ShowAlarm,
}

// Refusals of a sign-in. The first is the one answer for a wrong password, an unknown address and a waiting account: the same
// bytes, so that nobody learns which addresses have an account.
var (
	ErrWrong     = errs.New(errs.Unauthorized, "sign_in_failed", "That e-mail and password do not go together. After several tries the next one must wait a little; if you do not remember, ask for a new password.")
	ErrNotStaff  = errs.New(errs.Forbidden, "not_staff", "This account has no role here at present, so there is no desk to show you. Ask an administrator for a role.")
	ErrNoAccount = errs.New(errs.Forbidden, "no_account", "This is where customers of a shop sign in. The staff of the desk sign in at /admin.")
	ErrNoCompany = errs.New(errs.Forbidden, "no_company", "This account belongs to no company at present. Ask your company's administrator to add you.")
	ErrTooMany   = errs.New(errs.TooMany, "too_many_tries", "There were too many failed sign-ins from your network. Wait a few minutes, then try again.")
)

// Try is one attempt with a password.
type Try struct {
	Audience session.Audience
	Brand    brand.ID // of customers; staff sign in to the installation
	Email    string
	Password string
	Known    string // the cookies of known devices that the browser has, separated by spaces
}

// Signed is who came in, or what they must do next before they are in.
type Signed struct {
	Token   string // for the cookie; kept nowhere else
	Session string
	User    user.ID
	For     session.Audience // whose screens it opens
	Known   string           // a cookie for this device, of this person and audience, from now on; empty when it has one
	Ends    time.Time

	Next   Next   // what is left to show; then there is no session yet
	Ticket string // for a cookie of its own: of the half-done sign-in, until Ends; empty when the browser has it already
}

// SignIn lets a person in with their password. c is the anonymous caller with address and device. A refusal takes as long whoever
// was tried.
func (d *Desk) SignIn(ctx context.Context, c *op.Caller, try Try) (Signed, error) {
	if wait := d.spray.blocked(c.IP, d.Door.Now()); wait > 0 {
		return Signed{}, ErrTooMany.After(wait)
	}
	came := time.Now()
	in, err := d.checkPassword(ctx, c, try)
	if errors.Is(err, errs.ErrNotFound) { // archived or deleted in this moment: no other answer than for nobody
		err = ErrWrong
	}
	if err != nil {
		d.Even(ctx, came)
		return Signed{}, err
	}
	return d.enter(ctx, c, in, ErrWrong)
}

// enter goes the one way in with what was proved. Who was archived or deleted in this very moment is answered with wrong, as nobody is.
func (d *Desk) enter(ctx context.Context, c *op.Caller, in entry, wrong error) (Signed, error) {
	s, err := op.Do(ctx, d.Door, c, authenticate, in)
	if errors.Is(err, errs.ErrNotFound) {
		err = wrong
	}
	return s, err
}

// checkPassword says who comes in with a password, and counts a wrong one.
func (d *Desk) checkPassword(ctx context.Context, c *op.Caller, try Try) (entry, error) {
	found, err := op.Ask(ctx, d.Door, c, lookUp, lookUpIn{try.Audience, try.Brand, try.Email, try.Known})
	if errors.Is(err, errs.ErrNotFound) {
		// An unknown address costs the same work, and answers the same.
		_, counted := op.Keep(ctx, d.Door, c, countNobody, op.None{})
		err = errors.Join(counted, d.Hasher.Dummy(ctx, try.Password))
		_, counted = op.Keep(ctx, d.Door, c, countNobody, op.None{})
		d.spray.failed(c.IP, d.Door.Now())
		return entry{}, firstRefusal(errors.Join(err, counted, ErrWrong))
	}
	if err != nil {
		return entry{}, err
	}
	waits, err := op.Keep(ctx, d.Door, c, countTry, countIn{found.User, found.Known, found.Attempts})
	if err != nil {
		return entry{}, err
	}
	right, err := d.Hasher.Verify(ctx, try.Password, found.Hash)
	if err != nil {
		return entry{}, err
	}
	if !right || waits {
		d.spray.failed(c.IP, d.Door.Now())
		outcome := "wrong_password"
		if waits {
			outcome = "must_wait"
		}
		if _, err := op.Keep(ctx, d.Door, c, noteFailure, failure{found.User, outcome, "password", found.Attempts}); err != nil {
			return entry{}, err
		}
		return entry{}, ErrWrong
	}
	in := entry{User: found.User, Audience: try.Audience, Method: "password", KnownDevice: found.Known}
	if d.Hasher.NeedsRehash(found.Hash) {
		if hash, err := d.Hasher.Hash(ctx, try.Password); err == nil {
			in.Rehash = hash
		}
	}
	return in, nil
}

// firstRefusal picks out of joined errors the one to answer: busy before wrong.
func firstRefusal(err error) error {
	if e := errs.Of(err); e.Kind == errs.TooMany || e.Kind == errs.Unavailable {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return op.ErrTimeout
	}
	return ErrWrong
}

// spray counts failures by network, for as long as this process lives: many accounts tried from one place.
type spray struct {
	mu   sync.Mutex
	from map[netip.Prefix][]time.Time
}

// Numbers of security.md A0, “Per IP”.
const (
	sprayWindow = 10 * time.Minute
	sprayLimit  = 20
	sprayPlaces = 100_000 // more networks than this at once: the oldest counts are dropped
)

func (s *spray) blocked(ip string, now time.Time) time.Duration {
	key, ok := rateKey(ip)
	if !ok {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	recent := s.recent(key, now)
	if len(recent) < sprayLimit {
		return 0
	}
	return recent[0].Add(sprayWindow).Sub(now)
}

func (s *spray) failed(ip string, now time.Time) {
	key, ok := rateKey(ip)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from == nil || len(s.from) > sprayPlaces {
		s.from = map[netip.Prefix][]time.Time{}
	}
	s.from[key] = append(s.recent(key, now), now)
}

func (s *spray) recent(key netip.Prefix, now time.Time) []time.Time {
	all := s.from[key]
	for len(all) > 0 && now.Sub(all[0]) >= sprayWindow {
		all = all[1:]
	}
	return all
}

func rateKey(ip string) (netip.Prefix, bool) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}, false
	}
	return device.RateKey(addr), true
}
