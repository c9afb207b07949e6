package ui

import "strings"

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
		pair("Birthday", p.Born, ""), pair("Address", strings.ReplaceAll(p.Address, "\n", ", "), ""),
	}
}
