package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
)

// Verdict is what to do with a message that was not delivered.
type Verdict string

// The verdicts.
const (
	Temporary Verdict = "temporary" // the server or the way to it is not well: try again later
	Permanent Verdict = "permanent" // this message or this recipient is refused for good: give up, tell the sender
	Setup     Verdict = "setup"     // no message can go out until an operator has mended it: keep it, and raise an alarm
)

// Failure is why a message was not delivered, as far as is known.
type Failure struct {
	Verdict Verdict
	Step    string // connect, greeting, hello, tls, auth, sender, recipient, data, content, message
	Code    int    // of the server's reply, or 0 when there was none
	Status  string // the reply's enhanced status ("5.1.1"), or empty
	// Uncertain says that the whole message was sent and the answer did not come: it may have been delivered. Trying again
	// may deliver it twice, under the same Message-ID.
	Uncertain bool
	// Reply is the server's text on one line. It may repeat the address: seal it where it is stored, keep it out of logs.
	Reply string
	cause error
}

// Error names step, code and cause; it has neither the address nor the server's text.
func (f *Failure) Error() string {
	s := fmt.Sprintf("mail not sent (%s): %s", f.Verdict, f.Step)
	switch {
	case f.Code != 0 && f.Status != "":
		s += fmt.Sprintf(" answered %d %s", f.Code, f.Status)
	case f.Code != 0:
		s += fmt.Sprintf(" answered %d", f.Code)
	case f.cause != nil:
		s += ": " + f.cause.Error()
	}
	if f.Uncertain {
		s += " (it may have arrived)"
	}
	return s
}

// Unwrap gives the cause: a timeout, a certificate, the context.
func (f *Failure) Unwrap() error { return f.cause }

// NoSuchRecipient tells whether the mailbox itself was refused for good: block the address, as a hard bounce.
func (f *Failure) NoSuchRecipient() bool {
	if f.Verdict != Permanent || f.Step != "recipient" {
		return false
	}
	switch f.Status {
	case "":
		return f.Code == 550 || f.Code == 551 || f.Code == 553
	case "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1":
		return true
	}
	return false // 5.7.1 and the like are about us, not about the mailbox
}

// VerdictOf gives the verdict of an error of Send. An error that says nothing is temporary: nothing is given up unasked.
func VerdictOf(err error) Verdict {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Verdict
	}
	return Temporary
}

var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// failed classifies what went wrong at a step. refused is the verdict of a 5xx there.
func failed(ctx context.Context, step string, refused Verdict, err error) *Failure {
	f := &Failure{Verdict: Temporary, Step: step, cause: err}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		f.Code = reply.Code
		f.Status = enhanced.FindString(reply.Msg)
		f.Reply = oneLine(reply.Msg, 300)
		f.cause = nil
		if reply.Code >= 500 && reply.Code < 600 {
			f.Verdict = refused
		}
		return f
	}
	if ctx.Err() != nil { // the connection was closed under the hands of whoever was reading
		f.cause = context.Cause(ctx)
	}
	return f
}
