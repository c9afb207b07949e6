// Package errs is the language in which Steward says no.
//
// An error that a person or a program can meet has a kind (for adapters: which HTTP status, which exit code), a code
// (for programs: stable, never renamed), and a sentence (for people: what is wrong and what to do). Errors without these
// are faults of ours: they are logged once at the door and say nothing to the outside.
package errs

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of refusal an error is. Adapters translate it once.
type Kind uint8

// The kinds, with the HTTP status that the web and the API answer for each.
const (
	Fault        Kind = iota // 500: our fault; nothing about it is told to the outside
	Malformed                // 400: unreadable, or an unknown name
	Unauthorized             // 401: nobody is signed in
	Forbidden                // 403: known, but not allowed
	NotFound                 // 404: absent, or the caller may not know of it
	NotAllowed               // 405: not this method
	Conflict                 // 409: the state of things does not allow it
	Gone                     // 410: too late
	Stale                    // 412: somebody else changed it first
	TooLarge                 // 413: more than the documented limit
	WrongType                // 415: not a media type that is read here
	Misdirected              // 421: not a host of this installation
	Invalid                  // 422: readable, with a wrong value
	NeedsMatch               // 428: If-Match is needed and absent
	TooMany                  // 429: come back later
	Unavailable              // 503: a part that is needed is down
)

// Status is the HTTP status of the kind.
func (k Kind) Status() int {
	return [...]int{500, 400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 421, 422, 428, 429, 503}[k]
}

// Error is a refusal that people and programs can meet.
type Error struct {
	Kind   Kind
	Code   string            // snake_case, stable
	Detail string            // a sentence or two, with the remedy
	Fields map[string]string // wrong fields and what is wrong with each
	Retry  time.Duration     // with TooMany and Unavailable: when to come back
	Extra  map[string]any    // what a program needs to go on (a step-up's id); never a secret
	cause  error
}

// New declares a refusal. Declare it once, as a package variable, beside what refuses.
func New(kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail}
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Detail
}

// Unwrap gives the cause, which stays inside: adapters never show it.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is compare codes, so that a refusal with another sentence is still the same refusal.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because gives the same refusal with the inner cause, for the log.
func (e *Error) Because(cause error) *Error { c := *e; c.cause = cause; return &c }

// Say gives the same refusal with a sentence of its own.
func (e *Error) Say(format string, args ...any) *Error {
	c := *e
	c.Detail = fmt.Sprintf(format, args...)
	return &c
}

// After gives the same refusal with the time after which trying again makes sense.
func (e *Error) After(d time.Duration) *Error { c := *e; c.Retry = d; return &c }

// With gives the same refusal with one more fact for programs.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Extra = make(map[string]any, len(e.Extra)+1)
	for k, v := range e.Extra {
		c.Extra[k] = v
	}
	c.Extra[key] = value
	return &c
}

// Of finds the refusal inside err. Anything else is a fault.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return ErrFault.Because(err)
}

// ErrFault is what the outside hears of an error that is ours.
var ErrFault = New(Fault, "fault", "That did not work, and nothing was changed. If it happens again, send us the request number.")

// ErrNotFound is the one answer for what does not exist and for what the caller may not know of.
var ErrNotFound = New(NotFound, "not_found", "There is nothing here, or it is not yours to see. Check the address, or search for it.")

// Wrong collects wrong fields of one input, so that a person hears of all of them at once.
type Wrong struct{ fields map[string]string }

// Add notes what is wrong with a field; the first note for a field stays. A refusal among args is said by its sentence.
func (w *Wrong) Add(field, format string, args ...any) {
	if w.fields == nil {
		w.fields = map[string]string{}
	}
	for i := range args {
		if refusal, ok := args[i].(*Error); ok {
			args[i] = refusal.Detail
		}
	}
	if _, noted := w.fields[field]; !noted {
		w.fields[field] = fmt.Sprintf(format, args...)
	}
}

// Err is nil when nothing was wrong.
func (w *Wrong) Err() error {
	if len(w.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid", Detail: "Some fields need another value. Nothing was changed.", Fields: w.fields}
}

// Field is a refusal of one field's value.
func Field(field, format string, args ...any) error {
	var w Wrong
	w.Add(field, format, args...)
	return w.Err()
}
