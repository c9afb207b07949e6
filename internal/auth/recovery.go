package auth

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/op"
	"github.com/stewardhq/steward/internal/kernel/secret"
	"github.com/stewardhq/steward/internal/kernel/store"
	"github.com/stewardhq/steward/internal/mailing"
	"github.com/stewardhq/steward/internal/user"
)

// RecoveryCode is good once, in place of an app or a passkey that was lost. Of 80 random bits a plain hash is enough.
type RecoveryCode struct {
	Hash   string  `db:"code_hash,key"`
	User   user.ID `db:"user_id"`
	MadeAt int64   `db:"made_at"`
	UsedAt int64   `db:"used_at"`
}

var recoveryCodes = op.Bookkeeping[RecoveryCode]("recovery_codes")

const (
	recoverySet   = 10
	recoveryBytes = 10 // 80 bits: 16 letters and digits
)

// newRecoveryCodes makes a set in place of the one before, and gives it to be shown once: ABCD-EFGH-JKLM-NPQR.
func newRecoveryCodes(tx *op.Tx, u user.ID) (plain []string, err error) {
	if _, err := recoveryCodes.Clear(tx, "where user_id = $1", string(u)); err != nil {
		return nil, err
	}
	for range recoverySet {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw)
		s := base32.StdEncoding.EncodeToString(raw)
		plain = append(plain, strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:]}, "-"))
		if err := recoveryCodes.Insert(tx, &RecoveryCode{Hash: recoveryHash(u, s), User: u, MadeAt: tx.Now().UnixMilli()}); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// firstRecoveryCodes makes a set for who has none left; nil for everybody else, who keeps theirs.
func firstRecoveryCodes(tx *op.Tx, u user.ID) ([]string, error) {
	has, err := factorsOf(tx, u)
	if err != nil || has.Recovery > 0 {
		return nil, err
	}
	return newRecoveryCodes(tx, u)
}

// recoveryHash reads a code as people type it: in any case, with or without hyphens, and with the digits that look like letters.
func recoveryHash(u user.ID, typed string) string {
	code := strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'O'
		case r == '1':
			return 'I'
		case r == '8':
			return 'B'
		case r >= 'A' && r <= 'Z' || r >= '2' && r <= '7':
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	return secret.HashToken(string(u) + " " + code)
}

// recoveryCodesOf reads a person's set, the used ones first and in their order.
func recoveryCodesOf(r store.Reader, u user.ID) ([]RecoveryCode, error) {
	return recoveryCodes.All(r, "where user_id = $1 order by case when used_at = 0 then 1 else 0 end, used_at, code_hash", string(u))
}

// secondRecovery tries a recovery code, and uses it up. The person is told: nobody else should have had it.
func secondRecovery(tx *op.Tx, whose user.ID, answer string) (bool, error) {
	all, err := recoveryCodes.All(tx, "where code_hash = $1 and user_id = $2 and used_at = 0", recoveryHash(whose, answer), string(whose))
	if err != nil || len(all) == 0 {
		return false, err
	}
	all[0].UsedAt = tx.Now().UnixMilli()
	if err := recoveryCodes.Update(tx, &all[0]); err != nil {
		return false, err
	}
	has, err := factorsOf(tx, whose)
	if err != nil {
		return false, err
	}
	u, err := user.Find(tx, whose)
	if err != nil {
		return false, err
	}
	left := fmt.Sprintf("You have %d left.", has.Recovery)
	if has.Recovery < 3 {
		left += " Make new ones on the page “Security” of your account."
	}
	return true, mailing.Post(tx, u, "recovery_code_used", mailing.Letter{
		Subject: "A recovery code was used to sign in as you",
		Lines:   []string{"Somebody signed in to your account with your password and one of your recovery codes. That code is used up. " + left},
		After:   []string{"If this was not you, tell the people who run the desk at once, and set a new password."},
	})
}
