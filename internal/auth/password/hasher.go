package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"runtime"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Longest is the longest password in code points, in every preset and on every machine.
const Longest = 256

// Hasher hashes and verifies at one cost, behind one gate. An installation has one.
type Hasher struct {
	cost  Cost
	gate  *gate
	dummy phc // of a password nobody knows: what an unknown account is verified against
}

// New makes a hasher. The cost is [Minimum], or what [Calibrate] found.
func New(cost Cost) (*Hasher, error) {
	if err := cost.Validate(); err != nil {
		return nil, err
	}
	h := &Hasher{cost: cost, gate: newGate(runtime.NumCPU() - 1)}
	h.dummy = phc{Cost: cost, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	rand.Read(h.dummy.salt)
	rand.Read(h.dummy.key)
	return h, nil
}

// Cost is what new hashes are made with.
func (h *Hasher) Cost() Cost { return h.cost }

// Hash hashes a password that [Policy.Check] has let through. It fails with [ErrBusy] or the context's error.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	secret, ok := normal(password)
	if !ok || secret == "" {
		return "", fmt.Errorf("password: not hashable: empty, longer than %d, or not UTF-8", Longest)
	}
	if err := h.gate.enter(ctx); err != nil {
		return "", err
	}
	defer h.gate.leave()
	made := phc{Cost: h.cost, salt: make([]byte, saltBytes)}
	rand.Read(made.salt)
	made.key = h.cost.key(secret, made.salt, keyBytes)
	return made.String(), nil
}

// Verify tells whether the password is the one that was hashed. A wrong password is false without an error. It fails with
// [ErrBusy], the context's error, or [ErrHash]; also then, and for passwords that cannot be anybody's, the usual work has
// been done, so that the clock tells nothing.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (bool, error) {
	stored, err := parse(hash)
	if err != nil {
		if busy := h.Dummy(ctx, password); busy != nil {
			return false, busy
		}
		return false, err
	}
	return h.verify(ctx, password, stored)
}

// Dummy does the work of Verify for an account that does not exist or has no password.
func (h *Hasher) Dummy(ctx context.Context, password string) error {
	_, err := h.verify(ctx, password, h.dummy)
	return err
}

func (h *Hasher) verify(ctx context.Context, password string, stored phc) (bool, error) {
	secret, ok := normal(password)
	if err := h.gate.enter(ctx); err != nil {
		return false, err
	}
	defer h.gate.leave()
	key := stored.Cost.key(secret, stored.salt, uint32(len(stored.key)))
	return subtle.ConstantTimeCompare(key, stored.key) == 1 && ok, nil
}

// NeedsRehash tells whether a hash that just verified should be made anew: it is cheaper than the present cost.
// What cannot be read needs it as well.
func (h *Hasher) NeedsRehash(hash string) bool {
	stored, err := parse(hash)
	return err != nil || stored.below(h.cost) || len(stored.key) < keyBytes || len(stored.salt) < saltBytes
}

// Used tells whether the password is one of the old ones (a policy's History). It hashes once for each, and looks at all of
// them also after a hit. What cannot be verified counts as not used.
func (h *Hasher) Used(ctx context.Context, password string, old []string) (bool, error) {
	used := false
	for _, hash := range old {
		stored, err := parse(hash)
		if err != nil {
			continue
		}
		same, err := h.verify(ctx, password, stored)
		if err != nil {
			return false, err
		}
		used = used || same
	}
	return used, nil
}

// normal gives the form that is hashed (NFC, so that the same keys on two systems are the same password), and whether the
// password can be anybody's at all. What cannot be is cut to nothing rather than hashed at the caller's length.
func normal(password string) (string, bool) {
	if len(password) > Longest*utf8.UTFMax*3 || !utf8.ValidString(password) { // NFD is at most 3 times as long as NFC
		return "", false
	}
	password = norm.NFC.String(password)
	if utf8.RuneCountInString(password) > Longest {
		return "", false
	}
	return password, true
}
