package auth

import (
	"context"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// A ticket is a sign-in that is half done. The browser holds its token, as it will hold the session's; the database holds the
// hash. It opens nothing but the page of what comes next, and it is good for ten minutes.
type ticket struct {
	Token    string           `db:"token_hash,key"`
	User     user.ID          `db:"user_id"`
	Audience session.Audience `db:"audience"`
	Method   string           `db:"method"`
	Next     Next             `db:"next"`
	Second   string           `db:"second"`
	Known    bool             `db:"known"`
	Tries    int64            `db:"tries"`
	MadeAt   int64            `db:"made_at"`
	Expires  int64            `db:"expires_at"`
	UsedAt   int64            `db:"used_at"`
}

var tickets = op.Bookkeeping[ticket]("tickets")

// Next is what a sign-in that is half done waits for.
type Next string

// What can come next. None: the session has begun.
const (
	None         Next = ""
	SecondFactor Next = "second_factor" // show the second factor that you have
	Enrol        Next = "enrol"         // make a second factor, because the installation asks for one
	NewPassword  Next = "new_password"  // choose another password: this one has run out, or was given by somebody else
)

const (
	ticketLife  = 10 * time.Minute
	ticketTries = 5
)

// Refusals of the second step.
var (
	ErrTicket = errs.New(errs.Gone, "sign_in_again", "This sign-in took too long, or was tried too often. Sign in again.")
	ErrSecond = errs.New(errs.Unauthorized, "second_factor_wrong", "That code is not right. Codes change every 30 seconds, and each is good once.")
)

// findTicket reads a live ticket by its token.
func findTicket(r store.Reader, token string, now time.Time) (*ticket, error) {
	t, err := tickets.Find(r, secret.HashToken(token))
	if errors.Is(err, errs.ErrNotFound) || err == nil && (t.UsedAt != 0 || t.Expires <= now.UnixMilli()) {
		return nil, ErrTicket
	}
	return t, err
}

// killTickets ends every half-done sign-in of a person but keep.
func killTickets(tx *op.Tx, u user.ID, keep *ticket) error {
	open, err := tickets.All(tx, "where user_id = $1 and used_at = 0 and expires_at > $2", string(u), tx.Now().UnixMilli())
	for i := range open {
		if err == nil && (keep == nil || open[i].Token != keep.Token) {
			open[i].Expires = tx.Now().UnixMilli()
			err = tickets.Update(tx, &open[i])
		}
	}
	return err
}

// Halfway is a half-done sign-in as its page shows it.
type Halfway struct {
	User     user.User
	Audience session.Audience
	Next     Next
	Factors  Factors // what the person can show
	Offer    Offered // with Enrol: the secret for an app
}

var showTicket = &op.Query[string, Halfway]{
	Name: "auth.show_ticket", Summary: "Read what a half-done sign-in waits for", Open: true,
	Do: func(v *op.View, token string) (h Halfway, err error) {
		t, err := findTicket(v, token, v.Now())
		if err != nil {
			return h, err
		}
		u, err := user.Find(v, t.User)
		if err != nil {
			return h, err
		}
		h.User, h.Audience, h.Next = *u, t.Audience, t.Next
		if h.Factors, err = factorsOf(v, u.ID); err != nil || t.Next != Enrol {
			return h, err
		}
		o, err := findOffer(v, t.Token, u.ID, v.Now())
		if errors.Is(err, ErrOffer) {
			err = ErrTicket
		}
		if err == nil {
			h.Offer, err = o.shown(v, u)
		}
		return h, err
	},
}

// Halfway reads what a half-done sign-in waits for. It consumes nothing.
func (d *Desk) Halfway(ctx context.Context, c *op.Caller, token string) (Halfway, error) {
	return op.Ask(ctx, d.Door, c, showTicket, token)
}

type secondIn struct {
	Ticket string
	Method string // one of the keys of seconds
	Answer string
}

// tryable is a way to show a second factor. It verifies and uses up in one: what was right once is not right again.
type tryable func(tx *op.Tx, u user.ID, answer string) (right bool, err error)

// verdict is what became of a try with a second factor.
type verdict struct {
	Right bool
	Left  int           // tries of this sign-in
	Wait  time.Duration // the account's codes are looked at again after this; nothing was looked at now
	Off   bool          // the account's codes are not looked at until somebody switches them on
}

// trySecond counts a try before it is verified, for the sign-in and for the account, so that guesses in parallel all count, and
// notes on the ticket that it was right.
var trySecond = &op.Upkeep[secondIn, verdict]{
	Name: "auth.try_second", Summary: "Try the second factor of a half-done sign-in",
	Do: func(tx *op.Tx, in secondIn) (v verdict, err error) {
		t, err := findTicket(tx, in.Ticket, tx.Now())
		if err != nil {
			return v, err
		}
		try, known := seconds[in.Method]
		if !known || t.Next != SecondFactor || t.Tries >= ticketTries {
			return v, ErrTicket
		}
		cred, err := credentials.Find(tx, string(t.User)) // locks the account: who waited reads what the others counted
		if errors.Is(err, errs.ErrNotFound) {             // archived in this moment, and the sign-in with them
			err = ErrTicket
		}
		if err != nil {
			return v, err
		}
		if v.Wait, v.Off = cred.secondOpens(tx.Now()); v.Wait > 0 || v.Off {
			if v.Off {
				err = offerUnlock(tx, t.User)
			}
			return v, err
		}
		t.Tries++
		cred.SecondFailures++
		cred.SecondFailedAt = tx.Now().UnixMilli()
		if v.Right, err = try(tx, t.User, in.Answer); err != nil {
			return v, err
		}
		v.Left = int(ticketTries - t.Tries)
		switch {
		case v.Right:
			t.Second, cred.SecondFailures, cred.SecondFailedAt = in.Method, 0, 0
		case v.Left == 0:
			t.Expires = tx.Now().UnixMilli()
		}
		if err := tickets.Update(tx, t); err != nil {
			return v, err
		}
		if err := credentials.Update(tx, cred); err != nil || v.Right {
			return v, err
		}
		if _, err := noteSignIn(tx, t.User, "wrong_"+in.Method, t.Method); err != nil {
			return v, err
		}
		return v, cred.tellWrong(tx)
	},
}

// ShowSecond ends a half-done sign-in with a second factor.
func (d *Desk) ShowSecond(ctx context.Context, c *op.Caller, token, method, answer string) (Signed, error) {
	if wait := d.spray.blocked(c.IP, d.Door.Now()); wait > 0 {
		return Signed{}, ErrTooMany.After(wait)
	}
	v, err := op.Keep(ctx, d.Door, c, trySecond, secondIn{token, method, answer})
	switch {
	case err != nil:
		return Signed{}, err
	case v.Off:
		return Signed{}, ErrSecondOff
	case v.Wait > 0:
		return Signed{}, ErrSecondWait.After(v.Wait)
	case !v.Right:
		d.spray.failed(c.IP, d.Door.Now())
		return Signed{}, wrongSecond(v.Left)
	}
	return d.enter(ctx, c, entry{Ticket: token}, ErrTicket)
}
