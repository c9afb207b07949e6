// Package softkey is an authenticator made of software: it answers as a phone or a security key would, with a private key that
// follows from a seed. It is for tests, and for the people of the demo, whose passwords everybody knows as well. It protects nobody.
package softkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/stewardhq/steward/internal/auth/passkey"
)

// Key is one passkey on its device.
type Key struct {
	private *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	Count   uint32 // of its uses; a copied key is found by it
}

// New makes the key that follows from a seed, for an account.
func New(seed, user string) *Key {
	for n := 0; ; n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "softkey %d %s", n, seed))
		if private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:]); err == nil {
			id := sha256.Sum256(append([]byte("id "), sum[:]...))
			return &Key{private: private, id: id[:16], handle: passkey.Handle(user)}
		}
	}
}

// question is what of a browser's question a device needs.
type question struct {
	Challenge string `json:"challenge"`
}

// Make answers a question for a new passkey.
func (k *Key) Make(asked json.RawMessage, site passkey.Site) (answer string, err error) {
	client, err := clientData("webauthn.create", asked, site)
	if err != nil {
		return "", err
	}
	data := k.authData(site, 0x40)
	data = append(data, make([]byte, 16)...) // AAGUID: no make
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), k.cose()...)
	// {"fmt": "none", "attStmt": {}, "authData": bytes}
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(append(object, 0x64), "none"...), 0x67)
	object = append(append(append(object, "attStmt"...), 0xa0, 0x68), "authData"...)
	object = append(binary.BigEndian.AppendUint16(append(object, 0x59), uint16(len(data))), data...)
	return k.answer(map[string]any{"clientDataJSON": b64(client), "attestationObject": b64(object), "transports": []string{"internal"}})
}

// Answer answers a question for this passkey.
func (k *Key) Answer(asked json.RawMessage, site passkey.Site) (answer string, err error) {
	client, err := clientData("webauthn.get", asked, site)
	if err != nil {
		return "", err
	}
	data := k.authData(site, 0)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, signed[:])
	if err != nil {
		return "", err
	}
	return k.answer(map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(k.handle),
	})
}

func (k *Key) answer(response map[string]any) (string, error) {
	text, err := json.Marshal(map[string]any{
		"id": b64(k.id), "rawId": b64(k.id), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	})
	return string(text), err
}

// authData says: the person was there, and was verified.
func (k *Key) authData(site passkey.Site, more byte) []byte {
	const present, verified = 0x01, 0x04
	sum := sha256.Sum256([]byte(site.ID))
	return binary.BigEndian.AppendUint32(append(sum[:], present|verified|more), k.Count)
}

// cose is the public key as CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}, an ES256 key.
func (k *Key) cose() []byte {
	point, err := k.private.PublicKey.Bytes()
	if err != nil {
		panic(err) // a key of ours is on its curve
	}
	out := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}
	out = append(out, point[1:33]...)
	return append(append(out, 0x22, 0x58, 0x20), point[33:]...)
}

func clientData(kind string, asked json.RawMessage, site passkey.Site) ([]byte, error) {
	var q question
	if err := json.Unmarshal(asked, &q); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"type": kind, "challenge": q.Challenge, "origin": site.Origin, "crossOrigin": false})
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
