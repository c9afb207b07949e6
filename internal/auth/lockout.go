package auth

import (
	"fmt"
	"time"

	"github.com/stewardhq/steward/internal/auth/password"
	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

const lockedKind = "password_locked"

// tellLocked tells a person that wrong passwords keep their own out, at most once a day: anybody can do that to anybody from a device
// that is not known, and it should not be found out at the door. Waits of seconds and minutes are not worth a letter.
func tellLocked(tx *op.Tx, id user.ID, a password.Attempts) error {
	c, err := credentials.Find(tx, string(id))
	if err != nil {
		return err
	}
	failures := int(c.Failures)
	off := a.Disables(failures)
	if !off && (a.LockAt == 0 || failures < a.LockAt) {
		return nil
	}
	told, err := store.Value[int64](tx.QueryRow("select count(*) from mails where user_id = $1 and kind = $2 and made_at > $3",
		string(id), lockedKind, tx.Now().Add(-24*time.Hour).UnixMilli()))
	if err != nil || told > 0 {
		return err
	}
	u, err := user.Find(tx, id)
	if err != nil || u.Email == "" {
		return err
	}
	l := mailing.Letter{
		Subject: "Wrong passwords for your account",
		Lines: []string{
			fmt.Sprintf("There were %d wrong passwords in a row for your account, so from a new device no password is looked at for a while. A device that you have signed in with before is not held up.", failures),
		},
		Button: "Choose a new password",
		After:  []string{"If that was you and you remember the password, just wait. If it was not, somebody tried to guess it, and did not succeed."},
	}
	if off {
		l.Subject = "Your password is switched off"
		l.Lines = []string{fmt.Sprintf("There were %d wrong passwords in a row for your account, so the password you have is not looked at any more. Choose a new one to sign in with a password again.", failures)}
		l.After = nil
	}
	if l.Path, err = forgotPath(tx, u); err != nil {
		return err
	}
	return mailing.Post(tx, u, lockedKind, l)
}

// forgotPath is where a person asks for another password.
func forgotPath(r store.Reader, u *user.User) (string, error) {
	if u.Kinds&user.IsStaff != 0 || u.Brand == brand.Platform {
		return "/admin/sign-in/forgot", nil
	}
	b, err := brand.Find(r, u.Brand)
	if err != nil {
		return "", err
	}
	return "/account/" + b.Slug + "/sign-in/forgot", nil
}
