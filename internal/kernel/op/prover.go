package op

import (
	"crypto/subtle"
	"errors"

	"github.com/stewardhq/steward/internal/kernel/store"
)

// Prover knows what a person can prove a step-up with besides a mailed code. The kernel knows no authenticator apps and no passkeys.
type Prover interface {
	// Ways says what the caller has, and whether a code is mailed to them all the same.
	Ways(r store.Reader, c *Caller) (Ways, error)
	// Try verifies an answer and uses it up in one, and says what it was.
	Try(tx *Tx, person, answer string) (way string, right bool, err error)
}

// Ways is what a person can prove a step-up with.
type Ways struct {
	Has  []string // the strongest first
	Mail bool     // a code is mailed
}

// mailOnly is the prover of an installation that knows nothing else.
type mailOnly struct{}

func (mailOnly) Ways(store.Reader, *Caller) (Ways, error)      { return Ways{Mail: true}, nil }
func (mailOnly) Try(*Tx, string, string) (string, bool, error) { return "", false, nil }

// mails says whether a code is mailed now. Who has something stronger is not held up by the rates of codes: they get none. Who has
// nothing, where no codes are mailed, is mailed one only for what changes that.
func (tx *Tx) mails(c *Caller, arms bool) (bool, error) {
	ways, err := tx.door.prover.Ways(tx, c)
	switch {
	case err != nil:
		return false, err
	case !ways.Mail && len(ways.Has) > 0:
		return false, nil
	case !ways.Mail && !arms:
		return false, ErrStepUpNoWay
	}
	err = tx.mayIssue(c.Person)
	if len(ways.Has) > 0 && errors.Is(err, ErrStepUpRate) {
		return false, nil
	}
	return true, err
}

// right says whether the proof is right: the mailed code, or what the prover takes. What proved it once proves it until the
// operation succeeds, because an authenticator's code is good only once and the operation may have to be tried again.
func (tx *Tx) right(row *stepUp, proof Proof) (bool, error) {
	hash := tx.door.codeHash(row.ID, proof.Code)
	if row.proved(hash) {
		if row.Way == "" {
			row.Way = "code"
		}
		return true, nil
	}
	way, right, err := tx.door.prover.Try(tx, row.Person, proof.Code)
	if right {
		row.Way, row.Proven = way, hash
	}
	return right, err
}

// proved compares with what is right, in constant time.
func (row *stepUp) proved(hash string) bool {
	same := func(right string) bool {
		return right != "" && subtle.ConstantTimeCompare([]byte(right), []byte(hash)) == 1
	}
	return same(row.CodeHash) || same(row.Proven)
}
