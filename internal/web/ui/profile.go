package ui

import (
	"strings"
	"time"
)

// change leads to where the address is changed.
func (p ProfileProps) change() Run {
	if p.EmailTo == "" {
		return Run{}
	}
	return L("Change address", p.EmailTo)
}

// pairs are the details for who may only look.
func (p ProfileProps) pairs() []Pair {
	pair := func(label, value, note string) Pair {
		if value == "" {
			return P(label, "—")
		}
		one := P(label, value)
		if note != "" {
			one.Note = Text(T(note))
		}
		return one
	}
	return []Pair{
		pair("Name", strings.TrimSpace(p.First+" "+p.Last), ""), pair("E-mail", p.Email, p.EmailMark), pair("Phone", p.Phone, p.PhoneMark),
		pair("Birthday", dayOf(p.Born), ""), pair("Address", strings.ReplaceAll(p.Address, "\n", ", "), ""),
	}
}

// dayOf is a day as people write it.
func dayOf(iso string) string {
	if at, err := time.Parse(time.DateOnly, iso); err == nil {
		return at.Format("2 Jan 2006")
	}
	return iso
}
