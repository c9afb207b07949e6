package api

import (
	"errors"
	"net/http"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// StepUp is what waits for a fresh proof of the key's owner.
type StepUp struct {
	ID        string   `json:"id" example:"stp_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
	Operation string   `json:"operation" example:"security.change"`
	Title     string   `json:"title" example:"Change the security settings"`
	Facts     []Fact   `json:"facts" description:"What it does, with the values that were sent."`
	ExpiresAt Time     `json:"expires_at"`
	TriesLeft int      `json:"tries_left" example:"5"`
	Ways      []string `json:"ways" enum:"mail,totp" description:"Where the code comes from: a mail to the owner, or their authenticator app."`
}

// Fact is a labelled value.
type Fact struct {
	Label string `json:"label" example:"Archived people can be restored for"`
	Value string `json:"value" example:"30 days → 20 days"`
}

type stepUpPath struct {
	ID string `path:"id" json:"-" description:"Id of the step-up, from the answer step_up_required." example:"stp_01J9ZK7C2K8XQ4T5V6W7Y8Z9AB"`
}

// stepUps are not operations of their own: the door shows what waits to who started it, with the same key, and to nobody else.
func stepUps(t *table) {
	r := declare[stepUpPath, StepUp](t, "GET /v1/step-ups/{id}", op.Entry{Summary: "Read what waits for a code of the key's owner"}, nil)
	r.serve = func(c *Call) error {
		var w stepUpPath
		if err := c.read(&w); err != nil {
			return err
		}
		s, err := c.waiting(w.ID)
		if err != nil {
			return err
		}
		return c.answer(s)
	}
	r = declare[stepUpPath, StepUp](t, "POST /v1/step-ups/{id}/again", op.Entry{Summary: "Send a new code for the same call, under a new id"}, []option{created})
	r.serve = func(c *Call) error {
		var w stepUpPath
		if err := c.read(&w); err != nil {
			return err
		}
		err := c.Door.Again(c.Context(), c.Caller, w.ID)
		if err == nil { // it needs no code any more, and is done
			c.status = http.StatusNoContent
			return c.answer(op.None{})
		}
		if !errors.Is(err, op.ErrStepUpRequired) {
			return err
		}
		id, _ := errs.Of(err).Extra["step_up"].(string)
		s, err := c.waiting(id)
		if err != nil {
			return err
		}
		return c.answer(s)
	}
}

func (c *Call) waiting(id string) (s StepUp, err error) {
	p, err := c.Door.Pending(c.Context(), c.Caller, id)
	if err != nil {
		return s, err
	}
	s = StepUp{
		ID: p.ID, Operation: p.Operation, Title: p.Confirmation.Title, Facts: []Fact{}, ExpiresAt: Time(p.Expires.UnixMilli()), TriesLeft: p.TriesLeft, Ways: []string{},
	}
	for _, f := range p.Confirmation.Facts {
		s.Facts = append(s.Facts, Fact(f))
	}
	if p.Mailed {
		s.Ways = append(s.Ways, "mail")
	}
	s.Ways = append(s.Ways, p.Ways...)
	return s, nil
}
