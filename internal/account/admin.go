package account

import (
	"context"
	"errors"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// setUpLife is how long the link for the first Super Admin is good (security.md A-LOG 12).
const setUpLife = time.Hour

// ErrSetUp refuses to set up an installation that has its first Super Admin.
var ErrSetUp = errs.New(errs.Gone, "set_up_already", "This installation is set up already. Sign in, or ask a Super Admin.")

// Claimed says whether somebody holds the Super Admin role: until then there is nothing but /setup.
func Claimed(r store.Reader) (bool, error) {
	n, err := store.Value[int64](r.QueryRow("select count(*) from grants where role = 'super_admin' and ended_at = 0"))
	return n > 0, err
}

// OfferSetUp makes the one-time link with which the first Super Admin is made. Only the machine itself can ask for it.
var OfferSetUp = &op.Action[op.None, op.Place, string]{
	Name: "setup.offer", Summary: "Make the one-time link for the first Super Admin", Allow: access.SystemKeys,
	Target: func(*op.Tx, op.None) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, _ op.None) (string, error) {
		if claimed, err := Claimed(tx); err != nil || claimed {
			return "", orElse(err, ErrSetUp)
		}
		tx.Note("offered", "a link to set up")
		return auth.NewLink(tx, "", auth.SetUp, setUpLife)
	},
}

// FirstAdmin is the form of /setup, its password hashed already.
type FirstAdmin struct {
	Token     string `json:"-"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Hash      string `json:"-"`
}

// SetUp makes the first Super Admin, for who has the one-time link.
var SetUp = &op.Action[FirstAdmin, op.Place, user.ID]{
	Name: "setup.claim", Summary: "Make the first Super Admin with the one-time link", Open: true,
	Target: func(*op.Tx, FirstAdmin) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in FirstAdmin) (user.ID, error) {
		if claimed, err := Claimed(tx); err != nil || claimed {
			return "", orElse(err, ErrSetUp)
		}
		if _, err := auth.UseLink(tx, in.Token, auth.SetUp); err != nil {
			return "", err
		}
		return superAdmin(tx, in.Email, in.FirstName, in.LastName, in.Hash)
	},
}

// ClaimSetUp checks and hashes the password of the first Super Admin, then makes them.
func ClaimSetUp(ctx context.Context, d *auth.Desk, c *op.Caller, in FirstAdmin, candidate string) (user.ID, error) {
	if _, err := d.OpenLink(ctx, c, in.Token, auth.SetUp); err != nil {
		return "", err
	}
	hash, err := d.Hash(ctx, candidate, password.Context{Staff: true, Name: in.FirstName + " " + in.LastName, Email: in.Email})
	if err != nil {
		return "", err
	}
	in.Hash = hash
	return op.Do(ctx, d.Door, c, SetUp, in)
}

// CreateAdmin is break-glass: the operator at the machine makes a Super Admin, who sets a password by the link that is printed.
var CreateAdmin = &op.Action[NewAdmin, op.Place, Added]{
	Name: "admin.create", Summary: "Make a Super Admin from the machine's own command line", Allow: access.SystemKeys,
	Target: func(*op.Tx, NewAdmin) (op.Place, error) { return op.Installation, nil },
	Do: func(tx *op.Tx, _ op.Place, in NewAdmin) (a Added, err error) {
		if tx.Caller().Kind != op.Operator {
			return a, op.ErrForbidden
		}
		if a.User, err = superAdmin(tx, in.Email, in.FirstName, in.LastName, ""); err != nil {
			return a, err
		}
		a.Token, err = auth.NewLink(tx, a.User, auth.SetPassword, setUpLife)
		return a, err
	},
}

// NewAdmin names a Super Admin to be made.
type NewAdmin struct {
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// NewPasswordLink is break-glass too: a link with which a member of staff sets a new password. Their sessions and older links end.
var NewPasswordLink = &op.Action[string, *user.User, Added]{
	Name: "admin.reset", Summary: "Make a password link from the machine's own command line", Allow: access.SystemKeys,
	AllowFor: func(*user.User, string) access.Permission { return access.UsersResetPassword },
	Target: func(tx *op.Tx, email string) (*user.User, error) {
		norm, err := text.NormEmail(email)
		if err != nil {
			return nil, errs.ErrNotFound
		}
		var id user.ID
		err = tx.QueryRow("select user_id from staff_emails where email_norm = $1", norm).Scan(&id)
		if errors.Is(err, store.ErrNoRows) {
			return nil, errs.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return find(tx, id)
	},
	Do: func(tx *op.Tx, u *user.User, _ string) (a Added, err error) {
		if tx.Caller().Kind != op.Operator {
			return a, op.ErrForbidden
		}
		if u.Status == user.Invited {
			return a, ErrOnlyInvited.Say("This person was invited and has not accepted yet, so there is no password to set anew. Send the invitation again instead.")
		}
		if err := lockOut(tx, u, "password_reset"); err != nil {
			return a, err
		}
		tx.Note("link", "set a new password")
		a.User = u.ID
		a.Token, err = auth.NewLink(tx, u.ID, auth.SetPassword, setUpLife)
		return a, err
	},
}

// superAdmin makes an active Super Admin. A hash of "" leaves the password to a link: until then the account is one without a
// password, and a try to sign in to it is answered like one to no account at all.
func superAdmin(tx *op.Tx, email, firstName, lastName, hash string) (user.ID, error) {
	in := NewStaff{
		Email: email, FirstName: firstName, LastName: lastName,
		Assignment: Assignment{Role: access.SuperAdmin.Key, Places: At(brand.Platform)},
	}
	if err := in.check(true); err != nil {
		return "", err
	}
	u, _, err := newStaff(tx, adding{nodes: []access.Scope{access.Platform}, trusted: true}, in, user.Active)
	if err != nil {
		return "", err
	}
	if hash == "" {
		return u.ID, nil
	}
	return u.ID, auth.SetHash(tx, u, hash)
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
