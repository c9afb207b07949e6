package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// App is an authenticator app of a person: it and Steward know a secret, and both make six digits of it and the time (RFC 6238,
// with what every app expects: SHA-1, six digits, thirty seconds).
type App struct {
	ID       string  `db:"id,key"`
	User     user.ID `db:"user_id"    audit:"plain"`
	Name     string  `db:"name"       audit:"person"`
	Secret   string  `db:"secret_box" audit:"secret"`
	LastStep int64   `db:"last_step"  audit:"upkeep"`
	Version  int64   `db:"version,version"`
	MadeAt   int64   `db:"made_at"    audit:"derived"`
	UsedAt   int64   `db:"used_at"    audit:"upkeep"`

	scope access.Scope
}

var apps = op.Audited[App]("totps")

// Subject names the app, which nobody sees but its person.
func (a *App) Subject() op.Subject {
	return op.Subject{Kind: "app", ID: a.ID, Scope: a.scope, Person: string(a.User)}
}

const (
	totpStep  = 30 // seconds
	totpBytes = 20 // of the secret: 160 bits
	mostApps  = 5
)

// ErrManyApps refuses one app more.
var ErrManyApps = errs.New(errs.Conflict, "many_apps", "This account has five authenticator apps already. Remove one that you do not use any more.")

func stepOf(at time.Time) int64 { return at.Unix() / totpStep }

// AppCode is what an app with this secret shows at a moment.
func AppCode(secret string, at time.Time) (string, error) { return codeOf(secret, stepOf(at)) }

func codeOf(secret string, step int64) (string, error) {
	return hotp.GenerateCode(secret, uint64(step)) //nolint:gosec // steps are after 1970
}

// newSecret makes a secret, as apps take it: base32.
func newSecret() string {
	raw := make([]byte, totpBytes)
	_, _ = rand.Read(raw)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
}

// appLink is the secret as a camera or the same device takes it.
func appLink(secret string, u *user.User) string {
	account := u.Email
	if account == "" {
		account = u.Name()
	}
	q := url.Values{"secret": {secret}, "issuer": {"Steward"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/" + url.PathEscape("Steward:"+account) + "?" + q.Encode()
}

// rightStep gives the step, later than the last one that was accepted, whose code this is: the present one, or one beside it, for
// clocks that differ a little. 0 is none. It looks at all of them whatever is right.
func rightStep(secret, code string, now time.Time, last int64) (right int64, err error) {
	code = strings.Map(digit, code)
	for step := stepOf(now) - 1; step <= stepOf(now)+1; step++ {
		shown, err := codeOf(secret, step)
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(shown), []byte(code)) == 1 && step > last && right == 0 {
			right = step
		}
	}
	return right, nil
}

// digit drops what people type between digits.
func digit(r rune) rune {
	if r == ' ' || r == '-' || r == '\u00a0' || r == '\t' {
		return -1
	}
	return r
}

func appsOf(r store.Reader, u user.ID) ([]App, error) {
	return apps.All(r, "where user_id = $1 order by made_at, id", string(u))
}

// secondApp tries the code of an app. What was right once is not right again, nor is any code from before it.
func secondApp(tx *op.Tx, u user.ID, answer string) (bool, error) {
	all, err := appsOf(tx, u)
	if err != nil {
		return false, err
	}
	for i := range all {
		secret, err := tx.Unseal(string(u), all[i].Secret)
		if err != nil {
			return false, err
		}
		step, err := rightStep(secret, answer, tx.Now(), all[i].LastStep)
		if err != nil {
			return false, err
		}
		if step != 0 {
			all[i].LastStep, all[i].UsedAt = step, tx.Now().UnixMilli()
			return true, apps.Update(tx, &all[i])
		}
	}
	return false, nil
}

// keepApp makes an app with this secret a second factor. lastStep is the step of the code that proved it.
func keepApp(tx *op.Tx, u *user.User, name, secret string, lastStep int64) (*App, error) {
	name, err := appName(name)
	if err != nil {
		return nil, err
	}
	has, err := appsOf(tx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(has) >= mostApps {
		return nil, ErrManyApps
	}
	box, err := tx.Seal(string(u.ID), secret)
	if err != nil {
		return nil, err
	}
	row := &App{
		ID: id.New("app_", tx.Now()), User: u.ID, Name: name, Secret: box, LastStep: lastStep, MadeAt: tx.Now().UnixMilli(), scope: u.Scope(),
	}
	return row, apps.Insert(tx, row)
}

func appName(typed string) (string, error) {
	name, err := text.CleanName(typed)
	if err != nil {
		return "", errs.Field("name", "%s", err)
	}
	if strings.TrimSpace(name) == "" {
		name = "Authenticator app"
	}
	return name, nil
}

// UnusedCode is a code that a person's app could show now and that has not been used: for the demo, which knows everybody's secret.
// It is empty while there is none.
func (d *Desk) UnusedCode(ctx context.Context, u user.ID, secret string) string {
	all, err := appsOf(d.Door.Store().Read(ctx), u)
	if err != nil || len(all) == 0 {
		return ""
	}
	now := stepOf(d.Door.Now())
	step := max(all[0].LastStep+1, now-1)
	if step > now+1 {
		return ""
	}
	code, _ := codeOf(secret, step)
	return code
}
