// Package passkey speaks WebAuthn: what a browser is asked to sign, and whether the answer is right. It keeps nothing; package auth
// has the tables.
//
// A passkey is asked for with user verification always: the device, and the finger, face or PIN that unlocks it. That makes it two
// factors in one. Attestation is not asked for: which make of key somebody uses is their business.
package passkey

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Refusals of what a browser answered.
var (
	ErrWrong  = errs.New(errs.Unauthorized, "passkey_wrong", "That passkey was not accepted. Try again, or sign in another way.")
	ErrCloned = errs.New(errs.Unauthorized, "passkey_cloned", "This passkey looks as if it had been copied, so it is not accepted. Remove it from your account and make a new one.")
)

// Site is the relying party: whose passkeys these are. It comes from the configured public URL and nowhere else.
type Site struct {
	ID     string // host name: passkeys are bound to it
	Origin string // scheme, host and port of the pages
}

// Key is a passkey as it is stored.
type Key struct{ webauthn.Credential }

// ParseKey reads a stored passkey.
func ParseKey(record string) (k Key, err error) {
	return k, json.Unmarshal([]byte(record), &k.Credential)
}

// Record is what is stored. It has no secret: the private key never leaves the person's device.
func (k Key) Record() (string, error) {
	text, err := json.Marshal(k.Credential)
	return string(text), err
}

// ID is the passkey's public id, as browsers name it.
func (k Key) ID() string { return base64.RawURLEncoding.EncodeToString(k.Credential.ID) }

// Synced says whether the passkey lives on more than one device.
func (k Key) Synced() bool { return k.Flags.BackupEligible }

// Owner is a person with their passkeys.
type Owner struct {
	User string // the account's opaque id
	Name string // what the device shows: the address they sign in with
	Keys []Key
}

// Handle is what devices keep of the person: a hash of the opaque id, so that it names nobody.
func Handle(user string) []byte {
	sum := sha256.Sum256([]byte("passkey of " + user))
	return sum[:]
}

// The methods are what the library asks of a user.

func (o Owner) WebAuthnID() []byte          { return Handle(o.User) }
func (o Owner) WebAuthnName() string        { return o.Name }
func (o Owner) WebAuthnDisplayName() string { return o.Name }
func (o Owner) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(o.Keys))
	for i, k := range o.Keys {
		all[i] = k.Credential
	}
	return all
}

// State is what must be remembered between question and answer.
type State struct {
	Site    Site                 `json:"site"`
	Session webauthn.SessionData `json:"session"`
}

func (s Site) party() (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: s.ID, RPDisplayName: "Steward", RPOrigins: []string{s.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		// Browsers and password managers answer more than they were asked (credProps), and nothing here reads it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

// Make asks for a new passkey. question is for navigator.credentials.create.
func (s Site) Make(o Owner) (question json.RawMessage, state State, err error) {
	party, err := s.party()
	if err != nil {
		return nil, state, err
	}
	exclude := make([]protocol.CredentialDescriptor, len(o.Keys))
	for i := range o.Keys {
		exclude[i] = o.Keys[i].Descriptor()
	}
	asked, session, err := party.BeginRegistration(o, webauthn.WithExclusions(exclude))
	if err != nil {
		return nil, state, fmt.Errorf("ask for a new passkey: %w", err)
	}
	question, err = json.Marshal(asked.Response)
	return question, State{s, *session}, err
}

// Made checks the answer and gives the new passkey.
func (s State) Made(o Owner, answer string) (k Key, err error) {
	party, err := s.Site.party()
	if err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return k, ErrWrong.Because(err)
	}
	made, err := party.CreateCredential(o, s.Session, parsed)
	if err != nil {
		return k, ErrWrong.Because(err)
	}
	// What the attestation said is not kept: nothing was asked of it.
	made.Attestation = webauthn.CredentialAttestation{}
	return Key{*made}, nil
}

// Ask asks for any passkey of this site, or for one of the owner's. question is for navigator.credentials.get.
func (s Site) Ask(o *Owner) (question json.RawMessage, state State, err error) {
	party, err := s.party()
	if err != nil {
		return nil, state, err
	}
	var asked *protocol.CredentialAssertion
	var session *webauthn.SessionData
	if o == nil {
		asked, session, err = party.BeginDiscoverableLogin()
	} else {
		asked, session, err = party.BeginLogin(*o)
	}
	if err != nil {
		return nil, state, fmt.Errorf("ask for a passkey: %w", err)
	}
	question, err = json.Marshal(asked.Response)
	return question, State{s, *session}, err
}

// Named reads which passkey an answer claims to come from, before anything is verified.
func Named(answer string) (keyID string, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return "", ErrWrong.Because(err)
	}
	return base64.RawURLEncoding.EncodeToString(parsed.RawID), nil
}

// Answered checks the answer of an owner, and gives the passkey with its new counter.
func (s State) Answered(o Owner, answer string) (k Key, err error) {
	party, err := s.Site.party()
	if err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return k, ErrWrong.Because(err)
	}
	var used *webauthn.Credential
	if len(s.Session.UserID) == 0 {
		used, err = party.ValidateDiscoverableLogin(func([]byte, []byte) (webauthn.User, error) { return o, nil }, s.Session, parsed)
	} else {
		used, err = party.ValidateLogin(o, s.Session, parsed)
	}
	if err != nil {
		return k, ErrWrong.Because(err)
	}
	if used.Authenticator.CloneWarning {
		return k, ErrCloned
	}
	return Key{*used}, nil
}
