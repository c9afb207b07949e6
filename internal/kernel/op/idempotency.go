package op

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/store"
)

// Refusals of a repeated call.
var (
	ErrKeyReused = errs.New(errs.Invalid, "idempotency_key_reused", "This Idempotency-Key was already used with another body. Use a new key for a new call.")
	ErrKeyLong   = errs.New(errs.Malformed, "idempotency_key_long", "An Idempotency-Key has at most 255 characters.")
)

// keptAnswers is how long an answer is kept for repeats (security.md A0).
const keptAnswers = 7 * 24 * time.Hour

// answer is what a call with an idempotency key answered. It is written in the call's own transaction, so a call and its answer
// are never apart, and two at once meet at the primary key.
type answer struct {
	Principal string `db:"principal,key"`
	Operation string `db:"operation,key"`
	Key       string `db:"idempotency_key,key"`
	Params    string `db:"params_hash"`
	Body      string `db:"answer"`
	At        int64  `db:"at"`
}

var answers = Bookkeeping[answer]("idempotency_keys")

// replay answers a repeat with what the first call answered.
func replay[In, Out any](tx *Tx, name, key string, in In, out *Out) (done bool, err error) {
	if key == "" {
		return false, nil
	}
	if len(key) > 255 {
		return false, ErrKeyLong
	}
	first, err := answers.Find(tx, tx.caller.ID, name, key)
	if errors.Is(err, errs.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if tx.now.Sub(time.UnixMilli(first.At)) > keptAnswers {
		return false, answers.Delete(tx, first)
	}
	hash, err := paramsHash(name, in)
	if err != nil {
		return false, err
	}
	if hash != first.Params {
		return false, ErrKeyReused
	}
	return true, json.Unmarshal([]byte(first.Body), out)
}

// remember keeps the answer for repeats.
func remember[In, Out any](tx *Tx, name, key string, in In, out Out) error {
	if key == "" {
		return nil
	}
	hash, err := paramsHash(name, in)
	if err != nil {
		return err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("keep the answer of %s: %w", name, err)
	}
	return answers.Insert(tx, &answer{tx.caller.ID, name, key, hash, string(body), tx.now.UnixMilli()})
}

// paramsHash is the fingerprint of an operation and its values. Struct fields are in order and map keys sorted, so equal values
// have equal fingerprints.
func paramsHash(name string, in any) (string, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", name, err)
	}
	sum := sha256.Sum256(append([]byte(name+"\x00"), body...))
	return hex.EncodeToString(sum[:]), nil
}

// isRace says whether another call with the same key finished first.
func isRace(err error) bool {
	columns, unique := store.IsUnique(err)
	return unique && strings.Contains(columns, "idempotency_key")
}
