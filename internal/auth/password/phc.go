package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrHash is a stored hash that cannot be verified: garbage, another algorithm, or more work than [Limit]. It is a fault
// of what is stored, never of what was typed.
var ErrHash = errors.New("password: the stored hash is not one that is verified here")

// phc is a hash in the format of the Password Hashing Competition:
//
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>
type phc struct {
	Cost
	salt, key []byte
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$%v$%s$%s", argon2.Version, h.Cost, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// parse reads a hash strictly: exactly what String writes, nothing executed, every length and number bounded first. Cheap
// hashes (an import's, a test's) are read, and are due for rehashing; expensive ones are not.
func parse(s string) (phc, error) {
	if len(s) > 256 {
		return phc{}, ErrHash
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, ErrHash
	}
	var h phc
	var lanes uint32
	params := strings.Split(parts[3], ",")
	if len(params) != 3 || !number(params[0], "m=", &h.Memory) || !number(params[1], "t=", &h.Passes) || !number(params[2], "p=", &lanes) {
		return phc{}, ErrHash
	}
	// argon2 itself panics on zero passes or lanes, and allocates whatever memory it is told.
	if lanes < 1 || lanes > uint32(Limit.Lanes) || h.Passes < 1 || h.Memory < 8*lanes {
		return phc{}, ErrHash
	}
	h.Lanes = uint8(lanes)
	if !h.within(Limit) {
		return phc{}, ErrHash
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 {
		return phc{}, ErrHash
	}
	if h.String() != s { // a newline within the base64, +1, 007: written by somebody else
		return phc{}, ErrHash
	}
	return h, nil
}

func number(s, prefix string, into *uint32) bool {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	*into = uint32(n)
	return ok && err == nil
}
