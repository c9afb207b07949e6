package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"strings"
)

// A box is a version and what it is, then base64url of a random nonce, ciphertext and tag (AES-256-GCM). The prefix is in the
// additional data, with the name of the owner: a box does not open for anybody else, nor as another kind of box.
//
// A random nonce of 96 bits is safe for 2^32 boxes of one key. A person's key seals thousands.
const (
	boxPerson = "p1." // a person's value, with the person's key
	boxSystem = "s1." // a value of the installation
	boxKey    = "k1." // a person's key, wrapped by the master key
)

func seal(key *[32]byte, prefix, owner string, plain []byte) (string, error) {
	aead, err := gcm(key)
	if err != nil {
		return "", err
	}
	room := make([]byte, 0, aead.Overhead()+len(plain))
	return prefix + base64.RawURLEncoding.EncodeToString(aead.Seal(room, nil, plain, []byte(prefix+owner))), nil
}

func open(key *[32]byte, prefix, owner, box string) ([]byte, error) {
	text, found := strings.CutPrefix(box, prefix)
	if !found {
		return nil, ErrTampered.Because(fmt.Errorf("a box without the prefix %s", prefix))
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrTampered.Because(err)
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(prefix+owner))
	if err != nil {
		return nil, ErrTampered.Because(err)
	}
	return plain, nil
}

func gcm(key *[32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
