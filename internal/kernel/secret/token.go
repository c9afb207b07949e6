package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// Token makes a secret of 256 random bits for a session, a link or a key. The plain text is given to its owner once; only the
// hash is stored. A plain hash is enough here: nobody guesses 256 bits, so there is nothing to slow down.
func Token() (plain, hash string) {
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	plain = base64.RawURLEncoding.EncodeToString(raw[:])
	return plain, HashToken(plain)
}

// HashToken is SHA-256 of the token in hex: what is stored, and what a presented token is looked up by.
func HashToken(plain string) string {
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:])
}

// Code makes a decimal code for a person to type; every code of that many digits is equally likely. A code is guessable, so
// it needs few tries, a short life, and a keyed hash (Master.MAC) where it is stored.
func Code(digits int) string {
	code := make([]byte, 0, digits)
	var raw [16]byte
	for {
		_, _ = rand.Read(raw[:])
		for _, b := range raw {
			if len(code) == digits {
				return string(code)
			}
			if b < 250 { // 256 is no multiple of 10: the last six bytes would favour the low digits
				code = append(code, '0'+b%10)
			}
		}
	}
}

// Equal compares two secrets in a time that tells nothing about where they differ.
func Equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
