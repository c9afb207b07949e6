package auth

import (
	"errors"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/user"
)

// A known device is a browser that a person has signed in with, by a cookie of its own for each person and audience: several people
// on one browser do not push each other out. From there a wrong password makes nobody wait, and a sign-in is not told by mail. It
// opens nothing.
type knownDevice struct {
	Token    string           `db:"token_hash,key"`
	User     user.ID          `db:"user_id"`
	Audience session.Audience `db:"audience"`
	MadeAt   int64            `db:"made_at"`
}

var knownDevices = op.Bookkeeping[knownDevice]("known_devices")

const (
	devicesAtMost = 20
	deviceLife    = 365 * 24 * time.Hour
)

// isKnown says whether one of the cookies of a browser, separated by spaces, makes it a known device of the person.
func isKnown(r store.Reader, now time.Time, u user.ID, a session.Audience, cookies string) (bool, error) {
	tokens := strings.Fields(cookies)
	for _, token := range tokens[:min(len(tokens), devicesAtMost)] {
		d, err := knownDevices.Find(r, secret.HashToken(token))
		if err == nil && d.User == u && d.Audience == a && now.Before(time.UnixMilli(d.MadeAt).Add(deviceLife)) {
			return true, nil
		}
		if err != nil && !errors.Is(err, errs.ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}

// remember makes a known device and gives its cookie. The oldest beyond twenty are forgotten.
func remember(tx *op.Tx, u user.ID, a session.Audience) (token string, err error) {
	all, err := knownDevices.All(tx, "where user_id = $1 and audience = $2 order by made_at desc, token_hash", string(u), string(a))
	if err != nil {
		return "", err
	}
	for i := range all {
		if i >= devicesAtMost-1 {
			if err := knownDevices.Delete(tx, &all[i]); err != nil {
				return "", err
			}
		}
	}
	token, hash := secret.Token()
	return token, knownDevices.Insert(tx, &knownDevice{Token: hash, User: u, Audience: a, MadeAt: tx.Now().UnixMilli()})
}

// forgetDevices forgets every known device of a person: with whatever ends their pending links and codes (security.md A-LOG 6).
func forgetDevices(tx *op.Tx, u user.ID) error {
	_, err := knownDevices.Clear(tx, "where user_id = $1", string(u))
	return err
}

// wasHere says whether the person has signed in before.
func wasHere(r store.Reader, u user.ID) (bool, error) {
	n, err := store.Value[int64](r.QueryRow("select count(*) from (select 1 as one from sign_ins where user_id = $1 and outcome = 'ok' limit 1) as first_one", string(u)))
	return n > 0, err
}

// tellNewDevice tells a person of a sign-in from a browser that they have not used before (security.md A-LOG 10).
func tellNewDevice(tx *op.Tx, u *user.User, s *session.Session) error {
	at, err := localTime(tx, u)
	if err != nil {
		return err
	}
	place := s.Country
	if place == "" {
		place = "an unknown place"
	}
	return mailing.Post(tx, u, "new_device", mailing.Letter{
		Subject: "New sign-in from " + s.Device,
		Lines:   []string{"Somebody signed in to your account from a device that you have not used before."},
		Facts:   []mailing.Fact{{Label: "Device", Value: s.Device}, {Label: "Where", Value: place}, {Label: "When", Value: at}},
		After:   []string{"If this was you, there is nothing to do.", "If it was not, sign in, end that session, and change your password if you have one."},
	})
}

// tellEnded tells a person that their oldest session ended because there were too many.
func tellEnded(tx *op.Tx, u *user.User, ended []session.Session) error {
	l := mailing.Letter{
		Subject: "Your oldest session was ended",
		Lines:   []string{"You signed in on more devices than can be signed in at once, so the session that began first was ended."},
		After:   []string{"If you did not sign in just now, end the sessions that are not yours and change your password."},
	}
	for _, s := range ended {
		l.Facts = append(l.Facts, mailing.Fact{Label: "Ended", Value: s.Device})
	}
	return mailing.Post(tx, u, "session_ended", l)
}

// localTime is the time of the operation as the person's brand tells it.
func localTime(tx *op.Tx, u *user.User) (string, error) {
	zone := time.UTC
	if u.Brand != brand.Platform { // read without a lock: every sign-in of a brand passes here
		all, err := brand.Table.All(tx, "where id = $1", string(u.Brand))
		if err != nil {
			return "", err
		}
		if len(all) == 1 {
			zone = all[0].Location()
		}
	}
	return tx.Now().In(zone).Format("2 January 2006, 15:04 MST"), nil
}
