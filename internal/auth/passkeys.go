package auth

import (
	"context"
	"strings"

	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Passkey is one of a person's passkeys.
type Passkey struct {
	ID         string  `db:"id,key"`
	User       user.ID `db:"user_id"       audit:"plain"`
	Credential string  `db:"credential_id" audit:"derived"`
	Name       string  `db:"name"          audit:"person"`
	Record     string  `db:"record"        audit:"upkeep"` // public key and counter
	Synced     bool    `db:"synced"        audit:"plain"`
	Version    int64   `db:"version,version"`
	MadeAt     int64   `db:"made_at"       audit:"derived"`
	UsedAt     int64   `db:"used_at"       audit:"upkeep"`

	scope access.Scope
}

var passkeys = op.Audited[Passkey]("passkeys")

// Subject names the passkey, which nobody sees but its person.
func (p *Passkey) Subject() op.Subject {
	return op.Subject{Kind: "passkey", ID: p.ID, Scope: p.scope, Person: string(p.User)}
}

// mostPasskeys is how many a person can have.
const mostPasskeys = 20

// Refusals around passkeys.
var (
	ErrNoPasskey    = errs.New(errs.Conflict, "no_passkey", "There is no passkey on this account yet.")
	ErrManyPasskeys = errs.New(errs.Conflict, "many_passkeys", "This account has 20 passkeys already. Remove one that you do not use any more.")
)

// ownerOf reads a person with their passkeys, as package passkey wants them.
func ownerOf(r store.Reader, whose user.ID) (*passkey.Owner, error) {
	u, err := user.Find(r, whose)
	if err != nil {
		return nil, err
	}
	o := &passkey.Owner{User: string(u.ID), Name: u.Email}
	if o.Name == "" {
		o.Name = u.Name()
	}
	rows, err := passkeys.All(r, "where user_id = $1 order by made_at, id", string(whose))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		k, err := passkey.ParseKey(row.Record)
		if err != nil {
			return nil, err
		}
		o.Keys = append(o.Keys, k)
	}
	return o, nil
}

// NewPasskey is the answer to AskNew.
type NewPasskey struct {
	Name   string `json:"name"`
	Token  string `json:"token"`
	Answer string `json:"answer"`
}

// add checks the answer and keeps the passkey.
func (in NewPasskey) add(tx *op.Tx, u *user.User) (*Passkey, error) {
	name, err := passkeyName(in.Name)
	if err != nil {
		return nil, err
	}
	c, state, err := openCeremony(tx, in.Token, toMake)
	if err != nil {
		return nil, err
	}
	if c.User != u.ID {
		return nil, passkey.ErrWrong
	}
	owner, err := ownerOf(tx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(owner.Keys) >= mostPasskeys {
		return nil, ErrManyPasskeys
	}
	made, err := state.Made(*owner, in.Answer)
	if err != nil {
		return nil, err
	}
	return keepPasskey(tx, u, name, made)
}

func keepPasskey(tx *op.Tx, u *user.User, name string, made passkey.Key) (*Passkey, error) {
	record, err := made.Record()
	if err != nil {
		return nil, err
	}
	row := &Passkey{
		ID: id.New("psk_", tx.Now()), User: u.ID, Credential: made.ID(), Name: name, Record: record, Synced: made.Synced(),
		MadeAt: tx.Now().UnixMilli(), scope: u.Scope(),
	}
	err = passkeys.Insert(tx, row)
	if _, taken := store.IsUnique(err); taken {
		return nil, passkey.ErrWrong.Because(err)
	}
	return row, err
}

func passkeyName(typed string) (string, error) {
	name, err := text.CleanName(typed)
	if err != nil {
		return "", errs.Field("name", "%s", err)
	}
	if strings.TrimSpace(name) == "" {
		name = "Passkey"
	}
	return name, nil
}

// AddPasskey adds a passkey to one's own account. It answers recovery codes where the person had none left.
var AddPasskey = &op.Action[NewPasskey, *user.User, []string]{
	Name: "passkey.add", Summary: "Add a passkey to one's own account", Own: true, StepUp: true, Arms: true,
	Confirm: func(u *user.User, in NewPasskey) op.Confirmation {
		return op.Confirmation{Title: "Add a passkey to your account", Facts: []op.Fact{{Label: "Passkey", Value: in.Name}}, Button: "Add passkey"}
	},
	Target: func(tx *op.Tx, _ NewPasskey) (*user.User, error) { return user.Find(tx, user.ID(tx.Caller().Person)) },
	Do: func(tx *op.Tx, u *user.User, in NewPasskey) (codes []string, err error) {
		row, err := in.add(tx, u)
		if err != nil {
			return nil, err
		}
		if codes, err = firstRecoveryCodes(tx, u.ID); err != nil {
			return nil, err
		}
		return codes, factorChanged(tx, u, nil, "The passkey “"+row.Name+"” was added to your account.")
	},
}

type enrolPasskeyIn struct {
	Ticket string `json:"-"`
	NewPasskey
}

// enrolPasskey makes the first second factor of somebody whose sign-in waits for one.
var enrolPasskey = &op.Action[enrolPasskeyIn, arrival, []string]{
	Name: "auth.enrol_passkey", Summary: "Make a passkey during a sign-in that asks for a second factor", Open: true,
	Target: func(tx *op.Tx, in enrolPasskeyIn) (arrival, error) { return enrolling(tx, in.Ticket) },
	Do: func(tx *op.Tx, a arrival, in enrolPasskeyIn) (codes []string, err error) {
		row, err := in.add(tx, a.User)
		if err != nil {
			return nil, err
		}
		if codes, err = firstRecoveryCodes(tx, a.User.ID); err != nil {
			return nil, err
		}
		a.ticket.Second = "passkey"
		if err := tickets.Update(tx, a.ticket); err != nil {
			return nil, err
		}
		return codes, factorChanged(tx, a.User, a.ticket, "The passkey “"+row.Name+"” was added to your account.")
	},
}

// enrolling reads whose sign-in waits for a second factor to be made.
func enrolling(tx *op.Tx, token string) (a arrival, err error) {
	if a.ticket, err = findTicket(tx, token, tx.Now()); err != nil {
		return a, err
	}
	if a.ticket.Next != Enrol || a.ticket.Second != "" {
		return a, ErrTicket
	}
	a.User, err = user.Find(tx, a.ticket.User)
	return a, err
}

// EnrolPasskey makes the passkey that a half-done sign-in waits for, and goes on with the sign-in. The recovery codes are told once.
func (d *Desk) EnrolPasskey(ctx context.Context, c *op.Caller, ticket string, made NewPasskey) (s Signed, codes []string, err error) {
	if codes, err = op.Do(ctx, d.Door, c, enrolPasskey, enrolPasskeyIn{ticket, made}); err != nil {
		return s, nil, err
	}
	s, err = d.enter(ctx, c, entry{Ticket: ticket}, ErrTicket)
	return s, codes, err
}

// owned is a passkey with its person.
type owned struct {
	*Passkey
	person *user.User
}

// Subjects names the person: their passkeys are theirs alone.
func (o owned) Subjects() []op.Subject { return o.person.Subjects() }

func findPasskey(tx *op.Tx, passkeyID string) (o owned, err error) {
	if o.Passkey, err = passkeys.Find(tx, passkeyID); err != nil {
		return o, err
	}
	if !tx.Caller().Is(string(o.User)) {
		return o, errs.ErrNotFound
	}
	o.person, err = user.Find(tx, o.User)
	if err == nil {
		o.scope = o.person.Scope()
	}
	return o, err
}

// PasskeyName gives a passkey another name.
type PasskeyName struct {
	Passkey string `json:"passkey"`
	Name    string `json:"name"`
}

// RenamePasskey renames one of one's own passkeys.
var RenamePasskey = &op.Action[PasskeyName, owned, op.None]{
	Name: "passkey.rename", Summary: "Rename one's own passkey", Own: true,
	Target: func(tx *op.Tx, in PasskeyName) (owned, error) { return findPasskey(tx, in.Passkey) },
	Do: func(tx *op.Tx, o owned, in PasskeyName) (op.None, error) {
		name, err := passkeyName(in.Name)
		if err != nil {
			return op.None{}, err
		}
		o.Name = name
		return op.None{}, passkeys.Update(tx, o.Passkey)
	},
}

// RemovePasskey removes one of one's own passkeys.
var RemovePasskey = &op.Action[string, owned, op.None]{
	Name: "passkey.remove", Summary: "Remove one's own passkey", Own: true, StepUp: true,
	Confirm: func(o owned, _ string) op.Confirmation {
		return op.Confirmation{Title: "Remove a passkey from your account", Facts: []op.Fact{{Label: "Passkey", Value: o.Name}}, Button: "Remove passkey"}
	},
	Target: findPasskey,
	Do: func(tx *op.Tx, o owned, _ string) (op.None, error) {
		if err := passkeys.Delete(tx, o.Passkey); err != nil {
			return op.None{}, err
		}
		if err := keepFactor(tx, o.person); err != nil {
			return op.None{}, err
		}
		return op.None{}, factorChanged(tx, o.person, nil, "The passkey “"+o.Name+"” was removed from your account.")
	},
}

// ListPasskeys lists one's own passkeys.
var ListPasskeys = &op.Query[op.None, []Passkey]{
	Name: "passkey.list", Summary: "List one's own passkeys", Own: true,
	Do: func(v *op.View, _ op.None) ([]Passkey, error) {
		if err := v.Own(); err != nil {
			return nil, err
		}
		return passkeys.All(v, "where user_id = $1 order by made_at, id", v.Caller().Person)
	},
}
