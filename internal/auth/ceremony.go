package auth

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// A ceremony is one question to a passkey. The browser holds its token in a cookie, so that an answer given to another browser is
// worth nothing here; the first answer uses it up, right or wrong.
type ceremony struct {
	Token   string  `db:"token_hash,key"`
	Purpose purpose `db:"purpose"`
	User    user.ID `db:"user_id"`
	State   string  `db:"state"`
	Expires int64   `db:"expires_at"`
	UsedAt  int64   `db:"used_at"`
}

var ceremonies = op.Bookkeeping[ceremony]("ceremonies")

type purpose string

const (
	toSignIn purpose = "sign_in"
	toSecond purpose = "second_factor"
	toStepUp purpose = "step_up"
	toMake   purpose = "make"
)

// A new passkey may wait for its step-up.
const (
	ceremonyLife = 5 * time.Minute
	makingLife   = 15 * time.Minute
)

// Asked is a question for the browser, with the token that its answer must come with.
type Asked struct {
	Question json.RawMessage
	Token    string
}

type askIn struct {
	Purpose purpose
	Site    passkey.Site
	Ticket  string // of the half-done sign-in that needs it, else of the caller themself
}

// ask begins a ceremony: for anybody who wants to sign in, for the person of a half-done sign-in, or for the caller themself.
var ask = &op.Upkeep[askIn, Asked]{
	Name: "auth.ask_passkey", Summary: "Ask a browser for a passkey",
	Do: func(tx *op.Tx, in askIn) (a Asked, err error) {
		whose := user.ID(tx.Caller().Person)
		switch {
		case in.Purpose == toSignIn:
			whose = ""
		case in.Ticket != "":
			t, err := findTicket(tx, in.Ticket, tx.Now())
			if err != nil {
				return a, err
			}
			if whose = t.User; in.Purpose == toStepUp || in.Purpose == toMake && t.Next != Enrol {
				return a, ErrTicket
			}
		case tx.Caller().Kind != op.Person || in.Purpose == toSecond:
			return a, op.ErrSignIn
		case tx.Caller().As != nil:
			return a, op.ErrImpersonating
		}
		var owner *passkey.Owner
		if whose != "" {
			if owner, err = ownerOf(tx, whose); err != nil {
				return a, err
			}
			if len(owner.Keys) == 0 && in.Purpose != toMake {
				return a, ErrNoPasskey
			}
		}
		var state passkey.State
		life := ceremonyLife
		if in.Purpose == toMake {
			life = makingLife
			a.Question, state, err = in.Site.Make(*owner)
		} else {
			a.Question, state, err = in.Site.Ask(owner)
		}
		if err != nil {
			return a, err
		}
		text, err := json.Marshal(state)
		if err != nil {
			return a, err
		}
		c := ceremony{Purpose: in.Purpose, User: whose, State: string(text), Expires: tx.Now().Add(life).UnixMilli()}
		a.Token, c.Token = secret.Token()
		return a, ceremonies.Insert(tx, &c)
	},
}

// AskPasskey asks for any passkey, to sign in with.
func (d *Desk) AskPasskey(ctx context.Context, c *op.Caller, site passkey.Site) (Asked, error) {
	if wait := d.spray.blocked(c.IP, d.Door.Now()); wait > 0 {
		return Asked{}, ErrTooMany.After(wait)
	}
	return op.Keep(ctx, d.Door, c, ask, askIn{Purpose: toSignIn, Site: site})
}

// AskSecond asks for a passkey of the person of a half-done sign-in.
func (d *Desk) AskSecond(ctx context.Context, c *op.Caller, site passkey.Site, ticket string) (Asked, error) {
	return op.Keep(ctx, d.Door, c, ask, askIn{Purpose: toSecond, Site: site, Ticket: ticket})
}

// AskStepUp asks for a passkey of who is signed in, to confirm with.
func (d *Desk) AskStepUp(ctx context.Context, c *op.Caller, site passkey.Site) (Asked, error) {
	return op.Keep(ctx, d.Door, c, ask, askIn{Purpose: toStepUp, Site: site})
}

// AskNew asks for a new passkey: of who is signed in, or of who must make a second factor first.
func (d *Desk) AskNew(ctx context.Context, c *op.Caller, site passkey.Site, ticket string) (Asked, error) {
	return op.Keep(ctx, d.Door, c, ask, askIn{Purpose: toMake, Site: site, Ticket: ticket})
}

// open reads a live ceremony and uses it up.
func openCeremony(tx *op.Tx, token string, p purpose) (c *ceremony, s passkey.State, err error) {
	c, err = ceremonies.Find(tx, secret.HashToken(token))
	if errors.Is(err, errs.ErrNotFound) || err == nil && (c.Purpose != p || c.UsedAt != 0 || c.Expires <= tx.Now().UnixMilli()) {
		return nil, s, passkey.ErrWrong
	}
	if err != nil {
		return nil, s, err
	}
	if err := json.Unmarshal([]byte(c.State), &s); err != nil {
		return nil, s, err
	}
	c.UsedAt = tx.Now().UnixMilli()
	return c, s, ceremonies.Update(tx, c)
}

// answered checks the answer to a ceremony and says whose passkey it was; empty when it was wrong. What was asked is used up.
func answered(tx *op.Tx, token, answer string, p purpose) (user.ID, error) {
	c, state, err := openCeremony(tx, token, p)
	if err != nil {
		return "", wrongOr(err)
	}
	keyID, err := passkey.Named(answer)
	if err != nil {
		return "", wrongOr(err)
	}
	row, err := passkeys.One(tx, "where credential_id = $1", keyID)
	if errors.Is(err, errs.ErrNotFound) || err == nil && c.User != "" && c.User != row.User {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	owner, err := ownerOf(tx, row.User)
	if err != nil {
		return "", err
	}
	used, err := state.Answered(*owner, answer)
	if err != nil {
		return "", wrongOr(err)
	}
	if row.Record, err = used.Record(); err != nil {
		return "", err
	}
	row.UsedAt = tx.Now().UnixMilli()
	return row.User, passkeys.Update(tx, row)
}

// wrongOr turns a wrong answer into none, so that what was used up stays used up.
func wrongOr(err error) error {
	if errors.Is(err, passkey.ErrWrong) || errors.Is(err, passkey.ErrCloned) {
		return nil
	}
	return err
}

type passkeyTry struct {
	Audience session.Audience
	Brand    brand.ID
	Token    string
	Answer   string
}

// tryPasskey says whose passkey answered; nobody's when the answer is wrong, or they belong to another brand.
var tryPasskey = &op.Upkeep[passkeyTry, user.ID]{
	Name: "auth.try_passkey", Summary: "Check a passkey that somebody signs in with",
	Do: func(tx *op.Tx, in passkeyTry) (user.ID, error) {
		whose, err := answered(tx, in.Token, in.Answer, toSignIn)
		if whose == "" || err != nil || in.Audience == session.Staff {
			return whose, err
		}
		u, err := user.Find(tx, whose)
		if err != nil || u.Brand != in.Brand {
			return "", err
		}
		return whose, nil
	},
}

// PasskeyTry is an attempt to sign in with a passkey alone.
type PasskeyTry struct {
	Audience session.Audience
	Brand    brand.ID // of customers and company users
	Token    string
	Answer   string // what the browser made of the question, as JSON
	Known    string // the cookie of a known device, or empty
}

// SignInPasskey lets a person in with a passkey. It needs no second factor: it is two in one.
func (d *Desk) SignInPasskey(ctx context.Context, c *op.Caller, try PasskeyTry) (Signed, error) {
	if wait := d.spray.blocked(c.IP, d.Door.Now()); wait > 0 {
		return Signed{}, ErrTooMany.After(wait)
	}
	whose, err := op.Keep(ctx, d.Door, c, tryPasskey, passkeyTry{try.Audience, try.Brand, try.Token, try.Answer})
	if err != nil {
		return Signed{}, err
	}
	if whose == "" {
		d.spray.failed(c.IP, d.Door.Now())
		return Signed{}, passkey.ErrWrong
	}
	return d.enter(ctx, c, entry{User: whose, Audience: try.Audience, Method: "passkey", Devices: try.Known}, passkey.ErrWrong)
}

// PasskeyAnswer is how the answer to AskSecond or AskStepUp is given where a code could stand: token and answer in one.
func PasskeyAnswer(token, answer string) string { return token + " " + answer }

// secondPasskey shows a passkey after a password.
func secondPasskey(tx *op.Tx, u user.ID, answer string) (bool, error) {
	return ownPasskey(tx, u, answer, toSecond)
}

func ownPasskey(tx *op.Tx, u user.ID, answer string, p purpose) (bool, error) {
	token, answer, ok := strings.Cut(answer, " ")
	if !ok {
		return false, nil
	}
	whose, err := answered(tx, token, answer, p)
	return err == nil && whose == u && u != "", err
}
