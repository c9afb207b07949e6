package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/stewardhq/steward/internal/kernel/errs"
)

// Refusals about another person's power, and the plain one.
var (
	ErrForbidden = errs.New(errs.Forbidden, "forbidden", "You may not do this here. Ask an admin of the brand.")
	ErrHoldsMore = errs.New(errs.Forbidden, "holds_more", "This person may do things that you may not. Ask somebody who holds at least as much.")
	ErrGivesMore = errs.New(errs.Forbidden, "gives_more", "You cannot give what you do not hold yourself. Choose a smaller role or a lower place.")
)

// Words is what a sentence needs beyond this package: names of places and of people. The zero value speaks to "you", names places
// by their path and days in UTC.
type Words struct {
	Who    string                // the first name of whom the sentence is about; empty for "you"
	Place  func(Scope) string    // the name of a node: "Leeds"
	Day    func(ms int64) string // a day in the reader's zone: "3 Mar 2027"
	Givers []string              // who could help; named at the end of a refusal
}

// Sentence says the explanation to a person: You need “Refund orders” at Leeds. You have it at York.
func (e Explanation) Sentence(w Words) string {
	what := "“" + e.Permission.Label() + "”" + w.at(e.Scope)
	if e.Allowed {
		until := ""
		if e.Decided.Until != 0 {
			until = ", until " + w.day(e.Decided.Until)
		}
		return fmt.Sprintf("%s %s as %s%s%s.", w.subject("have", "has"), what, e.Decided.Name, w.at(e.Decided.Scope), until)
	}
	sentences := []string{w.subject("need", "needs") + " " + what + ".", e.why(w)}
	if len(w.Givers) > 0 {
		sentences = append(sentences, list(w.Givers, "people")+" can give it.")
	}
	return strings.Join(sentences, " ")
}

// why is the second sentence of a refusal.
func (e Explanation) why(w Words) string {
	if e.Decided == nil {
		return w.subject("have", "has") + " no role."
	}
	d := e.Decided
	switch d.Verdict {
	case NotThisKind:
		return fmt.Sprintf("%s has it %s only.", d.Name, d.People.words())
	case OtherPlace:
		places := make([]string, len(e.Elsewhere))
		for i, s := range e.Elsewhere {
			places[i] = w.place(s)
		}
		return w.subject("have", "has") + " it at " + list(places, "places") + "."
	case NotYet:
		return w.subject("have", "has") + " it there from " + w.day(d.From) + "."
	case Ended:
		return w.subject("had", "had") + " it there until " + w.day(d.Until) + "."
	case TakenAway:
		return fmt.Sprintf("%s has it, but this grant was given without it.", d.Name)
	case Narrowed:
		return "This key or session was made without it."
	case NotInRole:
		return fmt.Sprintf("%s does not have it.", d.Name)
	case Void:
		return fmt.Sprintf("%s cannot be held%s as it was given, so it gives nothing.", d.Name, w.at(d.Scope))
	}
	return w.subject("have", "has") + " no role that reaches there now."
}

// Err is the refusal with its sentence for people and its reasons for programs; nil where it is allowed.
func (e Explanation) Err(w Words) error {
	if e.Allowed {
		return nil
	}
	return ErrForbidden.Say("%s", e.Sentence(w)).With("permission", e.Permission.String())
}

// RefuseGift is ErrGivesMore saying what is lacking: the outcome of Lacks, which must not be empty.
func RefuseGift(r *Role, lacks Set, at Scope, w Words) error {
	var names []string
	for p := range lacks.All {
		names = append(names, "“"+p.Label()+"”")
	}
	return ErrGivesMore.Say("You cannot give %s%s: you lack %s there. Choose a smaller role or a lower place.",
		r.Name, w.at(at), list(names, "permissions")).With("lacks", lacks.Names())
}

func (w Words) subject(you, they string) string {
	if w.Who == "" {
		return "You " + you
	}
	return w.Who + " " + they
}

func (w Words) place(s Scope) string {
	switch {
	case w.Place != nil:
		return w.Place(s)
	case s == Platform:
		return "the platform"
	}
	return s.String()
}

func (w Words) at(s Scope) string {
	if s.IsZero() {
		return ""
	}
	return " at " + w.place(s)
}

func (w Words) day(ms int64) string {
	if w.Day != nil {
		return w.Day(ms)
	}
	return time.UnixMilli(ms).UTC().Format("2 Jan 2006")
}

// words is "for customers and company users".
func (s People) words() string {
	var names []string
	for _, kind := range s.List() {
		switch kind {
		case Customer:
			names = append(names, "customers")
		case CompanyUser:
			names = append(names, "company users")
		case Staff:
			names = append(names, "staff")
		}
	}
	if len(names) == 0 {
		return "for one's own"
	}
	return "for " + list(names, "people")
}

// list joins names as people do, and counts those after the third: "York, Hull, Bath and 4 more places".
func list(names []string, what string) string {
	switch n := len(names); {
	case n == 0:
		return ""
	case n == 1:
		return names[0]
	case n <= 4:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	default:
		return fmt.Sprintf("%s and %d more %s", strings.Join(names[:3], ", "), n-3, what)
	}
}
