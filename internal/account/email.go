package account

import (
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// One's own change of address, of customers, company users and staff alike (security.md A-CUST 1):
//
//	asked ──the link in the new mailbox──► changed ──the link in the old mailbox, 72 hours──► reverted (revert.go)
//	  └──► withdrawn, replaced by another, or over after 24 hours
//
// Who types an address learns nothing about it: where somebody else has it, the answer is the same, and that mailbox is told. The
// address of staff opens the desk, and so it is changed in a session at the desk alone, which took their second factor.

// changing is a new address that waits to be confirmed.
type changing struct {
	User    user.ID `db:"user_id,key"`
	Link    string  `db:"link_hash"`
	Address string  `db:"address_box"`
	MadeAt  int64   `db:"made_at"`
	AtDesk  bool    `db:"at_desk"` // asked for in a session at the desk
}

var changes = op.Bookkeeping[changing]("address_changes")

const (
	changeLife   = 24 * time.Hour
	claimsADay   = 3 // letters to somebody whose address others type
	askedKind    = "email_change_asked"
	confirmKind  = "email_change"
	claimedKind  = "email_claimed"
	changedKind  = "email_changed"
	revertedKind = "email_reverted"
)

// Refusals of a change of address.
var (
	ErrSameEmail    = errs.New(errs.Conflict, "same_email", "This is your address already, so there is nothing to change.")
	ErrChangeRate   = errs.New(errs.TooMany, "email_change_rate", "You have just asked for this. Wait a little, then ask again.")
	ErrNoChange     = errs.New(errs.Conflict, "no_email_change", "No new address waits to be confirmed.")
	ErrEmailMissing = errs.New(errs.Conflict, "email_taken", "Another account has this address by now, so yours stays as it was. Sign in to that account, or ask for another address.")
)

// NewEmail is the address that somebody wants to have.
type NewEmail struct {
	Email string `json:"email"`
}

// ChangeEmail asks for another address of one's own. Nothing changes before the link that is mailed there is used; the old address is
// told at once.
var ChangeEmail = &op.Action[NewEmail, *user.User, op.None]{
	Name: "email.change", Summary: "Ask for another e-mail address of one's own; a link to it confirms", Own: true, StepUp: true,
	Confirm: func(u *user.User, in NewEmail) op.Confirmation {
		return op.Confirmation{
			Title:  "Change the e-mail address of your account",
			Facts:  []op.Fact{{Label: "From", Value: orNone(u.Email)}, {Label: "To", Value: in.Email}},
			Button: "Change address",
		}
	},
	Target: func(tx *op.Tx, _ NewEmail) (*user.User, error) { return myself(tx) },
	Do: func(tx *op.Tx, u *user.User, in NewEmail) (op.None, error) {
		at := screens(tx.Caller())
		address, err := text.ParseEmail(in.Email)
		switch {
		case err != nil:
			return op.None{}, errs.Field("email", "%s", errs.Of(err).Detail)
		case u.Kinds&user.IsStaff != 0 && at != session.Staff:
			return op.None{}, ErrOwnEmail
		case address.Key == u.EmailNorm:
			return op.None{}, ErrSameEmail
		}
		if err := auth.MayMail(tx, u.ID, auth.ChangeEmail); err != nil {
			if errors.Is(err, auth.ErrLinkRate) {
				err = ErrChangeRate.After(errs.Of(err).Retry)
			}
			return op.None{}, err
		}
		token, err := auth.NewLink(tx, u.ID, auth.ChangeEmail, changeLife)
		if err != nil {
			return op.None{}, err
		}
		c := changing{User: u.ID, Link: secret.HashToken(token), MadeAt: tx.Now().UnixMilli(), AtDesk: at == session.Staff}
		if c.Address, err = tx.Seal(string(u.ID), address.Address); err != nil {
			return op.None{}, err
		}
		if err := changes.Put(tx, c); err != nil {
			return op.None{}, err
		}
		if err := invitesTo(tx, u, address, at, token); err != nil {
			return op.None{}, err
		}
		tx.Note("link", "confirm another e-mail address")
		return op.None{}, mailing.Post(tx, u, askedKind, mailing.Letter{
			Subject: "Another e-mail address was asked for",
			Lines:   []string{"Somebody signed in to your account wants to use another e-mail address with it. Nothing has changed yet: a link that we sent there must be used first."},
			After:   []string{"If this was not you, sign in, end the other sessions, choose another password, and withdraw the change."},
		})
	},
}

// screens are those at which somebody asks: in a session they hold what is of its audience, and nothing else.
func screens(c *op.Caller) session.Audience {
	for i := range c.Grants {
		switch c.Grants[i].Role.For {
		case access.Staff:
			return session.Staff
		case access.CompanyUser:
			return session.Company
		}
	}
	return session.Account
}

// invitesTo writes to the new address: the link; or to who has it, that somebody tried; or, where a ban keeps it out, nothing.
func invitesTo(tx *op.Tx, u *user.User, address text.Email, at session.Audience, token string) error {
	home, path := "Steward", "/admin/me/email"
	if u.Brand != brand.Platform {
		shop, err := brand.Find(tx, u.Brand)
		if err != nil {
			return err
		}
		home = shop.Name
		switch at {
		case session.Account:
			path = "/account/" + shop.Slug + "/email"
		case session.Company:
			path = "/app/" + shop.Slug + "/email"
		}
	}
	barred, err := user.Barred(tx, u.Brand, address.Address)
	if err != nil {
		return err
	}
	owner, err := ownerOf(tx, u, address)
	switch {
	case err != nil:
		return err
	case owner != nil:
		return claimed(tx, owner, home)
	case barred:
		return mailing.PostNobody(tx, confirmKind, mailing.Letter{Subject: "Confirm your new e-mail address"})
	}
	return mailing.PostTo(tx, u, address.Address, confirmKind, mailing.Letter{
		Subject: "Confirm your new e-mail address for " + home,
		Lines:   []string{"Somebody, probably you, wants to use this address with an account at " + home + ". Confirm it, and you sign in with it from then on."},
		Button:  "Confirm this address", Path: path + "/confirm?token=" + token,
		After:   []string{"The link is good once, for 24 hours. If this was not you, do nothing: nothing happens then."},
		Expires: tx.Now().Add(changeLife).UnixMilli(),
	})
}

// ownerOf finds who keeps an address from somebody: another account of their home, or, for staff, staff anywhere. Nil: nobody does.
func ownerOf(tx *op.Tx, u *user.User, address text.Email) (*user.User, error) {
	owner, err := user.FindByEmail(tx, u.Brand, address.Address)
	if errors.Is(err, errs.ErrNotFound) {
		owner, err = nil, nil
	}
	if err != nil || owner != nil || u.Kinds&user.IsStaff == 0 {
		return owner, err
	}
	holder, err := staffEmails.Find(tx, address.Key)
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return user.Find(tx, holder.id())
}

// claimed tells somebody that their address was typed as another account's, a few times a day at most.
func claimed(tx *op.Tx, owner *user.User, home string) error {
	l := mailing.Letter{
		Subject: "Somebody tried to use your e-mail address",
		Lines:   []string{"Somebody tried to give another account at " + home + " this address. It is yours, so nothing was changed, and they were not told that you have an account."},
		After:   []string{"If that was you: you have an account with this address already, and can sign in to it. If not, there is nothing to do."},
	}
	sent, err := store.Value[int64](tx.QueryRow("select count(*) from mails where user_id = $1 and kind = $2 and made_at > $3",
		string(owner.ID), claimedKind, tx.Now().Add(-24*time.Hour).UnixMilli()))
	switch {
	case err != nil:
		return err
	case sent >= claimsADay || !owner.Status.MaySignIn():
		return mailing.PostNobody(tx, claimedKind, l)
	}
	return mailing.Post(tx, owner, claimedKind, l)
}

// WithdrawEmail drops the new address that waits.
var WithdrawEmail = &op.Action[op.None, *user.User, op.None]{
	Name: "email.withdraw", Summary: "Withdraw a change of one's own e-mail address", Own: true,
	Target: func(tx *op.Tx, _ op.None) (*user.User, error) { return myself(tx) },
	Do: func(tx *op.Tx, u *user.User, _ op.None) (op.None, error) {
		n, err := changes.Clear(tx, "where user_id = $1", string(u.ID))
		if err == nil && n == 0 {
			err = ErrNoChange
		}
		return op.None{}, err
	},
}

// Waiting is a new address that waits to be confirmed, for who asked.
type Waiting struct {
	Email   string
	MadeAt  int64
	Expires int64
}

// WaitingEmail reads the new address of one's own that waits; nil when none does.
var WaitingEmail = &op.Query[op.None, *Waiting]{
	Name: "email.waiting", Summary: "Read the new e-mail address of one's own that waits to be confirmed", Own: true,
	Do: func(v *op.View, _ op.None) (*Waiting, error) {
		if err := v.Signed(); err != nil {
			return nil, err
		}
		c, err := changes.Find(v, v.Caller().Person)
		if errors.Is(err, errs.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		l, err := auth.Links.Find(v, c.Link)
		if errors.Is(err, errs.ErrNotFound) || err == nil && !l.Live(auth.ChangeEmail, v.Now()) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		w := &Waiting{MadeAt: c.MadeAt, Expires: l.Expires}
		w.Email, err = v.Unseal(v.Caller().Person, c.Address)
		return w, err
	},
}

// ConfirmingEmail is the link in the new mailbox.
type ConfirmingEmail struct {
	Token string   `json:"-"`
	Brand brand.ID `json:"brand,omitzero"` // the link of another brand counts for nothing; empty: whichever it is
}

// ConfirmEmail makes the new address the account's, for who holds the link that was mailed to it. Every session but the one that
// confirms ends, and so does what else would let somebody in.
var ConfirmEmail = &op.Action[ConfirmingEmail, *confirming, op.None]{
	Name: "email.confirm", Summary: "Confirm a new e-mail address by the link that was sent to it", Open: true,
	Target: func(tx *op.Tx, in ConfirmingEmail) (*confirming, error) {
		c, err := changes.One(tx, "where link_hash = $1", secret.HashToken(in.Token))
		if err != nil {
			return nil, orLink(err)
		}
		u, err := user.Find(tx, c.User)
		if err != nil || in.Brand != "" && in.Brand != u.Brand {
			return nil, orElse(orLink(err), auth.ErrLink)
		}
		return &confirming{u, c}, nil
	},
	Do: func(tx *op.Tx, t *confirming, in ConfirmingEmail) (op.None, error) {
		if _, err := auth.UseLink(tx, in.Token, auth.ChangeEmail); err != nil {
			return op.None{}, err
		}
		u, before := t.User, *t.User
		if err := u.MayEnter(); err != nil {
			return op.None{}, err
		}
		if u.Kinds&user.IsStaff != 0 && !t.change.AtDesk { // became staff meanwhile
			return op.None{}, ErrOwnEmail
		}
		address, err := tx.Unseal(string(u.ID), t.change.Address)
		if err != nil {
			return op.None{}, err
		}
		u.Email, u.EmailVerified, u.EmailAttested = address, tx.Now().UnixMilli(), 0
		switch err := user.Save(tx, u); {
		case errors.Is(err, user.ErrEmailTaken):
			return op.None{}, ErrEmailMissing.Because(err)
		case errors.Is(err, user.ErrBarred):
			return op.None{}, auth.ErrLink.Because(err)
		case err != nil:
			return op.None{}, err
		}
		switch err := holdStaffEmail(tx, u); {
		case errors.Is(err, ErrStaffElsewhere):
			return op.None{}, ErrEmailMissing.Because(err)
		case err != nil:
			return op.None{}, err
		}
		if err := changes.Delete(tx, t.change); err != nil {
			return op.None{}, err
		}
		if err := lockOutOthers(tx, u, changedKind); err != nil {
			return op.None{}, err
		}
		if err := invite.Follow(tx, u, nil); err != nil {
			return op.None{}, err
		}
		return op.None{}, tellMoved(tx, u, &before, "The e-mail address of your account was changed. You sign in with the new address from now on, and you were signed out everywhere else.")
	},
}

// confirming is a person with the change that they confirm.
type confirming struct {
	*user.User
	change *changing
}

// myself is who asks, as what they act on.
func myself(tx *op.Tx) (*user.User, error) {
	return user.Find(tx, user.ID(tx.Caller().Person))
}

// orLink is the one answer for a link that is not there.
func orLink(err error) error {
	if errors.Is(err, errs.ErrNotFound) {
		return auth.ErrLink
	}
	return err
}
