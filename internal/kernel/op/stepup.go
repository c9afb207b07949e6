package op

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/audit"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/id"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// A step-up is a fresh proof for exactly one operation with exactly its values. The first attempt keeps its input on the server,
// sealed, and mails a code that names action, target and values. Where the person has something stronger than their mailbox, that
// proves it as well (prover.go). The proof is used up in the operation's own transaction; other values are refused. Every issue,
// success, failure, expiry and reuse is an audit event (security.md A-STEP).

// Numbers of the mailed code (security.md A0, checklist 161-164).
const (
	codeDigits     = 6
	codeLife       = 5 * time.Minute
	codeTries      = 5
	codeEvery      = 30 * time.Second
	codesPer15Min  = 5
	codesPerDay    = 20
	wrongInARow    = 10
	pauseAfterThat = 15 * time.Minute
)

// Refusals of a step-up.
var (
	ErrStepUpRequired = errs.New(errs.Forbidden, "step_up_required", "Confirm this: with the six-digit code that we have just mailed to you, or with your authenticator app or passkey. You have five minutes.")
	ErrStepUpWrong    = errs.New(errs.Forbidden, "step_up_wrong", "That code is not right.")
	ErrStepUpExpired  = errs.New(errs.Forbidden, "step_up_expired", "That code is no longer valid, and nothing was changed. Start again to get a new one.")
	ErrStepUpMismatch = errs.New(errs.Forbidden, "step_up_mismatch", "That code confirms something else than what is asked now. Start again to get a code for this.")
	ErrStepUpRate     = errs.New(errs.TooMany, "step_up_rate", "That is too many codes in a short time. Wait a little, then start again.")
	ErrStepUpNoWay    = errs.New(errs.Conflict, "step_up_no_way", "This installation mails no codes to confirm with. Add an authenticator app or a passkey to your account, then do this again.")
	ErrStepUpNoMail   = errs.New(errs.Conflict, "step_up_no_mail", "This needs a code by mail, and your account has no address to send it to. Ask a Super Admin to add one.")
)

// Proof is what a person answers a step-up with: the mailed code, or what the prover takes.
type Proof struct{ ID, Code string }

// CodeMail is what the mail with the code says. It goes to the person's own address, never elsewhere.
type CodeMail struct {
	Person       string
	Code         string
	Confirmation Confirmation
	IP           string
	Expires      time.Time
	About        []string // persons whom the confirmation names
}

// Pending is a step-up that waits for its code, as its owner sees it.
type Pending struct {
	ID           string
	Operation    string
	Confirmation Confirmation
	Expires      time.Time
	TriesLeft    int
	Mailed       bool     // a code was mailed
	Ways         []string // what else the person can prove it with, the strongest first
}

type pending struct {
	name     string
	in       any
	subjects []Subject
	confirm  Confirmation
	arms     bool // it gives the person something to confirm with
}

type stepUp struct {
	ID       string `db:"id,key"`
	Person   string `db:"person"`
	Caller   string `db:"caller_id"`
	Session  string `db:"session_id"`
	Op       string `db:"op"`
	Params   string `db:"params_hash"`
	Input    string `db:"input_box"`   // the pending input, sealed for the person
	Shown    string `db:"confirm_box"` // what the person is shown, sealed for them
	CodeHash string `db:"code_hash"`
	IssuedAt int64  `db:"issued_at"`
	Expires  int64  `db:"expires_at"`
	Tries    int64  `db:"tries"`
	WrongAt  int64  `db:"wrong_at"`
	UsedAt   int64  `db:"used_at"`
	Chain    string `db:"chain"`
	Proven   string `db:"proven_hash"` // of the answer that proved it, where that was no mailed code
	Way      string `db:"way"`         // what proved it
}

var stepUps = Bookkeeping[stepUp]("step_ups")

// exempt says who needs no step-up: Steward's own parts, the operator at the machine, and keys that a Super Admin let work
// unattended for just this permission.
func (c *Caller) exempt(p access.Permission) bool {
	return c.Kind == System || c.Kind == Operator || c.Kind == Key && c.Unattended.Has(p)
}

// beginStepUp keeps what was asked and mails a code for it. It answers ErrStepUpRequired with the step-up's id.
func (d *Door) beginStepUp(ctx context.Context, c *Caller, p pending) error {
	now := d.clock()
	hash, err := paramsHash(p.name, p.in)
	if err != nil {
		return err
	}
	row := stepUp{
		ID: id.New("stp_", now), Person: c.Person, Caller: c.ID, Session: c.Session, Op: p.name, Params: hash,
		IssuedAt: now.UnixMilli(), Expires: now.Add(codeLife).UnixMilli(), Chain: chain(p.subjects, c),
	}
	code := secret.Code(codeDigits)
	if row.Input, err = d.sealJSON(ctx, c.Person, p.in); err != nil {
		return err
	}
	if row.Shown, err = d.sealJSON(ctx, c.Person, p.confirm); err != nil {
		return err
	}
	err = d.write(ctx, func(raw *store.Tx) error {
		tx := &Tx{tx: raw, door: d, caller: c, now: now}
		mails, err := tx.mails(c, p.arms)
		if err != nil {
			return err
		}
		// One live code for an operation: the older ones end now.
		if _, err := tx.exec("update step_ups set expires_at = $1 where person = $2 and op = $3 and used_at = 0 and expires_at > $1",
			now.UnixMilli(), c.Person, p.name); err != nil {
			return err
		}
		if row.CodeHash = ""; mails {
			row.CodeHash = d.codeHash(row.ID, code)
		}
		if err := stepUps.Insert(tx, &row); err != nil {
			return err
		}
		about := others(c, p.subjects)
		if err := tx.Mention(mentionStepUp, row.ID, about...); err != nil {
			return err
		}
		if mails {
			m := CodeMail{Person: c.Person, Code: code, Confirmation: p.confirm, IP: c.IP, Expires: now.Add(codeLife), About: about}
			if err := d.sendCode(tx, m); err != nil {
				return err
			}
		}
		if err := tx.stepUpEvent("step_up.issued", audit.Done, row, p.subjects); err != nil {
			return err
		}
		return audit.AppendAll(raw, tx.events)
	})
	if err != nil {
		return err
	}
	return ErrStepUpRequired.With("step_up", row.ID)
}

// mayIssue holds the rates of codes for one account, and the pause after many wrong ones in a row.
func (tx *Tx) mayIssue(person string) error {
	if person == "" {
		return ErrSignIn
	}
	var last, quarter, day int64
	now := tx.now.UnixMilli()
	err := tx.QueryRow(`select coalesce(max(issued_at), 0), count(case when issued_at > $2 then 1 end), count(*)
		from step_ups where person = $1 and issued_at > $3 and code_hash <> ''`,
		person, now-(15*time.Minute).Milliseconds(), now-(24*time.Hour).Milliseconds()).Scan(&last, &quarter, &day)
	if err != nil {
		return err
	}
	switch {
	case now-last < codeEvery.Milliseconds():
		return ErrStepUpRate.After(time.Duration(last+codeEvery.Milliseconds()-now) * time.Millisecond)
	case quarter >= codesPer15Min:
		return ErrStepUpRate.After(15 * time.Minute)
	case day >= codesPerDay:
		return ErrStepUpRate.After(time.Hour)
	}
	var wrong, wrongAt int64
	err = tx.QueryRow(`select coalesce(sum(tries), 0), coalesce(max(wrong_at), 0) from step_ups where person = $1 and wrong_at > 0
		and issued_at > (select coalesce(max(issued_at), 0) from step_ups where person = $1 and used_at > 0)`, person).Scan(&wrong, &wrongAt)
	if err != nil {
		return err
	}
	if wait := wrongAt + pauseAfterThat.Milliseconds() - now; wrong >= wrongInARow && wait > 0 {
		return ErrStepUpRate.After(time.Duration(wait) * time.Millisecond)
	}
	return nil
}

// Pending shows a waiting step-up to the one who started it.
func (d *Door) Pending(ctx context.Context, c *Caller, stepUpID string) (Pending, error) {
	row, err := stepUps.Find(d.db.Read(ctx), stepUpID)
	if err != nil || row.Caller != c.ID || row.Session != c.Session || c.ID == "" {
		return Pending{}, d.outward(errors.Join(errs.ErrNotFound, ignoreNotFound(err)))
	}
	p := Pending{
		ID: row.ID, Operation: row.Op, Expires: time.UnixMilli(row.Expires), TriesLeft: codeTries - int(row.Tries), Mailed: row.CodeHash != "",
	}
	if row.UsedAt != 0 || p.Expires.Before(d.clock()) || p.TriesLeft <= 0 {
		return p, ErrStepUpExpired
	}
	ways, err := d.prover.Ways(d.db.Read(ctx), c)
	if err != nil {
		return p, d.outward(err)
	}
	p.Ways = ways.Has
	return p, d.openJSON(ctx, row.Person, row.Shown, &p.Confirmation)
}

// Confirm runs the operation that a step-up was started for, with the input it was started with.
func (d *Door) Confirm(ctx context.Context, c *Caller, proof Proof) (operation string, out any, err error) {
	p, err := d.Pending(ctx, c, proof.ID)
	if err != nil {
		if errors.Is(err, ErrStepUpExpired) {
			err = d.judge(ctx, c, proof)
		}
		return p.Operation, nil, err
	}
	row, err := stepUps.Find(d.db.Read(ctx), proof.ID)
	if err != nil {
		return p.Operation, nil, d.outward(err)
	}
	e := d.catalogue[row.Op]
	in := reflect.New(e.In)
	if err := d.openJSON(ctx, row.Person, row.Input, in.Interface()); err != nil {
		return p.Operation, nil, d.outward(err)
	}
	out, err = e.Call(ctx, d, c, in.Elem().Interface(), With(proof))
	return row.Op, out, err
}

// EndStepUps ends what waits for a code of this person's, in the transaction of whatever made it necessary.
func (tx *Tx) EndStepUps(person string) error {
	_, err := tx.exec("update step_ups set expires_at = $1 where person = $2 and used_at = 0 and expires_at > $1", tx.now.UnixMilli(), person)
	return err
}

// consume uses the proof up in the operation's own transaction. The code itself is judged before, in a transaction that stays
// committed whatever becomes of the operation, so that every guess counts.
func consume(tx *Tx, proof Proof, p pending) error {
	hash, err := paramsHash(p.name, p.in)
	if err != nil {
		return err
	}
	row, err := stepUps.Find(tx, proof.ID)
	if errors.Is(err, errs.ErrNotFound) || err == nil && (row.Caller != tx.caller.ID || row.Session != tx.caller.Session) {
		return ErrStepUpExpired
	}
	if err != nil {
		return err
	}
	if row.Op != p.name || row.Params != hash {
		return ErrStepUpMismatch
	}
	if row.UsedAt != 0 || row.Expires <= tx.now.UnixMilli() || !row.proved(tx.door.codeHash(row.ID, proof.Code)) {
		return ErrStepUpExpired
	}
	row.UsedAt = tx.now.UnixMilli()
	if err := stepUps.Update(tx, row); err != nil {
		return err
	}
	return tx.stepUpEvent("step_up.confirmed", audit.Done, *row, p.subjects)
}

// judge counts a try before it looks at the code, so that guesses in parallel all count. Nil: the code is right.
func (d *Door) judge(ctx context.Context, c *Caller, proof Proof) error {
	var verdict error
	err := d.write(ctx, func(raw *store.Tx) error {
		tx := &Tx{tx: raw, door: d, caller: c, now: d.clock()}
		var err error
		if verdict, err = tx.judge(proof); err != nil {
			return err
		}
		return audit.AppendAll(raw, tx.events)
	})
	return errors.Join(err, verdict)
}

// judge gives the verdict on a proof, and notes the try.
func (tx *Tx) judge(proof Proof) (verdict, err error) {
	c := tx.caller
	row, err := stepUps.Find(tx, proof.ID)
	if errors.Is(err, errs.ErrNotFound) || err == nil && (row.Caller != c.ID || row.Session != c.Session || c.ID == "") {
		return errs.ErrNotFound, nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case row.UsedAt != 0:
		return ErrStepUpExpired, tx.stepUpEvent("step_up.reused", audit.Refused, *row, nil)
	case row.Expires <= tx.now.UnixMilli() || row.Tries >= codeTries:
		return ErrStepUpExpired, tx.stepUpEvent("step_up.expired", audit.Refused, *row, nil)
	}
	row.Tries++
	right, err := tx.right(row, proof)
	if err != nil {
		return nil, err
	}
	if !right {
		row.WrongAt = tx.now.UnixMilli()
	}
	if err := stepUps.Update(tx, row); err != nil || right {
		return nil, err
	}
	left := codeTries - row.Tries
	verdict = ErrStepUpWrong.Say("That code is not right. %s", triesLeft(left)).With("tries_left", left)
	return verdict, tx.stepUpEvent("step_up.failed", audit.Refused, *row, nil)
}

func triesLeft(n int64) string {
	switch n {
	case 0:
		return "It cannot be tried any more: start again to get a new one."
	case 1:
		return "1 try left."
	}
	return fmt.Sprintf("%d tries left.", n)
}

func (tx *Tx) stepUpEvent(name string, outcome audit.Outcome, row stepUp, subjects []Subject) error {
	e, err := tx.door.event(tx.Context(), tx.caller, tx.now, name, subjects)
	if err != nil {
		return err
	}
	e.Chain, e.Outcome, e.StepUp = row.Chain, outcome, row.ID
	e.Facts = map[string]string{"operation": row.Op}
	if row.Way != "" {
		e.Facts["way"] = row.Way
	}
	tx.events = append(tx.events, e)
	return nil
}

// codeHash binds a code to its step-up. Six digits are too few to hash alone, so the hash is keyed.
func (d *Door) codeHash(stepUpID, code string) string {
	return fmt.Sprintf("%x", d.master.MAC("step-up code", []byte(stepUpID), []byte(code)))
}

func (d *Door) sealJSON(ctx context.Context, person string, v any) (string, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return d.seal(ctx, person, body)
}

func (d *Door) openJSON(ctx context.Context, person, box string, v any) error {
	body, err := d.keys.Open(ctx, person, box)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, errs.ErrNotFound) {
		return nil
	}
	return err
}

func newEventID(now time.Time) string { return id.New("aud_", now) }
