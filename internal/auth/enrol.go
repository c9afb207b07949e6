package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/user"
)

// An app becomes a second factor in three steps: a secret is offered, the app that has taken it shows a right code, and the person
// confirms. At a sign-in that asks for a second factor, the right code is the confirmation; from one's own page it is a step-up.

// offer is a secret that was shown and is no second factor yet.
type offer struct {
	Owner   string  `db:"owner,key"` // id of the session, or hash of the ticket
	User    user.ID `db:"user_id"`
	Box     string  `db:"secret_box"`
	Proved  int64   `db:"proved"` // the step of the right code
	MadeAt  int64   `db:"made_at"`
	Expires int64   `db:"expires_at"`
}

var offers = op.Bookkeeping[offer]("totp_offers")

// offerLife is how long a secret waits for its app.
const offerLife = 30 * time.Minute

// ErrOffer refuses to go on with a secret that waits no longer.
var ErrOffer = errs.New(errs.Gone, "offer_gone", "That code to scan has run out, and nothing was changed. Begin again to get a new one.")

// Offered is a secret on its way into an app.
type Offered struct {
	Secret string // in base32
	Link   string // otpauth://…, as a picture or for the same device
}

// Groups is the secret in groups of four, to be typed.
func (o Offered) Groups() string {
	var b strings.Builder
	for i, r := range o.Secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// offerApp makes a secret for one session or one ticket. Older offers of the person that have run out go.
func offerApp(tx *op.Tx, owner string, u user.ID) error {
	now := tx.Now()
	if _, err := offers.Clear(tx, "where user_id = $1 and (expires_at <= $2 or owner = $3)", string(u), now.UnixMilli(), owner); err != nil {
		return err
	}
	box, err := tx.Seal(string(u), newSecret())
	if err != nil {
		return err
	}
	return offers.Insert(tx, &offer{Owner: owner, User: u, Box: box, MadeAt: now.UnixMilli(), Expires: now.Add(offerLife).UnixMilli()})
}

func findOffer(r store.Reader, owner string, u user.ID, now time.Time) (*offer, error) {
	o, err := offers.Find(r, owner)
	if errors.Is(err, errs.ErrNotFound) || err == nil && (o.User != u || o.Expires <= now.UnixMilli()) {
		return nil, ErrOffer
	}
	return o, err
}

// shown opens an offer for its page.
func (o *offer) shown(v *op.View, u *user.User) (Offered, error) {
	s, err := v.Unseal(string(u.ID), o.Box)
	return Offered{Secret: s, Link: appLink(s, u)}, err
}

// prove looks at a code of the app that has taken the offer. A wrong one costs nothing: who tries was shown the secret.
func (o *offer) prove(tx *op.Tx, code string) (secret string, step int64, err error) {
	if secret, err = tx.Unseal(string(o.User), o.Box); err != nil {
		return "", 0, err
	}
	step, err = rightStep(secret, code, tx.Now(), 0)
	return secret, step, err
}

type enrolIn struct {
	Ticket string `json:"-"`
	Code   string `json:"-"`
	Name   string `json:"name"`
}

// enrolApp makes the first second factor of somebody whose sign-in waits for one.
var enrolApp = &op.Action[enrolIn, arrival, []string]{
	Name: "auth.enrol_app", Summary: "Add an authenticator app during a sign-in that asks for a second factor", Open: true,
	Target: func(tx *op.Tx, in enrolIn) (arrival, error) { return enrolling(tx, in.Ticket) },
	Do: func(tx *op.Tx, a arrival, in enrolIn) (codes []string, err error) {
		if err := a.MayEnter(); err != nil {
			return nil, err
		}
		o, err := findOffer(tx, a.ticket.Token, a.User.ID, tx.Now())
		if err != nil {
			return nil, err
		}
		s, step, err := o.prove(tx, in.Code)
		if err != nil {
			return nil, err
		}
		if step == 0 {
			return nil, ErrSecond
		}
		row, err := keepApp(tx, a.User, in.Name, s, step)
		if err != nil {
			return nil, err
		}
		if codes, err = firstRecoveryCodes(tx, a.User.ID); err != nil {
			return nil, err
		}
		if _, err := offers.Clear(tx, "where user_id = $1", string(a.User.ID)); err != nil {
			return nil, err
		}
		a.ticket.Second = "totp"
		if err := tickets.Update(tx, a.ticket); err != nil {
			return nil, err
		}
		return codes, factorChanged(tx, a.User, a.ticket, "The authenticator app “"+row.Name+"” was added to your account.")
	},
}

// EnrolApp adds the app that a half-done sign-in waits for, and goes on with the sign-in. The recovery codes are told once.
func (d *Desk) EnrolApp(ctx context.Context, c *op.Caller, ticket, name, code string) (s Signed, codes []string, err error) {
	if codes, err = op.Do(ctx, d.Door, c, enrolApp, enrolIn{ticket, code, name}); err != nil {
		return s, nil, err
	}
	s, err = d.enter(ctx, c, entry{Ticket: ticket}, ErrTicket)
	return s, codes, err
}

// GivenApp is an app whose secret is known before.
type GivenApp struct {
	User   user.ID `json:"user"`
	Secret string  `json:"-"`
}

// GiveApp gives a person of a made world an app whose secret stands in its credentials. Only the machine itself can ask for it; who
// has a second factor already keeps theirs.
var GiveApp = &op.Action[GivenApp, *user.User, op.None]{
	Name: "app.give", Summary: "Give a person of a sample world an authenticator app, from the machine's own command line", Allow: access.SystemKeys,
	Target: func(tx *op.Tx, in GivenApp) (*user.User, error) { return user.Find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in GivenApp) (none op.None, err error) {
		if tx.Caller().Kind != op.Operator {
			return none, op.ErrForbidden
		}
		has, err := factorsOf(tx, u.ID)
		if err != nil || has.App {
			return none, err
		}
		_, err = keepApp(tx, u, "", in.Secret, 0)
		return none, err
	},
}

// OfferApp makes a secret for one's own session, to be put into an app.
var OfferApp = &op.Upkeep[op.None, op.None]{
	Name: "app.offer", Summary: "Make a secret for a new authenticator app of one's own",
	Do: func(tx *op.Tx, _ op.None) (op.None, error) {
		c, err := inPerson(tx.Caller())
		if err != nil {
			return op.None{}, err
		}
		return op.None{}, offerApp(tx, c.Session, user.ID(c.Person))
	},
}

// ShowOffer reads the secret that one's own session was offered.
var ShowOffer = &op.Query[op.None, Offered]{
	Name: "app.show_offer", Summary: "Read the secret for a new authenticator app of one's own", Own: true,
	Do: func(v *op.View, _ op.None) (o Offered, err error) {
		if err := v.Own(); err != nil {
			return o, err
		}
		u, err := user.Find(v, user.ID(v.Caller().Person))
		if err != nil {
			return o, err
		}
		row, err := findOffer(v, v.Caller().Session, u.ID, v.Now())
		if err != nil {
			return o, err
		}
		return row.shown(v, u)
	},
}

// ProveApp notes that the new app has shown a right code. The mailed code that follows takes longer than a code of the app lives.
var ProveApp = &op.Upkeep[string, bool]{
	Name: "app.prove", Summary: "Note that a new authenticator app of one's own shows right codes",
	Do: func(tx *op.Tx, code string) (bool, error) {
		c, err := inPerson(tx.Caller())
		if err != nil {
			return false, err
		}
		o, err := findOffer(tx, c.Session, user.ID(c.Person), tx.Now())
		if err != nil {
			return false, err
		}
		_, step, err := o.prove(tx, code)
		if err != nil || step == 0 {
			return false, err
		}
		o.Proved = step
		return true, offers.Update(tx, o)
	},
}

// inPerson is a caller who has signed in themself: no key, nobody without a session, nobody through their eyes.
func inPerson(c *op.Caller) (*op.Caller, error) {
	if c.Kind != op.Person || c.Session == "" {
		return nil, op.ErrSignIn
	}
	if c.As != nil {
		return nil, op.ErrImpersonating
	}
	return c, nil
}

// oneself is the caller as a target.
func oneself(tx *op.Tx) (*user.User, error) {
	c, err := inPerson(tx.Caller())
	if err != nil {
		return nil, err
	}
	return user.Find(tx, user.ID(c.Person))
}

// NewApp names the app whose offer was proved.
type NewApp struct {
	Name string `json:"name"`
}

// AddApp makes the app that has shown a right code a second factor. It answers recovery codes where the person had none left.
var AddApp = &op.Action[NewApp, *user.User, []string]{
	Name: "app.add", Summary: "Add an authenticator app to one's own account", Own: true, StepUp: true, Arms: true,
	Confirm: func(_ *user.User, in NewApp) op.Confirmation {
		name, _ := appName(in.Name)
		return op.Confirmation{Title: "Add an authenticator app to your account", Facts: []op.Fact{{Label: "App", Value: name}}, Button: "Add app"}
	},
	Target: func(tx *op.Tx, _ NewApp) (*user.User, error) { return oneself(tx) },
	Do: func(tx *op.Tx, u *user.User, in NewApp) (codes []string, err error) {
		o, err := findOffer(tx, tx.Caller().Session, u.ID, tx.Now())
		if err != nil {
			return nil, err
		}
		if o.Proved == 0 {
			return nil, ErrSecond
		}
		s, err := tx.Unseal(string(u.ID), o.Box)
		if err != nil {
			return nil, err
		}
		row, err := keepApp(tx, u, in.Name, s, o.Proved)
		if err != nil {
			return nil, err
		}
		if err := offers.Delete(tx, o); err != nil {
			return nil, err
		}
		if codes, err = firstRecoveryCodes(tx, u.ID); err != nil {
			return nil, err
		}
		return codes, factorChanged(tx, u, nil, "The authenticator app “"+row.Name+"” was added to your account.")
	},
}

// ownedApp is an app with its person.
type ownedApp struct {
	*App
	person *user.User
}

// Subjects names the person: their apps are theirs alone.
func (o ownedApp) Subjects() []op.Subject { return o.person.Subjects() }

func findApp(tx *op.Tx, appID string) (o ownedApp, err error) {
	if o.App, err = apps.Find(tx, appID); err != nil {
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

// AppName gives an app another name.
type AppName struct {
	App  string `json:"app"`
	Name string `json:"name"`
}

// RenameApp renames one of one's own apps.
var RenameApp = &op.Action[AppName, ownedApp, op.None]{
	Name: "app.rename", Summary: "Rename one's own authenticator app", Own: true,
	Target: func(tx *op.Tx, in AppName) (ownedApp, error) { return findApp(tx, in.App) },
	Do: func(tx *op.Tx, o ownedApp, in AppName) (none op.None, err error) {
		if o.Name, err = appName(in.Name); err != nil {
			return none, err
		}
		return none, apps.Update(tx, o.App)
	},
}

// RemoveApp removes one of one's own apps.
var RemoveApp = &op.Action[string, ownedApp, op.None]{
	Name: "app.remove", Summary: "Remove one's own authenticator app", Own: true, StepUp: true,
	Confirm: func(o ownedApp, _ string) op.Confirmation {
		return op.Confirmation{Title: "Remove an authenticator app from your account", Facts: []op.Fact{{Label: "App", Value: o.Name}}, Button: "Remove app"}
	},
	Target: findApp,
	Do: func(tx *op.Tx, o ownedApp, _ string) (none op.None, err error) {
		if err := apps.Delete(tx, o.App); err != nil {
			return none, err
		}
		if err := keepFactor(tx, o.person); err != nil {
			return none, err
		}
		return none, factorChanged(tx, o.person, nil, "The authenticator app “"+o.Name+"” was removed from your account.")
	},
}

// RenewRecovery makes new recovery codes in place of the old ones.
var RenewRecovery = &op.Action[op.None, *user.User, []string]{
	Name: "recovery.renew", Summary: "Make new recovery codes for one's own account", Own: true, StepUp: true,
	Confirm: func(*user.User, op.None) op.Confirmation {
		return op.Confirmation{Title: "Make new recovery codes", Facts: []op.Fact{{Label: "The old codes", Value: "stop working"}}, Button: "Make new codes"}
	},
	Target: func(tx *op.Tx, _ op.None) (*user.User, error) { return oneself(tx) },
	Do: func(tx *op.Tx, u *user.User, _ op.None) (codes []string, err error) {
		has, err := factorsOf(tx, u.ID)
		if err != nil {
			return nil, err
		}
		if !has.Any() {
			return nil, ErrNoFactor
		}
		if codes, err = newRecoveryCodes(tx, u.ID); err != nil {
			return nil, err
		}
		tx.Note("recovery_codes", "made anew")
		return codes, factorChanged(tx, u, nil, "New recovery codes were made for your account. The old ones do not work any more.")
	},
}

// ErrNoFactor refuses recovery codes to who has nothing to recover.
var ErrNoFactor = errs.New(errs.Conflict, "no_second_factor", "Recovery codes stand in for a second factor, and this account has none yet. Add an authenticator app or a passkey first.")
