package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// bones reads what verification needs of an entry: the columns and the subjects. What comes after them is hashed and not decoded.
//
// A million entries are to be verified in ten seconds, and decoding JSON is most of it. What we wrote has one form and one order
// of fields, so it is read along that form; at the first byte that is not of it, the real decoder is asked.
func bones(body []byte) (*Event, error) {
	r := reader{rest: body}
	if e := new(Event); r.event(e) {
		return e, nil
	}
	e := new(Event)
	return e, json.Unmarshal(body, e)
}

// reader reads canonical JSON from left to right. After a step that failed it is not used again.
type reader struct{ rest []byte }

func (r *reader) event(e *Event) bool {
	var outcome string
	var schema int64
	ok := r.skip(`{"schema":`) && r.number(&schema) &&
		r.skip(`,"chain":`) && r.text(&e.Chain) &&
		r.skip(`,"n":`) && r.number(&e.N) &&
		r.skip(`,"id":`) && r.text(&e.ID) &&
		r.skip(`,"at":`) && r.number(&e.At) &&
		r.skip(`,"op":`) && r.text(&e.Op) &&
		r.skip(`,"outcome":`) && r.text(&outcome) &&
		r.skip(`,"actor":{"kind":`) && r.text(&e.Actor.Kind) &&
		r.optional(`,"id":`, &e.Actor.ID) &&
		r.optional(`,"person":`, &e.Actor.Person) &&
		r.optional(`,"on_behalf_of":`, &e.Actor.OnBehalf) &&
		r.optional(`,"session":`, nil) &&
		r.sealed(`,"ip":`) && r.sealed(`,"user_agent":`) &&
		r.skip(`}`)
	e.Schema, e.Outcome = int(schema), Outcome(outcome)
	if !ok || !r.skip(`,"subjects":[`) {
		return ok && (r.skip(`,"`) || r.skip(`}`))
	}
	for {
		var s Subject
		if !(r.skip(`{"kind":`) && r.text(&s.Kind) && r.skip(`,"id":`) && r.text(&s.ID) && r.skip(`,"scope":`) && r.text(nil) &&
			r.optional(`,"person":`, &s.Person) && r.skip(`}`)) {
			return false
		}
		e.Subjects = append(e.Subjects, s)
		if r.skip(`]`) {
			return true
		}
		if !r.skip(`,`) {
			return false
		}
	}
}

func (r *reader) skip(s string) bool {
	if len(r.rest) < len(s) || string(r.rest[:len(s)]) != s {
		return false
	}
	r.rest = r.rest[len(s):]
	return true
}

// text reads a string without escapes; into nil it is passed over.
func (r *reader) text(s *string) bool {
	if len(r.rest) == 0 || r.rest[0] != '"' {
		return false
	}
	end := bytes.IndexByte(r.rest[1:], '"')
	if end < 0 {
		return false
	}
	for _, b := range r.rest[1 : end+1] {
		if b == '\\' || b < ' ' || b > '~' {
			return false
		}
	}
	if s != nil {
		*s = string(r.rest[1 : end+1])
	}
	r.rest = r.rest[end+2:]
	return true
}

func (r *reader) optional(name string, s *string) bool { return !r.skip(name) || r.text(s) }

func (r *reader) sealed(name string) bool {
	return !r.skip(name) || r.skip(`{"person":`) && r.text(nil) && r.skip(`,"box":`) && r.text(nil) && r.skip(`}`)
}

func (r *reader) number(n *int64) bool {
	end := 0
	for end < len(r.rest) && r.rest[end] >= '0' && r.rest[end] <= '9' {
		end++
	}
	if end > 1 && r.rest[0] == '0' {
		return false
	}
	v, err := strconv.ParseInt(string(r.rest[:end]), 10, 64)
	*n, r.rest = v, r.rest[end:]
	return err == nil
}
