package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// Master is the key from which all others come. Who has it and the key store can read every sealed value, so it belongs on
// another disk than the backups.
type Master struct {
	hidden
	key held
}

// LoadMaster reads the master key from its file, which is made, with mode 0600, when it is absent.
func LoadMaster(path string) (*Master, error) {
	key, err := File(path, "master key")
	if err != nil {
		return nil, err
	}
	return &Master{key: hold(key)}, nil
}

// Derive gives the sub key for a purpose (HKDF-SHA256). Purposes are constants in the code; another purpose is another key.
func (m *Master) Derive(purpose string) [32]byte { return m.derive("key", purpose) }

// MAC is HMAC-SHA256 over the parts with the sub key of a purpose: for page cursors and keyed hashes of addresses. Each part
// is preceded by its length, so ("ab", "c") and ("a", "bc") differ. A purpose for MAC never shares its key with Derive.
func (m *Master) MAC(purpose string, parts ...[]byte) []byte {
	key := m.derive("mac", purpose)
	mac := hmac.New(sha256.New, key[:])
	clear(key[:])
	for _, part := range parts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write(part)
	}
	return mac.Sum(nil)
}

func (m *Master) derive(kind, purpose string) (sub [32]byte) {
	out, err := hkdf.Key(sha256.New, m.key()[:], nil, "steward "+kind+" v1\x00"+purpose, len(sub))
	if err != nil {
		panic(err) // only for lengths that HKDF cannot give
	}
	copy(sub[:], out)
	clear(out)
	return sub
}

// SealSystem seals a value that belongs to nobody: an SMTP password, a webhook's secret. It opens under the same name only, so
// that a box moved to another setting does not open there.
func (m *Master) SealSystem(name string, plain []byte) (box string, err error) {
	key := m.derive("box", "system")
	defer clear(key[:])
	return seal(&key, boxSystem, name, plain)
}

// OpenSystem opens what SealSystem sealed under this name. Anything else is ErrTampered.
func (m *Master) OpenSystem(name, box string) ([]byte, error) {
	key := m.derive("box", "system")
	defer clear(key[:])
	return open(&key, boxSystem, name, box)
}

var errNoMaster = errors.New("secret: no master key was given")
