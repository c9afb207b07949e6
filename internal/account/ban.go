package account

import (
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

// Exclusion bans a person.
type Exclusion struct {
	User   user.ID `json:"user"`
	Reason string  `json:"reason"` // for staff
}

// Why is the reason, for the log.
func (e Exclusion) Why() string { return e.Reason }

// Ban is a suspension without an end that also keeps the address from registering again.
var Ban = &op.Action[Exclusion, *user.User, user.Status]{
	Name: "user.ban", Summary: "Ban an account and its address", Allow: access.UsersBan, NotSelf: true,
	Target: func(tx *op.Tx, in Exclusion) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, in Exclusion) (user.Status, error) {
		var wrong errs.Wrong
		in.Reason = cleanReason(in.Reason, &wrong)
		if err := wrong.Err(); err != nil {
			return "", err
		}
		again := u.Status == user.Banned
		u.BanReason = in.Reason
		if again { // for another reason, or for the same: the person has been told
			return u.Status, user.Save(tx, u)
		}
		if err := move(tx, u, user.Ban); err != nil {
			return "", err
		}
		if err := user.Bar(tx, u); err != nil {
			return "", err
		}
		if err := keepHeld(tx, u); err != nil {
			return "", err
		}
		if err := lockOut(tx, u, "banned"); err != nil {
			return "", err
		}
		return u.Status, mailing.Post(tx, u, "banned", mailing.Letter{
			Subject: "Your account was closed",
			Lines: []string{
				"Your account was closed by the people who run the shop. You were signed out everywhere, and you cannot sign in, place orders, or make a new account with this address.",
			},
			After: []string{"If you think that this is a mistake, answer this mail."},
		})
	},
}

// Unban takes a ban back: the account is what it was before, and the address may register again. A suspension below it whose end
// has come in the meantime ends with it.
var Unban = &op.Action[one, *user.User, user.Status]{
	Name: "user.unban", Summary: "Lift the ban of an account", Allow: access.UsersBan, NotSelf: true,
	Target: func(tx *op.Tx, in one) (*user.User, error) { return find(tx, in.User) },
	Do: func(tx *op.Tx, u *user.User, _ one) (user.Status, error) {
		if u.Status == user.Active {
			return u.Status, nil
		}
		if err := u.Moved(user.Unban); err != nil {
			return "", err
		}
		u.BanReason = ""
		if u.Status == user.Suspended && u.Lapsed(tx.Now()) {
			if err := reinstate(u); err != nil {
				return "", err
			}
		}
		if err := user.Unbar(tx, u); err != nil {
			return "", err
		}
		if err := moved(tx, u); err != nil {
			return "", err
		}
		return u.Status, tellLifted(tx, u, "Your account was opened again")
	},
}
