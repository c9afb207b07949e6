package customer

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/consent"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// A registration answers the same whatever there is at its address; the mailbox alone is told:
//
//	nothing                         an account is made, invited and unverified, and a link confirms the address
//	an account that nobody entered  the same account is claimed by the link: it came with an import or was made by staff
//	an account with a way in        a letter says that there is one, and how to sign in
//	an invitation that waits        a letter says so; registering neither accepts nor extends it
//	an address that a ban keeps out nothing at all
//
// The password counts only when the browser that registered confirms, too. Otherwise somebody could register a stranger's address
// with a password of their own, and wait for the stranger to open the link.

// SignUp is the form of a registration, its password hashed already.
type SignUp struct {
	Brand     brand.ID `json:"brand"`
	Email     string   `json:"email"`
	FirstName string   `json:"first_name,omitzero"`
	LastName  string   `json:"last_name,omitzero"`
	Hash      string   `json:"-"`               // of the password; empty: none, codes by mail do
	Policy    string   `json:"policy,omitzero"` // the version of the privacy policy that is accepted, where the brand has one

	Location brand.LocationID `json:"location,omitzero"` // home location; empty: the first order decides
}

// Refusals of a registration.
var ErrRegistration = errs.New(errs.Conflict, "registration_closed", "This shop takes no registrations at present. If you have bought here before, sign in with a code by mail.")

const (
	signUpLife      = 24 * time.Hour
	lettersADay     = 5 // to one person about registrations
	betweenLetters  = 30 * time.Second
	signUpKind      = "confirm_sign_up"
	accountThere    = "account_exists"
	invitationThere = "invitation_waits"
)

type pendingSignUp struct {
	Link     string  `db:"link_hash,key"`
	User     user.ID `db:"user_id"`
	Made     bool    `db:"made"`
	Browser  string  `db:"browser_hash"`
	Password string  `db:"password_hash"`
	Name     string  `db:"name_box"`
	MadeAt   int64   `db:"made_at"`
	Policy   string  `db:"policy"`
	PolicyIP string  `db:"policy_ip_box"`

	Location brand.LocationID `db:"location_id"`
}

var signUps = op.Bookkeeping[pendingSignUp]("sign_ups")

// Register begins a registration. It gives the token for a cookie of the browser: only with it does the password count.
var Register = &op.Action[SignUp, *brand.Brand, string]{
	Name: "customer.sign_up", Summary: "Register as a customer; a link by mail confirms the address", Open: true,
	Target: func(tx *op.Tx, in SignUp) (*brand.Brand, error) { return brand.Find(tx, in.Brand) },
	Do: func(tx *op.Tx, b *brand.Brand, in SignUp) (browser string, err error) {
		if reg, _, err := registrationOf(tx, b.ID); err != nil || !reg.Open {
			return "", orElse(err, ErrRegistration)
		}
		if err := in.check(); err != nil {
			return "", err
		}
		if in.Policy, err = consent.Accepts(tx, b.ID, in.Policy); err != nil {
			return "", err
		}
		if err := in.home(tx, b.ID); err != nil {
			return "", err
		}
		s := &registering{b: b, in: in}
		browser, s.browser = secret.Token()
		u, err := user.FindByEmail(tx, b.ID, in.Email)
		if err != nil && !errors.Is(err, errs.ErrNotFound) {
			return "", err
		}
		barred, barring := user.Barred(tx, b.ID, in.Email) // asked last: an address that a ban has just set free is barred by now
		switch {
		case barring != nil:
			return "", barring
		case barred:
			return browser, mailing.PostNobody(tx, signUpKind, mailing.Letter{Subject: "Confirm your e-mail address"})
		case err != nil:
			return browser, s.make(tx)
		}
		return browser, s.meet(tx, u)
	},
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// check refuses what no account could have, in the same words whatever there is at the address.
func (in *SignUp) check() error {
	var wrong errs.Wrong
	if _, err := text.ParseEmail(in.Email); err != nil {
		wrong.Add("email", "%s", errs.Of(err).Detail)
	}
	for field, value := range map[string]*string{"first_name": &in.FirstName, "last_name": &in.LastName} {
		clean, err := text.CleanName(*value)
		if err != nil {
			wrong.Add(field, "%s", err)
		}
		*value = clean
	}
	return wrong.Err()
}

// home refuses a home location that is none of the brand's.
func (in *SignUp) home(r store.Reader, b brand.ID) error {
	if in.Location == "" {
		return nil
	}
	l, err := brand.FindLocation(r, in.Location)
	if errors.Is(err, errs.ErrNotFound) || err == nil && l.Brand != b {
		return errs.Field("location", "Choose one of this shop’s locations, or leave it out.")
	}
	return err
}

// registering is a registration on its way.
type registering struct {
	b       *brand.Brand
	in      SignUp
	browser string // its cookie's hash
}

// make makes an account that waits for its address.
func (s *registering) make(tx *op.Tx) error {
	u := &user.User{Status: user.Invited, FirstName: s.in.FirstName, LastName: s.in.LastName, Email: s.in.Email, Kinds: user.IsCustomer}
	if err := u.Number(tx, s.b); err != nil {
		return err
	}
	if err := user.Insert(tx, u); err != nil {
		return err
	}
	p := newProfile(tx, u)
	if err := Profiles.Insert(tx, &p); err != nil {
		return err
	}
	return s.wait(tx, u, true)
}

// meet decides what becomes of a registration with the address of an account.
func (s *registering) meet(tx *op.Tx, u *user.User) error {
	if rare, err := seldom(tx, u.ID); err != nil || !rare {
		return orElse(err, mailing.PostNobody(tx, signUpKind, mailing.Letter{Subject: "Confirm your e-mail address"}))
	}
	before, err := signUps.All(tx, "where user_id = $1 and made = 1", string(u.ID))
	if err != nil {
		return err
	}
	entered, err := auth.Entered(tx, u.ID)
	switch {
	case err != nil:
		return err
	case u.Status == user.Invited && len(before) > 0:
		return s.wait(tx, u, true)
	case u.Status == user.Invited:
		return mailing.Post(tx, u, invitationThere, mailing.Letter{
			Subject: "An invitation of " + s.b.Name + " waits for you",
			Lines:   []string{"Somebody, probably you, wanted to register with this address. There is an invitation for it already: open the link in that mail. If it is too old, ask who invited you for a new one."},
		})
	case u.Status == user.Active && !entered && u.Kinds == user.IsCustomer:
		return s.wait(tx, u, false)
	}
	return mailing.Post(tx, u, accountThere, mailing.Letter{
		Subject: "You have an account at " + s.b.Name + " already",
		Lines:   []string{"Somebody, probably you, wanted to register with this address. There is an account with it already, and nothing was changed. Sign in with your password, or have a code mailed to you."},
		Button:  "Sign in", Path: "/account/" + s.b.Slug + "/sign-in",
		After: []string{"If this was not you, there is nothing to do."},
	})
}

// wait keeps what was typed until the address is confirmed, and mails the link. An older registration of the account is void.
func (s *registering) wait(tx *op.Tx, u *user.User, made bool) error {
	if _, err := signUps.Clear(tx, "where user_id = $1", string(u.ID)); err != nil {
		return err
	}
	token, err := auth.NewLink(tx, u.ID, auth.SignUp, signUpLife)
	if err != nil {
		return err
	}
	row := pendingSignUp{Link: secret.HashToken(token), User: u.ID, Made: made, Browser: s.browser, Password: s.in.Hash, Location: s.in.Location, MadeAt: tx.Now().UnixMilli()}
	name, err := json.Marshal([2]string{s.in.FirstName, s.in.LastName})
	if err != nil {
		return err
	}
	if row.Name, err = tx.Seal(string(u.ID), string(name)); err != nil {
		return err
	}
	if row.Policy = s.in.Policy; row.Policy != "" && tx.Caller().IP != "" {
		if row.PolicyIP, err = tx.Seal(string(u.ID), tx.Caller().IP); err != nil {
			return err
		}
	}
	if err := signUps.Insert(tx, &row); err != nil {
		return err
	}
	tx.Note("registered", map[bool]string{true: "new", false: "claims an account that nobody has entered"}[made])
	return mailing.Post(tx, u, signUpKind, mailing.Letter{
		Subject: "Confirm your e-mail address for " + s.b.Name,
		Lines:   []string{"Somebody, probably you, registered at " + s.b.Name + " with this address. Confirm that it is yours, and your account can be used."},
		Button:  "Confirm the address", Path: "/account/" + s.b.Slug + "/confirm?token=" + token,
		After: []string{
			"The link is good once, for 24 hours. Open it in the browser in which you registered; elsewhere it confirms the address, and the password that was typed does not count.",
			"If this was not you, do nothing.",
		},
		Expires: tx.Now().Add(signUpLife).UnixMilli(),
	})
}

// seldom says whether the person has not been written to about registrations too often.
func seldom(r interface {
	store.Reader
	Now() time.Time
}, u user.ID) (bool, error) {
	var last, day int64
	now := r.Now()
	err := r.QueryRow("select coalesce(max(made_at), 0), count(*) from mails where user_id = $1 and kind in ($2, $3, $4) and made_at > $5",
		string(u), signUpKind, accountThere, invitationThere, now.Add(-24*time.Hour).UnixMilli()).Scan(&last, &day)
	return day < lettersADay && now.UnixMilli()-last >= betweenLetters.Milliseconds(), err
}

// Confirming is the link of a registration, with the cookie of the browser that opens it.
type Confirming struct {
	Token   string   `json:"-"`
	Browser string   `json:"-"`
	Brand   brand.ID `json:"brand,omitzero"` // the link of another brand counts for nothing; empty: whichever it is
}

// Confirmed is a registration whose address is proved.
type Confirmed struct {
	User     user.ID
	Brand    brand.ID
	Password bool // the one that was typed counts
	Dropped  bool // one was typed in another browser, and does not
}

// ConfirmSignUp makes an account usable whose address is proved by the link.
var ConfirmSignUp = &op.Action[Confirming, confirming, Confirmed]{
	Name: "customer.confirm", Summary: "Confirm the address of a registration by its link", Open: true,
	Target: func(tx *op.Tx, in Confirming) (t confirming, err error) {
		if t.row, err = signUps.Find(tx, secret.HashToken(in.Token)); errors.Is(err, errs.ErrNotFound) {
			return t, auth.ErrLink
		} else if err != nil {
			return t, err
		}
		if t.User, err = user.Find(tx, t.row.User); err == nil && in.Brand != "" && in.Brand != t.Brand {
			err = auth.ErrLink
		}
		return t, err
	},
	Do: func(tx *op.Tx, t confirming, in Confirming) (c Confirmed, err error) {
		if _, err := auth.UseLink(tx, in.Token, auth.SignUp); err != nil {
			return c, err
		}
		u := t.User
		if u.Status == user.Invited && t.row.Made {
			if err := u.Moved(user.Accept); err != nil {
				return c, err
			}
		}
		if err := u.MayEnter(); err != nil {
			return c, err
		}
		if u.Name() == "" {
			if err := t.row.named(tx, u); err != nil {
				return c, err
			}
		}
		u.EmailVerified, u.EmailAttested = tx.Now().UnixMilli(), 0
		if err := user.Save(tx, u); err != nil {
			return c, err
		}
		if err := t.row.accepted(tx, u); err != nil {
			return c, err
		}
		if err := t.row.settled(tx, u); err != nil {
			return c, err
		}
		same := in.Browser != "" && secret.Equal(t.row.Browser, secret.HashToken(in.Browser))
		c = Confirmed{User: u.ID, Brand: u.Brand, Password: t.row.Password != "" && same, Dropped: t.row.Password != "" && !same}
		if c.Password {
			if err := auth.SetHash(tx, u, t.row.Password); err != nil {
				return c, err
			}
		}
		return c, signUps.Delete(tx, t.row)
	},
}

// confirming is a registration with its account.
type confirming struct {
	*user.User
	row *pendingSignUp
}

// accepted notes the privacy policy that was accepted with the registration.
func (p *pendingSignUp) accepted(tx *op.Tx, u *user.User) (err error) {
	if p.Policy == "" {
		return nil
	}
	proof := consent.Proof{Source: consent.BySignUp, Text: p.Policy}
	if p.PolicyIP != "" {
		if proof.IP, err = tx.Unseal(string(u.ID), p.PolicyIP); err != nil {
			return err
		}
	}
	return consent.Note(tx, u, consent.PrivacyPolicy, true, proof)
}

// settled gives a customer the home location that they chose, where staff have not set one. A location that is gone by now is left out.
func (p *pendingSignUp) settled(tx *op.Tx, u *user.User) error {
	if p.Location == "" {
		return nil
	}
	l, err := brand.FindLocation(tx, p.Location)
	if errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := Find(tx, u.ID)
	if err != nil || c.Profile.Location != "" {
		return err
	}
	return c.settle(tx, l)
}

// named gives an account without a name the one that was typed.
func (p *pendingSignUp) named(tx *op.Tx, u *user.User) error {
	plain, err := tx.Unseal(string(u.ID), p.Name)
	if err != nil {
		return err
	}
	var name [2]string
	if err := json.Unmarshal([]byte(plain), &name); err != nil {
		return err
	}
	u.FirstName, u.LastName = name[0], name[1]
	return nil
}

// SignUpAt checks and hashes the password, if one was typed, then registers. It seems to take as long whatever there is at the
// address.
func SignUpAt(ctx context.Context, d *auth.Desk, c *op.Caller, in SignUp, candidate string) (browser string, err error) {
	if err := in.check(); err != nil {
		return "", err
	}
	about := password.Context{Name: in.FirstName + " " + in.LastName, Email: in.Email}
	if candidate != "" {
		rules, err := d.Rules(ctx)
		if err != nil {
			return "", err
		}
		if err := rules.Password.Check(candidate, about); err != nil {
			return "", err
		}
	}
	if err := d.MayArrive(c.IP); err != nil {
		return "", err
	}
	defer d.Even(ctx, time.Now())
	if candidate == "" {
		err = d.Hasher.Dummy(ctx, "none was typed")
	} else {
		in.Hash, err = d.Hash(ctx, candidate, about)
	}
	if err != nil {
		return "", err
	}
	browser, err = op.Do(ctx, d.Door, c, Register, in)
	if errors.Is(err, user.ErrEmailTaken) { // by somebody who registered it in this moment: then there is an account to meet
		browser, err = op.Do(ctx, d.Door, c, Register, in)
	}
	return browser, err
}
