package auth

import (
	"context"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// oldPassword is one that a person had before.
type oldPassword struct {
	User  user.ID `db:"user_id,key"`
	SetAt int64   `db:"set_at,key"`
	Hash  string  `db:"hash"`
}

var oldPasswords = op.Bookkeeping[oldPassword]("old_passwords")

// mostOld is how many are kept: as many as the strictest rule can ask for.
const mostOld = 24

// Refusals around passwords.
var (
	ErrUsedBefore   = errs.New(errs.Invalid, "password_used_before", "You have had this password before. Choose one that you have not had lately.")
	ErrWrongCurrent = errs.New(errs.Unauthorized, "wrong_current_password", "Your present password is not right. After several tries the next one must wait a little.")
	ErrNoCurrent    = errs.New(errs.Conflict, "no_password", "This account has no password yet. Ask for a link to choose one.")
)

// standing is what a new password is held against. It answers only this package.
type standing struct {
	Rules security.Policy
	Now   string   // hash of the present password, or empty
	Used  []string // hashes that may not come back, the present one first
	Brand string   // name of the person's brand, or empty
}

// stand reads the rules, and what of a person's passwords counts for them. Nobody: the rules alone.
var stand = &op.Query[user.ID, standing]{
	Name: "auth.standing", Summary: "Read the rules that a new password is held against", Open: true,
	Do: func(v *op.View, u user.ID) (s standing, err error) {
		if s.Rules, err = security.Load(v); err != nil || u == "" {
			return s, err
		}
		c, err := credentials.Find(v, string(u))
		if err == nil {
			s.Now = c.Hash
		} else if !errors.Is(err, errs.ErrNotFound) {
			return s, err
		}
		person, err := user.Find(v, u)
		if err != nil {
			return s, err
		}
		if person.Brand != brand.Platform {
			b, err := brand.Find(v, person.Brand)
			if err != nil {
				return s, err
			}
			s.Brand = b.Name
		}
		if s.Rules.Password.History == 0 {
			return s, nil
		}
		if s.Now != "" {
			s.Used = append(s.Used, s.Now)
		}
		old, err := oldPasswords.All(v, "where user_id = $1 order by set_at desc", string(u))
		for _, o := range old {
			if len(s.Used) < s.Rules.Password.History {
				s.Used = append(s.Used, o.Hash)
			}
		}
		return s, err
	},
}

// Rules reads the rules in force, for forms that say what a password must be.
func (d *Desk) Rules(ctx context.Context) (security.Policy, error) {
	s, err := op.Ask(ctx, d.Door, op.Nobody("", "", ""), stand, "")
	return s.Rules, err
}

// Hash checks the first password of an account that is being made, and hashes it behind the gate that keeps hashing from taking
// every core.
func (d *Desk) Hash(ctx context.Context, candidate string, about password.Context) (string, error) {
	rules, err := d.Rules(ctx)
	if err != nil {
		return "", err
	}
	if err := rules.Password.Check(candidate, about); err != nil {
		return "", err
	}
	return d.Hasher.Hash(ctx, candidate)
}

// newHash checks another password of a person, and hashes it.
func (d *Desk) newHash(ctx context.Context, u *user.User, candidate string) (string, error) {
	s, err := op.Ask(ctx, d.Door, op.Nobody("", "", ""), stand, u.ID)
	if err != nil {
		return "", err
	}
	about := password.Context{Staff: u.Kinds&user.IsStaff != 0, Name: u.Name(), Email: u.Email, Phone: u.Phone, BrandName: s.Brand}
	if err := s.Rules.Password.Check(candidate, about); err != nil {
		return "", err
	}
	used, err := d.Hasher.Used(ctx, candidate, s.Used)
	if err != nil {
		return "", err
	}
	if used {
		return "", errs.Field(password.Field, "%s", ErrUsedBefore.Detail)
	}
	return d.Hasher.Hash(ctx, candidate)
}

// SetHash writes a person's password hash, and keeps the old one so that it does not come back.
func SetHash(tx *op.Tx, u *user.User, hash string) error {
	c, err := credential(tx, u)
	if err != nil {
		return err
	}
	if c.Hash != "" {
		if err := keepOld(tx, c); err != nil {
			return err
		}
	}
	c.Hash, c.SetAt, c.Failures, c.FailedAt, c.MustChange = hash, tx.Now().UnixMilli(), 0, 0, false
	return c.save(tx)
}

func keepOld(tx *op.Tx, c *Credential) error {
	if err := oldPasswords.Put(tx, oldPassword{c.User, c.SetAt, c.Hash}); err != nil {
		return err
	}
	all, err := oldPasswords.All(tx, "where user_id = $1 order by set_at desc", string(c.User))
	for i := range all {
		if err == nil && i >= mostOld {
			err = oldPasswords.Delete(tx, &all[i])
		}
	}
	return err
}

// passwordChanged does what follows from another password: sessions but the one that asks, links, codes and half-done sign-ins but
// keep end, and the person is told.
func passwordChanged(tx *op.Tx, u *user.User, keep *ticket) error {
	if _, err := session.RevokeOthers(tx, u, "password_changed"); err != nil {
		return err
	}
	if err := killPending(tx, u.ID, keep); err != nil {
		return err
	}
	if u.Email == "" {
		return nil
	}
	return mailing.Post(tx, u, "password_changed", mailing.Letter{
		Subject: "Your password was changed",
		Lines:   []string{"The password of your account was changed. You were signed out everywhere else."},
		After:   []string{"If this was not you, ask for a new password at once and tell the people who run the shop."},
	})
}

type ownPassword struct {
	Hash   string `json:"hash"` // of the new one; the input of a step-up is sealed for its person
	Proved bool   `json:"proved"`
}

// changePassword sets one's own password. Who has not shown the present one confirms it by a step-up.
var changePassword = &op.Action[ownPassword, *user.User, op.None]{
	Name: "auth.change_password", Summary: "Change one's own password", Own: true,
	StepUpIf: func(_ *user.User, in ownPassword) bool { return !in.Proved },
	Confirm: func(*user.User, ownPassword) op.Confirmation {
		return op.Confirmation{Title: "Choose a password for your account", Button: "Set password"}
	},
	Target: func(tx *op.Tx, _ ownPassword) (*user.User, error) { return user.Find(tx, user.ID(tx.Caller().Person)) },
	Do: func(tx *op.Tx, u *user.User, in ownPassword) (op.None, error) {
		if err := SetHash(tx, u, in.Hash); err != nil {
			return op.None{}, err
		}
		return op.None{}, passwordChanged(tx, u, nil)
	},
}

// ChangePassword changes the password of who is signed in. With the present one it is done at once; without (current is empty) it
// needs a step-up. A wrong one is counted as at the sign-in.
func (d *Desk) ChangePassword(ctx context.Context, c *op.Caller, u *user.User, current, candidate string) error {
	in := ownPassword{}
	if c.As != nil { // before anything is counted or looked at
		return op.ErrImpersonating
	}
	if current != "" {
		s, err := op.Ask(ctx, d.Door, c, stand, u.ID)
		if err != nil {
			return err
		}
		if s.Now == "" {
			return ErrNoCurrent
		}
		waits, err := op.Keep(ctx, d.Door, c, countTry, countIn{u.ID, false, s.Rules.Password.Attempts})
		if err != nil {
			return err
		}
		if in.Proved, err = d.Hasher.Verify(ctx, current, s.Now); err != nil {
			return err
		}
		if in.Proved = in.Proved && !waits; !in.Proved {
			_, err := op.Keep(ctx, d.Door, c, noteFailure, failure{u.ID, "wrong_password", "password_change", s.Rules.Password.Attempts})
			return errors.Join(err, ErrWrongCurrent)
		}
	}
	var err error
	if in.Hash, err = d.newHash(ctx, u, candidate); err != nil {
		return err
	}
	_, err = op.Do(ctx, d.Door, c, changePassword, in)
	return err
}

type ticketPassword struct {
	Ticket string `json:"-"`
	Hash   string `json:"-"`
}

// renewPassword sets the password that a half-done sign-in waits for: the old one has run out, or was given by somebody else.
var renewPassword = &op.Action[ticketPassword, arrival, op.None]{
	Name: "auth.renew_password", Summary: "Choose another password during a sign-in that asks for one", Open: true,
	Target: func(tx *op.Tx, in ticketPassword) (a arrival, err error) {
		if a.ticket, err = findTicket(tx, in.Ticket, tx.Now()); err != nil {
			return a, err
		}
		if a.ticket.Next != NewPassword {
			return a, ErrTicket
		}
		a.User, err = user.Find(tx, a.ticket.User)
		return a, err
	},
	Do: func(tx *op.Tx, a arrival, in ticketPassword) (op.None, error) {
		if err := SetHash(tx, a.User, in.Hash); err != nil {
			return op.None{}, err
		}
		return op.None{}, passwordChanged(tx, a.User, a.ticket)
	},
}

// RenewPassword sets the password that a half-done sign-in waits for, and goes on with the sign-in. The old one is not taken again.
func (d *Desk) RenewPassword(ctx context.Context, c *op.Caller, ticket, candidate string) (Signed, error) {
	half, err := d.Halfway(ctx, c, ticket)
	if err != nil {
		return Signed{}, err
	}
	s, err := op.Ask(ctx, d.Door, c, stand, half.User.ID)
	if err != nil {
		return Signed{}, err
	}
	same, err := d.Hasher.Verify(ctx, candidate, s.Now)
	if err != nil {
		return Signed{}, err
	}
	if same {
		return Signed{}, errs.Field(password.Field, "This is the password that must be changed. Choose another.")
	}
	hash, err := d.newHash(ctx, &half.User, candidate)
	if err != nil {
		return Signed{}, err
	}
	if _, err := op.Do(ctx, d.Door, c, renewPassword, ticketPassword{ticket, hash}); err != nil {
		return Signed{}, err
	}
	return d.enter(ctx, c, entry{Ticket: ticket}, ErrTicket)
}

// Forgotten is somebody who cannot sign in.
type Forgotten struct {
	Audience session.Audience
	Brand    brand.ID // of customers
	Email    string
}

// forgot mails the link to choose a new password, if the address has an account that it is of use to. Nobody can tell whether it did.
var forgot = &op.Upkeep[Forgotten, op.None]{
	Name: "auth.forgot", Summary: "Mail a link to choose a new password, to whom it is of use",
	Do: func(tx *op.Tx, in Forgotten) (op.None, error) {
		rules, err := security.Load(tx)
		if err != nil {
			return op.None{}, err
		}
		u, err := forgetful(tx, in)
		if err != nil {
			return op.None{}, err
		}
		life := time.Duration(rules.ResetMinutes) * time.Minute
		whose := user.ID("") // a link for nobody costs the same work
		if u != nil {
			whose = u.ID
		}
		token, err := NewLink(tx, whose, SetPassword, life)
		if err != nil {
			return op.None{}, err
		}
		return op.None{}, postOr(tx, u, "password_forgotten", mailing.Letter{
			Subject: "Choose a new password",
			Lines:   []string{"Somebody, probably you, asked for a new password for this address. With this link you choose one."},
			Button:  "Choose a new password", Path: "/set-password?token=" + token,
			After: []string{
				"The link is good once, and not for long. When you use it, you are signed out everywhere.",
				"If you did not ask for this, you need not do anything: your password stays as it is.",
			},
			Expires: tx.Now().Add(life).UnixMilli(),
		})
	},
}

// forgetful finds whom a link would be of use to, or nobody.
func forgetful(tx *op.Tx, in Forgotten) (*user.User, error) {
	norm, err := text.NormEmail(in.Email)
	if err != nil {
		return nil, errs.Field("email", "%s", errs.Of(err).Detail)
	}
	find, args := "select user_id from staff_emails where email_norm = $1", []any{norm}
	if in.Audience != session.Staff {
		find, args = "select id from users where email_norm = $1 and brand_id = $2", []any{norm, string(in.Brand)}
	}
	var id user.ID
	if err := tx.QueryRow(find, args...).Scan(&id); err != nil && !errors.Is(err, store.ErrNoRows) {
		return nil, err
	}
	u, err := user.Find(tx, id) // also where there is none, for the time that it takes
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !u.Status.MaySignIn() || errors.Is(MayMail(tx, u.ID, SetPassword), ErrLinkRate) {
		return nil, nil
	}
	if _, err := mayOpen(tx, u, in.Audience); err != nil {
		return nil, nil //nolint:nilerr // whoever has no business there is told nothing
	}
	return u, nil
}

// Forgot mails the link to choose a new password. The answer is the same whatever the address.
func (d *Desk) Forgot(ctx context.Context, c *op.Caller, in Forgotten) error {
	if wait := d.asked.take(c.IP, codesPerHour, d.Door.Now()); wait > 0 {
		return ErrTooMany.After(wait)
	}
	defer d.Even(ctx, time.Now())
	_, err := op.Keep(ctx, d.Door, c, forgot, in)
	if errors.Is(err, errs.ErrNotFound) { // archived or deleted in this moment: by now the address is nobody's
		_, err = op.Keep(ctx, d.Door, c, forgot, in)
	}
	return err
}
