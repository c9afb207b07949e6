package api

import (
	"strconv"
	"strings"

	"github.com/stewardhq/steward/internal/kernel/errs"
	"github.com/stewardhq/steward/internal/kernel/op"
)

// Refusals of headers.
var (
	ErrNeedsMatch = errs.New(errs.NeedsMatch, "if_match_needed", "Send If-Match with the ETag that you read, so that nobody's change is overwritten unseen. If-Match: * overwrites whatever there is.")
	ErrMatchForm  = errs.New(errs.Malformed, "if_match", "If-Match takes one ETag as it was answered, in its quotes, or *.")
	ErrNoMatch    = errs.New(errs.Malformed, "if_match_not_taken", "This address compares no versions, so If-Match would protect nothing here. Leave it out, or send If-Match: *.")
	ErrNeedsOnce  = errs.New(errs.Malformed, "idempotency_key_needed", "Send an Idempotency-Key: a name of your own for this call, so that sending it again after a lost answer does nothing twice.")
	ErrOnceForm   = errs.New(errs.Malformed, "idempotency_key", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
	ErrNoOnce     = errs.New(errs.Malformed, "idempotency_key_not_taken", "This answer holds a secret that is shown once and kept nowhere, so it cannot be answered again. Leave Idempotency-Key out.")
	ErrProofForm  = errs.New(errs.Malformed, "step_up", "The Step-Up header is the step-up's id, a space, and the six digits of the code: Step-Up: stp_… 123456.")
)

// readHeaders reads what guards a write. On reads these headers mean nothing.
func (c *Call) readHeaders() (err error) {
	if c.route.entry.Kind != "action" {
		return nil
	}
	if c.Version, err = c.ifMatch(); err != nil {
		return err
	}
	if c.once, err = c.idempotencyKey(); err != nil {
		return err
	}
	c.proof, err = c.stepUp()
	return err
}

// ifMatch is the version that the caller saw. An ETag is opaque to them: one that we never gave matches nothing.
func (c *Call) ifMatch() (int64, error) {
	values := c.R.Header.Values("If-Match")
	switch {
	case len(values) == 0 && c.route.match:
		return 0, ErrNeedsMatch
	case len(values) == 0 || len(values) == 1 && strings.TrimSpace(values[0]) == "*":
		return 0, nil
	case !c.route.match:
		return 0, ErrNoMatch
	case len(values) > 1 || strings.Contains(values[0], ","):
		return 0, ErrMatchForm
	}
	tag := strings.TrimSpace(values[0])
	if strings.HasPrefix(tag, "W/") {
		return 0, op.ErrStale
	}
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return 0, ErrMatchForm
	}
	version, err := strconv.ParseInt(tag[1:len(tag)-1], 10, 64)
	if err != nil || version < 1 || etag(version) != tag {
		return 0, op.ErrStale
	}
	return version, nil
}

// etag is the strong validator of a version.
func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

func (c *Call) idempotencyKey() (string, error) {
	values := c.R.Header.Values("Idempotency-Key")
	switch {
	case len(values) == 0 && c.route.once:
		return "", ErrNeedsOnce
	case len(values) == 0:
		return "", nil
	case c.route.secret:
		return "", ErrNoOnce
	case len(values) > 1 || len(values[0]) == 0 || len(values[0]) > 255:
		return "", ErrOnceForm
	}
	for _, b := range []byte(values[0]) {
		if b < 0x21 || b > 0x7e {
			return "", ErrOnceForm
		}
	}
	return values[0], nil
}

func (c *Call) stepUp() (p op.Proof, err error) {
	values := c.R.Header.Values("Step-Up")
	if len(values) == 0 {
		return p, nil
	}
	parts := strings.Fields(values[0])
	if len(values) > 1 || len(parts) != 2 || !isID(parts[0]) || len(parts[1]) > 20 {
		return p, ErrProofForm
	}
	return op.Proof{ID: parts[0], Code: parts[1]}, nil
}

// options are what the headers add to an action.
func (c *Call) options() (all []op.Option) {
	if c.proof.ID != "" {
		all = append(all, op.With(c.proof))
	}
	if c.once != "" {
		all = append(all, op.Once(c.once))
	}
	return all
}
