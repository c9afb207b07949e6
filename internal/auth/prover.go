package auth

import (
	"errors"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/access"
	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/security"
	"github.com/stewardhq/steward/internal/user"
)

// Prover lets people confirm a step-up with what they sign in with: an authenticator app or a passkey. Recovery codes are a way
// back in and confirm nothing.
type Prover struct{}

// Ways says what the caller has. A passkey needs a browser, so an API key's owner is not offered one. Who is no member of staff is
// always mailed a code; for staff the rules decide (security.StepUpMail).
func (Prover) Ways(r store.Reader, c *op.Caller) (w op.Ways, err error) {
	w.Mail = true
	if c.Person == "" {
		return w, nil
	}
	has, err := factorsOf(r, user.ID(c.Person))
	if err != nil {
		return w, err
	}
	if has.Passkeys > 0 && c.Kind == op.Person {
		w.Has = append(w.Has, "passkey")
	}
	if has.App {
		w.Has = append(w.Has, "totp")
	}
	rules, err := security.Load(r)
	if err != nil || !isStaff(c) {
		return w, err
	}
	w.Mail = rules.StepUpMail == security.MailAlways || rules.StepUpMail == security.MailUnlessStronger && len(w.Has) == 0
	return w, nil
}

func isStaff(c *op.Caller) bool {
	for _, g := range c.Grants {
		if g.Role.For == access.Staff {
			return true
		}
	}
	return false
}

// Try checks an answer: what a browser made of a passkey's question, or the code of an authenticator app.
func (Prover) Try(tx *op.Tx, person, answer string) (way string, right bool, err error) {
	if strings.Contains(answer, " ") {
		right, err = ownPasskey(tx, user.ID(person), answer, toStepUp)
		return "passkey", right, err
	}
	right, err = confirmApp(tx, user.ID(person), answer)
	return "totp", right, err
}

// confirmApp tries the code of an app. A wrong one counts for the account as at a sign-in: who has nothing but a stolen session does
// not guess their way through by beginning ever more step-ups.
func confirmApp(tx *op.Tx, u user.ID, answer string) (right bool, err error) {
	if has, err := appsOf(tx, u); err != nil || len(has) == 0 {
		return false, err
	}
	cred, err := credentials.Find(tx, string(u)) // locks the account: who waited reads what the others counted
	if errors.Is(err, errs.ErrNotFound) {
		return secondApp(tx, u, answer)
	}
	if err != nil {
		return false, err
	}
	if wait, off := cred.secondOpens(tx.Now()); wait > 0 || off {
		return false, nil
	}
	cred.SecondFailures++
	cred.SecondFailedAt = tx.Now().UnixMilli()
	if right, err = secondApp(tx, u, answer); err != nil {
		return false, err
	}
	if right {
		cred.SecondFailures, cred.SecondFailedAt = 0, 0
	}
	if err := credentials.Update(tx, cred); err != nil || right {
		return right, err
	}
	return false, cred.tellWrong(tx)
}

// FactorsOf reads what somebody can show besides a password: how much of each, and no secret.
func FactorsOf(r store.Reader, u user.ID) (Factors, error) { return factorsOf(r, u) }
