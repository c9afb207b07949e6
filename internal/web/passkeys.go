package web

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/stewardhq/steward/internal/auth"
	"github.com/stewardhq/steward/internal/auth/passkey"
	"github.com/stewardhq/steward/internal/kernel/errs"
)

// RelyingParty is whose passkeys these are: the configured public URL, never what a request says of itself.
func (s *Site) RelyingParty() passkey.Site {
	return passkey.Site{ID: s.Public.Hostname(), Origin: s.Public.Scheme + "://" + s.Public.Host}
}

// Question answers a script that asks for a passkey's question. The token of the question goes into a cookie, so that the answer
// is good in this browser alone.
func (v *Visit) Question(asked auth.Asked, err error) error {
	v.W.Header().Set("Content-Type", "application/json")
	v.answered = true
	if err != nil {
		e := errs.Of(err)
		v.W.WriteHeader(e.Kind.Status())
		return json.NewEncoder(v.W).Encode(map[string]string{"code": e.Code, "detail": e.Detail})
	}
	v.Keep("ceremony", asked.Token, 15*time.Minute)
	v.W.WriteHeader(http.StatusOK)
	_, err = v.W.Write(asked.Question)
	return err
}

// Answer reads what a passkey answered, with the token of its question, which is good once.
func (v *Visit) Answer() (token, answer string, err error) {
	form, err := v.Form()
	if err != nil {
		return "", "", err
	}
	token = v.Kept("ceremony")
	v.Drop("ceremony")
	return token, form.Get("answer"), nil
}
