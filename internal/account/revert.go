package account

import (
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/apikey"
	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/invite"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// Whoever changed an address, the person or staff, the old one can take it back for 72 hours (security.md A-CUST 1, rule E). Taking it
// back says that the account was in the wrong hands meanwhile: whatever those could have left behind ends.

// revert is the way back to an address that an account had.
type revert struct {
	Link     string  `db:"link_hash,key"`
	User     user.ID `db:"user_id"`
	Address  string  `db:"address_box"`
	Verified int64   `db:"verified_at"`
	Attested int64   `db:"attested_at"`
	MadeAt   int64   `db:"made_at"`
	Expires  int64   `db:"expires_at"`
	UsedAt   int64   `db:"used_at"`
}

var reverts = op.Bookkeeping[revert]("address_reverts")

const revertLife = 72 * time.Hour

// ErrRevertTaken refuses to go back to an address that another account has by now.
var ErrRevertTaken = errs.New(errs.Conflict, "revert_taken", "Another account uses this address by now, so it cannot be given back, and nothing was changed. Write to the shop: staff can sort this out.")

func (r *revert) live(now time.Time) bool { return r.UsedAt == 0 && r.Expires > now.UnixMilli() }

// newRevert makes the way back to the address that the account had before, and gives its token.
func newRevert(tx *op.Tx, before *user.User) (token string, err error) {
	now := tx.Now()
	if _, err := reverts.Clear(tx, "where user_id = $1 and expires_at <= $2", string(before.ID), now.UnixMilli()); err != nil {
		return "", err
	}
	r := revert{
		User: before.ID, Verified: before.EmailVerified, Attested: before.EmailAttested,
		MadeAt: now.UnixMilli(), Expires: now.Add(revertLife).UnixMilli(),
	}
	token, r.Link = secret.Token()
	if r.Address, err = tx.Seal(string(before.ID), before.Email); err != nil {
		return "", err
	}
	return token, reverts.Insert(tx, &r)
}

// tellMoved tells both addresses what became of the account's. The letter to the old one has the way back.
func tellMoved(tx *op.Tx, u, before *user.User, what string) error {
	letter := mailing.Letter{
		Subject: "The e-mail address of your account was changed", Lines: []string{what},
		Facts: []mailing.Fact{{Label: "Old address", Value: orNone(before.Email)}, {Label: "New address", Value: orNone(u.Email)}},
		After: []string{"If you did not ask for this, " + whomToTell(u) + "."},
	}
	if err := mailing.PostTo(tx, u, u.Email, changedKind, letter); err != nil || before.Email == "" {
		return err
	}
	token, err := newRevert(tx, before)
	if err != nil {
		return err
	}
	letter.Button, letter.Path = "Take the address back", "/email/revert?token="+token
	letter.After = []string{"If you did not ask for this, take the address back with the link above. It is good for 72 hours, once: this address is used again, everybody is signed out, and you choose a new password."}
	letter.Expires = tx.Now().Add(revertLife).UnixMilli()
	return mailing.PostTo(tx, u, before.Email, changedKind, letter)
}

// whomToTell says who helps when a letter tells of something that was not asked for.
func whomToTell(u *user.User) string {
	if u.Kinds&user.IsStaff != 0 {
		return "tell the people who run the desk at once"
	}
	return "answer this mail or call the shop"
}

// Reverting is the link in the old mailbox.
type Reverting struct {
	Token string `json:"-"`
}

// LookUpRevert says whether a way back is open. It uses nothing up: mail scanners open links too.
var LookUpRevert = &op.Query[Reverting, op.None]{
	Name: "email.look_up_revert", Summary: "Read whether an e-mail address can be taken back by a link", Open: true,
	Do: func(v *op.View, in Reverting) (op.None, error) {
		r, err := reverts.Find(v, secret.HashToken(in.Token))
		if err == nil && !r.live(v.Now()) {
			err = auth.ErrLink
		}
		return op.None{}, orLink(err)
	},
}

// RevertEmail gives an account its old address back, for who holds the link that was mailed there. Every session ends, and so does
// every way in of the meantime: passkeys, authenticator apps, recovery codes, API keys, the password, links and codes. Later ways back
// are void: they lead to addresses of that time.
var RevertEmail = &op.Action[Reverting, *reverting, op.None]{
	Name: "email.revert", Summary: "Take an e-mail address back by the link that was sent to it", Open: true,
	Target: func(tx *op.Tx, in Reverting) (*reverting, error) {
		r, err := reverts.Find(tx, secret.HashToken(in.Token))
		if err != nil || !r.live(tx.Now()) {
			return nil, orElse(orLink(err), auth.ErrLink)
		}
		u, err := user.Find(tx, r.User)
		if err != nil {
			return nil, orLink(err)
		}
		return &reverting{u, r}, nil
	},
	Do: func(tx *op.Tx, t *reverting, _ Reverting) (none op.None, err error) {
		u, was := t.User, t.Email
		if gone(u) {
			return none, auth.ErrLink
		}
		if u.Email, err = tx.Unseal(string(u.ID), t.revert.Address); err != nil {
			return none, err
		}
		u.EmailVerified, u.EmailAttested = t.revert.Verified, t.revert.Attested
		if err := user.Save(tx, u); err != nil {
			if errors.Is(err, user.ErrEmailTaken) || errors.Is(err, user.ErrBarred) {
				err = ErrRevertTaken.Because(err)
			}
			return none, err
		}
		if u.Status == user.Banned {
			if err := user.Bar(tx, u); err != nil {
				return none, err
			}
		}
		if err := holdStaffEmail(tx, u); err != nil {
			if errors.Is(err, ErrStaffElsewhere) {
				err = ErrRevertTaken.Because(err)
			}
			return none, err
		}
		if err := t.endMeantime(tx); err != nil {
			return none, err
		}
		if err := invite.Follow(tx, u, nil); err != nil {
			return none, err
		}
		return none, t.tell(tx, was)
	},
}

// reverting is a person with the way back that they use.
type reverting struct {
	*user.User
	revert *revert
}

// endMeantime ends what was there while the address was another one.
func (t *reverting) endMeantime(tx *op.Tx) error {
	u, since := t.User, t.revert.MadeAt
	if _, err := changes.Clear(tx, "where user_id = $1", string(u.ID)); err != nil {
		return err
	}
	void, err := reverts.All(tx, "where user_id = $1 and made_at >= $2 and used_at = 0", string(u.ID), since)
	for i := range void {
		if err == nil {
			void[i].UsedAt = tx.Now().UnixMilli()
			err = reverts.Update(tx, &void[i])
		}
	}
	if err != nil {
		return err
	}
	if err := lockOut(tx, u, revertedKind); err != nil {
		return err
	}
	if err := auth.EndSince(tx, u, since); err != nil {
		return err
	}
	return apikey.RevokeSince(tx, u.ID, since)
}

// tell tells both addresses; the letter to the old one, which is the account's again, has the link for a new password.
func (t *reverting) tell(tx *op.Tx, was string) error {
	u := t.User
	if was != "" && was != u.Email {
		err := mailing.PostTo(tx, u, was, revertedKind, mailing.Letter{
			Subject: "This e-mail address was taken off an account",
			Lines:   []string{"The account that used this address has its old address back, and everybody was signed out of it."},
			After:   []string{"If you expected something else, write to the shop."},
		})
		if err != nil {
			return err
		}
	}
	letter := mailing.Letter{
		Subject: "Your e-mail address is back",
		Lines:   []string{"Your account has this address again. Everybody was signed out, and what was added to it meanwhile to sign in with was removed."},
	}
	if resettable(u) != nil || u.Kinds == user.IsCompany { // who signs in with codes needs no password
		return mailing.Post(tx, u, revertedKind, letter)
	}
	rules, err := security.Load(tx)
	if err != nil {
		return err
	}
	life := time.Duration(rules.ResetMinutes) * time.Minute
	token, err := auth.NewLink(tx, u.ID, auth.SetPassword, life)
	if err != nil {
		return err
	}
	letter.Lines = append(letter.Lines, "The old password is not good any more. Choose a new one.")
	letter.Button, letter.Path = "Choose a new password", "/set-password?token="+token
	letter.After = []string{"The link is good for " + security.Span(life) + ", once. Later, ask for another one on the sign-in page."}
	letter.Expires = tx.Now().Add(life).UnixMilli()
	return mailing.Post(tx, u, revertedKind, letter)
}
