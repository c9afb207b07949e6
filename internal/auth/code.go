package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/stewardhq/steward/internal/brand"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/session"
	"github.com/stewardhq/steward/internal/text"
	"github.com/stewardhq/steward/internal/user"
)

// Codes by mail let customers and company users in, never staff. A code is eight digits, good once, for five minutes, for five
// tries, and only in the browser that asked for it; a newer one ends the older. It is no second factor: who has one is asked for it.
//
// An address without an account is treated as one with: the same rows are written, the same limits hold, a letter to nobody is put
// into the outbox, and every answer is the same. So nobody learns which addresses have an account, by words or by time.
//
// Wrong codes in a row are counted for the account, not for the code. Ten make it pause, twenty switch codes off until a link that
// was mailed is used; asking for another code changes neither.

// Numbers of security.md A0, “OTP login code”, “Code issuing”, “Consecutive failed codes per account”.
const (
	codeDigits    = 8
	codeLife      = 5 * time.Minute
	codeTries     = 5
	codeEvery     = 30 * time.Second
	codesPer15Min = 5
	codesPerDay   = 20
	codesPerHour  = 30 // of one network
	wrongPause    = 10 // in a row
	wrongOff      = 20
	pauseLife     = 15 * time.Minute
	unlockLife    = 7 * 24 * time.Hour
)

// Refusals of codes.
var (
	ErrCode     = errs.New(errs.Unauthorized, "code_wrong", "That code is not right, or not valid any more. A code is good once, for five minutes, and only in the browser that asked for it.")
	ErrCodeRate = errs.New(errs.TooMany, "code_rate", "That is too many codes in a short time. Wait a little, then ask for another one.")
	ErrPause    = errs.New(errs.TooMany, "code_pause", "There were too many wrong codes for this address. Codes work again in a quarter of an hour.")
	ErrCodesOff = errs.New(errs.Forbidden, "codes_off", "There were too many wrong codes for this address, so codes are switched off for it. Ask for a code: you are mailed a link that switches them on again.")
	ErrNoCodes  = errs.New(errs.Conflict, "no_codes_for_staff", "The desk is not opened by a code. Sign in with your password or a passkey.")
)

// CodeWait is how long the page asks people to wait before the next code.
const CodeWait = codeEvery

// UnlockCodes is the purpose of the link that switches codes on again.
const UnlockCodes Purpose = "unlock_codes"

type code struct {
	Browser  string           `db:"browser_hash,key"`
	Who      string           `db:"who"` // the account, or a keyed hash of the address where there is none
	User     user.ID          `db:"user_id"`
	Audience session.Audience `db:"audience"`
	Hash     string           `db:"code_hash"`
	Tries    int64            `db:"tries"`
	MadeAt   int64            `db:"made_at"`
	Expires  int64            `db:"expires_at"`
	UsedAt   int64            `db:"used_at"`
}

type codeFailure struct {
	Who      string `db:"who,key"`
	Failures int64  `db:"failures"`
	FailedAt int64  `db:"failed_at"`
}

// codeFailed is the same table by its key alone: making sure of a row leaves one that is there as it is.
type codeFailed struct {
	Who string `db:"who,key"`
}

var (
	codes        = op.Bookkeeping[code]("sign_in_codes")
	codeFailures = op.Bookkeeping[codeFailure]("code_failures")
	codeFaileds  = op.Bookkeeping[codeFailed]("code_failures")
)

// Ask is a request for a code.
type Ask struct {
	Audience session.Audience // account or company
	Brand    brand.ID
	Email    string
}

// Sent is a code on its way, or what looks the same.
type Sent struct {
	Browser string    // for a cookie: only with it is the code good
	Expires time.Time // of the code
}

// SendCode mails a code, if the address has an account that it could let in. Nobody can tell whether it did.
func (d *Desk) SendCode(ctx context.Context, c *op.Caller, in Ask) (Sent, error) {
	if in.Audience == session.Staff {
		return Sent{}, ErrNoCodes
	}
	if _, err := text.NormEmail(in.Email); err != nil {
		return Sent{}, errs.Field("email", "%s", errs.Of(err).Detail)
	}
	if wait := d.asked.take(c.IP, codesPerHour, d.Door.Now()); wait > 0 {
		return Sent{}, ErrCodeRate.After(wait)
	}
	defer d.Even(ctx, time.Now())
	s, err := op.Keep(ctx, d.Door, c, sendCode, in)
	if errors.Is(err, errs.ErrNotFound) { // archived or deleted in this moment: by now the address is nobody's
		s, err = op.Keep(ctx, d.Door, c, sendCode, in)
	}
	return s, err
}

// sendCode makes a code and puts its letter into the outbox.
var sendCode = &op.Upkeep[Ask, Sent]{
	Name: "auth.send_code", Summary: "Mail a code to sign in with, to whom it could let in",
	Do: func(tx *op.Tx, in Ask) (s Sent, err error) {
		if in.Audience == session.Staff {
			return s, ErrNoCodes
		}
		u, who, err := addressee(tx, in)
		if err != nil {
			return s, err
		}
		wrong, err := wrongCodes(tx, who)
		if err != nil {
			return s, err
		}
		if wait := wrong.pause(tx.Now()); wait > 0 {
			return s, ErrPause.After(wait)
		}
		if err := mayIssue(tx, who); err != nil {
			return s, err
		}
		older, err := codes.All(tx, "where who = $1 and audience = $2 and used_at = 0 and expires_at > $3", who, string(in.Audience), tx.Now().UnixMilli())
		if err != nil {
			return s, err
		}
		for i := range older {
			older[i].Expires = tx.Now().UnixMilli()
			if err := codes.Update(tx, &older[i]); err != nil {
				return s, err
			}
		}
		row := code{Who: who, Audience: in.Audience, MadeAt: tx.Now().UnixMilli(), Expires: tx.Now().Add(codeLife).UnixMilli()}
		s.Browser, row.Browser = secret.Token()
		s.Expires = time.UnixMilli(row.Expires)
		digits := secret.Code(codeDigits)
		row.Hash = codeHash(tx, row.Browser, digits)
		letter, kind := codeLetter(tx, digits, row.Expires), "sign_in_code"
		if u != nil {
			row.User = u.ID
		}
		if wrong.Failures >= wrongOff {
			row.Hash = ""
			if kind, letter, err = unlockLetter(tx, u); err != nil {
				return s, err
			}
		}
		if err := codes.Insert(tx, &row); err != nil {
			return s, err
		}
		return s, postOr(tx, u, kind, letter)
	},
}

// postOr posts a letter to a person, or does the same work for nobody.
func postOr(tx *op.Tx, u *user.User, kind string, l mailing.Letter) error {
	if u == nil {
		return mailing.PostNobody(tx, kind, l)
	}
	return mailing.Post(tx, u, kind, l)
}

// addressee finds whom a code is for: nil where there is nobody whom it could let in. Whose status keeps them out is sent one all the
// same, because what keeps them out is told to the right person only; but not who has not accepted an invitation yet, nor who is gone.
// who is the same for an address wherever it is tried, so that limits tell nothing either.
func addressee(tx *op.Tx, in Ask) (u *user.User, who string, err error) {
	norm, err := text.NormEmail(in.Email)
	if err != nil {
		return nil, "", errs.Field("email", "%s", errs.Of(err).Detail)
	}
	nobody := hex.EncodeToString(tx.MAC("address of a code", []byte(in.Brand), []byte(norm)))
	var id user.ID
	err = tx.QueryRow("select id from users where email_norm = $1 and brand_id = $2", norm, string(in.Brand)).Scan(&id)
	if err != nil && !errors.Is(err, store.ErrNoRows) {
		return nil, "", err
	}
	u, err = user.Find(tx, id) // also where there is none, for the time that it takes
	if errors.Is(err, errs.ErrNotFound) {
		return nil, nobody, nil
	}
	if err != nil {
		return nil, "", err
	}
	who = string(u.ID)
	switch u.Status {
	case user.Active, user.Deactivated, user.Suspended, user.Banned:
	default:
		return nil, who, nil
	}
	_, err = mayOpen(tx, u, in.Audience)
	if err != nil && errs.Of(err).Kind == errs.Forbidden {
		return nil, who, nil
	}
	return u, who, err
}

// wrongCodes reads the count of wrong codes in a row, for update: whatever else has to do with codes of this address waits here.
func wrongCodes(tx *op.Tx, who string) (*codeFailure, error) {
	if err := codeFaileds.Put(tx, codeFailed{who}); err != nil {
		return nil, err
	}
	return codeFailures.Find(tx, who)
}

// pause is how much longer codes do not work after ten wrong ones.
func (f *codeFailure) pause(now time.Time) time.Duration {
	if f.Failures != wrongPause {
		return 0
	}
	return max(0, time.UnixMilli(f.FailedAt).Add(pauseLife).Sub(now))
}

// mayIssue holds the rates of codes for one address.
func mayIssue(tx *op.Tx, who string) error {
	var last, quarter, day int64
	now := tx.Now().UnixMilli()
	err := tx.QueryRow(`select coalesce(max(made_at), 0), count(case when made_at > $2 then 1 end), count(*) from sign_in_codes
		where who = $1 and made_at > $3`, who, now-(15*time.Minute).Milliseconds(), now-(24*time.Hour).Milliseconds()).Scan(&last, &quarter, &day)
	if err != nil {
		return err
	}
	switch {
	case now-last < codeEvery.Milliseconds():
		return ErrCodeRate.After(time.Duration(last+codeEvery.Milliseconds()-now) * time.Millisecond)
	case quarter >= codesPer15Min:
		return ErrCodeRate.After(15 * time.Minute)
	case day >= codesPerDay:
		return ErrCodeRate.After(time.Hour)
	}
	return nil
}

// codeHash binds a code to the browser that asked for it. Eight digits are too few to hash alone, so the hash is keyed.
func codeHash(tx *op.Tx, browser, digits string) string {
	return hex.EncodeToString(tx.MAC("sign-in code", []byte(browser), []byte(digits)))
}

func codeLetter(tx *op.Tx, digits string, expires int64) mailing.Letter {
	l := mailing.Letter{
		Subject: digits + " is your code to sign in",
		Lines:   []string{"Type this code on the page that asked for it:"},
		Code:    digits,
		After: []string{
			"It is good once, for five minutes, and only in the browser in which you asked for it.",
			"If you did not ask for it, do nothing and give it to nobody: without it nobody comes in.",
		},
		Expires: expires,
	}
	if ip := tx.Caller().IP; ip != "" {
		l.Facts = []mailing.Fact{{Label: "Asked from", Value: ip}}
	}
	return l
}

// unlockLetter has the link that switches codes on again.
func unlockLetter(tx *op.Tx, u *user.User) (kind string, l mailing.Letter, err error) {
	token, to := "", user.ID("")
	if u != nil {
		to = u.ID
	}
	if token, err = NewLink(tx, to, UnlockCodes, unlockLife); err != nil {
		return "", l, err
	}
	return "codes_unlock", mailing.Letter{
		Subject: "Signing in with a code is switched off",
		Lines: []string{
			"There were twenty wrong codes in a row for your account, so signing in with a code is switched off.",
			"If that was you, switch codes on again. If it was not, somebody tried to guess their way in, and did not succeed.",
		},
		Button: "Switch codes on again", Path: "/unlock-codes?token=" + token,
		After:   []string{"The link is good once, for seven days. Everything else works as before."},
		Expires: tx.Now().Add(unlockLife).UnixMilli(),
	}, nil
}

// Answer is a code as somebody types it.
type Answer struct {
	Audience session.Audience
	Brand    brand.ID
	Browser  string // the cookie of the browser
	Code     string
	Known    string // the cookies of known devices that the browser has, separated by spaces
}

// SignInCode lets a person in with a code.
func (d *Desk) SignInCode(ctx context.Context, c *op.Caller, in Answer) (Signed, error) {
	if wait := d.spray.blocked(c.IP, d.Door.Now()); wait > 0 {
		return Signed{}, ErrTooMany.After(wait)
	}
	in.Code = strings.ReplaceAll(in.Code, " ", "")
	whose, err := op.Keep(ctx, d.Door, c, tryCode, in)
	if errors.Is(err, errs.ErrNotFound) { // archived or deleted in this moment
		err = ErrCode
	}
	if err != nil {
		return Signed{}, err
	}
	if whose.refusal != nil {
		d.spray.failed(c.IP, d.Door.Now())
		return Signed{}, whose.refusal
	}
	return d.enter(ctx, c, entry{User: whose.user, Audience: in.Audience, Method: "code", Devices: in.Known}, ErrCode)
}

// tried is what became of a try: whose code it was, or why it lets nobody in. It is no error, so that the count of it stays.
type tried struct {
	user    user.ID
	refusal error
}

// tryCode counts a try before it looks at the code, so that guesses in parallel all count, and uses up what was right.
var tryCode = &op.Upkeep[Answer, tried]{
	Name: "auth.try_code", Summary: "Try a code that somebody signs in with",
	Do: func(tx *op.Tx, in Answer) (t tried, err error) {
		t.refusal = ErrCode
		browser := secret.HashToken(in.Browser)
		found, err := codes.All(tx, "where browser_hash = $1", browser) // without a lock: the count is locked first, as when a code is made
		if err != nil || len(found) == 0 {
			return t, err
		}
		wrong, err := wrongCodes(tx, found[0].Who)
		if err != nil {
			return t, err
		}
		row, err := codes.Find(tx, browser)
		if err != nil {
			return t, err
		}
		now := tx.Now()
		switch {
		case wrong.Failures >= wrongOff:
			t.refusal = ErrCodesOff
			return t, nil
		case wrong.pause(now) > 0:
			t.refusal = ErrPause.After(wrong.pause(now))
			return t, nil
		case row.UsedAt != 0 || row.Expires <= now.UnixMilli() || row.Tries >= codeTries || row.Audience != in.Audience:
			return t, nil
		}
		row.Tries++
		wrong.Failures, wrong.FailedAt = wrong.Failures+1, now.UnixMilli()
		right := row.Hash != "" && secret.Equal(row.Hash, codeHash(tx, browser, in.Code)) && row.User != ""
		var u *user.User
		if row.User != "" {
			if u, err = user.Find(tx, row.User); err != nil {
				return t, err
			}
			right = right && u.Brand == in.Brand
		}
		if right {
			row.UsedAt, wrong.Failures, wrong.FailedAt = now.UnixMilli(), 0, 0
			t.user, t.refusal = row.User, nil
		}
		if err := errors.Join(codes.Update(tx, row), codeFailures.Update(tx, wrong)); err != nil || right {
			return t, err
		}
		if wrong.Failures == wrongOff {
			kind, letter, err := unlockLetter(tx, u)
			if err != nil {
				return t, err
			}
			if err := postOr(tx, u, kind, letter); err != nil {
				return t, err
			}
		}
		whose := row.User
		if whose == "" {
			whose = mailing.Nobody
		}
		_, err = noteSignIn(tx, whose, "wrong_code", "code")
		return t, err
	},
}

// killCodes ends every code of a person that waits.
func killCodes(tx *op.Tx, u user.ID) error {
	open, err := codes.All(tx, "where who = $1 and used_at = 0 and expires_at > $2", string(u), tx.Now().UnixMilli())
	for i := range open {
		if err == nil {
			open[i].Expires = tx.Now().UnixMilli()
			err = codes.Update(tx, &open[i])
		}
	}
	return err
}

// unlockCodes switches codes on again, for who has the link.
var unlockCodes = &op.Action[linkToken, linkTarget, op.None]{
	Name: "auth.unlock_codes", Summary: "Switch signing in with a code on again, by a link that is good once", Open: true,
	Target: func(tx *op.Tx, in linkToken) (t linkTarget, err error) {
		l, err := Links.Find(tx, secret.HashToken(in.Token))
		if errors.Is(err, errs.ErrNotFound) || err == nil && (!l.live(UnlockCodes, tx.Now()) || l.User == "") {
			return t, ErrLink
		}
		if err != nil {
			return t, err
		}
		t.User, err = user.Find(tx, l.User)
		return t, err
	},
	Do: func(tx *op.Tx, t linkTarget, in linkToken) (op.None, error) {
		if _, err := UseLink(tx, in.Token, UnlockCodes); err != nil {
			return op.None{}, err
		}
		wrong, err := wrongCodes(tx, string(t.ID))
		if err != nil {
			return op.None{}, err
		}
		wrong.Failures, wrong.FailedAt = 0, 0
		tx.Note("codes", "on again")
		return op.None{}, codeFailures.Update(tx, wrong)
	},
}

// UnlockCodes switches codes on again with the link that was mailed.
func (d *Desk) UnlockCodes(ctx context.Context, c *op.Caller, token string) error {
	_, err := op.Do(ctx, d.Door, c, unlockCodes, linkToken{token})
	return err
}

// hourly counts what a network asks for, for as long as this process lives.
type hourly struct {
	mu   sync.Mutex
	from map[netip.Prefix][]time.Time
}

// take counts one more, unless there were as many within the hour: then it says how long to wait.
func (h *hourly) take(ip string, most int, now time.Time) time.Duration {
	key, ok := rateKey(ip)
	if !ok {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.from == nil || len(h.from) > sprayPlaces {
		h.from = map[netip.Prefix][]time.Time{}
	}
	recent := h.from[key]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Hour {
		recent = recent[1:]
	}
	if len(recent) >= most {
		return recent[0].Add(time.Hour).Sub(now)
	}
	h.from[key] = append(recent, now)
	return 0
}
